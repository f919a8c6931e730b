//! The profiles of a home: every `*.toml` of one folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::ids::Name;
use crate::profile::{Profile, lint};
use crate::toml_text::{Complaint, LONGEST_FILE, Located, Problem, Warning};

/// A profile with the bytes its digest is of; these go into the records it judges.
#[derive(Clone, Debug)]
pub struct LoadedProfile {
    pub bytes: Vec<u8>,
    pub profile: Profile,
    pub path: PathBuf,
    pub warnings: Vec<Warning>,
}

/// Reads every profile of a folder, in the order of their file names, and all that is wrong with any.
///
/// A file with a problem is left out; those without one are still good. Of two files with one id neither is used,
/// because nobody can tell which the hospital means. Whether a version had other bytes before is the ledger's to know.
#[must_use]
pub fn load(folder: &Path) -> (Vec<LoadedProfile>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut loaded = Vec::new();
    match files(folder) {
        Err(error) => problems.push(cannot_read(folder, &error)),
        Ok(files) => {
            for path in files {
                match read(&path) {
                    Ok(profile) => loaded.push(profile),
                    Err(found) => problems.extend(found),
                }
            }
        }
    }
    let mut by_id: BTreeMap<Name, Vec<PathBuf>> = BTreeMap::new();
    for one in &loaded {
        by_id.entry(one.profile.reference().id.clone()).or_default().push(one.path.clone());
    }
    by_id.retain(|_, paths| paths.len() > 1);
    for (id, paths) in &by_id {
        let [first, others @ ..] = paths.as_slice() else { continue };
        for other in others {
            let what = Complaint::SameProfileTwice { id: id.to_string(), other_file: shown(first) };
            problems.push(Located { file: shown(other), line: 1, column: 1, what });
        }
    }
    loaded.retain(|one| !by_id.contains_key(&one.profile.reference().id));
    (loaded, problems)
}

/// The folder's visible `*.toml` files. What an editor leaves beside them (`.x.toml.swp`, `x.toml~`) is none.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_some_and(|extension| extension == "toml") && !hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<LoadedProfile, Vec<Problem>> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    // One byte more than is allowed, so that the linter sees that it is too long.
    let most = LONGEST_FILE as u64 + 1;
    fs::File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| vec![cannot_read(path, &error)])?;
    let (profile, warnings) = lint(&bytes, &shown(path))?;
    Ok(LoadedProfile { bytes, profile, path: path.to_owned(), warnings })
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Problem {
    Located { file: shown(path), line: 1, column: 1, what: Complaint::CannotRead { message: error.to_string() } }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::PRESETS;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn ids(loaded: &[LoadedProfile]) -> Vec<String> {
        loaded.iter().map(|one| one.profile.reference().id.to_string()).collect()
    }

    #[test]
    fn every_preset_is_loaded_with_its_bytes() {
        let files: Vec<(&str, &str)> = PRESETS.iter().map(|preset| (preset.file_name, preset.text)).collect();
        let folder = folder(&files);
        let (loaded, problems) = load(folder.path());
        assert_eq!((loaded.len(), problems.len()), (PRESETS.len(), 0));
        for one in loaded {
            assert_eq!(one.profile.reference().digest, crate::ids::Digest::of(&one.bytes));
            assert!(!one.warnings.is_empty(), "a placeholder is warned of");
        }
    }

    #[test]
    fn a_spoilt_file_spoils_no_other() {
        let good = PRESETS[0].text;
        let folder =
            folder(&[("a.toml", good), ("b.toml", "id = 1"), (".c.toml", "x"), ("d.toml~", "x"), ("e.txt", "x")]);
        let (loaded, problems) = load(folder.path());
        assert_eq!(ids(&loaded), ["mhlw-general"]);
        assert!(!problems.is_empty());
        assert!(problems.iter().all(|problem| problem.file.ends_with("b.toml")), "{problems:?}");
    }

    #[test]
    fn of_two_with_one_id_neither_is_used() {
        let text = PRESETS[0].text;
        let other = text.replace("version = 1", "version = 2");
        let folder = folder(&[("a.toml", text), ("b.toml", &other), ("c.toml", PRESETS[1].text)]);
        let (loaded, problems) = load(folder.path());
        assert_eq!(ids(&loaded), ["referral-letter"]);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].file.ends_with("b.toml"));
        assert!(
            matches!(&problems[0].what, Complaint::SameProfileTwice { other_file, .. } if other_file.ends_with("a.toml"))
        );
    }

    #[test]
    fn a_missing_folder_is_told() {
        let folder = folder(&[]);
        let (loaded, problems) = load(&folder.path().join("nowhere"));
        assert!(loaded.is_empty());
        assert!(matches!(problems[0].what, Complaint::CannotRead { .. }));
        let (loaded, problems) = load(folder.path());
        assert!(loaded.is_empty() && problems.is_empty());
    }
}
