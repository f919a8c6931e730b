//! The store's index against the record: everything in the index can be had from the record, and must be what it says.

use super::anchored::{AtHand, Filed};
use super::finding::{Fact, Fault, Outcome};
use super::record::RECORD;
use super::{IndexRow, Parts, PartsError, Unverifiable, member_name};
use crate::crypto::check;
use crate::evidence::manifest::{MANIFEST_PATH, Member as Named, SIGNATURE_MEDIA_TYPE, SIGNATURE_PATH};
use crate::evidence::record::RecordJson;
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::Entry;
use crate::store::Objects;

/// No part that is compared is longer.
const LONGEST_PART: u64 = 64 << 20;

/// Compares the rows with the record, both ways.
pub(super) fn index(row: &IndexRow, filed: &Filed<'_>, journal: &AtHand) -> Outcome {
    let said = Said {
        json: &filed.record.json,
        manifest: filed.manifest.digest,
        named: &filed.manifest.members,
        signature: filed.signature,
        signed_at: filed.signed_at,
        timestamped_at: filed.timestamped_at,
    };
    match difference(row, &said, journal.filed()) {
        Some(field) => Err(Fault::IndexDiffers { field }.into()),
        None => Ok(Fact::IndexAgrees),
    }
}

/// What a record's own bytes say of what the index repeats.
struct Said<'a> {
    json: &'a RecordJson,
    manifest: Digest,
    named: &'a [Named],
    /// The digest of the signature's file.
    signature: Digest,
    signed_at: Instant,
    timestamped_at: Option<Instant>,
}

/// Reads what a record's small parts say and compares the index with it. Whether these parts count is for who verifies; where
/// one of them cannot be read there is nothing to compare, and no answer.
///
/// # Errors
/// When the store cannot be reached.
pub fn compare(row: &IndexRow, objects: &Objects, filed: Option<&Entry>) -> Result<Option<Compared>, Unverifiable> {
    let differs = |field: &str| Ok(Some(Compared::Differs { field: field.to_owned() }));
    // A row that is not there is a difference; an object that is not, or cannot be read, is another finding.
    let has_row = |name: &str| row.members.iter().any(|member| member.name == name);
    if let Some(name) = [RECORD, MANIFEST_PATH, SIGNATURE_PATH].into_iter().find(|name| !has_row(name)) {
        return differs(name);
    }
    let mut parts = match Parts::stored(objects, row.members.clone()) {
        Ok(parts) => parts,
        Err(PartsError::Foreign { name }) => return differs(&name),
        Err(error) => return Err(Unverifiable(error.to_string())),
    };
    let mut part = |name: &str| match member_name(name).map(|name| parts.bytes(&name, LONGEST_PART)) {
        Some(Ok(bytes)) => Ok(Some(bytes)),
        Some(Err(PartsError::Environment(problem))) => Err(Unverifiable(problem)),
        Some(Err(_)) | None => Ok(None),
    };
    let (Some(json), Some(manifest), Some(signature)) = (part(RECORD)?, part(MANIFEST_PATH)?, part(SIGNATURE_PATH)?)
    else {
        return Ok(None);
    };
    let (Ok(json), Ok(named)) = (serde_json::from_slice::<RecordJson>(&json), check::manifest(&manifest)) else {
        return Ok(None);
    };
    let Ok(signed) = check::cades(&signature, &manifest) else { return Ok(None) };
    let claim = signed.timestamp.as_ref().map(|token| check::timestamp_claim(token, &signed.signature)).transpose();
    let Ok(claim) = claim else { return Ok(None) };
    let said = Said {
        json: &json,
        manifest: Digest::of(&manifest),
        named: &named,
        signature: Digest::of(&signature),
        signed_at: signed.signing_time,
        timestamped_at: claim.map(|claim| claim.gen_time),
    };
    let without_row = || named.iter().find(|named| !has_row(named.name.as_str())).map(|named| named.name.to_string());
    let field = difference(row, &said, filed).or_else(without_row);
    Ok(Some(field.map_or(Compared::Agrees, |field| Compared::Differs { field })))
}

/// What came of comparing the index with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    Agrees,
    Differs { field: String },
}

fn difference(row: &IndexRow, said: &Said<'_>, entry: Option<&Entry>) -> Option<String> {
    let (found, json) = (&row.record, said.json);
    let patient = json.identity.patient.as_ref().map(|patient| &patient.value);
    let document_type = json.identity.document_type.as_ref().map(|kind| &kind.value);
    // What the journal alone can say is compared where the journal is proven.
    let by_journal = |agrees: bool| entry.is_none() || agrees;
    let fields = [
        (found.digest == said.manifest, "digest"),
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
        (found.signed_at.as_seconds() == said.signed_at.as_seconds(), "signed_at"),
        (found.timestamped_at == said.timestamped_at, "timestamped_at"),
        (by_journal(entry.is_some_and(|entry| entry.at == found.filed_at)), "filed_at"),
        (by_journal(entry.is_some_and(|entry| entry.index == found.journal_index)), "journal_index"),
        (by_journal(entry.is_some_and(|entry| entry.subject.record == Some(found.id))), "id"),
    ];
    fields.into_iter().find_map(|(agrees, field)| (!agrees).then(|| field.to_owned())).or_else(|| members(row, said))
}

/// The rows of the record's files: each names the object that was signed for, under its media type.
fn members(row: &IndexRow, said: &Said<'_>) -> Option<String> {
    let media_type_of = |name: &str| said.named.iter().find(|member| member.name.as_str() == name);
    row.members.iter().find_map(|found| {
        let expected: Option<(Digest, &str)> = match found.name.as_str() {
            MANIFEST_PATH => Some((said.manifest, "text/xml")),
            SIGNATURE_PATH => Some((said.signature, SIGNATURE_MEDIA_TYPE)),
            name => media_type_of(name).map(|member| (member.digest, member.media_type.as_str())),
        };
        let agrees = expected == Some((found.object, found.media_type.as_str()));
        (!agrees).then(|| found.name.clone())
    })
}
