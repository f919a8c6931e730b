//! `store restore`: a home from a generation of its backups, in a new epoch.
//!
//! Every file is opened and compared with what had gone in. It is no home before all of it is there: its marker comes last, and
//! what was begun is taken away again when something fails. The journal goes on with an entry that names the backup
//! and the newest checkpoint of before that can be found elsewhere: in a newer generation, in the anchor's folder, or given.
//! What such a checkpoint promises and the backup lacks is lost; how many entries, that tells the checkpoint, and which records
//! and documents, a newer generation.

mod keys;
mod lost;
mod offices;
mod place;
mod undone;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backup::{BackupFolder, Generation, Identities, Trouble, demand_lists};
use super::rebuild::{NotRebuilt, RebuildError, rebuild};
use crate::config::Config;
use crate::config::home::{self, Home, Layout};
use crate::database::owner;
use crate::database::{Address, Database, DatabaseError};
use crate::durable::Folder;
use crate::evidence::checkpoint::Checkpoint;
use crate::ids::{DocumentId, Name};
use crate::instant::Instant;
use crate::intake::drop::DropFolder;
use crate::journal::append::Journal;
use crate::journal::epochs::{self, Epoch, Known};
use crate::journal::files::Files;
use crate::journal::read;
use crate::keyring::Keyring;
use crate::signing::adoption;
use crate::upkeep::check::StoreReport;
use crate::verification::Trust;
pub use keys::StoppedKey;
pub use lost::{LostAct, LostDocument, LostRecord};
pub use offices::ResumedOffice;
use place::Placing;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestoreReport {
    pub generation: Generation,
    pub epoch: u32,
    /// The journal's entry that opens it.
    pub journal_index: u64,
    /// The epochs in which the home had gone on after other restores, as far as backups, the copies of the checkpoints and the
    /// drop folders tell: what was done in them is not in this one.
    pub given_up: Vec<u32>,
    /// Of the entries that are lost the first, and the last that is known of; none where nothing outside knows of more than
    /// the backup holds.
    pub lost_entries: Option<LostEntries>,
    /// The records that were filed after the backup, as far as a newer generation tells.
    pub lost_records: Vec<LostRecord>,
    /// The documents that were taken in after it and not filed, as far as a newer generation tells.
    pub lost_documents: Vec<LostDocument>,
    /// What was done about people, keys, profiles or personal text after it, or decided about documents that are there and about
    /// deliveries, as far as a newer generation tells: it is undone until somebody does it again, and a document that was sent back
    /// waits until a person has looked at it anew.
    pub lost_acts: Vec<LostAct>,
    /// The keys that are in force again, because what is lost had revoked them or suspended their owners.
    pub stopped_keys: Vec<StoppedKey>,
    /// The offices that are held again, because what is lost had ended them or said that somebody is absent.
    pub resumed_offices: Vec<ResumedOffice>,
    /// The open documents that rest on one that was revoked. They are held (`asked-anew`) until a person has looked.
    pub resting_on_them: Vec<DocumentId>,
    /// Up to which entry a newer generation told; what came after is counted alone.
    pub listed_up_to: u64,
    /// The copy of the checkpoints outside the home (`journal.anchor`) that could not be read: more may be lost than is told.
    pub unread_anchor: Option<String>,
    /// Stations, and what stands in their folders now.
    pub stations: Vec<StationFound>,
    /// The home as it is now; none where it could not be looked through.
    pub check: Option<StoreReport>,
    /// What could not be made anew, where the database is on a server.
    pub not_rebuilt: Vec<NotRebuilt>,
}

/// Why a home could not be brought back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(transparent)]
    Backup(#[from] Trouble),
    /// On a server the index is made anew.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
}

/// From `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostEntries {
    pub first: u64,
    pub last: u64,
    pub count: u64,
}

/// A drop folder as the restored home finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StationFound {
    pub station: Name,
    pub folder: String,
    /// It is there, and bears the home's marker.
    pub reached: bool,
    /// How many files stand in it: they are taken in when the line starts, and what was taken in before the backup is
    /// known again.
    pub standing: u64,
}

/// What is asked for.
pub struct Order<'a> {
    pub backup: &'a BackupFolder,
    /// The newest where none is named.
    pub generation: Option<u32>,
    pub identities: &'a Identities,
    pub to: &'a Path,
    /// The home's settings, where they are to be others than those in the backup.
    pub settings: Option<&'a str>,
    /// Checkpoints that were kept elsewhere.
    pub against: Option<&'a str>,
    pub runtime: &'a tokio::runtime::Handle,
    pub now: Instant,
}

/// Brings a home back. What `check` of the report says is for the caller to fill in, once the home is there.
///
/// # Errors
/// When it cannot be brought back; then nothing of it stays, but for what went to servers already.
pub fn restore(order: &Order<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<RestoreReport, RestoreError> {
    let number = order.backup.number(order.generation)?;
    let (generation, summary) = order.backup.summary(number)?;
    if generation.home != order.backup.home {
        return Err(Trouble::Damaged { path: order.backup.generation_path(number).display().to_string() }.into());
    }
    demand_lists(order.backup, &generation)?;
    let mut placing = Placing::begin(order)?;
    let (config, all) = (placing.settings(number)?, generation.files.saturating_add(generation.objects));
    placing.everything(number, &config, &mut |done| progress(done, all))?;
    let root = placing.root().to_owned();
    let layout = Layout::new(&root);
    let home = generation.home;
    let failed = |problem: String| Trouble::Database { problem };
    let trust = Trust::of_home(layout, &config).map_err(|error| failed(error.to_string()))?;
    // Asked before anything is made on a server, which would stay there.
    let given = lost::given(order, &trust)?;
    let mut not_rebuilt = Vec::new();
    if !generation.database {
        // The settings name a server's database, which has to be empty.
        let in_the_making = Home::in_the_making(&root, home);
        let mut alone = config.clone();
        // The copy outside speaks of what came after the backup too: what of that is lost is looked at below, and no refusal.
        alone.journal.anchor = None;
        not_rebuilt = rebuild(&in_the_making, &alone, order.runtime, order.now, &mut |_| ())?.not_rebuilt;
    }
    let address = Address::at_home(layout, &config).map_err(|error| failed(error.to_string()))?;
    let database = Database::open(&address, false, order.runtime, || ()).map_err(Trouble::from)?;
    let mode = config.mode;
    database.read(async |tx| owner::check(tx, home, mode).await).map_err(|error| failed(error.to_string()))?;
    let stand =
        database.read::<_, DatabaseError, _>(async |tx| Ok((read::head(tx).await?, epochs::current(tx).await?)));
    let (head, before) = stand.map_err(Trouble::from)?;
    let of_this = head.is_some_and(|head| (head.size, head.root) == (generation.journal_size, generation.journal_root));
    if !of_this {
        return Err(Trouble::Damaged { path: layout.database(&config).display().to_string() }.into());
    }

    let restored = lost::Restored {
        order,
        config: &config,
        root: &root,
        restored: &generation,
        epoch: before,
        trust: &trust,
        database: &database,
    };
    let mut lost = lost::look(&restored, given)?;
    let size = generation.journal_size;
    // A number that another restore has taken would let two pasts look like one.
    let newest_known = lost.epochs.last().copied().unwrap_or(before);
    let epoch = Epoch {
        epoch: newest_known.saturating_add(1),
        generation: number,
        summary,
        made_at: generation.made_at,
        size,
        root: generation.journal_root,
        known: lost.newest.as_ref().map(|newest| Known { size: newest.size, root: newest.root }),
    };
    let keyring = Keyring::open(layout, &config, home).map_err(|error| failed(error.to_string()))?;
    let journal = Arc::new(Journal::new(home, keyring.origin, keyring.journal));
    // A home whose clock is set for a trial goes by that.
    let (entry, at) = (epoch.draft(), config.clock.starts_at.unwrap_or(order.now));
    let doubted = lost.doubted.filter(|doubted| doubted.concerns_before(size));
    let (mut stopped, stopped_keys) = (std::mem::take(&mut lost.stopped), std::mem::take(&mut lost.keys));
    let custody = Folder::open(&layout.custody(&config)).map_err(Trouble::from)?;
    let set_aside = adoption::set_aside_unnamed::<Trouble>(&custody, &database)?;
    let ended = std::mem::take(&mut lost.offices);
    // In one step: no home stands there in which what was stopped goes on.
    let entered = database.write::<_, DatabaseError, _>(async move |tx| {
        let opened = journal.append(tx, entry, at).await?;
        for entry in set_aside {
            journal.append(tx, entry, at).await?;
        }
        if let Some(doubted) = doubted {
            undone::doubt_anew(tx, &journal, doubted, at).await?;
        }
        let resting = stopped_keys.undo(tx, opened.index).await?;
        stopped.extend(&resting);
        let asked_anew = undone::ask_anew(tx, &journal, &stopped, at).await?;
        let in_force = (stopped_keys.in_force(tx).await?, ended.in_force(tx, at).await?);
        Ok((opened, resting, asked_anew, in_force))
    });
    let (entered, mut resting, asked_anew, (in_force, resumed_offices)) = entered.map_err(Trouble::from)?;
    for act in &mut lost.acts {
        act.asked_anew = act.document.is_some_and(|document| asked_anew.contains(&document));
    }
    resting.retain(|document| asked_anew.contains(document));
    let people_keys = layout.people_keys();
    let stopped_keys = in_force.into_iter().map(|key| key.set_aside(&people_keys)).collect::<Result<_, _>>();
    let stopped_keys = stopped_keys.map_err(|error| Trouble::io(&people_keys, &error))?;
    let folder = layout.store(&config).join("journal");
    Files::open(&folder, &database)
        .and_then(|mut files| files.catch_up(&database))
        .map_err(|e| failed(e.to_string()))?;
    database.close();
    let stations = stations(layout, &config, home)?;
    placing.finish()?;
    let lost_entries = lost.newest.map(|newest| LostEntries {
        first: size,
        last: newest.size.saturating_sub(1),
        count: newest.size.saturating_sub(size),
    });
    Ok(RestoreReport {
        generation,
        epoch: epoch.epoch,
        journal_index: entered.index,
        given_up: lost.epochs,
        lost_entries,
        lost_records: lost.records,
        lost_documents: lost.documents,
        lost_acts: lost.acts,
        stopped_keys,
        resumed_offices,
        resting_on_them: resting.into_iter().collect(),
        listed_up_to: lost.listed_up_to,
        unread_anchor: lost.unread_anchor,
        stations,
        check: None,
        not_rebuilt,
    })
}

/// The drop folders: those in the home are made again, and those elsewhere are looked at.
fn stations(layout: Layout<'_>, config: &Config, id: crate::ids::HomeId) -> Result<Vec<StationFound>, Trouble> {
    let mut found = Vec::new();
    for (name, settings) in &config.stations {
        let folder = settings.folder(layout.root(), name);
        if folder.starts_with(layout.root()) {
            std::fs::create_dir_all(&folder).map_err(|error| Trouble::io(&folder, &error))?;
            home::mark(&folder, id)?;
            DropFolder::establish(&folder, id, name).map_err(|error| {
                let (path, problem) = (folder.display().to_string(), error.to_string());
                Trouble::Disk { path, problem }
            })?;
        }
        let opened = DropFolder::open(&folder, id, name).ok();
        let standing = opened.as_ref().map_or(0, |_| files_below(&folder));
        found.push(StationFound {
            station: name.clone(),
            folder: folder.display().to_string(),
            reached: opened.is_some(),
            standing,
        });
    }
    Ok(found)
}

/// How many files stand in a folder and in those below it, but for ours.
fn files_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let ours = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let status = folder.join(crate::intake::names::STATUS);
    let paths = entries.flatten().map(|entry| entry.path()).filter(|path| !ours(path) && *path != status);
    paths.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}
