//! The whole journal: whatever is done to it is located.

use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::database::{DatabaseError, Tx};
use torikomi::document::DocumentState;
use torikomi::evidence::checkpoint::{Checkpoint, Origin};
use torikomi::ids::{Digest, DocumentId, RecordId};
use torikomi::journal::disposal::Erased;
use torikomi::journal::files::Files;
use torikomi::journal::{Draft, Entry, Kind, Subject, read};
use torikomi::ledger::documents;
use torikomi::people::acts::{Act, Deed, DisposalReason, RevocationReason, Signed};
use torikomi::verification::journal::{JournalFault, JournalReport, JournalVerdict, Sources, verify};
use torikomi::verification::{ActFault, Fault, Said, Step, Trust, Verdict};

use crate::hospital::{FILED_AT, Hospital, Recipe, TAKEN_IN_AT, at, clock_known, confirm};

struct Bench {
    hospital: Hospital,
    files: std::path::PathBuf,
}

impl Bench {
    /// Two filed records and their files: thirteen entries.
    fn new() -> Self {
        let hospital = Hospital::new();
        let files = hospital.folder.path().join("store/journal");
        let bench = Self { hospital, files };
        bench.hospital.file(Recipe::default());
        bench.catch_up();
        bench.hospital.file(Recipe::default());
        bench.catch_up();
        bench
    }

    fn catch_up(&self) {
        Files::open(&self.files, &self.hospital.database).unwrap().catch_up(&self.hospital.database).unwrap();
    }

    fn report(&self, against: Option<&str>) -> JournalReport {
        let (database, trust) = (&self.hospital.database, &self.hospital.trust);
        let against = against.map(Into::into);
        verify(&Sources { database, files: &self.files, trust, against }, |_, _| ()).unwrap()
    }

    fn first(&self) -> JournalFault {
        let report = self.report(None);
        assert_eq!(report.verdict, JournalVerdict::Failed, "{report:#?}");
        report.faults[0].clone()
    }

    fn checkpoint(&self) -> String {
        let head = self.hospital.database.read(async |tx| read::head(tx).await).unwrap();
        head.unwrap().checkpoint
    }

    /// A document that is taken in, and nothing more.
    fn take(&self) -> DocumentId {
        self.take_of("uketsuke", &[])
    }

    /// The same of the scans of the documents that are filed, in another order.
    fn take_again(&self) -> DocumentId {
        self.take_of("uketsuke", &scans())
    }

    fn take_of(&self, station: &str, scans: &[Digest]) -> DocumentId {
        let (document, now) = (DocumentId::new(), at(FILED_AT));
        self.hospital.take_of(document, now, clock_known(), station, scans);
        let station = "uketsuke".parse().unwrap();
        let create = async move |tx: &mut Tx| documents::create(tx, document, &station, &[], now, now).await;
        self.hospital.database.write::<_, DatabaseError, _>(create).unwrap();
        document
    }

    fn segment(&self) -> std::path::PathBuf {
        self.files.join("entries-000000000000.jsonl")
    }
}

fn scans() -> Vec<Digest> {
    Recipe::default().contents.iter().rev().map(|content| Digest::of(content)).collect()
}

const RENUMBER: &str = "
    UPDATE journal_private SET idx = -idx - 1 WHERE idx > 4; UPDATE journal_entry SET idx = -idx - 1 WHERE idx > 4;
    UPDATE journal_entry SET idx = -idx - 2 WHERE idx < 0; UPDATE journal_private SET idx = -idx - 2 WHERE idx < 0;";

#[test]
fn alone_it_is_consistent_and_against_a_checkpoint_verified() {
    let bench = Bench::new();
    let report = bench.report(None);
    assert_eq!((report.verdict, report.entries), (JournalVerdict::Consistent, 13), "{report:#?}");
    assert_eq!((report.entries_in_files, report.checkpoints_in_files, report.anchored_at), (13, 2, None));
    let checkpoint = bench.checkpoint();
    bench.hospital.file(Recipe::default());
    let report = bench.report(Some(&checkpoint));
    assert_eq!((report.verdict, report.anchored_at, report.entries), (JournalVerdict::Verified, Some(13), 19));
    // A file of several notes: each counts, and the journal is anchored at the last.
    let both = format!("{checkpoint}\n{}\n", bench.checkpoint());
    assert_eq!(bench.report(Some(&both)).anchored_at, Some(19));
    let spoilt = both.replacen("torikomi.example/journal/a\n13\n", "torikomi.example/journal/a\n12\n", 1);
    assert_ne!(spoilt, both);
    let faults = bench.report(Some(&spoilt)).faults;
    assert!(matches!(faults[..], [JournalFault::AgainstUnreadable { .. }]), "{faults:?}");
    // An empty one is none.
    let report = bench.report(Some(""));
    assert_eq!(report.verdict, JournalVerdict::Failed);
}

#[test]
fn a_checkpoint_of_nothing_proves_nothing() {
    let mut bench = Bench::new();
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let origin: Origin = "torikomi.example/journal/a".parse().unwrap();
    bench.hospital.trust.journals.push(key.verifier_key(origin.clone()).unwrap());
    let nothing = Checkpoint { origin, size: 0, root: Digest::of(b"") };
    let report = bench.report(Some(&key.sign_checkpoint(&nothing).unwrap()));
    assert_eq!((report.verdict, report.anchored_at), (JournalVerdict::Consistent, None), "{report:#?}");
}

#[test]
fn rows_beyond_the_head_are_seen() {
    for beyond in ["13", "15", "-1"] {
        let bench = Bench::new();
        bench.hospital.sql(&format!(
            "INSERT INTO journal_entry (idx, bytes, kind) SELECT {beyond}, bytes, kind FROM journal_entry WHERE idx = 4"
        ));
        let faults = bench.report(None).faults;
        assert_eq!(faults, [JournalFault::HeadDiffers { head: 13, entries: 14 }], "a row {beyond}");
        // And they do not hide that the files know more.
        let mut segment = std::fs::read_to_string(bench.segment()).unwrap();
        segment.push_str("{}\n");
        std::fs::write(bench.segment(), segment).unwrap();
        let shortened = JournalFault::DatabaseShortened { in_files: 14, in_database: 13 };
        assert!(bench.report(None).faults.contains(&shortened), "a row {beyond}");
    }
}

#[test]
fn a_writer_beside_it_is_no_fault() {
    let bench = Bench::new();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut files = Files::open(&bench.files, &bench.hospital.database).unwrap();
            for _ in 0..60 {
                bench.hospital.file(Recipe::default());
                files.catch_up(&bench.hospital.database).unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        let mut runs = 0;
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            let checkpoint = bench.checkpoint();
            let report = bench.report(Some(&checkpoint));
            assert_eq!(report.verdict, JournalVerdict::Verified, "run {runs}: {report:#?}");
            runs += 1;
        }
        assert!(runs > 3, "{runs} runs beside the writer");
    });
    assert_eq!(bench.report(None).entries, 13 + 60 * 6);
}

#[test]
fn without_its_key_it_agrees_with_itself_all_the_same() {
    let bench = Bench::new();
    let (database, of_the_hospital) = (&bench.hospital.database, &bench.hospital.trust);
    let trust = &Trust { journals: Vec::new(), ..of_the_hospital.clone() };
    let report = verify(&Sources { database, files: &bench.files, trust, against: None }, |_, _| ()).unwrap();
    assert_eq!((report.verdict, report.checkpoints_in_files), (JournalVerdict::Consistent, 0));
    // Without a root nobody can tell by whose certificates people signed.
    for journals in [Vec::new(), of_the_hospital.journals.clone()] {
        let trust = &Trust { journals, ..Trust::default() };
        let report = verify(&Sources { database, files: &bench.files, trust, against: None }, |_, _| ()).unwrap();
        let found = (report.verdict, report.faults.as_slice());
        assert_eq!(found, (JournalVerdict::Failed, &[JournalFault::RootsNotAtHand][..]));
    }
}

#[test]
fn a_changed_entry_is_located_with_the_copy_that_differs() {
    let change = "UPDATE journal_entry SET bytes = CAST(REPLACE(CAST(bytes AS TEXT), '05:10:01', '05:10:02') AS BLOB)
                  WHERE idx = 6";
    let bench = Bench::new();
    bench.hospital.sql(change);
    assert_eq!(bench.first(), JournalFault::EntryChanged { index: 6 });

    let bench = Bench::new();
    let text = std::fs::read_to_string(bench.segment()).unwrap();
    std::fs::write(bench.segment(), text.replacen("05:10:01", "05:10:02", 1)).unwrap();
    assert_eq!(bench.report(None).faults, [JournalFault::FileEntryChanged { index: 6 }]);

    // Both copies, and the tree from there on: only the checkpoints know.
    let bench = Bench::new();
    bench.hospital.sql(change);
    let text = std::fs::read_to_string(bench.segment()).unwrap();
    std::fs::write(bench.segment(), text.replacen("05:10:01", "05:10:02", 1)).unwrap();
    assert_eq!(bench.first(), JournalFault::NodeChanged { level: 0, index: 6 });

    let bench = Bench::new();
    bench.hospital.sql("UPDATE journal_node SET hash = zeroblob(32) WHERE level = 1 AND idx = 1");
    assert_eq!(bench.report(None).faults[0], JournalFault::NodeChanged { level: 1, index: 1 });
    bench.hospital.sql("DELETE FROM journal_node WHERE level = 1 AND idx = 1");
    assert_eq!(bench.report(None).faults[0], JournalFault::NodeMissing { level: 1, index: 1 });
    bench.hospital.sql("INSERT INTO journal_node (level, idx, hash) VALUES (0, 13, zeroblob(32))");
    assert!(bench.report(None).faults.contains(&JournalFault::NodesExtra { count: 1 }));
}

/// The newest entry that this is true of.
fn newest(bench: &Bench, which: impl Fn(&Entry) -> bool) -> u64 {
    let stored = bench.hospital.database.read(async |tx| read::entries(tx, 0, 100).await).unwrap();
    let mut entries = stored.iter().rev().map(|stored| stored.entry().unwrap());
    entries.find(|entry| which(entry)).unwrap().index
}

#[test]
fn a_column_that_hides_an_entry_is_named() {
    type Which = fn(&Entry) -> bool;
    let another = "'0190a000-0000-7000-8000-000000000000'";
    let columns: [(&str, &str, Which); 7] = [
        ("kind", "'daemon-started'", |entry| entry.kind == Kind::SessionOpened),
        ("kind", "'nonsense'", |entry| entry.kind == Kind::HomeFounded),
        ("document", "NULL", |entry| entry.kind == Kind::DeliveryTaken),
        ("delivery", another, |entry| entry.subject.delivery.is_some()),
        ("record", another, |entry| entry.subject.record.is_some()),
        ("person", another, |entry| entry.subject.person.is_none()),
        ("session", "NULL", |entry| entry.subject.session.is_some()),
    ];
    for (column, value, which) in columns {
        let bench = Bench::new();
        let checkpoint = bench.checkpoint();
        let index = newest(&bench, which);
        bench.hospital.sql(&format!("UPDATE journal_entry SET {column} = {value} WHERE idx = {index}"));
        let report = bench.report(Some(&checkpoint));
        let differs = JournalFault::LookupDiffers { index, column: column.to_owned() };
        assert_eq!((report.verdict, report.faults), (JournalVerdict::Failed, vec![differs]), "{column}");
    }
}

#[test]
fn a_revocation_that_is_hidden_from_a_record_is_named_in_the_journal() {
    let bench = Bench::new();
    let (hospital, now) = (&bench.hospital, at(TAKEN_IN_AT));
    let filed = hospital.file(Recipe::default());
    let (person, certificate) = (hospital.manager.person(), hospital.manager.certificate().fingerprint);
    let why = RevocationReason::KeyCompromised;
    let index = hospital.act(Deed::Revoke { person, certificate, since: now, why }, now).index;
    let verdict = || hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap().verdict;
    assert_eq!(verdict(), Verdict::Failed);
    let kind = |kind: &str, index: u64| {
        hospital.sql(&format!("UPDATE journal_entry SET kind = '{kind}' WHERE idx = {index}"));
    };
    // The record alone cannot tell what its home does not find; the whole journal does.
    kind("daemon-started", index);
    let differs = |index| JournalFault::LookupDiffers { index, column: "kind".to_owned() };
    assert_eq!(bench.report(Some(&bench.checkpoint())).faults, [differs(index)]);
    // What is found as something that it is not counts for nothing.
    kind("certificate-revoked", index);
    let daemon = hospital.append(Draft::by_system(Kind::DaemonStarted, Subject::default()), now).index;
    kind("certificate-revoked", daemon);
    let report = hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap();
    let unreadable = |said: &Said| matches!(said, Said::Fault(Fault::ProofUnreadable { .. }));
    assert!(report.steps.iter().any(|step| step.step == Step::Journal && unreadable(&step.said)), "{report:#?}");
}

#[test]
fn a_removed_entry_is_located() {
    let bench = Bench::new();
    bench.hospital.sql("DELETE FROM journal_entry WHERE idx = 4");
    assert_eq!(bench.first(), JournalFault::EntriesMissing { from: 4, until: 4 });
    // The rows closed up.
    bench.hospital.sql(RENUMBER);
    assert_eq!(bench.first(), JournalFault::EntriesRemoved { at: 4, count: 1 });
}

#[test]
fn an_inserted_entry_is_located() {
    let bench = Bench::new();
    bench.hospital.sql(
        "UPDATE journal_private SET idx = -idx WHERE idx > 4; UPDATE journal_entry SET idx = -idx WHERE idx > 4;
         UPDATE journal_entry SET idx = 1 - idx WHERE idx < 0; UPDATE journal_private SET idx = 1 - idx WHERE idx < 0;
         INSERT INTO journal_entry (idx, bytes, kind) SELECT 5, bytes, kind FROM journal_entry WHERE idx = 4;",
    );
    assert_eq!(bench.first(), JournalFault::EntriesInserted { at: 5, count: 1 });
}

#[test]
fn reordered_entries_are_located() {
    let bench = Bench::new();
    bench.hospital.sql(
        "UPDATE journal_entry SET idx = 100 WHERE idx = 4; UPDATE journal_entry SET idx = 4 WHERE idx = 6;
         UPDATE journal_entry SET idx = 6 WHERE idx = 100;",
    );
    assert_eq!(bench.first(), JournalFault::EntriesReordered { first: 4, last: 6 });
}

#[test]
fn a_shortened_journal_is_seen_against_what_is_kept_elsewhere() {
    let bench = Bench::new();
    let older = {
        let text = std::fs::read_to_string(bench.files.join("checkpoints.txt")).unwrap();
        text.split("\n\n").next().map(|_| text.clone()).unwrap()
    };
    let checkpoint = bench.checkpoint();
    // Taken back to the state after seven entries, with the head of that time: consistent in itself.
    let seven = older.split_inclusive('\n').take_while(|line| !line.contains("\n\n")).collect::<String>();
    let first_note: String = {
        let lines: Vec<&str> = seven.lines().collect();
        lines[..5].join("\n") + "\n"
    };
    let root = {
        let root = first_note.lines().nth(2).unwrap();
        let bytes = data_encoding::BASE64.decode(root.as_bytes()).unwrap();
        format!("sha256:{}", data_encoding::HEXLOWER.encode(&bytes))
    };
    bench.hospital.sql(&format!(
        "DELETE FROM record_member WHERE record IN (SELECT id FROM record WHERE journal_index > 6);
         DELETE FROM record WHERE journal_index > 6;
         DELETE FROM document WHERE id NOT IN (SELECT document FROM record);
         DELETE FROM journal_private WHERE idx > 6; DELETE FROM journal_entry WHERE idx > 6;
         DELETE FROM journal_node WHERE (idx + 1) << level > 7;
         UPDATE journal_head SET size = 7, root = '{root}', checkpoint = '{first_note}';"
    ));
    let in_files = JournalFault::DatabaseShortened { in_files: 13, in_database: 7 };
    let report = bench.report(Some(&checkpoint));
    assert_eq!(report.faults[0], in_files, "{report:#?}");
    assert!(report.faults.contains(&JournalFault::Truncated { promised: 13, found: 7 }), "{report:#?}");
    // The files shortened too: only what is kept elsewhere knows.
    let text = std::fs::read_to_string(bench.segment()).unwrap();
    std::fs::write(bench.segment(), text.split_inclusive('\n').take(7).collect::<String>()).unwrap();
    std::fs::write(bench.files.join("checkpoints.txt"), format!("{first_note}\n")).unwrap();
    assert_eq!(bench.report(None).verdict, JournalVerdict::Consistent, "{:#?}", bench.report(None));
    let faults = bench.report(Some(&checkpoint)).faults;
    assert_eq!(faults, [JournalFault::Truncated { promised: 13, found: 7 }]);
}

#[test]
fn another_past_is_seen() {
    let bench = Bench::new();
    // The same journal's key under other entries: a home that was restored, and lived on differently.
    let checkpoint = bench.checkpoint();
    let (text, _) = checkpoint.split_once("\n\n").unwrap();
    let wrong = checkpoint.replace(text.lines().nth(2).unwrap(), &data_encoding::BASE64.encode(&[0; 32]));
    let report = bench.report(Some(&wrong));
    assert!(matches!(report.faults[0], JournalFault::AgainstUnreadable { .. }), "not signed: {report:#?}");
    let other = Bench::new();
    let report = bench.report(Some(&other.checkpoint()));
    assert!(matches!(report.faults[0], JournalFault::AgainstUnreadable { .. }), "another key: {report:#?}");
    let named = checkpoint.replace("journal/a", "journal/b");
    let origin = "torikomi.example/journal/b".to_owned();
    assert_eq!(bench.report(Some(&named)).faults, [JournalFault::AgainstOtherJournal { origin }]);
}

#[test]
fn head_and_private_parts_are_compared() {
    let bench = Bench::new();
    bench.hospital.sql("UPDATE journal_head SET size = 10");
    let faults = bench.report(None).faults;
    assert!(faults.iter().any(|fault| matches!(fault, JournalFault::HeadRootDiffers)), "{faults:?}");
    let bench = Bench::new();
    bench.hospital.sql("UPDATE journal_private SET text = REPLACE(text, 'scan 1', 'scan 2') WHERE idx = 3");
    assert_eq!(bench.report(None).faults, [JournalFault::PrivateDiffers { index: 3 }]);
    // No act erased it, so it was taken away.
    bench.hospital.sql("DELETE FROM journal_private WHERE idx = 3");
    let report = bench.report(None);
    assert_eq!((report.verdict, report.erased), (JournalVerdict::Failed, 1));
    assert_eq!(report.faults, [JournalFault::PrivateMissing { index: 3 }]);
    let bench = Bench::new();
    bench.hospital.sql("INSERT INTO journal_private (idx, salt, text) VALUES (4, zeroblob(32), 'x')");
    assert_eq!(bench.report(None).faults, [JournalFault::PrivateUnexpected { index: 4 }]);
}

#[test]
fn acts_count_only_with_role_and_signature() {
    let bench = Bench::new();
    // The administrator may not confirm.
    let hospital = &bench.hospital;
    let (document, now) = (bench.take(), at(FILED_AT));
    let act = Act::new(confirm(document), hospital.admin.person(), now, hospital.home);
    let signed = Signed::sign(act, &[&hospital.admin]).unwrap();
    hospital.append(signed.into_draft(None), now);
    let fault = ActFault::ActRoleNotHeld { act: "confirm".into() };
    assert_eq!(bench.report(None).faults, [JournalFault::ActWrong { index: 15, act_fault: fault }]);

    // A confirmation without anybody's signature.
    let bench = Bench::new();
    bench.hospital.append(Draft::by_system(Kind::DocumentConfirmed, Subject::document(document)), now);
    assert_eq!(bench.report(None).faults, [JournalFault::ActWrong { index: 13, act_fault: ActFault::ActMissing }]);

    // The certificate's row is another's.
    let bench = Bench::new();
    bench.hospital.sql("UPDATE certificate SET der = (SELECT der FROM certificate ORDER BY fingerprint LIMIT 1)");
    let report = bench.report(None);
    assert!(matches!(report.faults[0], JournalFault::ActWrong { index: 0, .. }), "{report:#?}");
}

#[test]
fn a_session_signs_what_it_was_opened_for_and_no_more() {
    let bench = Bench::new();
    let hospital = &bench.hospital;
    let opened = |deed: &mut Deed| {
        let Deed::OpenSession { most, .. } = deed else { unreachable!() };
        *most = 2;
    };
    let filed = hospital.file(Recipe { opened, ..Recipe::default() });
    let (manager, now) = (hospital.manager.person(), at(FILED_AT));
    let sign = |session, person| {
        let subject = Subject { session: Some(session), person: Some(person), ..Subject::document(filed.document) };
        hospital.append(Draft::by_person(Kind::DocumentSigned, person, subject), now).index
    };
    sign(filed.session, manager);
    assert_eq!(bench.report(None).verdict, JournalVerdict::Consistent);
    let index = sign(filed.session, manager);
    let overspent = JournalFault::SessionOverspent { index, most: 2 };
    assert_eq!(bench.report(None).faults, std::slice::from_ref(&overspent));
    let by_another = sign(filed.session, hospital.admin.person());
    let in_none = sign(torikomi::ids::SessionId::new(), manager);
    let without = [by_another, in_none].map(|index| JournalFault::SignedWithoutSession { index });
    assert_eq!(bench.report(None).faults, [vec![overspent], without.to_vec()].concat());
}

#[test]
fn records_documents_and_certificates_both_ways() {
    let bench = Bench::new();
    bench.hospital.sql(
        "DELETE FROM record_member WHERE record IN (SELECT id FROM record WHERE journal_index = 6);
         DELETE FROM record WHERE journal_index = 6",
    );
    assert_eq!(bench.report(None).faults, [JournalFault::RecordMissing { index: 6 }]);

    let bench = Bench::new();
    let id = RecordId::new();
    bench.hospital.sql(&format!(
        "INSERT INTO record SELECT '{id}',
           substr(digest, 1, 70) || CASE substr(digest, 71) WHEN '0' THEN '1' ELSE '0' END, document, 9, previous, station,
           document_type, profile_id, profile_version, patient_id, patient_name, obtained_on, page_count, operator,
           signer, taken_in_at, signed_at, timestamped_at, filed_at, journal_index FROM record WHERE journal_index = 6"
    ));
    assert_eq!(bench.report(None).faults, [JournalFault::RecordWithoutEntry { record: id }]);

    let bench = Bench::new();
    let filed = bench.hospital.file(Recipe::default());
    let subject = Subject::document(filed.document);
    bench.hospital.append(Draft::by_system(Kind::DocumentDiscarded, subject), at(FILED_AT));
    let faults = bench.report(None).faults;
    assert!(faults.contains(&JournalFault::EndedTwice { index: 19, document: filed.document }), "{faults:?}");

    let bench = Bench::new();
    let filed = bench.hospital.file(Recipe::default());
    let subject = Subject::document(filed.document);
    bench.hospital.append(Draft::by_system(Kind::DocumentSuperseded, subject), at(FILED_AT));
    let faults = bench.report(None).faults;
    let expected = JournalFault::SupersededByNone { index: 19, document: filed.document };
    assert!(faults.contains(&expected), "{faults:?}");

    let bench = Bench::new();
    let document = DocumentId::new();
    bench.hospital.take(document, at(FILED_AT));
    let faults = bench.report(None).faults;
    let counts = JournalFault::LedgerCounts { in_ledger: 2, in_journal: 3 };
    assert_eq!(faults, [JournalFault::LedgerLacks { document }, counts]);

    let bench = Bench::new();
    let facts = |facts: &mut serde_json::Map<String, serde_json::Value>| {
        facts["certificate"] = Digest::of(b"").to_string().into();
    };
    let document = bench.hospital.file(Recipe { facts, ..Recipe::default() }).document;
    let (index, certificate) = (18, Digest::of(b""));
    let not_signed = JournalFault::FiledWithoutSignature { index, document };
    assert_eq!(bench.report(None).faults, [JournalFault::SignerNotIssued { index, certificate }, not_signed]);

    let bench = Bench::new();
    bench.hospital.sql(
        "INSERT INTO certificate SELECT 'sha256:' || printf('%064d', 0), person, der, issuers, suite, key_file,
           not_before, not_after, revoked_at, stopped_by, issued_by, issued_at, 0 FROM certificate ORDER BY fingerprint LIMIT 1",
    );
    let report = bench.report(None);
    assert!(matches!(report.faults[..], [JournalFault::CertificateWithoutEntry { .. }]), "{report:#?}");
}

#[test]
fn the_ledger_ends_each_document_as_the_journal_does() {
    // Open again, it could be filed a second time.
    let bench = Bench::new();
    let filed = bench.hospital.file(Recipe::default());
    let document = filed.document;
    let set = |state: &str| bench.hospital.sql(&format!("UPDATE document SET state = {state} WHERE id = '{document}'"));
    for open in ["'review', held = 'findings'", "'identifying'", "'filing'"] {
        set(open);
        assert_eq!(bench.report(None).faults, [JournalFault::LedgerOpen { document }], "{open}");
    }
    let in_journal = DocumentState::Filed;
    for in_ledger in [DocumentState::SentBack, DocumentState::Discarded, DocumentState::Disposed] {
        set(&format!("'{in_ledger}'"));
        let expected = JournalFault::LedgerEndsOtherwise { index: 18, document, in_ledger, in_journal };
        assert_eq!(bench.report(None).faults, [expected]);
    }
    set("'nonsense'");
    assert_eq!(bench.report(None).faults, [JournalFault::LedgerLacks { document }]);
    set("'filed'");
    assert_eq!(bench.report(None).faults, []);

    // The same of what ended without a record.
    for (kind, in_journal) in [
        (Kind::DocumentSentBack, DocumentState::SentBack),
        (Kind::DocumentDiscarded, DocumentState::Discarded),
        (Kind::DeliveryReceived, DocumentState::Discarded),
    ] {
        let bench = Bench::new();
        let first = bench.hospital.file(Recipe::default()).document;
        let document = bench.take_again();
        let entry = Draft::by_system(kind, Subject::document(document)).fact("receipt_of", first);
        let index = bench.hospital.append(entry, at(FILED_AT)).index;
        // A person's entry without an act is told apart from this.
        let both_ways = |faults: Vec<JournalFault>| -> Vec<_> {
            faults.into_iter().filter(|fault| !matches!(fault, JournalFault::ActWrong { .. })).collect()
        };
        assert_eq!(both_ways(bench.report(None).faults), [JournalFault::LedgerOpen { document }], "{kind}");
        let set = |state: DocumentState| {
            bench.hospital.sql(&format!("UPDATE document SET state = '{state}' WHERE id = '{document}'"));
        };
        set(in_journal);
        assert_eq!(both_ways(bench.report(None).faults), [], "{kind}");
        let in_ledger = DocumentState::Filed;
        set(in_ledger);
        let expected = JournalFault::LedgerEndsOtherwise { index, document, in_ledger, in_journal };
        assert_eq!(both_ways(bench.report(None).faults), [expected], "{kind}");
    }
}

#[test]
fn a_further_receipt_is_one_of_what_was_filed_before() {
    let ends = |of: &dyn Fn(&Bench) -> Option<DocumentId>| {
        let bench = Bench::new();
        let (document, of) = (bench.take_again(), of(&bench));
        let entry = Draft::by_system(Kind::DeliveryReceived, Subject::document(document));
        let entry = of.iter().fold(entry, |entry, of| entry.fact("receipt_of", of));
        let index = bench.hospital.append(entry, at(FILED_AT)).index;
        bench.hospital.sql(&format!("UPDATE document SET state = 'discarded' WHERE id = '{document}'"));
        // What is filed afterwards changes nothing of it.
        bench.hospital.file(Recipe::default());
        (index, of, bench.report(None).faults)
    };
    let (.., faults) = ends(&|bench| Some(bench.hospital.file(Recipe::default()).document));
    assert_eq!(faults, []);
    let (index, _, faults) = ends(&|_| None);
    assert_eq!(faults, [JournalFault::ReceiptOfNothing { index }]);
    let (index, of, faults) = ends(&|_| Some(DocumentId::new()));
    assert_eq!(faults, [JournalFault::ReceiptOfUnfiled { index, document: of.unwrap() }]);
    let (index, of, faults) = ends(&|bench| Some(bench.take()));
    assert_eq!(faults, [JournalFault::ReceiptOfUnfiled { index, document: of.unwrap() }]);
}

/// The line makes this entry by itself, so it must show that it is about the same scans: nobody else says so.
#[test]
fn a_further_receipt_is_of_the_same_scans_at_the_same_station() {
    let ends = |station: &str, scans: &[Digest]| {
        let bench = Bench::new();
        let first = bench.hospital.file(Recipe::default()).document;
        let document = bench.take_of(station, scans);
        let entry = Draft::by_system(Kind::DeliveryReceived, Subject::document(document)).fact("receipt_of", first);
        let index = bench.hospital.append(entry, at(FILED_AT)).index;
        bench.hospital.sql(&format!("UPDATE document SET state = 'discarded' WHERE id = '{document}'"));
        (bench.report(None).faults, vec![JournalFault::ReceiptOfAnother { index, document: first }])
    };
    let (faults, _) = ends("uketsuke", &scans());
    assert_eq!(faults, []);
    let another = [scans()[0], Digest::of(b"another patient's page")];
    let more = [scans(), vec![scans()[0]]].concat();
    for (station, scans) in
        [("kyukyu", scans()), ("uketsuke", another.to_vec()), ("uketsuke", more), ("uketsuke", scans()[..1].to_vec())]
    {
        let (faults, expected) = ends(station, &scans);
        assert_eq!(faults, expected, "{station} {scans:?}");
    }
}

/// Has private parts erased by the manager, and by the administrator too where that is wanted; answers the entry.
fn dispose(bench: &Bench, entries: Vec<Erased>, by_two: bool) -> u64 {
    let (hospital, now) = (&bench.hospital, at(FILED_AT));
    let (manager, admin) = (&hospital.manager, &hospital.admin);
    let deed = Deed::DisposePrivateParts { entries, reason: DisposalReason::OnRequest };
    let act = Act::new(deed, manager.person(), now, hospital.home);
    let signed = if by_two {
        Signed::sign(act.with_second(admin.person()), &[manager, admin])
    } else {
        Signed::sign(act, &[manager])
    };
    hospital.append(signed.unwrap().into_draft(None), now).index
}

#[test]
fn what_two_people_had_erased_is_told_and_whatever_else_is_gone_is_a_fault() {
    let bench = Bench::new();
    let stored = bench.hospital.database.read(async |tx| read::entries(tx, 3, 1).await).unwrap();
    let private = stored[0].entry().unwrap().private.unwrap();
    let erased = |private| vec![Erased { index: 3, private }];
    let by = dispose(&bench, erased(private), true);
    assert_eq!(bench.report(None).faults, [JournalFault::PrivateNotErased { index: 3, by }]);
    bench.hospital.sql("DELETE FROM journal_private WHERE idx = 3");
    bench.catch_up();
    let report = bench.report(None);
    assert_eq!((report.verdict, report.erased), (JournalVerdict::Consistent, 1), "{report:#?}");
    assert_eq!((report.disposals[0].index, &report.disposals[0].entries), (by, &vec![3]));
    assert!(!std::fs::read_to_string(bench.files.join("private-000000000000.jsonl")).unwrap().contains("\"index\":3,"));

    // An act that names another text, or an entry to come, and that of one person alone.
    let bench = Bench::new();
    dispose(&bench, erased(Digest::of(b"another")), true);
    bench.hospital.sql("DELETE FROM journal_private WHERE idx = 3");
    assert_eq!(bench.report(None).faults, [JournalFault::PrivateMissing { index: 3 }]);
    for (entries, by_two, act_fault) in [
        (erased(private), false, ActFault::ActSigners),
        (vec![Erased { index: 99, private }], true, ActFault::ActOutOfPlace),
    ] {
        let bench = Bench::new();
        let index = dispose(&bench, entries, by_two);
        let faults = bench.report(None).faults;
        assert!(faults.contains(&JournalFault::ActWrong { index, act_fault }), "{faults:?}");
    }
}
