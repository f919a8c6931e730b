//! What does not stand in the way of an identity is kept with the document, shown to people, and signed.

use std::process::Command;

use torikomi::control::Request;
use torikomi::document::DocumentState;
use torikomi::evidence::record::RecordJson;
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::pipeline::line::Line;
use torikomi::store::records;

use crate::home::{TestHome, by};
use crate::hospital::looked;
use crate::{proven, wait_for};

#[test]
fn a_merged_patient_is_shown_to_people_and_stands_in_the_record() {
    let home = TestHome::make();
    let mut daemon = home.start();
    daemon.serve_requests(|| ()).unwrap();
    let line = &daemon.line;
    home.deliver_consent_of("9990007", "consent");
    let document = wait_for(|| only(line).filter(|document| document.held.is_some())).unwrap();
    assert_eq!(document.state, DocumentState::Signing, "{document:?}");
    let merged = |text: &str| text.contains("9990007") && text.contains("9990002");
    for lang in ["ja", "en"] {
        let shown = show(&home, lang, &["queue", "show", &document.id.to_string()]);
        assert!(shown.lines().any(merged), "{shown}");
    }
    let requests = home.requests(line);
    let station = "front-desk".parse().unwrap();
    requests(Request::OpenSession { by: by("sekinin"), station, attested: true, obtained_on: None });
    assert!(wait_for(|| only(line).filter(|now| now.state == DocumentState::AwaitingConfirmation)).is_some());
    requests(Request::Confirm {
        by: by("sekinin"),
        document: looked(&line.database, document.id),
        pages_shown: true,
        supersedes: None,
    });
    let filed = wait_for(|| {
        line.database.read(async |tx| records::list(tx, &records::Filter::default(), None, 10).await).unwrap().pop()
    });
    let filed = filed.unwrap_or_else(|| panic!("{:#?} {:?}", only(line), line.shared.paused()));
    assert_eq!(filed.patient_id, "9990007", "as delivered");
    for lang in ["ja", "en"] {
        let shown = show(&home, lang, &["record", "show", &filed.id.to_string()]);
        assert!(shown.lines().any(merged), "{shown}");
    }
    let members = line.database.read(async |tx| records::members(tx, filed.id, false).await).unwrap();
    let member = members.iter().find(|member| member.name == "record.json").unwrap();
    let record: RecordJson = serde_json::from_slice(&line.objects.get(&member.object).unwrap()).unwrap();
    assert_eq!(record.identity_flags, ["merged-patient"]);
    proven::proven_by(&line.home, &line.config, &line.database, &line.objects, &filed);
}

#[test]
fn a_patient_id_that_was_filled_with_zeros_is_shown_to_people() {
    let home = TestHome::make();
    home.set("[patients]", "id_width", "8");
    let list = std::fs::read_to_string(home.root().join("patients.csv")).unwrap();
    std::fs::write(home.root().join("patients.csv"), list.replace("\n9990001,", "\n09990001,")).unwrap();
    let mut daemon = home.start();
    daemon.serve_requests(|| ()).unwrap();
    home.deliver_consent_of("9990001", "consent");
    let document = wait_for(|| only(&daemon.line).filter(|document| document.held.is_some())).unwrap();
    assert_eq!(document.state, DocumentState::Signing, "{document:?}");
    for lang in ["ja", "en"] {
        let shown = show(&home, lang, &["queue", "show", &document.id.to_string()]);
        let filled = |line: &str| line.contains("09990001") && line.contains('0') && line.contains("9990001");
        let marked =
            shown.lines().any(|line| filled(line) && (line.contains("補って") || line.contains("filled with zeros")));
        assert!(marked, "{shown}");
    }
}

fn show(home: &TestHome, lang: &str, words: &[&str]) -> String {
    let mut torikomi = Command::new(env!("CARGO_BIN_EXE_torikomi"));
    let said = torikomi.arg("--home").arg(home.root()).args(["--lang", lang]).args(words).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).unwrap()
}

fn only(line: &Line) -> Option<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents.pop()
}
