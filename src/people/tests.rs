//! A small hospital: two founders, people who join, and everything that must not be possible.

mod hospital;
mod offices;

use hospital::*;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::acts::{Act, Deed, PagesSeen, Private, ReasonCode, Signed};
use super::certificates::{self, Certificate, Signer};
use super::enrolment::{self, Foundation, OwnKey};
use super::sessions::{self, Attested, CloseReason, SessionFacts, Sessions};
use super::*;
use crate::clock::Reading;
use crate::config::Mode;
use crate::crypto::make::Passphrase;
use crate::ids::{Digest, DocumentId, HomeId, PersonId, SessionId};
use crate::journal::read::entries;
use crate::journal::{Kind, SignedAct};
use crate::judgement::ProfileRef;

#[test]
fn roles_have_one_spelling() {
    for role in Role::ALL {
        assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
    }
    assert!("information-manager".parse::<Role>().is_err());
}

#[test]
fn two_founders_begin_a_home() {
    for (hospital, admin, manager) in Hospital::founded() {
        assert_eq!(hospital.kinds(), [Kind::HomeFounded]);
        let now = hospital.now;
        let (people, in_force, current) = hospital
            .database
            .read(async move |tx| {
                let people = register::list(tx).await?;
                let in_force = appointments::information_manager(tx, now).await?;
                let current = certificates::current(tx, &people[0], now).await?;
                Ok::<_, PeopleError>((people, in_force, current))
            })
            .unwrap();
        assert_eq!(
            people.iter().map(|person| person.login.as_str()).collect::<Vec<_>>(),
            ["mihon-joho", "mihon-kanri"]
        );
        assert_eq!(in_force.unwrap().person, manager.person());
        assert_eq!(current, *manager.certificate());
        assert_ne!(admin.person(), manager.person());

        // The entry holds both signatures and no name.
        let entry = hospital.database.read(async |tx| entries(tx, 0, 1).await).unwrap().remove(0);
        assert!(!String::from_utf8_lossy(&entry.bytes).contains("見本"));
        let signed = Signed::read(entry.entry().unwrap().act.unwrap()).unwrap();
        for (signature, signer) in signed.signatures().iter().zip([&admin, &manager]) {
            signed.check_signature(signature, signer.certificate()).unwrap();
        }
        let private: Private = serde_json::from_str(&entry.private.unwrap().text).unwrap();
        assert!(private.text.contains("見本 管理者"));
        assert_eq!(signed.act().private, Some(private.commitment()));
        assert_ne!(Private { salt: [0; 32], ..private.clone() }.commitment(), private.commitment());
    }
}

#[test]
fn a_key_is_set_aside_once_and_told_as_such_from_then_on() {
    let hospital = Hospital::on_each_engine().next().unwrap();
    let (_, [admin, _]) = hospital.founders();
    let (keys, certificate) = (hospital.folder.path(), admin.certificate());
    let set_aside = || certificates::set_aside(keys, certificate).unwrap();
    assert_eq!(set_aside(), None, "it is not there");
    std::fs::write(keys.join(&certificate.key_file), "a key").unwrap();
    let aside = keys.join(format!("{}.aside", certificate.key_file));
    assert_eq!(set_aside().as_ref(), Some(&aside));
    // So it is found in a home that was backed up before the key was revoked again.
    assert_eq!(set_aside().as_ref(), Some(&aside));
    assert_eq!(std::fs::read(&aside).unwrap(), b"a key");
}

#[test]
fn a_home_begins_once_and_with_two() {
    for (hospital, ..) in Hospital::founded() {
        let (founders, signers) = hospital.founders();
        let (signed, private) = hospital.genesis(&founders, &signers);
        let again = hospital.commit(async move |tx| enrolment::genesis(tx, signed, founders, private).await);
        assert!(matches!(refusal(again), Refused::LoginTaken { .. }));

        for hospital in Hospital::on_each_engine() {
            let (founders, [admin, manager]) = hospital.founders();
            // Nobody signs for the other.
            let (act, private) = {
                let foundation = Foundation {
                    mode: Mode::Evaluation,
                    root: Digest::of(b""),
                    timestamping: None,
                    profiles: Vec::new(),
                    calendar: Digest::of(b""),
                };
                enrolment::genesis_act(&founders, foundation, hospital.now, hospital.rules.home).unwrap()
            };
            assert_eq!(Signed::sign(act.clone(), &[&admin]).unwrap_err(), Refused::BadSignature);
            assert_eq!(Signed::sign(act.clone(), &[&manager, &admin]).unwrap_err(), Refused::BadSignature);
            let mut forged = Signed::sign(act, &[&admin, &manager]).unwrap().into_draft(None).act.unwrap();
            forged.signatures[1].signature = forged.signatures[0].signature.clone();
            let forged = Signed::read(forged).unwrap();
            let refused = hospital.commit(async move |tx| enrolment::genesis(tx, forged, founders, private).await);
            assert_eq!(refusal(refused), Refused::BadSignature);
            assert_eq!(hospital.kinds(), []);
        }
    }
}

#[test]
fn a_person_joins_and_every_step_is_in_the_journal() {
    for (hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let kinds = [Kind::HomeFounded, Kind::PersonEnrolled, Kind::CertificateIssued, Kind::Appointed];
        assert_eq!(hospital.kinds(), kinds);
        let now = hospital.now;
        let roles =
            |person| hospital.database.read(async move |tx| appointments::roles(tx, person, now).await).unwrap();
        assert_eq!(roles(operator.person()), [Role::Operator].into());

        // Only an administrator, never for themselves, never twice.
        let person = hospital.person("mihon-hanako", "見本 花子");
        assert!(matches!(refusal(hospital.add(&manager, person)), Refused::NotEntitled { .. }));
        let again = hospital.person("mihon-taro", "別 人");
        assert!(matches!(refusal(hospital.add(&admin, again)), Refused::LoginTaken { .. }));
        let own = hospital.appoint([&admin, &manager], admin.person(), Role::InformationManager, 2);
        assert_eq!(refusal(own), Refused::OwnAppointment);
        let twice = hospital.appoint([&admin, &manager], operator.person(), Role::Operator, 1);
        assert!(matches!(refusal(twice), Refused::OverlappingAppointment { .. }));
        let first = hospital.appoint([&admin, &manager], operator.person(), Role::InformationManager, 1);
        assert!(matches!(refusal(first), Refused::RankTaken { login, .. } if login == "mihon-joho"));
        assert_eq!(
            refusal(hospital.appoint([&admin, &manager], operator.person(), Role::Viewer, 0)),
            Refused::InvalidRank
        );
        assert_eq!(hospital.kinds(), kinds);
    }
}

#[test]
fn an_appointment_ends_and_the_substitute_follows() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let substitute = hospital.operator([&admin, &manager], "mihon-dairi");
        hospital.appoint([&admin, &manager], substitute.person(), Role::InformationManager, 2).unwrap();
        let ends = later(10);
        let role = Role::InformationManager;
        hospital.act(&[&admin], Deed::EndAppointment { person: manager.person(), role, ends }).unwrap();
        let in_force = |at| {
            let found = hospital.database.read(async move |tx| appointments::information_manager(tx, at).await);
            found.unwrap().map(|appointment| appointment.person)
        };
        assert_eq!(in_force(later(9)), Some(manager.person()));
        assert_eq!(in_force(later(10)), Some(substitute.person()));
        // What was drafted under one is not signed under the other, whoever committed first.
        let held = |manager: &Signer, signer: &Signer, role, at| {
            let (manager, signer) = (manager.person(), signer.person());
            let found = async move |tx: &mut _| appointments::held(tx, manager, signer, role, at).await;
            hospital.database.read(found).unwrap()
        };
        assert!(held(&manager, &substitute, Role::Operator, later(9)));
        assert!(held(&manager, &manager, role, later(9)));
        assert!(!held(&manager, &substitute, Role::Operator, later(10)));
        assert!(held(&substitute, &substitute, Role::Operator, later(10)));
        assert!(!held(&substitute, &manager, role, later(10)));
        hospital.now = later(20);
        let past = hospital.act(&[&admin], Deed::EndAppointment { person: substitute.person(), role, ends: later(1) });
        assert_eq!(refusal(past), Refused::BackwardsAppointment);
        // Nor at once: who is in office may be signing.
        let at_once =
            hospital.act(&[&admin], Deed::EndAppointment { person: substitute.person(), role, ends: later(20) });
        assert_eq!(refusal(at_once), Refused::BackwardsAppointment);
        // Nothing to end.
        let none = hospital.act(&[&admin], Deed::EndAppointment { person: manager.person(), role, ends: later(30) });
        assert!(matches!(none, Err(PeopleError::Database(DatabaseError::Conflict(_)))));
    }
}

#[test]
fn an_act_counts_here_and_now_and_with_its_own_signature() {
    for (hospital, admin, manager) in Hospital::founded() {
        let accept = |home, at| {
            let deed = Deed::Accept {
                document: DocumentId::new(),
                state_digest: Digest::of(b"state"),
                reason: ReasonCode::Readable,
                pages: PagesSeen::Attested,
            };
            Signed::sign(Act::new(deed, manager.person(), at, home), &[&manager]).unwrap()
        };
        let good = accept(hospital.rules.home, hospital.now);
        hospital.admit(&good).unwrap();
        assert_eq!(refusal(hospital.admit(&accept(HomeId::new(), hospital.now))), Refused::ActOfAnotherHome);
        for minutes in [-6, 6] {
            let at = hospital.now.plus(SignedDuration::from_mins(minutes));
            assert!(matches!(refusal(hospital.admit(&accept(hospital.rules.home, at))), Refused::ActOutOfTime { .. }));
        }
        // Another act under the same signature; the same act under another's; no signature.
        let take = |signed: Signed| signed.into_draft(None).act.unwrap();
        let other = take(accept(hospital.rules.home, hospital.now));
        let mut mixed = take(good.clone());
        mixed.signatures = other.signatures;
        assert_eq!(refusal(hospital.admit(&Signed::read(mixed).unwrap())), Refused::BadSignature);
        let mut of_admin = take(good.clone());
        of_admin.signatures = vec![admin.sign(&of_admin.text)];
        assert_eq!(refusal(hospital.admit(&Signed::read(of_admin).unwrap())), Refused::BadSignature);
        let mut borrowed = take(good.clone());
        borrowed.signatures[0].certificate = admin.certificate().fingerprint;
        assert_eq!(refusal(hospital.admit(&Signed::read(borrowed).unwrap())), Refused::BadSignature);
        let unsigned = SignedAct { signatures: Vec::new(), ..take(good) };
        assert_eq!(refusal(hospital.admit(&Signed::read(unsigned).unwrap())), Refused::BadSignature);
    }
}

#[test]
fn an_act_has_one_spelling() {
    let deed = Deed::Retry { documents: vec![DocumentId::new()] };
    let act = Act::new(deed, PersonId::new(), later(0), HomeId::new());
    let json = act.canonical().unwrap();
    assert!(json.starts_with("{\"act\":\"retry\",\"at\":\""), "{json}");
    assert_eq!(Act::parse(&json).unwrap(), act);
    let spellings = [json.replace("\"v\":1", "\"v\":2"), json.replace(":", ": "), json.replacen('{', "{\"a\":1,", 1)];
    for wrong in spellings.iter().map(String::as_str).chain(["", "{}", "null"]) {
        assert_eq!(Act::parse(wrong).unwrap_err(), Refused::MalformedAct, "{wrong}");
    }
    assert_eq!("own-delay".parse::<ReasonCode>().unwrap(), ReasonCode::OwnDelay);
    assert!("Own delay".parse::<ReasonCode>().is_err());
}

#[test]
fn a_second_person_is_independent_of_the_first() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let profile = ProfileRef { id: "referral-letter".parse().unwrap(), version: 1, digest: Digest::of(b"profile") };
        let approve = |hospital: &Hospital, signers: &[&Signer]| {
            let deed = Deed::ApproveProfile { profile: profile.clone() };
            let act = Act::new(deed, signers[0].person(), hospital.now, hospital.rules.home);
            let act = if let [_, second] = signers { act.with_second(second.person()) } else { act };
            hospital.admit(&Signed::sign(act, signers).unwrap())
        };
        approve(&hospital, &[&admin, &manager]).unwrap();
        assert!(matches!(refusal(approve(&hospital, &[&admin])), Refused::SecondPersonNeeded { .. }));
        assert_eq!(refusal(approve(&hospital, &[&manager, &manager])), Refused::SamePerson);
        assert!(matches!(refusal(approve(&hospital, &[&manager, &admin])), Refused::NotEntitled { .. }));

        // The administrator made this account and could still act in its name.
        let deputy = hospital.operator([&admin, &manager], "mihon-dairi");
        hospital.appoint([&admin, &manager], deputy.person(), Role::InformationManager, 2).unwrap();
        let another = hospital.operator([&admin, &manager], "mihon-betsu");
        hospital.appoint([&admin, &manager], another.person(), Role::Admin, 1).unwrap();
        // The deputy acts while the manager does not.
        let seconds = |seconds| later(0).plus(SignedDuration::from_secs(seconds));
        let absent = Deed::Absent { person: manager.person(), from: seconds(1), until: None };
        hospital.act(&[&manager], absent).unwrap();
        hospital.now = seconds(2);
        let too_new = refusal(approve(&hospital, &[&admin, &deputy]));
        assert!(matches!(too_new, Refused::SecondPersonTooNew { until, .. } if until == later(48)), "{too_new:?}");
        approve(&hospital, &[&another, &deputy]).unwrap();
        hospital.now = later(48);
        approve(&hospital, &[&admin, &deputy]).unwrap();

        // A renewed key is as new as a new account.
        let person = hospital.database.read(async |tx| register::active(tx, "mihon-dairi").await).unwrap();
        let (renewed, _) = hospital.signer(person);
        assert!(matches!(refusal(hospital.enrol([&admin, &another], &renewed)), Refused::KeyInForce { .. }));
        hospital.revoke(&deputy).unwrap();
        hospital.enrol([&admin, &another], &renewed).unwrap();
        assert!(matches!(refusal(approve(&hospital, &[&admin, &renewed])), Refused::SecondPersonTooNew { .. }));
        hospital.now = later(96);
        approve(&hospital, &[&admin, &renewed]).unwrap();
    }
}

#[test]
fn a_key_is_opened_by_its_owner_alone() {
    for (hospital, admin, _) in Hospital::founded() {
        let keys = hospital.folder.path();
        let person = hospital.person("mihon-taro", "見本 太郎");
        let make = |passphrase: &str| {
            OwnKey::make(&person, Zeroizing::new(passphrase.to_owned()), PassphraseRule::default(), Suite::Ed25519)
        };
        assert!(matches!(refusal(make("mihon-taro").map(|_| ())), Refused::WeakPassphrase { .. }));
        let own = make(PASSPHRASE).unwrap();
        let certificate = hospital.certificate(&person, &own.key);
        own.save(keys, &certificate.key_file).unwrap();
        let unlock = |certificate: &Certificate, passphrase: &str| {
            Signer::unlock(&person, certificate.clone(), keys, &Passphrase::new(passphrase.to_owned()))
        };
        let signer = unlock(&certificate, PASSPHRASE).unwrap();
        assert_eq!(signer.key().public_key().unwrap(), own.key.public_key().unwrap());
        assert!(matches!(refusal(unlock(&certificate, "別の合言葉-2026-秋")), Refused::WrongPassphrase { .. }));
        // Another's certificate does not go with this key.
        let other = Certificate { der: admin.certificate().der.clone(), ..certificate.clone() };
        assert!(matches!(refusal(unlock(&other, PASSPHRASE)), Refused::KeyUnusable { .. }));
        std::fs::write(keys.join(&certificate.key_file), "not a key").unwrap();
        assert!(matches!(refusal(unlock(&certificate, PASSPHRASE)), Refused::KeyUnusable { .. }));
        let aside = certificates::set_aside(keys, &certificate).unwrap().unwrap();
        let (login, file) = (person.login.to_string(), aside.display().to_string());
        assert_eq!(refusal(unlock(&certificate, PASSPHRASE)), Refused::KeySetAside { login, file });
        assert_eq!(certificates::set_aside(keys, &certificate).unwrap(), Some(aside.clone()));
        std::fs::remove_file(aside).unwrap();
        assert_eq!(certificates::set_aside(keys, &certificate).unwrap(), None);
        assert!(matches!(unlock(&certificate, PASSPHRASE), Err(PeopleError::Io { .. })));
    }
}

#[test]
fn a_certificate_ends() {
    for (hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let find = |login: &'static str, at| {
            hospital.database.read(async move |tx| {
                let person = register::active(tx, login).await?;
                certificates::current(tx, &person, at).await
            })
        };
        assert_eq!(find("mihon-taro", later(0)).unwrap().fingerprint, operator.certificate().fingerprint);
        assert!(matches!(refusal(find("mihon-taro", later(9001))), Refused::CertificateNotValid { .. }));
        assert!(matches!(refusal(find("nobody", later(0))), Refused::UnknownPerson { .. }));
        hospital.add(&admin, hospital.person("mihon-hanako", "見本 花子")).unwrap();
        assert!(matches!(refusal(find("mihon-hanako", later(0))), Refused::NoCertificate { .. }));
    }
}

#[test]
fn a_session_signs_within_its_caps() {
    for (hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let row = hospital.open(&operator, "front-desk", &Attested::ALL).unwrap();
        let sessions = Sessions::default();
        let id = row.id;
        sessions.admit(&row, Vec::new(), operator, &caps(), BOOTED);
        assert_eq!(sessions.at_station(&row.station).unwrap().id, id);
        let sign = |at| sessions.sign(id, at, |signer| signer.login().to_string());
        let minutes = |count: u64| {
            let after = Duration::from_secs(60 * count);
            let wall = hospital.now.plus(after.try_into().unwrap());
            Reading { wall: Some(wall), since_boot: BOOTED + after }
        };
        assert_eq!(sign(minutes(1)).unwrap(), "mihon-taro");
        // 31 minutes unused.
        assert_eq!(sign(minutes(32)).unwrap_err(), Refused::SessionEnded { reason: CloseReason::Idle });
        sign(minutes(31)).unwrap();
        sign(minutes(32)).unwrap();
        assert_eq!(sign(minutes(33)).unwrap_err(), Refused::SessionEnded { reason: CloseReason::Spent });
        assert_eq!(sign(minutes(8 * 60)).unwrap_err(), Refused::SessionEnded { reason: CloseReason::Expired });
        assert_eq!(sessions.expire(minutes(33)), [(id, CloseReason::Spent)]);
        assert_eq!(sessions.expire(minutes(33)), []);
        assert_eq!(sign(minutes(33)).unwrap_err(), Refused::NoSuchSession);
    }
}

/// The clock since boot, at some time.
const BOOTED: Duration = Duration::from_secs(100_000);

#[test]
fn a_clock_that_is_set_ends_no_session_and_none_outlasts_its_certificate() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let row = hospital.open(&operator, "front-desk", &Attested::ALL).unwrap();
        let sessions = Sessions::default();
        sessions.admit(&row, Vec::new(), operator, &caps(), BOOTED);
        // A day ahead, in doubt: nobody has used it for a minute, and no longer.
        let after = |minutes: u64| BOOTED + Duration::from_secs(60 * minutes);
        assert_eq!(sessions.expire(Reading { wall: None, since_boot: after(1) }), []);
        // A clock that stands still keeps none open either.
        let stands = |minutes| Reading { wall: Some(hospital.now), since_boot: after(minutes) };
        assert_eq!(sessions.expire(stands(30)), []);
        assert_eq!(sessions.expire(stands(31)), [(row.id, CloseReason::Idle)]);
        hospital.close(&row, CloseReason::Idle).unwrap();

        let ends = manager.certificate().not_after;
        hospital.now = ends.plus(SignedDuration::from_hours(-1));
        assert_eq!(hospital.plan(&manager, "front-desk").unwrap().expires_at, ends);
    }
}

#[test]
fn a_session_is_one_persons_at_one_station() {
    for (hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let other = hospital.operator([&admin, &manager], "mihon-hanako");
        let row = hospital.open(&operator, "front-desk", &[]).unwrap();
        let busy = refusal(hospital.open(&other, "front-desk", &[]));
        assert!(matches!(busy, Refused::StationBusy { login, .. } if login == "mihon-taro"));
        hospital.open(&operator, "ward-2", &[]).unwrap();
        // The administrator has no business here.
        assert!(matches!(refusal(hospital.open(&admin, "ward-3", &[])), Refused::NotEntitled { .. }));
        hospital.close(&row, CloseReason::LogOff).unwrap();
        assert_eq!(refusal(hospital.close(&row, CloseReason::LogOff)), Refused::NoSuchSession);
        hospital.open(&other, "front-desk", &[]).unwrap();
    }
}

#[test]
fn a_session_whose_key_is_gone_keeps_its_station_from_nobody() {
    for (hospital, admin, manager) in Hospital::founded() {
        let first = hospital.operator([&admin, &manager], "mihon-a");
        let second = hospital.operator([&admin, &manager], "mihon-b");
        let row = hospital.open(&first, "front-desk", &Attested::ALL).unwrap();
        let keyless = |with_key: Vec<_>, now| {
            let found = async move |tx: &mut _| sessions::close_keyless(tx, &with_key, now).await;
            hospital.database.read(found).unwrap()
        };
        assert!(keyless(vec![row.id], later(1)).is_empty());
        // Its key may be on the way, by a clock that was read a moment earlier too.
        for seconds in [-50, 0, 50] {
            assert!(keyless(vec![], row.opened_at.plus(SignedDuration::from_secs(seconds))).is_empty());
        }
        // And by a clock that was set back it began long after now.
        assert_eq!(keyless(vec![], row.opened_at.plus(SignedDuration::from_hours(-1))).len(), 1);
        let [closed] = <[_; 1]>::try_from(keyless(vec![], later(1))).unwrap();
        hospital.commit(async move |_| Ok(closed)).unwrap();
        assert!(hospital.open(&second, "front-desk", &Attested::ALL).is_ok());
    }
}

#[test]
fn half_an_attestation_is_none() {
    for (hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let half = hospital.open(&operator, "front-desk", &[Attested::NothingPastedOver]);
        assert_eq!(refusal(half), Refused::MalformedAct);
        let row = hospital.open(&operator, "front-desk", &[]).unwrap();
        assert_eq!(row.attestation, None);
        let attest = |attested: &[Attested], signer: &Signer| {
            let deed = Deed::AttestBatch { session: row.id, attested: attested.to_vec() };
            let act = Act::new(deed, signer.person(), hospital.now, hospital.rules.home);
            let signed = Signed::sign(act, &[signer]).unwrap();
            let (rules, now) = (hospital.rules, hospital.now);
            hospital.commit(async move |tx| sessions::attest(tx, signed, &rules, now).await)
        };
        assert_eq!(refusal(attest(&[Attested::NothingOutsideScanArea], &operator)), Refused::MalformedAct);
        let other = hospital.operator([&admin, &manager], "mihon-hanako");
        assert_eq!(refusal(attest(&Attested::ALL, &other)), Refused::NoSuchSession);
        attest(&Attested::ALL, &operator).unwrap();
        let id = row.id;
        let row = hospital.database.read(async move |tx| sessions::get(tx, id).await).unwrap().unwrap();
        assert_eq!(row.attestation.unwrap().by, operator.person());
        assert_eq!(hospital.kinds().last(), Some(&Kind::BatchAttested));
    }
}

#[test]
fn a_session_goes_on_within_its_caps() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let first = hospital.open(&operator, "front-desk", &Attested::ALL).unwrap();
        let id = first.id;
        hospital
            .database
            .write(async move |tx| {
                sessions::count_signed(tx, id).await?;
                sessions::count_signed(tx, id).await
            })
            .unwrap();
        hospital.now = later(1);
        // The process ends, and another one starts.
        let journal = Arc::clone(&hospital.journal);
        let now = hospital.now;
        let closed = hospital.database.write(async move |tx| {
            let changes = sessions::close_left_open(tx, now).await?;
            let count = changes.len();
            for change in changes {
                commit(tx, &journal, change, now).await?;
            }
            Ok::<_, PeopleError>(count)
        });
        assert_eq!(closed.unwrap(), 1);

        let second = hospital.open(&operator, "front-desk", &[]).unwrap();
        assert_eq!((second.continues, second.expires_at, second.most), (Some(first.id), first.expires_at, 1));
        assert_eq!(second.attestation, first.attestation);
        let chain = hospital.database.read({
            let second = second.clone();
            async move |tx| sessions::chain(tx, &second).await
        });
        assert_eq!(chain.unwrap(), [first.id]);
        // Somebody else's, another station's, or one that a cap ended is not gone on with.
        assert_eq!(hospital.plan(&operator, "ward-2").unwrap().continues, None);
        hospital.close(&second, CloseReason::Idle).unwrap();
        assert_eq!(hospital.plan(&operator, "front-desk").unwrap().continues, None);
        let third = hospital.open(&operator, "front-desk", &[]).unwrap();
        assert_eq!((third.most, third.attestation.clone()), (3, None));
        hospital.close(&third, CloseReason::LogOff).unwrap();
        hospital.now = hospital.now.plus(SignedDuration::from_mins(29));
        assert_eq!(hospital.plan(&operator, "front-desk").unwrap().continues, Some(third.id));
        hospital.now = hospital.now.plus(SignedDuration::from_mins(2));
        assert_eq!(hospital.plan(&operator, "front-desk").unwrap().continues, None);
    }
}

#[test]
fn a_person_s_keys_go_with_the_person() {
    for (hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let person = operator.person();
        let row = hospital.open(&operator, "front-desk", &[]).unwrap();
        let sessions = Sessions::default();
        sessions.admit(&row, Vec::new(), operator, &caps(), BOOTED);
        assert_eq!(sessions.close_all_of(PersonId::new()), []);
        assert_eq!(sessions.close_all_of(person), [row.id]);
        assert!(sessions.all().is_empty());
        assert!(!sessions.close(row.id));
    }
}
