//! The store's objects, a shelf at a time: what the database names, and what was stored before it was copied.

use std::collections::BTreeSet;
use std::io::Write;

use super::folder::{self, BackupFolder, Shelf};
use super::trouble::Trouble;
use super::{Order, Snapshot, contents, seal};
use crate::database::{DatabaseError, Tx};
use crate::durable::Folder;
use crate::ids::Digest;
use crate::ledger::{named, profiles};
use crate::people::certificates::{self, Certificate};
use crate::people::register;
use crate::store::{SHELVES, StoreError, records, relative_path};

pub(super) struct Objects<'a> {
    order: &'a Order<'a>,
    snapshot: &'a Snapshot<'a>,
    /// Where the sealed ones lie.
    folder: Folder,
    /// What few things name: read once.
    few: BTreeSet<Digest>,
    all: u64,
    pub(super) count: u64,
    pub(super) sealed: u64,
    pub(super) missing: Vec<String>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(
        order: &'a Order<'a>,
        snapshot: &'a Snapshot<'a>,
        backup: &BackupFolder,
    ) -> Result<Self, Trouble> {
        let folder = backup.folder.make_folder(folder::OBJECTS)?;
        let (few, all) = snapshot.database().read::<_, DatabaseError, _>(async |tx| {
            Ok((few(tx).await?, u64::try_from(records::count_objects(tx).await?).unwrap_or(0)))
        })?;
        Ok(Self { order, snapshot, folder, few, all, count: 0, sealed: 0, missing: Vec::new() })
    }

    /// Seals those that are not there yet, and writes a line for each into both lists.
    pub(super) fn each(
        &mut self,
        sealed_list: &mut dyn FnMut(&str) -> Result<(), Trouble>,
        list: &mut dyn Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Trouble> {
        for first in SHELVES {
            let shelf_name = format!("{first:02x}");
            let store = self.order.objects;
            // Asked first: what a row names lies there already, and of a database that goes on, what comes meanwhile is not missed.
            let named = self.named(first)?;
            let lying = store.shelf(first)?.objects;
            // What the home has lost, the medium may have from before: then it stays in the backup.
            let gone: BTreeSet<_> =
                named.iter().filter(|object| lying.binary_search(object).is_err()).copied().collect();
            let mut wanted: Vec<_> = gone.iter().copied().collect();
            for object in lying {
                if named.contains(&object) || store.stored_at(&object)?.is_some_and(|at| at <= self.order.now) {
                    wanted.push(object);
                }
            }
            if wanted.is_empty() {
                continue;
            }
            let mut shelf = Shelf::open(self.folder.make_folder(&shelf_name)?)?;
            for object in wanted {
                let had = shelf.name(&object).is_some();
                let Some(name) = self.sealed(&mut shelf, &object)? else { continue };
                if had && gone.contains(&object) {
                    self.missing.push(path_in_home(&object));
                }
                let sealed = folder::parse_sealed_name(&name).map_or(object, |(_, sealed)| sealed);
                sealed_list(&folder::list_line(&sealed, &format!("../../{}/{shelf_name}/{name}", folder::OBJECTS)))?;
                let line = folder::list_line(&object, &path_in_home(&object));
                list.write_all(line.as_bytes()).map_err(|error| Trouble::io(self.order.to, &error))?;
                self.count = self.count.saturating_add(1);
                progress(self.count, self.all.max(self.count));
            }
            shelf.folder.sync()?;
        }
        Ok(())
    }

    /// The name of an object's sealed file; none where the home does not have the object as it was.
    fn sealed(&mut self, shelf: &mut Shelf, object: &Digest) -> Result<Option<String>, Trouble> {
        if let Some(name) = shelf.name(object) {
            return Ok(Some(name.clone()));
        }
        let path = path_in_home(object);
        let fill = |sink: &mut crate::durable::Sink| {
            seal::seal(&self.order.config.backup.recipients, sink, |sealing| {
                let copied = self.order.objects.copy_to(object, sealing);
                copied.map(drop).map_err(|error| match error {
                    StoreError::Damaged { .. } => Trouble::Damaged { path: path.clone() },
                    StoreError::Missing(_) => Trouble::Missing { path: path.clone() },
                    error => error.into(),
                })
            })
        };
        match shelf.folder.create_named(fill, |sealed| folder::sealed_name(object, sealed)) {
            Ok(name) => {
                self.sealed = self.sealed.saturating_add(1);
                shelf.add(*object, name.clone());
                Ok(Some(name))
            }
            Err(Trouble::Damaged { path } | Trouble::Missing { path }) => {
                self.missing.push(path);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn named(&self, first: u8) -> Result<BTreeSet<Digest>, Trouble> {
        let mut named = self.snapshot.database().read::<_, DatabaseError, _>(async |tx| {
            let mut named: BTreeSet<Digest> = named::on_shelf(tx, first).await?.into_iter().collect();
            named.extend(records::objects_on_shelf(tx, first).await?);
            Ok(named)
        })?;
        named.extend(self.few.iter().filter(|object| object.as_bytes().first() == Some(&first)).copied());
        Ok(named)
    }
}

async fn few(tx: &mut Tx) -> Result<BTreeSet<Digest>, DatabaseError> {
    let mut few = named::calendars(tx).await?;
    few.extend(profiles::all(tx).await?.iter().map(|version| version.reference.digest));
    for person in register::list(tx).await? {
        few.extend(certificates::of_person(tx, person.id).await?.iter().flat_map(Certificate::objects));
    }
    Ok(few)
}

fn path_in_home(object: &Digest) -> String {
    format!("{}/{}", contents::OBJECTS, relative_path(object).display())
}
