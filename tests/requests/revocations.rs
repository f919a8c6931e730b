//! Keys that are ended, and what ends with them.

use torikomi::control::{Credentials, Refusal, Request, Secret};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::{Digest, DocumentId, PersonId, RecordId};
use torikomi::instant::Instant;
use torikomi::journal::Kind;
use torikomi::judgement::{LATENESS, Severity};
use torikomi::people::acts::{Deed, RevocationReason};
use torikomi::people::certificates::Certificate;
use torikomi::people::{PeopleError, Refused, certificates, register};
use torikomi::store::records::{self, Record};

use crate::bench::{ADMIN, Bench, KIND, MANAGER, STATION, because, person};
use crate::people::{OPERATOR, add, appoint, enrol, enrol_login, open};

pub fn revoke(login: &str, by: &str, second: Option<&str>) -> Request {
    let (by, second, why) = (person(by), second.map(person), RevocationReason::KeyLost);
    Request::Revoke { by, second, login: login.into(), why, since: None }
}

pub fn revoke_since(login: &str, by: &str, second: Option<&str>, at: Instant) -> Request {
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

pub fn employ(bench: &Bench) {
    bench.done(add(ADMIN));
    bench.done(enrol(bench, ADMIN));
    bench.done(appoint(Some(MANAGER)));
}

/// The certificates of a person, the newest first.
pub fn held(bench: &Bench, login: &str) -> Vec<Certificate> {
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
            "INSERT INTO certificate SELECT '{}', person, der, issuers, suite, 'older.pem', not_before - {day}, not_before - 1,
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
    bench.done(enrol(&bench, ADMIN));
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
    assert_eq!(bench.refused(enrol(&bench, ADMIN)), refused);
    bench.done(enrol(&bench, MANAGER));

    // Of the two who could, one has lost the key: the other is all there is.
    bench.done(revoke(MANAGER, ADMIN, None));
    bench.done(enrol_login(&bench, ADMIN, MANAGER));
    bench.done(open(MANAGER));
}

#[test]
fn a_key_that_ends_when_a_clock_that_ran_ahead_says_is_replaced_at_once() {
    let bench = Bench::new();
    employ(&bench);
    let proven_at = bench.now().plus(jiff::SignedDuration::from_hours(3));
    let document = bench.judged(KIND, &[]);
    filed(&bench, document, held(&bench, OPERATOR)[0].person, proven_at);
    bench.done(revoke(OPERATOR, OPERATOR, None));
    assert_eq!(revoked(&bench).1, proven_at.plus(jiff::SignedDuration::from_micros(1)));
    bench.done(enrol(&bench, ADMIN));
    bench.done(open(OPERATOR));
}

#[test]
fn a_late_scan_that_was_released_with_a_stolen_key_asks_for_another_release_of_the_scan() {
    let bench = Bench::new();
    employ(&bench);
    let mut manager_too = appoint(Some(MANAGER));
    if let Request::Appoint { role, rank, .. } = &mut manager_too {
        (*role, *rank) = ("information-manager".parse().unwrap(), 2);
    }
    bench.done(manager_too);
    move_back(&bench, OPERATOR, jiff::SignedDuration::from_hours(1));
    let days_ago = |days: i64| bench.now().plus(jiff::SignedDuration::from_hours(-24 * days));
    let (late, taken_in_at) = (bench.judged(KIND, &[(LATENESS, Severity::Hold)]), days_ago(60));
    bench.write(async move |tx| {
        sqlx::query("UPDATE document SET taken_in_at = $1 WHERE id = $2")
            .bind(taken_in_at.as_microseconds())
            .bind(late.to_string())
            .execute(tx)
            .await?;
        Ok(())
    });
    let release = |who: &str, possible_again_at| Request::ReleaseLate {
        by: person(who),
        documents: vec![bench.looked(late)],
        reason: because("system-failure"),
        possible_again_at,
    };
    let stolen = bench.now();
    let absent = |ends| Request::Absent { by: person(MANAGER), login: MANAGER.into(), from: None, until: None, ends };
    bench.done(absent(false));
    bench.done(release(OPERATOR, taken_in_at));
    bench.done(absent(true));
    // Its signature is late too, and the manager releases that.
    let waits_again = || {
        bench.put(late, DocumentState::Review);
        bench.hold(late, HoldReason::Late);
    };
    waits_again();
    bench.done(release(MANAGER, bench.now()));
    assert_eq!(bench.document(late).state, DocumentState::Signing);

    bench.done(revoke_since(OPERATOR, ADMIN, Some(MANAGER), stolen));
    assert!(
        bench.decisions(late).iter().all(|decision| decision.undone_by.is_some()),
        "the one was said beside the other"
    );
    waits_again();
    // It is the scan that waits for a release, whatever was said of the signature.
    let refused = bench.refused(release(MANAGER, bench.now()));
    assert!(matches!(refused, Refusal::TakenInBefore { .. }), "{refused:?}");
    bench.done(release(MANAGER, taken_in_at));
    assert_eq!(bench.document(late).state, DocumentState::Signing);
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
        document: bench.looked(document),
        facts: Box::new(facts),
        supersedes,
        reason: because("other"),
    };
    let accept = || Request::Accept {
        by: person(MANAGER),
        second: None,
        document: bench.looked(document),
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
pub fn move_back(bench: &Bench, login: &'static str, by: jiff::SignedDuration) {
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
    bench.done(enrol(&bench, ADMIN));
    bench.done(appoint(Some(MANAGER)));
    let in_force = |login: &str| Refusal::from(Refused::KeyInForce { login: login.into() });
    assert_eq!(bench.refused(enrol(&bench, ADMIN)), in_force(OPERATOR));
    // Whoever knows the authority's passphrase cannot become the manager.
    let person =
        Credentials { login: MANAGER.into(), passphrase: Secret::new("別の合言葉-2026-秋の日".into()) };
    let (by, certified) = (crate::bench::person(ADMIN), bench.certified(MANAGER, &person.passphrase));
    let taking = Request::Enrol { by, witness: None, person, present: None, certified };
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
    bench.done(enrol(&bench, ADMIN));
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
