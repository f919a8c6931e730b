//! `torikomi record list`: filed records, in the order of filing.

use jiff::civil::Date;

use crate::cli::page::{Page, Table, Tone};
use crate::cli::person::Onlooker;
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::{RecordList, RecordRow};
use crate::control::{Refusal, Viewed};
use crate::database::DatabaseError;
use crate::identity::dates;
use crate::ids::{Name, RecordId};
use crate::patients::Patients;
use crate::store::records::{self, Filter};

#[derive(Debug, clap::Args)]
#[command(mut_arg("as", |who| who.requires("patient_id")))]
pub struct Args {
    #[arg(long, value_name = "ID")]
    patient_id: Option<String>,
    #[arg(long, value_name = "KIND")]
    document_type: Option<Name>,
    #[arg(long, value_name = "STATION")]
    station: Option<Name>,
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    from: Option<Date>,
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    until: Option<Date>,
    #[arg(long, value_name = "RECORD")]
    after: Option<RecordId>,
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: u16,
    #[command(flatten)]
    by: Onlooker,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let patient = args.patient_id.as_deref().map(|id| ids_of(desk, id)).transpose()?;
    let filter = Filter {
        patient_ids: patient.clone().unwrap_or_default(),
        document_type: args.document_type.clone(),
        station: args.station.clone(),
        from: args.from.and_then(|date| desk.words.day_begins(date)),
        // The last day counts whole.
        until: args.until.and_then(|date| date.tomorrow().ok()).and_then(|date| desk.words.day_begins(date)),
    };
    let found = desk.database()?.read(async |tx| {
        let after = match args.after {
            Some(id) => match records::get(tx, id).await? {
                Some(record) => Some(record),
                None => return Ok(None),
            },
            None => None,
        };
        let most = u32::from(args.most).saturating_add(1);
        Ok::<_, DatabaseError>(Some(records::list(tx, &filter, after.as_ref(), most).await?))
    })?;
    let what = || args.after.map(|id| id.to_string()).unwrap_or_default();
    let mut records = found.ok_or_else(|| Failure::NotFound { what: what() })?;
    let more = records.len() > usize::from(args.most);
    records.truncate(usize::from(args.most));
    // Which records a patient has is said to nobody who is not entered, be there any or none.
    if let Some(asked) = patient {
        let asked = asked.into_iter().map(Viewed::PatientsRecords);
        let shown = records.iter().map(|record| Viewed::Record(record.id));
        args.by.enter(desk, asked.chain(shown).collect())?;
    }
    let whose = args.patient_id.is_some();
    let list = RecordList { records: records.into_iter().map(|record| RecordRow::of(record, whose)).collect(), more };
    desk.show(&list, |page| show(desk, page, &list))?;
    Ok(Answer::Yes)
}

/// The id as the patient master writes it, with those that were merged with it: a record keeps the id it came with.
fn ids_of(desk: &Desk, id: &str) -> Result<Vec<String>, Failure> {
    let (home, config) = desk.settings()?;
    let path = home.layout().root().join(&config.patients.path);
    let patients = Patients::load(&path, &(&config.patients).into(), None)
        .map_err(|problem| Failure::Patients { path: path.display().to_string(), problem })?;
    let known = patients
        .normalise(id)
        .map_err(|patient_id| Refusal::MalformedPatientId { text: id.to_owned(), patient_id })
        .map_err(Failure::Refused)?;
    let mut ids: Vec<String> = patients.ids_of(&known).into_iter().map(str::to_owned).collect();
    if !ids.contains(&known) {
        ids.push(known);
    }
    Ok(ids)
}

fn show(desk: &Desk, page: &mut Page, list: &RecordList) {
    let words = &desk.words;
    if list.records.is_empty() {
        page.line(&words.say("record-none"));
        return;
    }
    let whose = list.records.iter().any(|record| record.patient_id.is_some());
    let columns = ["filed", "patient", "kind", "obtained", "pages", "record"].into_iter();
    let columns = columns.filter(|column| whose || *column != "patient");
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).collect());
    for record in &list.records {
        table.row(Some(Tone::Good), row(desk, record));
    }
    page.table(&table);
    if list.more {
        page.line(&words.say("record-more"));
    }
}

fn row(desk: &Desk, record: &RecordRow) -> Vec<String> {
    let patient = record.patient_id.iter().zip(&record.patient_name).map(|(id, name)| format!("{id} {name}"));
    [desk.words.time(record.filed_at)]
        .into_iter()
        .chain(patient)
        .chain([
            record.document_type.to_string(),
            desk.words.written_date(record.obtained_on.as_deref()),
            record.page_count.to_string(),
            record.id.to_string(),
        ])
        .collect()
}
