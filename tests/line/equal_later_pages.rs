//! Several pages of another patient in one folder: a person looks at each, for what was said of one is said of no other.

use serde_json::json;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ledger::documents;

use crate::equal_pages::{deliver, detail};
use crate::home::{TestHome, because, by};
use crate::hospital::looked;
use crate::reused::picture;
use crate::wait_for;

#[test]
fn each_page_of_another_patient_is_asked_about() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let hers = [("p.jpg", picture(1)), ("q.jpg", picture(2))];
    let hanako = deliver(&home, line, "9990001", &hers, &["p.jpg", "q.jpg"]);
    let scans = [("a.jpg", picture(5)), ("p.jpg", picture(1)), ("b.jpg", picture(6)), ("q.jpg", picture(2))];
    let mixed = deliver(&home, line, "9990002", &scans, &["a.jpg", "p.jpg", "b.jpg", "q.jpg"]);
    let now = || line.database.read(async |tx| documents::get(tx, mixed.id).await).unwrap().unwrap();
    for number in [2, 4] {
        let asked = json!({ "code": "equal-page", "earlier": hanako.id, "number": number });
        let waits = || Some(now()).filter(|now| now.held == Some(HoldReason::EqualBytes) && detail(now) == asked);
        assert!(wait_for(waits).is_some(), "page {number}: {:#?}", now());
        home.requests(line)(Request::Identify {
            by: by("sekinin"),
            document: looked(&line.database, mixed.id),
            facts: Box::new(Facts {
                patient_id: Some("9990002".into()),
                document_type: Some("referral-letter-demo".parse().unwrap()),
                obtained_on: Some(home.today().parse().unwrap()),
                ..Facts::default()
            }),
            supersedes: None,
            reason: because("wrong-patient"),
        });
    }
    let went_on = wait_for(|| Some(now()).filter(|now| now.state != DocumentState::Identifying));
    assert!(went_on.is_some(), "{:#?}", now());
    home.the_journal_is_whole();
}
