//! What a crash leaves of signing attempts.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection as _};
use torikomi::document::DocumentState::{self, AwaitingConfirmation, Signing};
use torikomi::durable::TEMPORARY;
use torikomi::ids::{AttemptId, DocumentId};
use torikomi::journal::{Entry, Kind, read};
use torikomi::ledger::attempts::{self, Attempt, AttemptState};
use torikomi::signing::ATTEMPTS;
use torikomi::signing::adoption::QUARANTINE;

use crate::account::{self, names, settle};
use crate::burst::{deliver, deliver_larger};
use crate::hospital::Hospital;

#[test]
fn a_signature_that_a_crash_cut_off_from_its_row_is_entered_at_the_next_start() {
    let hospital = Hospital::found();
    let mut sent = Vec::new();
    // The lock may come a moment too late; then the next burst shows it.
    let cut_off = (0..5).find_map(|again| {
        let daemon = hospital.start();
        sent.extend(deliver(&hospital, &format!("a{again}")));
        // Delivered before the clerk came: each is confirmed by hand, so that the moment of the signature is known.
        wait_for(&hospital, |open| open.len() == 2 && open.iter().all(|(state, held)| *state == Signing && *held));
        hospital.open_session().unwrap();
        wait_for(&hospital, |open| open.iter().all(|(state, _)| *state == AwaitingConfirmation));
        let found = std::thread::scope(|scope| {
            scope.spawn(|| hospital.confirm_what_waits());
            wait_for(&hospital, |open| open.iter().any(|(state, _)| *state == Signing));
            let lock = Lock::take(&hospital);
            let begun = Instant::now();
            let mut found = None;
            while found.is_none() && begun.elapsed() < Duration::from_secs(2) {
                found = without_row(&hospital);
            }
            daemon.kill();
            drop(lock);
            found
        });
        // Committed after all, in the moment between the look and the kill.
        found.filter(|attempt| row(&hospital, *attempt).is_none())
    });
    let cut_off = cut_off.expect("no signature was ever cut off from its row");
    settle(&hospital, &sent);
    let entered = row(&hospital, cut_off).expect("the signature was thrown away");
    assert_eq!(entered.state, AttemptState::Filed);
    let entries = entries(&hospital, Kind::DocumentSigned);
    let of_it: Vec<_> = entries.iter().filter(|entry| entry.subject.document == Some(entered.document)).collect();
    assert_eq!(of_it.len(), 1, "it was signed once");
    assert_eq!(of_it[0].facts["attempt"], cut_off.to_string());
    assert_eq!(of_it[0].facts["adopted_after_crash"], true);
    assert_eq!(account::quarantine(&hospital), [] as [&str; 0]);
}

#[test]
fn what_nobody_can_vouch_for_is_set_aside_and_the_rest_goes() {
    let hospital = Hospital::found();
    let sent = deliver_larger(&hospital, "once");
    settle(&hospital, &sent);
    let (document, _) = account::documents_of(&hospital).remove(0);
    let filed = of_document(&hospital, document.id).remove(0);
    let cut_off = AttemptId::new().to_string();
    let folder = hospital.custody().join(ATTEMPTS);
    for left in [filed.id.to_string(), format!("{TEMPORARY}1"), cut_off.clone(), "stranger".to_owned()] {
        std::fs::create_dir(folder.join(&left)).unwrap();
        std::fs::write(folder.join(&left).join("record.json"), &left).unwrap();
    }
    settle(&hospital, &sent);
    assert_eq!(names(&folder), [] as [&str; 0]);
    let entries = entries(&hospital, Kind::AttemptQuarantined);
    let told = entries.iter().map(|entry| (entry.facts["attempt"].clone(), entry.facts["reason"].clone()));
    let told: Vec<_> = told.collect();
    let expected = [(cut_off.clone().into(), "not-readable".into()), (serde_json::Value::Null, "no-attempt".into())];
    assert_eq!(told, expected);
    let kept: Vec<String> = entries
        .iter()
        .map(|entry| {
            let name = entry.facts["quarantined_as"].as_str().unwrap();
            std::fs::read_to_string(hospital.custody().join(QUARANTINE).join(name).join("record.json")).unwrap()
        })
        .collect();
    assert_eq!(kept, [cut_off, "stranger".to_owned()], "the bytes are as they were");
    assert_eq!(account::quarantine(&hospital).len(), 2);
}

/// Keeps everybody else from writing to the database, as long as it lives.
struct Lock<'h> {
    hospital: &'h Hospital,
    connection: Option<AnyConnection>,
}

impl<'h> Lock<'h> {
    fn take(hospital: &'h Hospital) -> Self {
        let path: PathBuf = hospital.home.layout().database(&hospital.config);
        let connection = hospital.runtime.block_on(async {
            let mut connection = AnyConnection::connect(&format!("sqlite://{}?mode=rw", path.display())).await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            connection
        });
        Self { hospital, connection: Some(connection) }
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.hospital.runtime.block_on(connection.close()).unwrap();
        }
    }
}

/// Looks until the documents that are not signed yet stand like this: their states, and whether they are held.
fn wait_for(hospital: &Hospital, there: impl Fn(&[(DocumentState, bool)]) -> bool) {
    let begun = Instant::now();
    loop {
        let documents = account::documents_of(hospital);
        let signed = [DocumentState::Stamping, DocumentState::Filing, DocumentState::Filed];
        let open = documents.iter().filter(|(document, _)| !signed.contains(&document.state));
        let open: Vec<_> = open.map(|(document, _)| (document.state, document.held.is_some())).collect();
        if there(&open) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{documents:#?}");
    }
}

fn without_row(hospital: &Hospital) -> Option<AttemptId> {
    let mut ids = names(&hospital.custody().join(ATTEMPTS)).into_iter().filter_map(|name| name.parse().ok());
    ids.find(|id| row(hospital, *id).is_none())
}

fn row(hospital: &Hospital, id: AttemptId) -> Option<Attempt> {
    hospital.database.read(async |tx| attempts::get(tx, id).await).unwrap()
}

fn of_document(hospital: &Hospital, id: DocumentId) -> Vec<Attempt> {
    hospital.database.read(async |tx| attempts::of_document(tx, id).await).unwrap()
}

fn entries(hospital: &Hospital, kind: Kind) -> Vec<Entry> {
    let stored = hospital.database.read(async |tx| read::entries(tx, 0, 10_000).await).unwrap();
    stored.iter().map(|stored| stored.entry().unwrap()).filter(|entry| entry.kind == kind).collect()
}
