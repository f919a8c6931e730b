//! The machine comes up with its clock behind, takes scans in by it, and is set right only then: nobody can tell any more when
//! those came, and a person is asked. Once a stamp has shown the clock to be right, a step says nothing of what came before it.

use torikomi::control::{ReasonGiven, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::instant::Instant;
use torikomi::journal::{Kind, read};
use torikomi::ledger::attempts::{self, AttemptState};

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{put, sample, variant_of_jpeg};
use crate::home::because;
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings, by};
use crate::proven::proven;
use crate::scripted::{Behaviour, Scripted};
use crate::stepped::WallClock;
use crate::store_check::sql;

#[test]
fn what_was_taken_in_by_a_clock_that_was_set_right_later_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let clock = WallClock::right(folder.path());
    let authority = Scripted::start("Only");
    let root = authority.write_root(folder.path(), "roots.pem");
    let yesterday = Instant::from(jiff::Timestamp::now()).plus(jiff::SignedDuration::from_hours(-24));
    let mut hospital = Hospital::founded(&Foundation { starts_at: Some(yesterday), ..Foundation::default() });
    let settings = format!(
        "url = \"{}\"\nroots = \"{}\"\ntimeout = \"1s\"\nretry = \"1s\"\nretry_most = \"1s\"\n",
        authority.url(),
        root.display()
    );
    hospital.configure(&Settings { authority: Some(settings), ..Settings::default() });
    // The machine starts anew: nothing is known of its two clocks but what they say.
    sql(&hospital, "UPDATE meta SET value = json_set(value, '$.boot', 'another') WHERE key = 'clock'".into());
    authority.does(Behaviour::HangsUp);
    clock.set("-20m");
    let under = clock.variables();
    let daemon = hospital.start_under(&under.iter().map(String::as_str).collect::<Vec<_>>());
    hospital.open_session().unwrap();
    // Of the same day by either clock.
    let received = hospital.now() - jiff::SignedDuration::from_hours(2);
    let deliver = |stem: &str| {
        let day = received.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()).date();
        let sidecar = format!(
            r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
                "obtained_on":"{day}","paper":"A4","expected_pages":1}}"#
        );
        put(&hospital.drop(), &format!("{stem}.json"), sidecar.as_bytes());
        put(&hospital.drop(), &format!("{stem}.jpg"), &variant_of_jpeg(&sample("consent.jpg"), stem));
        format!("{stem}.jpg")
    };
    let at = |name: &str, state, reason| {
        wait_for(&hospital, &format!("{name} in {state}, held by {reason:?}"), || {
            document_of(&hospital, name).filter(|document| (document.state, document.held) == (state, reason))
        })
    };
    let problem = || hospital.ask(&Request::Status, PATIENCE).unwrap()["clock_problem"].clone();
    let jumped = || wait_for(&hospital, "the doubt", || Some(problem()).filter(|found| found["code"] == "jumped"));
    let acknowledge = || {
        let (shown, reason) = (hospital.clock_shown(), because("system-failure"));
        hospital.ask(&Request::AcknowledgeClock { by: by("admin"), shown, reason }, PATIENCE).unwrap();
    };
    let doubted = || hospital.database.read(async |tx| read::of_kind(tx, Kind::IntakeDoubted).await).unwrap().len();
    let tried = |document| {
        let tried = hospital.database.read(async |tx| attempts::of_document(tx, document).await).unwrap();
        tried.into_iter().map(|attempt| attempt.state).collect::<Vec<_>>()
    };

    let name = deliver("slow");
    let document = at(&name, DocumentState::Stamping, None).id;
    assert!(problem().is_null(), "nothing tells yet");
    clock.set("+0");
    jumped();
    // It was signed with the word that the clock was right.
    at(&name, DocumentState::Review, Some(HoldReason::Late));
    assert_eq!((doubted(), tried(document)), (1, vec![AttemptState::Missed]));
    let release = Request::ReleaseLate {
        by: by("manager"),
        documents: vec![hospital.looked(document)],
        reason: ReasonGiven { code: "system-failure".parse().unwrap(), text: None },
        possible_again_at: received.into(),
    };
    hospital.ask(&release, PATIENCE).unwrap();
    at(&name, DocumentState::Signing, Some(HoldReason::Clock));
    acknowledge();
    authority.does(Behaviour::Stamps);
    wait_for(&hospital, "its filing", || {
        hospital.confirm_what_waits();
        document_of(&hospital, &name).filter(|document| document.state == DocumentState::Filed)
    });
    let record = proven(&hospital, &filed(&hospital, &name));
    assert_eq!(record["clocks"]["at_intake"]["problem"], "jumped");
    assert_eq!(tried(document), [AttemptState::Missed, AttemptState::Filed]);

    // By now the clock has been shown to be right, and wall and boot time agree: only what comes after a step is in doubt.
    authority.does(Behaviour::HangsUp);
    let name = deliver("right");
    let document = at(&name, DocumentState::Stamping, None).id;
    clock.set("+20m");
    jumped();
    clock.set("+0");
    authority.does(Behaviour::Stamps);
    let record = proven(&hospital, &filed(&hospital, &name));
    assert!(record["clocks"]["at_intake"].get("problem").is_none(), "{record}");
    assert_eq!((doubted(), tried(document)), (1, vec![AttemptState::Filed]));
    daemon.stop();
    the_journal_is_whole(&hospital);
}
