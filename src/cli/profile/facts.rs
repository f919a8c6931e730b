//! The profiles of a home: the versions that were adopted, and the files that lie in its folder.

use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::control::facts::ProfileFacts;
use crate::ledger::profiles::Version;
use crate::profile::{Profile, lint};

/// A version that was adopted.
pub(super) fn of_version(version: &Version) -> ProfileFacts {
    let read = lint(&version.bytes, "").ok().map(|(profile, _)| profile);
    ProfileFacts { state: Some(version.state), ..of(version.reference.clone(), read.as_ref()) }
}

/// A file that was read.
pub(super) fn of_file(profile: &Profile, file: &Path) -> ProfileFacts {
    ProfileFacts { file: Some(file.display().to_string()), ..of(profile.reference().clone(), Some(profile)) }
}

fn of(profile: crate::judgement::ProfileRef, read: Option<&Profile>) -> ProfileFacts {
    ProfileFacts {
        profile,
        state: None,
        file: None,
        title: read.map(|read| read.title.clone()),
        regime: read.map(|read| read.regime),
        clause: read.map(|read| read.clause.clone()),
        effective_from: read.map(|read| read.effective_from),
        not_carried: read.and_then(|read| read.carried().err()).unwrap_or_default(),
    }
}

/// The profile files of a folder, by name.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failure = |error: std::io::Error| Failure::file(folder, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failure)? {
        let path = entry.map_err(failure)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::file(file, &error))
}
