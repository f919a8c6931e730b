//! What the files of a home should hold before they are sealed: a backup of what is damaged would push out the one that is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::contents::{Contents, Found};
use super::folder::BackupFolder;
use super::trouble::Trouble;
use super::{CUSTODY, Order, Snapshot};
use crate::database::{Database, DatabaseError};
use crate::durable::{Class, Folder};
use crate::evidence::tree::Frontier;
use crate::ids::Digest;
use crate::intake::custody::{CustodyCopy, CustodyError, MANIFEST, folder_name, parse_folder_name};
use crate::journal::kept::{self, Kept, Uncompared};
use crate::journal::read::{self, edge_at};
use crate::ledger::{attempts, deliveries};
use crate::signing::{self, ATTEMPTS};

/// The digests of files in custody, by their names in the list. What lies there and does not say what it holds is told too.
pub(super) struct Promised {
    pub digests: BTreeMap<String, Digest>,
    pub unreadable: Vec<String>,
}

/// By the ledger where it counts on them, and by their own descriptions otherwise.
pub(super) fn in_custody(order: &Order<'_>, snapshot: &Snapshot<'_>, found: &Contents) -> Result<Promised, Trouble> {
    let mut digests = snapshot.database().read::<_, DatabaseError, _>(async |tx| {
        let mut digests = BTreeMap::new();
        for row in deliveries::counting_on_custody(tx).await? {
            let folder = folder_name(row.id, row.copy);
            for file in deliveries::files(tx, row.id).await? {
                digests.insert(format!("{CUSTODY}/{folder}/{}", file.custody_name), file.content);
            }
        }
        for id in attempts::not_filed(tx).await? {
            let Some(attempt) = attempts::get(tx, id).await? else { continue };
            let named = signing::files_of(&attempt).into_iter();
            let named = named.filter_map(|(file, digest)| Some((format!("{CUSTODY}/{ATTEMPTS}/{id}/{file}"), digest?)));
            digests.extend(named);
        }
        Ok(digests)
    })?;
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
                    digests.entry(name).or_insert(member.digest);
                }
            }
            Err(CustodyError::Write(failure)) if failure.class() == Class::Gone => {}
            Err(_) => unreadable.push(name.clone()),
        }
    }
    Ok(Promised { digests, unreadable })
}

/// Demands that the journal's files know of nothing that the database does not know: else another one was put in its place,
/// and a backup of it would in time push out those of the right one.
pub(super) fn demand_newest(order: &Order<'_>) -> Result<(), Trouble> {
    let folder = order.home.layout().store(order.config).join("journal");
    // Asked first: the files follow the database.
    let promised = kept::promised(&folder).map_err(|error| Trouble::io(&folder, &error))?;
    for promised in promised {
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

/// The journal's files that are not what the database has, up to `size`. They may lag behind.
pub(super) fn damaged_journal(folder: &Path, database: &Database, size: u64) -> Result<Vec<String>, Trouble> {
    let io = |error| Trouble::io(folder, &error);
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
    if edge.root() != tree.root() {
        damaged.push("store/journal/entries-*.jsonl".to_owned());
    }
    let mut first = None;
    kept::parts_not_kept(folder, database, in_files, |index| {
        first.get_or_insert(index);
    })
    .map_err(|error| match error {
        Uncompared::Files(error) => io(error),
        Uncompared::Database(error) => error.into(),
    })?;
    if first.is_some() {
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
