//! The account of every file that was delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use torikomi::config::claim;
use torikomi::config::home::MARKER;
use torikomi::database::DatabaseError;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::ids::{Digest, RecordId};
use torikomi::intake::drop;
use torikomi::intake::names::STATUS;
use torikomi::intake::release::RELEASE;
use torikomi::ledger::deliveries::{self, Delivery, Role};
use torikomi::ledger::documents::{self, Document};
use torikomi::signing::ATTEMPTS;
use torikomi::signing::adoption::QUARANTINE;
use torikomi::store::Objects;
use torikomi::store::records::{self, Record};
use torikomi::verification::journal::{JournalVerdict, Sources};
use torikomi::verification::{AtHome, Trust, Verdict};

use crate::burst::Sent;
use crate::hospital::Hospital;

/// The longest that a burst, or all that is left at the end, may take on a busy machine.
const LONGEST: Duration = Duration::from_secs(90);

/// When to kill: as soon as something of a burst stands here.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    Delivery(DeliveryState),
    Document(DocumentState),
}

impl Moment {
    /// Looks until it is there; false where the whole burst has gone by unseen.
    pub fn comes(self, hospital: &Hospital, prefix: &str, burst: &[Sent]) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < LONGEST {
            if self.is_there(hospital, prefix) {
                return true;
            }
            let documents = documents_of(hospital);
            let filed = documents.iter().filter(|(document, names)| {
                document.state == DocumentState::Filed && names.keys().any(|name| name.starts_with(prefix))
            });
            if filed.count() == burst.len() {
                return false;
            }
        }
        panic!("{self:?} did not come, and the burst did not end: {}", standing(hospital));
    }

    fn is_there(self, hospital: &Hospital, prefix: &str) -> bool {
        let found = hospital.database.read::<_, DatabaseError, _>(async |tx| match self {
            Self::Delivery(state) => {
                let rows = deliveries::in_state(tx, state).await?;
                Ok(rows.iter().any(|row| row.source_display.starts_with(prefix)))
            }
            Self::Document(state) => {
                let filter = documents::Filter { state: Some(state), ended: true, ..documents::Filter::default() };
                for document in documents::list(tx, &filter, u32::MAX).await?.documents {
                    if documents::parts(tx, document.id)
                        .await?
                        .iter()
                        .any(|part| part.delivered_name.starts_with(prefix))
                    {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        });
        found.unwrap()
    }
}

/// Starts the daemon for the last time, waits until everything is filed, and accounts for it.
pub fn settle(hospital: &Hospital, sent: &[Sent]) {
    settle_what_is_new(hospital, sent, &mut BTreeSet::new());
}

/// The same, where much of it was accounted for before: each record is verified once, and all are counted, with the bytes that
/// they hold of each file.
pub fn settle_what_is_new(hospital: &Hospital, sent: &[Sent], verified: &mut BTreeSet<RecordId>) {
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let begun = Instant::now();
    loop {
        let filed =
            documents_of(hospital).iter().filter(|(document, _)| document.state == DocumentState::Filed).count();
        if filed >= sent.len() && drop_folder(hospital).is_empty() && custody(hospital).is_empty() {
            break;
        }
        assert!(begun.elapsed() < LONGEST, "{filed} of {} are filed: {}", sent.len(), standing(hospital));
        hospital.confirm_what_waits();
        std::thread::sleep(Duration::from_millis(200));
    }
    daemon.stop();
    every_file_has_one_delivery(hospital, sent);
    every_document_has_one_record_beside(hospital, sent, verified);
    the_journal_is_whole(hospital);
}

pub fn every_file_has_one_delivery(hospital: &Hospital, sent: &[Sent]) {
    every_file_has_one_delivery_beside(hospital, sent, &[]);
}

/// The same beside deliveries that stay in states of trouble.
pub fn every_file_has_one_delivery_beside(hospital: &Hospital, sent: &[Sent], trouble: &[DeliveryState]) {
    let found = hospital.database.read::<_, DatabaseError, _>(async |tx| {
        let mut found = Vec::new();
        for state in DeliveryState::ALL.into_iter().filter(|state| !trouble.contains(state)) {
            for delivery in deliveries::in_state(tx, state).await? {
                let files = deliveries::files(tx, delivery.id).await?;
                let names: Sent = files
                    .into_iter()
                    .filter(|file| file.role == Role::Scan)
                    .map(|file| (file.source_os_name().to_string_lossy().into_owned(), file.content))
                    .collect();
                found.push((names, state));
            }
        }
        Ok(found)
    });
    let mut found = found.unwrap();
    let mut expected: Vec<_> = sent.iter().map(|names| (names.clone(), DeliveryState::Taken)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, expected);
}

pub fn every_document_has_one_record(hospital: &Hospital, sent: &[Sent]) {
    every_document_has_one_record_beside(hospital, sent, &mut BTreeSet::new());
}

fn every_document_has_one_record_beside(hospital: &Hospital, sent: &[Sent], verified: &mut BTreeSet<RecordId>) {
    let found = documents_of(hospital);
    let mut names: Vec<_> = found.iter().map(|(_, names)| names.clone()).collect();
    let mut expected = sent.to_vec();
    names.sort();
    expected.sort();
    assert_eq!(names, expected);

    let objects = Objects::at_home(&hospital.home, &hospital.config, hospital.runtime.handle()).unwrap();
    let trust = Trust::of_home(hospital.home.layout(), &hospital.config).unwrap();
    let at_home = AtHome::new(&hospital.database, &objects);
    let mut filed = 0;
    for (document, names) in &found {
        assert_eq!((document.state, document.held), (DocumentState::Filed, None), "{names:?}");
        let records: Vec<Record> =
            hospital.database.read(async |tx| records::of_document(tx, document.id).await).unwrap();
        assert_eq!(records.len(), 1, "{names:?}");
        for record in records {
            if verified.insert(record.id) {
                let report = at_home.verify(record.id, &trust, true).unwrap().unwrap();
                assert_eq!(report.verdict, Verdict::Passed, "{names:?}: {report:#?}");
            }
            filed += 1;
        }
        for digest in names.values() {
            objects.check(digest).unwrap();
        }
    }
    let all = hospital.database.read(async |tx| records::count(tx).await).unwrap();
    assert_eq!(all, filed);
}

/// Every entry, node, root and line of the second copy is computed anew and compared.
pub fn the_journal_is_whole(hospital: &Hospital) {
    let trust = Trust::of_home(hospital.home.layout(), &hospital.config).unwrap();
    let files = hospital.home.layout().store(&hospital.config).join("journal");
    let sources = Sources { database: &hospital.database, files: &files, trust: &trust, against: None };
    let report = torikomi::verification::journal::verify(&sources, |_, _| ()).unwrap();
    assert_eq!(report.verdict, JournalVerdict::Consistent, "{report:#?}");
    assert_eq!(report.entries, report.entries_in_files);
}

/// Looks until it is there.
pub fn wait_for<T>(hospital: &Hospital, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < LONGEST, "{what} did not come: {}", standing(hospital));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The document that a file became.
pub fn document_of(hospital: &Hospital, name: &str) -> Option<Document> {
    documents_of(hospital).into_iter().find(|(_, names)| names.contains_key(name)).map(|(document, _)| document)
}

/// The record that a file became; waits until it is filed.
pub fn filed(hospital: &Hospital, name: &str) -> Record {
    let document = wait_for(hospital, &format!("the record of {name}"), || {
        document_of(hospital, name).filter(|document| document.state == DocumentState::Filed)
    });
    let mut records: Vec<Record> =
        hospital.database.read(async |tx| records::of_document(tx, document.id).await).unwrap();
    assert_eq!(records.len(), 1, "{name}");
    records.remove(0)
}

/// Every document that there is, however many these are.
pub fn documents_of(hospital: &Hospital) -> Vec<(Document, BTreeMap<String, Digest>)> {
    documents_that(hospital, &documents::Filter { ended: true, ..documents::Filter::default() })
}

/// Those that have not come to their end.
pub fn open_documents_of(hospital: &Hospital) -> Vec<(Document, BTreeMap<String, Digest>)> {
    documents_that(hospital, &documents::Filter::default())
}

fn documents_that(hospital: &Hospital, filter: &documents::Filter) -> Vec<(Document, BTreeMap<String, Digest>)> {
    let found = hospital.database.read::<_, DatabaseError, _>(async |tx| {
        let mut found = Vec::new();
        for document in documents::list(tx, filter, u32::MAX).await?.documents {
            let parts = documents::parts(tx, document.id).await?;
            let names = parts.into_iter().map(|part| (part.delivered_name, part.content)).collect();
            found.push((document, names));
        }
        Ok(found)
    });
    found.unwrap()
}

/// Every delivery, by its state.
pub fn all_deliveries(hospital: &Hospital) -> Vec<Delivery> {
    let in_state = |state| hospital.database.read(async |tx| deliveries::in_state(tx, state).await).unwrap();
    DeliveryState::ALL.into_iter().flat_map(in_state).collect()
}

/// Waits until a document is filed; the clerk logs on and confirms where it takes that.
pub fn see_filed(hospital: &Hospital, name: &str) {
    wait_for(hospital, &format!("{name} filed"), || {
        let document = document_of(hospital, name)?;
        if (document.state, document.held) == (DocumentState::Signing, Some(HoldReason::NoSession)) {
            hospital.open_session().unwrap();
        }
        hospital.confirm_what_waits();
        (document.state == DocumentState::Filed).then_some(())
    });
}

/// What stands in the drop folder, and what is on its way out of it, but for intake's own names and the home's marker.
fn drop_folder(hospital: &Hospital) -> Vec<String> {
    let mut found = names(&hospital.drop());
    found.retain(|name| ![MARKER, claim::NAME, drop::MARKER, RELEASE, STATUS].contains(&name.as_str()));
    found.extend(names(&hospital.drop().join(RELEASE)).into_iter().filter(|name| name != MARKER));
    found
}

/// What stands in custody and ought not to when all is filed: what a crash cut off from its row was entered after all.
fn custody(hospital: &Hospital) -> Vec<String> {
    let mut found = names(&hospital.custody());
    found.retain(|name| ![MARKER, claim::NAME, ATTEMPTS, QUARANTINE].contains(&name.as_str()));
    found.extend(names(&hospital.custody().join(ATTEMPTS)));
    found
}

/// What was set aside because nobody could vouch for it.
pub fn quarantine(hospital: &Hospital) -> Vec<String> {
    names(&hospital.custody().join(QUARANTINE))
}

pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// Everything that helps to see why a burst does not end.
pub fn standing(hospital: &Hospital) -> String {
    let open: Vec<_> = open_documents_of(hospital)
        .into_iter()
        .map(|(document, names)| (document.state, document.held, document.held_detail, names))
        .collect();
    let log = std::fs::read_to_string(hospital.log()).unwrap_or_default();
    let log: Vec<_> = log.lines().rev().take(60).collect();
    let log: Vec<_> = log.into_iter().rev().collect();
    format!(
        "open {open:#?}\ndrop {:?}\ncustody {:?}\nlog\n{}",
        drop_folder(hospital),
        custody(hospital),
        log.join("\n")
    )
}
