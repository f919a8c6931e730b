//! A clock that ran hours ahead for a while, and was then set right: what was signed and taken in by it binds nobody but those
//! who signed it, and each of these documents has a way on that does not wait for hours.

use jiff::SignedDuration;
use torikomi::control::client::ClientError;
use torikomi::control::{Refusal, Request};
use torikomi::database::DatabaseError;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::instant::Instant;
use torikomi::journal::{Kind, read};
use torikomi::ledger::attempts::{self, AttemptState};
use torikomi::ledger::documents::Document;
use torikomi::messages::Lang;
use torikomi::people::appointments;
use torikomi::people::register;

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::deliver_consent;
use crate::home::because;
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings, by};
use crate::proven::proven;

/// Nobody answers there.
const NOBODY: &str = "url = \"http://127.0.0.1:9/\"\nretry = \"1s\"\nretry_most = \"1s\"\n";

fn at(hospital: &Hospital, name: &str, state: DocumentState, reason: Option<HoldReason>) -> Document {
    wait_for(hospital, &format!("{name} in {state}, held by {reason:?}"), || {
        document_of(hospital, name).filter(|document| (document.state, document.held) == (state, reason))
    })
}

/// When the last appointment of somebody begins and ends.
fn office(hospital: &Hospital, login: &str) -> (Instant, Option<Instant>) {
    let since = Instant::from(hospital.now()).plus(SignedDuration::from_hours(-1));
    let found = hospital.database.read::<_, DatabaseError, _>(async |tx| {
        let person = register::list(tx).await?.into_iter().find(|person| person.login.as_str() == login).unwrap().id;
        Ok(appointments::list(tx, since).await?.into_iter().rfind(|held| held.person == person))
    });
    let found = found.unwrap().unwrap();
    (found.from, found.until)
}

#[test]
fn what_was_signed_by_a_clock_that_ran_ahead_binds_its_signer_until_the_manager_has_it_signed_anew() {
    let profile = &[("sign_within = \"8 staffed hours\"", "sign_within = \"12h\"")];
    let mut hospital = Hospital::founded(&Foundation { profile, ..Foundation::default() });
    let nobody = Settings { authority: Some(NOBODY.into()), ..Settings::default() };
    hospital.configure(&nobody);
    let daemon = hospital.start();
    let taken_before = deliver_consent(&hospital, "before").into_keys().next().unwrap();
    at(&hospital, &taken_before, DocumentState::Signing, Some(HoldReason::NoSession));
    daemon.stop();

    // The machine comes up five hours ahead, and nothing tells.
    let ahead = Instant::from(hospital.now()).plus(SignedDuration::from_hours(5));
    hospital.configure(&Settings { starts_at: Some(ahead), ..nobody });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    at(&hospital, &taken_before, DocumentState::AwaitingConfirmation, None);
    hospital.confirm_what_waits();
    at(&hospital, &taken_before, DocumentState::Stamping, None);
    let taken_then = deliver_consent(&hospital, "then").into_keys().next().unwrap();
    at(&hospital, &taken_then, DocumentState::Stamping, None);
    daemon.stop();

    // Set right.
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    let acknowledge =
        Request::AcknowledgeClock { by: by("admin"), shown: hospital.clock_shown(), reason: because("system-failure") };
    let (_, problem) =
        (hospital.ask(&acknowledge, PATIENCE).unwrap(), hospital.ask(&Request::Status, PATIENCE).unwrap());
    assert!(problem["clock_problem"].is_null(), "{problem}");
    let ahead_of = |name: &str, state| {
        let held = at(&hospital, name, state, Some(HoldReason::ClockAhead));
        let detail = serde_json::from_str(&held.held_detail.clone().unwrap()).unwrap();
        for lang in Lang::ALL {
            let told = torikomi::cli::Words::new(lang).details(&detail);
            assert!(told.len() == 1 && told[0].contains(':'), "{told:?}");
        }
        held.id
    };
    let [before, then] = [&taken_before, &taken_then].map(|name| ahead_of(name, DocumentState::Stamping));

    // Others come into office and go as ever.
    let now = || Instant::from(hospital.now());
    let soon = |at: Instant| at < now().plus(SignedDuration::from_mins(1));
    let add = Request::AddPerson {
        by: by("admin"),
        login: "deputy".into(),
        name: "見本 代理".into(),
        kana: None,
        occupation: "診療情報管理士".into(),
        department: "診療情報管理室".into(),
    };
    let appoint = |role: &str, rank| Request::Appoint {
        by: by("admin"),
        second: Some(by("manager")),
        login: "deputy".into(),
        role: role.parse().unwrap(),
        rank,
        from: None,
        until: None,
    };
    let end = |login: &str, role: &str| Request::EndAppointment {
        by: by("admin"),
        login: login.into(),
        role: role.parse().unwrap(),
        ends: None,
    };
    hospital.ask(&add, PATIENCE).unwrap();
    hospital.ask(&appoint("information-manager", 2), PATIENCE).unwrap();
    assert!(soon(office(&hospital, "deputy").0));
    hospital.ask(&end("deputy", "information-manager"), PATIENCE).unwrap();

    // The manager alone has them signed anew; what was taken in by that clock still bears its time, and is scanned again.
    let retry = |login, document| {
        let documents = vec![hospital.looked(document)];
        hospital.ask(&Request::Retry { by: by(login), documents }, PATIENCE)
    };
    let refused = retry("clerk", before).unwrap_err();
    assert!(matches!(refused, ClientError::Refused(Refusal::RoleNeeded { .. })), "{refused}");
    retry("manager", before).unwrap();
    retry("manager", then).unwrap();
    hospital.open_session().unwrap();
    let record = wait_for(&hospital, "the record", || {
        hospital.confirm_what_waits();
        document_of(&hospital, &taken_before)
            .filter(|document| document.state == DocumentState::Filed)
            .map(|_| filed(&hospital, &taken_before))
    });
    let signed = proven(&hospital, &record);
    assert_eq!(signed["missed_attempts"].as_array().unwrap().len(), 1, "{signed}");
    assert!(soon(record.signed_at) && soon(record.filed_at), "{record:?}");
    let tried = hospital.database.read(async |tx| attempts::of_document(tx, before).await).unwrap();
    let states: Vec<_> = tried.iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Missed, AttemptState::Filed]);
    assert!(tried[0].signed_at >= ahead, "{tried:?}");
    let given_up = hospital.database.read(async |tx| read::of_kind(tx, Kind::AttemptAhead).await).unwrap();
    assert_eq!(given_up.len(), 2);
    ahead_of(&taken_then, DocumentState::Signing);
    let (documents, reason) = (vec![hospital.looked(then)], because("rescan"));
    hospital.ask(&Request::SendBack { by: by("manager"), documents, reason }, PATIENCE).unwrap();

    // Nothing rests on the clerk's office any more at a time that is still to come.
    hospital.ask(&end("clerk", "operator"), PATIENCE).unwrap();
    let until = office(&hospital, "clerk").1.unwrap();
    assert!(soon(until), "{until}");
    daemon.stop();
    the_journal_is_whole(&hospital);
}
