//! What the commands that verify believe in: `--anchors`, or else the home's own, and what was kept outside, `--against`.

use std::io;
use std::path::{Path, PathBuf};

use super::{Desk, Failure};
use crate::verification::journal::Against;
use crate::verification::{Trust, TrustError};

/// The options that all of them take.
#[derive(Debug, clap::Args)]
pub(super) struct Anchors {
    #[arg(long, value_name = "DIR|FILE")]
    anchors: Option<PathBuf>,
}

impl Anchors {
    /// The anchors that were named, those of the home, or none: then the signer stays unknown.
    pub(super) fn read(&self, desk: &Desk) -> Result<Trust, Failure> {
        match &self.anchors {
            Some(path) => Trust::read(path).map_err(failure),
            None if desk.has_home() => {
                let (home, config) = desk.settings()?;
                Trust::of_home(home.layout(), &config).map_err(failure)
            }
            None => Ok(Trust::default()),
        }
    }
}

/// Checkpoints that were kept outside the home.
#[derive(Debug, clap::Args)]
pub(super) struct KeptOutside {
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

/// The notes in a file, and the token beside it.
pub(super) struct Checkpoints {
    notes: String,
    token: Option<Vec<u8>>,
}

impl KeptOutside {
    /// The checkpoints of the file that was named: `x.txt` is stamped by `x.tst`, and either may be named.
    pub(super) fn read(&self) -> Result<Option<Checkpoints>, Failure> {
        let Some(path) = &self.against else { return Ok(None) };
        let failed = |path: &Path, error: &io::Error| Failure::file(path, error);
        let (notes, token) = (path.with_extension("txt"), path.with_extension("tst"));
        let notes = if *path == token { notes.as_path() } else { path };
        let text = std::fs::read_to_string(notes).map_err(|error| failed(notes, &error))?;
        match std::fs::read(&token) {
            Ok(token) => Ok(Some(Checkpoints { notes: text, token: Some(token) })),
            Err(error) if error.kind() == io::ErrorKind::NotFound && *path != token => {
                Ok(Some(Checkpoints { notes: text, token: None }))
            }
            Err(error) => Err(failed(&token, &error)),
        }
    }
}

impl Checkpoints {
    pub(super) fn against(&self) -> Against<'_> {
        Against { notes: &self.notes, token: self.token.as_deref() }
    }
}

fn failure(error: TrustError) -> Failure {
    let problem = error.to_string();
    match error {
        TrustError::Io { path, error } => Failure::file(&path, &error),
        TrustError::NotCertificates(path)
        | TrustError::NotAVerifierKey(path)
        | TrustError::NotAPolicy(path)
        | TrustError::NoPolicy(path)
        | TrustError::TooLong(path)
        | TrustError::Nothing(path) => Failure::BadValue { value: path.display().to_string(), problem },
    }
}
