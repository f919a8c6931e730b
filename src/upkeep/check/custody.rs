//! Custody against the ledger, both ways: the copies of deliveries, the attempts to sign, what was set aside.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use super::left_over::MOST_NAMES;
use super::{StoreFinding, Unchecked, Walk, unless_gone};
use crate::config::claim;
use crate::config::home::MARKER;
use crate::database::{DatabaseError, Tx};
use crate::document::{DeliveryState, DocumentState};
use crate::durable::{Class, Failure, Folder, TEMPORARY, digest_of};
use crate::ids::{AttemptId, DeliveryId, Digest};
use crate::intake::custody::{self, CustodyCopy, CustodyError};
use crate::journal::{Kind, read};
use crate::ledger::attempts::{self, Attempt, AttemptState};
use crate::ledger::{deliveries, standing};
use crate::signing::adoption::{QUARANTINE, set_aside};
use crate::signing::{self, ATTEMPTS};

/// From the files to their row, and from the row to the end of the files, a line takes less.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// What stands in custody, or should.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Copy(DeliveryId, u32),
    Attempt(AttemptId),
}

impl Walk<'_> {
    pub(super) fn custody(&mut self) -> Result<(), Unchecked> {
        let folder = Folder::open(&self.sources.home.layout().custody(self.sources.config))?;
        let mut places = self.standing(&folder)?;
        places.extend(self.counted_on()?);
        let mut odd = Vec::new();
        for place in places {
            if self.look(&folder, &place, true)?.is_some() {
                odd.push(place);
            }
        }
        // A line that works may have been between the files and their row, or the row and its files.
        if !odd.is_empty() && self.running_since()?.is_some() {
            sleep(SECOND_LOOK);
        }
        for place in odd {
            if let Some(finding) = self.look(&folder, &place, false)? {
                self.say(finding);
            }
        }
        self.set_aside(&folder)
    }

    /// What bears the name of a copy or an attempt. Anything else is told at once.
    fn standing(&mut self, folder: &Folder) -> Result<BTreeSet<Place>, Unchecked> {
        let mut places = BTreeSet::new();
        for name in folder.names(MOST_NAMES)? {
            let shown = name.to_str().unwrap_or_default();
            if [ATTEMPTS, QUARANTINE, MARKER, claim::NAME].contains(&shown) {
                continue;
            }
            match custody::parse_folder_name(shown) {
                Some((delivery, copy)) => drop(places.insert(Place::Copy(delivery, copy))),
                None if shown.starts_with(TEMPORARY) => self.unfinished(&folder.path().join(&name))?,
                None => self.say(StoreFinding::StrangerInCustody { path: self.shown(&folder.path().join(&name)) }),
            }
        }
        let Some(attempts) = unless_gone(folder.open_folder(ATTEMPTS))? else { return Ok(places) };
        for name in attempts.names(MOST_NAMES)? {
            let path = attempts.path().join(&name);
            match name.to_str().map(|name| (name.parse().ok(), name.starts_with(TEMPORARY))) {
                Some((Some(attempt), _)) => drop(places.insert(Place::Attempt(attempt))),
                Some((None, true)) => self.unfinished(&path)?,
                _ => self.say(StoreFinding::StrangerInCustody { path: self.shown(&path) }),
            }
        }
        Ok(places)
    }

    /// What the ledger counts on.
    fn counted_on(&self) -> Result<Vec<Place>, Unchecked> {
        self.read(async |tx| {
            let copies = deliveries::counting_on_custody(tx).await?.into_iter();
            let mut places: Vec<_> = copies.map(|row| Place::Copy(row.id, row.copy)).collect();
            places.extend(attempts::not_filed(tx).await?.into_iter().map(Place::Attempt));
            Ok(places)
        })
    }

    fn look(&mut self, folder: &Folder, place: &Place, counts: bool) -> Result<Option<StoreFinding>, Unchecked> {
        match *place {
            Place::Copy(delivery, copy) => {
                self.report.copies = self.report.copies.saturating_add(u64::from(counts));
                self.copy(folder, delivery, copy)
            }
            Place::Attempt(attempt) => {
                self.report.attempts = self.report.attempts.saturating_add(u64::from(counts));
                self.attempt(folder, attempt)
            }
        }
    }

    /// What is wrong with a copy, as things stand now.
    fn copy(&self, folder: &Folder, delivery: DeliveryId, copy: u32) -> Result<Option<StoreFinding>, Unchecked> {
        let (row, files, counted, filed) = self.read(async |tx| {
            let row = deliveries::get(tx, delivery).await?;
            let counted = deliveries::counts_on_custody(tx, delivery).await?;
            Ok((row, deliveries::files(tx, delivery).await?, counted, deliveries::all_filed(tx, delivery).await?))
        })?;
        let row = row.filter(|row| row.copy == copy);
        let found = match CustodyCopy::open(folder, delivery, copy) {
            Ok(found) => found,
            Err(error)
                if is_gone(&error)
                    && unless_gone(folder.open_folder(&custody::folder_name(delivery, copy)))?.is_none() =>
            {
                return Ok(row.filter(|_| counted).map(|_| StoreFinding::CopyMissing { delivery, copy }));
            }
            Err(CustodyError::Write(failure)) if failure.class() != Class::Gone => return Err(failure.into()),
            Err(_) => {
                let file = custody::MANIFEST.to_owned();
                return Ok(Some(StoreFinding::CopyDamaged { delivery, copy, file }));
            }
        };
        if found.manifest().home != self.sources.home.id() {
            return Ok(Some(StoreFinding::CopyForeign { delivery, copy }));
        }
        let Some(row) = row else { return Ok(Some(StoreFinding::CopyOrphan { delivery, copy })) };
        // One that was refused stays, and what may be the last of something. One that is filed is on its way out: a line that
        // was stopped before, or that cannot ask the store, has not taken it away yet.
        if !counted && filed && row.state == DeliveryState::Taken {
            return Ok(None);
        }
        for member in &found.manifest().members {
            let in_ledger = files.iter().find(|file| file.custody_name == member.file);
            let agrees = in_ledger.is_some_and(|file| (file.content, file.byte_length) == (member.digest, member.size));
            if !agrees || !self.is_whole(&found, member)? {
                return Ok(Some(StoreFinding::CopyDamaged { delivery, copy, file: member.file.clone() }));
            }
        }
        Ok(None)
    }

    fn is_whole(&self, copy: &CustodyCopy, member: &custody::Member) -> Result<bool, Unchecked> {
        let Some(mut file) = unless_gone(copy.open_member(member))? else { return Ok(false) };
        let found = digest_of(&mut file)
            .map_err(|error| Unchecked::Io { path: self.sources.home.layout().custody(self.sources.config), error })?;
        Ok((found.digest, found.size) == (member.digest, member.size))
    }

    /// What is wrong with an attempt, as things stand now.
    fn attempt(&mut self, folder: &Folder, id: AttemptId) -> Result<Option<StoreFinding>, Unchecked> {
        let row = self.read(async |tx| attempts::get(tx, id).await)?;
        let files = match unless_gone(folder.open_folder(ATTEMPTS))? {
            None => None,
            Some(attempts) => unless_gone(attempts.open_folder(&id.to_string()))?,
        };
        Ok(match (row, files) {
            (None, None) => None,
            (None, Some(_)) => Some(StoreFinding::AttemptOrphan { attempt: id }),
            // On its way out, as a copy is.
            (Some(row), _) if row.state == AttemptState::Filed => None,
            (Some(row), None) if self.given_up(&row)? => None,
            (Some(row), None) => Some(StoreFinding::AttemptMissing { attempt: id, document: row.document }),
            (Some(row), Some(files)) => self.files_of(&row, &files)?,
        })
    }

    fn given_up(&self, row: &Attempt) -> Result<bool, Unchecked> {
        self.read(async |tx| is_given_up(tx, row).await)
    }

    fn files_of(&mut self, row: &Attempt, files: &Folder) -> Result<Option<StoreFinding>, Unchecked> {
        for (file, digest) in signing::files_of(row) {
            let bytes = unless_gone(files.read(file, signing::LONGEST_FILE))?.unwrap_or_default();
            let found = Digest::of(&bytes);
            if digest.is_none() {
                self.signatures.insert(found);
            }
            if (bytes.is_empty() || digest.is_some_and(|digest| digest != found)) && !self.given_up(row)? {
                let file = file.to_owned();
                return Ok(Some(StoreFinding::AttemptDamaged { attempt: row.id, document: row.document, file }));
            }
        }
        Ok(None)
    }

    /// What was set aside: the journal names each thing.
    fn set_aside(&mut self, folder: &Folder) -> Result<(), Unchecked> {
        let Some(quarantine) = unless_gone(folder.open_folder(QUARANTINE))? else { return Ok(()) };
        let names = quarantine.names(MOST_NAMES)?;
        if names.is_empty() {
            return Ok(());
        }
        let named = self.read(async |tx| set_aside(tx).await)?;
        for name in names {
            if name.to_str().is_some_and(|name| named.contains(name)) {
                self.report.set_aside = self.report.set_aside.saturating_add(1);
            } else {
                self.say(StoreFinding::StrangerInCustody { path: self.shown(&quarantine.path().join(&name)) });
            }
        }
        Ok(())
    }
}

/// Whether nobody counts on the files of an attempt: its document was sent back or discarded, or it was given up because they
/// are damaged, and the journal says so.
pub(in crate::upkeep) async fn is_given_up(tx: &mut Tx, row: &Attempt) -> Result<bool, DatabaseError> {
    let document = standing::state(tx, row.document).await?;
    if matches!(document, Some(DocumentState::SentBack | DocumentState::Discarded)) {
        return Ok(true);
    }
    if row.state != AttemptState::Missed {
        return Ok(false);
    }
    let names = |entry: &crate::journal::Entry| {
        entry.kind == Kind::AttemptDamaged
            && entry.facts.get("attempt").and_then(|attempt| attempt.as_str()?.parse().ok()) == Some(row.id)
    };
    let entries = read::of_document(tx, row.document).await?;
    Ok(entries.iter().any(|stored| stored.entry().is_ok_and(|entry| names(&entry))))
}

fn is_gone(error: &CustodyError) -> bool {
    matches!(error, CustodyError::Write(failure) if Failure::class(failure) == Class::Gone)
}
