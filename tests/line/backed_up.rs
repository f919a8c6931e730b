//! What the status says of backups: the last good one, the newest where it lacks something, and no age that nobody can tell.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use torikomi::control::Request;
use torikomi::document::HoldReason;
use torikomi::instant::Instant;
use torikomi::ledger::documents;

use crate::account::{document_of, wait_for};
use crate::backup::{Medium, back_up, run};
use crate::burst::deliver_consent;
use crate::hospital::{Hospital, PATIENCE, Settings};
use crate::program::torikomi;
use crate::store_check::sql;

fn status(hospital: &Hospital) -> (Value, Value) {
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    (status["backup"].clone(), status["incomplete_backup"].clone())
}

fn shown(hospital: &Hospital, lang: &str) -> String {
    torikomi(Some(&hospital.root()), &["status", "--lang", lang]).out
}

#[test]
fn a_backup_that_lacks_something_is_told_beside_the_last_good_one() {
    let mut hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    deliver_consent(&hospital, "waiting");
    let waiting = wait_for(&hospital, "what waits for a session", || {
        document_of(&hospital, "waiting-consent.jpg").filter(|it| it.held == Some(HoldReason::NoSession))
    });
    assert_eq!(status(&hospital), (Value::Null, Value::Null));
    back_up(&hospital, &medium, &["--new"]);
    let (good, lacking) = status(&hospital);
    assert_eq!((&good["generation"], &lacking), (&json!(1), &Value::Null), "{good:#}");
    assert!((0..PATIENCE.as_secs()).contains(&good["seconds_ago"].as_u64().unwrap()), "{good:#}");
    daemon.stop();

    // Of a copy that the ledger counts on there is only an older one, which is none.
    let delivery = hospital.database.read(async |tx| documents::parts(tx, waiting.id).await).unwrap()[0].delivery;
    let copy = |number: u32| sql(&hospital, format!("UPDATE delivery SET copy = {number} WHERE id = '{delivery}'"));
    copy(2);
    let ran = run(&hospital, &medium, &["--keep", "1"]);
    assert_eq!((ran.status, &ran.json()["missing"]), (1, &json!([format!("custody/{delivery}.002")])), "{}", ran.out);
    assert_eq!(ran.json()["removed"], json!([]), "the older one may have it");
    copy(1);
    let daemon = hospital.start();
    let (good, lacking) = status(&hospital);
    assert_eq!(good["generation"], 1);
    assert_eq!((&lacking["generation"], &lacking["missing"]), (&json!(2), &json!(1)), "{lacking:#}");
    for (lang, words) in [("ja", ["第 1 世代", "第 2 世代"]), ("en", ["generation 1,", "Generation 2 of the backups"])]
    {
        let told = shown(&hospital, lang);
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
    }
    daemon.stop();
    // A good one is all that there is to say.
    back_up(&hospital, &medium, &[]);

    // The clock is set back: how old it is nobody can tell.
    let yesterday = Instant::from(Timestamp::now()).plus(SignedDuration::from_hours(-24));
    hospital.configure(&Settings { starts_at: Some(yesterday), ..Settings::default() });
    let daemon = hospital.start();
    let (good, lacking) = status(&hospital);
    assert_eq!((&good["generation"], &good["seconds_ago"], &lacking), (&json!(3), &Value::Null, &Value::Null));
    for (lang, word) in [("ja", "現在の時計より後"), ("en", "later than the clock says now")] {
        let told = shown(&hospital, lang);
        assert!(told.contains(word), "{told}");
    }
    daemon.stop();
}
