//! People, keys, appointments, sessions, profiles.

use torikomi::config::Mode;
use torikomi::control::{Credentials, ProfileRefusal, Refusal, Request, Secret};
use torikomi::crypto::oid;
use torikomi::daemon::open::OpenError;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::{Digest, DocumentId, PersonId, RecordId};
use torikomi::instant::Instant;
use torikomi::journal::{Actor, Entry, Kind, read};
use torikomi::judgement::Severity;
use torikomi::people::acts::{Deed, RevocationReason};
use torikomi::people::certificates::Certificate;
use torikomi::people::{PeopleError, Refused, certificates, register};
use torikomi::store::records::{self, Record};

use crate::bench::{ADMIN, AUTHORITY, Bench, KIND, MANAGER, PEER, STATION, because, passphrase, person};

const OPERATOR: &str = "mihon-taro";

fn add(by: &str) -> Request {
    Request::AddPerson {
        by: person(by),
        login: OPERATOR.into(),
        name: "見本 太郎".into(),
        kana: None,
        occupation: "事務員".into(),
        department: "医事課".into(),
    }
}

fn enrol(by: &str, authority: &str) -> Request {
    Request::Enrol { by: person(by), person: person(OPERATOR), ca_passphrase: Secret::new(authority.into()) }
}

fn appoint(second: Option<&str>) -> Request {
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

fn open(login: &str) -> Request {
    Request::OpenSession { by: person(login), station: STATION.parse().unwrap(), attested: true, obtained_on: None }
}

#[test]
fn in_production_nothing_is_signed_with_an_evaluation_certificate() {
    let bench = Bench::in_mode(Mode::Production);
    let refused = Refused::CertificateForEvaluation { login: MANAGER.to_owned() };
    assert_eq!(bench.refused(open(MANAGER)), Refusal::from(refused));
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_none());
}

#[test]
fn in_production_no_evaluation_authority_stamps() {
    let trusting = |settings: &mut String| {
        let url = settings.lines().find(|line| line.starts_with("url = ")).unwrap().to_owned();
        *settings = settings.replace(&url, &format!("{url}\npolicies = [\"{}\"]", oid::EVALUATION_TIMESTAMP));
    };
    let refused = Bench::with_settings(Mode::Production, trusting).err().unwrap();
    assert!(matches!(refused, OpenError::EvaluationAuthority(_)), "{refused}");
    // The same line is nothing special in an evaluation home.
    assert!(Bench::with_settings(Mode::Evaluation, trusting).is_ok());
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
    bench.done(enrol(ADMIN, AUTHORITY));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, signed.signatures().len()), (Kind::CertificateIssued, 2));
    assert!(matches!(bench.refused(enrol(ADMIN, "違う合言葉-2026-冬")), Refusal::NotProven { .. }));

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
    bench.done(enrol(ADMIN, AUTHORITY));
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
    bench.done(enrol(ADMIN, AUTHORITY));
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
    let retry = Request::Retry { by: person(OPERATOR), documents: vec![waiting] };
    assert!(matches!(bench.refused(retry), Refusal::RoleNeeded { .. }));
}

fn revoke(login: &str, by: &str, second: Option<&str>) -> Request {
    let (by, second, why) = (person(by), second.map(person), RevocationReason::KeyLost);
    Request::Revoke { by, second, login: login.into(), why, since: None }
}

fn revoke_since(login: &str, by: &str, second: Option<&str>, at: Instant) -> Request {
    let mut request = revoke(login, by, second);
    if let Request::Revoke { since, .. } = &mut request {
        *since = Some(at);
    }
    request
}

/// The certificate and the time of the revocation that was entered last.
fn revoked(bench: &Bench) -> (Digest, Instant) {
    let (entry, signed) = bench.last_act();
    assert_eq!(entry.kind, Kind::CertificateRevoked);
    match signed.act().deed {
        Deed::Revoke { certificate, since, .. } => (certificate, since),
        _ => panic!("{signed:?}"),
    }
}

fn employ(bench: &Bench) {
    bench.done(add(ADMIN));
    bench.done(enrol(ADMIN, AUTHORITY));
    bench.done(appoint(Some(MANAGER)));
}

/// The certificates of a person, the newest first.
fn held(bench: &Bench, login: &str) -> Vec<Certificate> {
    let found = bench.opened.line.database.read::<_, PeopleError, _>(async |tx| {
        let person = register::active(tx, login).await?;
        Ok(certificates::of_person(tx, person.id).await?)
    });
    found.unwrap()
}

#[test]
fn alone_a_key_is_revoked_from_now_on_and_nothing_is_undone() {
    let bench = Bench::new();
    employ(&bench);
    // Certificates begin at a full second.
    let four_minutes_ago = bench.now().plus(jiff::SignedDuration::from_mins(-4));
    move_back(&bench, OPERATOR, jiff::SignedDuration::from_hours(1));
    for by in [OPERATOR, MANAGER] {
        let past = Refused::RevocationOfPast { since: four_minutes_ago };
        assert_eq!(bench.refused(revoke_since(OPERATOR, by, None, four_minutes_ago)), Refusal::from(past));
    }
    // An authority's clock may be ahead of ours: what it stamped stays good all the same.
    let proven_at = bench.now().plus(jiff::SignedDuration::from_secs(20));
    let document = bench.judged(KIND, &[]);
    filed(&bench, document, held(&bench, OPERATOR)[0].person, proven_at);
    let asked_at = bench.now();
    bench.done(revoke(OPERATOR, OPERATOR, None));
    let (certificate, since) = revoked(&bench);
    assert_eq!(certificate, held(&bench, OPERATOR)[0].fingerprint);
    assert_eq!(since, proven_at.plus(jiff::SignedDuration::from_micros(1)));
    // It opens nothing from the moment on at which it was revoked.
    assert!(matches!(bench.refused(open(OPERATOR)), Refusal::People { .. }));
    let again = bench.refused(revoke(OPERATOR, MANAGER, None));
    assert_eq!(again, Refusal::from(Refused::RevokedBefore { since }));

    // From now on is from the entry on, not from when somebody began to type.
    bench.done(revoke(MANAGER, MANAGER, None));
    let (_, since) = revoked(&bench);
    assert!(since > asked_at && since == bench.last_act().0.at, "{since}");
}

#[test]
fn two_others_revoke_from_before_one_did() {
    let bench = Bench::new();
    employ(&bench);
    move_back(&bench, OPERATOR, jiff::SignedDuration::from_hours(48));
    // One that is long expired is not the one that anybody means.
    let day = 24 * 3600 * 1_000_000_i64;
    bench.write(async move |tx| {
        let sql = format!(
            "INSERT INTO certificate SELECT '{}', person, der, suite, 'older.pem', not_before - {day}, not_before - 1,
               revoked_at, stopped_by, issued_by, issued_at - {day}, journal_index FROM certificate
             WHERE person = (SELECT id FROM person WHERE login = '{OPERATOR}')",
            Digest::of(b"older")
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
        Ok(())
    });
    let theirs = held(&bench, OPERATOR)[0].fingerprint;
    bench.done(revoke(OPERATOR, OPERATOR, None));
    let (first, noticed) = revoked(&bench);
    let stolen = noticed.plus(jiff::SignedDuration::from_hours(-24));
    bench.done(revoke_since(OPERATOR, ADMIN, Some(MANAGER), stolen));
    assert_eq!((first, revoked(&bench)), (theirs, (theirs, stolen)));
    assert_eq!(held(&bench, OPERATOR)[0].revoked_at, Some(stolen));
    // Later than that is no news.
    let later = bench.refused(revoke_since(OPERATOR, ADMIN, Some(MANAGER), noticed));
    assert_eq!(later, Refusal::from(Refused::RevokedBefore { since: stolen }));

    // A new key is not touched by what is said of the old one, nor the session in which it signs.
    bench.done(enrol(ADMIN, AUTHORITY));
    bench.done(open(OPERATOR));
    let earlier = stolen.plus(jiff::SignedDuration::from_hours(-1));
    bench.done(revoke_since(OPERATOR, ADMIN, Some(MANAGER), earlier));
    assert_eq!(revoked(&bench), (theirs, earlier));
    assert!(held(&bench, OPERATOR)[0].revoked_at.is_none());
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_some());
}

#[test]
fn whoever_stops_a_key_alone_does_not_replace_it_where_others_can() {
    let bench = Bench::new();
    employ(&bench);
    bench.done(open(OPERATOR));
    bench.done(revoke(OPERATOR, ADMIN, None));
    assert_eq!(bench.last_act().1.signatures().len(), 1);
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_none(), "the key is wiped");
    let refused = Refusal::from(Refused::StoppedByYou { login: OPERATOR.into() });
    assert_eq!(bench.refused(enrol(ADMIN, AUTHORITY)), refused);
    bench.done(enrol(MANAGER, AUTHORITY));

    // Of the two who could, one has lost the key: the other is all there is.
    bench.done(revoke(MANAGER, ADMIN, None));
    let (by, ca_passphrase) = (person(ADMIN), Secret::new(AUTHORITY.into()));
    bench.done(Request::Enrol { by, person: person(MANAGER), ca_passphrase });
    bench.done(open(MANAGER));
}

#[test]
fn what_was_decided_with_a_stolen_key_is_undone() {
    let bench = Bench::new();
    employ(&bench);
    move_back(&bench, OPERATOR, jiff::SignedDuration::from_hours(1));
    let sent_back = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    let (document, other) = (bench.judged(KIND, &[("blank_page", Severity::Hold)]), bench.judged(KIND, &[]));
    let stolen = bench.now();
    let patient = || Facts { patient_id: Some("9990001".into()), ..Facts::default() };
    let day = || Facts { obtained_on: Some("2026-11-03".parse().unwrap()), ..Facts::default() };
    let identify = |by: &str, facts: Facts, supersedes: Option<DocumentId>| Request::Identify {
        by: person(by),
        document,
        facts: Box::new(facts),
        supersedes,
        reason: because("other"),
    };
    let accept = || Request::Accept {
        by: person(MANAGER),
        second: None,
        document,
        reason: because("as-on-paper"),
        pages_shown: true,
    };
    bench.done(identify(MANAGER, patient(), None));
    bench.put(document, DocumentState::Review);
    bench.done(identify(OPERATOR, day(), Some(sent_back)));
    bench.put(document, DocumentState::Review);
    bench.done(accept());
    assert_eq!(bench.document(document).state, DocumentState::Signing);
    bench.put(document, DocumentState::Review);

    bench.done(revoke_since(OPERATOR, ADMIN, Some(MANAGER), stolen));
    let after = bench.document(document);
    assert!(after.stated.contains("9990001") && !after.stated.contains("2026-11-03"), "{}", after.stated);
    assert_eq!(after.supersedes, None);
    assert_eq!(bench.document(other).state, DocumentState::Signing);
    // What else was decided does not make up for it, nor what was said beside it.
    assert_eq!(bench.refused(accept()), Refusal::NotReleasable);
    bench.done(identify(MANAGER, patient(), Some(sent_back)));
    bench.put(document, DocumentState::Review);
    bench.done(accept());
    let after = bench.document(document);
    assert_eq!((after.state, after.supersedes), (DocumentState::Signing, Some(sent_back)));
}

/// Lets a person have had the key for longer.
fn move_back(bench: &Bench, login: &'static str, by: jiff::SignedDuration) {
    let by = i64::try_from(by.as_micros()).unwrap();
    bench.write(async move |tx| {
        let sql = format!(
            "UPDATE certificate SET not_before = not_before - {by}, issued_at = issued_at - {by}
             WHERE person = (SELECT id FROM person WHERE login = '{login}')"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
        Ok(())
    });
}

/// Enters a record of somebody's, as if it had been signed and filed.
fn filed(bench: &Bench, document: DocumentId, signer: PersonId, proven_at: Instant) {
    let now = bench.now();
    let record = Record {
        id: RecordId::new(),
        digest: Digest::of(b"manifest"),
        document,
        version: 1,
        previous: None,
        station: STATION.parse().unwrap(),
        document_type: KIND.parse().unwrap(),
        profile_id: KIND.parse().unwrap(),
        profile_version: 1,
        patient_id: "9990001".into(),
        patient_name: "架空 花子".into(),
        obtained_on: None,
        page_count: 1,
        operator: None,
        signer,
        taken_in_at: now,
        signed_at: now,
        timestamped_at: Some(proven_at),
        filed_at: now,
        journal_index: 0,
    };
    bench.write(async move |tx| records::insert(tx, &record, &[]).await);
}

fn in_force_since(bench: &Bench, login: &str) -> Instant {
    let found = bench.opened.line.database.read::<_, PeopleError, _>(async |tx| {
        let person = register::active(tx, login).await?;
        Ok(certificates::of_person(tx, person.id).await?)
    });
    found.unwrap().into_iter().find(|certificate| certificate.revoked_at.is_none()).unwrap().not_before
}

#[test]
fn a_second_key_is_nobodys_until_the_first_is_revoked() {
    let bench = Bench::new();
    bench.done(add(ADMIN));
    bench.done(enrol(ADMIN, AUTHORITY));
    bench.done(appoint(Some(MANAGER)));
    let in_force = |login: &str| Refusal::from(Refused::KeyInForce { login: login.into() });
    assert_eq!(bench.refused(enrol(ADMIN, AUTHORITY)), in_force(OPERATOR));
    // Whoever knows the authority's passphrase cannot become the manager.
    let person =
        Credentials { login: MANAGER.into(), passphrase: Secret::new("別の合言葉-2026-秋の日".into()) };
    let ca_passphrase = Secret::new(AUTHORITY.into());
    let taking = Request::Enrol { by: crate::bench::person(ADMIN), person, ca_passphrase };
    assert_eq!(bench.refused(taking), in_force(MANAGER));

    // Nobody who may not, and not the person beside somebody else, ends another's key.
    let roles = Refusal::RoleNeeded { role: "admin, information_manager".into() };
    assert_eq!(bench.refused(revoke(MANAGER, OPERATOR, None)), roles);
    assert_eq!(bench.refused(revoke(OPERATOR, ADMIN, Some(OPERATOR))), roles);
    assert_eq!(bench.refused(revoke(MANAGER, ADMIN, Some(MANAGER))), Refusal::SecondPersonNeeded);
    let mut later = revoke(OPERATOR, ADMIN, Some(MANAGER));
    let hour_on = bench.now().plus(jiff::SignedDuration::from_hours(1));
    if let Request::Revoke { since, .. } = &mut later {
        *since = Some(hour_on);
    }
    assert_eq!(bench.refused(later), Refusal::from(Refused::RevocationToCome { since: hour_on }));

    bench.done(open(OPERATOR));
    bench.done(revoke(OPERATOR, ADMIN, Some(MANAGER)));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, signed.signatures().len()), (Kind::CertificateRevoked, 2));
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_none(), "the key is wiped");
    assert!(matches!(bench.refused(open(OPERATOR)), Refusal::People { .. }), "and opens nothing more");

    // The new key is its owner's to end: from now on.
    bench.done(enrol(ADMIN, AUTHORITY));
    bench.done(open(OPERATOR));
    let year = jiff::SignedDuration::from_hours(-24 * 365);
    let before_it_was = revoke_since(OPERATOR, ADMIN, Some(MANAGER), bench.now().plus(year));
    let refused = bench.refused(before_it_was);
    assert!(
        refused == Refusal::from(Refused::RevocationTooEarly { since: in_force_since(&bench, OPERATOR) }),
        "{refused:?}"
    );
    bench.done(revoke(OPERATOR, OPERATOR, None));
    assert_eq!(bench.last_act().1.signatures().len(), 1);
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
    bench.done(Request::AcknowledgeClock { by: person(ADMIN), reason: because("other") });
}

#[test]
fn a_profile_comes_into_force_with_two_signatures() {
    let bench = Bench::new();
    let approve = |second: Option<&str>| Request::ApproveProfile {
        by: person(ADMIN),
        second: second.map(person),
        profile: KIND.parse().unwrap(),
    };
    let file = bench.opened.line.home.layout().profiles().join("referral-letter-demo.toml");
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
