//! Older generations go, and with them the sealed files that no generation is left to name.

use std::collections::BTreeSet;

use super::folder::{self, BackupFolder};
use super::inspection::{demand_lists, sealed_files};
use super::trouble::Trouble;
use crate::durable::Class;

/// Keeps the newest `keep` generations of this home's past, and all that are `apart`. Objects stay: a store never loses one, so the newest generation names every
/// one that an older named; where the store has lost one all the same, nothing is pruned.
pub(super) fn prune(backup: &BackupFolder, keep: u32, apart: &BTreeSet<u32>) -> Result<Vec<u32>, Trouble> {
    let (mut numbers, _) = backup.numbers()?;
    let mut kept: Vec<u32> = apart.iter().copied().collect();
    numbers.retain(|number| !apart.contains(number));
    let keep = usize::try_from(keep.max(1)).unwrap_or(usize::MAX);
    kept.extend(numbers.split_off(numbers.len().saturating_sub(keep)));
    // What those that stay name is known before anything goes.
    let mut named = BTreeSet::new();
    for number in kept {
        demand_lists(backup, &backup.summary(number)?.0)?;
        for sealed in sealed_files(backup, number, folder::SEALED_FILES)? {
            named.extend(sealed?.path.file_name().map(ToOwned::to_owned));
        }
    }
    let generations = backup.generations()?;
    for number in &numbers {
        generations.remove_folder(&folder::generation_name(*number))?;
    }
    let files = match backup.folder.open_folder(folder::FILES) {
        Ok(files) => files,
        Err(failure) if failure.class() == Class::Gone => return Ok(numbers),
        Err(failure) => return Err(failure.into()),
    };
    for name in files.names(usize::MAX)? {
        let sealed = name.to_str().filter(|name| folder::parse_sealed_name(name).is_some());
        if let Some(name) = sealed.filter(|_| !named.contains(&name)) {
            files.remove(name)?;
        }
    }
    Ok(numbers)
}
