//! `torikomi store backup`: a home's backups on other media: one more generation, what is there, whether it can be read back.

use std::path::PathBuf;
use std::time::{Duration, Instant as Moment};

use crate::cli::page::{Page, Table, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::config::home::{HomeError, harden_process};
use crate::control::Request;
use crate::control::facts::Noted;
use crate::upkeep::backup::{
    BackupFolder, BackupReport, Checked, Generation, Identities, Listed, Order, Work, back_up, check, enter, list,
};

/// How long a line may take to come up or to end, in whose journal it is to be entered.
const LINE_SETTLES: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "FOLDER", required_unless_present_any = ["list", "check"], conflicts_with_all = ["list", "check"])]
    to: Option<PathBuf>,
    #[arg(long, requires = "to")]
    new: bool,
    #[arg(long, value_name = "N", requires = "to", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    #[arg(long, value_name = "FOLDER", conflicts_with = "check")]
    list: Option<PathBuf>,
    #[arg(long, value_name = "FOLDER")]
    check: Option<PathBuf>,
    #[arg(long, value_name = "N", requires = "check")]
    generation: Option<u32>,
    #[arg(long, value_name = "FILE", requires = "check")]
    identity: Option<PathBuf>,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    if let Some(folder) = &args.list {
        let listed = list(&BackupFolder::open(folder, Work::Read)?)?;
        desk.show(&listed, |page| show_list(desk, page, &listed))?;
        return Ok(if listed.unreadable.is_empty() { Answer::Yes } else { Answer::No });
    }
    if let Some(folder) = &args.check {
        let identities = args.identity.as_deref().map(Identities::read).transpose()?;
        let bar = desk.progress();
        let backup = BackupFolder::open(folder, Work::Read)?;
        let checked = check(&backup, args.generation, identities.as_ref(), &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let checked = checked?;
        desk.show(&checked, |page| show_check(desk, page, &checked))?;
        return Ok(if checked.findings.is_empty() { Answer::Yes } else { Answer::No });
    }
    let report = make(args, desk)?;
    desk.show(&report, |page| show(desk, page, &report))?;
    Ok(if report.missing.is_empty() { Answer::Yes } else { Answer::No })
}

fn make(args: &Args, desk: &Desk) -> Result<BackupReport, Failure> {
    harden_process().map_err(|error| Failure::start(&error))?;
    let (home, config) = desk.settings()?;
    let database = desk.database()?;
    let objects = database.objects(&home, &config)?;
    let bar = desk.progress();
    let order = Order {
        home: &home,
        config: &config,
        database: database.inner(),
        objects: &objects,
        runtime: database.runtime(),
        to: args.to.as_deref().unwrap_or(home.layout().root()),
        begin: args.new,
        keep: args.keep,
        now: desk.now(),
    };
    let report = back_up(&order, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let (report, begun) = (report?, Moment::now());
    loop {
        let noted: Result<Noted, _> = desk.ask(&Request::NoteBackup { backed_up: report.entry() });
        match noted.map(drop) {
            Err(Failure::NoDaemon { .. }) => {}
            noted => return noted.map(|()| report),
        }
        match home.lock(&config) {
            Ok(alone) => {
                // A home whose clock is set for a trial goes by that.
                let at = config.clock.starts_at.unwrap_or_else(|| desk.now());
                enter(&home, &config, &alone, database.runtime(), &report.entry(), at)?;
                return Ok(report);
            }
            // A line that is coming up holds the lock and does not answer yet.
            Err(HomeError::Locked { .. }) if begun.elapsed() < LINE_SETTLES => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn show(desk: &Desk, page: &mut Page, report: &BackupReport) {
    let words = &desk.words;
    for missing in &report.missing {
        page.marked(Tone::Bad, &words.with("backup-missing-in-home", &[("path", missing.as_str().into())]));
    }
    if report.more_missing > 0 {
        page.below(&words.with("store-more-findings", &[("count", report.more_missing.into())]));
    }
    page.marked(Tone::Good, &said(desk, "backup-made", &report.generation));
    page.below(&words.with("backup-sealed", &[("count", report.sealed.into())]));
    if !report.generation.database {
        page.below(&words.say("backup-without-database"));
    }
    if !report.removed.is_empty() {
        page.below(&words.with("backup-removed", &[("count", report.removed.len().to_string().into())]));
    }
    for outside in &report.outside {
        page.marked(Tone::Warning, &words.with("backup-outside", &[("path", outside.as_str().into())]));
    }
    if report.objects_elsewhere {
        page.marked(Tone::Warning, &words.say("backup-not-restored-to-a-server"));
    }
    if report.same_file_system {
        page.marked(Tone::Warning, &words.say("backup-same-file-system"));
    }
}

fn said(desk: &Desk, id: &str, generation: &Generation) -> String {
    let blanks = [
        ("generation", generation.generation.into()),
        ("time", desk.words.time(generation.made_at).into()),
        ("entries", generation.journal_size.into()),
        ("files", generation.files.into()),
        ("objects", generation.objects.into()),
    ];
    desk.words.with(id, &blanks)
}

fn show_list(desk: &Desk, page: &mut Page, listed: &Listed) {
    let words = &desk.words;
    if listed.generations.is_empty() && listed.unreadable.is_empty() {
        page.marked(Tone::Warning, &words.say("backup-none"));
    } else {
        let columns = ["generation", "time", "journal", "files", "objects"];
        let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
        for one in &listed.generations {
            let counts = [one.journal_size, one.files, one.objects].map(|count| count.to_string());
            table.row(None, [one.generation.to_string(), words.time(one.made_at)].into_iter().chain(counts).collect());
        }
        page.table(&table);
    }
    for number in &listed.unreadable {
        page.marked(Tone::Bad, &words.with("backup-unreadable", &[("generation", (*number).into())]));
    }
    if listed.unfinished > 0 {
        page.below(&words.with("backup-unfinished", &[("count", listed.unfinished.into())]));
    }
}

fn show_check(desk: &Desk, page: &mut Page, checked: &Checked) {
    let words = &desk.words;
    for finding in &checked.findings {
        page.marked(Tone::Bad, &words.coded("backup", finding));
    }
    if checked.more_findings > 0 {
        page.below(&words.with("store-more-findings", &[("count", checked.more_findings.into())]));
    }
    if checked.findings.is_empty() {
        page.marked(Tone::Good, &said(desk, "backup-whole", &checked.generation));
    } else {
        page.marked(Tone::Bad, &said(desk, "backup-not-whole", &checked.generation));
    }
    let id = if checked.opened { "backup-opened" } else { "backup-not-opened" };
    page.below(&words.say(id));
}
