use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use sqlx::Row as _;

use super::*;

/// As of a machine that is gone: the question is with the server, and no answer comes.
async fn ask_in_vain(tx: &mut Tx) -> Result<(), DatabaseError> {
    sqlx::raw_sql("SELECT CAST(pg_sleep(60) AS TEXT)").execute(tx).await?;
    Ok(())
}

#[test]
fn a_server_that_falls_silent_is_away_and_nothing_waits_for_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let address = engines::on_a_server(runtime.handle());
    let patience = Some(Duration::from_millis(500));
    let database = Database::open_patiently(address, true, runtime.handle(), patience, || ()).unwrap();
    let version = || database.read(async |tx| migrations::version(Dialect::Postgres, tx).await);

    // More often than there are connections: none is left in vain.
    for _ in 0..=READERS {
        let read = database.read(ask_in_vain);
        assert!(matches!(read, Err(DatabaseError::Unreachable(_))), "{read:?}");
    }
    assert_eq!(version().unwrap(), SCHEMA_VERSION);

    let written = database.write(ask_in_vain);
    assert!(matches!(written, Err(DatabaseError::Unreachable(_))), "{written:?}");
    assert!(database.trouble().is_some());
    let taken = || database.write::<_, DatabaseError, _>(async |tx| say(None, tx, dialect::TRIAL).await);
    let deadline = Moment::now() + Duration::from_secs(20);
    while database.trouble().is_some() && Moment::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(database.trouble().is_none());
    taken().unwrap();
}

/// Writes over the page at which a table begins, behind the engine's back.
fn damage(runtime: &tokio::runtime::Runtime, path: &Path, table: &'static str) {
    let (root, size) = runtime.block_on(async {
        let mut connection = connect(&Address::File(path.to_owned()), Use::Write).await.unwrap();
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.unwrap();
        let root = sqlx::query("SELECT rootpage FROM sqlite_master WHERE name = $1").bind(table);
        let root: i64 = root.fetch_one(&mut connection).await.unwrap().get(0);
        let size: i64 = sqlx::query("PRAGMA page_size").fetch_one(&mut connection).await.unwrap().get(0);
        connection.close().await.unwrap();
        (u64::try_from(root).unwrap(), u64::try_from(size).unwrap())
    });
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&vec![0x5a; usize::try_from(size).unwrap()], (root - 1) * size).unwrap();
}

#[derive(Debug)]
struct Swallowed;

impl From<DatabaseError> for Swallowed {
    fn from(_: DatabaseError) -> Self {
        Self
    }
}

/// The tests' own database, with a table that is damaged.
fn damaged(runtime: &tokio::runtime::Runtime, folder: &tempfile::TempDir) -> Database {
    let path: PathBuf = folder.path().join("torikomi.db");
    let database = Database::open(&path, true, runtime.handle(), || ()).unwrap();
    damage(runtime, &path, "station_note");
    database
}

#[test]
fn damage_stays_known_whoever_finds_it_and_nothing_is_written_any_more() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let notes = async |tx: &mut Tx| -> Result<(), DatabaseError> {
        sqlx::query("SELECT * FROM station_note").fetch_all(tx).await?;
        Ok(())
    };
    let empty = async |tx: &mut Tx| -> Result<(), DatabaseError> {
        sqlx::query("DELETE FROM station_note").execute(tx).await?;
        Ok(())
    };
    let healthy = async |tx: &mut Tx| -> Result<(), DatabaseError> { say(None, tx, dialect::TRIAL).await };
    for by_a_reader in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let database = damaged(&runtime, &folder);
        database.write(healthy).unwrap();
        assert!(database.trouble().is_none());
        // What the caller makes of the error does not matter.
        if by_a_reader {
            database.read::<_, Swallowed, _>(async |tx| Ok(notes(tx).await?)).unwrap_err();
        } else {
            database.write::<_, Swallowed, _>(async move |tx| Ok(empty(tx).await?)).unwrap_err();
        }
        let still = || matches!(database.trouble(), Some(DatabaseError::Corrupt(_)));
        assert!(still(), "found by a reader: {by_a_reader}");
        let written = database.write(healthy);
        assert!(matches!(written, Err(DatabaseError::Corrupt(_))), "{written:?}");
        std::thread::sleep(TRIAL_EVERY * 2);
        assert!(still(), "what can be written elsewhere makes nothing whole");
        let version = database.read(async |tx| migrations::version(Dialect::Sqlite, tx).await);
        assert_eq!(version.unwrap(), SCHEMA_VERSION, "what is whole can be read");
    }
}
