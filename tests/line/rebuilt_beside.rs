//! What a ledger that was made anew must not forget of one document when another comes: that whose it was cannot be told any
//! more, which name it had, and that a copy in custody is the last of a list.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use torikomi::config::home::Layout;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::{DeliveryId, Digest, DocumentId};
use torikomi::intake::custody::folder_name;
use torikomi::ledger::contents;
use torikomi::ledger::documents::{self, Document};
use torikomi::store::{records, relative_path};

use crate::account::{document_of, documents_of, filed, names, wait_for};
use crate::burst::{Sent, consent, deliver, deliver_consent, deliver_larger, put, sample, variant_of_jpeg};
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::proven::proven;
use crate::restored::journal;
use crate::store_check::rebuild;

/// Makes the ledger anew from nothing. Answers what could not be made anew.
pub fn lose(hospital: &mut Hospital) -> Value {
    fs::write(Layout::new(&hospital.root()).database(&hospital.config), b"no database").unwrap();
    let told = rebuild(hospital)["not_rebuilt"].clone();
    hospital.configure(&Settings::default());
    told
}

pub fn whole(hospital: &Hospital, patient: &str) -> Facts {
    Facts {
        patient_id: Some(patient.into()),
        document_type: Some("consent-demo".parse().unwrap()),
        obtained_on: Some(hospital.today().0.parse().unwrap()),
        ..Facts::default()
    }
}

pub fn identify(hospital: &Hospital, document: DocumentId, facts: Facts) {
    let request = Request::Identify {
        by: by("clerk"),
        document: hospital.looked(document),
        facts: Box::new(facts),
        supersedes: None,
        reason: because("wrong-patient"),
    };
    hospital.ask(&request, PATIENCE).unwrap();
}

fn get(hospital: &Hospital, id: DocumentId) -> Document {
    hospital.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap()
}

/// The document with this file, once it waits for somebody or has gone by identification.
pub fn settled(hospital: &Hospital, name: &str) -> Document {
    let settled = |found: &Document| found.held.is_some() || found.state != DocumentState::Identifying;
    wait_for(hospital, name, || document_of(hospital, name).filter(settled))
}

/// Waits until it is to be confirmed as this patient's.
pub fn confirmable(hospital: &Hospital, id: DocumentId, patient: &str) {
    wait_for(hospital, &format!("{id} as {patient}'s"), || {
        let found = get(hospital, id);
        let theirs = found.identity.patient.as_ref().is_some_and(|known| known.value.id == patient);
        (theirs && found.state == DocumentState::AwaitingConfirmation).then_some(())
    });
}

pub fn detail(document: &Document) -> Value {
    document.held_detail.as_deref().map(|detail| serde_json::from_str(detail).unwrap()).unwrap_or_default()
}

#[test]
fn equal_bytes_wait_where_whose_the_others_were_cannot_be_told_any_more() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    let prefixes = ["said", "back"];
    // Two scans that nobody signs yet, whose sidecars name the wrong patient; and the same bytes again, with the same sidecar.
    for prefix in prefixes {
        deliver_consent(&hospital, prefix);
        let name = format!("{prefix}-consent.jpg");
        wait_for(&hospital, "what waits for a session", || {
            (document_of(&hospital, &name)?.held == Some(HoldReason::NoSession)).then_some(())
        });
    }
    hospital.open_session().unwrap();
    let mut pairs = Vec::new();
    for prefix in prefixes {
        let first = document_of(&hospital, &format!("{prefix}-consent.jpg")).unwrap().id;
        confirmable(&hospital, first, "9990001");
        identify(&hospital, first, whole(&hospital, "9990002"));
        confirmable(&hospital, first, "9990002");
        for (name, bytes) in consent(&hospital, prefix) {
            put(&hospital.drop(), &format!("again-{name}"), &bytes);
        }
        let second = settled(&hospital, &format!("again-{prefix}-consent.jpg"));
        assert_eq!(detail(&second), json!({ "code": "equal-bytes", "earlier": first }), "{second:?}");
        pairs.push([first, second.id]);
    }
    let documents = vec![hospital.looked(pairs[1][0])];
    hospital.ask(&Request::SendBack { by: by("manager"), documents, reason: because("rescan") }, PATIENCE).unwrap();
    newer_profile(&hospital);
    daemon.stop();

    let told = lose(&mut hospital);
    let expected = json!([
        { "code": "profile", "id": "lab-report-demo", "version": 2, "digest": told[0]["digest"] },
        { "code": "decisions", "document": pairs[0][0], "count": 1 },
        { "code": "identities", "count": 1, "first": pairs[1][0] },
    ]);
    assert_eq!(told, expected);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let seconds = prefixes.map(|prefix| settled(&hospital, &format!("again-{prefix}-consent.jpg")));
    let found: Vec<_> = seconds.iter().map(|second| (second.held, detail(second))).collect();
    let untold = |[first, _]: [DocumentId; 2]| json!({ "code": "equal-bytes-untold", "earlier": first });
    let held = Some(HoldReason::EqualBytes);
    let of_old_profile = deliver(&hospital, "old").remove(0);
    let of_old_profile = settled(&hospital, of_old_profile.keys().next().unwrap());
    assert_eq!(
        (found, of_old_profile.held),
        (vec![(held, untold(pairs[0])), (held, untold(pairs[1]))], Some(HoldReason::NoProfile))
    );
    // Whoever sees both and says what this one is, is believed.
    for (second, patient) in seconds.iter().zip(["9990001", "9990003"]) {
        identify(&hospital, second.id, whole(&hospital, patient));
        wait_for(&hospital, "what goes on as said", || {
            let found = get(&hospital, second.id);
            let theirs = found.identity.patient.as_ref().is_some_and(|known| known.value.id == patient);
            (theirs && found.state != DocumentState::Identifying).then_some(())
        });
    }
    // And the first, said anew, is shown beside what was said meanwhile.
    identify(&hospital, pairs[0][0], whole(&hospital, "9990002"));
    let beside = json!({ "code": "equal-bytes", "earlier": pairs[0][1] });
    wait_for(&hospital, "the first beside the second", || {
        (detail(&get(&hospital, pairs[0][0])) == beside).then_some(())
    });
    daemon.stop();
}

/// A second version of a profile comes into force, and nothing keeps its bytes.
fn newer_profile(hospital: &Hospital) {
    let file = hospital.home.layout().profiles().join("lab-report-demo.toml");
    let first = fs::read_to_string(&file).unwrap();
    let second = first.replace("version = 1\n", "version = 2\n");
    fs::write(&file, &second).unwrap();
    let shown = Digest::of(second.as_bytes());
    let profile = "lab-report-demo".parse().unwrap();
    let approve = Request::ApproveProfile { by: by("admin"), second: Some(by("manager")), profile, shown };
    hospital.ask(&approve, PATIENCE).unwrap();
    fs::write(&file, first).unwrap();
    fs::remove_file(object(hospital, &shown)).unwrap();
}

fn object(hospital: &Hospital, digest: &Digest) -> PathBuf {
    hospital.home.layout().store(&hospital.config).join("objects").join(relative_path(digest))
}

#[test]
fn names_and_lists_mean_what_they_meant_before_the_ledger_was_made_anew() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    // One that nobody speaks for, and one whose row names another patient than the person who looks.
    put(&hospital.drop(), "scan001.jpg", &variant_of_jpeg(&sample("consent.jpg"), "bare"));
    let bare = settled(&hospital, "scan001.jpg");
    assert_eq!(bare.held, Some(HoldReason::Identity), "{bare:?}");
    let day = hospital.today().0;
    let row = |name: &str| format!("{name},9990001,consent-demo,{day},A4\n");
    let list = format!("file,patient_id,document_type,obtained_on,paper\n{}{}", row("kept.jpg"), row("plain.jpg"));
    put(&hospital.drop(), "index.csv", list.as_bytes());
    put(&hospital.drop(), "kept.jpg", &variant_of_jpeg(&sample("consent.jpg"), "kept"));
    let kept = settled(&hospital, "kept.jpg").id;
    hospital.open_session().unwrap();
    identify(&hospital, bare.id, whole(&hospital, "9990001"));
    confirmable(&hospital, bare.id, "9990001");
    confirmable(&hospital, kept, "9990001");
    identify(&hospital, kept, whole(&hospital, "9990002"));
    confirmable(&hospital, kept, "9990002");
    hospital.confirm_what_waits();
    filed(&hospital, "scan001.jpg");
    filed(&hospital, "kept.jpg");
    put(&hospital.drop(), "plain.jpg", &variant_of_jpeg(&sample("consent.jpg"), "plain"));
    filed(&hospital, "plain.jpg");
    // A folder with a scan of the first one's name, and a sidecar and a list of its own.
    let staging = hospital.root().join("staging");
    fs::create_dir(&staging).unwrap();
    fs::write(staging.join("scan001.jpg"), variant_of_jpeg(&sample("consent.jpg"), "in a folder")).unwrap();
    fs::write(staging.join("scan001.json"), sidecar("9990003", &day)).unwrap();
    fs::write(
        staging.join("index.csv"),
        list.lines().next().unwrap().to_owned() + "\n" + &row("scan001.jpg").replace("9990001", "9990003"),
    )
    .unwrap();
    fs::rename(&staging, hospital.drop().join("batch")).unwrap();
    let both = || {
        documents_of(&hospital)
            .iter()
            .filter(|(found, names)| found.state == DocumentState::Filed && names.contains_key("scan001.jpg"))
            .count()
            == 2
    };
    wait_for(&hospital, "the folder's record", || both().then_some(()));
    let copies = || {
        let mut copies = names(&hospital.custody());
        copies.retain(|name| name.ends_with(".001"));
        copies
    };
    wait_for(&hospital, "the only copy", || (copies().len() == 1).then_some(()));
    let copy = copies();
    daemon.stop();

    assert_eq!(lose(&mut hospital), json!([]));
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // The first one's own sidecar, late, and the next patient's scan under the name.
    put(&hospital.drop(), "scan001.json", sidecar("9990001", &day).as_bytes());
    put(&hospital.drop(), "scan001.jpg", &variant_of_jpeg(&sample("consent.jpg"), "the next one's"));
    let third = last_of(&hospital, "scan001.jpg", 3);
    let mut copies_now = names(&hospital.custody());
    copies_now.retain(|name| copy.contains(name));
    let late = json!({ "code": "late-sidecar", "file": "scan001.json", "earlier": delivery_of(&hospital, bare.id) });
    let problems = detail(&third)["problems"].as_array().cloned().unwrap_or_default();
    daemon.stop();
    // Its turns, the first of which saw nothing but the list, came to their end.
    let waits = fs::read_to_string(hospital.log()).unwrap().contains("waits for the ledger");
    let first = (copies_now, problems.contains(&late), waits);

    // The records of two of them cannot be read any more.
    let mut lost = Vec::new();
    for name in ["kept.jpg", "plain.jpg"] {
        let record = filed(&hospital, name);
        let members = hospital.database.read(async |tx| records::members(tx, record.id, false).await).unwrap();
        let json = members.iter().find(|member| member.name == "record.json").unwrap().object;
        fs::remove_file(object(&hospital, &json)).unwrap();
        lost.push(json!({ "code": "record", "journal_index": record.journal_index, "object": record.digest }));
    }
    assert_eq!(lose(&mut hospital), Value::Array(lost));
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    put(&hospital.drop(), "plain.jpg", &variant_of_jpeg(&sample("consent.jpg"), "another's"));
    let next = last_of(&hospital, "plain.jpg", 2);
    let problem = &detail(&next)["problems"][0];
    let mut copies_now = names(&hospital.custody());
    copies_now.retain(|name| copy.contains(name));
    let second = (copies_now, problem["code"].clone(), problem["file"].clone());
    daemon.stop();
    assert_eq!(
        (first, second),
        ((copy.clone(), true, false), (copy, "late-row".into(), "plain.jpg".into())),
        "{third:?} {next:?}"
    );
}

/// What is known of a record's parts may be less than what it came of: the rest alone is no further receipt of it.
#[test]
fn a_part_of_what_is_filed_is_no_receipt_of_it_where_the_measurements_of_the_others_are_lost() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let two = deliver_larger(&hospital, "two").remove(0);
    let names: Vec<&String> = two.keys().collect();
    let first = filed(&hospital, names[0]).document;
    daemon.stop();
    let content = two[names[1]];
    let measured = hospital.database.read(async |tx| contents::measurements(tx, &content).await).unwrap().unwrap();
    fs::remove_file(object(&hospital, &measured)).unwrap();
    let not_rebuilt = json!([{ "code": "document", "document": first }]);
    assert_eq!(lose(&mut hospital), not_rebuilt);

    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let day = hospital.today().0;
    let sidecar = sidecar("9990002", &day).replace("consent-demo", "referral-letter-demo");
    put(&hospital.drop(), "again.json", sidecar.as_bytes());
    put(&hospital.drop(), "again.tif", &sample("referral-letter-p1.tif"));
    let again = settled(&hospital, "again.tif");
    assert_ne!(again.state, DocumentState::Discarded, "{again:?}");
    daemon.stop();
    let (status, judged) = journal(&hospital.root(), &[]);
    assert_eq!((status, &judged["faults"]), (0, &json!([])), "{judged:#}");
}

#[test]
fn a_copy_in_custody_that_is_the_last_to_have_a_page_gives_it_back_or_stays() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // What is filed stays in custody as long as this is held, and the line ends before it is let go.
    let held = hospital.home.hold_custody().unwrap().unwrap();
    let [(gone, page), (spoilt, flipped)] = ["gone", "spoilt"].map(|prefix| {
        let (name, content) = deliver_consent(&hospital, prefix).pop_first().unwrap();
        (filed(&hospital, &name), content)
    });
    daemon.kill();
    drop(held);
    fs::remove_file(object(&hospital, &page)).unwrap();
    let path = object(&hospital, &flipped);
    let mut bytes = fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    fs::write(&path, bytes).unwrap();

    let expected = json!([{ "code": "record", "journal_index": spoilt.journal_index, "object": flipped }]);
    assert_eq!(lose(&mut hospital), expected);
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    daemon.stop();
    proven(&hospital, &gone);
    let copies: Vec<_> = names(&hospital.custody()).into_iter().filter(|name| name.ends_with(".001")).collect();
    assert_eq!(copies, [folder_name(delivery_of(&hospital, spoilt.document), 1)]);
}

fn sidecar(patient: &str, day: &str) -> String {
    format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"{patient}","document_type":"consent-demo","obtained_on":"{day}","paper":"A4"}}"#
    )
}

/// The last of so many documents with this file, once it waits or has gone by identification.
pub fn last_of(hospital: &Hospital, name: &str, many: usize) -> Document {
    wait_for(hospital, &format!("{name}, {many} times"), || {
        let named = |(found, names): (Document, Sent)| Some(found).filter(|_| names.contains_key(name));
        let all: Vec<_> = documents_of(hospital).into_iter().filter_map(named).collect();
        let last = all.iter().max_by_key(|found| (found.created_at, found.id)).filter(|_| all.len() == many)?;
        let settled = last.held.is_some() || last.state != DocumentState::Identifying;
        settled.then(|| last.clone())
    })
}

pub fn delivery_of(hospital: &Hospital, document: DocumentId) -> DeliveryId {
    hospital.database.read(async |tx| documents::parts(tx, document).await).unwrap()[0].delivery
}
