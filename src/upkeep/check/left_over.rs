//! Temporary files that a process left behind.

use std::path::Path;

use super::{StoreFinding, Unchecked, Walk, unless_gone};
use crate::durable::{Folder, TEMPORARY};
use crate::instant::Instant;
use crate::journal::stamped;

/// Names in folders of ours; beyond this something is wrong.
pub(in crate::upkeep) const MOST_NAMES: usize = 1_000_000;

impl Walk<'_> {
    /// The folders in which something is written under a temporary name first. Custody's turn sees its own.
    pub(super) fn left_over(&mut self) -> Result<(), Unchecked> {
        let (home, config) = (self.sources.home, self.sources.config);
        let layout = home.layout();
        let store = layout.store(config);
        let folders = [
            layout.root().to_owned(),
            layout.profiles(),
            layout.keys(),
            layout.people_keys(),
            layout.run(),
            store.join("journal"),
            store.join("journal").join(stamped::FOLDER),
            store,
        ];
        for path in folders {
            let Some(folder) = unless_gone(Folder::open(&path))? else { continue };
            for name in folder.names(MOST_NAMES)? {
                if name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) {
                    self.unfinished(&path.join(name))?;
                }
            }
        }
        Ok(())
    }

    /// What bears a temporary name. A line that runs may be writing it; what is older than the line is nobody's any more.
    pub(super) fn unfinished(&mut self, path: &Path) -> Result<(), Unchecked> {
        let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
        let written = found.modified().ok().and_then(|at| jiff::Timestamp::try_from(at).ok()).map(Instant::from);
        let being_written = self.running_since()?.is_some_and(|since| written.is_none_or(|written| written >= since));
        if being_written {
            self.report.in_the_making = self.report.in_the_making.saturating_add(1);
        } else {
            self.say(StoreFinding::TemporaryLeft { path: self.shown(path) });
        }
        Ok(())
    }
}
