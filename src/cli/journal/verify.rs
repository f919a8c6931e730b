//! `torikomi journal verify`: the whole journal, from its bytes.

use std::path::PathBuf;

use crate::cli::page::{Page, Tone};
use crate::cli::trusted::Anchors;
use crate::cli::verify::unverifiable;
use crate::cli::{Answer, Desk, Failure};
use crate::verification::journal::{JournalReport, JournalVerdict, Sources, verify};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    anchors: Anchors,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let against = match &args.against {
        None => None,
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?),
    };
    let trust = args.anchors.read(desk)?;
    let (home, config) = desk.settings()?;
    let files = home.layout().store(&config).join("journal");
    let database = desk.database()?;
    let sources = Sources { database: database.inner(), files: &files, trust: &trust, against: against.as_deref() };
    let bar = desk.progress();
    let report = verify(&sources, |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report.map_err(|error| unverifiable(&files.display().to_string(), &error))?;
    desk.show(&report, |page| show(desk, page, &report))?;
    Ok(if report.verdict == JournalVerdict::Failed { Answer::No } else { Answer::Yes })
}

fn show(desk: &Desk, page: &mut Page, report: &JournalReport) {
    let words = &desk.words;
    for fault in &report.faults {
        page.marked(Tone::Bad, &words.coded("journal-fault", fault));
    }
    if report.more_faults > 0 {
        page.below(&words.with("journal-more-faults", &[("count", report.more_faults.into())]));
    }
    let (tone, id) = match report.verdict {
        JournalVerdict::Verified => (Tone::Good, "journal-verified"),
        JournalVerdict::Consistent => (Tone::Warning, "journal-consistent"),
        JournalVerdict::Failed => (Tone::Bad, "journal-failed"),
    };
    let said = words
        .with(id, &[("entries", report.entries.into()), ("anchored", report.anchored_at.unwrap_or_default().into())]);
    page.marked(tone, &said);
    if report.entries_in_files < report.entries {
        let counts = [("copied", report.entries_in_files.into()), ("entries", report.entries.into())];
        page.marked(Tone::Warning, &words.with("journal-copy-ends", &counts));
    }
    page.small(&report.root.to_string());
}
