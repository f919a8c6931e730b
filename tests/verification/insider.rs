//! The insider: has every file of the home, the key of its journal and the passphrase of its certificate authority, and signs,
//! stamps and writes anew whatever they like; but has nobody's own passphrase, and no hand on the checkpoint that was kept
//! outside. Nothing here flips a byte: what is forged is made by what makes the real.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use torikomi::crypto::make::{KeyPair, Suite, embed_timestamp, sign_cades, signature_value};
use torikomi::database::DatabaseError;
use torikomi::evidence::manifest::{MANIFEST_PATH, SIGNATURE_PATH, encode};
use torikomi::evidence::record::RecordJson;
use torikomi::ids::{Digest, RecordId};
use torikomi::journal::files::Files;
use torikomi::journal::{Draft, Entry, Kind, Subject, read, stamped};
use torikomi::people::acts::{Act, Deed, Signed};
use torikomi::people::certificates::{Certificate, Signer};
use torikomi::people::enrolment;
use torikomi::people::register::Person;
use torikomi::verification::journal::{Against, JournalFault, JournalReport, JournalVerdict, Sources, verify};
use torikomi::verification::{ActFault, Doubt, Fact, Fault, Report, Said, Step, Trust, Verdict, verify_pack};

use crate::hospital::{FILED_AT, FOUNDED_AT, Filed, Hospital, Recipe, SIGNED_AT, STAMPED_AT, at, content, validity};

const MONDAY: &str = "2026-11-23T15:00:10.000000Z";

/// A home with this many filed records, and the checkpoint that a verifier keeps since then.
fn home(records: usize) -> (Hospital, Vec<Filed>, String) {
    let hospital = Hospital::new();
    let filed = (0..records).map(|_| hospital.file(Recipe::default())).collect();
    copy(&hospital);
    let kept = head(&hospital).checkpoint;
    (hospital, filed, kept)
}

fn head(hospital: &Hospital) -> read::Head {
    hospital.database.read(async |tx| read::head(tx).await).unwrap().unwrap()
}

fn files(hospital: &Hospital) -> PathBuf {
    hospital.folder.path().join("store/journal")
}

/// As the line copies the journal.
fn copy(hospital: &Hospital) {
    Files::open(&files(hospital), &hospital.database).unwrap().catch_up(&hospital.database).unwrap();
}

fn journal_by(hospital: &Hospital, trust: &Trust, against: Option<Against<'_>>) -> JournalReport {
    let (database, files) = (&hospital.database, &files(hospital));
    verify(&Sources { database, files, trust, against }, |_, _| ()).unwrap()
}

fn journal(hospital: &Hospital, against: Option<&str>) -> JournalReport {
    journal_by(hospital, &hospital.trust, against.map(Into::into))
}

fn record_by(hospital: &Hospital, id: RecordId, trust: &Trust) -> Report {
    hospital.at_home().verify(id, trust, true).unwrap().unwrap()
}

fn record(hospital: &Hospital, id: RecordId) -> Report {
    record_by(hospital, id, &hospital.trust)
}

fn record_against(hospital: &Hospital, id: RecordId, kept: &str) -> Report {
    record_by(hospital, id, &hospital.trust.clone().held_against(&kept.into()))
}

/// The steps that were not passed, with what they say.
fn objections(report: &Report) -> Vec<(Step, Said)> {
    let objected = report.steps.iter().filter(|step| step.verdict != Verdict::Passed);
    objected.map(|step| (step.step, step.said.clone())).collect()
}

fn said(report: &Report, step: Step) -> Said {
    report.steps.iter().find(|found| found.step == step).unwrap_or_else(|| panic!("{report:#?}")).said.clone()
}

/// Writes the journal anew from its first entry, each turned into what the insider wants to stand there: numbers, nodes, head
/// and files are made as the line makes them, and the head is signed with its own key.
fn write_anew(hospital: &Hospital, mut change: impl FnMut(Entry) -> Vec<Entry>) {
    let stored = hospital.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    let mut anew = Vec::new();
    for stored in stored {
        for entry in change(stored.entry().unwrap()) {
            let entry = Entry { index: anew.len() as u64, ..entry };
            let private = stored.private.clone().filter(|_| entry.private.is_some());
            anew.push((serde_json_canonicalizer::to_vec(&entry).unwrap(), entry, private));
        }
    }
    hospital.sql(
        "DELETE FROM journal_private; DELETE FROM journal_node; DELETE FROM journal_head; DELETE FROM journal_entry",
    );
    let journal = Arc::clone(&hospital.journal);
    let write = async move |tx: &mut torikomi::database::Tx| {
        for (bytes, entry, private) in &anew {
            journal.restore(tx, entry, bytes, private.as_ref()).await?;
        }
        Ok(())
    };
    hospital.database.write::<_, DatabaseError, _>(write).unwrap();
    std::fs::remove_dir_all(files(hospital)).unwrap();
    copy(hospital);
}

/// A key of the insider's own, with a certificate that the home's authority issues in somebody's name.
fn in_the_name_of(hospital: &Hospital, person: &Person) -> (Signer, Certificate) {
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let now = at(FOUNDED_AT);
    let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", validity(), now).unwrap();
    (Signer::new(person, certificate.clone(), key).unwrap(), certificate)
}

/// Gives a filed record to another patient: signed by the insider in the manager's name, stamped by the authority whose key
/// lies in the home, and with objects, index, journal and its files all saying the same.
fn give_to_another_patient(hospital: &Hospital, filed: &Filed, enrolled: bool) -> Certificate {
    let (own, certificate) = in_the_name_of(hospital, &hospital.manager_person);
    let mut json: RecordJson = serde_json::from_slice(content(&filed.entries, "record.json")).unwrap();
    let patient = json.identity.patient.as_mut().unwrap();
    (patient.value.id, patient.value.name) = ("9990002".into(), "見本 太郎".into());
    json.signer.certificate = certificate.fingerprint;
    let json = serde_json_canonicalizer::to_vec(&json).unwrap();
    let mut members = torikomi::crypto::check::manifest(content(&filed.entries, MANIFEST_PATH)).unwrap();
    members.iter_mut().find(|member| member.name.as_str() == "record.json").unwrap().digest = Digest::of(&json);
    let manifest = encode(&members).unwrap();
    let chain = [hospital.ca.certificate().to_vec()];
    let signature = sign_cades(own.key(), &certificate.der, &chain, &manifest, at(SIGNED_AT)).unwrap();
    let token = hospital.token(&hospital.authority, &signature_value(&signature).unwrap(), at(STAMPED_AT));
    let signature = embed_timestamp(&signature, &token).unwrap();

    for (name, bytes) in [("record.json", &json), (MANIFEST_PATH, &manifest), (SIGNATURE_PATH, &signature)] {
        let object = hospital.objects.put(bytes).unwrap();
        hospital.sql(&format!(
            "INSERT INTO object (digest, byte_length, encoding, stored_at) VALUES ('{object}', {}, 'plain', 0);
             UPDATE record_member SET object = '{object}' WHERE record = '{}' AND name = '{name}'",
            bytes.len(),
            filed.id
        ));
    }
    let digest = Digest::of(&manifest);
    hospital.register(&certificate);
    let index = filed.row.journal_index;
    let before = u64::from(enrolled);
    hospital.sql(&format!(
        "UPDATE record SET digest = '{digest}', patient_id = '9990002', patient_name = '見本 太郎',
           journal_index = {} WHERE id = '{}'",
        index + before,
        filed.id
    ));
    write_anew(hospital, |mut entry| {
        if entry.kind == Kind::DocumentSigned && entry.subject.document == Some(filed.document) {
            entry.facts["manifest"] = digest.to_string().into();
            entry.facts["certificate"] = certificate.fingerprint.to_string().into();
        }
        if entry.index != index {
            return vec![entry];
        }
        entry.facts["record_digest"] = digest.to_string().into();
        entry.facts["signature_digest"] = Digest::of(&signature).to_string().into();
        entry.facts["certificate"] = certificate.fingerprint.to_string().into();
        if enrolled { vec![enrolment_of(hospital, &certificate, &entry), entry] } else { vec![entry] }
    });
    certificate
}

/// An entry by which the certificate was issued, signed in the names of those who would have to.
fn enrolment_of(hospital: &Hospital, certificate: &Certificate, before: &Entry) -> Entry {
    let (admin, manager) = (&hospital.admin, &hospital.manager_person);
    let admin = Person { id: admin.person(), login: admin.login().clone(), ..manager.clone() };
    let ((admin, _), (manager, _)) = (in_the_name_of(hospital, &admin), in_the_name_of(hospital, manager));
    let act = Act::new(Deed::Enrol(certificate.issued()), admin.person(), before.at, hospital.home);
    let act = act.with_second(manager.person());
    let Draft { kind, actor, subject, facts, act, .. } =
        Signed::sign(act, &[&admin, &manager]).unwrap().into_draft(None);
    Entry { kind, actor, subject, facts, act, private: None, ..before.clone() }
}

#[test]
fn what_was_kept_outside_vouches_for_what_came_before_it_and_for_nothing_else() {
    let (hospital, filed, kept) = home(1);
    let report = record_against(&hospital, filed[0].id, &kept);
    let index = filed[0].row.journal_index;
    let anchored = Said::Fact(Fact::Anchored { index, size: 7, stamped_at: None });
    assert_eq!((report.verdict, said(&report, Step::Anchor)), (Verdict::Passed, anchored), "{report:#?}");

    let later = hospital.file(Recipe::default());
    assert_eq!(record(&hospital, later.id).verdict, Verdict::Passed);
    let report = record_against(&hospital, later.id, &kept);
    let index = later.row.journal_index;
    let not_anchored = Said::Doubt(Doubt::NotAnchored { index, size: 7 });
    assert_eq!((report.verdict, objections(&report)), (Verdict::Indeterminate, vec![(Step::Anchor, not_anchored)]));
    assert_eq!(record_against(&hospital, filed[0].id, &kept).verdict, Verdict::Passed, "the journal grew from it");
    // Of several the newest counts, in whatever order they stand.
    let both = format!("{}\n{kept}", head(&hospital).checkpoint);
    assert_eq!(record_against(&hospital, later.id, &both).verdict, Verdict::Passed);
    // One that is none, or another journal's, is no reason to believe.
    for (none, expected) in [
        ("", Said::Doubt(Doubt::OtherJournal { origin: String::new() })),
        ("else/where\n7\n\n", Said::Doubt(Doubt::OtherJournal { origin: "else/where".into() })),
    ] {
        assert_eq!(objections(&record_against(&hospital, filed[0].id, none)), [(Step::Anchor, expected)]);
    }
    let spoilt = kept.replacen("\n7\n", "\n6\n", 1);
    let objected = objections(&record_against(&hospital, filed[0].id, &spoilt));
    assert!(matches!(objected[..], [(Step::Anchor, Said::Fault(Fault::CheckpointWrong { .. }))]), "{objected:?}");
}

#[test]
fn a_pack_is_held_against_a_checkpoint_of_its_own_size() {
    let (hospital, filed, kept) = home(1);
    let pack = hospital.pack(&filed[0].entries, Some(&hospital.proof(&filed[0])));
    let judge = |kept: &str| {
        let trust = hospital.trust.clone().held_against(&kept.into());
        let report = verify_pack(&pack, &trust, true).unwrap();
        (report.verdict, said(&report, Step::Anchor))
    };
    let index = filed[0].row.journal_index;
    let anchored = Said::Fact(Fact::Anchored { index, size: 7, stamped_at: None });
    assert_eq!(judge(&kept), (Verdict::Passed, anchored));
    hospital.file(Recipe::default());
    let newer = head(&hospital).checkpoint;
    let not_comparable = Said::Doubt(Doubt::NotComparable { size: 7 });
    assert_eq!(judge(&newer), (Verdict::Indeterminate, not_comparable));
    // That which the record names is older than its filing.
    let json: RecordJson = serde_json::from_slice(content(&filed[0].entries, "record.json")).unwrap();
    let not_anchored = Said::Doubt(Doubt::NotAnchored { index, size: index - 1 });
    assert_eq!(judge(&json.journal_checkpoint), (Verdict::Indeterminate, not_anchored));
}

#[test]
fn an_entry_of_a_newer_format_is_told_and_proves_nothing_here() {
    let (hospital, filed, _) = home(1);
    let index = filed[0].row.journal_index;
    // Everything else of it could be read, and may mean something else.
    write_anew(&hospital, |entry| vec![Entry { v: entry.v + u32::from(entry.index == index), ..entry }]);
    let report = journal(&hospital, None);
    assert!(report.faults.contains(&JournalFault::NewerEntry { index, found: 2 }), "{report:#?}");
    let report = record(&hospital, filed[0].id);
    let newer = Doubt::NewerFormat { name: "journal".into(), found: 2, known: 1 };
    assert_eq!((report.verdict, said(&report, Step::Journal)), (Verdict::Indeterminate, Said::Doubt(newer)));
}

#[test]
fn one_record_that_is_rewritten_is_named() {
    let (hospital, filed, kept) = home(3);
    let size = head(&hospital).size;
    let certificate = give_to_another_patient(&hospital, &filed[1], false).fingerprint;
    // Everything that the insider's keys can make holds: what does not is that nobody was asked.
    let report = record(&hospital, filed[1].id);
    let steps: Vec<_> = objections(&report).into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, [Step::Releases, Step::Session, Step::Journal], "{report:#?}");
    let index = filed[1].row.journal_index;
    assert_eq!(said(&report, Step::Releases), Said::Fault(Fault::OtherState { index: index - 2 }));
    assert_eq!(said(&report, Step::Journal), Said::Fault(Fault::CertificateNotIssued { certificate }));
    let faults =
        [JournalFault::SignerNotIssued { index, certificate }, JournalFault::CertificateWithoutEntry { certificate }];
    assert_eq!(journal(&hospital, None).faults, faults);
    // Against what was kept it shows of every record that the journal is another.
    let faults = journal(&hospital, Some(&kept)).faults;
    assert!(faults.contains(&JournalFault::AnotherPast { size }), "{faults:?}");
    for filed in &filed {
        let report = record_against(&hospital, filed.id, &kept);
        assert_eq!(said(&report, Step::Anchor), Said::Fault(Fault::AnotherPast { size }));
        assert_eq!(report.verdict, Verdict::Failed);
    }
}

#[test]
fn an_issuance_that_the_insider_signs_in_the_names_of_others_counts_for_nothing() {
    let (hospital, filed, kept) = home(2);
    let certificate = give_to_another_patient(&hospital, &filed[1], true).fingerprint;
    let report = record(&hospital, filed[1].id);
    let index = filed[1].row.journal_index;
    let Said::Fault(Fault::ActWrong { index: found, act_fault: ActFault::ActCertificateUnknown { .. } }) =
        said(&report, Step::Journal)
    else {
        panic!("{report:#?}")
    };
    assert_eq!(found, index);
    let faults = journal(&hospital, Some(&kept)).faults;
    let unknown = |fault: &JournalFault| matches!(fault, JournalFault::ActWrong { index: found, act_fault: ActFault::ActCertificateUnknown { .. } } if *found == index);
    assert!(faults.iter().any(unknown), "{faults:?}");
    assert!(faults.contains(&JournalFault::SignerNotIssued { index: index + 1, certificate }), "{faults:?}");
    assert!(faults.iter().any(|fault| matches!(fault, JournalFault::AnotherPast { .. })), "{faults:?}");
}

/// Takes the journal back to its first entries, and whatever rests on the others.
fn take_back(hospital: &Hospital, left: u64) {
    let stored = hospital.database.read(async |tx| read::entries(tx, left, 1000).await).unwrap();
    let gone: Vec<Entry> = stored.iter().map(|stored| stored.entry().unwrap()).collect();
    for entry in gone {
        let Some(document) = entry.subject.document else { continue };
        hospital.sql(&format!(
            "DELETE FROM record_member WHERE record IN (SELECT id FROM record WHERE document = '{document}');
             DELETE FROM record WHERE document = '{document}';
             UPDATE document SET state = 'awaiting-confirmation' WHERE id = '{document}'"
        ));
        if entry.kind == Kind::DeliveryTaken {
            hospital.sql(&format!("DELETE FROM document WHERE id = '{document}'"));
        }
    }
    write_anew(hospital, |entry| if entry.index < left { vec![entry] } else { Vec::new() });
}

#[test]
fn the_newest_ten_that_are_deleted_are_missed() {
    let (hospital, filed, kept) = home(4);
    let size = head(&hospital).size;
    let left = size - 10;
    take_back(&hospital, left);
    // Alone it agrees with itself: that is why a checkpoint is kept elsewhere.
    let report = journal(&hospital, None);
    assert_eq!((report.verdict, report.entries, report.faults), (JournalVerdict::Consistent, left, Vec::new()));
    let found = left;
    let promised = size;
    assert_eq!(journal(&hospital, Some(&kept)).faults, [JournalFault::Truncated { promised, found }]);
    assert_eq!(record(&hospital, filed[0].id).verdict, Verdict::Passed);
    let report = record_against(&hospital, filed[0].id, &kept);
    let truncated = Said::Fault(Fault::Truncated { promised, found });
    assert_eq!((report.verdict, objections(&report)), (Verdict::Failed, vec![(Step::Anchor, truncated)]));

    // Grown again beyond what it was, it has another past.
    for _ in 0..3 {
        hospital.file(Recipe::default());
    }
    copy(&hospital);
    assert!(head(&hospital).size > size);
    assert_eq!(journal(&hospital, Some(&kept)).faults, [JournalFault::AnotherPast { size }]);
    let report = record_against(&hospital, filed[0].id, &kept);
    assert_eq!(objections(&report), [(Step::Anchor, Said::Fault(Fault::AnotherPast { size }))]);
}

#[test]
fn an_old_database_with_its_old_checkpoint_does_not_pass() {
    let (hospital, filed, old) = home(2);
    let found = head(&hospital).size;
    hospital.file(Recipe::default());
    copy(&hospital);
    let (promised, kept) = (head(&hospital).size, head(&hospital).checkpoint);
    take_back(&hospital, found);
    assert_eq!(head(&hospital).checkpoint, old, "to the byte what it was then");
    assert_eq!(journal(&hospital, Some(&old)).verdict, JournalVerdict::Verified);
    assert_eq!(journal(&hospital, Some(&kept)).faults, [JournalFault::Truncated { promised, found }]);
    let report = record_against(&hospital, filed[0].id, &kept);
    assert_eq!(objections(&report), [(Step::Anchor, Said::Fault(Fault::Truncated { promised, found }))]);
}

/// The perfect forgery: the home founded once more in the same names, under the same root and with the same keys of journal and
/// authority, and lived anew with another patient's papers.
#[test]
fn a_journal_that_is_rebuilt_with_all_its_checkpoints_is_another() {
    let (hospital, _, kept) = home(2);
    let size = head(&hospital).size;
    let forged = hospital.founded_anew();
    let another = |record: &mut RecordJson| {
        let patient = record.identity.patient.as_mut().unwrap();
        (patient.value.id, patient.value.name) = ("9990002".into(), "見本 太郎".into());
    };
    let lived = |forged: &Hospital| {
        let filed = forged.file(Recipe { record: another, ..Recipe::default() });
        copy(forged);
        filed
    };
    let first = lived(&forged);
    assert_eq!(record(&forged, first.id).verdict, Verdict::Passed, "it agrees with itself in everything");
    let report = journal(&forged, None);
    assert_eq!((report.verdict, report.faults), (JournalVerdict::Consistent, Vec::new()), "never verified");
    assert_eq!(report.not_anchored, report.entries);
    // Shorter than the real one, as long as it, and longer.
    let truncated = |found| Said::Fault(Fault::Truncated { promised: size, found });
    let report = record_against(&forged, first.id, &kept);
    assert_eq!(objections(&report), [(Step::Anchor, truncated(head(&forged).size))]);
    for longer in [false, true] {
        lived(&forged);
        assert_eq!(head(&forged).size > size, longer);
        assert_eq!(journal(&forged, Some(&kept)).faults, [JournalFault::AnotherPast { size }]);
        let report = record_against(&forged, first.id, &kept);
        assert_eq!(objections(&report), [(Step::Anchor, Said::Fault(Fault::AnotherPast { size }))]);
        // Nor does a checkpoint of its own beside the one that was kept, in either order.
        if !longer {
            let own = head(&forged).checkpoint;
            for both in [format!("{kept}\n\n{own}"), format!("{own}\n\n{kept}")] {
                let report = record_against(&forged, first.id, &both);
                assert_eq!(objections(&report), [(Step::Anchor, Said::Fault(Fault::AnotherPast { size }))]);
            }
        }
        // What is handed out of it fares no better.
        let pack = forged.pack(&first.entries, Some(&forged.proof(&first)));
        assert_eq!(verify_pack(&pack, &forged.trust, true).unwrap().verdict, Verdict::Passed);
        let trust = forged.trust.clone().held_against(&kept.as_str().into());
        let report = verify_pack(&pack, &trust, true).unwrap();
        let expected = if longer {
            Said::Doubt(Doubt::NotComparable { size: head(&forged).size })
        } else {
            Said::Fault(Fault::AnotherPast { size })
        };
        assert_eq!(objections(&report), [(Step::Anchor, expected)]);
    }
}

#[test]
fn anchors_that_are_swapped_in_the_home_are_not_those_that_were_kept() {
    let (hospital, _, kept) = home(1);
    // A home of the insider's own, under the same names, with its own roots and keys where the home's were.
    let own = Hospital::new();
    let filed = own.file(Recipe::default());
    copy(&own);
    let pack = own.pack(&filed.entries, Some(&own.proof(&filed)));
    assert_eq!(record(&own, filed.id).verdict, Verdict::Passed);
    assert_eq!(journal(&own, None).verdict, JournalVerdict::Consistent);

    // Who believes the swapped anchors and keeps a checkpoint sees that it is signed with another key.
    let faults = journal(&own, Some(&kept)).faults;
    assert!(matches!(faults[..], [JournalFault::AgainstUnreadable { .. }]), "{faults:?}");
    let held = own.trust.clone().held_against(&kept.as_str().into());
    for report in [record_by(&own, filed.id, &held), verify_pack(&pack, &held, true).unwrap()] {
        let objected = objections(&report);
        assert!(matches!(objected[..], [(Step::Anchor, Said::Fault(Fault::CheckpointWrong { .. }))]), "{objected:?}");
        assert_eq!(report.verdict, Verdict::Failed);
    }
    // Who keeps the anchors too sees strangers everywhere; a pack that agrees with itself is no better.
    let held = hospital.trust.clone().held_against(&kept.as_str().into());
    for report in [record_by(&own, filed.id, &held), verify_pack(&pack, &held, true).unwrap()] {
        assert_eq!(report.verdict, Verdict::Failed);
        let strangers = [
            matches!(said(&report, Step::Timestamp), Said::Fault(Fault::TimestampUntrusted { .. })),
            matches!(said(&report, Step::Journal), Said::Fault(Fault::CheckpointWrong { .. })),
        ];
        assert_eq!(strangers, [true; 2], "{report:#?}");
    }
    let stamps_believed = Trust { authorities: own.trust.authorities.clone(), ..hospital.trust.clone() };
    let report = verify_pack(&pack, &stamps_believed, true).unwrap();
    assert!(matches!(said(&report, Step::Signer), Said::Fault(Fault::SignerUntrusted { .. })), "{report:#?}");
    let faults = journal_by(&own, &hospital.trust, None).faults;
    assert!(faults.iter().any(|fault| matches!(fault, JournalFault::CheckpointWrong { .. })), "{faults:?}");
    let untrusted: BTreeSet<bool> = faults
        .iter()
        .filter_map(|fault| match fault {
            JournalFault::ActWrong { act_fault, .. } => {
                Some(matches!(act_fault, ActFault::ActCertificateUntrusted { .. }))
            }
            _ => None,
        })
        .collect();
    assert!(untrusted.contains(&true), "{faults:?}");
}

/// Who sets the clock back and holds the entry of a stamp back with it makes a journal that agrees with itself.
#[test]
fn what_is_dated_back_came_after_what_was_kept() {
    let (hospital, filed, kept) = home(1);
    let size = head(&hospital).size;
    let token = hospital.token(&hospital.authority, kept.as_bytes(), at(MONDAY));
    let folder = files(&hospital).join(stamped::FOLDER);
    std::fs::create_dir_all(&folder).unwrap();
    let [note_name, token_name] = stamped::names(size);
    std::fs::write(folder.join(note_name), &kept).unwrap();
    std::fs::write(folder.join(token_name), &token).unwrap();
    // On Monday, as of Friday: intake, signature, and a stamp by the authority whose key lies in the home.
    let dated_back = hospital.file(Recipe::default());
    let draft = Draft::by_system(Kind::CheckpointStamped, Subject::default())
        .fact("size", size)
        .fact("checkpoint", Digest::of(kept.as_bytes()))
        .fact("token", Digest::of(&token))
        .fact("stamped_at", at(MONDAY))
        .fact("authority", "built-in");
    hospital.append(draft, at(FILED_AT));
    copy(&hospital);
    let report = journal(&hospital, None);
    assert_eq!((report.verdict, report.faults), (JournalVerdict::Consistent, Vec::new()));

    let against = Against { notes: &kept, token: Some(&token) };
    let report = journal_by(&hospital, &hospital.trust, Some(against));
    assert_eq!((report.verdict, report.anchored_at), (JournalVerdict::Verified, Some(size)));
    assert_eq!(report.not_anchored, report.entries - size, "nobody vouches for what came after");
    assert_eq!(report.anchor_stamped.unwrap().at, at(MONDAY));
    let held = hospital.trust.clone().held_against(&against);
    let report = record_by(&hospital, dated_back.id, &held);
    let not_anchored = Said::Doubt(Doubt::NotAnchored { index: dated_back.row.journal_index, size });
    assert_eq!((report.verdict, objections(&report)), (Verdict::Indeterminate, vec![(Step::Anchor, not_anchored)]));
    // What was there by then is vouched for, with the time.
    let report = record_by(&hospital, filed[0].id, &held);
    let index = filed[0].row.journal_index;
    let anchored = Said::Fact(Fact::Anchored { index, size, stamped_at: Some(at(MONDAY)) });
    assert_eq!((report.verdict, said(&report, Step::Anchor)), (Verdict::Passed, anchored));
    // A stamp of something else, given with the checkpoint, is told.
    let token = hospital.token(&hospital.authority, b"another", at(MONDAY));
    let wrong = hospital.trust.clone().held_against(&Against { notes: &kept, token: Some(&token) });
    let objected = objections(&record_by(&hospital, filed[0].id, &wrong));
    assert!(matches!(objected[..], [(Step::Anchor, Said::Fault(Fault::AgainstStampWrong { .. }))]), "{objected:?}");
}
