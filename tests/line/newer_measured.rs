//! A home in which a newer build worked is not made anew by an older one.

use serde_json::json;
use torikomi::database::{DatabaseError, Tx};
use torikomi::evidence::record::ClockKnown;
use torikomi::ids::{DeliveryId, Digest, DocumentId};
use torikomi::journal::custody::InCustody;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::measurements::MEASUREMENTS_VERSION;

use crate::home::TestHome;
use crate::program::torikomi;

#[test]
fn measurements_of_a_newer_version_are_no_lost_ones_when_the_database_is_made_anew() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let newer = json!({ "version": MEASUREMENTS_VERSION + 1, "whatever": "that means" });
    let object = line.objects.put(newer.to_string().as_bytes()).unwrap();
    let now = line.clock.now();
    let delivery = DeliveryId::new();
    let said = InCustody {
        station: "front-desk".parse().unwrap(),
        copy: 1,
        contents: vec![Digest::of(b"a scan")],
        clock: ClockKnown::default(),
        session: None,
    };
    let subject = Subject { delivery: Some(delivery), ..Subject::document(DocumentId::new()) };
    let taken = Draft::by_system(Kind::DeliveryTaken, subject)
        .fact("station", "front-desk")
        .fact("arrival", 1)
        .fact("copy", 1)
        .fact("is_folder", false)
        .fact("contents", &said.contents)
        .fact("measurements", [object]);
    let journal = std::sync::Arc::clone(&line.journal);
    let append = async move |tx: &mut Tx| {
        let copy = journal.append(tx, said.entry(delivery), now).await?;
        journal.append(tx, taken.fact("in_custody", copy.index), now).await
    };
    line.database.write::<_, DatabaseError, _>(append).unwrap();
    drop(daemon);
    let before = std::fs::read(home.root().join("store/torikomi.db")).unwrap();
    let ran = torikomi(Some(&home.root()), &["store", "check", "--rebuild", "--json"]);
    let problem = &ran.json()["problem"];
    assert_eq!((ran.status, &problem["code"]), (3, &json!("newer-measurements")), "{}{}", ran.out, ran.err);
    assert_eq!((&problem["object"], &problem["found"]), (&json!(object), &json!(MEASUREMENTS_VERSION + 1)));
    for (lang, word) in [("ja", "新しいほうの torikomi"), ("en", "the newer torikomi")] {
        let told = torikomi(Some(&home.root()), &["store", "check", "--rebuild", "--lang", lang]).err;
        assert!(told.contains(word), "{told}");
    }
    assert_eq!(std::fs::read(home.root().join("store/torikomi.db")).unwrap(), before);
}
