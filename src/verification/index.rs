//! The store's index against the record: everything in the index can be had from the record, and must be what it says.

use super::IndexRow;
use super::anchored::{AtHand, Filed};
use super::finding::{Fact, Fault, Outcome};
use crate::evidence::manifest::{MANIFEST_PATH, SIGNATURE_MEDIA_TYPE, SIGNATURE_PATH};
use crate::ids::Digest;

/// Compares the rows with the record, both ways.
pub(super) fn index(row: &IndexRow, filed: &Filed<'_>, journal: &AtHand) -> Outcome {
    match difference(row, filed, journal) {
        Some(field) => Err(Fault::IndexDiffers { field }.into()),
        None => Ok(Fact::IndexAgrees),
    }
}

fn difference(row: &IndexRow, filed: &Filed<'_>, journal: &AtHand) -> Option<String> {
    let (found, json) = (&row.record, &filed.record.json);
    let patient = json.identity.patient.as_ref().map(|patient| &patient.value);
    let document_type = json.identity.document_type.as_ref().map(|kind| &kind.value);
    let entry = journal.filed();
    // What the journal alone can say is compared where the journal is proven.
    let by_journal = |agrees: bool| entry.is_none() || agrees;
    let fields = [
        (found.digest == filed.manifest.digest, "digest"),
        (found.document == json.document, "document"),
        (found.version == json.version, "version"),
        (found.previous == json.previous, "previous"),
        (found.station == json.station, "station"),
        (Some(&found.document_type) == document_type, "document_type"),
        (found.profile_id == json.profile.id, "profile_id"),
        (found.profile_version == json.profile.version, "profile_version"),
        (Some(&found.patient_id) == patient.map(|patient| &patient.id), "patient_id"),
        (Some(&found.patient_name) == patient.map(|patient| &patient.name), "patient_name"),
        (found.obtained_on == json.clocks.obtained_on.map(|day| day.to_string()), "obtained_on"),
        (found.page_count == json.page_count, "page_count"),
        (found.operator.as_ref() == json.operator.as_ref().map(|operator| &operator.login), "operator"),
        (found.signer == json.signer.person.id, "signer"),
        (found.taken_in_at == json.clocks.taken_in_at, "taken_in_at"),
        // The signature states its time in whole seconds.
        (found.signed_at.as_seconds() == filed.signed_at.as_seconds(), "signed_at"),
        (found.timestamped_at == filed.timestamped_at, "timestamped_at"),
        (by_journal(entry.is_some_and(|entry| entry.at == found.filed_at)), "filed_at"),
        (by_journal(entry.is_some_and(|entry| entry.index == found.journal_index)), "journal_index"),
        (by_journal(entry.is_some_and(|entry| entry.subject.record == Some(found.id))), "id"),
    ];
    fields.into_iter().find_map(|(agrees, field)| (!agrees).then(|| field.to_owned())).or_else(|| members(row, filed))
}

/// The rows of the record's files: each names the object that was signed for, under its media type.
fn members(row: &IndexRow, filed: &Filed<'_>) -> Option<String> {
    let media_type_of = |name: &str| filed.manifest.members.iter().find(|member| member.name.as_str() == name);
    row.members.iter().find_map(|found| {
        let expected: Option<(Digest, &str)> = match found.name.as_str() {
            MANIFEST_PATH => Some((filed.manifest.digest, "text/xml")),
            SIGNATURE_PATH => Some((filed.signature, SIGNATURE_MEDIA_TYPE)),
            name => media_type_of(name).map(|member| (member.digest, member.media_type.as_str())),
        };
        let agrees = expected == Some((found.object, found.media_type.as_str()));
        (!agrees).then(|| found.name.clone())
    })
}
