//! `torikomi incident list`: what failed, from when to when, so that a lateness can be accounted for.

use crate::cli::page::{Page, Table, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::IncidentList;
use crate::journal::incidents;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    open: bool,
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: u16,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let mut found = desk.database()?.read(async |tx| incidents::list(tx).await)?;
    found.retain(|incident| !args.open || incident.until.is_none());
    found.reverse();
    let more = found.len() > usize::from(args.most);
    found.truncate(usize::from(args.most));
    let list = IncidentList { incidents: found, more };
    desk.show(&list, |page| show(desk, page, &list))?;
    Ok(Answer::Yes)
}

fn show(desk: &Desk, page: &mut Page, list: &IncidentList) {
    let words = &desk.words;
    if list.incidents.is_empty() {
        page.line(&words.say("incident-none"));
        return;
    }
    let columns = ["since", "until", "what", "incident"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for incident in &list.incidents {
        let (tone, until) = match incident.until {
            Some(until) => (None, words.exact_time(until)),
            None => (Some(Tone::Bad), words.say("incident-lasts")),
        };
        let what = words.coded("incident", &incident.cause);
        table.row(tone, vec![words.exact_time(incident.since), until, what, incident.incident.to_string()]);
    }
    page.table(&table);
    if list.more {
        page.line(&words.say("incident-more"));
    }
}
