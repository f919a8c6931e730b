//! Transactions, migrations, and the differences between two dialects of SQL.
//!
//! One writer connection on a thread of its own drains its queue into each commit, so that many small changes share one
//! flush to disk and none waits for a timer. Readers have connections apart. All statements use `$n` parameters and
//! types that SQLite and PostgreSQL both know; what differs between them stands in `database/dialect.rs`.
//!
//! Callers are the blocking threads of the stages: every function here blocks, and must not be called on a thread that
//! drives an async runtime.

mod dialect;
mod migrations;
pub mod owner;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions as _, Connection as _};

use crate::instant::Instant;

pub use migrations::SCHEMA_VERSION;

/// A connection inside a transaction (writer) or a snapshot (reader).
pub type Tx = AnyConnection;

/// How many jobs share one commit at the most: enough for any burst, few enough that the first need not wait long.
const JOBS_PER_COMMIT: usize = 64;

const READERS: u32 = 4;

/// How often a full disk is tried again.
const TRIAL_EVERY: Duration = Duration::from_secs(1);

/// So many bytes must be free again before the line goes on: enough for every stage to finish what it has in hand.
const ROOM: u64 = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the disk that holds the database is full: free some space; nothing is lost and work resumes by itself")]
    DiskFull,
    #[error(
        "the database is damaged ({0}): intake has stopped; index and ledger can be rebuilt from custody, objects and the journal's files"
    )]
    Corrupt(String),
    #[error("the database has schema version {found}, this build knows {SCHEMA_VERSION}: use a newer torikomi")]
    NewerSchema { found: i64 },
    #[error("the database lies on a network file system ({0}), where its locks and flushes cannot be trusted")]
    NetworkFileSystem(&'static str),
    #[error("a change asked for cannot be made, because the row is not as expected: {0}")]
    Conflict(String),
    #[error("a stored value cannot be read: {0}")]
    Unreadable(String),
    #[error("a database job crashed; its change was undone")]
    JobCrashed,
    #[error("the database is closed")]
    Closed,
    #[error("database: {0}")]
    Other(#[source] Arc<sqlx::Error>),
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        // Extended codes carry the primary code in their low byte: https://www.sqlite.org/rescode.html
        let code =
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|c| c.parse::<u32>().ok());
        match code.map(|c| c & 0xff) {
            Some(13) => Self::DiskFull,
            Some(11 | 26) => Self::Corrupt(error.to_string()),
            // A rule of a table stands against this one row.
            Some(19) => Self::Conflict(error.to_string()),
            _ if is_about_a_value(&error) => Self::Unreadable(error.to_string()),
            _ => Self::Other(Arc::new(error)),
        }
    }
}

/// Whether the database answered, and with a value that is not what was asked for.
fn is_about_a_value(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound)
}

impl Clone for DatabaseError {
    fn clone(&self) -> Self {
        match self {
            Self::DiskFull => Self::DiskFull,
            Self::Corrupt(what) => Self::Corrupt(what.clone()),
            Self::NewerSchema { found } => Self::NewerSchema { found: *found },
            Self::NetworkFileSystem(name) => Self::NetworkFileSystem(name),
            Self::Conflict(what) => Self::Conflict(what.clone()),
            Self::Unreadable(what) => Self::Unreadable(what.clone()),
            Self::JobCrashed => Self::JobCrashed,
            Self::Closed => Self::Closed,
            Self::Other(error) => Self::Other(error.clone()),
        }
    }
}

/// Makes a stored value's parse error a database error that names the column.
pub fn unreadable<E: std::fmt::Display>(column: &'static str) -> impl FnOnce(E) -> DatabaseError {
    move |error| DatabaseError::Unreadable(format!("{column}: {error}"))
}

/// Reads an instant from the microseconds that a table keeps.
pub fn instant(column: &'static str, microseconds: i64) -> Result<Instant, DatabaseError> {
    Instant::from_microseconds(microseconds)
        .ok_or_else(|| DatabaseError::Unreadable(format!("{column}: {microseconds} is no instant")))
}

/// An open database: readers for everybody, one writer.
pub struct Database {
    runtime: tokio::runtime::Handle,
    readers: AnyPool,
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    full: Full,
}

/// Whether the disk took no more at the last commit. The writer alone sets and clears it.
#[derive(Clone, Default)]
struct Full(Arc<Mutex<bool>>);

impl Full {
    fn is_set(&self) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, full: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = full;
    }
}

/// Work for the writer: runs inside a savepoint, and its reply is sent once the commit is durable.
type Job = Box<dyn for<'t> FnOnce(&'t mut Tx) -> LocalBoxFuture<'t, Finished> + Send>;

/// What a job left behind: whether its changes stay, and how to tell its caller once they are durable.
struct Finished {
    keep: bool,
    reply: Reply,
}

type Reply = Box<dyn FnOnce(Result<(), DatabaseError>)>;

impl Database {
    /// Opens the database file at `path`, making it when `create` is set, brings its schema up to date and checks it.
    ///
    /// `on_commit` is called on the writer's thread after each durable commit; it must not block.
    pub fn open(
        path: &Path,
        create: bool,
        runtime: &tokio::runtime::Handle,
        on_commit: impl Fn() + Send + 'static,
    ) -> Result<Self, DatabaseError> {
        dialect::refuse_network_file_system(path)?;
        let options = dialect::options(path, if create { "rwc" } else { "rw" })?;
        let mut writer = runtime.block_on(async {
            let mut writer = options.connect().await?;
            dialect::prepare(&mut writer).await?;
            dialect::quick_check(&mut writer).await?;
            migrations::migrate(&mut writer).await?;
            Ok::<_, DatabaseError>(writer)
        })?;
        let readers = pool(path, runtime)?;
        let full = Full::default();
        let place = Place { folder: path.parent().unwrap_or(path).to_owned(), full: full.clone() };
        let (jobs, queue) = channel();
        let thread = std::thread::Builder::new()
            .name("database".into())
            .spawn(move || {
                // A runtime of its own: jobs need not be `Send`, and a busy runtime elsewhere cannot delay a commit.
                match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                    Ok(own) => own.block_on(write_jobs(&mut writer, &queue, &place, &on_commit)),
                    Err(error) => tracing::error!(%error, "The database thread has no runtime"),
                }
            })
            .map_err(|error| DatabaseError::Other(Arc::new(error.into())))?;
        Ok(Self { runtime: runtime.clone(), readers, jobs: Some(jobs), writer: Some(thread), full })
    }

    /// Opens an existing database for reading only, beside a daemon that may be running.
    pub fn open_read_only(path: &Path, runtime: &tokio::runtime::Handle) -> Result<Self, DatabaseError> {
        let readers = pool(path, runtime)?;
        let database = Self { runtime: runtime.clone(), readers, jobs: None, writer: None, full: Full::default() };
        let found = database.read(async |tx| migrations::version(tx).await)?;
        if found > SCHEMA_VERSION { Err(DatabaseError::NewerSchema { found }) } else { Ok(database) }
    }

    /// Runs `job` in a transaction and returns once its change is durable. A job that fails leaves no trace.
    pub fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
        F: for<'t> AsyncFnOnce(&'t mut Tx) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = channel();
        let boxed: Job = Box::new(move |tx| {
            Box::pin(async move {
                let result = match AssertUnwindSafe(job(tx)).catch_unwind().await {
                    Ok(result) => result,
                    Err(panic) => {
                        tracing::error!(message = panic_message(&*panic), "A database job crashed");
                        Err(DatabaseError::JobCrashed.into())
                    }
                };
                Finished {
                    keep: result.is_ok(),
                    reply: Box::new(move |committed| {
                        // The caller may have gone; its change stays.
                        let _ = answer.send(match committed {
                            Ok(()) => result,
                            Err(error) => result.and(Err(error.into())),
                        });
                    }),
                }
            })
        });
        let jobs = self.jobs.as_ref().ok_or(DatabaseError::Closed)?;
        jobs.send(boxed).map_err(|_| DatabaseError::Closed)?;
        answered.recv().map_err(|_| DatabaseError::Closed)?
    }

    /// What keeps changes from being recorded just now: nothing is to be begun whose outcome could not be. It ends by
    /// itself once there is room again.
    #[must_use]
    pub fn trouble(&self) -> Option<DatabaseError> {
        self.full.is_set().then_some(DatabaseError::DiskFull)
    }

    /// Runs `query` on a reader's connection. All that it reads is of the same moment.
    pub fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        E: From<DatabaseError>,
        F: for<'t> AsyncFnOnce(&'t mut Tx) -> Result<T, E>,
    {
        self.runtime.block_on(async {
            // Its snapshot is that of the first statement. It ends when it is dropped; there is nothing to commit.
            let mut transaction = self.readers.begin().await.map_err(DatabaseError::from)?;
            query(&mut transaction).await
        })
    }
}

impl Drop for Database {
    /// Lets the writer finish what is queued, then closes.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn pool(path: &Path, runtime: &tokio::runtime::Handle) -> Result<AnyPool, DatabaseError> {
    let options: AnyConnectOptions = dialect::options(path, "ro")?;
    let pool =
        runtime.block_on(AnyPoolOptions::new().max_connections(READERS).min_connections(0).connect_with(options))?;
    Ok(pool)
}

/// Where the writer writes.
struct Place {
    folder: PathBuf,
    full: Full,
}

async fn write_jobs(writer: &mut Tx, queue: &Receiver<Job>, place: &Place, on_commit: &(dyn Fn() + Send)) {
    let mut tried = Moment::now();
    loop {
        if place.full.is_set() && tried.elapsed() >= TRIAL_EVERY {
            tried = Moment::now();
            if place.has_room() && trial(writer).await.is_ok() {
                tracing::info!("The disk of the database takes changes again");
                place.full.set(false);
            }
        }
        let first = if place.full.is_set() {
            match queue.recv_timeout(TRIAL_EVERY) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        } else {
            match queue.recv() {
                Ok(job) => job,
                Err(_) => break,
            }
        };
        let mut replies = Vec::new();
        let committed = commit_batch(writer, first, queue, &mut replies).await;
        if let Err(error) = &committed {
            // A transaction that could not be committed must not swallow the next one.
            let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *writer).await;
            // Where a statement filled the disk, SQLite has ended the transaction and says something else at the end.
            if (matches!(error, DatabaseError::DiskFull) || !place.has_room()) && !place.full.is_set() {
                tracing::error!(
                    "The disk of the database is full; the line pauses and goes on by itself once there is room"
                );
                place.full.set(true);
                tried = Moment::now();
            }
        } else {
            on_commit();
        }
        for reply in replies {
            reply(committed.clone());
        }
    }
    let _ = writer.ping().await;
}

impl Place {
    /// A file system that gives no numbers is taken at its word when it is written to.
    fn has_room(&self) -> bool {
        let Ok(found) = rustix::fs::statvfs(&self.folder) else { return true };
        found.f_blocks == 0 || found.f_bavail.saturating_mul(found.f_frsize) >= ROOM
    }
}

/// Free space does not show a quota: so something is really written.
async fn trial(writer: &mut Tx) -> Result<(), DatabaseError> {
    sqlx::raw_sql(dialect::BEGIN).execute(&mut *writer).await?;
    let written = async {
        sqlx::raw_sql(dialect::TRIAL).execute(&mut *writer).await?;
        sqlx::raw_sql("COMMIT").execute(&mut *writer).await
    }
    .await;
    if written.is_err() {
        let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *writer).await;
    }
    Ok(written.map(|_| ())?)
}

async fn commit_batch(
    writer: &mut Tx,
    first: Job,
    queue: &Receiver<Job>,
    replies: &mut Vec<Reply>,
) -> Result<(), DatabaseError> {
    sqlx::raw_sql(dialect::BEGIN).execute(&mut *writer).await?;
    let mut next = Some(first);
    while let Some(job) = next {
        sqlx::raw_sql("SAVEPOINT job").execute(&mut *writer).await?;
        let finished = job(writer).await;
        replies.push(finished.reply);
        if !finished.keep {
            sqlx::raw_sql("ROLLBACK TO SAVEPOINT job").execute(&mut *writer).await?;
        }
        sqlx::raw_sql("RELEASE SAVEPOINT job").execute(&mut *writer).await?;
        next = if replies.len() < JOBS_PER_COMMIT { queue.try_recv().ok() } else { None };
    }
    sqlx::raw_sql("COMMIT").execute(&mut *writer).await?;
    Ok(())
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
