//! A home in which a newer build worked is not made anew by an older one.

use serde_json::json;
use torikomi::database::DatabaseError;
use torikomi::ids::{DeliveryId, Digest, DocumentId};
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
    let subject = Subject { delivery: Some(DeliveryId::new()), ..Subject::document(DocumentId::new()) };
    let taken = Draft::by_system(Kind::DeliveryTaken, subject)
        .fact("station", "front-desk")
        .fact("arrival", 1)
        .fact("taken_in_at", now)
        .fact("is_folder", false)
        .fact("contents", [Digest::of(b"a scan")])
        .fact("measurements", [object]);
    let journal = std::sync::Arc::clone(&line.journal);
    line.database.write::<_, DatabaseError, _>(async move |tx| journal.append(tx, taken, now).await).unwrap();
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
