//! What came beside a document's files: whether it is known to be meant for it, and may be signed with it.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::composed;
use crate::identification::index::Index;
use crate::identification::{Facts, Sidecar, SidecarProblem, Stated};
use crate::identity::table::Encoding;
use crate::identity::{Patient, Source};
use crate::ids::{DeliveryId, Digest};
use crate::intake::custody::Member;
use crate::patients::Patients;

/// What came beside the files: the bytes that are to be signed with them, and whom they name.
pub(super) struct Said {
    pub(super) bytes: Vec<u8>,
    pub(super) delivered_name: String,
    /// The digest of the list that the bytes are rows of.
    pub(super) list: Option<Digest>,
    /// No row that came with this delivery is missing in it.
    pub(super) whole: bool,
    /// The ids of patients, as they are written; nobody can tell where it cannot be read.
    pub(super) patients: Option<BTreeSet<String>>,
}

impl Said {
    /// Whether it names nobody but this patient. What names another enters no record of this one, whoever was right.
    pub(super) fn may_be_signed(&self, patient: Option<&Patient>, patients: &Patients) -> bool {
        let Some(named) = &self.patients else { return false };
        let Some(patient) = patient else { return true };
        let current = |id: &str| patients.current(id).map(|entry| entry.id.to_owned());
        let is_this_one = |text: &String| {
            let id = patients.normalise(text).ok();
            id.is_some_and(|id| id == patient.id || current(&id).is_some_and(|it| Some(it) == current(&patient.id)))
        };
        named.iter().all(is_this_one)
    }
}

/// What speaks of a scan may have been meant for an earlier one; and what people said of this one since.
pub(super) struct Doubt<'a> {
    pub(super) earlier: DeliveryId,
    pub(super) stated: &'a [Stated],
}

impl Doubt<'_> {
    /// Whether a person stated patient, kind and date, each as the sidecar or row has it: then it is this scan's own.
    pub(super) fn is_settled_by(
        &self,
        patients: &Patients,
        said: &Result<Sidecar, SidecarProblem>,
        zone: &TimeZone,
    ) -> bool {
        let Ok(facts) = said.clone().and_then(|said| said.facts(Some(zone))) else { return false };
        let id = |facts: &Facts| facts.patient_id.as_deref().and_then(|text| patients.normalise(text).ok());
        let last = |speaks: &dyn Fn(&Facts) -> bool| {
            let mut said = self.stated.iter().map(|stated| &stated.statement);
            said.rfind(|said| said.from == Source::Person && speaks(&said.facts)).map(|said| said.facts.clone())
        };
        let patient = last(&|facts| facts.patient_id.is_some());
        let kind = last(&|facts| facts.document_type.is_some());
        let day = last(&|facts| facts.obtained_on.is_some());
        let (Some(patient), Some(kind), Some(day)) = (patient, kind, day) else { return false };
        id(&patient).is_some()
            && id(&patient) == id(&facts)
            && kind.document_type == facts.document_type
            && day.obtained_on == facts.obtained_on
    }
}

/// The name that a file was delivered under, without its folder, for people to read.
pub(super) fn display(member: &Member) -> String {
    member.name.bare().to_string_lossy().into_owned()
}

/// What a row says, and of which file: a row of the same words about another name is another row.
pub(super) fn row_digest(name: &str, row: &[u8]) -> Digest {
    Digest::of(&[composed(name).as_bytes(), b"\0", row].concat())
}

/// Every row of a list, as it is remembered. None where it cannot be read as a list.
#[must_use]
pub fn every_row_of(list: &[u8], encoding: Encoding) -> Option<Vec<Digest>> {
    let index = Index::parse(list, encoding).ok()?;
    Some(index.rows().iter().map(|row| row_digest(&row.file, index.row_bytes(row))).collect())
}
