//! Whoever looks at a document is entered in the journal, and nothing of what they saw.

use torikomi::control::{Credentials, Refusal, Request, Secret, Viewed};
use torikomi::database::DatabaseError;
use torikomi::ids::{DeliveryId, DocumentId, RecordId};
use torikomi::journal::{Actor, Entry, Kind, read};
use torikomi::ledger::deliveries;
use torikomi::people::register;

use crate::bench::{ADMIN, Bench, PEER, STATION, person};

fn entries(bench: &Bench) -> Vec<read::Stored> {
    bench.opened.line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap()
}

fn last(bench: &Bench) -> Entry {
    entries(bench).last().unwrap().entry().unwrap()
}

#[test]
fn a_look_is_entered_with_who_looked_at_what() {
    let bench = Bench::new();
    let document = bench.judged(crate::bench::KIND, &[]);
    let view = |by| Request::View { by, what: vec![Viewed::Document(document)] };

    bench.done(view(None));
    let entry = last(&bench);
    assert_eq!(
        (entry.kind, entry.actor, entry.subject.document),
        (Kind::DocumentViewed, Actor::System, Some(document))
    );
    assert_eq!((entry.facts["peer_uid"].as_u64(), entry.subject.person), (Some(PEER.uid.into()), None));

    // An administrator has no part in any document; that they looked is all the more worth knowing.
    bench.done(view(Some(person(ADMIN))));
    let entry = last(&bench);
    let looked = bench.opened.line.database.read::<_, DatabaseError, _>(async |tx| register::list(tx).await).unwrap();
    let looked = looked.iter().find(|person| person.login.to_string() == ADMIN).unwrap().id;
    assert_eq!((entry.actor, entry.subject.person), (Actor::Person(looked), Some(looked)));

    let said = serde_json::to_string(&entry).unwrap();
    assert!(!said.contains("架空") && !said.contains("9990001"), "{said}");
    assert_eq!((entry.private, entry.act), (None, None));
}

#[test]
fn who_does_not_prove_it_or_looks_at_nothing_is_refused() {
    let bench = Bench::new();
    let document = bench.fresh();
    let what = || vec![Viewed::Document(document)];
    for login in [ADMIN, "mihon-nobody"] {
        let by = Some(Credentials { login: login.into(), passphrase: Secret::new("wrong".into()) });
        let refusal = bench.refused(Request::View { by, what: what() });
        assert_eq!(refusal, Refusal::NotProven { login: login.into() });
    }
    for what in [Viewed::Document(DocumentId::new()), Viewed::Record(RecordId::new())] {
        assert!(matches!(bench.refused(Request::View { by: None, what: vec![what] }), Refusal::Unknown { .. }));
    }
}

#[test]
fn what_is_looked_at_together_is_entered_one_by_one_or_not_at_all() {
    let bench = Bench::new();
    let (one, two) = (bench.judged(crate::bench::KIND, &[]), bench.fresh());
    let (delivery, now) = (DeliveryId::new(), bench.now());
    bench.write(async move |tx| {
        deliveries::enter(tx, delivery, &STATION.parse().unwrap(), "架空 花子.tif".as_bytes(), now).await
    });
    let before = entries(&bench).len();
    let what = vec![Viewed::Document(one), Viewed::Document(two), Viewed::Delivery(delivery)];
    bench.done(Request::View { by: None, what: what.clone() });
    let entered: Vec<Entry> = entries(&bench)[before..].iter().map(|stored| stored.entry().unwrap()).collect();
    let told: Vec<_> =
        entered.iter().map(|entry| (entry.kind, entry.subject.document, entry.subject.delivery)).collect();
    assert_eq!(
        told,
        [
            (Kind::DocumentViewed, Some(one), None),
            (Kind::DocumentViewed, Some(two), None),
            (Kind::DeliveryViewed, None, Some(delivery))
        ]
    );
    assert!(entered.iter().all(|entry| entry.facts["together"] == 3), "{entered:?}");
    assert!(!serde_json::to_string(&entered).unwrap().contains("架空"));

    let size = entries(&bench).len();
    let unknown = [what, vec![Viewed::Document(DocumentId::new())]].concat();
    assert!(matches!(bench.refused(Request::View { by: None, what: unknown }), Refusal::Unknown { .. }));
    for wrong in [Vec::new(), vec![Viewed::Document(one); 1001], vec![Viewed::PrivateParts(vec![0; 1001])]] {
        assert_eq!(bench.refused(Request::View { by: None, what: wrong }), Refusal::DocumentsNamed { most: 1000 });
    }
    let beyond = vec![Viewed::PrivateParts(vec![size as u64])];
    assert!(matches!(bench.refused(Request::View { by: None, what: beyond }), Refusal::Unknown { .. }));
    assert_eq!(entries(&bench).len(), size);
}

#[test]
fn whose_records_were_asked_for_stays_private() {
    let bench = Bench::new();
    bench.done(Request::View { by: None, what: vec![Viewed::PatientsRecords("9990001".into())] });
    let entries = entries(&bench);
    let entry = entries.last().unwrap();
    assert_eq!(entry.entry().unwrap().kind, Kind::RecordsSearched);
    assert!(!String::from_utf8_lossy(&entry.bytes).contains("9990001"));
    assert_eq!(entry.private.as_ref().unwrap().text, r#"{"patient_id":"9990001"}"#);

    bench.done(Request::View { by: None, what: vec![Viewed::PrivateParts(vec![0])] });
    let entry = last(&bench);
    assert_eq!((entry.kind, &entry.facts["entries"]), (Kind::PrivatePartsViewed, &serde_json::json!([0])));
}
