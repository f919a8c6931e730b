//! Appending: number, bytes, tree and signed checkpoint in the transaction that makes the change.

use std::sync::Mutex;

use sqlx::Row as _;

use super::read::{Lookup, Private, edge_at, head};
use super::{Draft, ENTRY_VERSION, Entry, commitment};
use crate::crypto::make::KeyPair;
use crate::database::{DatabaseError, Tx, unreadable};
use crate::evidence::checkpoint::{Checkpoint, Origin};
use crate::evidence::tree::Frontier;
use crate::ids::{Digest, HomeId};
use crate::instant::Instant;

/// The writing end of a home's journal.
pub struct Journal {
    home: HomeId,
    origin: Origin,
    key: KeyPair,
    /// The right edge of the tree after the newest append. An append that was rolled back leaves it ahead of the
    /// database, which the next append notices by size and root.
    edge: Mutex<Option<Frontier>>,
}

/// Where an entry came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub index: u64,
    /// SHA-256 of the entry's bytes.
    pub entry: Digest,
}

impl Journal {
    /// The journal of `home`, whose checkpoints `key` signs under the name `origin`.
    #[must_use]
    pub fn new(home: HomeId, origin: Origin, key: KeyPair) -> Self {
        Self { home, origin, key, edge: Mutex::new(None) }
    }

    /// Appends an entry inside the writer's transaction.
    ///
    /// # Errors
    /// When the database fails, or its head and tree do not agree.
    pub async fn append(&self, tx: &mut Tx, draft: Draft, now: Instant) -> Result<Appended, DatabaseError> {
        let mut edge = self.edge(tx).await?;
        let index = edge.size();
        let private = match &draft.private {
            None => None,
            Some(text) => {
                let text = serde_json_canonicalizer::to_string(text).map_err(unreadable("journal_private.text"))?;
                let mut salt = [0; 32];
                getrandom::fill(&mut salt).map_err(|error| DatabaseError::Unreadable(error.to_string()))?;
                Some((salt, text))
            }
        };
        let entry = Entry {
            v: ENTRY_VERSION,
            home: self.home,
            index,
            at: now,
            kind: draft.kind,
            actor: draft.actor,
            subject: draft.subject,
            facts: draft.facts,
            private: private.as_ref().map(|(salt, text)| commitment(salt, text)),
            act: draft.act,
        };
        let bytes = serde_json_canonicalizer::to_vec(&entry).map_err(unreadable("journal_entry.bytes"))?;
        let lookup = Lookup::of(&entry);

        let private = private.map(|(salt, text)| Private { salt: salt.to_vec(), text });
        insert(tx, &mut edge, &lookup, &bytes, private.as_ref()).await?;
        self.set_head(tx, &edge).await?;
        self.keep(edge);
        Ok(Appended { index, entry: Digest::of(&bytes) })
    }

    /// Enters an entry again that was lost with the database: its exact bytes, at its own place.
    ///
    /// # Errors
    /// When the database fails, or it is not the next one.
    pub async fn restore(
        &self,
        tx: &mut Tx,
        entry: &Entry,
        bytes: &[u8],
        private: Option<&Private>,
    ) -> Result<(), DatabaseError> {
        let mut edge = self.edge(tx).await?;
        if edge.size() != entry.index {
            return Err(DatabaseError::Conflict(format!("entry {} is not the next of the journal", entry.index)));
        }
        insert(tx, &mut edge, &Lookup::of(entry), bytes, private).await?;
        self.set_head(tx, &edge).await?;
        self.keep(edge);
        Ok(())
    }

    async fn set_head(&self, tx: &mut Tx, edge: &Frontier) -> Result<(), DatabaseError> {
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: edge.size(), root: edge.root() };
        let note = self.key.sign_checkpoint(&checkpoint).map_err(unreadable("journal_head.checkpoint"))?;
        sqlx::query(
            "INSERT INTO journal_head (one, size, root, checkpoint) VALUES (1, $1, $2, $3)
             ON CONFLICT (one) DO UPDATE SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint",
        )
        .bind(i64::try_from(checkpoint.size).map_err(unreadable("journal_head.size"))?)
        .bind(checkpoint.root.to_string())
        .bind(note)
        .execute(tx)
        .await?;
        Ok(())
    }

    /// The tree's right edge as the database has it.
    async fn edge(&self, tx: &mut Tx) -> Result<Frontier, DatabaseError> {
        let Some(head) = head(tx).await? else {
            let entries: i64 = sqlx::query("SELECT COUNT(*) FROM journal_entry").fetch_one(tx).await?.try_get(0)?;
            return if entries == 0 {
                Ok(Frontier::default())
            } else {
                Err(DatabaseError::Corrupt(format!("the journal has {entries} entries and no head")))
            };
        };
        let known = self.edge.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(known) = known
            && known.size() == head.size
            && known.root() == head.root
        {
            return Ok(known);
        }
        let restored = edge_at(tx, head.size).await?;
        if restored.root() == head.root {
            Ok(restored)
        } else {
            Err(DatabaseError::Corrupt(
                "the journal's head does not fit its tree: run `torikomi journal verify`".into(),
            ))
        }
    }

    fn keep(&self, edge: Frontier) {
        *self.edge.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(edge);
    }
}

/// Erases private parts of entries, in the transaction that enters the act which says so. Their bytes are gone from the
/// database's files once these are scrubbed ([`crate::database::Database::scrub`]), and from the journal's before its entry is there.
///
/// # Errors
/// When the database fails.
pub async fn erase_private(tx: &mut Tx, entries: impl IntoIterator<Item = u64>) -> Result<(), DatabaseError> {
    for index in entries {
        sqlx::query("DELETE FROM journal_private WHERE idx = $1")
            .bind(i64::try_from(index).map_err(unreadable("journal_private.idx"))?)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// The rows of an entry, and the nodes that it completes.
async fn insert(
    tx: &mut Tx,
    edge: &mut Frontier,
    lookup: &Lookup,
    bytes: &[u8],
    private: Option<&Private>,
) -> Result<(), DatabaseError> {
    let row = i64::try_from(edge.size()).map_err(unreadable("journal_entry.idx"))?;
    sqlx::query(
        "INSERT INTO journal_entry (idx, bytes, kind, document, delivery, record, person, session)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(row)
    .bind(bytes.to_vec())
    .bind(lookup.kind.clone())
    .bind(lookup.document.clone())
    .bind(lookup.delivery.clone())
    .bind(lookup.record.clone())
    .bind(lookup.person.clone())
    .bind(lookup.session.clone())
    .execute(&mut *tx)
    .await?;
    if let Some(private) = private {
        sqlx::query("INSERT INTO journal_private (idx, salt, text) VALUES ($1, $2, $3)")
            .bind(row)
            .bind(private.salt.clone())
            .bind(private.text.clone())
            .execute(&mut *tx)
            .await?;
    }
    for node in edge.append(bytes) {
        sqlx::query("INSERT INTO journal_node (level, idx, hash) VALUES ($1, $2, $3)")
            .bind(i64::from(node.level))
            .bind(i64::try_from(node.index).map_err(unreadable("journal_node.idx"))?)
            .bind(node.hash.as_bytes().to_vec())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::crypto::make::Suite;
    use crate::database::Database;
    use crate::database::engines::{self, Engine};
    use crate::evidence::tree::{leaf_hash, verify_consistency, verify_inclusion};
    use crate::journal::files::Files;
    use crate::journal::kept::Kept;
    use crate::journal::read::{consistency_proof, entries, inclusion_proof};
    use crate::journal::{Kind, Subject};

    struct Bench {
        folder: tempfile::TempDir,
        _runtime: tokio::runtime::Runtime,
        database: Database,
        journal: Arc<Journal>,
    }

    /// One on each engine.
    fn benches() -> impl Iterator<Item = Bench> {
        engines::each().map(|Engine { database, runtime, folder }| {
            let key = KeyPair::generate(Suite::Ed25519).unwrap();
            let journal = Journal::new(HomeId::new(), "torikomi.test/journal".parse().unwrap(), key);
            Bench { folder, _runtime: runtime, database, journal: Arc::new(journal) }
        })
    }

    fn append(bench: &Bench, fail: bool) -> Result<Appended, DatabaseError> {
        let journal = Arc::clone(&bench.journal);
        bench.database.write(async move |tx| {
            let draft =
                Draft::by_system(Kind::DaemonStarted, Subject::default()).private(serde_json::json!({"text": "架空"}));
            let appended = journal.append(tx, draft, Instant::from_microseconds(1).unwrap()).await?;
            if fail { Err(DatabaseError::Conflict("on purpose".into())) } else { Ok(appended) }
        })
    }

    #[test]
    fn what_is_rolled_back_leaves_no_trace_in_the_tree() {
        for bench in benches() {
            let mut leaves = Vec::new();
            let mut roots = Vec::new();
            for round in 0..40_u64 {
                if round % 3 == 0 {
                    assert!(append(&bench, true).is_err());
                }
                assert_eq!(append(&bench, false).unwrap().index, round);
                let stored = bench.database.read(async |tx| entries(tx, round, 1).await).unwrap().remove(0);
                let entry = stored.entry().unwrap();
                assert_eq!(entry.index, round);
                let private = stored.private.unwrap();
                assert_eq!(entry.private.unwrap(), commitment(&private.salt.try_into().unwrap(), &private.text));
                leaves.push(leaf_hash(&stored.bytes));
                roots.push(bench.database.read(async |tx| head(tx).await).unwrap().unwrap().root);
            }
            let last = roots[39];
            for (index, leaf) in leaves.iter().enumerate() {
                let index = u64::try_from(index).unwrap();
                let proof = bench.database.read(async |tx| inclusion_proof(tx, index, 40).await).unwrap();
                assert!(verify_inclusion(leaf, index, 40, &proof, &last));
                assert!(!verify_inclusion(leaf, (index + 1) % 40, 40, &proof, &last));
                let old = index + 1;
                let proof = bench.database.read(async |tx| consistency_proof(tx, old, 40).await).unwrap();
                assert!(verify_consistency(old, 40, &roots[usize::try_from(index).unwrap()], &last, &proof));
            }
        }
    }

    #[test]
    fn the_files_take_nothing_of_another_past() {
        use crate::journal::files::FilesError;
        for (bench, other) in benches().zip(benches()) {
            let folder = bench.folder.path().join("journal");
            for _ in 0..7 {
                append(&bench, false).unwrap();
            }
            let mut files = Files::open(&folder, &bench.database).unwrap();
            files.catch_up(&bench.database).unwrap();
            let held = || {
                ["entries-000000000000.jsonl", "checkpoints.txt"].map(|name| std::fs::read(folder.join(name)).unwrap())
            };
            let before = held();
            // A database that is put back under a running line goes on: as long as the files, and then longer.
            for entries in 1..=9 {
                append(&other, false).unwrap();
                for refused in [files.catch_up(&other.database), Files::open(&folder, &other.database).map(drop)] {
                    match refused {
                        Err(FilesError::DatabaseIsOlder { in_files: 7, in_database, .. }) => {
                            assert_eq!(in_database, entries);
                        }
                        Err(FilesError::Forked { size: 7, .. }) => assert!(entries >= 7),
                        refused => panic!("{entries}: {refused:?}"),
                    }
                }
            }
            assert_eq!(held(), before);
            // A crash may come before the checkpoint is noted; then the entries themselves are compared.
            let notes = String::from_utf8(before[1].clone()).unwrap();
            std::fs::write(folder.join("checkpoints.txt"), "").unwrap();
            assert!(matches!(Files::open(&folder, &other.database), Err(FilesError::Forked { size: 7, .. })));
            drop(Files::open(&folder, &bench.database).unwrap());
            std::fs::write(folder.join("checkpoints.txt"), notes).unwrap();
            append(&bench, false).unwrap();
            files.catch_up(&bench.database).unwrap();
            assert!(held()[0].starts_with(&before[0]) && held()[0].len() > before[0].len());
        }
    }

    /// Read back, they are what the database has, private parts and all.
    fn as_in_the_database(folder: &std::path::Path, bench: &Bench) {
        let mut kept = Kept::open(folder).unwrap();
        for stored in bench.database.read(async |tx| entries(tx, 0, 10).await).unwrap() {
            let entry = kept.next_entry().unwrap().unwrap();
            assert_eq!((entry.index, entry.bytes, entry.private), (stored.index, stored.bytes, stored.private));
        }
        assert_eq!(kept.next_entry().unwrap(), None);
    }

    #[test]
    fn the_files_catch_up_and_mend_a_cut_line() {
        for bench in benches() {
            let folder = bench.folder.path().join("journal");
            for _ in 0..3 {
                append(&bench, false).unwrap();
            }
            Files::open(&folder, &bench.database).unwrap().catch_up(&bench.database).unwrap();
            let segment = folder.join("entries-000000000000.jsonl");
            let first = std::fs::read(&segment).unwrap();
            std::fs::write(&segment, &first[..first.len() - 5]).unwrap();
            let private = folder.join("private-000000000000.jsonl");
            let parts = std::fs::read(&private).unwrap();
            std::fs::write(&private, [&parts, &b"{\"index\":3"[..]].concat()).unwrap();
            append(&bench, false).unwrap();
            Files::open(&folder, &bench.database).unwrap().catch_up(&bench.database).unwrap();
            let now = std::fs::read(&segment).unwrap();
            assert!(now.starts_with(&first));
            as_in_the_database(&folder, &bench);
            assert_eq!(now.iter().filter(|&&byte| byte == b'\n').count(), 4);

            let older = benches().next().unwrap();
            append(&older, false).unwrap();
            assert!(matches!(
                Files::open(&folder, &older.database).err(),
                Some(crate::journal::files::FilesError::DatabaseIsOlder { in_files: 4, in_database: 1, .. })
            ));
        }
    }

    #[test]
    fn a_database_that_is_refused_costs_the_files_nothing() {
        for (bench, other) in benches().zip(benches()) {
            let folder = bench.folder.path().join("journal");
            for _ in 0..3 {
                append(&bench, false).unwrap();
                append(&other, false).unwrap();
            }
            Files::open(&folder, &bench.database).unwrap().catch_up(&bench.database).unwrap();
            // The last entry is gone, and what a crash leaves stands behind: only with their own database are they mended.
            let names = ["entries-000000000000.jsonl", "private-000000000000.jsonl", "checkpoints.txt"];
            let held = || names.map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
            let whole = held();
            let kept: usize = whole[0].split_inclusive('\n').take(2).map(str::len).sum();
            for (name, bytes) in names.iter().zip([&whole[0][..kept + 5], &whole[1], &whole[2]]) {
                std::fs::write(folder.join(name), format!("{bytes}half")).unwrap();
            }
            let before = held();
            assert!(Files::open(&folder, &other.database).is_err());
            assert_eq!(held(), before);
            Files::open(&folder, &bench.database).unwrap().catch_up(&bench.database).unwrap();
            assert_eq!(held(), whole);
        }
    }

    #[test]
    fn private_parts_are_written_once_however_often_their_entries_are_not() {
        for bench in benches() {
            let folder = bench.folder.path().join("journal");
            append(&bench, false).unwrap();
            let mut files = Files::open(&folder, &bench.database).unwrap();
            files.catch_up(&bench.database).unwrap();
            let (segment, private) =
                (folder.join("entries-000000000000.jsonl"), folder.join("private-000000000000.jsonl"));
            let (entries_then, private_then) =
                (std::fs::read_to_string(&segment).unwrap(), std::fs::read_to_string(&private).unwrap());
            std::fs::write(&segment, "").unwrap();
            for _ in 0..3 {
                append(&bench, false).unwrap();
                assert!(files.catch_up(&bench.database).is_err());
                assert_eq!(std::fs::read_to_string(&private).unwrap(), private_then);
            }
            std::fs::write(&segment, entries_then).unwrap();
            files.catch_up(&bench.database).unwrap();
            assert_eq!(std::fs::read_to_string(&private).unwrap().lines().count(), 4);
            as_in_the_database(&folder, &bench);
        }
    }

    #[test]
    fn private_parts_that_the_files_lost_are_made_up() {
        for bench in benches() {
            let folder = bench.folder.path().join("journal");
            for _ in 0..4 {
                append(&bench, false).unwrap();
            }
            Files::open(&folder, &bench.database).unwrap().catch_up(&bench.database).unwrap();
            let private = folder.join("private-000000000000.jsonl");
            let whole = std::fs::read_to_string(&private).unwrap();
            let lines: Vec<_> = whole.split_inclusive('\n').collect();
            for left in ["", lines[1], &lines[1..].concat(), &whole[..whole.len() - 3], &whole.replacen("salt", "s", 1)]
            {
                std::fs::write(&private, left).unwrap();
                drop(Files::open(&folder, &bench.database).unwrap());
                assert_eq!(std::fs::read_to_string(&private).unwrap(), whole, "{left:?}");
                std::fs::remove_file(&private).unwrap();
            }
            // What only the file has stays in it, and what is of no entry of theirs goes.
            bench
                .database
                .write::<_, DatabaseError, _>(async |tx| {
                    sqlx::query("DELETE FROM journal_private WHERE idx = 0").execute(tx).await?;
                    Ok(())
                })
                .unwrap();
            std::fs::write(&private, [lines[0], &lines[3].replace("\"index\":3", "\"index\":4")].concat()).unwrap();
            drop(Files::open(&folder, &bench.database).unwrap());
            assert_eq!(std::fs::read_to_string(&private).unwrap(), whole);
        }
    }
}
