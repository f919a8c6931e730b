//! `torikomi journal verify --against`, as `docs/evidence.md` says it: whatever is done to a journal is located, by the
//! command and in its exit status.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use torikomi::database::{Database, DatabaseError};
use torikomi::journal::files::Files;

use crate::bench::{ADMIN, Bench, because, person};

/// A home with some entries, and the checkpoint of it that was kept elsewhere.
struct Kept {
    bench: Bench,
    folder: tempfile::TempDir,
}

impl Kept {
    fn new() -> Self {
        let kept = Self { bench: Bench::new(), folder: tempfile::tempdir().unwrap() };
        kept.grow();
        kept
    }

    /// More entries: somebody looks at the clock again and again.
    fn grow(&self) {
        for _ in 0..4 {
            let by = person(ADMIN);
            let request = torikomi::control::Request::AcknowledgeClock {
                by,
                shown: self.bench.clock_shown(),
                reason: because("other"),
            };
            self.bench.done(request);
        }
        let files = self.bench.folder.path().join("home/store/journal");
        Files::open(&files, &self.bench.opened.line.database)
            .unwrap()
            .catch_up(&self.bench.opened.line.database)
            .unwrap();
    }

    fn checkpoint(&self) -> PathBuf {
        let line = &self.bench.opened.line;
        let head = line.database.read(async |tx| torikomi::journal::read::head(tx).await).unwrap().unwrap();
        let path = self.folder.path().join("checkpoints.txt");
        std::fs::write(&path, head.checkpoint).unwrap();
        path
    }

    /// A copy of the home, as it is now.
    fn copy(&self, name: &str) -> PathBuf {
        let copy = self.folder.path().join(name);
        let home = self.bench.folder.path().join("home");
        assert!(Command::new("cp").arg("-a").arg(home).arg(&copy).status().unwrap().success());
        copy
    }
}

/// Changes the database of a copy behind everybody's back.
fn tamper(home: &Path, statements: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let database = Database::open(&home.join("store/torikomi.db"), false, runtime.handle(), || ()).unwrap();
    let statements = format!("PRAGMA defer_foreign_keys = ON; {statements}");
    database
        .write::<_, DatabaseError, _>(async move |tx| {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(tx).await?;
            Ok(())
        })
        .unwrap();
}

/// The exit status, and the faults by their codes.
fn verify(home: &Path, against: &Path) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torikomi"));
    command.args(["journal", "verify", "--json", "--against"]).arg(against).arg("--home").arg(home);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (
        output.status.code(),
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))),
    )
}

#[test]
fn deletion_change_insertion_order_and_truncation_are_located() {
    let kept = Kept::new();
    let older = kept.copy("older");
    kept.grow();
    let against = kept.checkpoint();

    let (status, report) = verify(&kept.copy("good"), &against);
    assert_eq!((status, &report["verdict"]), (Some(0), &"verified".into()), "{report}");

    let cases = [
        (
            "deleted",
            "DELETE FROM journal_private WHERE idx = 3; DELETE FROM journal_entry WHERE idx = 3;",
            r#"{"code":"entries-missing","from":3,"until":3}"#,
        ),
        (
            "closed-up",
            "DELETE FROM journal_private WHERE idx = 3; DELETE FROM journal_entry WHERE idx = 3;
             UPDATE journal_private SET idx = -idx - 1 WHERE idx > 3; UPDATE journal_entry SET idx = -idx - 1 WHERE idx > 3;
             UPDATE journal_entry SET idx = -idx - 2 WHERE idx < 0; UPDATE journal_private SET idx = -idx - 2 WHERE idx < 0;",
            r#"{"at":3,"code":"entries-removed","count":1}"#,
        ),
        (
            "changed",
            "UPDATE journal_entry SET bytes = CAST(REPLACE(CAST(bytes AS TEXT), 'other', 'rescan') AS BLOB) WHERE idx = 3;",
            r#"{"code":"entry-changed","index":3}"#,
        ),
        (
            "inserted",
            "UPDATE journal_private SET idx = -idx WHERE idx > 3; UPDATE journal_entry SET idx = -idx WHERE idx > 3;
             UPDATE journal_entry SET idx = 1 - idx WHERE idx < 0; UPDATE journal_private SET idx = 1 - idx WHERE idx < 0;
             INSERT INTO journal_entry (idx, bytes, kind) SELECT 4, bytes, kind FROM journal_entry WHERE idx = 3;",
            r#"{"at":4,"code":"entries-inserted","count":1}"#,
        ),
        (
            "reordered",
            "UPDATE journal_entry SET idx = 100 WHERE idx = 3; UPDATE journal_entry SET idx = 3 WHERE idx = 5;
             UPDATE journal_entry SET idx = 5 WHERE idx = 100;",
            r#"{"code":"entries-reordered","first":3,"last":5}"#,
        ),
    ];
    for (name, statements, expected) in cases {
        let home = kept.copy(name);
        tamper(&home, statements);
        let (status, report) = verify(&home, &against);
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!((status, &report["faults"][0]), (Some(1), &expected), "{name}: {report:#}");
    }

    // An older state of everything is in order in itself; only what was kept elsewhere knows of more.
    let (status, report) = verify(&older, &against);
    assert_eq!(status, Some(1), "{report:#}");
    assert_eq!(report["faults"][0]["code"], "truncated", "{report:#}");
    let (promised, found) = (&report["faults"][0]["promised"], &report["faults"][0]["found"]);
    assert_eq!((promised.as_u64().unwrap() - found.as_u64().unwrap(), found), (4, &report["entries"]));
}
