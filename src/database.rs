//! Transactions, migrations, and the differences between two dialects of SQL.
//!
//! One writer connection on a thread of its own drains its queue into each commit, so that many small changes share one
//! flush to disk and none waits for a timer. Readers have connections apart. All statements use `$n` parameters and
//! types that SQLite and PostgreSQL both know; what differs between them stands in `database/dialect.rs`.
//!
//! Callers are the blocking threads of the stages: every function here blocks, and must not be called on a thread that
//! drives an async runtime.

mod address;
mod dialect;
#[cfg(test)]
pub mod engines;
mod migrations;
pub mod owner;
mod trouble;

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions as _, Connection as _};

use crate::instant::Instant;

pub use address::{Address, ServerUrl};
use dialect::{Dialect, Use};
pub use migrations::SCHEMA_VERSION;
use trouble::Trouble;

/// A connection inside a transaction (writer) or a snapshot (reader).
pub type Tx = AnyConnection;

/// How many jobs share one commit at the most: enough for any burst, few enough that the first need not wait long.
const JOBS_PER_COMMIT: usize = 64;

const READERS: u32 = 4;

/// So long a server may be silent in the middle of work. Nothing that the line asks takes a tenth of it, and of a machine that
/// vanished without a word nothing more is heard.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// How long a reader waits for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often a database that takes no changes is tried again.
const TRIAL_EVERY: Duration = Duration::from_secs(1);

/// So many bytes must be free again before the line goes on: enough for every stage to finish what it has in hand.
const ROOM: u64 = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error(
        "the disk that holds the database is full: free some space, or files where `df -i` shows that none is left; nothing is lost and work resumes by itself"
    )]
    DiskFull,
    #[error(
        "the database is damaged ({0}): intake has stopped; index and ledger can be rebuilt from custody, objects and the journal's files"
    )]
    Corrupt(String),
    #[error("the database has schema version {found}, this build knows {SCHEMA_VERSION}: use a newer torikomi")]
    NewerSchema { found: i64 },
    #[error("the database lies on a network file system ({0}), where its locks and flushes cannot be trusted")]
    NetworkFileSystem(&'static str),
    #[error("the database server cannot be reached ({0}): work goes on by itself once it can")]
    Unreachable(String),
    #[error(
        "the database server stopped answering while a change was made durable ({0}): whether it was made is known once it can be reached"
    )]
    Unanswered(String),
    #[error(
        "the database server does not keep its word as it is set up ({0}): change that, or make a database that fits"
    )]
    Unfit(String),
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
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            // PostgreSQL's have five characters: https://www.postgresql.org/docs/current/errcodes-appendix.html
            Some("53100") => Self::DiskFull,
            Some("XX001" | "XX002") => Self::damaged(error.to_string()),
            Some(code) if code.len() == 5 && code.starts_with("23") => Self::Conflict(error.to_string()),
            Some(code) if code.len() == 5 && code.starts_with("22") => Self::Unreadable(error.to_string()),
            // It answers, and lets nobody in: gone, a standby, shutting down, full, for others, or busy for too long.
            Some("25006" | "25P03" | "3D000" | "53300" | "55000" | "55P03" | "57014") => {
                Self::Unreachable(error.to_string())
            }
            Some(code) if code.len() == 5 && ["08", "28", "57P"].iter().any(|class| code.starts_with(class)) => {
                Self::Unreachable(error.to_string())
            }
            Some(code) if code.len() < 5 => {
                // SQLite's extended codes carry the primary code in their low byte: https://www.sqlite.org/rescode.html
                match code.parse::<u32>().map(|code| code & 0xff) {
                    Ok(13) => Self::DiskFull,
                    Ok(11 | 26) => Self::damaged(error.to_string()),
                    // A rule of a table stands against this one row.
                    Ok(19) => Self::Conflict(error.to_string()),
                    _ => Self::Other(Arc::new(error)),
                }
            }
            _ if is_about_a_value(&error) => Self::Unreadable(error.to_string()),
            _ if matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_)) => {
                Self::Unreachable(error.to_string())
            }
            _ => Self::Other(Arc::new(error)),
        }
    }
}

impl DatabaseError {
    /// That the database is damaged. Found while it is read or written, it stays known ([`Database::trouble`]), whatever the
    /// job that met with it makes of it.
    pub fn damaged(what: String) -> Self {
        Trouble::found(&what);
        Self::Corrupt(what)
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
            Self::Unreachable(why) => Self::Unreachable(why.clone()),
            Self::Unanswered(why) => Self::Unanswered(why.clone()),
            Self::Unfit(why) => Self::Unfit(why.clone()),
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
    address: Address,
    runtime: tokio::runtime::Handle,
    dialect: Dialect,
    readers: AnyPool,
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    trouble: Trouble,
    patience: Option<Duration>,
}

/// Work for the writer.
struct Job {
    /// Runs inside a savepoint; its reply is sent once the commit is durable.
    run: Run,
    /// Tells its caller why it could not even be begun.
    refuse: Box<dyn FnOnce(DatabaseError) + Send>,
}

type Run = Box<dyn for<'t> FnOnce(&'t mut Tx) -> LocalBoxFuture<'t, Finished> + Send>;

/// What a job left behind: whether its changes stay, and how to tell its caller once they are durable.
struct Finished {
    keep: bool,
    reply: Reply,
}

type Reply = Box<dyn FnOnce(Result<(), DatabaseError>)>;

impl Database {
    /// Opens the database at `address`, making its file when `create` is set, brings its schema up to date and checks it.
    ///
    /// `on_commit` is called on the writer's thread after each durable commit; it must not block.
    ///
    /// # Errors
    /// When it cannot be opened or reached, is damaged, newer than this build, or not fit to be trusted with records.
    pub fn open(
        address: impl Into<Address>,
        create: bool,
        runtime: &tokio::runtime::Handle,
        on_commit: impl Fn() + Send + 'static,
    ) -> Result<Self, DatabaseError> {
        let address = address.into();
        let patience = match &address {
            Address::File(_) => None,
            Address::Server(_) => Some(LONGEST_SILENCE),
        };
        Self::open_patiently(address, create, runtime, patience, on_commit)
    }

    fn open_patiently(
        address: Address,
        create: bool,
        runtime: &tokio::runtime::Handle,
        patience: Option<Duration>,
        on_commit: impl Fn() + Send + 'static,
    ) -> Result<Self, DatabaseError> {
        let dialect = Dialect::of(&address);
        if let Address::File(path) = &address {
            dialect::refuse_network_file_system(path)?;
        }
        let used = if create { Use::Create } else { Use::Write };
        runtime.block_on(async {
            let mut writer = connect(&address, used).await?;
            dialect.check(&mut writer).await?;
            migrations::migrate(dialect, &mut writer).await?;
            Ok::<_, DatabaseError>(writer.close().await?)
        })?;
        let readers = pool(&address, runtime)?;
        let trouble = Trouble::default();
        let place = address.clone();
        let mut writer = Writer { address, dialect, connection: None, trouble: trouble.clone(), patience };
        let (jobs, queue) = channel();
        let thread = std::thread::Builder::new()
            .name("database".into())
            .spawn(move || {
                // A runtime of its own: jobs need not be `Send`, and a busy runtime elsewhere cannot delay a commit. Its
                // connection is made on it, since a server's belongs to the runtime that opened it.
                match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                    Ok(own) => own.block_on(writer.write_jobs(&queue, &on_commit)),
                    Err(error) => tracing::error!(%error, "The database thread has no runtime"),
                }
            })
            .map_err(|error| DatabaseError::Other(Arc::new(error.into())))?;
        let (runtime, jobs, writer) = (runtime.clone(), Some(jobs), Some(thread));
        Ok(Self { address: place, runtime, dialect, readers, jobs, writer, trouble, patience })
    }

    /// Opens an existing database for reading only, beside a daemon that may be running.
    ///
    /// # Errors
    /// When it cannot be opened or reached, or is newer than this build.
    pub fn open_read_only(
        address: impl Into<Address>,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, DatabaseError> {
        let address = address.into();
        let (dialect, readers) = (Dialect::of(&address), pool(&address, runtime)?);
        let trouble = Trouble::default();
        // Whoever reads through millions of rows sits in front of it, and can end it.
        let (runtime, patience) = (runtime.clone(), None);
        let address = address.clone();
        let database = Self { address, runtime, dialect, readers, jobs: None, writer: None, trouble, patience };
        let found = database.read(async |tx| migrations::version(dialect, tx).await)?;
        if found > SCHEMA_VERSION { Err(DatabaseError::NewerSchema { found }) } else { Ok(database) }
    }

    /// Whether it has no tables yet, as one that was cut to nothing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_blank(&self) -> Result<bool, DatabaseError> {
        Ok(self.read::<_, DatabaseError, _>(async |tx| migrations::version(self.dialect, tx).await)? == 0)
    }

    /// Runs `job` in a transaction and returns once its change is durable. A job that fails leaves no trace.
    pub fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
        F: for<'t> AsyncFnOnce(&'t mut Tx) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = channel();
        let refused = answer.clone();
        let refuse = Box::new(move |error: DatabaseError| {
            let _ = refused.send(Err(error.into()));
        });
        let run: Run = Box::new(move |tx| {
            Box::pin(async move {
                let result = match AssertUnwindSafe(job(tx)).catch_unwind().await {
                    Ok(result) => result,
                    Err(_) => {
                        // What it says may quote a patient's name; where it happened, the hook has logged.
                        tracing::error!("A database job crashed");
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
        jobs.send(Job { run, refuse }).map_err(|_| DatabaseError::Closed)?;
        answered.recv().map_err(|_| DatabaseError::Closed)?
    }

    /// What keeps changes from being recorded just now: nothing is to be begun whose outcome could not be. It ends by
    /// itself once there is room, or the server is back; damage does not end while this is open.
    #[must_use]
    pub fn trouble(&self) -> Option<DatabaseError> {
        self.trouble.get()
    }

    /// Copies a database that is a file into a file that is not there yet, as it is at one moment and whole in itself, while
    /// the writer goes on.
    pub fn copy_to(&self, path: &Path) -> Result<(), DatabaseError> {
        let path = path.to_str().ok_or_else(|| DatabaseError::Unreadable(format!("the name {}", path.display())))?;
        self.runtime.block_on(async {
            let mut connection = self.readers.acquire().await?;
            sqlx::query(dialect::COPY).bind(path.to_owned()).execute(&mut *connection).await?;
            Ok(())
        })
    }

    /// Has what was erased of private parts be gone from the database's files too, beside a writer and readers that go on.
    /// False where that has to be tried again.
    ///
    /// # Errors
    /// When the database fails.
    pub fn scrub(&self) -> Result<bool, DatabaseError> {
        self.runtime.block_on(async {
            let mut connection = dialect::options(&self.address, Use::Write)?.connect().await?;
            let scrubbed = within(self.patience, self.dialect.scrub(&mut connection)).await??;
            connection.close().await?;
            Ok(scrubbed)
        })
    }

    /// Closes everything: the readers first, so that the writer, which is the last, leaves SQLite's file whole and without a log
    /// beside it.
    pub fn close(self) {
        self.runtime.block_on(self.readers.close());
    }

    /// Runs `query` on a reader's connection. All that it reads is of the same moment.
    pub fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        E: From<DatabaseError>,
        F: for<'t> AsyncFnOnce(&'t mut Tx) -> Result<T, E>,
    {
        self.runtime.block_on(self.trouble.watching(async {
            let mut connection = self.readers.acquire().await.map_err(DatabaseError::from)?;
            let read = within(self.patience, async {
                // Its snapshot is that of the first statement. It ends when it is dropped; there is nothing to commit.
                let begun = connection.begin_with(self.dialect.snapshot()).await;
                let mut transaction = begun.map_err(DatabaseError::from)?;
                query(&mut transaction).await
            })
            .await;
            read.unwrap_or_else(|silent| {
                // Nobody else is given a connection on which an answer is outstanding.
                drop(connection.detach());
                Err(silent.into())
            })
        }))
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

/// What comes of `talk`, for which a server has only so long.
async fn within<T>(patience: Option<Duration>, talk: impl Future<Output = T>) -> Result<T, DatabaseError> {
    let Some(patience) = patience else { return Ok(talk.await) };
    let silent = |_| DatabaseError::Unreachable("it stopped answering".into());
    tokio::time::timeout(patience, talk).await.map_err(silent)
}

/// Connects a writer.
async fn connect(address: &Address, used: Use) -> Result<Tx, DatabaseError> {
    let connecting = tokio::time::timeout(LONGEST_WAIT, dialect::options(address, used)?.connect()).await;
    let mut connection = connecting.map_err(|_| DatabaseError::Unreachable("it does not answer".into()))??;
    Dialect::of(address).prepare(&mut connection).await?;
    Ok(connection)
}

fn pool(address: &Address, runtime: &tokio::runtime::Handle) -> Result<AnyPool, DatabaseError> {
    let options: AnyConnectOptions = dialect::options(address, Use::Read)?;
    let pool = AnyPoolOptions::new().max_connections(READERS).min_connections(0).acquire_timeout(LONGEST_WAIT);
    Ok(runtime.block_on(pool.connect_with(options))?)
}

/// The one connection that writes, and how it is made anew.
struct Writer {
    address: Address,
    dialect: Dialect,
    connection: Option<Tx>,
    trouble: Trouble,
    patience: Option<Duration>,
}

impl Writer {
    async fn write_jobs(&mut self, queue: &Receiver<Job>, on_commit: &(dyn Fn() + Send)) {
        let mut tried = Moment::now();
        loop {
            let troubled = self.trouble.get().is_some() && self.trouble.damage().is_none();
            if troubled && tried.elapsed() >= TRIAL_EVERY {
                tried = Moment::now();
                if self.has_room() && self.trial().await.is_ok() {
                    tracing::info!("The database takes changes again");
                    self.trouble.set(None);
                }
            }
            let first = if self.trouble.get().is_some() {
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
            if let Some(damage) = self.trouble.damage() {
                // What is written over damage may make it worse.
                (first.refuse)(damage);
                continue;
            }
            let (mut next, mut replies) = (Some(first), Vec::new());
            let committed = self.commit_batch(&mut next, queue, &mut replies).await;
            match &committed {
                Ok(()) => on_commit(),
                Err(error) => {
                    self.after(error).await;
                    tried = Moment::now();
                    if let Some(job) = next {
                        (job.refuse)(error.clone());
                    }
                }
            }
            for reply in replies {
                reply(committed.clone());
            }
        }
        if let Some(connection) = self.connection.take() {
            // Nothing is lost with a connection that does not close well: what it confirmed is durable.
            let _ = connection.close().await;
        }
    }

    /// A transaction that could not be committed must not swallow the next one.
    async fn after(&mut self, error: &DatabaseError) {
        if matches!(error, DatabaseError::Unreachable(_) | DatabaseError::Unanswered(_)) {
            // Nothing more is said to a server that does not answer; what it was told is undone when it notices.
            self.connection = None;
        }
        if let Some(connection) = &mut self.connection
            && sqlx::raw_sql("ROLLBACK").execute(connection).await.is_err()
            && self.dialect == Dialect::Postgres
        {
            self.connection = None;
        }
        if let DatabaseError::Corrupt(what) = error {
            self.trouble.note_damage(what);
        }
        if self.trouble.get().is_some() {
            return;
        }
        // Where a statement filled the disk, SQLite has ended the transaction and says something else at the end.
        if matches!(error, DatabaseError::DiskFull) || !self.has_room() {
            tracing::error!(
                "The disk of the database is full; the line pauses and goes on by itself once there is room"
            );
            self.trouble.set(Some(DatabaseError::DiskFull));
        } else if let DatabaseError::Unreachable(why) | DatabaseError::Unanswered(why) = error {
            tracing::error!(%error, "The database cannot be reached; the line pauses and goes on by itself once it can");
            self.trouble.set(Some(DatabaseError::Unreachable(why.clone())));
        }
    }

    async fn connection(&mut self) -> Result<&mut Tx, DatabaseError> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            none => Ok(none.insert(connect(&self.address, Use::Write).await?)),
        }
    }

    /// A file system that gives no numbers is taken at its word when it is written to, and so is a server.
    fn has_room(&self) -> bool {
        let Address::File(path) = &self.address else { return true };
        let Ok(found) = rustix::fs::statvfs(path.parent().unwrap_or(path)) else { return true };
        found.f_blocks == 0 || found.f_bavail.saturating_mul(found.f_frsize) >= ROOM
    }

    /// Free space does not show a quota: so something is really written.
    async fn trial(&mut self) -> Result<(), DatabaseError> {
        let (begin, patience) = (self.dialect.begin(), self.patience);
        let connection = self.connection().await?;
        let written = within(patience, async {
            sqlx::raw_sql(begin).execute(&mut *connection).await?;
            sqlx::raw_sql(dialect::TRIAL).execute(&mut *connection).await?;
            sqlx::raw_sql("COMMIT").execute(&mut *connection).await
        })
        .await
        .inspect_err(|_| self.connection = None)?;
        let Some(connection) = &mut self.connection else { return Ok(()) };
        if written.is_err()
            && sqlx::raw_sql("ROLLBACK").execute(connection).await.is_err()
            && self.dialect == Dialect::Postgres
        {
            // It went while something else was the trouble: the next trial makes another.
            self.connection = None;
        }
        Ok(written.map(|_| ())?)
    }

    async fn commit_batch(
        &mut self,
        next: &mut Option<Job>,
        queue: &Receiver<Job>,
        replies: &mut Vec<Reply>,
    ) -> Result<(), DatabaseError> {
        let (begin, patience, trouble) = (self.dialect.begin(), self.patience, self.trouble.clone());
        let connection = self.connection().await?;
        say(patience, connection, begin).await?;
        while next.is_some() {
            say(patience, connection, "SAVEPOINT job").await?;
            let Some(job) = next.take() else { break };
            let finished = match within(patience, trouble.watching((job.run)(connection))).await {
                Ok(finished) => finished,
                Err(silent) => {
                    let refuse = job.refuse;
                    replies.push(Box::new(move |committed| {
                        if let Err(error) = committed {
                            refuse(error);
                        }
                    }));
                    return Err(silent);
                }
            };
            replies.push(finished.reply);
            if let Some(damage) = trouble.damage() {
                return Err(damage);
            }
            if !finished.keep {
                say(patience, connection, "ROLLBACK TO SAVEPOINT job").await?;
            }
            say(patience, connection, "RELEASE SAVEPOINT job").await?;
            *next = if replies.len() < JOBS_PER_COMMIT { queue.try_recv().ok() } else { None };
        }
        // What was asked for may have been done, and only the answer be lost.
        say(patience, connection, "COMMIT").await.map_err(|error| match error {
            DatabaseError::Unreachable(why) => DatabaseError::Unanswered(why),
            error => error,
        })
    }
}

/// A statement about transactions.
async fn say(patience: Option<Duration>, connection: &mut Tx, statement: &'static str) -> Result<(), DatabaseError> {
    within(patience, sqlx::raw_sql(statement).execute(connection)).await??;
    Ok(())
}

#[cfg(test)]
mod tests;
