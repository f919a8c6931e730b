//! What is filed is the signature that counts: one that the journal has, and that nothing said after it gives up.

use torikomi::ids::{AttemptId, Digest};
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::people::acts::{Act, Deed, ReasonCode, Signed};
use torikomi::verification::journal::JournalFault;
use torikomi::verification::{Fault, Said, Step, Verdict};

use crate::forgeries::faults;
use crate::hospital::{Hospital, Recipe, SIGNED_AT, at};

/// By which the line gives a signature up.
const GIVEN_UP: [Kind; 7] = [
    Kind::StampMissed,
    Kind::AttemptDamaged,
    Kind::AttemptAhead,
    Kind::SignerRevoked,
    Kind::SignerNotValid,
    Kind::DecisionRevoked,
    Kind::IntakeDoubted,
];

fn draft(kind: Kind, signed: &Draft) -> Draft {
    Draft::by_system(kind, Subject::document(signed.subject.document.unwrap()))
}

/// Somebody says whose it is.
fn identify(hospital: &Hospital, signed: &Draft) {
    let deed = Deed::Identify {
        document: signed.subject.document.unwrap(),
        state_digest: Digest::of(b"what was shown"),
        reason: ReasonCode::WrongPatient,
        weaker_profile: false,
        set_aside: Vec::new(),
        supersedes: None,
    };
    let act = Act::new(deed, hospital.manager.person(), at(SIGNED_AT), hospital.home);
    hospital.append(Signed::sign(act, &[&hospital.manager]).unwrap().into_draft(None), at(SIGNED_AT));
}

/// What journal and record say of a filing before which this happened, and the entry of the filing.
fn filed(recipe: Recipe) -> (Vec<JournalFault>, Option<Fault>, JournalFault) {
    let hospital = Hospital::new();
    let filed = hospital.file(recipe);
    let report = hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap();
    let step = report.steps.iter().find(|step| step.step == Step::Journal).unwrap();
    let fault = match &step.said {
        Said::Fault(fault) => Some(fault.clone()),
        said => {
            assert_eq!(step.verdict, Verdict::Passed, "{said:?}");
            None
        }
    };
    let (index, document) = (filed.row.journal_index, filed.document);
    (faults(&hospital), fault, JournalFault::FiledWithoutSignature { index, document })
}

fn after(before_filing: impl Fn(&Hospital, &Draft) + 'static) -> Recipe {
    Recipe { before_filing: Box::new(before_filing), ..Recipe::default() }
}

/// It is named in the journal, and where somebody verifies the record.
fn is_named(recipe: Recipe, why: &str) {
    let (faults, fault, expected) = filed(recipe);
    assert_eq!(faults, std::slice::from_ref(&expected), "{why}");
    let JournalFault::FiledWithoutSignature { index, .. } = expected else { unreachable!() };
    assert_eq!(fault, Some(Fault::FiledWithoutSignature { index }), "{why}");
}

#[test]
fn a_signature_that_was_given_up_is_not_filed() {
    for kind in GIVEN_UP {
        let given_up = move |hospital: &Hospital, signed: &Draft| {
            hospital.append(draft(kind, signed), at(SIGNED_AT));
        };
        let (faults, fault, expected) = filed(after(given_up));
        assert_eq!(faults, std::slice::from_ref(&expected), "{kind}");
        // A record that says nothing of a doubt is denied for that already.
        if kind != Kind::IntakeDoubted {
            is_named(after(given_up), &kind.to_string());
        }
        assert!(fault.is_some(), "{kind}");
    }
    // A restore gives up what somebody had stopped; by other holds nothing is given up.
    let held = |attempt: bool| {
        after(move |hospital, signed| {
            let held = draft(Kind::DocumentHeld, signed).fact("reason", "asked-anew");
            let held = if attempt { held.fact("attempt", &signed.facts["attempt"]) } else { held };
            hospital.append(held, at(SIGNED_AT));
        })
    };
    is_named(held(true), "held");
    let (faults, fault, _) = filed(held(false));
    assert_eq!((faults, fault), (Vec::new(), None));
}

#[test]
fn a_signature_that_was_given_up_does_not_come_back() {
    let again = |hospital: &Hospital, signed: &Draft| {
        hospital.append(draft(Kind::AttemptDamaged, signed), at(SIGNED_AT));
        hospital.append(signed.clone(), at(SIGNED_AT));
    };
    is_named(after(again), "entered a second time");
    let anew = |hospital: &Hospital, signed: &Draft| {
        hospital.append(signed.clone().fact("attempt", AttemptId::new()), at(SIGNED_AT));
    };
    is_named(after(anew), "signed anew");
}

#[test]
fn a_signature_that_was_never_entered_is_not_filed() {
    is_named(Recipe { signed: |facts| facts.clear(), ..Recipe::default() }, "none");
    for name in ["attempt", "manifest", "certificate"] {
        let another = match name {
            "attempt" => |facts: &mut serde_json::Map<_, _>| facts["attempt"] = AttemptId::new().to_string().into(),
            "manifest" => |facts: &mut serde_json::Map<_, _>| facts["manifest"] = Digest::of(b"").to_string().into(),
            _ => |facts: &mut serde_json::Map<_, _>| facts["certificate"] = Digest::of(b"").to_string().into(),
        };
        is_named(Recipe { signed: another, ..Recipe::default() }, name);
    }
}

/// The page would be in the records of whoever it was thought to be of, against a person's signed word.
#[test]
fn what_was_signed_before_a_person_said_whose_it_is_is_not_filed() {
    let (faults, fault, expected) = filed(after(identify));
    assert_eq!(faults, [expected]);
    assert!(matches!(fault, Some(Fault::IdentifiedSince { .. })), "{fault:?}");
    // Whoever has the journal's key may enter a signature late that never was: the record itself tells what it was signed after.
    let late = |hospital: &Hospital, signed: &Draft| {
        identify(hospital, signed);
        hospital.append(signed.clone(), at(SIGNED_AT));
    };
    let unentered = |facts: &mut serde_json::Map<_, _>| facts.clear();
    let (faults, fault, _) = filed(Recipe { signed: unentered, ..after(late) });
    assert_eq!(faults, [], "the journal alone does not tell");
    assert!(matches!(fault, Some(Fault::IdentifiedSince { .. })), "{fault:?}");
}

/// What is entered of a document once it is filed ends no signature of its record any more; `journal verify` names such an entry.
#[test]
fn what_is_entered_after_the_filing_gives_nothing_up() {
    let damaged = |hospital: &Hospital, of: &Draft| {
        hospital.append(draft(Kind::AttemptDamaged, of), at(SIGNED_AT));
    };
    for later in [damaged, identify] {
        let hospital = Hospital::new();
        let filed = hospital.file(Recipe::default());
        later(&hospital, &Draft::by_system(Kind::DocumentSigned, Subject::document(filed.document)));
        let report = hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap();
        let step = report.steps.iter().find(|step| step.step == Step::Journal).unwrap();
        assert_eq!(step.verdict, Verdict::Passed, "{:?}", step.said);
    }
}
