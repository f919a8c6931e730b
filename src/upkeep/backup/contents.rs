//! What of a home goes into a generation: every file below it and in store and custody, but for what only a running line
//! needs, what scanners are just delivering, and what is taken otherwise (database, journal, objects).

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::trouble::Trouble;
use crate::config::Config;
use crate::config::claim;
use crate::config::home::Home;
use crate::durable::TEMPORARY;
use crate::journal::kept;
use crate::journal::stamped;

/// A file as the list names it, where it lies, and how much of it counts.
pub(super) struct Found {
    pub name: String,
    pub path: PathBuf,
    /// Of a file that grows, so many bytes; of any other all.
    pub bytes: Option<u64>,
}

/// Below these the list has what lies in store and custody, wherever the settings put them.
pub(in crate::upkeep) const STORE: &str = "store";
pub(in crate::upkeep) const CUSTODY: &str = "custody";
pub(in crate::upkeep) const OBJECTS: &str = "store/objects";
pub(in crate::upkeep) const DATABASE: &str = "store/torikomi.db";

const DATABASE_NAME: &str = "torikomi.db";

/// What was found, and which folders were not looked into.
#[derive(Default)]
pub(super) struct Contents {
    pub found: Vec<Found>,
    /// Folders behind links: one may lead anywhere, and back here.
    pub links: Vec<PathBuf>,
}

/// Everything in custody, as it is now.
pub(super) fn custody(home: &Home, config: &Config) -> Result<Contents, Trouble> {
    let mut contents = Contents::default();
    contents.walk(&home.layout().custody(config), CUSTODY, &|_| false)?;
    Ok(contents)
}

/// The journal's files, as far as they speak of its first `size` entries.
pub(super) fn journal(home: &Home, config: &Config, size: u64) -> Result<Contents, Trouble> {
    let folder = home.layout().store(config).join("journal");
    let failed = |error: io::Error| Trouble::io(&folder, &error);
    let mut contents = Contents::default();
    for (path, bytes) in kept::up_to(&folder, size).map_err(failed)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = format!("{STORE}/journal/{name}");
        contents.found.push(Found { name, path, bytes: Some(bytes) });
    }
    let stamped_folder = folder.join(stamped::FOLDER);
    let beyond = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.and_then(stamped::size_of).is_none_or(|stamped| stamped > size)
    };
    contents.walk(&stamped_folder, &format!("{STORE}/journal/{}", stamped::FOLDER), &beyond)?;
    Ok(contents)
}

/// Everything else: settings, profiles, calendar, patients, keys, markers, and whatever else somebody keeps in the home.
pub(super) fn rest(home: &Home, config: &Config) -> Result<Contents, Trouble> {
    let layout = home.layout();
    let (store, custody) = (layout.store(config), layout.custody(config));
    let mut apart: BTreeSet<PathBuf> = [layout.run(), store.clone(), custody].iter().map(|path| real(path)).collect();
    apart.extend(config.stations.iter().map(|(name, station)| real(&station.folder(layout.root(), name))));
    let mut contents = Contents::default();
    contents.walk(layout.root(), "", &|path| apart.contains(&real(path)))?;
    let otherwise = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.parent() == Some(&store) && (name == "objects" || name == "journal" || name.starts_with(DATABASE_NAME))
    };
    contents.walk(&store, STORE, &otherwise)?;
    Ok(contents)
}

/// The files that the settings name and that lie outside the home: whoever keeps those has to keep them.
pub(super) fn outside(home: &Home, config: &Config) -> Vec<String> {
    let root = home.layout().root();
    let mut named = vec![config.patients.path.clone(), config.journal.secret_file.clone()];
    named.extend(config.store.database_password_file.clone());
    if config.objects.url.is_some() {
        named.push(config.objects.credentials_file.clone());
        named.extend(config.objects.tls_roots.clone());
    }
    for (_, authority) in config.authorities_in_order() {
        named.push(authority.roots.clone());
        named.extend(authority.tls_roots.clone());
    }
    let mut outside: Vec<_> = named.iter().map(|path| real(&root.join(path))).collect();
    outside.retain(|path| !path.starts_with(root));
    outside.sort();
    outside.dedup();
    outside.iter().map(|path| path.display().to_string()).collect()
}

impl Contents {
    fn walk(&mut self, folder: &Path, name: &str, leave: &dyn Fn(&Path) -> bool) -> Result<(), Trouble> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            // What is filed leaves custody, and a folder that was never used is not there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Trouble::io(folder, &error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| Trouble::io(folder, &error))?.path();
            let file_name = path.file_name().unwrap_or_default();
            // Who works there is said anew by each start.
            let is_passing = file_name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) || file_name == claim::NAME;
            if is_passing || leave(&path) {
                continue;
            }
            let named = file_name.to_str().filter(|name| !name.contains(['\n', '\\']));
            let Some(file_name) = named else { return Err(Trouble::BadName { path: path.display().to_string() }) };
            let name = if name.is_empty() { file_name.to_owned() } else { format!("{name}/{file_name}") };
            let metadata = match std::fs::metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Trouble::io(&path, &error)),
            };
            if metadata.is_file() {
                self.found.push(Found { name, path, bytes: None });
            } else if metadata.is_dir() && path.is_symlink() {
                self.links.push(path);
            } else if metadata.is_dir() {
                self.walk(&path, &name, leave)?;
            }
        }
        Ok(())
    }
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
