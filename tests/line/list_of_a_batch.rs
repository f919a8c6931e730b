//! The list of a batch as Excel in Japanese writes it.

use std::fs;

use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::Digest;
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::ledger::spoken;
use torikomi::pipeline::line::Line;

use crate::account::{self, document_of, names};
use crate::burst::{consent, deliver_consent, put};
use crate::home::TestHome;
use crate::hospital::Hospital;
use crate::wait_for;

#[test]
fn a_list_in_cp932_is_read_where_the_station_says_so_and_held_where_not() {
    for (declared, expected) in [
        (Some("\"cp932\""), (DocumentState::Signing, Some(HoldReason::NoSession))),
        (None, (DocumentState::Identifying, Some(HoldReason::Identity))),
    ] {
        let home = TestHome::make();
        if let Some(encoding) = declared {
            home.set("[station.front-desk]", "index_encoding", encoding);
        }
        let daemon = home.start();
        // The second byte of 表 is a backslash in ASCII.
        let mut list = b"file,patient_id,document_type,obtained_on,paper,remarks\r\n\x95\x5c.jpg,9990001,".to_vec();
        list.extend(format!("consent-demo,{},A4,", home.today()).bytes());
        list.extend(b"\x95\x5c\r\n");
        fs::write(home.drop().join("index.csv"), &list).unwrap();
        fs::copy("fixtures/samples/good/consent.jpg", home.drop().join("表.jpg")).unwrap();
        let document = wait_for(|| only(&daemon.line).filter(|document| document.held.is_some())).unwrap();
        assert_eq!((document.state, document.held), expected, "{document:?}");
        if declared.is_some() {
            assert_eq!(document.claims.remarks.as_deref(), Some("表"));
            let own = daemon.line.database.read(async |tx| spoken::sidecars(tx, document.id).await).unwrap();
            let [own] = own.as_slice() else { panic!("{own:?}") };
            assert_eq!((own.delivered_name.as_str(), own.list), ("index.csv", Some(Digest::of(&list))));
            let own = daemon.line.objects.get(&own.object).unwrap();
            assert!(own.ends_with(b"A4,\x95\x5c"), "its own row is kept as it was delivered");
        }
    }
}

/// Beside a scan of that stem it speaks for that scan and for no other.
#[test]
fn a_sidecar_that_is_named_index_is_a_sidecar_like_any_other() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let [(_, said), (_, scan)] = consent(&hospital, "one");
    put(&hospital.drop(), "index.json", &said);
    deliver_consent(&hospital, "other");
    put(&hospital.drop(), "index.jpg", &scan);
    for name in ["index.jpg", "other-consent.jpg"] {
        account::wait_for(&hospital, name, || {
            (document_of(&hospital, name)?.held == Some(HoldReason::NoSession)).then_some(())
        });
    }
    daemon.stop();
    assert!(names(&hospital.drop()).iter().all(|name| !name.contains("index")), "it goes with its scan");
}

fn only(line: &Line) -> Option<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents.pop()
}
