//! Erasing private parts of the journal's entries: an act of two people, after which every proof still stands.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant as Moment};

use super::hand::Signers;
use super::queue::{find, named};
use super::{Peer, Requests};
use crate::control::facts::PartsDisposed;
use crate::control::{Credentials, PartsOf, Refusal, Undisposable};
use crate::database::{Database, DatabaseError, Tx};
use crate::document::DeliveryState;
use crate::durable::TEMPORARY;
use crate::ids::DocumentId;
use crate::journal::disposal::{Due, Erased};
use crate::journal::read::{self, Stored};
use crate::journal::{Entry, Kind, append, kept};
use crate::ledger::{deliveries, documents};
use crate::people::acts::{Deed, DisposalReason};
use crate::upkeep::backup;

/// So long the journal's files are waited for, which follow the database by themselves.
const FILES_FOLLOW: Duration = Duration::from_secs(10);

impl Requests {
    pub(super) fn dispose_private_parts(
        &self,
        by: &Credentials,
        second: Option<&Credentials>,
        parts: PartsOf,
        reason: DisposalReason,
        peer: Peer,
    ) -> Result<PartsDisposed, Refusal> {
        let hand = self.hand(peer);
        let signers = Signers { first: self.prove(by, hand.now)?, second: self.prove_second(second, hand.now)? };
        let (appended, entries) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let erased = disposable(tx, parts).await?;
            let entries: Vec<u64> = erased.iter().map(|erased| erased.index).collect();
            let deed = Deed::DisposePrivateParts { entries: erased, reason };
            let appended = hand.act(tx, deed, &signers, None).await?;
            append::erase_private(tx, entries.iter().copied()).await?;
            Due::note(tx, appended.index).await?;
            Ok((appended, entries))
        })?;
        let gone = self.is_scrubbed() & self.are_gone_from_files(&entries) & !self.has_copies();
        Ok(PartsDisposed { journal_index: appended.index, entry: appended.entry, entries, gone })
    }

    /// The act stands, whatever becomes of this.
    fn is_scrubbed(&self) -> bool {
        scrub(&self.line.database).unwrap_or_else(|error| {
            tracing::error!(%error, "What was erased could not be cleared from the database's files; the next start tries again");
            false
        })
    }

    /// Whether copies of the whole database lie beside it, of a backup that is being made or was broken off, or of a rebuild that
    /// was broken off or set one aside; or half-written files among the journal's.
    fn has_copies(&self) -> bool {
        let store = self.line.home.layout().store(&self.line.config);
        let is_own = |name: &str| ["torikomi.db", "torikomi.db-wal", "torikomi.db-shm"].contains(&name);
        let is_copy = |name: &str| name.starts_with(backup::COPY) || (name.starts_with("torikomi.db") && !is_own(name));
        holds(&store, is_copy) || holds(&store.join("journal"), |name| name.starts_with(TEMPORARY))
    }

    /// Waits until whoever copies the journal into its files has taken them from there.
    fn are_gone_from_files(&self, entries: &[u64]) -> bool {
        let folder = self.line.home.layout().store(&self.line.config).join("journal");
        let begun = Moment::now();
        loop {
            if kept::parts_kept(&folder, entries.iter().copied()).is_ok_and(|held| held.is_empty()) {
                return true;
            }
            if begun.elapsed() > FILES_FOLLOW {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Whether a folder holds a file of such a name. One that cannot be listed may.
fn holds(folder: &Path, named: impl Fn(&str) -> bool) -> bool {
    std::fs::read_dir(folder)
        .map_or(true, |names| names.flatten().any(|entry| named(&entry.file_name().to_string_lossy())))
}

/// Has what was erased be gone from the database's files, where that is still to be done. Whether it is done.
///
/// # Errors
/// When the database fails.
pub(in crate::daemon) fn scrub(database: &Database) -> Result<bool, DatabaseError> {
    // Read first: what somebody else erases meanwhile is theirs to see through.
    let Some(due) = database.read::<_, DatabaseError, _>(async |tx| Due::read(tx).await)? else { return Ok(true) };
    if !database.scrub()? {
        return Ok(false);
    }
    database.write::<_, DatabaseError, _>(async move |tx| due.clear(tx).await)?;
    Ok(true)
}

/// The private parts that are asked for, if all of them may be erased.
async fn disposable(tx: &mut Tx, parts: PartsOf) -> Result<Vec<Erased>, Refusal> {
    let stored = match parts {
        PartsOf::Entries(mut indices) => {
            indices.sort_unstable();
            let mut stored = Vec::new();
            for index in named(indices)? {
                let found = read::entries(tx, index, 1).await?.into_iter().find(|stored| stored.index == index);
                stored.push(found.ok_or_else(|| Refusal::Unknown { what: index.to_string() })?);
            }
            stored
        }
        PartsOf::Document(id) => {
            find(tx, id).await?;
            let mut stored = read::of_document(tx, id).await?;
            stored.retain(|stored| stored.private.is_some());
            stored.extend(of_its_deliveries(tx, id).await?);
            stored.sort_by_key(|stored| stored.index);
            if stored.is_empty() {
                return Err(Refusal::NothingToErase { document: id });
            }
            stored
        }
    };
    let mut erased = Vec::new();
    for stored in stored {
        let entry = stored.entry()?;
        let refused = |disposal| Refusal::NotDisposable { index: stored.index, disposal };
        let private = entry.private.ok_or_else(|| refused(Undisposable::NothingPrivate))?;
        if let Some(why) = keeps(tx, &entry, &stored).await? {
            return Err(refused(why));
        }
        erased.push(Erased { index: stored.index, private });
    }
    Ok(erased)
}

/// What is private in entries about a document's deliveries alone, where nothing keeps it: names and remarks from before it was a
/// document. Another document of such a delivery may still need it.
async fn of_its_deliveries(tx: &mut Tx, id: DocumentId) -> Result<Vec<Stored>, Refusal> {
    let deliveries: BTreeSet<_> = documents::parts(tx, id).await?.iter().map(|part| part.delivery).collect();
    let mut found = Vec::new();
    for delivery in deliveries {
        for stored in read::of_delivery_alone(tx, delivery).await? {
            if stored.private.is_some() && keeps(tx, &stored.entry()?, &stored).await?.is_none() {
                found.push(stored);
            }
        }
    }
    Ok(found)
}

/// What keeps the private part of an entry from being erased.
async fn keeps(tx: &mut Tx, entry: &Entry, stored: &Stored) -> Result<Option<Undisposable>, Refusal> {
    if stored.private.is_none() {
        return Ok(Some(Undisposable::Erased));
    }
    // A register that was lost is made anew from these.
    if matches!(entry.kind, Kind::HomeFounded | Kind::PersonEnrolled | Kind::PersonChanged) {
        return Ok(Some(Undisposable::People));
    }
    if let Some(id) = entry.subject.document
        && documents::get(tx, id).await?.is_some_and(|document| document.state.is_open())
    {
        return Ok(Some(Undisposable::Open));
    }
    if let Some(id) = entry.subject.delivery
        && entry.subject.document.is_none()
        && documents::is_one_open(tx, id).await?
    {
        return Ok(Some(Undisposable::Open));
    }
    if let Some(id) = entry.subject.delivery
        && let Some(delivery) = deliveries::get(tx, id).await?
        && !matches!(delivery.state, DeliveryState::Taken | DeliveryState::Refused)
    {
        return Ok(Some(Undisposable::Open));
    }
    Ok(None)
}
