//! A home for production, before anybody has a certificate of an outside authority.

use torikomi::config::Mode;
use torikomi::control::{Refusal, Request};
use torikomi::crypto::oid;
use torikomi::daemon::open::OpenError;
use torikomi::people::Refused;
use torikomi::people::acts::{Act, Deed, Signed};
use torikomi::people::certificates::{self, Signer};
use torikomi::people::{PeopleError, register};
use torikomi::verification::ActFault;
use torikomi::verification::journal::JournalFault;

use crate::bench::{ADMIN, Bench, MANAGER, STATION, passphrase, person};
use crate::people::{add, enrol_login, open};

/// A home for production whose clock is kept right.
pub(crate) fn in_production() -> Bench {
    let bench = Bench::in_mode(Mode::Production);
    bench.the_clock_is_kept_right();
    bench
}

#[test]
fn in_production_nothing_is_signed_with_an_evaluation_certificate() {
    let bench = in_production();
    for (by, request) in [(MANAGER, open(MANAGER)), (ADMIN, add(ADMIN))] {
        let refused = Refused::CertificateForEvaluation { login: by.to_owned() };
        assert_eq!(bench.refused(request), Refusal::from(refused));
    }
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_none());
    // The same in an evaluation home is done.
    Bench::new().done(add(ADMIN));
}

#[test]
fn in_production_the_evaluation_authority_certifies_nobody() {
    let bench = in_production();
    let renewed = Request::Enrol {
        by: person(ADMIN),
        witness: None,
        person: person(MANAGER),
        present: Some(torikomi::control::Secret::new(passphrase(MANAGER))),
        certified: bench.certified(MANAGER, &person(MANAGER).passphrase),
    };
    let plan = Request::PlanCertificate { by: ADMIN.into(), witness: None, login: MANAGER.into(), renew: true };
    for request in [renewed, enrol_login(&bench, ADMIN, MANAGER), plan] {
        assert_eq!(bench.refused(request), Refusal::from(Refused::EvaluationAuthorityShut));
    }
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

/// What a daemon that asks less would have let into the journal is denied by whoever verifies it.
#[test]
fn in_production_an_act_by_an_evaluation_certificate_counts_for_no_verifier() {
    let bench = in_production();
    let line = &bench.opened.line;
    let signer = signer(&bench, ADMIN);
    let deed = Deed::AddPerson { person: torikomi::ids::PersonId::new() };
    let act = Act::new(deed, signer.person(), bench.now(), line.home.id());
    let draft = Signed::sign(act, &[&signer]).unwrap().into_draft(None);
    let (journal, now) = (std::sync::Arc::clone(&line.journal), bench.now());
    bench.write(async move |tx| journal.append(tx, draft, now).await.map(drop));
    let certificate = signer.certificate().fingerprint;
    let expected =
        JournalFault::ActWrong { index: 1, act_fault: ActFault::ActCertificateForEvaluation { certificate } };
    let faults = bench.journal_report().faults;
    assert!(faults.contains(&expected), "{faults:#?}");
}

/// The key of a founder, opened.
fn signer(bench: &Bench, login: &str) -> Signer {
    let line = &bench.opened.line;
    let found = line.database.read::<_, PeopleError, _>(async |tx| {
        let person = register::active(tx, login).await?;
        let certificate = certificates::current(tx, &person, line.clock.now()).await?;
        Ok((person, certificate))
    });
    let (person, certificate) = found.unwrap();
    let passphrase = torikomi::crypto::make::Passphrase::new(passphrase(login));
    Signer::unlock(&person, certificate, &line.keys, &passphrase).unwrap()
}
