//! A running line copies its checkpoints out of the home, and the journal is verified against them.

use std::path::Path;
use std::process::Command;

use torikomi::control::Request;

use crate::home::{TestHome, because, by, clock_shown};
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

/// What `status` says of the copy.
fn problem(ask: &impl Fn(Request) -> serde_json::Value) -> Option<serde_json::Value> {
    let warnings = ask(Request::Status)["warnings"].clone();
    let found = warnings.as_array().unwrap().iter().find(|warning| warning["code"] == "anchor");
    found.map(|warning| warning["anchor"].clone())
}

fn cp(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[test]
fn a_home_that_was_put_back_and_goes_on_stays_told() {
    let home = TestHome::make();
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("anchor");
    std::fs::create_dir(&folder).unwrap();
    home.set("[journal]", "anchor", &format!("\"{}\"", folder.display()));
    let grow = |ask: &dyn Fn(Request) -> serde_json::Value, times: usize| {
        for _ in 0..times {
            ask(Request::AcknowledgeClock { by: by("kanri"), shown: clock_shown(&ask), reason: because("other") });
        }
    };
    let daemon = home.start();
    grow(&home.requests(&daemon.line), 1);
    let kept = folder.join(format!("checkpoints-{}.txt", daemon.line.home.id()));
    drop(daemon);
    let then = outside.path().join("then");
    cp(&home.root(), &then);
    let daemon = home.start();
    grow(&home.requests(&daemon.line), 2);
    drop(daemon);
    let noted = std::fs::read_to_string(&kept).unwrap();

    std::fs::remove_dir_all(home.root()).unwrap();
    cp(&then, &home.root());
    let daemon = home.start();
    let ask = home.requests(&daemon.line);
    grow(&ask, 6);
    let forked = |ask: &dyn Fn(Request) -> serde_json::Value| {
        wait_for(|| problem(&ask).filter(|problem| problem["code"] == "forked"))
    };
    assert!(forked(&ask).is_some(), "{:?}", problem(&ask));
    drop(ask);
    drop(daemon);
    let daemon = home.start();
    let ask = home.requests(&daemon.line);
    grow(&ask, 1);
    assert!(forked(&ask).is_some(), "told after another start too: {:?}", problem(&ask));
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), noted, "nothing is appended to another past");
    drop(ask);
    drop(daemon);

    let another = outside.path().join("another");
    std::fs::create_dir(&another).unwrap();
    home.set("[journal]", "anchor", &format!("\"{}\"", another.display()));
    let daemon = home.start();
    let fresh = another.join(kept.file_name().unwrap());
    assert!(wait_for(|| fresh.exists().then_some(())).is_some(), "it begins anew elsewhere");
    assert_eq!(problem(&home.requests(&daemon.line)), None);
}

#[test]
fn a_copy_of_the_checkpoints_that_is_cut_or_gone_stays_told() {
    let home = TestHome::make();
    let outside = tempfile::tempdir().unwrap();
    home.set("[journal]", "anchor", &format!("\"{}\"", outside.path().display()));
    let daemon = home.start();
    let ask = home.requests(&daemon.line);
    let append =
        || ask(Request::AcknowledgeClock { by: by("kanri"), shown: clock_shown(&ask), reason: because("other") });
    let kept = outside.path().join(format!("checkpoints-{}.txt", daemon.line.home.id()));
    let notes = || std::fs::read_to_string(&kept).unwrap_or_default().matches("\n\n\u{2014}").count();
    append();
    assert!(wait_for(|| (notes() >= 2).then_some(())).is_some());
    drop(ask);
    drop(daemon);
    let whole = std::fs::read_to_string(&kept).unwrap();
    // A note has one empty line inside, and one after it.
    let first = whole.match_indices("\n\n").nth(1).unwrap().0 + 2;

    for left in [&whole[..first], ""] {
        match left {
            "" => std::fs::remove_file(&kept).unwrap(),
            left => std::fs::write(&kept, left).unwrap(),
        }
        // Through a start, and while the line goes on.
        for _ in 0..2 {
            let daemon = home.start();
            let ask = home.requests(&daemon.line);
            let shortened = || problem(&ask).filter(|problem| problem["code"] == "shortened");
            assert!(wait_for(shortened).is_some(), "{:?}", problem(&ask));
            ask(Request::AcknowledgeClock { by: by("kanri"), shown: clock_shown(&ask), reason: because("other") });
        }
        assert_eq!(std::fs::read_to_string(&kept).unwrap_or_default(), left, "nothing begins behind the gap");
    }

    std::fs::write(&kept, &whole).unwrap();
    let daemon = home.start();
    let ask = home.requests(&daemon.line);
    let longer = || (std::fs::metadata(&kept).unwrap().len() > whole.len() as u64).then_some(());
    assert!(wait_for(longer).is_some() && wait_for(|| problem(&ask).is_none().then_some(())).is_some(), "it is back");
    // And taken away while the line runs.
    std::fs::remove_file(&kept).unwrap();
    ask(Request::AcknowledgeClock { by: by("kanri"), shown: clock_shown(&ask), reason: because("other") });
    assert!(
        wait_for(|| problem(&ask).filter(|problem| problem["code"] == "shortened")).is_some(),
        "{:?}",
        problem(&ask)
    );
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
    let append =
        || ask(Request::AcknowledgeClock { by: by("kanri"), shown: clock_shown(&ask), reason: because("other") });
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

#[test]
fn how_far_the_second_copy_reaches_is_said() {
    let home = TestHome::make();
    drop(home.start());
    let said = || {
        let torikomi = Command::new(env!("CARGO_BIN_EXE_torikomi"))
            .args(["journal", "verify", "--lang", "en", "--home"])
            .arg(home.root())
            .output()
            .unwrap();
        String::from_utf8(torikomi.stdout).unwrap()
    };
    assert!(!said().contains("second copy"), "{}", said());
    std::fs::remove_dir_all(home.root().join("store/journal")).unwrap();
    assert!(said().contains("The second copy in store/journal/ ends at 0 of "), "{}", said());
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
