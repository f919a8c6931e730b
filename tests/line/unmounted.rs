//! Custody or the store goes while the line runs: it pauses, and writes nothing into what is left under the path.

use std::fs;

use torikomi::control::{Request, client};
use torikomi::ledger::documents::{self, Filter};

use crate::home::TestHome;
use crate::wait_for;

#[test]
fn a_store_or_custody_that_vanished_pauses_everything_until_it_is_back() {
    let home = TestHome::make();
    let mut daemon = home.start();
    daemon.serve_requests(|| ()).unwrap();
    let line = std::sync::Arc::clone(&daemon.line);
    let status = || client::ask(&home.root().join("run/control.sock"), &Request::Status).unwrap();
    let documents =
        || line.database.read(async |tx| documents::list(tx, &Filter::default(), 10).await).unwrap().documents.len();
    for (number, folder) in ["custody", "store"].into_iter().enumerate() {
        let marker = home.root().join(folder).join(".torikomi-home");
        let away = home.root().join("marker-away");
        fs::rename(&marker, &away).unwrap();
        home.deliver_consent_of(["9990001", "9990002"][number], &format!("scan-{number}"));
        let paused = wait_for(|| {
            let status = status();
            let paused = status["paused"].as_array().unwrap().clone();
            let stages: Vec<_> = paused.iter().filter_map(|paused| paused["stage"].as_str()).collect();
            (stages.contains(&"intake") && stages.contains(&"measuring")).then_some(paused)
        });
        let paused = paused.unwrap_or_else(|| panic!("{folder} is gone, and the line goes on: {}", status()));
        assert!(paused[0].to_string().contains(folder), "{paused:?}");
        assert_eq!(documents(), number, "{folder}");
        fs::rename(&away, &marker).unwrap();
        assert!(wait_for(|| (documents() == number + 1).then_some(())).is_some(), "{folder} is back: {}", status());
    }
    assert!(wait_for(|| status()["paused"].as_array().unwrap().is_empty().then_some(())).is_some());
}
