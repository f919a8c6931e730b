//! A running line copies its checkpoints out of the home, and the journal is verified against them.

use std::path::Path;
use std::process::Command;

use torikomi::control::Request;

use crate::home::{TestHome, because, by};
use crate::wait_for;

#[test]
fn checkpoints_leave_the_home_while_the_line_runs() {
    let home = TestHome::make();
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("anchor");
    home.set("[journal]", "anchor", &format!("\"{}\"", folder.display()));

    let daemon = home.start();
    let ask = home.requests(&daemon.line);
    let warned = || ask(Request::Status)["warnings"].to_string().contains(r#""code":"anchor""#);
    assert!(wait_for(|| warned().then_some(())).is_some(), "a folder that is not there is told");
    std::fs::create_dir(&folder).unwrap();
    assert!(wait_for(|| (!warned()).then_some(())).is_some(), "and tried again");

    let kept = folder.join(format!("checkpoints-{}.txt", daemon.line.home.id()));
    drop(ask);
    // Its last entry, that it stops, has its checkpoint too.
    drop(daemon);
    let told = verified(&home.root(), &kept);
    assert_eq!(told["verdict"], "verified", "{told}");
    assert_eq!(told["anchored_at"], told["entries"], "{told}");
}

#[test]
fn a_second_copy_of_the_journal_that_falls_behind_is_told() {
    let home = TestHome::make();
    let daemon = home.start();
    let ask = home.requests(&daemon.line);
    let warning = || {
        let warnings = ask(Request::Status)["warnings"].clone();
        warnings.as_array().unwrap().iter().find(|warning| warning["code"] == "journal-files").cloned()
    };
    // Something to copy.
    let append = || ask(Request::AcknowledgeClock { by: by("kanri"), reason: because("other") });
    let folder = home.root().join("store/journal");
    let aside = home.root().join("store/journal.aside");
    append();
    assert_eq!(warning(), None);
    std::fs::rename(&folder, &aside).unwrap();
    append();
    let told = wait_for(&warning).expect("a copy that falls behind is told");
    assert_eq!(told["journal_files"]["code"], "unreachable", "{told}");
    std::fs::rename(&aside, &folder).unwrap();
    append();
    assert!(wait_for(|| warning().is_none().then_some(())).is_some(), "and tried again");
}

fn verified(root: &Path, against: &Path) -> serde_json::Value {
    let ran = Command::new(env!("CARGO_BIN_EXE_torikomi"))
        .args(["journal", "verify", "--json", "--against"])
        .arg(against)
        .arg("--home")
        .arg(root)
        .output()
        .unwrap();
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}
