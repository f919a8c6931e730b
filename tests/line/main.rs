//! The whole line from a drop folder to a filed record, through the library's own start and real files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod anchor;
mod home;
mod proven;
mod regrown;

use std::time::{Duration, Instant};

use home::TestHome;
use torikomi::document::DocumentState;
use torikomi::ledger::documents;
use torikomi::store::records;

#[test]
fn a_scan_becomes_a_signed_and_stamped_record() {
    let home = TestHome::make();
    let daemon = home.start();
    home.open_session(&daemon.line);
    std::fs::copy("fixtures/samples/good/consent.jpg", home.drop().join("同意書 1.jpg")).unwrap();
    std::fs::write(
        home.drop().join("同意書 1.json"),
        format!(
            r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
               "obtained_on":"{}","paper":"A4","expected_pages":1}}"#,
            home.today()
        ),
    )
    .unwrap();
    let filed = wait_for(|| {
        daemon
            .line
            .database
            .read(async |tx| records::list(tx, &records::Filter::default(), None, 10).await)
            .unwrap()
            .pop()
    });
    let Some(filed) = filed else {
        let filter = documents::Filter { ended: true, ..documents::Filter::default() };
        let open = daemon.line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap();
        panic!("nothing was filed: {open:#?} {:?} {:?}", daemon.line.shared.paused(), home.listing());
    };
    assert_eq!(filed.patient_id, "9990001");
    assert_eq!(filed.patient_name, "架空 花子");
    assert!(filed.timestamped_at.is_some());
    let document = daemon.line.database.read(async |tx| documents::get(tx, filed.document).await).unwrap().unwrap();
    assert_eq!(document.state, DocumentState::Filed);
    // The source is gone, and so is the copy in custody.
    assert!(wait_for(|| (home.listing().iter().all(|name| !name.contains("同意書"))).then_some(())).is_some());
    assert!(wait_for(|| home.custody_is_empty().then_some(())).is_some(), "{:?}", home.custody_listing());
    proven::proven(&home, &daemon.line, filed.id);
}

/// Waits at most a minute: a slow machine is slow, and a broken line fails.
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}
