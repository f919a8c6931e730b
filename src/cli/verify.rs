//! `torikomi verify`: proves records from their bytes, those of the store or those handed over.

use std::path::Path;

use super::page::{Page, Tone};
use super::trusted::{Anchors, KeptOutside};
use super::{Answer, Desk, Failure};
use crate::control::facts::{Unread, Verified, VerifiedItem};
use crate::ids::RecordId;
use crate::store::records::{self, Filter, Record};
use crate::verification::{AtHome, EvidenceState, Report, Step, Trust, Unverifiable, Verdict, verify_pack};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RECORD|PACK", required_unless_present = "all")]
    records: Vec<String>,
    #[arg(long, conflicts_with = "records")]
    all: bool,
    #[command(flatten)]
    anchors: Anchors,
    #[command(flatten)]
    kept: KeptOutside,
    #[arg(long)]
    accept_evaluation: bool,
}

/// Records are listed a page at a time.
const PAGE: u32 = 1000;

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let trust = args.anchors.read(desk)?;
    let trust = match args.kept.read()? {
        Some(kept) => trust.held_against(&kept.against()),
        None => trust,
    };
    let mut verified = Verified {
        verdict: Verdict::Indeterminate,
        evaluation_accepted: args.accept_evaluation,
        passed: 0,
        indeterminate: 0,
        failed: 0,
        items: Vec::new(),
        unread: Vec::new(),
    };
    // What cannot be looked at keeps none of the others from it.
    let mut failures = Vec::new();
    let mut unread = |verified: &mut Verified, what: String, failure: Failure| {
        verified.unread.push(Unread { what, sentence: failure.sentence(&desk.words) });
        failures.push(failure);
    };
    if args.all {
        all(desk, &trust, args.accept_evaluation, &mut verified, &mut unread)?;
    } else {
        for what in &args.records {
            match one(desk, what, &trust, args.accept_evaluation) {
                Ok(report) => verified.add(what.clone(), report, true),
                Err(failure) => unread(&mut verified, what.clone(), failure),
            }
        }
    }
    // The only one that was asked for is the whole answer.
    if let ([_], [_]) = (args.records.as_slice(), failures.as_slice()) {
        return failures.pop().map_or(Ok(Answer::No), Err);
    }
    verified.verdict = match (verified.failed, verified.indeterminate, verified.unread.len()) {
        (0, 0, 0) => Verdict::Passed,
        (0, ..) => Verdict::Indeterminate,
        _ => Verdict::Failed,
    };
    let held_against = trust.outside.is_some();
    desk.show(&verified, |page| show(desk, page, &verified, args.all, held_against))?;
    Ok(match (failures.iter().map(Failure::exit_status).max(), verified.verdict) {
        (Some(exit_status), _) => Answer::InPart { exit_status },
        (None, Verdict::Passed) => Answer::Yes,
        (None, Verdict::Indeterminate | Verdict::Failed) => Answer::No,
    })
}

/// A record by its id, or a pack by its path.
fn one(desk: &Desk, what: &str, trust: &Trust, accept_evaluation: bool) -> Result<Report, Failure> {
    let Ok(id) = what.parse::<RecordId>() else {
        let path = Path::new(what);
        if !path.exists() {
            return Err(Failure::FileMissing { path: what.to_owned() });
        }
        return verify_pack(path, trust, accept_evaluation).map_err(|error| unverifiable(what, &error));
    };
    let (home, config) = desk.settings()?;
    let database = desk.database()?;
    let objects = database.objects(&home, &config)?;
    let report = AtHome::new(database.inner(), &objects).verify(id, trust, accept_evaluation);
    let report = report.map_err(|error| unverifiable(what, &error))?;
    report.ok_or_else(|| Failure::NotFound { what: what.to_owned() })
}

/// Every record of the store.
fn all(
    desk: &Desk,
    trust: &Trust,
    accept_evaluation: bool,
    verified: &mut Verified,
    unread: &mut impl FnMut(&mut Verified, String, Failure),
) -> Result<(), Failure> {
    let (home, config) = desk.settings()?;
    let database = desk.database()?;
    let objects = database.objects(&home, &config)?;
    let at_home = AtHome::new(database.inner(), &objects);
    let bar = desk.progress();
    let count = database.read(async |tx| records::count(tx).await)?;
    bar.set_length(u64::try_from(count).unwrap_or_default());
    let mut after: Option<Record> = None;
    loop {
        let page = database.read(async |tx| records::list(tx, &Filter::default(), after.as_ref(), PAGE).await)?;
        let Some(last) = page.last().cloned() else { break };
        for record in &page {
            let what = record.id.to_string();
            match at_home.verify(record.id, trust, accept_evaluation) {
                Ok(Some(report)) => verified.add(what, report, false),
                // Disposed of since it was listed.
                Ok(None) => {}
                Err(error) => {
                    let failure = unverifiable(&what, &error);
                    unread(verified, what, failure);
                }
            }
            bar.inc(1);
        }
        after = Some(last);
    }
    bar.finish_and_clear();
    Ok(())
}

impl Verified {
    fn add(&mut self, what: String, report: Report, always: bool) {
        let verdict = report.verdict;
        *match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Indeterminate => &mut self.indeterminate,
            Verdict::Failed => &mut self.failed,
        } += 1;
        if always || verdict != Verdict::Passed {
            self.items.push(VerifiedItem { what, report });
        }
    }
}

fn show(desk: &Desk, page: &mut Page, verified: &Verified, all: bool, held_against: bool) {
    let words = &desk.words;
    for VerifiedItem { what, report } in &verified.items {
        page.heading(what);
        for step in &report.steps {
            let name = words.word("step", &word(&step.step));
            page.marked(tone(step.verdict), &format!("{name}: {}", words.coded("verify", &step.said)));
        }
        let verdict = words.say(&format!("verdict-{}", word(&report.verdict)));
        page.marked(tone(report.verdict), &verdict);
        match report.state {
            Some(EvidenceState::Signed) => page.below(&words.say("evidence-signed")),
            Some(EvidenceState::Stamped) => page.below(&words.say("evidence-stamped")),
            None => {}
        }
        // Only a record in a store is held against an index, and has the whole journal beside it.
        if !report.steps.iter().any(|step| step.step == Step::Index) {
            page.below(&words.say("verify-as-far-as-the-pack-tells"));
        }
        if report.evaluation {
            page.below(&words.say("verify-evaluation"));
        }
    }
    if !held_against && verified.items.len() as u64 + verified.passed > 0 {
        page.below(&words.say("verify-not-held-against"));
    }
    for Unread { what, sentence } in &verified.unread {
        page.heading(what);
        page.marked(Tone::Bad, sentence);
    }
    if all || verified.items.len() + verified.unread.len() > 1 {
        page.heading(&words.with(
            "verify-counts",
            &[
                ("passed", verified.passed.into()),
                ("indeterminate", verified.indeterminate.into()),
                ("failed", verified.failed.into()),
                ("unread", verified.unread.len().into()),
            ],
        ));
    }
}

pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Passed => Tone::Good,
        Verdict::Indeterminate => Tone::Warning,
        Verdict::Failed => Tone::Bad,
    }
}

/// The word of a value without fields.
pub(super) fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

pub(super) fn unverifiable(path: &str, error: &Unverifiable) -> Failure {
    Failure::File { path: path.to_owned(), problem: error.to_string() }
}
