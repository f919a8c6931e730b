//! What somebody could write who has the journal's key, or colludes: acts that the line itself would refuse, and records
//! that say of themselves what the journal does not. Each is named.

use jiff::SignedDuration;
use serde_json::Value;
use torikomi::calendar::DEFAULT_CALENDAR;
use torikomi::config::Mode;
use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::database::{DatabaseError, Tx};
use torikomi::evidence::record::{RecordJson, Seen};
use torikomi::identity::{Source, Sourced};
use torikomi::ids::{Digest, DocumentId, PersonId, SessionId};
use torikomi::instant::Instant;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::judgement::{Finding, Outcome, Reason, Severity};
use torikomi::ledger::documents;
use torikomi::people::Role;
use torikomi::people::acts::{Act, Deed, PagesSeen, ReasonCode, Signed};
use torikomi::people::appointments::Appointment;
use torikomi::people::certificates::Signer;
use torikomi::people::enrolment;
use torikomi::verification::journal::{JournalFault, Sources, verify};
use torikomi::verification::{ActFault, Fault, Said, Step, Verdict, verify_pack};

use crate::hospital::{FOUNDED_AT, Hospital, Recipe, SIGNED_AT, TAKEN_IN_AT, at, confirm, found, the_state, validity};

/// Appends an act whoever may do it, and answers at which place.
pub(crate) fn append(hospital: &Hospital, deed: Deed, signers: &[&Signer], at: Instant) -> u64 {
    let act = Act::new(deed, signers[0].person(), at, hospital.home);
    let act = match signers {
        [_, witness, second] => act.with_witness(witness.person()).with_second(second.person()),
        [_, second] => act.with_second(second.person()),
        _ => act,
    };
    hospital.append(Signed::sign(act, signers).unwrap().into_draft(None), at).index
}

/// What the whole journal's verification says of the acts.
pub(crate) fn acts_at_fault(hospital: &Hospital) -> Vec<(u64, ActFault)> {
    let files = hospital.folder.path().join("store/journal");
    torikomi::journal::files::Files::open(&files, &hospital.database).unwrap().catch_up(&hospital.database).unwrap();
    let (database, trust) = (&hospital.database, &hospital.trust);
    let report = verify(&Sources { database, files: &files, trust, against: None }, |_, _| ()).unwrap();
    let acts = report.faults.into_iter().filter_map(|fault| match fault {
        JournalFault::ActWrong { index, act_fault } => Some((index, act_fault)),
        _ => None,
    });
    acts.collect()
}

pub(crate) fn appointment(person: PersonId, role: Role, from: Instant) -> Deed {
    Deed::Appoint(Appointment { person, role, rank: 2, from, until: None })
}

#[test]
fn a_home_is_founded_once() {
    let hospital = Hospital::new();
    let (admin, now) = (&hospital.admin, at(TAKEN_IN_AT));
    let again = Deed::Genesis {
        mode: Mode::Evaluation,
        root: Digest::of(hospital.ca.certificate()),
        timestamping: None,
        people: vec![admin.person(), admin.person()],
        appointments: vec![Appointment {
            person: admin.person(),
            role: Role::InformationManager,
            rank: 1,
            from: at(FOUNDED_AT),
            until: None,
        }],
        certificates: Vec::new(),
        profiles: Vec::new(),
        calendar: Digest::of(DEFAULT_CALENDAR.as_bytes()),
    };
    let index = append(&hospital, again, &[admin, admin], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
}

#[test]
fn a_certificate_is_asked_for_by_its_own_key() {
    let hospital = Hospital::new();
    let now = at(TAKEN_IN_AT);
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let person = &hospital.manager_person;
    let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", validity(), now).unwrap();
    // The manager's old key signs; the new one, of which the manager may know nothing, does not.
    let deed = Deed::Enrol(certificate.issued());
    let index = append(&hospital, deed, &[&hospital.admin, &hospital.manager], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
}

#[test]
fn nobody_appoints_themselves_or_for_days_gone_by() {
    let now = at(TAKEN_IN_AT);
    let hospital = Hospital::new();
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let index = append(&hospital, appointment(manager.person(), Role::Admin, now), &[admin, manager], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);

    let hospital = Hospital::new();
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let index = append(&hospital, appointment(PersonId::new(), Role::Operator, at(FOUNDED_AT)), &[admin, manager], now);
    // Not for a moment gone by either; and nobody takes from what was signed in office that it was.
    let moment_ago = now.plus(SignedDuration::from_micros(-1));
    let begun = append(&hospital, appointment(PersonId::new(), Role::Viewer, moment_ago), &[admin, manager], now);
    let (person, role) = (manager.person(), Role::InformationManager);
    let end = Deed::EndAppointment { person, role, ends: moment_ago };
    let ended = append(&hospital, end, &[admin], now);
    let expected = [index, begun, ended].map(|index| (index, ActFault::ActOutOfPlace));
    assert_eq!(acts_at_fault(&hospital), expected);
}

#[test]
fn nothing_is_learned_from_an_act_that_does_not_count() {
    let hospital = Hospital::new();
    let now = at(TAKEN_IN_AT);
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    // The manager, who may not, makes an administrator of himself, and acts as one.
    let first = append(&hospital, appointment(manager.person(), Role::Admin, now), &[manager, admin], now);
    let then = append(&hospital, Deed::AddPerson { person: PersonId::new() }, &[manager], now);
    let not_held = |act: &str| ActFault::ActRoleNotHeld { act: act.into() };
    assert_eq!(acts_at_fault(&hospital), [(first, not_held("appoint")), (then, not_held("add-person"))]);
}

/// Takes a document in, as the line does.
fn taken(hospital: &Hospital) -> DocumentId {
    let (document, now) = (DocumentId::new(), at(TAKEN_IN_AT));
    let create =
        async move |tx: &mut Tx| documents::create(tx, document, &"uketsuke".parse().unwrap(), &[], now, now).await;
    hospital.take(document, now);
    hospital.database.write::<_, DatabaseError, _>(create).unwrap();
    document
}

/// What the whole journal's verification says beside that.
pub(crate) fn faults(hospital: &Hospital) -> Vec<JournalFault> {
    let files = hospital.folder.path().join("store/journal");
    let (database, trust) = (&hospital.database, &hospital.trust);
    torikomi::journal::files::Files::open(&files, database).unwrap().catch_up(database).unwrap();
    verify(&Sources { database, files: &files, trust, against: None }, |_, _| ()).unwrap().faults
}

#[test]
fn an_act_stands_in_an_entry_about_what_it_says() {
    let hospital = Hospital::new();
    let [meant, other] = [taken(&hospital), taken(&hospital)];
    let deed = Deed::SendBack { documents: vec![meant], state_digest: the_state(), reason: ReasonCode::Rescan };
    let act = Act::new(deed, hospital.manager.person(), at(TAKEN_IN_AT), hospital.home);
    let mut draft = Signed::sign(act, &[&hospital.manager]).unwrap().into_draft(None);
    draft.subject = Subject::document(other);
    let index = hospital.append(draft, at(TAKEN_IN_AT)).index;
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActDiffers)]);
}

#[test]
fn an_act_counts_once() {
    let hospital = Hospital::new();
    let (admin, manager, now) = (&hospital.admin, &hospital.manager, at(TAKEN_IN_AT));
    let signed = |deed: Deed, signers: &[&Signer]| {
        let act = Act::new(deed, signers[0].person(), now, hospital.home);
        let act = if let [_, second] = signers { act.with_second(second.person()) } else { act };
        Signed::sign(act, signers).unwrap()
    };
    // An appointment that was ended is written once more, to hold anew.
    let person = PersonId::new();
    let appointed = signed(appointment(person, Role::Operator, now), &[admin, manager]);
    hospital.append(appointed.clone().into_draft(None), now);
    let ends = now.plus(SignedDuration::from_secs(1));
    append(&hospital, Deed::EndAppointment { person, role: Role::Operator, ends }, &[admin], now);
    let again = hospital.append(appointed.into_draft(None), now).index;
    // A confirmation is written twice; and a decision about a document that has ended.
    let document = taken(&hospital);
    let confirmed = signed(confirm(document), &[manager]);
    hospital.append(confirmed.clone().into_draft(None), now);
    let twice = hospital.append(confirmed.clone().into_draft(None), now).index;
    let repeated = [again, twice].map(|index| (index, ActFault::ActRepeated));
    assert_eq!(acts_at_fault(&hospital), repeated);
    let deed = Deed::Discard { document, state_digest: the_state(), reason: ReasonCode::NotARecord };
    append(&hospital, deed, &[manager], now);
    let ended = hospital.append(confirmed.into_draft(None), now).index;
    let expected = JournalFault::ActOnEnded { index: ended, document };
    assert!(faults(&hospital).contains(&expected), "{:?}", faults(&hospital));
}

#[test]
fn a_record_is_proven_by_acts_that_stand_once() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let stored = hospital.database.read(async |tx| torikomi::journal::read::entries(tx, 0, 1000).await).unwrap();
    let opened = stored.iter().map(|stored| stored.entry().unwrap()).find(|entry| entry.kind == Kind::SessionOpened);
    let opened = opened.unwrap();
    let judge = || hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap();
    assert_eq!(judge().verdict, Verdict::Passed);
    let draft = Draft::by_person(opened.kind, hospital.manager.person(), opened.subject).act(opened.act.unwrap());
    let index = hospital.append(draft, opened.at).index;
    let said: Vec<_> = judge().steps.into_iter().map(|step| step.said).collect();
    let expected = Said::Fault(Fault::ActWrong { index, act_fault: ActFault::ActRepeated });
    assert!(said.contains(&expected), "{said:?}");
}

/// By a clock that was set back the entry that closes a session bears an earlier time than what was signed in it.
#[test]
fn a_session_was_open_until_the_time_that_its_end_states() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let set_back = at("2026-11-20T04:10:00.000000Z");
    let close = |closed_at: Instant| {
        let subject = Subject { session: Some(filed.session), ..Subject::default() };
        let draft =
            Draft::by_system(Kind::SessionClosed, subject).fact("reason", "restart").fact("closed_at", closed_at);
        hospital.append(draft, set_back);
        hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap().verdict
    };
    assert_eq!(close(at(SIGNED_AT)), Verdict::Passed);
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let subject = Subject { session: Some(filed.session), ..Subject::default() };
    hospital.append(Draft::by_system(Kind::SessionClosed, subject), set_back);
    assert_eq!(hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap().verdict, Verdict::Failed);
}

/// The first thing that is wrong with what a recipe makes.
fn fault(recipe: Recipe) -> (Step, Fault) {
    let hospital = Hospital::new();
    let filed = hospital.file(recipe);
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Failed, "{report:#?}");
    let step = report.first_objection().unwrap();
    let Said::Fault(fault) = &step.said else { panic!("{report:#?}") };
    (step.step, fault.clone())
}

#[test]
fn the_intake_was_when_the_journal_says_and_of_what_it_says() {
    let differs = |recipe: Recipe, expected: &str| {
        let found = fault(recipe);
        let (Step::Journal, Fault::EntryDiffers { field, .. }) = &found else { panic!("{expected}: {found:?}") };
        assert_eq!(field, expected);
    };
    // Not even by a second, one way or the other.
    for time in ["2026-11-20T05:04:59.000000Z", "2026-11-20T05:05:01.000000Z"] {
        differs(Recipe { in_custody_at: Some(at(time)), ..Recipe::default() }, "taken_in_at");
    }
    let other = |facts: &mut serde_json::Map<String, Value>| {
        facts["contents"] = vec![Digest::of(b"another scan").to_string()].into();
    };
    differs(Recipe { taken: other, ..Recipe::default() }, "contents");
    type Change = (fn(&mut Draft), &'static str);
    let changes: [Change; 7] = [
        (|draft| draft.kind = Kind::DeliveryIncomplete, "kind"),
        (|draft| draft.subject.delivery = Some(torikomi::ids::DeliveryId::new()), "delivery"),
        (|draft| draft.facts["station"] = "kyukyu".into(), "station"),
        (|draft| draft.facts["copy"] = 2.into(), "copy"),
        (|draft| draft.facts["contents"] = Vec::<String>::new().into(), "contents"),
        (|draft| draft.facts["clock"] = serde_json::json!({ "problem": "jumped" }), "clock"),
        // What it was not delivered in signs nothing by itself; nor is what cannot be read the entry of a copy.
        (|draft| draft.facts["session"] = 1.into(), "kind"),
    ];
    for (in_custody, field) in changes {
        differs(Recipe { in_custody, ..Recipe::default() }, field);
    }
    // It is named, and no other entry stands for it.
    differs(Recipe { taken: |facts| facts["in_custody"] = 0.into(), ..Recipe::default() }, "kind");
}

#[test]
fn a_profile_that_was_never_approved_judges_nothing() {
    let lenient = Recipe::default().profile.replace("minimum_dpi = 300", "minimum_dpi = 50");
    assert_ne!(lenient, Recipe::default().profile);
    let found = fault(Recipe { profile: lenient.clone(), adopted: false, ..Recipe::default() });
    assert!(matches!(found, (Step::Journal, Fault::ProfileNotAdopted { .. })), "{found:?}");
    // Approved, it does.
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { profile: lenient, ..Recipe::default() });
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
}

#[test]
fn a_batch_without_attestation_is_not_signed_for() {
    let none = |record: &mut RecordJson| record.attestation = None;
    assert_eq!(fault(Recipe { record: none, ..Recipe::default() }), (Step::Releases, Fault::NotAttested));
    let half = |record: &mut RecordJson| drop(record.attestation.as_mut().unwrap().attested.pop());
    assert_eq!(fault(Recipe { record: half, ..Recipe::default() }), (Step::Releases, Fault::NotAttested));
}

#[test]
fn a_session_signs_alone_only_what_passed_and_is_its_own() {
    let by_session = || include_str!("../../profiles/demo/referral-letter-demo.toml").to_owned();
    let unasked = |_: DocumentId| Vec::new();
    let others = |record: &mut RecordJson| {
        let mut operator = record.signer.person.clone();
        operator.id = PersonId::new();
        record.operator = Some(operator);
    };
    let recipe = Recipe { profile: by_session(), decisions: unasked, record: others, ..Recipe::default() };
    assert_eq!(fault(recipe), (Step::Releases, Fault::NotConfirmed));

    let released = |document: DocumentId| vec![accept(document)];
    let recipe = Recipe { profile: by_session(), decisions: released, record: held, ..Recipe::default() };
    assert_eq!(fault(recipe), (Step::Releases, Fault::NotConfirmed));
}

#[test]
fn who_accepts_in_time_accepts_no_delay() {
    let late = at("2026-11-24T04:20:01.000000Z");
    let recipe = Recipe {
        signed_at: late,
        stamped_at: Some(late),
        filed_at: late,
        record: held,
        decisions: |document| vec![accept(document), confirm(document)],
        ..Recipe::default()
    };
    let expected = Fault::SignedLate { signed_at: late, sign_by: at(crate::hospital::SIGN_BY) };
    assert_eq!(fault(recipe), (Step::Windows, expected));
}

#[test]
fn decisions_stand_in_the_order_in_which_they_were_made() {
    let turned = |record: &mut RecordJson| record.decisions.reverse();
    let recipe =
        Recipe { record: turned, decisions: |document| vec![accept(document), confirm(document)], ..Recipe::default() };
    let found = fault(recipe);
    assert!(matches!(found, (Step::Releases, Fault::OtherDecision { .. })), "{found:?}");
}

#[test]
fn a_decision_is_about_the_state_that_was_signed() {
    let of_another = |document| {
        let (state_digest, pages) = (Digest::of(b"another patient's"), PagesSeen::Attested);
        vec![Deed::Confirm { document, state_digest, pages, supersedes: None }]
    };
    let found = fault(Recipe { decisions: of_another, ..Recipe::default() });
    assert!(matches!(found, (Step::Releases, Fault::OtherState { .. })), "{found:?}");

    // One that says itself that it was about another state is proven, and releases nothing.
    let earlier = |record: &mut RecordJson| {
        let (mut identity, claims) = (record.identity.clone(), record.claims.clone());
        identity.patient = None;
        let seen = Seen { identity, claims, parts: Vec::new(), judgement: None };
        record.decisions[0].seen = Some(Box::new(seen));
    };
    assert_eq!(fault(Recipe { record: earlier, ..Recipe::default() }), (Step::Releases, Fault::NotConfirmed));
    let recipe = |decisions: fn(DocumentId) -> Vec<Deed>| Recipe { decisions, record: earlier, ..Recipe::default() };
    let hospital = Hospital::new();
    let filed = hospital.file(recipe(|document| {
        vec![
            Deed::Identify {
                document,
                state_digest: the_state(),
                reason: ReasonCode::WrongPatient,
                weaker_profile: false,
                set_aside: Vec::new(),
                supersedes: None,
            },
            confirm(document),
        ]
    }));
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
    // And what it says is proven too.
    let found = fault(recipe(|document| {
        let state_digest = Digest::of(b"something else");
        vec![
            Deed::Identify {
                document,
                state_digest,
                reason: ReasonCode::WrongPatient,
                weaker_profile: false,
                set_aside: Vec::new(),
                supersedes: None,
            },
            confirm(document),
        ]
    }));
    assert!(matches!(found, (Step::Releases, Fault::OtherState { .. })), "{found:?}");
}

#[test]
fn every_check_has_said_something() {
    let without = |record: &mut RecordJson| {
        record.judgement.findings.retain(|finding| finding.check != "blank_page");
    };
    let expected = Fault::CheckMissing { check: "blank_page".into() };
    assert_eq!(fault(Recipe { record: without, ..Recipe::default() }), (Step::Releases, expected));
    let beyond = |record: &mut RecordJson| record.judgement.findings[0].page = Some(3);
    let expected = Fault::FindingMisplaced { check: "format_not_accepted".into(), page: 3 };
    assert_eq!(fault(Recipe { record: beyond, ..Recipe::default() }), (Step::Releases, expected));
}

#[test]
fn the_session_was_open_and_the_signers_own() {
    let found = fault(Recipe { record: |record| record.signer.session = SessionId::new(), ..Recipe::default() });
    assert!(matches!(found, (Step::Session, Fault::SessionNotOpened { .. })), "{found:?}");

    let over = at("2026-11-20T05:09:59.000000Z");
    let closed = fault(Recipe { closed_at: Some(over), ..Recipe::default() });
    assert!(
        matches!(&closed, (Step::Session, Fault::SignedOutsideSession { until, .. }) if *until == over),
        "{closed:?}"
    );
    let expired = |deed: &mut Deed| {
        let Deed::OpenSession { expires, .. } = deed else { unreachable!() };
        *expires = at("2026-11-20T05:09:59.000000Z");
    };
    let found = fault(Recipe { opened: expired, ..Recipe::default() });
    assert!(matches!(found, (Step::Session, Fault::SignedOutsideSession { .. })), "{found:?}");

    let elsewhere = |deed: &mut Deed| {
        let Deed::OpenSession { station, .. } = deed else { unreachable!() };
        *station = "byoto-2".parse().unwrap();
    };
    let found = fault(Recipe { opened: elsewhere, ..Recipe::default() });
    assert!(matches!(&found, (Step::Session, Fault::SessionDiffers { field, .. }) if field == "station"), "{found:?}");
    // The administrator can open none.
    let found = fault(Recipe { opened_by: |hospital| &hospital.admin, ..Recipe::default() });
    let role = ActFault::ActRoleNotHeld { act: "open-session".into() };
    assert!(matches!(&found, (Step::Session, Fault::ActWrong { act_fault, .. }) if *act_fault == role), "{found:?}");
    let goes_on = |deed: &mut Deed| {
        let Deed::OpenSession { continues, .. } = deed else { unreachable!() };
        *continues = Some(SessionId::new());
    };
    let found = fault(Recipe { opened: goes_on, ..Recipe::default() });
    assert!(matches!(found, (Step::Session, Fault::SessionNotOpened { .. })), "{found:?}");
}

#[test]
fn the_attestation_is_that_of_the_batch() {
    let not_proven = (Step::Session, Fault::AttestationNotProven);
    // Whoever opened the session attested nothing, whatever the record says.
    let silent = |deed: &mut Deed| {
        let Deed::OpenSession { attested, .. } = deed else { unreachable!() };
        attested.clear();
    };
    assert_eq!(fault(Recipe { opened: silent, ..Recipe::default() }), not_proven);
    let of_another = |record: &mut RecordJson| record.attestation.as_mut().unwrap().session = SessionId::new();
    assert_eq!(fault(Recipe { record: of_another, ..Recipe::default() }), not_proven);
    let later = |record: &mut RecordJson| record.attestation.as_mut().unwrap().at = at(TAKEN_IN_AT);
    assert_eq!(fault(Recipe { record: later, ..Recipe::default() }), not_proven);
    let by_another = |record: &mut RecordJson| record.attestation.as_mut().unwrap().by = PersonId::new();
    assert_eq!(fault(Recipe { record: by_another, ..Recipe::default() }), not_proven);
}

fn scanned_by_another(record: &mut RecordJson) {
    let mut operator = record.signer.person.clone();
    (operator.id, operator.login) = (PersonId::new(), "mihon-taro".into());
    record.identity.operator = Some(Sourced { value: operator.login.clone(), from: Source::Sidecar });
    record.operator = Some(operator);
}

#[test]
fn what_another_scanned_is_not_signed_for_as_an_operator() {
    let session = |record: fn(&mut RecordJson)| {
        let hospital = Hospital::new();
        let filed = hospital.file(Recipe { record, ..Recipe::default() });
        let proof = hospital.proof(&filed);
        let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
        report.steps.into_iter().find(|step| step.step == Step::Session).unwrap().said
    };
    assert!(matches!(session(scanned_by_another), Said::Fact(_)));
    let as_operator: fn(&mut RecordJson) = |record| {
        scanned_by_another(record);
        record.signer.capacity = "operator".into();
    };
    assert_eq!(session(as_operator), Said::Fault(Fault::OperatorDiffers));
}

#[test]
fn what_the_session_says_holds_for_what_was_delivered_in_it() {
    let received = |record: &mut RecordJson| record.identity.obtained_on.as_mut().unwrap().from = Source::Batch;
    let found = fault(Recipe { record: received, ..Recipe::default() });
    assert!(
        matches!(&found, (Step::Session, Fault::EntryDiffers { field, .. }) if field == "obtained_on"),
        "{found:?}"
    );
    let stated = |deed: &mut Deed| {
        let Deed::OpenSession { obtained_on, .. } = deed else { unreachable!() };
        *obtained_on = Some("2026-11-20".parse().unwrap());
    };
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { record: received, opened: stated, ..Recipe::default() });
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");

    // Delivered while no session was open, it is not signed by one alone.
    let recipe = Recipe {
        profile: include_str!("../../profiles/demo/referral-letter-demo.toml").to_owned(),
        decisions: |_| Vec::new(),
        in_custody: |draft| drop(draft.facts.remove("session")),
        ..Recipe::default()
    };
    assert_eq!(fault(recipe), (Step::Session, Fault::NotConfirmed));

    let operator = |record: &mut RecordJson| {
        let mut operator = record.signer.person.clone();
        operator.id = PersonId::new();
        record.operator = Some(operator);
    };
    assert_eq!(fault(Recipe { record: operator, ..Recipe::default() }), (Step::Session, Fault::OperatorDiffers));
}

fn accept(document: DocumentId) -> Deed {
    let (state_digest, reason) = (the_state(), ReasonCode::AsOnPaper);
    Deed::Accept { document, state_digest, reason, pages: PagesSeen::Attested }
}

/// A finding that held the document.
fn held(record: &mut RecordJson) {
    record.judgement.findings = found(Finding {
        check: "page_damaged".into(),
        outcome: Outcome::Indeterminate(Reason::CheckCrashed),
        severity: Severity::Hold,
        page: Some(1),
    });
    record.judgement.severity = Severity::Hold;
}
