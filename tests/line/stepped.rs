//! The machine's clock is set under a running line, forward and back, before the signature and before the stamp: the time since
//! boot tells, nothing is signed until a person has looked, and nothing that was signed is lost.
//!
//! libfaketime sets the wall clock of the daemon alone. The time since boot is asked of the kernel itself and keeps its pace.

use std::path::{Path, PathBuf};

use serde_json::Value;
use torikomi::clock::ClockProblem;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ledger::attempts;

use crate::account::{document_of, every_file_has_one_delivery, filed, the_journal_is_whole, wait_for};
use crate::burst::{Sent, deliver_consent};
use crate::home::because;
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings, by};
use crate::proven::proven;
use crate::scripted::{Behaviour, Scripted};

/// Where Debian keeps it.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// The wall clock of a daemon, and how to set it.
pub struct WallClock {
    file: PathBuf,
}

impl WallClock {
    pub fn right(folder: &Path) -> Self {
        let clock = Self { file: folder.join("faketime") };
        clock.set("+0");
        clock
    }

    /// So far from the machine's.
    pub fn set(&self, offset: &str) {
        let draft = self.file.with_extension("new");
        std::fs::write(&draft, offset).unwrap();
        std::fs::rename(draft, &self.file).unwrap();
    }

    /// What a daemon that lives by it is started under.
    pub fn variables(&self) -> Vec<String> {
        assert!(Path::new(FAKETIME).exists(), "libfaketime is not installed: scripts/test --prepare");
        vec![
            "env".into(),
            format!("LD_PRELOAD={FAKETIME}"),
            format!("FAKETIME_TIMESTAMP_FILE={}", self.file.display()),
            "FAKETIME_NO_CACHE=1".into(),
            "DONT_FAKE_MONOTONIC=1".into(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".into(),
            "NO_FAKE_STAT=1".into(),
        ]
    }
}

#[test]
fn a_clock_that_is_set_inside_a_window_signs_nothing_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = WallClock::right(folder.path());
    let authority = Scripted::start("Only");
    let root = authority.write_root(folder.path(), "roots.pem");
    // Steps of twenty minutes lead out of this window, and end no session.
    let profile = &[("timestamp_within = \"1h\"", "timestamp_within = \"10m\"")];
    let mut hospital = Hospital::founded(&Foundation { profile, ..Foundation::default() });
    let settings = format!(
        "url = \"{}\"\nroots = \"{}\"\ntimeout = \"1s\"\nretry = \"1s\"\nretry_most = \"1s\"\n",
        authority.url(),
        root.display()
    );
    hospital.configure(&Settings { authority: Some(settings), ..Settings::default() });
    let under = clock.variables();
    let daemon = hospital.start_under(&under.iter().map(String::as_str).collect::<Vec<_>>());
    hospital.open_session().unwrap();
    let mut sent: Vec<Sent> = Vec::new();
    let mut deliver = |prefix: &str| {
        sent.push(deliver_consent(&hospital, prefix));
        sent.last().unwrap().keys().next().unwrap().clone()
    };
    let at = |name: &str, state, reason| {
        wait_for(&hospital, &format!("{name} in {state}, held by {reason:?}"), || {
            document_of(&hospital, name).filter(|document| (document.state, document.held) == (state, reason))
        })
    };
    let problem = || hospital.ask(&Request::Status, PATIENCE).unwrap()["clock_problem"].clone();
    let jumped = |minutes: i64| {
        let found = wait_for(&hospital, "the doubt", || Some(problem()).filter(|found| !found.is_null()));
        let ClockProblem::Jumped { by_milliseconds } = serde_json::from_value(found).unwrap() else {
            panic!("{minutes}")
        };
        assert!((by_milliseconds - minutes * 60_000).abs() < 10_000, "{by_milliseconds}");
    };
    let acknowledge = || {
        let request = Request::AcknowledgeClock {
            by: by("admin"),
            shown: hospital.clock_shown(),
            reason: because("system-failure"),
        };
        hospital.ask(&request, PATIENCE).unwrap();
        assert_eq!(problem(), Value::Null);
    };
    proven(&hospital, &filed(&hospital, &deliver("right")));

    // Inside the window for the signature; set right again, it has been wrong all the same.
    for (offset, minutes) in [("+20m", 20), ("-20m", -20)] {
        clock.set(offset);
        jumped(minutes);
        clock.set("+0");
        let name = deliver(&format!("signing{offset}"));
        // Whether it came in time is the manager's to say; by such a clock it is not signed even then.
        hospital.release_late(at(&name, DocumentState::Review, Some(HoldReason::Late)).id);
        at(&name, DocumentState::Signing, Some(HoldReason::Clock));
        acknowledge();
        at(&name, DocumentState::AwaitingConfirmation, None);
        hospital.confirm_what_waits();
        let record = filed(&hospital, &name);
        proven(&hospital, &record);
    }

    // Inside the window for the stamp, which is ten minutes: beyond its end, and back to before the signature.
    for (offset, minutes, reason) in [("+20m", 20, None), ("-20m", -20, Some(HoldReason::ClockAhead))] {
        authority.does(Behaviour::HangsUp);
        let name = deliver(&format!("stamping{offset}"));
        let document = at(&name, DocumentState::Stamping, None).id;
        clock.set(offset);
        jumped(minutes);
        // It would stamp, and nothing that it says fits the clock as it stands.
        authority.does(Behaviour::Stamps);
        let asked = authority.asked();
        at(&name, DocumentState::Stamping, reason);
        if reason.is_none() {
            wait_for(&hospital, "the next try", || (authority.asked() > asked + 1).then_some(()));
            at(&name, DocumentState::Stamping, None);
        }
        clock.set("+0");
        let record = filed(&hospital, &name);
        proven(&hospital, &record);
        let tried = hospital.database.read(async |tx| attempts::of_document(tx, document).await).unwrap();
        assert_eq!(tried.len(), 1, "a signature was given up because of a clock in doubt");
        jumped(minutes);
        acknowledge();
    }
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}
