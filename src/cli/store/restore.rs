//! `torikomi store restore`: a home from its backups, and what it has lost.

use std::path::PathBuf;

use crate::cli::page::{Page, Tone};
use crate::cli::store::check::{looked_through, show as show_check};
use crate::cli::{Answer, Desk, Failure};
use crate::config::home::harden_process;
use crate::upkeep::backup::{BackupFolder, Identities, Work};
use crate::upkeep::check::StoreReport;
use crate::upkeep::restore::{Order, RestoreError, RestoreReport, restore};
use crate::verification::Trust;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    #[arg(long, value_name = "N")]
    generation: Option<u32>,
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    harden_process().map_err(|error| Failure::start(&error))?;
    let to = desk.home_path().ok_or(Failure::HomeNotGiven)?;
    let identities = Identities::read(&args.identity)?;
    let text = |path: &Option<PathBuf>| {
        let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error));
        path.as_ref().map(read).transpose()
    };
    let (against, settings) = (text(&args.against)?, text(&args.settings)?);
    let backup = BackupFolder::open(&args.from, Work::Read)?;
    let runtime = crate::cli::serve::runtime()?;
    let order = Order {
        backup: &backup,
        generation: args.generation,
        identities: &identities,
        to,
        settings: settings.as_deref(),
        against: against.as_deref(),
        runtime: runtime.handle(),
        now: desk.now(),
    };
    let bar = desk.progress();
    let report = restore(&order, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let mut report = report?;
    // What is lost is said here and never again: whatever fails from now on is told after it.
    let checked = checked(desk);
    report.check = checked.as_ref().ok().cloned();
    desk.show(&report, |page| show(desk, page, &report))?;
    let whole = checked?.findings.is_empty() && report.not_rebuilt.is_empty();
    Ok(if whole { Answer::Yes } else { Answer::No })
}

fn checked(desk: &Desk) -> Result<StoreReport, Failure> {
    let (home, config) = desk.settings()?;
    let trust = Trust::of_home(home.layout(), &config).map_err(|error| Failure::start(&error))?;
    looked_through(&trust, desk)
}

fn show(desk: &Desk, page: &mut Page, report: &RestoreReport) {
    let words = &desk.words;
    for lost in &report.not_rebuilt {
        page.marked(Tone::Warning, &words.coded("not-rebuilt", lost));
    }
    let blanks = [
        ("generation", report.generation.generation.into()),
        ("time", words.time(report.generation.made_at).into()),
        ("epoch", report.epoch.into()),
        ("index", report.journal_index.into()),
    ];
    page.marked(Tone::Good, &words.with("restore-done", &blanks));
    for epoch in &report.given_up {
        page.marked(Tone::Bad, &words.with("restore-given-up", &[("epoch", (*epoch).into())]));
    }
    if let Some(path) = &report.unread_anchor {
        page.marked(Tone::Bad, &words.with("restore-unread-anchor", &[("path", path.as_str().into())]));
    }
    show_what_is_in_force_again(desk, page, report);
    match report.lost_entries {
        None if report.unread_anchor.is_some() => {}
        None => page.marked(Tone::Warning, &words.say("restore-lost-unknown")),
        Some(lost) => {
            let blanks = [("first", lost.first.into()), ("last", lost.last.into()), ("count", lost.count.into())];
            page.marked(Tone::Bad, &words.with("restore-lost-entries", &blanks));
        }
    }
    for lost in &report.lost_records {
        let document = lost.document.map(|document| document.to_string()).unwrap_or_default();
        let id = if lost.document_is_there { "restore-lost-record-only" } else { "restore-lost-record" };
        let blanks = [
            ("record", lost.record.to_string().into()),
            ("document", document.into()),
            ("time", words.time(lost.filed_at).into()),
        ];
        page.marked(Tone::Bad, &words.with(id, &blanks));
    }
    for lost in &report.lost_documents {
        let id = if lost.ended.is_some() { "restore-lost-ended" } else { "restore-lost-document" };
        let blanks = [
            ("document", lost.document.to_string().into()),
            ("time", words.time(lost.taken_in_at).into()),
            ("what", lost.ended.map(|ended| words.say(&format!("journal-{ended}"))).unwrap_or_default().into()),
        ];
        page.marked(Tone::Bad, &words.with(id, &blanks));
    }
    for lost in &report.lost_acts {
        let id = match (lost.document, lost.delivery) {
            (Some(_), _) if lost.asked_anew => "restore-lost-decision-stopped",
            (Some(_), _) => "restore-lost-decision",
            (None, Some(_)) => "restore-lost-decision-delivery",
            (None, None) => "restore-lost-act",
        };
        let blanks = [
            ("what", words.say(&format!("journal-{}", lost.kind)).into()),
            ("person", shown(lost.person).into()),
            ("document", shown(lost.document).into()),
            ("delivery", shown(lost.delivery).into()),
            ("time", words.time(lost.at).into()),
        ];
        page.marked(Tone::Bad, &words.with(id, &blanks));
    }
    for document in &report.resting_on_them {
        let blanks = [("document", document.to_string().into())];
        page.marked(Tone::Bad, &words.with("restore-resting-on-key", &blanks));
    }
    if report.lost_entries.is_some_and(|lost| lost.last >= report.listed_up_to) {
        page.marked(Tone::Warning, &words.with("restore-listed-up-to", &[("index", report.listed_up_to.into())]));
    }
    for station in &report.stations {
        let blanks = [
            ("station", station.station.to_string().into()),
            ("folder", station.folder.as_str().into()),
            ("count", station.standing.into()),
        ];
        if !station.reached {
            page.marked(Tone::Warning, &words.with("restore-station-away", &blanks));
        } else if station.standing > 0 {
            page.below(&words.with("restore-standing", &blanks));
        }
    }
    if let Some(check) = &report.check {
        show_check(desk, page, check);
    }
}

/// What has to be done before anything else, because nobody is kept from it meanwhile.
fn show_what_is_in_force_again(desk: &Desk, page: &mut Page, report: &RestoreReport) {
    let words = &desk.words;
    for key in &report.stopped_keys {
        let id = match key.revoked_from {
            Some(_) => "restore-key-revoked",
            None => "restore-key-suspended",
        };
        let blanks = [
            ("login", key.login.to_string().into()),
            // To the microsecond, as it has to be given again.
            ("since", key.revoked_from.map(|since| since.to_string()).unwrap_or_default().into()),
        ];
        page.marked(Tone::Bad, &words.with(id, &blanks));
        if let Some(file) = &key.set_aside {
            page.below(&words.with("restore-key-set-aside", &[("file", file.as_str().into())]));
        }
    }
    for office in &report.resumed_offices {
        let id = if office.is_absence { "restore-manager-absent" } else { "restore-office-ended" };
        let blanks = [
            ("login", office.login.to_string().into()),
            ("role", office.role.as_str().into()),
            ("since", office.since.to_string().into()),
        ];
        page.marked(Tone::Bad, &words.with(id, &blanks));
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Backup(trouble) => trouble.into(),
            RestoreError::Rebuild(error) => error.into(),
        }
    }
}

fn shown(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
