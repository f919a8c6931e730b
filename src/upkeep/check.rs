//! `store check`: everything that a home holds, held against everything that names it.
//!
//! It reads and repairs nothing. It goes on beside a running line: what is just being filed is no finding. What a row names
//! was durable before the row was, so rows are read first where something may be missing; what no row names may be named in
//! a moment, so what lies there is listed first, and the rows are read afterwards. Where a stage is between the two, what it
//! stored since it has its work in hand is counted as in the making. Custody changes under the reader: what is odd there is
//! looked at twice.
//!
//! In memory it holds a 256th of the store's digests, the names in custody, and a page of rows: for a million filed
//! records some 3 MB.

mod custody;
mod finding;
mod left_over;
mod objects;
mod rows;

use std::collections::BTreeSet;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::config::home::{Home, HomeError};
use crate::database::{Database, DatabaseError, Tx};
use crate::durable::{Class, Failure};
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::read;
use crate::store::{Objects, Place, StoreError, records};
use crate::verification::{Trust, Unverifiable};
pub(in crate::upkeep) use custody::is_given_up;
pub use finding::{Named, StoreFinding};
pub(in crate::upkeep) use left_over::MOST_NAMES;

/// No more findings than these are listed; the rest are counted.
const MOST_FINDINGS: usize = 200;

/// What came of looking through a home.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreReport {
    /// Objects whose bytes were read.
    pub objects: u64,
    /// Of all of them together.
    pub bytes: u64,
    pub records: u64,
    pub journal_entries: u64,
    /// Copies of deliveries in custody, and attempts to sign.
    pub copies: u64,
    pub attempts: u64,
    /// What was set aside in `custody/quarantine/`, with an entry in the journal.
    pub set_aside: u64,
    /// What nobody names yet, and a stage that has work in hand may name in a moment.
    pub in_the_making: u64,
    pub findings: Vec<StoreFinding>,
    /// How many more there are.
    pub more_findings: u64,
}

/// A home, and what it holds.
pub struct Sources<'a> {
    pub home: &'a Home,
    pub config: &'a Config,
    pub database: &'a Database,
    pub objects: &'a Objects,
    pub trust: &'a Trust,
    pub now: Instant,
}

/// Disk or database failed, so that not everything could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum Unchecked {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Disk(#[from] Failure),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Verification(#[from] Unverifiable),
}

/// Looks through the whole home. `progress` is told how much is done, of how much.
///
/// # Errors
/// When disk or database fail, so that nothing can be said.
pub fn check(sources: &Sources<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<StoreReport, Unchecked> {
    sources.home.check_markers(sources.config)?;
    let (objects, records, entries) = sources.database.read::<_, DatabaseError, _>(async |tx| {
        let size = read::head(tx).await?.map_or(0, |head| head.size);
        Ok((records::count_objects(tx).await?, records::count(tx).await?, size))
    })?;
    let all = u64::try_from(objects.saturating_add(records)).unwrap_or(0).saturating_add(entries);
    let (signatures, report) = (BTreeSet::new(), StoreReport::default());
    let mut walk = Walk { sources, progress, done: 0, all, signatures, report };
    walk.custody()?;
    walk.objects()?;
    walk.rows()?;
    walk.journal()?;
    walk.left_over()?;
    Ok(walk.report)
}

/// On the way through a home.
struct Walk<'a> {
    sources: &'a Sources<'a>,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    all: u64,
    /// Of the attempts in custody: filing may have stored one and have given it up.
    signatures: BTreeSet<Digest>,
    report: StoreReport,
}

impl Walk<'_> {
    fn say(&mut self, finding: StoreFinding) {
        if self.report.findings.len() < MOST_FINDINGS {
            self.report.findings.push(finding);
        } else {
            self.report.more_findings = self.report.more_findings.saturating_add(1);
        }
    }

    /// Another thing is done.
    fn step(&mut self) {
        self.done = self.done.saturating_add(1);
        // There may be more than rows say.
        (self.progress)(self.done, self.all.max(self.done));
    }

    fn read<T>(&self, query: impl for<'t> AsyncFnOnce(&'t mut Tx) -> Result<T, DatabaseError>) -> Result<T, Unchecked> {
        Ok(self.sources.database.read(query)?)
    }

    /// Below the home, where it lies there.
    fn shown(&self, path: &std::path::Path) -> String {
        path.strip_prefix(self.sources.home.layout().root()).unwrap_or(path).display().to_string()
    }

    fn shown_place(&self, place: &Place) -> String {
        match place {
            Place::File(path) => self.shown(path),
            Place::Address(address) => address.clone(),
        }
    }

    /// Whether a line works in this home, and since when.
    fn running_since(&self) -> Result<Option<Instant>, Unchecked> {
        Ok(self.sources.home.worked_in_since()?)
    }
}

/// What is not there, which is no failure to somebody who looks beside a running line.
fn unless_gone<T>(outcome: Result<T, Failure>) -> Result<Option<T>, Unchecked> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.class() == Class::Gone => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}
