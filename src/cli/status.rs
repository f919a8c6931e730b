//! `torikomi status`: how the line stands.

use super::page::{Page, Table, Tone};
use super::queue::list::{deliveries_table, refused};
use super::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::deadlines::what_to_do;
use crate::control::facts::Status;
use crate::control::production::{Lacking, Missing, Unbuilt};

#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(Args {}: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let status: Status = desk.ask(&Request::Status)?;
    desk.show(&status, |page| show(desk, page, &status))?;
    Ok(Answer::Yes)
}

fn show(desk: &Desk, page: &mut Page, status: &Status) {
    head(desk, page, status);
    troubles(desk, page, status);
    stations(desk, page, status);
    documents(desk, page, status);
    deadlines(desk, page, status);
    if !status.deliveries_waiting.is_empty() {
        page.heading(&desk.words.say("queue-deliveries"));
        deliveries_table(desk, page, &status.deliveries_waiting);
    }
    refused(desk, page, &status.refused);
    // That a home is for evaluation stands at the top.
    if !status.missing.iter().any(|missing| missing.lacking == Lacking::EvaluationMode) {
        lacking(desk, page, &status.missing, &status.not_built);
    }
}

/// What a home lacks for statutory filing, what mends it, and the requirement that asks for it.
pub(super) fn lacking(desk: &Desk, page: &mut Page, missing: &[Missing], not_built: &[Unbuilt]) {
    let words = &desk.words;
    page.heading(&words.say("status-missing"));
    let mut line = |tone, what: String, requirement: &str| {
        let blanks = [("what", what.into()), ("requirement", requirement.to_owned().into())];
        page.marked(tone, &words.with("status-missing-line", &blanks));
    };
    for missing in missing {
        line(Tone::Warning, words.coded("lacking", &missing.lacking), &missing.requirement);
    }
    for unbuilt in not_built {
        line(Tone::Waiting, words.coded("not-built", &unbuilt.not_built), &unbuilt.requirement);
    }
    if missing.is_empty() {
        page.marked(Tone::Good, &words.say("status-nothing-missing"));
    }
}

fn head(desk: &Desk, page: &mut Page, status: &Status) {
    let words = &desk.words;
    let well = status.paused.is_empty() && status.clock_problem.is_none();
    let (tone, said) = if well { (Tone::Good, "status-well") } else { (Tone::Bad, "status-troubled") };
    page.marked(tone, &words.say(said));
    page.pairs(&[
        (words.say("column-mode"), Some(words.word("mode", &status.mode))),
        (words.say("column-software"), Some(status.version.clone())),
        (words.say("column-now"), Some(words.time(status.now))),
        (words.say("column-clock"), Some(clock(desk, status))),
        (words.say("column-since"), Some(words.time(status.running_since))),
        (words.say("column-sandbox"), Some(words.word("sandbox", &status.sandbox))),
        (
            words.say("column-information-manager"),
            Some(status.information_manager.clone().unwrap_or_else(|| words.say("status-no-manager"))),
        ),
        (words.say("column-records"), Some(status.records.to_string())),
        (words.say("column-journal"), Some(status.journal_size.to_string())),
        (words.say("column-backup"), Some(backup(desk, status))),
    ]);
}

/// How old the newest backup is that lacks nothing.
fn backup(desk: &Desk, status: &Status) -> String {
    let words = &desk.words;
    let Some(backup) = &status.backup else { return words.say("status-no-backup") };
    let (time, generation) = (("time", words.time(backup.made_at).into()), ("generation", backup.generation.into()));
    let Some(seconds_ago) = backup.seconds_ago else { return words.with("status-backup-ahead", &[time, generation]) };
    let hours = seconds_ago / 3600;
    let blanks = [
        time,
        generation,
        ("unit", if hours < 48 { "hours" } else { "days" }.into()),
        ("count", if hours < 48 { hours } else { hours / 24 }.into()),
    ];
    words.with("status-backup", &blanks)
}

/// What the kernel says of the clock.
fn clock(desk: &Desk, status: &Status) -> String {
    let synchronised = match status.clock.synchronised {
        Some(true) => "true",
        Some(false) => "false",
        None => "unknown",
    };
    let error = status.clock.estimated_error_us.unwrap_or(0).div_ceil(1000);
    let blanks = [("synchronised", synchronised.into()), ("milliseconds", error.to_string().into())];
    desk.words.with("status-clock", &blanks)
}

/// What somebody must act on comes before what is merely told.
fn troubles(desk: &Desk, page: &mut Page, status: &Status) {
    let words = &desk.words;
    if let Some(problem) = &status.clock_problem {
        page.marked(Tone::Bad, &words.coded("clock", problem));
    }
    if let Some(backup) = &status.incomplete_backup {
        let (time, count) = (words.time(backup.made_at).into(), backup.missing.into());
        let blanks = [("generation", backup.generation.into()), ("time", time), ("count", count)];
        page.marked(Tone::Bad, &words.with("status-backup-incomplete", &blanks));
    }
    for paused in &status.paused {
        let (stage, since) = (words.word("stage", &paused.stage), words.time(paused.since));
        let blanks =
            [("stage", stage.into()), ("since", since.into()), ("why", words.coded("away", &paused.why).into())];
        page.marked(Tone::Bad, &words.with("status-paused", &blanks));
    }
    for incident in &status.incidents {
        let (what, since) = (words.coded("incident", &incident.cause), words.time(incident.since));
        let blanks = [("what", what.into()), ("since", since.into())];
        page.marked(Tone::Bad, &words.with("status-incident", &blanks));
    }
    for raised in &status.raised {
        let (due, to_do) = (words.time(raised.due_at), what_to_do(words.lang(), raised.state, raised.held));
        let blanks = [("count", raised.documents.into()), ("due", due.into()), ("to_do", to_do.into())];
        page.marked(Tone::Warning, &words.with("status-raised", &blanks));
    }
    for warning in &status.warnings {
        page.marked(Tone::Warning, &words.warning(warning));
    }
}

fn stations(desk: &Desk, page: &mut Page, status: &Status) {
    let words = &desk.words;
    page.heading(&words.say("status-stations"));
    let columns = ["station", "watching", "session", "folder"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for station in &status.stations {
        let tone = if station.problem.is_some() || station.watching == "unreachable" { Tone::Bad } else { Tone::Good };
        let watching = words.word("watching", &station.watching);
        let watching = if station.weaker_completeness {
            words.with("status-weaker-completeness", &[("watching", watching.into())])
        } else {
            watching
        };
        let watching = match &station.problem {
            Some(problem) => {
                let problem = words.coded("station", problem);
                words.with("cli-with-problem", &[("what", watching.into()), ("problem", problem.into())])
            }
            None => watching,
        };
        let session = station.session.as_ref().map(|session| {
            let until = words.time(session.expires_at);
            words.with("status-session", &[("login", session.login.clone().into()), ("until", until.into())])
        });
        let session = session.unwrap_or_else(|| words.say("status-no-session"));
        table.row(Some(tone), vec![station.station.to_string(), watching, session, station.folder.clone()]);
    }
    page.table(&table);
}

fn documents(desk: &Desk, page: &mut Page, status: &Status) {
    let words = &desk.words;
    if status.documents.is_empty() {
        return;
    }
    page.heading(&words.say("status-documents"));
    let mut table = Table::new(["state", "count"].map(|column| words.say(&format!("column-{column}"))).to_vec());
    for count in &status.documents {
        let state = words.standing(count.state, count.held);
        let tone = if count.held.is_some() { Tone::Warning } else { Tone::Waiting };
        let tone = if count.state.is_open() { Some(tone) } else { None };
        table.row(tone, vec![state, count.documents.to_string()]);
    }
    page.table(&table);
}

fn deadlines(desk: &Desk, page: &mut Page, status: &Status) {
    let words = &desk.words;
    if status.deadlines.is_empty() {
        return;
    }
    page.heading(&words.say("status-deadlines"));
    let columns = ["time-left", "due", "state", "station", "document"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for deadline in &status.deadlines {
        let left = jiff::SignedDuration::from_secs(deadline.seconds_left);
        let tone = if deadline.seconds_left < 0 { Tone::Bad } else { Tone::Waiting };
        table.row(
            Some(tone),
            vec![
                words.time_left(left),
                words.time(deadline.due_at),
                words.state(deadline.state),
                deadline.station.to_string(),
                deadline.document.to_string(),
            ],
        );
    }
    page.table(&table);
}
