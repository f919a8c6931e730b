//! What of a profile this build cannot do yet. Shut, not assumed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fact, KnownOutcome, Profile, TimestampPolicy};
use crate::identity::Source;
use crate::measurements::Format;
use crate::requirement::Regime;

/// Why a profile files nothing under this build. Message ids are `not-carried-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum NotCarried {
    /// Duties of the regime are not built.
    #[error("regime {regime}")]
    Regime { regime: Regime },
    /// The check or function behind a setting is not built. `setting` is as the file has it, `format.accept: dicom`.
    #[error("{setting}")]
    Setting { setting: String },
}

pub(super) fn carried(profile: &Profile) -> Result<(), Vec<NotCarried>> {
    let mut missing = Vec::new();
    if matches!(profile.regime, Regime::BackFile | Regime::DispensedPrescription) {
        missing.push(NotCarried::Regime { regime: profile.regime });
    }
    let mut setting = |setting: &str| missing.push(NotCarried::Setting { setting: setting.to_owned() });
    if profile.format.accept.contains(&Format::Dicom) {
        setting("format.accept: dicom");
    }
    if profile.page.both_sides {
        setting("page.both_sides");
    }
    for name in profile.severities.named() {
        if KnownOutcome::find(name).is_none_or(|known| !known.built) {
            setting(&format!("severity.{name}"));
        }
    }
    // Records are filed under patients, and nothing else.
    if !profile.identity.required.contains(&Fact::PatientId) {
        setting("identity.required without patient_id");
    }
    if profile.identity.sources.contains(&Source::Barcode) {
        setting("identity.sources: barcode");
    }
    match profile.timestamp.policy {
        TimestampPolicy::Batch => setting("timestamp.policy: batch"),
        TimestampPolicy::EachAndBatch => setting("timestamp.policy: each+batch"),
        TimestampPolicy::Each | TimestampPolicy::None => {}
    }
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}
