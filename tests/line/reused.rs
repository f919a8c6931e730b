//! A scanner uses its names again: what was said of one scan says nothing of the next that bears its name.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use torikomi::control::Request;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ledger::deliveries::{self, Released};
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::ledger::spoken;
use torikomi::pipeline::line::Line;

use crate::home::{TestHome, because, by};
use crate::hospital::looked;
use crate::wait_for;

const CONSENT: &str = "fixtures/samples/good/consent.jpg";

#[test]
fn a_sidecar_that_comes_too_late_speaks_for_no_later_scan() {
    let home = TestHome::make();
    home.set("[station.front-desk]", "sidecar_wait", "\"0s\"");
    let mut daemon = home.start();
    let line = std::sync::Arc::clone(&daemon.line);
    scan(&home, "scan.jpg", 1);
    let first = settled(&line, 1);
    assert_eq!((first.state, first.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{first:?}");
    assert!(wait_for(|| (!standing(&home, "scan.jpg")).then_some(())).is_some());

    // Hanako's sidecar, whose scan is in custody already. It is told of, at the station and to the administrator.
    fs::write(home.drop().join("scan.json"), sidecar(&home, "9990001")).unwrap();
    let note = wait_for(|| notes(&home).into_iter().find(|note| note.contains("after their scan")));
    let note = note.unwrap_or_else(|| panic!("the clerk is not told: {:?}", notes(&home)));
    assert!(note.contains("スキャンより後") && !note.contains("999"), "{note}");
    daemon.serve_requests(|| ()).unwrap();
    let status = torikomi::control::client::ask(&home.root().join("run/control.sock"), &Request::Status);
    let status = status.unwrap();
    let warned = status["warnings"].as_array().unwrap().iter().find(|warning| warning["code"] == "late-sidecars");
    assert_eq!(warned.unwrap()["count"], 1, "{status}");

    // The next patient's scan under the same name, and then one more with a sidecar that came with it.
    for number in 2..=3 {
        if number == 3 {
            fs::write(home.drop().join("scan.json"), sidecar(&home, "9990003")).unwrap();
        }
        scan(&home, "scan.jpg", number);
        let later = settled(&line, number);
        assert_eq!((later.state, later.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{later:?}");
        let detail: serde_json::Value = serde_json::from_str(later.held_detail.as_deref().unwrap()).unwrap();
        let late = detail["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == "late-sidecar");
        let late = late.unwrap_or_else(|| panic!("{detail}"));
        assert_eq!(late["file"], "scan.json");
        let before = newest_before(&line, number);
        assert_eq!(late["earlier"], delivery_of(&line, &before), "it names the scan that the sidecar may speak for");
    }
    assert!(wait_for(|| notes(&home).iter().all(|note| !note.contains("after their scan")).then_some(())).is_some());

    // A person looks: the second is Taro's, and the sidecar is none of it.
    let second = all(&line)[1].clone();
    identify(&home, &line, &second, "9990002");
    let on = wait_for(|| Some(get(&line, &second)).filter(|now| now.state != DocumentState::Identifying)).unwrap();
    assert_eq!(on.identity.patient.as_ref().unwrap().value.id, "9990002");
    assert_eq!(sidecars(&line, &on), [""; 0], "what may be another patient's enters no record");
    // The third is whose its sidecar says, so that is its own.
    let third = all(&line)[2].clone();
    identify(&home, &line, &third, "9990003");
    let on = wait_for(|| Some(get(&line, &third)).filter(|now| now.state != DocumentState::Identifying)).unwrap();
    assert_eq!(sidecars(&line, &on), [sidecar(&home, "9990003")]);
    // From here on the name is in order again.
    fs::write(home.drop().join("scan.json"), sidecar(&home, "9990001")).unwrap();
    scan(&home, "scan.jpg", 4);
    let fourth = settled(&line, 4);
    assert_eq!(fourth.held, Some(HoldReason::NoSession), "{fourth:?}");

    // And then somebody sees that the third is not hers: it is Taro's after all. Nothing of the other patient's stays with it.
    let waits = wait_for(|| Some(get(&line, &third)).filter(|now| now.state == DocumentState::Signing)).unwrap();
    assert_eq!(waits.held, Some(HoldReason::NoSession), "{waits:?}");
    let station = "front-desk".parse().unwrap();
    home.requests(&line)(Request::OpenSession { by: by("sekinin"), station, attested: true, obtained_on: None });
    let confirmable = |now: &Document| now.state == DocumentState::AwaitingConfirmation;
    assert!(wait_for(|| Some(get(&line, &third)).filter(confirmable)).is_some(), "{:?}", get(&line, &third));
    for _ in 0..2 {
        identify(&home, &line, &third, "9990002");
        let held = |now: &Document| now.held.is_some() || confirmable(now);
        wait_for(|| Some(get(&line, &third)).filter(held)).unwrap();
    }
    let on =
        wait_for(|| Some(get(&line, &third)).filter(confirmable)).unwrap_or_else(|| panic!("{:?}", get(&line, &third)));
    assert_eq!(on.identity.patient.as_ref().unwrap().value.id, "9990002");
    assert_eq!(sidecars(&line, &on), [""; 0], "the other patient's sidecar would be signed into this one's record");
    identify(&home, &line, &third, "9990003");
    let on = wait_for(|| Some(get(&line, &third)).filter(confirmable)).unwrap();
    assert_eq!(sidecars(&line, &on), [sidecar(&home, "9990003")]);
    home.the_journal_is_whole();
}

#[test]
fn a_row_of_a_list_speaks_once() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let day = home.today();
    let mut list = format!("file,patient_id,document_type,obtained_on,paper\nscan.jpg,9990001,consent-demo,{day},A4\n");
    fs::write(home.drop().join("index.csv"), &list).unwrap();
    scan(&home, "scan.jpg", 1);
    let first = settled(line, 1);
    assert_eq!(first.held, Some(HoldReason::NoSession), "{first:?}");
    drop(daemon);

    // The list goes on to be written, and the scanner uses the name again for somebody else.
    let daemon = home.start();
    let line = &daemon.line;
    list.push_str(&format!("other.jpg,9990002,consent-demo,{day},A4\n"));
    fs::write(home.drop().join("index.csv"), &list).unwrap();
    scan(&home, "scan.jpg", 2);
    let second = settled(line, 2);
    assert_eq!((second.state, second.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{second:?}");
    let used = serde_json::json!({ "code": "row-used", "file": "scan.jpg", "earlier": first.id });
    let detail: serde_json::Value = serde_json::from_str(second.held_detail.as_deref().unwrap()).unwrap();
    assert!(detail["problems"].as_array().unwrap().contains(&used), "{detail}");
    // A row that was not used yet speaks.
    scan(&home, "other.jpg", 3);
    let third = settled(line, 3);
    assert_eq!(third.identity.patient.as_ref().unwrap().value.id, "9990002", "{third:?}");
    // Asked again, the first is still spoken for by its own row.
    let again = Request::Retry { by: by("sekinin"), documents: vec![looked(&line.database, second.id)] };
    home.requests(line)(again);
    assert!(wait_for(|| (get(line, &second).held == Some(HoldReason::Identity)).then_some(())).is_some());
}

/// A slow program fell silent for a while in the middle of the scan that its row names.
#[test]
fn a_scan_that_grows_keeps_its_row_and_the_next_under_its_name_does_not_get_it() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    fs::write(home.drop().join("index.csv"), list(&home, &[("scan.jpg", "9990001")])).unwrap();
    let (half, rest) = halves(1);
    fs::write(home.drop().join("scan.jpg"), half).unwrap();
    found_wanting(line);
    OpenOptions::new().append(true).open(home.drop().join("scan.jpg")).unwrap().write_all(&rest).unwrap();
    let first = settled(line, 1);
    assert_eq!(first.held, Some(HoldReason::NoSession), "{first:?}");
    assert_eq!(sidecars(line, &first), [list(&home, &[("scan.jpg", "9990001")]).trim_end()]);

    scan(&home, "scan.jpg", 2);
    let second = settled(line, 2);
    assert_eq!((second.state, second.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{second:?}");
    assert_eq!(sidecars(line, &second), [""; 0]);
}

/// The scanner began to write the next patient's page into the file of one that was cut off.
#[test]
fn a_row_does_not_speak_for_what_was_written_over_its_scan() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    fs::write(home.drop().join("index.csv"), list(&home, &[("scan.jpg", "9990001")])).unwrap();
    fs::write(home.drop().join("scan.jpg"), halves(1).0).unwrap();
    let cut = found_wanting(line);
    let (half, rest) = halves(2);
    // The list goes on to be written meanwhile.
    let longer = list(&home, &[("scan.jpg", "9990001"), ("other.jpg", "9990002")]);
    fs::write(home.drop().join("index.csv"), longer).unwrap();
    fs::write(home.drop().join("scan.jpg"), [half, rest].concat()).unwrap();
    let over = settled(line, 1);
    assert_eq!((over.state, over.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{over:?}");
    assert_eq!(
        problem(&over, "late-row"),
        serde_json::json!({ "code": "late-row", "file": "scan.jpg", "earlier": cut })
    );

    // It is Taro's, so the row is none of it; and it is done with.
    identify(&home, line, &over, "9990002");
    let on = wait_for(|| Some(get(line, &over)).filter(|now| now.state != DocumentState::Identifying)).unwrap();
    assert_eq!(on.identity.patient.as_ref().unwrap().value.id, "9990002");
    assert_eq!(sidecars(line, &on), [""; 0]);
    fs::write(home.drop().join("index.csv"), list(&home, &[("scan.jpg", "9990001"), ("third.jpg", "9990003")]))
        .unwrap();
    scan(&home, "scan.jpg", 3);
    assert_eq!(problem(&settled(line, 2), "row-used")["earlier"], over.id.to_string());
}

/// One that was cut off lies there and has used no row yet; the list grows, and the name is used for another scan.
#[test]
fn a_row_that_may_be_meant_for_a_scan_that_was_cut_off_speaks_for_no_other() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    fs::write(home.drop().join("index.csv"), list(&home, &[("scan.jpg", "9990001")])).unwrap();
    fs::write(home.drop().join("scan.jpg"), halves(1).0).unwrap();
    let cut = found_wanting(line);
    let longer = [("scan.jpg", "9990001"), ("other.jpg", "9990002")];
    fs::write(home.drop().join("index.csv"), list(&home, &longer)).unwrap();
    scan(&home, "scan.jpg", 2);
    let second = settled(line, 1);
    assert_eq!((second.state, second.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{second:?}");
    assert_eq!(problem(&second, "late-row")["earlier"], cut);
    // A person who compared them finds that it is what the row says.
    identify(&home, line, &second, "9990001");
    let on = wait_for(|| Some(get(line, &second)).filter(|now| now.state != DocumentState::Identifying)).unwrap();
    assert_eq!(sidecars(line, &on), [list(&home, &longer[..1]).trim_end()]);
}

pub fn list(home: &TestHome, rows: &[(&str, &str)]) -> String {
    let row = |(file, patient): &(&str, &str)| format!("{file},{patient},consent-demo,{},A4\n", home.today());
    "file,patient_id,document_type,obtained_on,paper\n".to_owned() + &rows.iter().map(row).collect::<String>()
}

/// The delivery that was looked at and is not complete.
fn found_wanting(line: &Line) -> String {
    let found = wait_for(|| {
        let rows = line.database.read(async |tx| deliveries::in_state(tx, DeliveryState::InCustody).await).unwrap();
        rows.into_iter().find(|row| row.copy == row.measured_copy)
    });
    found.unwrap().id.to_string()
}

pub fn problem(document: &Document, code: &str) -> serde_json::Value {
    let detail: serde_json::Value = serde_json::from_str(document.held_detail.as_deref().unwrap()).unwrap();
    let found = detail["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == code).cloned();
    found.unwrap_or_else(|| panic!("{detail}"))
}

/// A scan of this number, in two pieces.
fn halves(number: u8) -> (Vec<u8>, Vec<u8>) {
    let mut whole = picture(number);
    let rest = whole.split_off(whole.len() / 2);
    (whole, rest)
}

/// Another picture each time: bytes after the end of a JPEG are no part of it, and make other bytes of the file.
pub fn picture(number: u8) -> Vec<u8> {
    let mut bytes = fs::read(Path::new(CONSENT)).unwrap();
    // A comment after the start marker.
    bytes.splice(2..2, [0xff, 0xfe, 0x00, 0x03, number]);
    bytes
}

/// A scan that was too long, or could not be copied: whoever takes it away may leave its sidecar, and the scanner uses the name again.
#[test]
fn what_was_meant_for_a_refused_scan_speaks_for_no_later_one() {
    let home = TestHome::make();
    home.set("[image]", "most_bytes", "\"2 MiB\"");
    let daemon = home.start();
    let line = &daemon.line;
    let refused = |released| {
        let found = line.database.read(async |tx| deliveries::in_state(tx, DeliveryState::Refused).await).unwrap();
        found.into_iter().rfind(|row| row.released == released)
    };
    let cases: [(&str, &[&str], &str); 2] =
        [("scan.json", &["scan.jpg"], ""), ("visit.json", &["p1.jpg", "p2.jpg"], r#","files":["p1.jpg","p2.jpg"]"#)];
    for (number, (shared, names, more)) in (1..).zip(cases) {
        let said = sidecar(&home, "9990001").replace('}', &format!("{more}}}"));
        fs::write(home.drop().join(shared), said).unwrap();
        for name in names {
            fs::write(home.drop().join("long.part"), vec![7; 3 << 20]).unwrap();
            fs::rename(home.drop().join("long.part"), home.drop().join(name)).unwrap();
        }
        let before = wait_for(|| refused(Released::No)).expect("it is too long").id;
        names.iter().for_each(|name| fs::remove_file(home.drop().join(name)).unwrap());
        assert!(wait_for(|| refused(Released::Gone).filter(|row| row.id == before)).is_some());
        // The next patient's, and their own sidecar is late.
        for (page, name) in (1..).zip(names) {
            scan(&home, name, 10 * number + page);
        }
        let next = settled(line, number);
        assert_eq!((next.state, next.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{next:?}");
        let detail: serde_json::Value = serde_json::from_str(next.held_detail.as_deref().unwrap()).unwrap();
        let late = detail["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == "late-sidecar");
        assert_eq!(late.map(|late| &late["earlier"]), Some(&before.to_string().into()), "{detail}");
    }
}

pub fn scan(home: &TestHome, name: &str, number: usize) {
    fs::write(home.drop().join("scan.part"), picture(u8::try_from(number).unwrap())).unwrap();
    fs::rename(home.drop().join("scan.part"), home.drop().join(name)).unwrap();
}

pub fn sidecar(home: &TestHome, patient: &str) -> String {
    format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"{patient}","document_type":"consent-demo",
           "obtained_on":"{}","paper":"A4","expected_pages":1}}"#,
        home.today()
    )
}

fn identify(home: &TestHome, line: &std::sync::Arc<Line>, document: &Document, patient: &str) {
    home.requests(line)(Request::Identify {
        by: by("sekinin"),
        document: looked(&line.database, document.id),
        facts: Box::new(Facts {
            patient_id: Some(patient.into()),
            document_type: Some("consent-demo".parse().unwrap()),
            obtained_on: Some(home.today().parse().unwrap()),
            ..Facts::default()
        }),
        supersedes: None,
        reason: because("wrong-patient"),
    });
}

/// Every document, oldest first.
pub fn all(line: &Line) -> Vec<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    let mut all = line.database.read(async |tx| documents::list(tx, &filter, 20).await).unwrap().documents;
    all.sort_by_key(|document| (document.created_at, document.id));
    all
}

fn get(line: &Line, document: &Document) -> Document {
    line.database.read(async |tx| documents::get(tx, document.id).await).unwrap().unwrap()
}

/// What is signed with a document: the bytes, in order.
fn sidecars(line: &Line, document: &Document) -> Vec<String> {
    let id = document.id;
    let found = line.database.read(async |tx| spoken::sidecars(tx, id).await).unwrap();
    found.iter().map(|one| String::from_utf8(line.objects.get(&one.object).unwrap()).unwrap()).collect()
}

fn newest_before(line: &Line, number: usize) -> Document {
    all(line)[number - 2].clone()
}

/// The document that came as this one in the row, once it waits for somebody.
pub fn settled(line: &Line, number: usize) -> Document {
    let found = wait_for(|| all(line).get(number - 1).cloned().filter(|document| document.held.is_some()));
    found.unwrap_or_else(|| panic!("number {number} does not wait: {:#?}", all(line)))
}

pub fn delivery_of(line: &Line, document: &Document) -> String {
    let parts = line.database.read(async |tx| documents::parts(tx, document.id).await).unwrap();
    parts[0].delivery.to_string()
}

pub fn standing(home: &TestHome, name: &str) -> bool {
    home.listing().iter().any(|other| other == name)
}

fn notes(home: &TestHome) -> Vec<String> {
    let Ok(entries) = fs::read_dir(home.drop().join("_status")) else { return Vec::new() };
    entries.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok()).collect()
}
