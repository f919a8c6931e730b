//! `torikomi record export`: a record and its proof, for somebody outside.

use std::path::PathBuf;

use crate::cli::choice;
use crate::cli::page::Page;
use crate::cli::person::Person;
use crate::cli::trusted::Anchors;
use crate::cli::verify::{tone, unverifiable, word};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::{Exported, RecordExported};
use crate::control::{ReasonGiven, Request};
use crate::export::{Export, ExportError, free_names};
use crate::ids::{Name, RecordId};
use crate::verification::{AtHome, Parts, ProofSource, Verdict, proof_beside, verify_pack};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RECORD")]
    record: RecordId,
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "unpacked")]
    to: PathBuf,
    #[arg(long, value_name = "DIR")]
    unpacked: Option<PathBuf>,
    #[command(flatten)]
    by: Person,
    #[arg(long, value_name = "CODE", value_parser = choice::export_reason)]
    reason: Name,
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    #[command(flatten)]
    anchors: Anchors,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let what = args.record.to_string();
    let trust = args.anchors.read(desk)?;
    // What would not be made must not be in the journal as made.
    let free = match &args.unpacked {
        Some(folder) if folder.symlink_metadata().is_ok() => Err(ExportError::Exists(folder.clone())),
        Some(_) => Ok(()),
        None => free_names(args.record, &args.to).map(|_| ()),
    };
    free.map_err(|error| not_exported(error, &what))?;
    // First the journal says who takes it out of the house, and why.
    let by = args.by.prove(desk)?;
    let reason = ReasonGiven { code: args.reason.clone(), text: args.text.clone() };
    let noted: Exported = desk.ask(&Request::Export { by, record: args.record, reason })?;
    let (home, config) = desk.settings()?;
    let database = desk.database()?;
    let objects = database.objects(&home, &config)?;
    let at_home = AtHome::new(database.inner(), &objects);
    let failed = |error| unverifiable(&what, &error);
    let (row, members) = at_home.rows(args.record).map_err(failed)?.ok_or(Failure::NotFound { what: what.clone() })?;
    let proof = match at_home.proof(&row).map_err(failed)? {
        ProofSource::Read(proof) => *proof,
        // Without the journal's word there is no proof to hand out; `journal verify` says what is wrong with it.
        ProofSource::Unreadable(problem) => return Err(Failure::Database { problem }),
        ProofSource::Newer(version) => return Err(Failure::Database { problem: version.to_string() }),
    };
    let parts = Parts::stored(&objects, members).map_err(|error| not_exported(error.into(), &what))?;
    let mut export = Export { record: args.record, parts, proof, claimed: &trust };
    let path = match &args.unpacked {
        Some(folder) => export.unpacked(folder).map(|()| folder.clone()),
        None => export.container(&args.to),
    };
    let path = path.map_err(|error| not_exported(error, &what))?;

    // What was written is what counts, so that is verified, not what was meant to be written.
    let report = verify_pack(&path, &trust, true).map_err(failed)?;
    let proof = args.unpacked.is_none().then(|| proof_beside(&path).display().to_string());
    let exported = RecordExported {
        record: args.record,
        journal_index: noted.journal_index,
        path: path.display().to_string(),
        proof,
        verdict: report.verdict,
    };
    desk.show(&exported, |page| show(desk, page, &exported))?;
    Ok(if exported.verdict == Verdict::Failed { Answer::No } else { Answer::Yes })
}

fn show(desk: &Desk, page: &mut Page, exported: &RecordExported) {
    let words = &desk.words;
    page.line(&words.with("record-exported", &[("path", exported.path.clone().into())]));
    if let Some(proof) = &exported.proof {
        page.below(proof);
    }
    page.marked(tone(exported.verdict), &words.say(&format!("verdict-{}", word(&exported.verdict))));
}

fn not_exported(error: ExportError, what: &str) -> Failure {
    let problem = error.to_string();
    match error {
        ExportError::Exists(path) => Failure::FileExists { path: path.display().to_string() },
        ExportError::Io { path, error } => Failure::file(&path, &error),
        _ => Failure::File { path: what.to_owned(), problem },
    }
}
