//! The notes that intake keeps in a station's drop folder, and those that others ask for.
//!
//! A note is remembered by its matter, so that it is written once and removed when the matter is resolved, after a restart
//! too. The wording is the message catalogue's, Japanese first; neither a delivered name nor anything else that could
//! name a patient enters it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::super::drop::DropFolder;
use super::super::status::Notes;
use super::{LineError, Shared, locked};
use crate::database::{DatabaseError, Tx};
use crate::document::HoldReason;
use crate::ids::{DeliveryId, DocumentId, Name};
use crate::instant::Instant;
use crate::ledger::deliveries::Delivery;
use crate::ledger::documents::{self, Document};
use crate::ledger::{stations, waiting};
use crate::messages::{FluentValue, Lang, find, say};

/// More would not be read.
const MOST_NOTES: usize = 200;

/// What stands in `_status/`, as the ledger remembers it: the file's name by its matter.
pub(super) struct Board {
    standing: BTreeMap<String, String>,
    tidied: bool,
}

/// The matters of the folder as a whole.
pub(super) const UNFINISHED: &str = "folder:unfinished";
pub(super) const RESTLESS: &str = "folder:restless";
pub(super) const ORPHANS: &str = "folder:orphans";
pub(super) const LATE_SIDECARS: &str = "folder:late-sidecars";
pub(super) const LISTS: &str = "folder:lists";

/// Those of deliveries and of the folder are intake's own; others are written and removed for whoever asks.
fn is_ours(matter: &str) -> bool {
    matter.starts_with("delivery:") || matter.starts_with("folder:")
}

pub(super) fn matter_of_delivery(delivery: DeliveryId) -> String {
    format!("delivery:{delivery}")
}

pub(super) fn matter_of_document(document: DocumentId) -> String {
    format!("document:{document}")
}

impl Board {
    pub(super) fn load(shared: &Shared, station: &Name) -> Result<Self, LineError> {
        let standing =
            shared.instruments.database.read::<_, DatabaseError, _>(async |tx| stations::notes(tx, station).await)?;
        Ok(Self { standing, tidied: false })
    }

    /// The matters that a note stands for.
    pub(super) fn matters(&self) -> &BTreeMap<String, String> {
        &self.standing
    }

    /// Removes the notes about documents that wait for nobody any more, by whichever way their cause went.
    fn drop_settled(&mut self, shared: &Shared, drop: &DropFolder, notes: &Notes<'_>) -> Result<(), LineError> {
        let about: Vec<DocumentId> =
            self.standing.keys().filter_map(|matter| matter.strip_prefix("document:")?.parse().ok()).collect();
        if about.is_empty() {
            return Ok(());
        }
        let settled = shared
            .instruments
            .database
            .read::<_, DatabaseError, _>(async |tx| waiting::settled_among(tx, &about).await)?;
        for document in settled {
            self.remove(shared, drop, notes, &matter_of_document(document))?;
        }
        Ok(())
    }

    /// Makes the notes agree with what intake has to say now, and does what others asked for.
    pub(super) fn settle(
        &mut self,
        shared: &Shared,
        drop: &DropFolder,
        ours: &BTreeMap<String, String>,
    ) -> Result<(), LineError> {
        let notes = Notes::new(drop, shared.instruments.zone.clone(), MOST_NOTES);
        if !self.tidied {
            notes.keep_only(&self.standing.values().cloned().collect::<Vec<_>>());
            self.ask_for_missed(shared, drop.station())?;
            self.tidied = true;
        }
        self.drop_settled(shared, drop, &notes)?;
        let resolved: Vec<String> =
            self.standing.keys().filter(|matter| is_ours(matter) && !ours.contains_key(*matter)).cloned().collect();
        for matter in resolved {
            self.remove(shared, drop, &notes, &matter)?;
        }
        for (matter, text) in ours {
            if !self.standing.contains_key(matter) {
                self.write(shared, drop, &notes, matter, text)?;
            }
        }
        let asked = locked(&shared.asked).remove(drop.station()).unwrap_or_default();
        for (matter, text) in asked {
            self.remove(shared, drop, &notes, &matter)?;
            if let Some(text) = text
                && !self.write(shared, drop, &notes, &matter, &text)?
            {
                // It is tried again next time, unless somebody asks for another meanwhile.
                locked(&shared.asked).entry(drop.station().clone()).or_default().entry(matter).or_insert(Some(text));
            }
        }
        Ok(())
    }

    /// After a restart: what the one before had held, and no note says so, because it was killed in between.
    fn ask_for_missed(&self, shared: &Shared, station: &Name) -> Result<(), LineError> {
        let filter = documents::Filter { station: Some(station.clone()), held: true, ..documents::Filter::default() };
        let most = u32::try_from(MOST_NOTES).unwrap_or(u32::MAX);
        let listed = shared
            .instruments
            .database
            .read::<_, DatabaseError, _>(async |tx| documents::list(tx, &filter, most).await)?;
        for document in listed.documents {
            let matter = matter_of_document(document.id);
            if let Some(reason) = document.held.filter(|reason| is_told_at_the_station(*reason))
                && !self.standing.contains_key(&matter)
            {
                let text = about_held(&document, reason, &shared.instruments.zone);
                locked(&shared.asked).entry(station.clone()).or_default().entry(matter).or_insert(Some(text));
            }
        }
        Ok(())
    }

    fn write(
        &mut self,
        shared: &Shared,
        drop: &DropFolder,
        notes: &Notes<'_>,
        matter: &str,
        text: &str,
    ) -> Result<bool, LineError> {
        let Some(note) = notes.write(shared.now(), text) else { return Ok(false) };
        self.standing.insert(matter.to_owned(), note.clone());
        let (station, matter) = (drop.station().clone(), matter.to_owned());
        let set = async move |tx: &mut Tx| stations::set_note(tx, &station, &matter, &note).await;
        shared.instruments.database.write::<_, DatabaseError, _>(set)?;
        Ok(true)
    }

    fn remove(&mut self, shared: &Shared, drop: &DropFolder, notes: &Notes<'_>, matter: &str) -> Result<(), LineError> {
        let Some(note) = self.standing.remove(matter) else { return Ok(()) };
        notes.remove(&note);
        let (station, matter) = (drop.station().clone(), matter.to_owned());
        Ok(shared
            .instruments
            .database
            .write::<_, DatabaseError, _>(async move |tx| stations::forget_note(tx, &station, &matter).await)?)
    }
}

/// The note about a delivery that needs a person: when it came, its number, what is wrong and what to do.
pub(super) fn about_delivery(delivery: &Delivery, zone: &TimeZone) -> String {
    let problem = delivery.problem.as_deref().unwrap_or("{}");
    both(|lang| {
        let head = say(
            lang,
            "note-delivery",
            &[("seen", local(delivery.first_seen_at, zone).into()), ("delivery", delivery.id.to_string().into())],
        );
        format!("{head}\n{}", problem_text(lang, problem))
    })
}

/// What whoever stands at the station can do something about, by scanning again or by saying what it is.
fn is_told_at_the_station(reason: HoldReason) -> bool {
    use HoldReason as Reason;
    match reason {
        Reason::Identity
        | Reason::Conflict
        | Reason::UnknownPatient
        | Reason::NoProfile
        | Reason::Findings
        | Reason::Rejected
        | Reason::Late
        | Reason::NotCarried
        | Reason::EqualBytes
        | Reason::StageFailed
        | Reason::SourceChanged
        | Reason::AskedAnew => true,
        Reason::OtherOperator
        | Reason::NoSession
        | Reason::NoInformationManager
        | Reason::NoAttestation
        | Reason::Clock
        | Reason::ClockAhead
        | Reason::NoDeadline => false,
    }
}

/// The note about a document that waits for a person.
pub(super) fn about_held(document: &Document, reason: HoldReason, zone: &TimeZone) -> String {
    let (taken_in, id) = (local(document.taken_in_at, zone), document.id.to_string());
    both(|lang| {
        let head =
            say(lang, "note-document", &[("taken_in", taken_in.clone().into()), ("document", id.clone().into())]);
        let lines = [head, say(lang, &format!("note-hold-{reason}"), &[]), say(lang, &format!("todo-{reason}"), &[])];
        lines.join("\n")
    })
}

/// The note about the folder as a whole.
pub(super) fn about_folder(matter: &str, count: usize) -> String {
    let id = matter.replace("folder:", "note-folder-");
    both(|lang| say(lang, &id, &[("count", FluentValue::from(count))]))
}

fn both(text: impl Fn(Lang) -> String) -> String {
    format!("{}\n\n{}\n", text(Lang::Ja), text(Lang::En))
}

/// The sentence for a problem as the ledger keeps it: of the line itself, or of what stands in the drop folder.
fn problem_text(lang: Lang, problem: &str) -> String {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(problem).unwrap_or_default();
    let code = fields.get("code").and_then(serde_json::Value::as_str).unwrap_or("incomplete");
    let blanks: Vec<(&str, FluentValue<'_>)> = fields
        .iter()
        .filter_map(|(name, value)| match value {
            serde_json::Value::Number(number) => Some((name.as_str(), FluentValue::from(number.as_f64()?))),
            serde_json::Value::String(text) => Some((name.as_str(), FluentValue::from(text.as_str()))),
            _ => None,
        })
        .collect();
    let ids = [format!("delivery-problem-{code}"), format!("intake-{code}")];
    let said = ids.iter().find_map(|id| find(lang, id, &blanks));
    said.unwrap_or_else(|| say(lang, "delivery-problem-incomplete", &blanks))
}

fn local(at: Instant, zone: &TimeZone) -> String {
    at.in_zone(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The matters that are told by delivery, with their texts.
pub(super) fn deliveries<'a>(
    rows: impl Iterator<Item = &'a Delivery>,
    zone: &TimeZone,
    standing: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    rows.map(|row| {
        let matter = matter_of_delivery(row.id);
        // The text of what stands already is never read.
        let text = if standing.contains_key(&matter) { String::new() } else { about_delivery(row, zone) };
        (matter, text)
    })
    .collect()
}
