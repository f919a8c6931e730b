//! The same for what does not end in the store: files in doubt or refused, and documents that wait for somebody.

use std::collections::BTreeMap;

use torikomi::control::{ReasonGiven, Request};
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::ids::Digest;
use torikomi::intake::custody::CustodyCopy;
use torikomi::ledger::deliveries::Delivery;
use torikomi::ledger::documents::{self, Document};

use crate::account::{all_deliveries, the_journal_is_whole, wait_for};
use crate::burst::put;
use crate::hospital::{Daemon, Hospital, PATIENCE, Settings, by, looked_at_delivery};

/// A file that comes to one of the states in which work rests, and how it gets there.
struct Case {
    name: &'static str,
    sample: &'static str,
    sidecar: bool,
    ends: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Delivery(DeliveryState),
    Document(DocumentState, Option<HoldReason>),
}

const CASES: [Case; 8] = [
    Case {
        name: "incomplete.tif",
        sample: "bad/truncated-tiff.tif",
        sidecar: false,
        ends: End::Delivery(DeliveryState::Incomplete),
    },
    Case {
        name: "unknown.tif",
        sample: "bad/not-an-image.tif",
        sidecar: false,
        ends: End::Delivery(DeliveryState::CompletenessUnknown),
    },
    Case {
        name: "refused.jpg",
        sample: "bad/truncated-jpeg.jpg",
        sidecar: false,
        ends: End::Delivery(DeliveryState::Refused),
    },
    Case {
        name: "nobody.tif",
        sample: "bad/scan0001.tif",
        sidecar: false,
        ends: End::Document(DocumentState::Identifying, Some(HoldReason::Identity)),
    },
    Case {
        name: "review.jpg",
        sample: "bad/resolution-150-dpi.jpg",
        sidecar: true,
        ends: End::Document(DocumentState::Review, Some(HoldReason::Rejected)),
    },
    Case {
        name: "unconfirmed.jpg",
        sample: "good/consent.jpg",
        sidecar: true,
        ends: End::Document(DocumentState::AwaitingConfirmation, None),
    },
    Case {
        name: "sent back.tif",
        sample: "bad/bitonal-consent.tif",
        sidecar: true,
        ends: End::Document(DocumentState::SentBack, None),
    },
    Case {
        name: "discarded.tif",
        sample: "bad/blank-page.tif",
        sidecar: false,
        ends: End::Document(DocumentState::Discarded, None),
    },
];

#[test]
fn killed_where_work_rests_everything_is_still_there_once() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { station: "patience = \"3s\"\n", ..Settings::default() });
    let mut sent = BTreeMap::new();
    let (deliveries, documents) = CASES.split_at(3);
    for cases in [deliveries, documents] {
        let daemon = hospital.start();
        for case in cases {
            let bytes = std::fs::read(format!("fixtures/samples/{}", case.sample)).unwrap();
            sent.insert(case.name, Digest::of(&bytes));
            deliver(&hospital, case, &bytes);
        }
        for case in cases {
            reach(&hospital, case);
        }
        daemon.kill();
        let standing = standing(&hospital);
        account(&hospital, &sent);
        // Nothing moves by itself at the next start, and nothing is taken a second time.
        let daemon = started(&hospital);
        std::thread::sleep(std::time::Duration::from_millis(2500));
        assert_eq!(self::standing(&hospital), standing);
        daemon.kill();
    }
    started(&hospital).stop();
    account(&hospital, &sent);
    for case in &CASES {
        assert!(is_at(&hospital, case), "{}: {:#?}", case.name, standing(&hospital));
    }
    the_journal_is_whole(&hospital);
}

fn deliver(hospital: &Hospital, case: &Case, bytes: &[u8]) {
    if case.sidecar {
        let (today, _) = hospital.today();
        let text = format!(
            r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
                "obtained_on":"{today}","paper":"A4","expected_pages":1}}"#
        );
        let stem = case.name.rsplit_once('.').unwrap().0;
        put(&hospital.drop(), &format!("{stem}.json"), text.as_bytes());
    }
    put(&hospital.drop(), case.name, bytes);
}

/// Waits until it is where it rests; where a person brings it there, that person does.
fn reach(hospital: &Hospital, case: &Case) {
    let reason = || ReasonGiven { code: "rescan".parse().unwrap(), text: None };
    match case.ends {
        End::Delivery(DeliveryState::Refused) => {
            let delivery = wait_for(hospital, case.name, || {
                delivery_of(hospital, case.name).filter(|found| found.state == DeliveryState::Incomplete)
            });
            let (by, shown) = (by("manager"), looked_at_delivery(&hospital.database, delivery.id));
            let request = Request::DecideDelivery { by, delivery: delivery.id, shown, take: false, reason: reason() };
            hospital.ask(&request, PATIENCE).unwrap();
        }
        End::Document(DocumentState::SentBack, _) => {
            let documents = vec![hospital.looked(held(hospital, case.name).id)];
            let request = Request::SendBack { by: by("manager"), documents, reason: reason() };
            hospital.ask(&request, PATIENCE).unwrap();
        }
        End::Document(DocumentState::Discarded, _) => {
            let document = hospital.looked(held(hospital, case.name).id);
            let request = Request::Discard { by: by("manager"), document, reason: reason() };
            hospital.ask(&request, PATIENCE).unwrap();
        }
        End::Document(DocumentState::AwaitingConfirmation, _) => {
            // It came while no session was open, so the one that is opened now does not sign it unasked.
            assert_eq!(held(hospital, case.name).held, Some(HoldReason::NoSession));
            hospital.open_session().unwrap();
        }
        _ => {}
    }
    wait_for(hospital, case.name, || is_at(hospital, case).then_some(()));
}

fn held(hospital: &Hospital, name: &str) -> Document {
    wait_for(hospital, name, || crate::account::document_of(hospital, name).filter(|found| found.held.is_some()))
}

fn is_at(hospital: &Hospital, case: &Case) -> bool {
    match case.ends {
        End::Delivery(state) => delivery_of(hospital, case.name).is_some_and(|found| found.state == state),
        End::Document(state, held) => crate::account::document_of(hospital, case.name)
            .is_some_and(|found| (found.state, found.held) == (state, held)),
    }
}

/// Starts, and waits until it answers.
fn started(hospital: &Hospital) -> Daemon {
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    daemon
}

/// Where every delivery and document stands.
fn standing(hospital: &Hospital) -> Vec<String> {
    let filter = documents::Filter { ended: true, ..documents::Filter::default() };
    let documents = hospital.database.read(async |tx| documents::list(tx, &filter, 100).await).unwrap().documents;
    let documents = documents.iter().map(|found| format!("{} {} {:?}", found.id, found.state, found.held));
    let deliveries = all_deliveries(hospital);
    let deliveries = deliveries.iter().map(|found| format!("{} {} {}", found.id, found.state, found.source_display));
    let mut told: Vec<String> = documents.chain(deliveries).collect();
    told.sort();
    told
}

/// Each file was delivered once, and its bytes are in the drop folder or in custody.
fn account(hospital: &Hospital, sent: &BTreeMap<&str, Digest>) {
    let found = all_deliveries(hospital);
    assert_eq!(found.len(), sent.len(), "{found:#?}");
    let custody = torikomi::durable::Folder::open(&hospital.custody()).unwrap();
    for (name, digest) in sent {
        let source = std::fs::read(hospital.drop().join(name)).map(|bytes| Digest::of(&bytes));
        let delivery = delivery_of(hospital, name).unwrap();
        let copy = CustodyCopy::open(&custody, delivery.id, delivery.copy);
        // What custody says it has does not count: its bytes do.
        let kept = copy.is_ok_and(|copy| {
            copy.manifest().members.iter().any(|member| {
                let mut file = copy.open_member(member).unwrap();
                torikomi::durable::digest_of(&mut file).unwrap().digest == *digest
            })
        });
        assert!(source.is_ok_and(|source| source == *digest) || kept, "{name} is gone");
    }
}

fn delivery_of(hospital: &Hospital, name: &str) -> Option<Delivery> {
    all_deliveries(hospital).into_iter().find(|found| found.source_display == name)
}
