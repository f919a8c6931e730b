//! What the files of a home should hold before they are sealed: a backup of what is damaged would push out the one that is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::contents::{Contents, Found};
use super::folder::BackupFolder;
use super::trouble::Trouble;
use super::{CUSTODY, Order, Snapshot, folder_of};
use crate::database::{Database, DatabaseError, Tx};
use crate::durable::{Class, Folder};
use crate::evidence::tree::Frontier;
use crate::ids::{DeliveryId, Digest};
use crate::intake::custody::{CustodyCopy, CustodyError, MANIFEST, folder_name, parse_folder_name};
use crate::journal::disposal::Disposed;
use crate::journal::kept::{self, Kept, Uncompared};
use crate::journal::read::{self, edge_at};
use crate::ledger::attempts::{self, Attempt};
use crate::ledger::deliveries;
use crate::signing::{self, ATTEMPTS};
use crate::upkeep::check::is_given_up;

/// The notes of the journal's files.
const CHECKPOINTS: &str = "checkpoints.txt";

/// The digests of files in custody, by their names in the list; none of those that have none yet, and have to be there all the
/// same. What lies there and does not say what it holds is told too.
pub(super) struct Promised {
    pub digests: BTreeMap<String, Option<Digest>>,
    pub unreadable: Vec<String>,
}

/// A folder in custody that the ledger counts on: a copy of a delivery, or an attempt to sign.
pub(super) struct Wanted {
    pub folder: String,
    /// The delivery and the number of its copy, where the next start would adopt a newer one that no row names yet. An older one,
    /// or another of what has been taken, is not what was measured.
    or_newer: Option<(DeliveryId, u32)>,
}

/// What the ledger counts on in custody at one moment, before anybody looks there: of a database that goes on, what comes
/// meanwhile is not missed.
pub(super) struct CountedOn {
    pub wanted: Vec<Wanted>,
    /// The digests of their files, as in [`Promised`].
    pub digests: BTreeMap<String, Option<Digest>>,
}

pub(super) fn counted_on(database: &Database) -> Result<CountedOn, DatabaseError> {
    database.read::<_, DatabaseError, _>(async |tx| {
        let (mut wanted, mut digests) = (Vec::new(), BTreeMap::new());
        for row in deliveries::counting_on_custody(tx).await? {
            let folder = format!("{CUSTODY}/{}", folder_name(row.id, row.copy));
            for file in deliveries::files(tx, row.id).await? {
                digests.insert(format!("{folder}/{}", file.custody_name), Some(file.content));
            }
            wanted.push(Wanted { folder, or_newer: row.state.takes_newer_copy().then_some((row.id, row.copy)) });
        }
        for attempt in attempts_that_count(tx).await? {
            let folder = format!("{CUSTODY}/{ATTEMPTS}/{}", attempt.id);
            let named = signing::files_of(&attempt).into_iter();
            digests.extend(named.map(|(file, digest)| (format!("{folder}/{file}"), digest)));
            wanted.push(Wanted { folder, or_newer: None });
        }
        Ok(CountedOn { wanted, digests })
    })
}

impl Wanted {
    /// Whether it, or what is as good, is among the folders that are there and whole.
    pub(super) fn is_among(&self, there: &BTreeSet<&str>) -> bool {
        let copy = |folder: &&str| parse_folder_name(folder.strip_prefix(CUSTODY)?.strip_prefix('/')?);
        let is_newer = |(delivery, number): (DeliveryId, u32)| {
            let from = format!("{CUSTODY}/{delivery}.");
            let copies = there.range(from.as_str()..).map_while(copy);
            copies.take_while(|(of, _)| *of == delivery).any(|(_, found)| found > number)
        };
        there.contains(self.folder.as_str()) || self.or_newer.is_some_and(is_newer)
    }
}

/// By the ledger where it counts on them, and by their own descriptions otherwise.
pub(super) fn in_custody(
    order: &Order<'_>,
    mut digests: BTreeMap<String, Option<Digest>>,
    found: &Contents,
) -> Result<Promised, Trouble> {
    let custody = Folder::open(&order.home.layout().custody(order.config))?;
    let mut unreadable = Vec::new();
    for Found { name, .. } in &found.found {
        let folder = name.strip_prefix(CUSTODY).and_then(|name| name.strip_prefix('/')?.strip_suffix(MANIFEST));
        let Some((delivery, copy)) = folder.and_then(|name| parse_folder_name(name.strip_suffix('/')?)) else {
            continue;
        };
        match CustodyCopy::open(&custody, delivery, copy) {
            Ok(copy_of) => {
                for member in &copy_of.manifest().members {
                    let name = format!("{CUSTODY}/{}/{}", folder_name(delivery, copy), member.file);
                    digests.entry(name).or_insert(Some(member.digest));
                }
            }
            Err(CustodyError::Write(failure)) if failure.class() == Class::Gone => {}
            Err(_) => unreadable.push(name.clone()),
        }
    }
    Ok(Promised { digests, unreadable })
}

/// The attempts whose files have to be in custody, and whole.
async fn attempts_that_count(tx: &mut Tx) -> Result<Vec<Attempt>, DatabaseError> {
    let mut counting = Vec::new();
    for id in attempts::not_filed(tx).await? {
        if let Some(attempt) = attempts::get(tx, id).await?
            && !is_given_up(tx, &attempt).await?
        {
            counting.push(attempt);
        }
    }
    Ok(counting)
}

impl Promised {
    /// The folders of which something is there, and not all.
    pub(super) fn broken<'a>(&'a self, found: &'a Contents) -> impl Iterator<Item = &'a str> {
        let there: BTreeSet<&str> = found.found.iter().map(|found| found.name.as_str()).collect();
        let folders: BTreeSet<&str> = there.iter().filter_map(|name| folder_of(name)).collect();
        let gone = self.digests.keys().map(String::as_str).filter(move |name| !there.contains(name));
        gone.filter_map(folder_of).filter(move |folder| folders.contains(folder))
    }
}

/// Demands that the journal's files know of nothing that the database does not know: else another one was put in its place,
/// and a backup of it would in time push out those of the right one.
pub(super) fn demand_newest(order: &Order<'_>) -> Result<(), Trouble> {
    let folder = order.home.layout().store(order.config).join("journal");
    // Asked first: the files follow the database.
    let noted = kept::last_note(&folder.join(CHECKPOINTS)).map_err(|error| Trouble::io(&folder, &error))?;
    if let Some(promised) = noted {
        let size = promised.size;
        let (head, edge) = order.database.read::<_, DatabaseError, _>(async |tx| {
            let head = read::head(tx).await?.map_or(0, |head| head.size);
            Ok((head, if size <= head { Some(edge_at(tx, size).await?) } else { None }))
        })?;
        let leads = edge.is_some_and(|edge| promised.root.is_none_or(|root| root == edge.root()));
        if !leads {
            return Err(Trouble::OtherDatabase { in_files: size, in_database: head });
        }
    }
    Ok(())
}

/// The journal's files that are not what the database has, up to `size`. They may lag behind what their last note says of them,
/// and where there is nothing else of the journal in the backup, behind nothing.
pub(super) fn damaged_journal(
    order: &Order<'_>,
    snapshot: &Snapshot<'_>,
    folder: &Path,
    size: u64,
) -> Result<Vec<String>, Trouble> {
    let io = |error| Trouble::io(folder, &error);
    let database = snapshot.database();
    let noted = kept::last_note(&folder.join(CHECKPOINTS)).map_err(io)?.map_or(0, |noted| noted.size);
    let reach = if snapshot.copy.is_some() { noted.min(size) } else { size };
    let mut kept = Kept::open(folder).map_err(io)?;
    let mut tree = Frontier::default();
    while tree.size() < size
        && let Some(entry) = kept.next_entry().map_err(io)?
    {
        tree.append(&entry.bytes);
    }
    let in_files = tree.size();
    let edge = database.read::<_, DatabaseError, _>(async |tx| edge_at(tx, in_files).await)?;
    let mut damaged = Vec::new();
    if edge.root() != tree.root() || in_files < reach {
        damaged.push("store/journal/entries-*.jsonl".to_owned());
    }
    let mut missing = Vec::new();
    let note = |index| missing.push(index);
    kept::parts_not_kept(folder, database, in_files, note).map_err(|error| match error {
        Uncompared::Files(error) => io(error),
        Uncompared::Database(error) => error.into(),
    })?;
    // What two people had erased since the database was copied is gone from the files, and rightly. Asked afterwards, for they may
    // do so while this compares.
    let disposed = order.database.read::<_, DatabaseError, _>(async |tx| Disposed::read(tx).await)?;
    let disposed: BTreeSet<u64> = disposed.before(u64::MAX).collect();
    if missing.iter().any(|index| !disposed.contains(index)) {
        damaged.push("store/journal/private-*.jsonl".to_owned());
    }
    Ok(damaged)
}

/// The generations that are of another past than this home's, or do not say of which: what they hold, this home may have lost.
pub(super) fn apart(backup: &BackupFolder, numbers: &[u32], database: &Database) -> Result<BTreeSet<u32>, Trouble> {
    let mut apart = BTreeSet::new();
    for number in numbers {
        let leads = match backup.summary(*number) {
            Ok((found, _)) => database.read::<_, DatabaseError, _>(async |tx| {
                let reaches = read::head(tx).await?.is_some_and(|head| head.size >= found.journal_size);
                Ok(reaches && edge_at(tx, found.journal_size).await?.root() == found.journal_root)
            })?,
            Err(_) => false,
        };
        if !leads {
            apart.insert(*number);
        }
    }
    Ok(apart)
}
