//! `torikomi inspect`: judges files as the line would, and files nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::page::{Page, Tone};
use super::{Answer, Desk, Failure, choice, findings};
use crate::calendar::{Calendar, DEFAULT_CALENDAR};
use crate::control::facts::{Inspected, InspectedFile, Unread};
use crate::daemon::open::workers_of;
use crate::identity::{Claims, Identity, Source, Sourced, dates};
use crate::ids::{Digest, Digester, Name};
use crate::image::{Limits, Sandbox, WorkerError, Workers, unmeasured};
use crate::inspection::{Subject, SubjectPart, inspect};
use crate::judgement::{Finding, Judgement, Outcome, Reason, Severity};
use crate::ledger::profiles;
use crate::measurements::Measurements;
use crate::paper::Paper;
use crate::profile::{PRESETS, Profile, lint};
use crate::system::open_regular;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "scan", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[arg(id = "inspect-profile", long = "profile", value_name = "PROFILE")]
    profile: String,
    #[arg(long, value_name = "PAPER", value_parser = choice::paper)]
    paper: Option<Paper>,
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    obtained_on: Option<Date>,
    #[arg(long, value_name = "STATION", default_value = "inspect")]
    station: Name,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let profile = profile(&args.profile, desk)?;
    let calendar = calendar(desk)?;
    let workers = workers(desk)?;
    let bar = desk.progress();
    bar.set_length(args.files.len() as u64);
    let mut inspected = Inspected {
        profile: profile.reference().clone(),
        clause: profile.clause.clone(),
        not_carried: profile.carried().err().unwrap_or_default(),
        files: Vec::new(),
        unread: Vec::new(),
    };
    // What cannot be looked at keeps none of the others from it.
    let mut failures = Vec::new();
    for path in &args.files {
        let file = path.display().to_string();
        match measure(path, &workers) {
            Ok(measurements) => {
                let (judgement, not_judged) = judge(args, &measurements, &profile, &calendar, desk);
                inspected.files.push(InspectedFile { file, measurements, judgement, not_judged });
            }
            Err(failure) => {
                inspected.unread.push(Unread { what: file, sentence: failure.sentence(&desk.words) });
                failures.push(failure);
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    // The only one that was asked for is the whole answer.
    if let ([_], [_]) = (args.files.as_slice(), failures.as_slice()) {
        return failures.pop().map_or(Ok(Answer::No), Err);
    }
    desk.show(&inspected, |page| {
        inspected.files.iter().for_each(|file| show(desk, page, file, &profile));
        for Unread { what, sentence } in &inspected.unread {
            page.heading(what);
            page.marked(Tone::Bad, sentence);
        }
        for missing in &inspected.not_carried {
            page.marked(Tone::Warning, &desk.words.coded("not-carried", missing));
        }
    })?;
    let worst = inspected.files.iter().map(|file| file.judgement.severity).max();
    Ok(match failures.iter().map(Failure::exit_status).max() {
        Some(exit_status) => Answer::InPart { exit_status },
        None if worst.is_some_and(|worst| worst > Severity::Warn) => Answer::No,
        None => Answer::Yes,
    })
}

fn show(desk: &Desk, page: &mut Page, file: &InspectedFile, profile: &Profile) {
    let words = &desk.words;
    page.heading(&file.file);
    findings::lines(words, page, &file.judgement, Some(&profile.clause));
    findings::silent(words, page, &file.judgement);
    if !file.not_judged.is_empty() {
        page.below(&words.with("inspect-no-date", &[("checks", file.not_judged.join(" · ").into())]));
    }
    let severity = findings::severity(words, file.judgement.severity);
    let blanks = [("severity", severity.into()), ("pages", file.measurements.pages.len().into())];
    page.marked(findings::tone(file.judgement.severity), &words.with("inspect-result", &blanks));
}

fn judge(
    args: &Args,
    measurements: &Measurements,
    profile: &Profile,
    calendar: &Calendar,
    desk: &Desk,
) -> (Judgement, Vec<String>) {
    let claims = Claims { paper: args.paper, ..Claims::default() };
    let obtained_on = args.obtained_on.map(|value| Sourced { value, from: Source::Person });
    let identity = Identity { obtained_on, ..Identity::default() };
    let page_count = u32::try_from(measurements.pages.len()).unwrap_or(u32::MAX);
    let subject = Subject {
        parts: vec![SubjectPart { measurements, first_page: 1, page_count }],
        claims: &claims,
        identity: &identity,
        taken_in_at: desk.now(),
        clock_problem: None,
        station: &args.station,
        calendar,
    };
    let mut judgement = inspect(&subject, profile);
    // Nobody said when the paper was received, and nobody asked about that: such checks have nothing to judge here.
    let dateless = |finding: &Finding| finding.outcome == Outcome::Indeterminate(Reason::ObtainedOnNotTold);
    let not_judged = judgement.findings.iter().filter(|finding| dateless(finding)).map(|f| f.check.clone()).collect();
    judgement.findings.retain(|finding| !dateless(finding));
    judgement.severity = judgement.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Pass);
    (judgement, not_judged)
}

fn measure(path: &Path, workers: &Workers) -> Result<Measurements, Failure> {
    let failure = |problem: String| Failure::File { path: path.display().to_string(), problem };
    let mut file = open_regular(path).map_err(|error| Failure::file(path, &error))?;
    let (digest, length) = digest(&mut file).map_err(|error| failure(error.to_string()))?;
    match workers.measure(&file, &digest) {
        Ok(measurements) => Ok(measurements),
        Err(WorkerError::Fault { fault }) => Ok(unmeasured(digest, length, fault)),
        Err(other) => Err(failure(other.to_string())),
    }
}

fn digest(file: &mut File) -> std::io::Result<(Digest, u64)> {
    let mut digester = Digester::default();
    let mut buffer = vec![0; 1 << 16];
    let mut length: u64 = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        digester.update(bytes);
        length = length.saturating_add(bytes.len() as u64);
    }
    Ok((digester.finish(), length))
}

/// Workers as the home's settings limit them, or as they come where no home is given.
fn workers(desk: &Desk) -> Result<Workers, Failure> {
    let binary = std::env::current_exe()
        .map_err(|error| Failure::File { path: "torikomi".into(), problem: error.to_string() })?;
    if !desk.has_home() {
        return Ok(Workers::new(binary, Limits::default(), Sandbox::Required));
    }
    Ok(workers_of(&desk.settings()?.1.image, &binary))
}

/// A profile by its file, by its name in the home (the version in force), or by its name among those shipped.
fn profile(named: &str, desk: &Desk) -> Result<Profile, Failure> {
    let read = |bytes: &[u8], file: &str| match lint(bytes, file) {
        Ok((profile, _)) => Ok(profile),
        Err(problems) => Err(Failure::Settings { problems }),
    };
    if Path::new(named).extension().is_some_and(|extension| extension == "toml") {
        let bytes = std::fs::read(named).map_err(|error| Failure::file(Path::new(named), &error))?;
        return read(&bytes, named);
    }
    let mut known = BTreeSet::new();
    if desk.has_home() {
        let in_force = desk.database()?.read(async |tx| profiles::in_force(tx).await)?;
        if let Some(version) = in_force.iter().find(|version| version.reference.id.as_str() == named) {
            return read(&version.bytes, named);
        }
        known.extend(in_force.iter().map(|version| version.reference.id.to_string()));
    }
    let shipped = || PRESETS.iter().filter_map(|preset| Some((preset, preset.file_name.strip_suffix(".toml")?)));
    if let Some((preset, _)) = shipped().find(|(_, name)| *name == named) {
        return read(preset.text.as_bytes(), preset.file_name);
    }
    known.extend(shipped().map(|(_, name)| name.to_owned()));
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    Err(Failure::UnknownProfile { name: named.to_owned(), known })
}

/// The home's calendar, or the one that `init` writes.
fn calendar(desk: &Desk) -> Result<Calendar, Failure> {
    let (bytes, file) = if desk.has_home() {
        let path = desk.home()?.layout().calendar();
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        (bytes, name)
    } else {
        (DEFAULT_CALENDAR.as_bytes().to_vec(), "calendar.toml".to_owned())
    };
    let read = Calendar::parse(&bytes, &file);
    read.map(|(calendar, _)| calendar).map_err(|problems| Failure::Settings { problems })
}
