//! What time alone ends while a signature waits: the certificate of its key; and what no clock ends or begins that is not
//! believed: the window for its stamp, the one for the scan.

use jiff::SignedDuration;
use torikomi::control::{ReasonGiven, Request};
use torikomi::database::DatabaseError;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::instant::Instant;
use torikomi::journal::{Kind, read};
use torikomi::judgement::{LATENESS, Outcome, Reason};
use torikomi::ledger::attempts::{self, Attempt, AttemptState};
use torikomi::ledger::documents::{self, Document};
use torikomi::pipeline::line::Line;

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{put, sample};
use crate::home::{TestHome, because, by as whoever, clock_shown};
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings, by};
use crate::proven::proven;

/// Whoever verifies judges the signer at the time that the stamp proves.
#[test]
fn what_is_stamped_after_the_end_of_its_certificate_is_signed_anew() {
    let founded: Instant = "2026-11-19T07:00:00.000000Z".parse().unwrap();
    let after = |minutes| Some(founded.plus(SignedDuration::from_mins(minutes)));
    let mut hospital = Hospital::founded(&Foundation {
        starts_at: Some(founded),
        settings: &[("[people]\n", "[people]\ncertificate_valid = \"24h\"\n")],
        ..Foundation::default()
    });
    // Half an hour is left.
    let nobody = Some("url = \"http://127.0.0.1:9/\"\n".to_owned());
    hospital.configure(&Settings { starts_at: after(23 * 60 + 30), authority: nobody, ..Settings::default() });
    let daemon = hospital.start();
    let opened = hospital.open_session().unwrap();
    let expires: Instant = opened["expires_at"].as_str().unwrap().parse().unwrap();
    let (least, most) = (after(24 * 60).unwrap(), after(24 * 60 + 2).unwrap());
    assert!(least <= expires && expires <= most, "no session outlasts the certificate of its key: {expires}");
    deliver(&hospital, "ends", &hospital.today().0);
    let stands = |hospital: &Hospital, state, held| {
        wait_for(hospital, &format!("{state} {held:?}"), || {
            document_of(hospital, "ends.jpg").filter(|found| (found.state, found.held) == (state, held))
        })
    };
    let signed = stands(&hospital, DocumentState::Stamping, None).id;
    daemon.stop();

    // The authority is there again within the window, and the certificate has ended.
    hospital.configure(&Settings { starts_at: after(24 * 60 + 10), ..Settings::default() });
    let daemon = hospital.start();
    stands(&hospital, DocumentState::Signing, Some(HoldReason::NoSession));
    let given_up = hospital.database.read(async |tx| read::of_kind(tx, Kind::SignerNotValid).await).unwrap();
    assert_eq!(given_up.len(), 1);
    let station = "front-desk".parse().unwrap();
    let session = Request::OpenSession { by: by("manager"), station, attested: true, obtained_on: None };
    hospital.ask(&session, PATIENCE).unwrap();
    stands(&hospital, DocumentState::AwaitingConfirmation, None);
    let document = hospital.looked(signed);
    let confirm = Request::Confirm { by: by("manager"), document, pages_shown: true, supersedes: None };
    hospital.ask(&confirm, PATIENCE).unwrap();
    proven(&hospital, &filed(&hospital, "ends.jpg"));
    daemon.stop();
    let tried = hospital.database.read(async |tx| attempts::of_document(tx, signed).await).unwrap();
    let states: Vec<_> = tried.iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Missed, AttemptState::Filed]);
    the_journal_is_whole(&hospital);
}

/// A clock that is set ahead, for however short, costs no signature.
#[test]
fn no_window_is_over_by_a_clock_in_doubt() {
    let home = TestHome::make();
    let settings = std::fs::read_to_string(home.root().join("torikomi.toml")).unwrap();
    let url = settings.lines().find(|line| line.starts_with("url = ")).unwrap();
    let nobody = settings.replace(url, "url = \"http://127.0.0.1:9/\"\nretry = \"1s\"\nretry_most = \"1s\"");
    std::fs::write(home.root().join("torikomi.toml"), nobody).unwrap();
    let daemon = home.start();
    let line = &daemon.line;
    home.open_session(line);
    // As after a stamp: what comes in before the step is in no doubt.
    line.clock.agrees();
    let is_known = async |tx: &mut torikomi::database::Tx| torikomi::ledger::clock_state::get(tx).await;
    while line.database.read(is_known).unwrap().and_then(|kept| kept.right).is_none() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    home.deliver_consent("waits");
    let look_for = |what: &str, seen: &dyn Fn(&Document, &[Attempt]) -> bool| {
        let begun = std::time::Instant::now();
        loop {
            if let Some((document, attempts)) =
                the_document(line).filter(|(document, attempts)| seen(document, attempts))
            {
                return (document, attempts);
            }
            assert!(begun.elapsed().as_secs() < 60, "{what} did not come: {:?}", the_document(line));
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    look_for("the signature", &|found, _| found.state == DocumentState::Stamping);
    line.clock.jump(SignedDuration::from_hours(2));
    let over = line.clock.now().plus(SignedDuration::from_mins(-1)).as_microseconds();
    line.database
        .write::<_, DatabaseError, _>(async move |tx| {
            sqlx::query("UPDATE attempt SET stamp_due_at = $1").bind(over).execute(tx).await?;
            Ok(())
        })
        .unwrap();
    // Several rounds of the authorities.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let (waits, tried) = the_document(line).unwrap();
    assert_eq!((waits.state, tried.len(), tried[0].state), (DocumentState::Stamping, 1, AttemptState::Signed));
    // Somebody has looked, and it is over.
    let ask = home.requests(line);
    ask(Request::AcknowledgeClock {
        by: whoever("kanri"),
        shown: clock_shown(&ask),
        reason: because("system-failure"),
    });
    let (_, tried) =
        look_for("the next signature", &|found, tried| found.state == DocumentState::Stamping && tried.len() == 2);
    assert_eq!(tried[0].state, AttemptState::Missed);
}

fn the_document(line: &Line) -> Option<(Document, Vec<Attempt>)> {
    line.database
        .read::<_, DatabaseError, _>(async |tx| {
            let listed = documents::list(tx, &documents::Filter::default(), 1).await?;
            let Some(document) = listed.documents.into_iter().next() else { return Ok(None) };
            let tried = attempts::of_document(tx, document.id).await?;
            Ok(Some((document, tried)))
        })
        .unwrap()
}

fn deliver(hospital: &Hospital, name: &str, obtained_on: &str) {
    let sidecar = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
            "obtained_on":"{obtained_on}","paper":"A4","expected_pages":1}}"#
    );
    put(&hospital.drop(), &format!("{name}.json"), sidecar.as_bytes());
    put(&hospital.drop(), &format!("{name}.jpg"), &sample("consent.jpg"));
}

/// By a clock that lies behind, each lateness would be in time: whether a scan was, it does not tell.
#[test]
fn what_came_in_by_a_clock_in_doubt_waits_for_somebody_who_says_that_it_was_in_time() {
    // Wednesday morning in Tokyo; the window of what was received on Friday ended with Tuesday.
    let wednesday: Instant = "2026-11-25T00:30:00.000000Z".parse().unwrap();
    let mut hospital = Hospital::founded(&Foundation { starts_at: Some(wednesday), ..Foundation::default() });
    let tuesday = wednesday.plus(SignedDuration::from_hours(-24));
    hospital.configure(&Settings { starts_at: Some(tuesday), ..Settings::default() });
    let daemon = hospital.start();
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    assert_eq!(status["clock_problem"]["code"], "behind", "{status}");
    deliver(&hospital, "behind", "2026-11-20");
    let held = wait_for(&hospital, "the hold", || {
        document_of(&hospital, "behind.jpg").filter(|document| document.held.is_some())
    });
    assert_eq!((held.state, held.held), (DocumentState::Review, Some(HoldReason::Late)));
    let findings = held.judgement.unwrap().findings;
    let told = findings.iter().find(|finding| finding.check == LATENESS).unwrap();
    let in_doubt =
        matches!(&told.outcome, Outcome::Indeterminate(Reason::ClockInDoubt { problem, .. }) if problem == "behind");
    assert!(in_doubt, "{told:?}");
    daemon.stop();

    // Set right again, the clock says nothing else of what came in before.
    hospital
        .configure(&Settings { starts_at: Some(wednesday.plus(SignedDuration::from_mins(30))), ..Settings::default() });
    let daemon = hospital.start();
    let reason = || ReasonGiven { code: "system-failure".parse().unwrap(), text: None };
    hospital
        .ask(&Request::AcknowledgeClock { by: by("admin"), shown: hospital.clock_shown(), reason: reason() }, PATIENCE)
        .unwrap();
    hospital.open_session().unwrap();
    let release = Request::ReleaseLate {
        by: by("manager"),
        documents: vec![hospital.looked(held.id)],
        reason: reason(),
        possible_again_at: tuesday,
    };
    hospital.ask(&release, PATIENCE).unwrap();
    wait_for(&hospital, "the confirmation", || {
        document_of(&hospital, "behind.jpg").filter(|found| found.state == DocumentState::AwaitingConfirmation)
    });
    hospital.confirm_what_waits();
    let record = proven(&hospital, &filed(&hospital, "behind.jpg"));
    assert_eq!(record["clocks"]["at_intake"]["problem"], "behind");
    daemon.stop();
    the_journal_is_whole(&hospital);
}
