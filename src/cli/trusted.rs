//! What the commands that verify believe in: `--anchors`, or else the home's own.

use std::path::PathBuf;

use super::{Desk, Failure};
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
