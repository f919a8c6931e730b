//! What hangs on the very key with which somebody did something, and on there being an act at all.

use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::evidence::record::RecordJson;
use torikomi::ids::{DocumentId, SessionId};
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::people::acts::{Deed, RevocationReason};
use torikomi::people::certificates::Signer;
use torikomi::people::enrolment;
use torikomi::people::sessions::Attested;
use torikomi::verification::{ActFault, Fault, Said, Step, Verdict, verify_pack};

use crate::forgeries::{acts_at_fault, append};
use crate::hospital::{Hospital, Recipe, TAKEN_IN_AT, at, validity};

/// The session of before, which goes on.
const EARLIER: &str = "019a9d00-0000-7000-8000-000000000001";
const OPENED_AT: &str = "2026-11-20T05:00:00.000000Z";

fn earlier() -> SessionId {
    EARLIER.parse().unwrap()
}

/// What the step says of the session of a record that goes on with an earlier one, which was attested; `renewed`: with the
/// signer's next key, after the first was revoked.
fn continued(renewed: bool) -> (Verdict, Said) {
    let mut hospital = Hospital::new();
    let opened = Deed::OpenSession {
        session: earlier(),
        station: "uketsuke".parse().unwrap(),
        expires: at("2026-11-20T06:00:00.000000Z"),
        most: 200,
        continues: None,
        attested: Attested::ALL.to_vec(),
        obtained_on: None,
    };
    append(&hospital, opened, &[&hospital.manager], at(OPENED_AT));
    let closed_at = at("2026-11-20T05:01:00.000000Z");
    let subject = Subject { session: Some(earlier()), ..Subject::default() };
    hospital.append(Draft::by_system(Kind::SessionClosed, subject).fact("reason", "log-off"), closed_at);
    if renewed {
        let now = at("2026-11-20T05:02:00.000000Z");
        let (person, certificate) = (hospital.manager.person(), hospital.manager.certificate().fingerprint);
        let deed = Deed::Revoke { person, certificate, since: now, why: RevocationReason::KeyCompromised };
        append(&hospital, deed, &[&hospital.manager], now);
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        let person = &hospital.manager_person;
        let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", validity(), now).unwrap();
        hospital.register(&certificate);
        let deed = Deed::Enrol(certificate.issued());
        let next = Signer::new(person, certificate, key).unwrap();
        append(&hospital, deed, &[&hospital.admin, &next], now);
        hospital.manager = next;
    }
    let goes_on = |deed: &mut Deed| {
        let Deed::OpenSession { continues, attested, .. } = deed else { unreachable!() };
        *continues = Some(earlier());
        attested.clear();
    };
    let attested_then = |record: &mut RecordJson| record.attestation.as_mut().unwrap().at = at(OPENED_AT);
    let filed = hospital.file(Recipe { opened: goes_on, record: attested_then, ..Recipe::default() });
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    let step = report.steps.into_iter().find(|step| step.step == Step::Session).unwrap();
    (step.verdict, step.said)
}

#[test]
fn a_session_goes_on_with_the_key_that_opened_the_one_before() {
    let (verdict, said) = continued(false);
    assert_eq!(verdict, Verdict::Passed, "{said:?}");
    let (_, said) = continued(true);
    assert!(matches!(&said, Said::Fault(Fault::SessionDiffers { field, .. }) if field == "continues"), "{said:?}");
}

#[test]
fn an_act_of_whichever_kind_is_nothing_without_the_act() {
    let hospital = Hospital::new();
    let now = at(TAKEN_IN_AT);
    let mut missing = Vec::new();
    for kind in [Kind::DocumentRetried, Kind::DocumentAssigned, Kind::DocumentConfirmed, Kind::LateReleased] {
        let entry = Draft::by_system(kind, Subject::document(DocumentId::new()));
        missing.push((hospital.append(entry, now).index, ActFault::ActMissing));
    }
    assert_eq!(acts_at_fault(&hospital), missing);
}
