//! One identity from many statements, or the reasons why a person must decide.
//!
//! Sources that agree confirm one another; the strongest is named. Sources that differ make a conflict, whichever of
//! them is the stronger: a wrong patient is the harm, a question only costs a minute. A person's act settles what it
//! states, and what it set aside stays on the record.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sidecar::SidecarProblem;
use super::{Facts, Statement};
use crate::identity::dates::DateProblem;
use crate::identity::{Claims, Field, Identity, Patient, Source, Sourced};
use crate::ids::{DeliveryId, DocumentId, Name};
use crate::patients::{PatientIdProblem, Patients};

/// What identification needs to know beside the statements.
pub struct Asked<'a> {
    /// The station in whose folder the delivery lay.
    pub station: &'a Name,
    pub patients: &'a Patients,
    /// The logins in the register of people.
    pub people: &'a BTreeSet<String>,
    /// What the profile wants stated.
    pub required: &'a [Field],
    /// The sources that the profile lets identify. A person and the station's settings always may. What another source
    /// says identifies nothing, but it can still contradict.
    pub sources: &'a [Source],
}

/// Whether it is known whose and what a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identification {
    Identified(Box<Identified>),
    /// Everything that stands in the way, not only the first.
    Held(Vec<IdentityProblem>),
}

/// An identity without contradictions, complete for its profile. Only [`resolve`] makes one; serde reads it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identified {
    identity: Identity,
    claims: Claims,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flags: Vec<Flag>,
}

impl Identified {
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    #[must_use]
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }
}

/// What does not stand in the way but belongs before a person's eyes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Flag {
    /// The id is an old one of a patient who goes on under another (名寄せ). The record keeps the id as delivered; a search
    /// finds it under both.
    MergedPatient { id: String, merged_into: String },
    /// A provisional id (仮番号): expect a merge.
    TemporaryPatient { id: String },
    /// The id was written shorter than ids are here and was filled with zeros in front: if a digit was left out, it is
    /// another patient's. Only where nobody wrote it in full.
    FilledPatientId { text: String, id: String },
    /// The name has characters that only the hospital's own font shows (外字).
    PrivateUseCharacters,
    /// The scanner's time came without an offset and was read in the station's time zone.
    ZoneAssumed,
    /// The names of its files leave out a number: a page may be missing.
    NumberLeftOut { number: u64 },
    /// What other sources said before a person decided.
    Overridden { field: Field, statements: Vec<Sourced<String>> },
}

/// Why a document waits for a person. The texts in it are for that person, and belong in no log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum IdentityProblem {
    #[error("nobody states {field:?}")]
    Missing { field: Field },
    /// Stated, but only by a source that the profile does not let identify.
    #[error("{field:?} is stated by {from:?} only, which the profile does not admit")]
    NotAdmitted { field: Field, from: Source },
    #[error("the sources say different things of {field:?}")]
    Conflict { field: Field, statements: Vec<Sourced<String>> },
    #[error("{from:?} states a patient id that cannot be one: {patient_id}")]
    MalformedPatientId { from: Source, text: String, patient_id: PatientIdProblem },
    #[error("the patient id that {from:?} states is not in the master")]
    UnknownPatient { id: String, from: Source },
    /// Nobody in the register of people has this login.
    #[error("{from:?} names {operator:?} as the operator, who is not in the register")]
    UnknownOperator { operator: String, from: Source },
    #[error("the date that {from:?} states as {field:?} cannot be told: {date}")]
    UnreadableDate { field: Field, from: Source, text: String, date: DateProblem },
    #[error("{from:?} names another station than the folder it lay in")]
    WrongStation { station: Name, stated: Name, from: Source },
    #[error("the sidecar cannot be used: {sidecar}")]
    Sidecar { sidecar: SidecarProblem },
    /// Other files of the delivery are spoken for by name, and this one is not: it may be somebody else's.
    #[error("nothing says whose {file:?} is")]
    Unspoken { file: String },
    #[error("several statements lay claim to the same files")]
    Contested,
    /// The sidecar may have been meant for an earlier scan under the same name, which had been taken without it.
    #[error("{file:?} may be the sidecar of delivery {earlier}")]
    LateSidecar { file: String, earlier: DeliveryId },
    /// The row of the list may have been meant for an earlier scan under the same name, for which none has spoken.
    #[error("the row of {file:?} may be meant for delivery {earlier}")]
    LateRow { file: String, earlier: DeliveryId },
    /// The row of the list has spoken for an earlier scan under the same name.
    #[error("the row of {file:?} has spoken for document {earlier}")]
    RowUsed { file: String, earlier: DocumentId },
}

/// Combines everything that was said of a document.
///
/// Of several acts of persons the last counts. What no person can settle: a patient whom the master does not know stays
/// unknown, and a document belongs to the station in whose folder it lay.
#[must_use]
pub fn resolve(statements: &[Statement], asked: &Asked<'_>) -> Identification {
    let mut settling = Settling { statements, asked, problems: Vec::new(), flags: Vec::new() };
    settling.check_station();
    let identity = Identity {
        patient: settling.patient(),
        document_type: settling.settle(Field::DocumentType, |facts| facts.document_type.clone()),
        obtained_on: settling.settle(Field::ObtainedOn, |facts| facts.obtained_on),
        document_date: settling.settle(Field::DocumentDate, |facts| facts.document_date),
        scanned_at: settling.settle(Field::ScannedAt, |facts| facts.scanned_at),
        operator: settling.operator(),
    };
    let claims = Claims {
        paper: settling.claim(Field::Paper, |claims| claims.paper),
        expected_pages: settling.claim(Field::ExpectedPages, |claims| claims.expected_pages),
        double_feed: settling.claim(Field::DoubleFeed, |claims| claims.double_feed),
        dispensed: settling.claim(Field::Dispensed, |claims| claims.dispensed),
        scanner: settling.claim(Field::Scanner, |claims| claims.scanner.clone()),
        remarks: settling.claim(Field::Remarks, |claims| claims.remarks.clone()),
    };
    let scanned_at = identity.scanned_at.as_ref().map(|scanned| scanned.value);
    if statements.iter().any(|said| said.facts.zone_assumed && said.facts.scanned_at == scanned_at) {
        settling.flags.push(Flag::ZoneAssumed);
    }
    settling.ask_for_required(&identity, &claims);
    let Settling { problems, flags, .. } = settling;
    if problems.is_empty() {
        Identification::Identified(Box::new(Identified { identity, claims, flags }))
    } else {
        Identification::Held(problems)
    }
}

/// The kind of document alone, which must be known before a profile can be asked what else it wants.
pub fn document_type(statements: &[Statement]) -> Result<Option<Sourced<Name>>, IdentityProblem> {
    let said = said(statements, |facts| facts.document_type.clone());
    match last_of_person(&said) {
        Some(decided) => Ok(Some(decided.clone())),
        None if differ(&said) => Err(conflict(Field::DocumentType, &said)),
        None => Ok(strongest(said, |_| true)),
    }
}

struct Settling<'a> {
    statements: &'a [Statement],
    asked: &'a Asked<'a>,
    problems: Vec<IdentityProblem>,
    flags: Vec<Flag>,
}

impl Settling<'_> {
    /// Whoever names a station must name this one. A person who confirms it sets aside what others named.
    fn check_station(&mut self) {
        let station = self.asked.station;
        let said = said(self.statements, |facts| facts.station.clone());
        if last_of_person(&said).is_some_and(|decided| decided.value == *station) {
            self.settle_among(Field::Station, said, true);
            return;
        }
        for Sourced { value: stated, from } in said {
            if stated != *station {
                self.problems.push(IdentityProblem::WrongStation { station: station.clone(), stated, from });
            }
        }
    }

    /// Ids are compared in the master's spelling, so `１２３` and `00000123` can be one.
    fn patient(&mut self) -> Option<Sourced<Patient>> {
        let written = said(self.statements, |facts| facts.patient_id.clone());
        let decided = last_of_person(&written).is_some();
        let (mut ids, mut texts) = (Vec::new(), Vec::new());
        for Sourced { value: text, from } in written {
            match self.asked.patients.normalise(&text) {
                Ok(value) => {
                    texts.push(Sourced { value: text, from });
                    ids.push(Sourced { value, from });
                }
                // What a person has set aside need not be readable.
                Err(_) if decided && from != Source::Person => {}
                Err(patient_id) => {
                    self.problems.push(IdentityProblem::MalformedPatientId { from, text, patient_id });
                }
            }
        }
        let in_full = |text: &Sourced<String>| !self.asked.patients.fills(&text.value);
        let filled = match last_of_person(&texts) {
            Some(decided) => Some(decided).filter(|text| !in_full(text)),
            None => texts.first().filter(|_| !texts.iter().any(in_full)),
        };
        let Sourced { value: id, from } = self.settle_among(Field::PatientId, ids, false)?;
        let Some(entry) = self.asked.patients.find(&id) else {
            self.problems.push(IdentityProblem::UnknownPatient { id, from });
            return None;
        };
        if let Some(merged_into) = entry.merged_into {
            // The end of the merges, where the list has it.
            let current = self.asked.patients.current(&id).map_or(merged_into, |current| {
                if current.id == id { merged_into } else { current.merged_into.unwrap_or(current.id) }
            });
            self.flags.push(Flag::MergedPatient { id: id.clone(), merged_into: current.to_owned() });
        }
        if entry.temporary {
            self.flags.push(Flag::TemporaryPatient { id: id.clone() });
        }
        if let Some(Sourced { value: text, .. }) = filled {
            self.flags.push(Flag::FilledPatientId { text: text.clone(), id });
        }
        if entry.private_use {
            self.flags.push(Flag::PrivateUseCharacters);
        }
        Some(Sourced { value: entry.to_patient(), from })
    }

    /// The record will name the person behind the login, so there must be one.
    fn operator(&mut self) -> Option<Sourced<String>> {
        let Sourced { value: operator, from } = self.settle(Field::Operator, |facts| facts.operator.clone())?;
        if !self.asked.people.contains(&operator) {
            self.problems.push(IdentityProblem::UnknownOperator { operator, from });
            return None;
        }
        Some(Sourced { value: operator, from })
    }

    fn settle<T: Clone + PartialEq + Serialize>(
        &mut self,
        field: Field,
        fact: impl Fn(&Facts) -> Option<T>,
    ) -> Option<Sourced<T>> {
        self.settle_among(field, said(self.statements, fact), false)
    }

    /// Claims about the paper warn of faults, so every source's counts.
    fn claim<T: Clone + PartialEq + Serialize>(
        &mut self,
        field: Field,
        claim: impl Fn(&Claims) -> Option<T>,
    ) -> Option<T> {
        self.settle_among(field, said(self.statements, |facts| claim(&facts.claims)), true).map(|claim| claim.value)
    }

    fn settle_among<T: Clone + PartialEq + Serialize>(
        &mut self,
        field: Field,
        said: Vec<Sourced<T>>,
        admit_all: bool,
    ) -> Option<Sourced<T>> {
        if let Some(decided) = last_of_person(&said) {
            let set_aside: Vec<_> = said.iter().filter(|other| other.value != decided.value).map(shown).collect();
            if !set_aside.is_empty() {
                self.flags.push(Flag::Overridden { field, statements: set_aside });
            }
            return Some(decided.clone());
        }
        if differ(&said) {
            self.problems.push(conflict(field, &said));
            return None;
        }
        let admitted = |from| admit_all || from == Source::Station || self.asked.sources.contains(&from);
        let only = said.first().map(|said| said.from);
        let found = strongest(said, admitted);
        if let (None, Some(from), true) = (&found, only, self.asked.required.contains(&field)) {
            self.problems.push(IdentityProblem::NotAdmitted { field, from });
        }
        found
    }

    fn ask_for_required(&mut self, identity: &Identity, claims: &Claims) {
        for field in self.asked.required {
            let stated = match field {
                Field::PatientId => identity.patient.is_some(),
                Field::DocumentType => identity.document_type.is_some(),
                Field::ObtainedOn => identity.obtained_on.is_some(),
                Field::DocumentDate => identity.document_date.is_some(),
                Field::ScannedAt => identity.scanned_at.is_some(),
                Field::Operator => identity.operator.is_some(),
                // The folder says it.
                Field::Station => true,
                Field::Paper => claims.paper.is_some(),
                Field::ExpectedPages => claims.expected_pages.is_some(),
                Field::DoubleFeed => claims.double_feed.is_some(),
                Field::Dispensed => claims.dispensed.is_some(),
                Field::Scanner => claims.scanner.is_some(),
                Field::Remarks => claims.remarks.is_some(),
            };
            // Whoever contradicts, or states what cannot be, has not left it out.
            if !stated && !self.problems.iter().any(|problem| problem.concerns(*field)) {
                self.problems.push(IdentityProblem::Missing { field: *field });
            }
        }
    }
}

impl IdentityProblem {
    fn concerns(&self, asked: Field) -> bool {
        match self {
            Self::Missing { field }
            | Self::NotAdmitted { field, .. }
            | Self::Conflict { field, .. }
            | Self::UnreadableDate { field, .. } => *field == asked,
            Self::MalformedPatientId { .. } | Self::UnknownPatient { .. } => asked == Field::PatientId,
            Self::UnknownOperator { .. } => asked == Field::Operator,
            Self::WrongStation { .. }
            | Self::Sidecar { .. }
            | Self::Unspoken { .. }
            | Self::Contested
            | Self::LateSidecar { .. }
            | Self::LateRow { .. }
            | Self::RowUsed { .. } => false,
        }
    }
}

/// What each source says of one thing, in the order of the statements.
fn said<T>(statements: &[Statement], fact: impl Fn(&Facts) -> Option<T>) -> Vec<Sourced<T>> {
    let said = |statement: &Statement| Some(Sourced { value: fact(&statement.facts)?, from: statement.from });
    statements.iter().filter_map(said).collect()
}

fn last_of_person<T>(said: &[Sourced<T>]) -> Option<&Sourced<T>> {
    said.iter().rev().find(|said| said.from == Source::Person)
}

fn differ<T: PartialEq>(said: &[Sourced<T>]) -> bool {
    said.iter().zip(said.iter().skip(1)).any(|(a, b)| a.value != b.value)
}

fn strongest<T>(said: Vec<Sourced<T>>, admitted: impl Fn(Source) -> bool) -> Option<Sourced<T>> {
    said.into_iter().filter(|said| admitted(said.from)).min_by_key(|said| rank(said.from))
}

/// How near a source stands to the paper itself; 0 is the nearest.
const fn rank(source: Source) -> u8 {
    match source {
        Source::Person => 0,
        Source::Barcode => 1,
        Source::Sidecar => 2,
        Source::Batch => 3,
        Source::Filename => 4,
        Source::Station => 5,
        Source::Master => 6,
    }
}

fn conflict<T: Serialize>(field: Field, said: &[Sourced<T>]) -> IdentityProblem {
    IdentityProblem::Conflict { field, statements: said.iter().map(shown).collect() }
}

/// The value as its JSON spells it, for people to compare.
fn shown<T: Serialize>(said: &Sourced<T>) -> Sourced<String> {
    let value = match serde_json::to_value(&said.value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    };
    Sourced { value, from: said.from }
}

#[cfg(test)]
mod tests;
