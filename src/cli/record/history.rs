//! `torikomi record history`: the versions of a record's document and everything the journal says of it.

use crate::cli::journal::entries::{self, Detail};
use crate::cli::page::{Page, Table};
use crate::cli::person::Onlooker;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Viewed;
use crate::control::facts::RecordHistory;
use crate::ids::RecordId;
use crate::journal::read;
use crate::ledger::documents;
use crate::store::records;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RECORD")]
    record: RecordId,
    #[command(flatten)]
    by: Onlooker,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let found = desk.database()?.read(async |tx| {
        let Some(record) = records::get(tx, args.record).await? else { return Ok(None) };
        let versions = records::of_document(tx, record.document).await?;
        let stored = read::story_of_document(tx, record.document).await?;
        let entries = entries::of(tx, stored, true).await?;
        let supersedes = documents::get(tx, record.document).await?.and_then(|document| document.supersedes);
        Ok(Some(RecordHistory { document: record.document, supersedes, versions, entries }))
    })?;
    let history = found.ok_or_else(|| Failure::NotFound { what: args.record.to_string() })?;
    args.by.enter(desk, vec![Viewed::Record(args.record)])?;
    desk.show(&history, |page| show(desk, page, &history))?;
    Ok(Answer::Yes)
}

fn show(desk: &Desk, page: &mut Page, history: &RecordHistory) {
    let words = &desk.words;
    let columns = ["version", "filed", "profile", "record"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for record in &history.versions {
        table.row(
            None,
            vec![
                record.version.to_string(),
                words.time(record.filed_at),
                words.profile(&record.profile_id, record.profile_version),
                record.id.to_string(),
            ],
        );
    }
    page.table(&table);
    page.pairs(&[(words.say("column-supersedes"), history.supersedes.map(|document| document.to_string()))]);
    page.heading(&words.say("queue-history"));
    entries::lines(desk, page, &history.entries, Detail::Worded);
}
