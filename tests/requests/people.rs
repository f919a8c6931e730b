//! People, keys, appointments, sessions, profiles.

use torikomi::control::{Credentials, ProfileRefusal, Refusal, Request, Secret};
use torikomi::document::HoldReason;
use torikomi::ids::{Digest, RecordId};
use torikomi::instant::Instant;
use torikomi::journal::{Actor, Entry, Kind, read};
use torikomi::people::Refused;
use torikomi::people::acts::Deed;

use crate::bench::{ADMIN, Bench, KIND, MANAGER, PEER, STATION, because, passphrase, person, witness};

pub(crate) const OPERATOR: &str = "mihon-taro";

pub(crate) fn add(by: &str) -> Request {
    Request::AddPerson {
        by: person(by),
        login: OPERATOR.into(),
        name: "見本 太郎".into(),
        kana: None,
        occupation: "事務員".into(),
        department: "医事課".into(),
    }
}

pub(crate) fn enrol(bench: &Bench, by: &str) -> Request {
    enrol_login(bench, by, OPERATOR)
}

/// With the other founder as the witness, where that is not whose key it is.
pub(crate) fn enrol_login(bench: &Bench, by: &str, login: &str) -> Request {
    let (own, witness) = (person(login), witness(by, login));
    let certified = bench.certified(login, &own.passphrase);
    Request::Enrol { by: person(by), witness, person: own, present: None, certified }
}

pub(crate) fn appoint(second: Option<&str>) -> Request {
    Request::Appoint {
        by: person(ADMIN),
        second: second.map(person),
        login: OPERATOR.into(),
        role: "operator".parse().unwrap(),
        rank: 1,
        from: None,
        until: None,
    }
}

pub(crate) fn open(login: &str) -> Request {
    Request::OpenSession { by: person(login), station: STATION.parse().unwrap(), attested: true, obtained_on: None }
}

#[test]
fn a_person_comes_to_sign() {
    let bench = Bench::new();
    assert!(matches!(bench.refused(add(MANAGER)), Refusal::RoleNeeded { .. }));
    bench.done(add(ADMIN));
    let (entry, _) = bench.last_act();
    assert_eq!(entry.kind, Kind::PersonEnrolled);
    assert!(!serde_json::to_string(&entry).unwrap().contains("太郎"));
    assert!(matches!(bench.refused(add(ADMIN)), Refusal::People { .. }));

    assert!(matches!(bench.refused(open(OPERATOR)), Refusal::NotProven { .. }), "there is no key yet");
    bench.done(enrol(&bench, ADMIN));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, signed.signatures().len()), (Kind::CertificateIssued, 3));
    assert!(matches!(bench.refused(enrol(&bench, ADMIN)), Refusal::People { refused: Refused::KeyInForce { .. } }));

    assert!(matches!(bench.refused(open(OPERATOR)), Refusal::RoleNeeded { .. }), "appointed to nothing yet");
    assert_eq!(bench.refused(appoint(None)), Refusal::SecondPersonNeeded);
    let mut begun = appoint(Some(MANAGER));
    let hour_ago = bench.now().plus(jiff::SignedDuration::from_hours(-1));
    if let Request::Appoint { from, .. } = &mut begun {
        *from = Some(hour_ago);
    }
    assert!(
        matches!(bench.refused(begun), Refusal::BegunInPast { from } if from.as_seconds() >= hour_ago.as_seconds())
    );
    assert_eq!(bench.refused(appoint(Some(ADMIN))), Refusal::SecondPersonNeeded);
    bench.done(appoint(Some(MANAGER)));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, signed.signatures().len()), (Kind::Appointed, 2));
    // In office from a whole second on that lies after the entry, and by the time that the answer comes.
    let Deed::Appoint(appointment) = &signed.act().deed else { panic!("{signed:?}") };
    assert!(is_whole(appointment.from) && entry.at < appointment.from, "{:?} {}", appointment, entry.at);
    assert!(appointment.from <= bench.now());

    let day = "2099-01-05".parse().unwrap();
    let mut tomorrow = open(OPERATOR);
    if let Request::OpenSession { obtained_on, .. } = &mut tomorrow {
        *obtained_on = Some(day);
    }
    assert_eq!(bench.refused(tomorrow), Refusal::DayToCome { day });
    let waiting = bench.judged(KIND, &[]);
    bench.hold(waiting, HoldReason::NoSession);
    let opened = bench.done(open(OPERATOR));
    assert_eq!(opened["resumed"], 1);
    assert_eq!(bench.document(waiting).held, None);
    let (entry, signed) = bench.last_act();
    assert_eq!(entry.kind, Kind::SessionOpened);
    assert!(matches!(&signed.act().deed, Deed::OpenSession { attested, .. } if attested.len() == 2));
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_some());
    assert!(matches!(bench.refused(open(MANAGER)), Refusal::People { .. }), "the station is taken");

    let session: torikomi::ids::SessionId = opened["session"].as_str().unwrap().parse().unwrap();
    let closed = bench.done(Request::CloseSession { session });
    assert_eq!(closed["waiting"], 1);
    // Whoever asked proved nothing; the system says whose process it was.
    let entry = last_entry(&bench);
    assert_eq!((entry.kind, entry.actor), (Kind::SessionClosed, Actor::System));
    assert_eq!((&entry.facts["peer_uid"], &entry.facts["reason"]), (&PEER.uid.into(), &"log-off".into()));
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_none());
    assert!(matches!(bench.refused(Request::CloseSession { session }), Refusal::People { .. }));
}

/// Whether it is what a signature can say of its own time.
fn is_whole(at: Instant) -> bool {
    at.as_microseconds() % 1_000_000 == 0
}

fn last_entry(bench: &Bench) -> Entry {
    let entries = bench.opened.line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    entries.last().unwrap().entry().unwrap()
}

#[test]
fn an_open_session_is_attested_before_its_first_signature() {
    let bench = Bench::new();
    let mut request = open(MANAGER);
    if let Request::OpenSession { attested, .. } = &mut request {
        *attested = false;
    }
    let session = bench.done(request)["session"].as_str().unwrap().parse().unwrap();
    let waiting = bench.judged(KIND, &[]);
    bench.hold(waiting, HoldReason::NoAttestation);
    // Nobody vouches in another's session.
    bench.done(add(ADMIN));
    bench.done(enrol(&bench, ADMIN));
    bench.done(appoint(Some(MANAGER)));
    let attest = |login: &str| Request::AttestBatch { by: person(login), session };
    assert_eq!(bench.refused(attest(OPERATOR)), Refusal::from(Refused::NoSuchSession));
    assert_eq!(bench.done(attest(MANAGER))["resumed"], 1);
    let (entry, signed) = bench.last_act();
    assert_eq!(entry.kind, Kind::BatchAttested);
    assert!(matches!(&signed.act().deed, Deed::AttestBatch { attested, .. } if attested.len() == 2));
    assert_eq!(bench.document(waiting).held, None);
    // What is signed with the key from now on has it.
    let facts = bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).unwrap();
    assert_eq!(facts.attestation.unwrap().by, facts.person);
}

#[test]
fn an_appointment_is_ended() {
    let bench = Bench::new();
    bench.done(add(ADMIN));
    bench.done(enrol(&bench, ADMIN));
    bench.done(appoint(Some(MANAGER)));
    let end = |by: &str, role: &str, ends| Request::EndAppointment {
        by: person(by),
        login: OPERATOR.into(),
        role: role.parse().unwrap(),
        ends,
    };
    let not_appointed = |role: &str| Refusal::NotAppointed { login: OPERATOR.into(), role: role.into() };
    assert!(matches!(bench.refused(end(MANAGER, "operator", None)), Refusal::RoleNeeded { .. }));
    assert_eq!(bench.refused(end(ADMIN, "information-manager", None)), not_appointed("information_manager"));
    let past = Some(bench.now().plus(jiff::SignedDuration::from_hours(-1)));
    assert!(matches!(
        bench.refused(end(ADMIN, "operator", past)),
        Refusal::NotAppointed { .. } | Refusal::People { .. }
    ));
    // Whoever is in office may have signed a moment ago, however little that is.
    let moment_ago = Some(bench.now());
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(bench.refused(end(ADMIN, "operator", moment_ago)), Refusal::from(Refused::BackwardsAppointment));
    let asked_at = bench.now();
    bench.done(end(ADMIN, "operator", None));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, signed.signatures().len()), (Kind::Appointed, 1));
    let Deed::EndAppointment { ends, .. } = signed.act().deed else { panic!("{signed:?}") };
    assert!(is_whole(ends) && asked_at < entry.at && entry.at < ends && ends <= bench.now(), "{ends} {}", entry.at);
    assert_eq!(bench.refused(end(ADMIN, "operator", None)), not_appointed("operator"));
    // What the role allowed is over with it.
    let waiting = bench.fresh();
    bench.hold(waiting, HoldReason::Identity);
    let retry = Request::Retry { by: person(OPERATOR), documents: vec![bench.looked(waiting)] };
    assert!(matches!(bench.refused(retry), Refusal::RoleNeeded { .. }));
}

#[test]
fn a_wrong_passphrase_proves_nobody_and_the_next_try_waits() {
    let bench = Bench::new();
    let by = Credentials { login: MANAGER.into(), passphrase: Secret::new(passphrase(ADMIN)) };
    let request =
        |by| Request::OpenSession { by, station: STATION.parse().unwrap(), attested: true, obtained_on: None };
    assert_eq!(bench.refused(request(by)), Refusal::NotProven { login: MANAGER.into() });
    assert!(matches!(bench.refused(open(MANAGER)), Refusal::LockedOut { seconds: 1.., .. }));
    let nobody = Credentials { login: "nobody".into(), passphrase: Secret::new(passphrase(ADMIN)) };
    assert_eq!(bench.refused(request(nobody)), Refusal::NotProven { login: "nobody".into() });
    bench.done(Request::AcknowledgeClock { by: person(ADMIN), shown: bench.clock_shown(), reason: because("other") });
}

#[test]
fn a_profile_comes_into_force_with_two_signatures() {
    let bench = Bench::new();
    let file = bench.opened.line.home.layout().profiles().join("referral-letter-demo.toml");
    let approve = |second: Option<&str>| Request::ApproveProfile {
        by: person(ADMIN),
        second: second.map(person),
        profile: KIND.parse().unwrap(),
        shown: Digest::of(&std::fs::read(&file).unwrap()),
    };
    let text = std::fs::read_to_string(&file).unwrap();
    let waiting = bench.fresh();
    bench.hold(waiting, HoldReason::NoProfile);
    assert!(matches!(
        bench.refused(approve(Some(MANAGER))),
        Refusal::ProfileRefused { profile_refusal: ProfileRefusal::InForceAlready }
    ));
    std::fs::write(&file, text.replace("minimum_dpi = 300", "minimum_dpi = \"many\"")).unwrap();
    let faulty = bench.refused(approve(Some(MANAGER)));
    assert!(
        matches!(
            &faulty,
            Refusal::Unknown { .. } | Refusal::ProfileRefused { profile_refusal: ProfileRefusal::Faulty { .. } }
        ),
        "{faulty:?}"
    );
    std::fs::write(&file, text.replace("minimum_dpi = 300", "minimum_dpi = 200")).unwrap();
    let changed = Refusal::ProfileChanged { profile: KIND.into(), version: 1 };
    assert_eq!(bench.refused(approve(Some(MANAGER))), changed);
    std::fs::write(
        &file,
        text.replace("version = 1\n", "version = 2\n").replace("minimum_dpi = 300", "minimum_dpi = 200"),
    )
    .unwrap();
    assert_eq!(bench.refused(approve(None)), Refusal::SecondPersonNeeded);
    bench.done(approve(Some(MANAGER)));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, signed.signatures().len()), (Kind::ProfileAdopted, 2));
    assert_eq!(bench.profile(KIND).reference().version, 2);
    assert_eq!(bench.document(waiting).held, None);
}

#[test]
fn a_record_leaves_the_house_on_the_record_only() {
    let bench = Bench::new();
    let record = RecordId::new();
    let export = |who: &str| Request::Export { by: person(who), record, reason: because("other") };
    assert!(matches!(bench.refused(export(ADMIN)), Refusal::RoleNeeded { .. }));
    assert!(matches!(bench.refused(export(MANAGER)), Refusal::Unknown { .. }));
    // The code stands in clear in the journal, so it is one that acts have and no free word.
    let free = Request::Export { by: person(MANAGER), record, reason: because("9990001") };
    assert!(matches!(bench.refused(free), Refusal::UnknownReason { .. }));
}
