//! `torikomi store check`: everything that a home holds, against everything that names it; with `--rebuild`, the database made
//! anew from it before.

use crate::cli::page::{Page, Tone};
use crate::cli::trusted::Anchors;
use crate::cli::{Answer, Desk, Failure};
use crate::config::home::harden_process;
use crate::upkeep::check::{Sources, StoreReport, Unchecked, check};
use crate::upkeep::rebuild::{OldDatabase, RebuildError, rebuild};
use crate::verification::Trust;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    rebuild: bool,
    #[command(flatten)]
    anchors: Anchors,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    if args.rebuild {
        return rebuilt(args, desk);
    }
    let report = looked_through(&args.anchors.read(desk)?, desk)?;
    desk.show(&report, |page| show(desk, page, &report))?;
    Ok(if report.findings.is_empty() { Answer::Yes } else { Answer::No })
}

pub(super) fn looked_through(trust: &Trust, desk: &Desk) -> Result<StoreReport, Failure> {
    let (home, config) = desk.settings()?;
    let database = desk.database()?;
    let objects = database.objects(&home, &config)?;
    let sources =
        Sources { home: &home, config: &config, database: database.inner(), objects: &objects, trust, now: desk.now() };
    let bar = desk.progress();
    let report = check(&sources, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok(report?)
}

/// Makes the database anew, then looks through the home as it is now.
fn rebuilt(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    harden_process().map_err(|error| Failure::start(&error))?;
    // Once the databases are exchanged nothing may keep the report of it back.
    let trust = args.anchors.read(desk)?;
    let (home, config) = desk.settings()?;
    let lock = home.lock(&config)?;
    let runtime = crate::cli::serve::runtime()?;
    let bar = desk.progress();
    let report = rebuild(&home, &config, runtime.handle(), desk.now(), &mut |done| {
        bar.set_length(done);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let mut report = report?;
    drop(lock);
    // What could not be made anew is said here and never again: whatever fails from now on is told after it.
    let checked = looked_through(&trust, desk);
    report.check = checked.as_ref().ok().cloned();
    desk.show(&report, |page| {
        for lost in &report.not_rebuilt {
            page.marked(Tone::Warning, &desk.words.coded("not-rebuilt", lost));
        }
        if report.more_not_rebuilt > 0 {
            page.below(&desk.words.with("store-more-findings", &[("count", report.more_not_rebuilt.into())]));
        }
        let not_asked = match report.old_database {
            OldDatabase::None | OldDatabase::Compared => None,
            OldDatabase::Unreadable => Some("store-old-database-unreadable"),
            OldDatabase::NotOurs => Some("store-old-database-not-ours"),
            OldDatabase::OnServer => Some("store-old-database-on-server"),
        };
        if let Some(id) = not_asked {
            page.marked(Tone::Warning, &desk.words.with(id, &[]));
        }
        let counts = [
            ("records", report.records.into()),
            ("documents", report.open_documents.into()),
            ("entries", report.journal_entries.into()),
        ];
        page.marked(Tone::Good, &desk.words.with("store-rebuilt", &counts));
        for kept in &report.kept_aside {
            page.below(&desk.words.with("store-kept-aside", &[("path", kept.as_str().into())]));
        }
        if let Some(check) = &report.check {
            show(desk, page, check);
        }
    })?;
    let whole = checked?.findings.is_empty() && report.not_rebuilt.is_empty();
    Ok(if whole { Answer::Yes } else { Answer::No })
}

pub(super) fn show(desk: &Desk, page: &mut Page, report: &StoreReport) {
    let words = &desk.words;
    for finding in &report.findings {
        page.marked(Tone::Bad, &words.coded("store-finding", finding));
    }
    if report.more_findings > 0 {
        page.below(&words.with("store-more-findings", &[("count", report.more_findings.into())]));
    }
    let counts = [
        ("objects", report.objects.into()),
        ("records", report.records.into()),
        ("entries", report.journal_entries.into()),
        ("copies", report.copies.into()),
        ("attempts", report.attempts.into()),
    ];
    if report.findings.is_empty() {
        page.marked(Tone::Good, &words.with("store-in-order", &counts));
    } else {
        let found = (report.findings.len() as u64).saturating_add(report.more_findings);
        page.marked(Tone::Bad, &words.with("store-not-in-order", &[("count", found.into())]));
        page.below(&words.with("store-looked-at", &counts));
    }
    for (id, count) in [("store-in-the-making", report.in_the_making), ("store-set-aside", report.set_aside)] {
        if count > 0 {
            page.below(&words.with(id, &[("count", count.into())]));
        }
    }
}

impl From<Unchecked> for Failure {
    fn from(error: Unchecked) -> Self {
        match error {
            Unchecked::Home(error) => error.into(),
            Unchecked::Database(error) => error.into(),
            Unchecked::Disk(failure) => {
                Self::File { path: failure.path().display().to_string(), problem: failure.to_string() }
            }
            Unchecked::Io { path, error } => Self::file(&path, &error),
            Unchecked::Store(error) => error.into(),
            Unchecked::Verification(error) => Self::Database { problem: error.to_string() },
        }
    }
}

impl From<RebuildError> for Failure {
    fn from(error: RebuildError) -> Self {
        match error {
            RebuildError::Home(error) => error.into(),
            RebuildError::Database(error) => error.into(),
            RebuildError::Disk(failure) => {
                Self::File { path: failure.path().display().to_string(), problem: failure.to_string() }
            }
            RebuildError::Io { path, error } => Self::file(&path, &error),
            RebuildError::JournalDamaged { index, in_database: false } => Self::JournalDamaged { index },
            RebuildError::JournalDamaged { index, in_database: true } => Self::JournalFilesDamaged { index },
            RebuildError::AgainstAnchor { path, size } => {
                Self::AgainstAnchor { path: path.display().to_string(), size }
            }
            RebuildError::AgainstStamped { paths, size } => {
                Self::AgainstStamped { paths: paths.iter().map(|path| path.display().to_string()).collect(), size }
            }
            RebuildError::NewerMeasurements { object, found } => {
                Self::NewerMeasurements { object: object.to_string(), found }
            }
            RebuildError::NoJournal { folder } => Self::NoJournal { folder: folder.display().to_string() },
            RebuildError::NotEmpty => Self::DatabaseNotEmpty,
            RebuildError::NotCopied { path, problem } => {
                Self::DatabaseNotCopied { path: path.display().to_string(), problem }
            }
            RebuildError::Forked { path, size } => Self::DatabaseForked { path: path.display().to_string(), size },
            RebuildError::Store(error) => error.into(),
            RebuildError::Owner(_) | RebuildError::Keys(_) => Self::start(&error),
        }
    }
}
