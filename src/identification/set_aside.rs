//! What a person's statement sets aside: the faults of the other sources that they were shown.

use serde::{Deserialize, Serialize};

use super::{Facts, IdentityProblem, Statement};
use crate::identity::{Field, Source};
use crate::ids::{DeliveryId, DocumentId};

/// What a document looks like beside another: with it the document is held, and it is shown to whoever looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Beside {
    /// The same bytes under another patient.
    EqualBytes { earlier: DocumentId },
    /// The same bytes, and whose the other is nobody knows any more: the ledger was made anew.
    EqualBytesUntold { earlier: DocumentId },
    /// The same bytes under equal circumstances: perhaps a mere further receipt of a document whose end is not known yet.
    EqualBytesOpen { earlier: DocumentId },
    /// One of its files, by its number, is the same bytes as a file of a document of another patient, or of nobody knows whom.
    EqualPage { earlier: DocumentId, number: u64 },
    /// Its source went on growing after an earlier delivery of it was taken.
    Regrown { earlier: DeliveryId },
    /// Its own source was changed after this delivery was taken.
    SourceGrew { delivery: DeliveryId },
}

/// A person's statement as the ledger keeps it, with the faults that they saw and set aside. What they were not shown
/// still holds the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    #[serde(flatten)]
    pub statement: Statement,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<IdentityProblem>,
    /// Beside what they saw it when they said patient, kind and date: it is a document of its own all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
}

impl Stated {
    /// What a person states who was shown `problems`, and had stated what is in `before`. Whoever has said patient, kind
    /// and date needs no source; whoever says less sets aside only what they answered.
    #[must_use]
    pub fn by_person(facts: Facts, problems: &[IdentityProblem], beside: Option<Beside>, before: &[Self]) -> Self {
        let said = before.iter().map(|stated| &stated.statement.facts).chain([&facts]).collect::<Vec<_>>();
        let anybody = |fact: &dyn Fn(&Facts) -> bool| said.iter().any(|facts| fact(facts));
        let needs_no_source = anybody(&|facts| facts.patient_id.is_some())
            && anybody(&|facts| facts.document_type.is_some())
            && anybody(&|facts| facts.obtained_on.is_some());
        let answered = |problem: &&IdentityProblem| match problem {
            // That nobody spoke is no fault of a source.
            IdentityProblem::Missing { .. } => false,
            IdentityProblem::NotAdmitted { field, .. } | IdentityProblem::Conflict { field, .. } => {
                facts.states(*field)
            }
            IdentityProblem::MalformedPatientId { .. } | IdentityProblem::UnknownPatient { .. } => {
                facts.patient_id.is_some()
            }
            IdentityProblem::UnknownOperator { .. } => facts.operator.is_some(),
            IdentityProblem::WrongStation { .. } => facts.station.is_some(),
            IdentityProblem::UnreadableDate { .. }
            | IdentityProblem::Sidecar { .. }
            | IdentityProblem::Unspoken { .. }
            | IdentityProblem::Contested
            | IdentityProblem::LateSidecar { .. }
            | IdentityProblem::LateRow { .. }
            | IdentityProblem::RowUsed { .. } => needs_no_source,
        };
        let set_aside = problems.iter().filter(answered).cloned().collect();
        // Whoever looked at two documents says of this one all that it is; a word about its paper is no such look.
        let beside = beside.filter(|_| facts.say_whose_and_what());
        Self { statement: Statement { from: Source::Person, facts }, set_aside, beside }
    }
}

impl Beside {
    /// The code, as it stands in the act of whoever looked.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EqualBytes { .. } => "equal-bytes",
            Self::EqualBytesUntold { .. } => "equal-bytes-untold",
            Self::EqualBytesOpen { .. } => "equal-bytes-open",
            Self::EqualPage { .. } => "equal-page",
            Self::Regrown { .. } => "regrown",
            Self::SourceGrew { .. } => "source-grew",
        }
    }

    /// Whether it is the same bytes as that document has.
    #[must_use]
    pub fn is_equal_to(&self, document: DocumentId) -> bool {
        match self {
            Self::EqualBytes { earlier } | Self::EqualBytesUntold { earlier } | Self::EqualBytesOpen { earlier } => {
                *earlier == document
            }
            Self::EqualPage { .. } | Self::Regrown { .. } | Self::SourceGrew { .. } => false,
        }
    }
}

impl Facts {
    /// Whether patient, kind and date are all said.
    #[must_use]
    pub fn say_whose_and_what(&self) -> bool {
        self.patient_id.is_some() && self.document_type.is_some() && self.obtained_on.is_some()
    }

    /// Whether it says anything of this.
    #[must_use]
    pub fn states(&self, field: Field) -> bool {
        match field {
            Field::PatientId => self.patient_id.is_some(),
            Field::DocumentType => self.document_type.is_some(),
            Field::ObtainedOn => self.obtained_on.is_some(),
            Field::DocumentDate => self.document_date.is_some(),
            Field::ScannedAt => self.scanned_at.is_some(),
            Field::Operator => self.operator.is_some(),
            Field::Station => self.station.is_some(),
            Field::Paper => self.claims.paper.is_some(),
            Field::ExpectedPages => self.claims.expected_pages.is_some(),
            Field::DoubleFeed => self.claims.double_feed.is_some(),
            Field::Dispensed => self.claims.dispensed.is_some(),
            Field::Scanner => self.claims.scanner.is_some(),
            Field::Remarks => self.claims.remarks.is_some(),
        }
    }
}

impl IdentityProblem {
    /// The code, and the field where it is about one: what of it may stand where no patient data may.
    #[must_use]
    pub fn code(&self) -> (&'static str, Option<Field>) {
        match self {
            Self::Missing { field } => ("missing", Some(*field)),
            Self::NotAdmitted { field, .. } => ("not-admitted", Some(*field)),
            Self::Conflict { field, .. } => ("conflict", Some(*field)),
            Self::MalformedPatientId { .. } => ("malformed-patient-id", Some(Field::PatientId)),
            Self::UnknownPatient { .. } => ("unknown-patient", Some(Field::PatientId)),
            Self::UnknownOperator { .. } => ("unknown-operator", Some(Field::Operator)),
            Self::UnreadableDate { field, .. } => ("unreadable-date", Some(*field)),
            Self::WrongStation { .. } => ("wrong-station", Some(Field::Station)),
            Self::Sidecar { .. } => ("sidecar", None),
            Self::Unspoken { .. } => ("unspoken", None),
            Self::Contested => ("contested", None),
            Self::LateSidecar { .. } => ("late-sidecar", None),
            Self::LateRow { .. } => ("late-row", None),
            Self::RowUsed { .. } => ("row-used", None),
        }
    }
}
