//! Containers and unpacked folders.

use serde_json::{Map, Value};
use torikomi::evidence::manifest::{MANIFEST_PATH, SIGNATURE_PATH};
use torikomi::evidence::record::RecordJson;
use torikomi::ids::Digest;
use torikomi::judgement::{Finding, Outcome, Reason, Severity};
use torikomi::people::acts::{Deed, PagesSeen, ReasonCode};
use torikomi::verification::{Doubt, EvidenceState, Fault, Report, Said, Step, Verdict, verify_pack};

use crate::hospital::{Hospital, Recipe, Stamp, at, changed, confirm, content, found, the_state};

type Change<T> = fn(&mut T);
type Rewrite = fn(String) -> String;

const EARLIER: &str = "01939d6e-0000-7000-8000-000000000007";

/// The report on what a recipe makes.
pub fn report(recipe: Recipe) -> Report {
    let hospital = Hospital::new();
    let filed = hospital.file(recipe);
    let proof = hospital.proof(&filed);
    verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap()
}

/// The first step that failed, with what it says.
pub fn fault(report: &Report) -> (Step, Fault) {
    let step = report.first_objection().unwrap_or_else(|| panic!("nothing was wrong: {report:#?}"));
    match &step.said {
        Said::Fault(fault) => (step.step, fault.clone()),
        other => panic!("{other:?} in {report:#?}"),
    }
}

pub fn doubt(report: &Report) -> (Step, Doubt) {
    let step = report.first_objection().unwrap();
    match &step.said {
        Said::Doubt(doubt) => (step.step, doubt.clone()),
        other => panic!("{other:?} in {report:#?}"),
    }
}

#[test]
fn a_good_record_passes_every_step() {
    for suite in [torikomi::crypto::make::Suite::Ed25519, torikomi::crypto::make::Suite::EcdsaP256] {
        let hospital = Hospital::with(suite);
        let filed = hospital.file(Recipe::default());
        // Later entries change nothing.
        hospital.file(Recipe::default());
        let proof = hospital.proof(&filed);
        let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
        assert!(report.steps.iter().all(|step| step.verdict == Verdict::Passed), "{report:#?}");
        assert_eq!(report.steps.len(), 11, "every step but the index of a store");
        assert_eq!((report.verdict, report.state), (Verdict::Passed, Some(EvidenceState::Stamped)));
        assert!(report.evaluation);
        assert_eq!(report.document, Some(filed.document));
        assert_eq!(report.record, Some(filed.row.digest));
        assert_eq!(report.timestamped_at, Some(at(crate::hospital::STAMPED_AT)));
    }
}

#[test]
fn a_folder_is_as_good_as_its_container() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let folder = hospital.folder.path().join("unpacked");
    std::fs::create_dir_all(folder.join("META-INF")).unwrap();
    std::fs::create_dir_all(folder.join("journal")).unwrap();
    for (name, bytes) in &filed.entries {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    std::fs::write(folder.join("mimetype"), "application/vnd.etsi.asic-e+zip").unwrap();
    // A bare folder holds the record alone.
    let bare = |folder: &std::path::Path| verify_pack(folder, &hospital.trust, true).unwrap();
    assert_eq!(fault(&bare(&folder)), (Step::Container, Fault::NotInManifest { name: "journal".into() }));
    std::fs::remove_dir(folder.join("journal")).unwrap();
    assert_eq!(doubt(&bare(&folder)), (Step::Releases, Doubt::ReleasesNotAtHand { decisions: 1 }));

    let whole = hospital.folder.path().join("export");
    std::fs::create_dir_all(whole.join("journal")).unwrap();
    std::fs::rename(&folder, whole.join("record")).unwrap();
    std::fs::write(whole.join("journal/proof.json"), serde_json::to_vec(&proof).unwrap()).unwrap();
    assert_eq!(bare(&whole).verdict, Verdict::Passed);
    for (name, expected) in [
        ("extra.txt", Fault::NotInManifest { name: "extra.txt".into() }),
        ("Thumbs.db", Fault::EntryForeign { name: "Thumbs.db".into() }),
        ("META-INF/other.xml", Fault::EntryForeign { name: "META-INF/other.xml".into() }),
    ] {
        let path = whole.join("record").join(name);
        std::fs::write(&path, "x").unwrap();
        assert_eq!(fault(&bare(&whole)), (Step::Container, expected));
        std::fs::remove_file(path).unwrap();
    }
    let page = whole.join("record/original-001.tif");
    std::fs::rename(&page, hospital.folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(hospital.folder.path().join("elsewhere"), &page).unwrap();
    let name = "original-001.tif".to_owned();
    assert_eq!(fault(&bare(&whole)), (Step::Content, Fault::EntryForeign { name }), "a link is no file");
}

#[test]
fn every_part_that_is_changed_is_named() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let judge = |entries: &[(String, Vec<u8>)]| {
        verify_pack(&hospital.pack(entries, Some(&proof)), &hospital.trust, true).unwrap()
    };
    for name in
        ["original-001.tif", "original-002.tif", "record.json", "profile.toml", "calendar.toml", "sidecar-001.json"]
    {
        let report = judge(&changed(&filed.entries, name, |bytes| bytes[5] ^= 1));
        assert_eq!(fault(&report), (Step::Content, Fault::ContentDiffers { name: name.into(), others: 0 }));
        assert_eq!(report.verdict, Verdict::Failed);
    }
    // A page that is damaged keeps nothing else from being judged.
    let report = judge(&changed(&filed.entries, "original-001.tif", |bytes| bytes[5] ^= 1));
    let failed: Vec<Step> =
        report.steps.iter().filter(|step| step.verdict != Verdict::Passed).map(|step| step.step).collect();
    assert_eq!(failed, [Step::Content]);

    let report = judge(&changed(&filed.entries, MANIFEST_PATH, |bytes| bytes[60] ^= 1));
    assert_eq!(fault(&report).0, Step::Manifest);
    // Another member's digest in the manifest: the member differs, and the signature is over another manifest.
    let report = judge(&changed(&filed.entries, MANIFEST_PATH, |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let digest = |name: &str| {
            let bytes = content(&filed.entries, name);
            data_encoding::BASE64.encode(Digest::of(bytes).as_bytes())
        };
        *bytes = text.replace(&digest("original-001.tif"), &digest("original-002.tif")).into_bytes();
    }));
    assert_eq!(fault(&report).0, Step::Content);
    let signature = report.steps.iter().find(|step| step.step == Step::Signature).unwrap();
    assert_eq!(signature.said, Said::Fault(Fault::OtherManifest));
    assert_eq!(report.state, None);

    let report = judge(&changed(&filed.entries, SIGNATURE_PATH, |bytes| bytes[20] ^= 1));
    assert_eq!(fault(&report).0, Step::Signature);
}

#[test]
fn parts_that_are_dropped_added_or_swapped_are_named() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let judge = |entries: &[(String, Vec<u8>)]| {
        fault(&verify_pack(&hospital.pack(entries, Some(&proof)), &hospital.trust, true).unwrap())
    };
    for (place, (name, _)) in filed.entries.iter().enumerate() {
        let mut entries = filed.entries.clone();
        entries.remove(place);
        let expected = Fault::EntryMissing { name: name.clone() };
        let step = if name == MANIFEST_PATH { Step::Manifest } else { Step::Container };
        assert_eq!(judge(&entries), (step, expected), "{name}");
    }
    let added = [filed.entries.as_slice(), &[("extra.txt".into(), b"x".to_vec())]].concat();
    assert_eq!(judge(&added), (Step::Container, Fault::NotInManifest { name: "extra.txt".into() }));

    let mut order = filed.entries.clone();
    order.swap(0, 1);
    assert_eq!(judge(&order), (Step::Container, Fault::EntryOutOfOrder { name: "original-002.tif".into() }));
    let mut contents = filed.entries.clone();
    let (first, second) = (contents[0].1.clone(), contents[1].1.clone());
    (contents[0].1, contents[1].1) = (second, first);
    assert_eq!(judge(&contents), (Step::Content, Fault::ContentDiffers { name: "original-001.tif".into(), others: 1 }));

    // Any byte between the contents.
    let path = hospital.pack(&filed.entries, Some(&proof));
    let bytes = std::fs::read(&path).unwrap();
    let mut changed = bytes.clone();
    changed[10] ^= 1;
    std::fs::write(&path, &changed).unwrap();
    let report = verify_pack(&path, &hospital.trust, true).unwrap();
    assert_eq!(fault(&report), (Step::Container, Fault::ContainerChanged { at_byte: 10 }));
    std::fs::write(&path, b"no container").unwrap();
    let report = verify_pack(&path, &hospital.trust, true).unwrap();
    assert_eq!(fault(&report), (Step::Container, Fault::NotAContainer));
}

#[test]
fn parts_of_another_record_are_named() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let other = hospital.file(Recipe { contents: vec![b"II*\0 x".to_vec()], ..Recipe::default() });
    let proof = hospital.proof(&filed);
    let foreign = content(&other.entries, SIGNATURE_PATH).to_vec();
    let entries = changed(&filed.entries, SIGNATURE_PATH, |bytes| *bytes = foreign);
    let report = verify_pack(&hospital.pack(&entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(fault(&report), (Step::Signature, Fault::OtherManifest));

    // The journal's word about another record.
    let foreign = hospital.proof(&other);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&foreign)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Failed);
    let journal = report.steps.iter().find(|step| step.step == Step::Journal).unwrap();
    let index = other.row.journal_index;
    assert_eq!(journal.said, Said::Fault(Fault::EntryDiffers { index, field: "document".into() }));
}

#[test]
fn stamps_are_judged() {
    let judge = |recipe| fault(&report(recipe));
    let stamp = |stamp| Recipe { stamp, ..Recipe::default() };
    assert_eq!(judge(stamp(Stamp::OfAnother)), (Step::Timestamp, Fault::TimestampOfAnother));
    let (step, untrusted) = judge(stamp(Stamp::Stranger));
    assert!(step == Step::Timestamp && matches!(untrusted, Fault::TimestampUntrusted { .. }), "{untrusted:?}");
    assert_eq!(judge(Recipe { stamped_at: None, ..Recipe::default() }), (Step::Timestamp, Fault::TimestampMissing));
    let early = at("2026-11-20T05:04:59.000000Z");
    let recipe = Recipe { stamped_at: Some(early), ..Recipe::default() };
    let signed_at = at("2026-11-20T05:10:00.000000Z");
    let expected = Fault::TimestampBeforeSignature { signed_at, timestamped_at: early };
    assert_eq!(judge(recipe), (Step::Timestamp, expected));

    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let mut trust = hospital.trust.clone();
    trust.authorities[0].policies = vec!["1.2.392.200257.1".parse().unwrap()];
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &trust, true).unwrap();
    let policy = torikomi::crypto::oid::EVALUATION_TIMESTAMP.to_string();
    assert_eq!(fault(&report), (Step::Timestamp, Fault::TimestampPolicy { policy }));
}

/// A record that is signed, stamped and filed, and says something that is not so.
#[test]
fn what_a_record_says_is_compared_with_what_lies_beside_it() {
    let cases: Vec<(Change<RecordJson>, Fault)> = vec![
        (|r| r.files[0].byte_length += 1, Fault::FileDiffers { name: "original-001.tif".into() }),
        (|r| r.files[1].digest = r.files[0].digest, Fault::FileDiffers { name: "original-002.tif".into() }),
        (|r| r.pages[0].first_page = 0, Fault::PagesWrong { name: "original-001.tif".into(), first_page: 0 }),
        (|r| r.pages[0].page_count = u32::MAX, Fault::PagesWrong { name: "original-001.tif".into(), first_page: 1 }),
        (|r| r.pages[1] = r.pages[0].clone(), Fault::PagesWrong { name: "original-001.tif".into(), first_page: 1 }),
        (|r| drop(r.pages.pop()), Fault::FileUnused { name: "original-002.tif".into() }),
        (|r| r.page_count = 3, Fault::PageCountWrong { counted: 2, said: 3 }),
        (|r| r.sidecars.clear(), Fault::FilesDiffer { name: "sidecar-001.json".into() }),
        (|r| r.sidecars.push(r.sidecars[0].clone()), Fault::FilesDiffer { name: "sidecar-001.json".into() }),
        // A file of its own is no row of a list.
        (|r| r.sidecars[0].list = Some(Digest::of(b"")), Fault::FilesDiffer { name: "sidecar-001.json".into() }),
        (|r| r.clocks.obtained_on = Some("2026-11-19".parse().unwrap()), Fault::DatesDiffer),
        (|r| r.version = 2, Fault::PreviousVersionWrong),
        (
            |r| r.calendar = Digest::of(b""),
            Fault::OtherCalendar {
                found: Digest::of(torikomi::calendar::DEFAULT_CALENDAR.as_bytes()),
                named: Digest::of(b""),
            },
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(fault(&report(Recipe { record: change, ..Recipe::default() })), (Step::Record, expected));
    }
    let other_profile = |r: &mut RecordJson| r.profile.digest = Digest::of(b"");
    let found = fault(&report(Recipe { record: other_profile, ..Recipe::default() }));
    assert!(found.0 == Step::Record && matches!(found.1, Fault::OtherProfile { .. }), "{found:?}");
}

#[test]
fn a_record_is_written_in_one_way() {
    let cases: [(Rewrite, Fault); 3] = [
        // Two readers of one text could see two patients.
        (|text| text.replacen("{\"attempt\"", "{\"attempt\":\"x\",\"attempt\"", 1), Fault::RecordNotCanonical),
        (|text| text.replacen(':', ": ", 1), Fault::RecordNotCanonical),
        // A field deep inside, which nobody reads.
        (|text| text.replacen("\"id\":\"9990001\"", "\"id\":\"9990001\",\"jd\":0", 1), Fault::RecordNotCanonical),
    ];
    for (text, expected) in cases {
        let found = fault(&report(Recipe { text, ..Recipe::default() }));
        assert_eq!(found, (Step::Record, expected));
    }
    let unknown = |text: String| format!("{},\"w\":1}}", &text[..text.len() - 1]);
    let found = fault(&report(Recipe { text: unknown, ..Recipe::default() }));
    assert!(matches!(found, (Step::Record, Fault::RecordUnreadable { .. })), "{found:?}");
    let newer = |text: String| text.replacen("\"v\":1,", "\"v\":2,", 1);
    let found = doubt(&report(Recipe { text: newer, ..Recipe::default() }));
    assert_eq!(found, (Step::Record, Doubt::NewerFormat { name: "record.json".into(), found: 2, known: 1 }));
}

#[test]
fn nobody_releases_a_date_that_lay_ahead() {
    let ahead = |record: &mut RecordJson| {
        record.judgement.findings = found(Finding {
            check: "obtained_in_future".into(),
            outcome: Outcome::Failed(Reason::CheckCrashed),
            severity: Severity::Hold,
            page: None,
        });
        record.judgement.severity = Severity::Hold;
    };
    let accepted: fn(_) -> Vec<Deed> = |document| {
        let (state_digest, reason) = (the_state(), ReasonCode::AsOnPaper);
        vec![Deed::Accept { document, state_digest, reason, pages: PagesSeen::Attested }, confirm(document)]
    };
    let expected = (Step::Releases, Fault::DateImpossible);
    assert_eq!(fault(&report(Recipe { record: ahead, decisions: accepted, ..Recipe::default() })), expected);
}

#[test]
fn nothing_is_filed_under_a_regime_whose_duties_are_not_built() {
    let profile = Recipe::default().profile.replace("regime = \"9.2\"", "regime = \"9.3\"");
    assert_ne!(profile, Recipe::default().profile);
    let found = doubt(&report(Recipe { profile, ..Recipe::default() }));
    assert!(matches!(found, (Step::Releases, Doubt::ProfileNotCarried { .. })), "{found:?}");
}

#[test]
fn whatever_was_held_was_released() {
    let judge = |recipe| fault(&report(recipe));
    assert_eq!(judge(Recipe { decisions: |_| vec![], ..Recipe::default() }), (Step::Releases, Fault::NotConfirmed));
    // What a record replaces is no matter of the record alone.
    let replaces = |record: &mut RecordJson| record.supersedes = Some(EARLIER.parse().unwrap());
    let unsigned = Fault::SupersedesUnsigned { document: EARLIER.parse().unwrap() };
    assert_eq!(judge(Recipe { record: replaces, ..Recipe::default() }), (Step::Releases, unsigned.clone()));
    let says: fn(_) -> Vec<Deed> = |document| {
        let (state_digest, pages) = (Digest::of(b"state"), PagesSeen::Shown);
        vec![Deed::Confirm { document, state_digest, pages, supersedes: Some(EARLIER.parse().unwrap()) }]
    };
    assert_eq!(judge(Recipe { decisions: says, ..Recipe::default() }), (Step::Releases, unsigned));
    let both =
        |facts: Change<Map<String, Value>>| Recipe { record: replaces, decisions: says, facts, ..Recipe::default() };
    assert_eq!(report(both(|_| ())).verdict, Verdict::Passed);
    let (step, left_out) = fault(&report(both(|facts| drop(facts.remove("supersedes")))));
    assert!(matches!(&left_out, Fault::EntryDiffers { field, .. } if field == "supersedes"), "{step:?} {left_out:?}");
    let held = |record: &mut RecordJson| {
        record.judgement.findings = found(Finding {
            check: "page_damaged".into(),
            outcome: Outcome::Indeterminate(Reason::CheckCrashed),
            severity: Severity::Hold,
            page: Some(1),
        });
        record.judgement.severity = Severity::Hold;
    };
    let check = "page_damaged".to_owned();
    let expected = Fault::NotReleased { check: check.clone() };
    assert_eq!(judge(Recipe { record: held, ..Recipe::default() }), (Step::Releases, expected));
    let accept: fn(_) -> Vec<Deed> = |document| {
        let (state_digest, reason) = (the_state(), ReasonCode::PaperCondition);
        vec![Deed::Accept { document, state_digest, reason, pages: PagesSeen::Shown }, confirm(document)]
    };
    assert_eq!(report(Recipe { record: held, decisions: accept, ..Recipe::default() }).verdict, Verdict::Passed);
    // Accepted before somebody said that it is another patient's.
    let before: fn(_) -> Vec<Deed> = |document| {
        let (state_digest, reason) = (the_state(), ReasonCode::PaperCondition);
        vec![
            Deed::Accept { document, state_digest, reason, pages: PagesSeen::Shown },
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
    };
    let expected = Fault::NotReleased { check: check.clone() };
    assert_eq!(judge(Recipe { record: held, decisions: before, ..Recipe::default() }), (Step::Releases, expected));
    let milder = |record: &mut RecordJson| {
        record.judgement.findings = found(Finding {
            check: "page_damaged".into(),
            outcome: Outcome::Indeterminate(Reason::CheckCrashed),
            severity: Severity::Warn,
            page: Some(1),
        });
        record.judgement.severity = Severity::Warn;
    };
    let recipe = Recipe { record: milder, ..Recipe::default() };
    assert_eq!(judge(recipe), (Step::Releases, Fault::SeverityDiffers { check }));
    let dateless = |record: &mut RecordJson| {
        record.identity.obtained_on = None;
        record.clocks.obtained_on = None;
        record.clocks.scan_by = None;
    };
    let expected = Fault::IdentityIncomplete { field: "obtained_on".into() };
    assert_eq!(judge(Recipe { record: dateless, ..Recipe::default() }), (Step::Releases, expected));
}

#[test]
fn decisions_are_the_journals_own() {
    let other_entry = |record: &mut RecordJson| record.decisions[0].entry = Digest::of(b"");
    let found = fault(&report(Recipe { record: other_entry, ..Recipe::default() }));
    assert!(matches!(found, (Step::Releases, Fault::OtherDecision { .. })), "{found:?}");
    let other_person = |record: &mut RecordJson| {
        record.decisions[0].person = torikomi::ids::PersonId::new();
    };
    let found = fault(&report(Recipe { record: other_person, ..Recipe::default() }));
    assert!(matches!(found, (Step::Releases, Fault::NotConfirmed)), "who signs has confirmed: {found:?}");
    // A confirmation of another document.
    let found =
        fault(&report(Recipe { decisions: |_| vec![confirm(torikomi::ids::DocumentId::new())], ..Recipe::default() }));
    assert!(matches!(found, (Step::Releases, Fault::OtherDecision { .. })), "{found:?}");
}

#[test]
fn the_signer_is_the_one_whom_the_record_names() {
    let other = |record: &mut RecordJson| record.signer.certificate = Digest::of(b"");
    let found = fault(&report(Recipe { record: other, ..Recipe::default() }));
    assert!(matches!(found, (Step::Signer, Fault::OtherSigner { .. })), "{found:?}");
    let viewer = |record: &mut RecordJson| record.signer.capacity = "viewer".into();
    let found = fault(&report(Recipe { record: viewer, ..Recipe::default() }));
    assert_eq!(found, (Step::Signer, Fault::CapacityNotAllowed { capacity: "viewer".into() }));
    // Allowed by the profile, and never appointed.
    let operator = |record: &mut RecordJson| record.signer.capacity = "operator".into();
    let found = fault(&report(Recipe { record: operator, ..Recipe::default() }));
    assert_eq!(found, (Step::Journal, Fault::SignerNotAppointed { capacity: "operator".into() }));
    let manager = |record: &mut RecordJson| {
        record.information_manager.id = torikomi::ids::PersonId::new();
    };
    let found = fault(&report(Recipe { record: manager, ..Recipe::default() }));
    assert_eq!(found, (Step::Journal, Fault::ManagerNotInForce));
}

#[test]
fn the_journal_says_the_same_of_the_record() {
    let cases: [(Change<Map<String, Value>>, &str); 7] = [
        (|facts| drop(facts.insert("record_digest".into(), Digest::of(b"").to_string().into())), "record_digest"),
        (|facts| facts["signature_digest"] = Digest::of(b"").to_string().into(), "signature_digest"),
        (|facts| facts["version"] = 2.into(), "version"),
        (|facts| facts["certificate"] = Digest::of(b"").to_string().into(), "certificate"),
        (|facts| facts["timestamped_at"] = Value::Null, "timestamped_at"),
        (|facts| facts["signed_at"] = "2026-11-20T05:10:01.000000Z".into(), "signed_at"),
        // What the entry says of it would end that document with nobody's word.
        (|facts| drop(facts.insert("supersedes".into(), EARLIER.into())), "supersedes"),
    ];
    for (facts, expected) in cases {
        let found = fault(&report(Recipe { facts, ..Recipe::default() }));
        let Fault::EntryDiffers { field, .. } = &found.1 else { panic!("{found:?}") };
        assert_eq!((found.0, field.as_str()), (Step::Journal, expected));
    }
    let recipe = Recipe { filed_at: at("2026-11-20T05:05:00.000000Z"), ..Recipe::default() };
    let found = fault(&report(recipe));
    assert!(matches!(found, (Step::Journal, Fault::EntryDiffers { .. })), "filed before it was stamped: {found:?}");
}

#[test]
fn proofs_are_judged() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    hospital.file(Recipe::default());
    let good = hospital.proof(&filed);
    let judge = |change: &dyn Fn(&mut torikomi::evidence::proof::Proof)| {
        let mut proof = good.clone();
        change(&mut proof);
        let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
        let journal = report.steps.iter().find(|step| step.step == Step::Journal).unwrap().clone();
        journal.said
    };
    let index = good.filed.index;
    assert_eq!(judge(&|proof| proof.filed.index -= 1), Said::Fault(Fault::NotInJournal { index: index - 1 }));
    assert_eq!(
        judge(&|proof| {
            proof.filed.proof.pop();
        }),
        Said::Fault(Fault::NotInJournal { index })
    );
    let changed = judge(&|proof| {
        let text = String::from_utf8(proof.filed.bytes().unwrap()).unwrap().replace("05:10:01", "05:10:02");
        proof.filed.entry = data_encoding::BASE64.encode(text.as_bytes());
    });
    assert_eq!(changed, Said::Fault(Fault::NotInJournal { index }));
    assert!(matches!(
        judge(&|proof| proof.checkpoint = proof.checkpoint.replacen("\n13\n", "\n14\n", 1)),
        Said::Fault(Fault::CheckpointWrong { .. } | Fault::NotInJournal { .. })
    ));
    assert!(matches!(
        judge(&|proof| proof.checkpoint = proof.checkpoint.replace("journal/a", "journal/b")),
        Said::Doubt(Doubt::OtherJournal { .. })
    ));
    assert!(matches!(judge(&|proof| proof.consistency.clear()), Said::Fault(Fault::OtherHistory { .. })));
    assert!(matches!(judge(&|proof| proof.people.clear()), Said::Fault(Fault::ProfileNotAdopted { .. })));
    assert!(matches!(judge(&|proof| proof.certificates.clear()), Said::Fault(Fault::ActWrong { .. })));
    let newer = Doubt::NewerFormat { name: "proof.json".into(), found: 2, known: 1 };
    assert_eq!(judge(&|proof| proof.v = 2), Said::Doubt(newer));

    let path = hospital.pack(&filed.entries, None);
    std::fs::write(path.with_extension("proof.json"), b"{").unwrap();
    let report = verify_pack(&path, &hospital.trust, true).unwrap();
    let journal = report.steps.iter().find(|step| step.step == Step::Journal).unwrap();
    assert!(matches!(journal.said, Said::Fault(Fault::ProofUnreadable { .. })), "{journal:?}");
    std::fs::write(path.with_extension("proof.json"), b"{\"v\":9,\"new\":1}").unwrap();
    let report = verify_pack(&path, &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Indeterminate);
}
