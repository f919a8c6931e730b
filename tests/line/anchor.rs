//! A running line copies its checkpoints out of the home, and the journal is verified against them.

use std::path::Path;
use std::process::Command;

use torikomi::control::Request;

use crate::home::TestHome;
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
