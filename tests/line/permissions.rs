//! What the system's permissions forbid. Root is forbidden nothing: where these tests run as root, the daemon runs as somebody
//! else, and a daemon that runs as root fails them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use torikomi::control::Request;
use torikomi::store::records::{self, Filter};

use crate::account::{filed, names, the_journal_is_whole, wait_for};
use crate::burst::{consent, deliver_consent, put};
use crate::hospital::{Daemon, Hospital, PATIENCE, Settings};
use crate::starting::nothing_is_read_out_of;

const NOBODY: &str = "65534";
/// Somebody else again.
const STRANGER: &str = "65533";

/// Starts the daemon as a user whom the system forbids things, who owns the home.
fn start_as_somebody(hospital: &Hospital) -> Daemon {
    let daemon = if rustix::process::geteuid().is_root() {
        // Wherever the tests were built, this user may have no way to.
        let folder = hospital.root().parent().unwrap().to_owned();
        let program = folder.join("torikomi");
        fs::copy(env!("CARGO_BIN_EXE_torikomi"), &program).unwrap();
        run(Command::new("chown").args(["-R", &format!("{NOBODY}:{NOBODY}")]).arg(&folder));
        let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
        let other_program = ["sh", "-c", "shift; exec \"$0\" \"$@\"", program.to_str().unwrap()];
        let words = [&["setpriv", &user[0], &user[1], "--clear-groups"][..], &other_program].concat();
        hospital.start_under(&words)
    } else {
        hospital.start()
    };
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap().split_whitespace().nth(1).unwrap();
    assert_ne!(user, "0", "nothing is forbidden to root, so this says nothing");
    daemon
}

#[test]
fn what_may_be_neither_read_nor_removed_is_told_and_the_rest_passes() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { station: "patience = \"8s\"\n", ..Settings::default() });
    let daemon = start_as_somebody(&hospital);
    nothing_is_read_out_of(daemon.id());
    hospital.open_session().unwrap();
    let told = |what: &str| {
        wait_for(&hospital, what, || {
            let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
            status["stations"].to_string().contains(&format!("\"{what}\"")).then_some(())
        });
    };
    let [(sidecar, text), (scan, bytes)] = consent(&hospital, "closed");
    put(&hospital.drop(), &sidecar, &text);
    let closed = hospital.drop().join(&scan);
    let aside = hospital.root().join("aside");
    fs::write(&aside, &bytes).unwrap();
    may(&aside, 0o000);
    own(&hospital);
    fs::rename(&aside, &closed).unwrap();
    let beside = deliver_consent(&hospital, "beside");
    own(&hospital);
    filed(&hospital, beside.keys().next().unwrap());
    // To the daemon it looks like one that somebody still holds, so patience has to end first.
    wait_for(&hospital, "the note on what cannot be read", || {
        let notes = hospital.drop().join("_status");
        let mut notes = names(&notes).into_iter().filter_map(|note| fs::read_to_string(notes.join(note)).ok());
        notes.find(|note| note.contains("読む権限") && note.contains("the right to read"))
    });
    // Once it may be read it is taken in like any other.
    may(&closed, 0o600);
    assert_eq!(fs::read(&closed).unwrap(), bytes);
    filed(&hospital, &scan);

    // A folder in which nothing may be removed: what is taken in is taken in once.
    let kept = deliver_consent(&hospital, "kept");
    own(&hospital);
    may(&hospital.drop(), 0o555);
    let kept = kept.keys().next().unwrap();
    filed(&hospital, kept);
    told("read-only");
    assert!(hospital.drop().join(kept).exists());
    daemon.stop();
    may(&hospital.drop(), 0o755);
    let daemon = start_as_somebody(&hospital);
    wait_for(&hospital, "its removal", || (!hospital.drop().join(kept).exists()).then_some(()));
    let all = hospital.database.read(async |tx| records::list(tx, &Filter::default(), None, 10).await).unwrap();
    assert_eq!(all.len(), 3, "each once");
    nobody_else_reads(&hospital.root());
    daemon.stop();
    the_journal_is_whole(&hospital);
}

/// Neither keys nor scans nor the database nor the way to the daemon.
fn nobody_else_reads(root: &Path) {
    assert_eq!(fs::metadata(root).unwrap().mode() & 0o077, 0, "others pass through the home");
    let mut looked = 0;
    for (folder, by_mode) in
        [("keys", true), ("run", true), ("custody", false), ("store", false), ("store/journal", false)]
    {
        let folder = root.join(folder);
        for path in names(&folder).into_iter().map(|name| folder.join(name)) {
            // Of the others this test made some itself, under its own umask.
            let mode = fs::metadata(&path).unwrap().mode();
            assert!(mode & 0o077 == 0 || !by_mode, "{} has mode {mode:o}", path.display());
            if rustix::process::geteuid().is_root() {
                let user = [format!("--reuid={STRANGER}"), format!("--regid={STRANGER}")];
                let mut read = Command::new("setpriv");
                let read = read.args(user).args(["--clear-groups", "cat"]).arg(&path).output().unwrap();
                assert!(!read.status.success() && read.stdout.is_empty(), "a stranger reads {}", path.display());
            }
            looked += 1;
        }
    }
    assert!(looked > 8, "{looked} looks");
}

fn may(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// What root delivers is the daemon's user's, as it would be of a share.
fn own(hospital: &Hospital) {
    if rustix::process::geteuid().is_root() {
        run(Command::new("chown").args(["-R", &format!("{NOBODY}:{NOBODY}")]).arg(hospital.root()));
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}
