//! `torikomi record show`: one filed record and its files.

use crate::cli::page::{Page, Table, Tone};
use crate::cli::person::Onlooker;
use crate::cli::queue::facts;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Viewed;
use crate::control::facts::RecordShown;
use crate::ids::RecordId;
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
        let members = records::members(tx, args.record, true).await?;
        let document = documents::get(tx, record.document).await?;
        let supersedes = document.as_ref().and_then(|document| document.supersedes);
        let flags = match document {
            Some(document) => documents::from_json("document.flags", &document.flags)?,
            None => Vec::new(),
        };
        Ok(Some(RecordShown { record, flags, supersedes, members }))
    })?;
    let shown = found.ok_or_else(|| Failure::NotFound { what: args.record.to_string() })?;
    args.by.enter(desk, vec![Viewed::Record(args.record)])?;
    desk.show(&shown, |page| show(desk, page, &shown))?;
    Ok(Answer::Yes)
}

fn show(desk: &Desk, page: &mut Page, shown: &RecordShown) {
    let words = &desk.words;
    let record = &shown.record;
    page.marked(Tone::Good, &words.say("state-filed"));
    page.marked(Tone::Warning, &words.say("record-keep-paper"));
    page.small(&record.id.to_string());
    page.pairs(&[
        (words.say("column-patient"), Some(format!("{} {}", record.patient_id, record.patient_name))),
        (words.say("column-kind"), Some(record.document_type.to_string())),
        (words.say("column-obtained"), Some(words.written_date(record.obtained_on.as_deref()))),
        (words.say("column-pages"), Some(record.page_count.to_string())),
        (words.say("column-version"), Some(record.version.to_string())),
        (words.say("column-profile"), Some(words.profile(&record.profile_id, record.profile_version))),
        (words.say("column-station"), Some(record.station.to_string())),
        (words.say("column-operator"), record.operator.clone()),
        (words.say("column-taken-in"), Some(words.time(record.taken_in_at))),
        (words.say("column-signed"), Some(words.time(record.signed_at))),
        (words.say("column-stamped"), record.timestamped_at.map(|at| words.time(at))),
        (words.say("column-filed"), Some(words.time(record.filed_at))),
        (words.say("column-document"), Some(record.document.to_string())),
        (words.say("column-supersedes"), shown.supersedes.map(|document| document.to_string())),
        (words.say("column-record-digest"), Some(record.digest.to_string())),
        (words.say("column-journal"), Some(record.journal_index.to_string())),
    ]);
    facts::flags(words, page, &shown.flags);
    page.heading(&words.say("record-files"));
    let columns = ["name", "generation", "bytes", "object"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for member in &shown.members {
        let (generation, bytes) = (member.generation.to_string(), member.byte_length.to_string());
        table.row(None, vec![member.name.clone(), generation, bytes, member.object.to_string()]);
    }
    page.table(&table);
}
