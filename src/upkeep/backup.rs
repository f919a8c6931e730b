//! `store backup`: everything that brings a home back, sealed, on other media, generation upon generation.
//!
//! It works beside a running line. The database is copied as it is at one moment; everything that it names then was durable
//! before, and stays: objects are never taken away, and what is filed meanwhile does not leave custody before that has been
//! copied. The journal's files go along as far as that database reaches. A home that is brought back from it stands where the
//! line stood at that moment.
//!
//! `folder.rs` says what lies where. What is there from an earlier generation is not written again.

mod contents;
mod entry;
mod folder;
mod inspection;
mod objects;
mod promised;
mod prune;
mod seal;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Config;
use crate::config::home::{Home, Lock};
use crate::database::{Database, DatabaseError};
use crate::durable::{Written, digest_of};
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::backups::BackedUp;
use crate::journal::epochs;
use crate::journal::kept;
use crate::journal::read::{self, Head};
use crate::store::Objects;
pub(in crate::upkeep) use contents::{CUSTODY, STORE};
use contents::{Contents, Found};
pub use entry::enter;
pub use folder::{BackupFolder, GENERATION_FORMAT, Generation, Work};
pub(in crate::upkeep) use inspection::{Both, SealedFile, demand_lists};
pub use inspection::{Checked, Listed, check, list};
pub use seal::Identities;
pub(in crate::upkeep) use seal::pour;
pub use trouble::Trouble;

/// The copy of the database, while it is sealed; it never leaves the home.
pub const COPY: &str = ".torikomi-tmp-backup.db";

/// How long the journal's files are waited for, which follow each commit at once.
const FILES_FOLLOW: Duration = Duration::from_secs(20);

/// So much of what is missing is listed.
const MOST_MISSING: usize = 20;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackupReport {
    pub generation: Generation,
    /// SHA-256 of its `generation.json`, which the journal names.
    pub summary: Digest,
    /// How many files and objects were not there yet, and were sealed.
    pub sealed: u64,
    /// The older generations that were taken away.
    pub removed: Vec<u32>,
    /// Those of another past than this home's, from before a restore or of another copy of it, and those that do not say of
    /// which. `--keep` leaves them alone.
    pub apart: Vec<u32>,
    /// Why older ones were not removed, or not all of them: a list of one that was to stay cannot be relied on, or the medium failed.
    pub not_pruned: Option<Trouble>,
    /// What the database counts on and the home does not have: neither has the backup, but for objects that the medium had
    /// from before. So much of it is listed. Older generations stay then.
    pub missing: Vec<String>,
    pub more_missing: u64,
    /// What belongs to the home and lies elsewhere: it is in no backup of the home.
    pub outside: Vec<String>,
    /// Home and backup lie on one file system: a disk that fails takes both.
    pub same_file_system: bool,
}

impl BackupReport {
    /// What the journal's entry says of it.
    #[must_use]
    pub fn entry(&self) -> BackedUp {
        let Generation { generation, journal_size, journal_root, made_at, .. } = self.generation;
        let missing = (self.missing.len() as u64).saturating_add(self.more_missing);
        BackedUp { generation, summary: self.summary, size: journal_size, root: journal_root, made_at, missing }
    }
}

/// What is asked for.
pub struct Order<'a> {
    pub home: &'a Home,
    pub config: &'a Config,
    /// For reading only.
    pub database: &'a Database,
    pub objects: &'a Objects,
    pub runtime: &'a tokio::runtime::Handle,
    pub to: &'a Path,
    /// A folder that bears no marker is to become a backup.
    pub begin: bool,
    /// So many generations stay.
    pub keep: Option<u32>,
    pub now: Instant,
}

/// Makes a generation. `progress` is told how much is done, of how much.
///
/// # Errors
/// When it cannot be made; the generations of before stay as they are.
pub fn back_up(order: &Order<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<BackupReport, Trouble> {
    if order.config.backup.recipients.is_empty() {
        return Err(Trouble::NoRecipients);
    }
    order.home.check_markers(order.config)?;
    promised::demand_newest(order)?;
    let folder = BackupFolder::open_for(order.to, order.home, order.begin)?;
    let custody_stays = hold_custody(order.home)?;
    let snapshot = Snapshot::take(order)?;
    let (numbers, _) = folder.numbers()?;
    let number = numbers.last().map_or(1, |last| last.saturating_add(1));
    let generations = folder.generations()?;
    // One that was broken off is of no use.
    generations.clear_leftovers()?;
    let draft = generations.draft()?;

    let shelf = folder::Shelf::open(folder.folder.make_folder(folder::FILES)?)?;
    let mut making = Making {
        order,
        shelf,
        promised: BTreeMap::new(),
        damaged: Vec::new(),
        listed: String::new(),
        files: String::new(),
        count: 0,
        sealed: 0,
    };
    let promised::CountedOn { wanted, digests } = promised::counted_on(snapshot.database())?;
    let custody = contents::custody(order.home, order.config)?;
    let promised = promised::in_custody(order, digests, &custody)?;
    let lacking: BTreeSet<String> = promised.broken(&custody).map(ToOwned::to_owned).collect();
    making.promised = promised.digests;
    let gone = making.take_all(&custody, progress)?;
    drop(custody_stays);
    // A copy of which one file was gone is not there, whatever was taken of it.
    let mut broken: BTreeSet<_> = gone.iter().filter_map(|name| folder_of(name)).collect();
    broken.extend(lacking.iter().map(String::as_str));
    let whole = custody.found.iter().filter_map(|found| folder_of(&found.name)).filter(|name| !broken.contains(name));
    let there: BTreeSet<&str> = whole.collect();
    let mut missing: Vec<_> = wanted.into_iter().filter(|it| !it.is_among(&there)).map(|it| it.folder).collect();
    missing.extend(promised.unreadable);
    snapshot.wait_for_files(order)?;
    let journal_folder = order.home.layout().store(order.config).join("journal");
    missing.extend(promised::damaged_journal(order, &snapshot, &journal_folder, snapshot.head.size)?);
    let journal = contents::journal(order.home, order.config, snapshot.head.size)?;
    let rest = contents::rest(order.home, order.config)?;
    missing.extend(making.take_all(&journal, progress)?.into_iter().map(ToOwned::to_owned));
    // Of the rest nothing is counted on by name: what somebody takes away meanwhile is theirs.
    making.take_all(&rest, progress)?;
    if let Some(copy) = &snapshot.copy {
        let found = Found { name: contents::DATABASE.to_owned(), path: copy.path.clone(), bytes: None };
        if !making.take(&found)? {
            return Err(Trouble::Missing { path: copy.path.display().to_string() });
        }
    }
    making.shelf.folder.sync()?;

    let mut objects = objects::Objects::new(order, &snapshot, &folder)?;
    let (files, listed) = (making.count, std::mem::take(&mut making.listed));
    let mut lists = BTreeMap::new();
    let mut line = |name: &str, written: Written| {
        lists.insert(name.to_owned(), written.digest);
    };
    line(
        folder::SEALED_FILES,
        draft.write::<Trouble>(folder::SEALED_FILES, |sink| Ok(sink.write(making.files.as_bytes())?))?,
    );
    // Both lists of objects grow together: of a store of any size neither is held in memory.
    let list = draft.write::<Trouble>(folder::LIST, |sink| {
        seal::seal(&order.config.backup.recipients, sink, |sealing| {
            pour(&mut listed.as_bytes(), sealing, |error| Trouble::io(order.to, error))?;
            let sealed = draft.write::<Trouble>(folder::SEALED_OBJECTS, |sink| {
                objects.each(&mut |line| Ok(sink.write(line.as_bytes())?), sealing, progress)
            })?;
            line(folder::SEALED_OBJECTS, sealed);
            Ok(())
        })
    })?;
    line(folder::LIST, list);
    missing.append(&mut objects.missing);
    missing.append(&mut making.damaged);

    let generation = Generation {
        format: GENERATION_FORMAT,
        home: order.home.id(),
        generation: number,
        made_at: snapshot.at,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: snapshot.copy.is_some(),
        epoch: snapshot.epoch,
        journal_size: snapshot.head.size,
        journal_root: snapshot.head.root,
        checkpoint: snapshot.head.checkpoint.clone(),
        files,
        objects: objects.count,
        lists,
    };
    let text = serde_json_canonicalizer::to_vec(&generation)
        .map_err(|error| Trouble::Disk { path: folder::SUMMARY.to_owned(), problem: error.to_string() })?;
    let summary = draft.write::<Trouble>(folder::SUMMARY, |sink| Ok(sink.write(&text)?))?.digest;
    draft.place(&folder::generation_name(number))?;

    // Of a home that is not whole an older generation may hold what this one lacks.
    let apart = promised::apart(&folder, &numbers, snapshot.database())?;
    let pruned = match order.keep.filter(|_| missing.is_empty()) {
        Some(keep) => prune::prune(&folder, keep, &apart),
        None => Ok(Vec::new()),
    };
    let (removed, not_pruned) = match pruned {
        Ok(removed) => (removed, None),
        // The generation is made, and is entered as such.
        Err(trouble) => (Vec::new(), Some(trouble)),
    };
    let mut outside = contents::outside(order.home, order.config);
    outside.extend(rest.links.iter().chain(&custody.links).map(|link| link.display().to_string()));
    let more_missing = missing.split_off(missing.len().min(MOST_MISSING)).len() as u64;
    let same_file_system = folder::on_one_file_system(order.to, order.home.layout().root())
        .map_err(|error| Trouble::io(order.to, &error))?;
    let sealed = making.sealed.saturating_add(objects.sealed);
    Ok(BackupReport {
        generation,
        summary,
        sealed,
        removed,
        apart: apart.into_iter().collect(),
        not_pruned,
        missing,
        more_missing,
        outside,
        same_file_system,
    })
}

/// The folder of a copy or of an attempt in which a file lies.
fn folder_of(name: &str) -> Option<&str> {
    name.rsplit_once('/').map(|(folder, _)| folder)
}

/// What is filed stays in custody as long as this is held.
fn hold_custody(home: &Home) -> Result<Lock, Trouble> {
    let begun = std::time::Instant::now();
    loop {
        if let Some(lock) = home.hold_custody()? {
            return Ok(lock);
        }
        // The line lets go between two documents; another backup does not.
        if begun.elapsed() > FILES_FOLLOW {
            return Err(Trouble::Busy { path: home.layout().root().display().to_string() });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The home's database at one moment.
struct Snapshot<'a> {
    order: &'a Order<'a>,
    at: Instant,
    epoch: u32,
    head: Head,
    /// None where the database is on a server: then what is read is of now, and holds more.
    copy: Option<Copy>,
}

/// A database of its own. The file goes with it.
struct Copy {
    path: PathBuf,
    database: Option<Database>,
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Some(database) = self.database.take() {
            database.close();
        }
        // One that stays behind is cleared by the next backup.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl<'a> Snapshot<'a> {
    fn take(order: &'a Order<'a>) -> Result<Self, Trouble> {
        let at = order.now;
        let copy = match order.config.store.database {
            Some(_) => None,
            None => {
                let path = order.home.layout().store(order.config).join(COPY);
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Trouble::io(&path, &error));
                    }
                    _ => {}
                }
                let mut copy = Copy { path, database: None };
                order.database.copy_to(&copy.path)?;
                copy.database = Some(Database::open_read_only(&copy.path, order.runtime)?);
                Some(copy)
            }
        };
        let database = copy.as_ref().and_then(|copy| copy.database.as_ref()).unwrap_or(order.database);
        let (epoch, head) =
            database.read::<_, DatabaseError, _>(async |tx| Ok((epochs::current(tx).await?, read::head(tx).await?)))?;
        let head = head.ok_or_else(|| Trouble::Database { problem: "the journal is empty".into() })?;
        Ok(Self { order, at, epoch, head, copy })
    }

    fn database(&self) -> &Database {
        self.copy.as_ref().and_then(|copy| copy.database.as_ref()).unwrap_or(self.order.database)
    }

    /// Without a copy of the database the journal's files are all there is of it.
    fn wait_for_files(&self, order: &Order<'_>) -> Result<(), Trouble> {
        if self.copy.is_some() {
            return Ok(());
        }
        let folder = order.home.layout().store(order.config).join("journal");
        let begun = std::time::Instant::now();
        loop {
            let noted =
                kept::last_note(&folder.join("checkpoints.txt")).map_err(|error| Trouble::io(&folder, &error))?;
            let in_files = noted.map_or(0, |noted| noted.size);
            if in_files >= self.head.size {
                return Ok(());
            }
            if begun.elapsed() > FILES_FOLLOW {
                return Err(Trouble::JournalBehind { in_files, in_database: self.head.size });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A generation in the making.
struct Making<'a> {
    order: &'a Order<'a>,
    shelf: folder::Shelf,
    /// What files should be, by their names in the list.
    promised: BTreeMap<String, Option<Digest>>,
    /// Those that are not. They are sealed as they are.
    damaged: Vec<String>,
    /// What the sealed list says.
    listed: String,
    /// The sealed files.
    files: String,
    count: u64,
    sealed: u64,
}

impl Making<'_> {
    /// Answers the names of what was gone when its turn came.
    fn take_all<'c>(
        &mut self,
        contents: &'c Contents,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<&'c str>, Trouble> {
        let mut gone = Vec::new();
        for found in &contents.found {
            if !self.take(found)? {
                gone.push(found.name.as_str());
            }
            progress(self.count, self.count);
        }
        Ok(gone)
    }

    /// Whether it was taken; else it was gone.
    fn take(&mut self, found: &Found) -> Result<bool, Trouble> {
        let failed = |error: &std::io::Error| Trouble::io(&found.path, error);
        let mut file = match File::open(&found.path) {
            Ok(file) => file,
            // A copy in custody that a newer one made needless.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(&error)),
        };
        let most = found.bytes.unwrap_or(u64::MAX);
        let plain = digest_of(&mut (&mut file).take(most)).map_err(|error| failed(&error))?;
        if self.promised.get(&found.name).copied().flatten().is_some_and(|promised| promised != plain.digest) {
            self.damaged.push(found.name.clone());
        }
        let name = match self.shelf.name(&plain.digest) {
            Some(name) => name.clone(),
            None => {
                file.rewind().map_err(|error| failed(&error))?;
                let name = self.shelf.folder.create_named::<Trouble>(
                    |sink| {
                        seal::seal(&self.order.config.backup.recipients, sink, |sealing| {
                            let again = pour(&mut (&mut file).take(most), sealing, failed)?;
                            if again == plain {
                                Ok(())
                            } else {
                                Err(Trouble::Changed { path: found.path.display().to_string() })
                            }
                        })
                    },
                    |sealed| folder::sealed_name(&plain.digest, sealed),
                )?;
                self.shelf.add(plain.digest, name.clone());
                self.sealed = self.sealed.saturating_add(1);
                name
            }
        };
        self.listed.push_str(&folder::list_line(&plain.digest, &found.name));
        let sealed = folder::parse_sealed_name(&name).map_or(plain.digest, |(_, sealed)| sealed);
        self.files.push_str(&folder::list_line(&sealed, &format!("../../{}/{name}", folder::FILES)));
        self.count = self.count.saturating_add(1);
        Ok(true)
    }
}
