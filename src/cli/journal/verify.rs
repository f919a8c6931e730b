//! `torikomi journal verify`: the whole journal, from its bytes.

use crate::cli::page::{Page, Tone};
use crate::cli::trusted::{Anchors, Checkpoints, KeptOutside};
use crate::cli::verify::unverifiable;
use crate::cli::{Answer, Desk, Failure};
use crate::verification::journal::{
    Disposal, JournalReport, JournalVerdict, Sources, StampedUpTo, UnbelievedStamp, verify,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    kept: KeptOutside,
    #[command(flatten)]
    anchors: Anchors,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let kept = args.kept.read()?;
    let trust = args.anchors.read(desk)?;
    let (home, config) = desk.settings()?;
    let files = home.layout().store(&config).join("journal");
    let database = desk.database()?;
    let against = kept.as_ref().map(Checkpoints::against);
    let sources = Sources { database: database.inner(), files: &files, trust: &trust, against };
    let bar = desk.progress();
    let report = verify(&sources, |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report.map_err(|error| unverifiable(&files.display().to_string(), &error))?;
    desk.show(&report, |page| show(desk, page, &report))?;
    // What was kept elsewhere and leads to nothing any more is a no, however well a restore explains it.
    let no = report.verdict == JournalVerdict::Failed || !report.unreachable.is_empty();
    Ok(if no { Answer::No } else { Answer::Yes })
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
        JournalVerdict::Restored => (Tone::Warning, "journal-restored"),
        JournalVerdict::Failed => (Tone::Bad, "journal-failed"),
    };
    let said = words
        .with(id, &[("entries", report.entries.into()), ("anchored", report.anchored_at.unwrap_or_default().into())]);
    page.marked(tone, &said);
    for opened in &report.epochs {
        let blanks = [
            ("epoch", opened.epoch.into()),
            ("index", opened.index.into()),
            ("at", words.exact_time(opened.at).into()),
            ("generation", opened.generation.into()),
            ("time", words.time(opened.made_at).into()),
            ("last", opened.known_size.map_or(0, |size| size.saturating_sub(1)).into()),
            ("known", if opened.known_size.is_some() { "yes" } else { "no" }.into()),
        ];
        page.marked(Tone::Warning, &words.with("journal-epoch", &blanks));
    }
    for size in &report.unreachable {
        page.marked(Tone::Bad, &words.with("journal-unreachable", &[("size", (*size).into())]));
    }
    if report.anchored_at.is_some() && report.not_anchored > 0 {
        page.marked(Tone::Warning, &words.with("journal-not-anchored", &[("count", report.not_anchored.into())]));
    }
    let stamped = |id: &str, stamped: &StampedUpTo| {
        let of = if stamped.evaluation { "evaluation" } else { "known" };
        words.with(
            id,
            &[("size", stamped.size.into()), ("time", words.exact_time(stamped.at).into()), ("of", of.into())],
        )
    };
    if let Some(anchor) = &report.anchor_stamped {
        page.below(&stamped("journal-anchor-stamped", anchor));
    }
    if let Some(newest) = &report.stamps.newest {
        page.below(&stamped("journal-stamped", newest));
    }
    let unjudged = report.stamps.unjudged;
    if unjudged > 0 {
        page.marked(Tone::Warning, &words.with("journal-unjudged", &[("count", unjudged.into())]));
    }
    for UnbelievedStamp { size, detail } in &report.stamps.unbelieved {
        let blanks = [("size", (*size).into()), ("detail", detail.clone().into())];
        page.marked(Tone::Warning, &words.with("journal-unbelieved", &blanks));
    }
    for size in &report.stamps.of_lost {
        page.marked(Tone::Warning, &words.with("journal-stamp-of-lost", &[("size", (*size).into())]));
    }
    for Disposal { index, at, entries, .. } in &report.disposals {
        let (count, time) = (entries.len().into(), words.exact_time(*at).into());
        page.below(&words.with("journal-disposal", &[("index", (*index).into()), ("time", time), ("count", count)]));
    }
    if report.entries_in_files < report.entries {
        let counts = [("copied", report.entries_in_files.into()), ("entries", report.entries.into())];
        page.marked(Tone::Warning, &words.with("journal-copy-ends", &counts));
    }
    page.small(&report.root.to_string());
}
