//! Delivery, content, document, record: what they are to each other, and the states they pass through.
//!
//! A *delivery* is what arrived. *Content* is bytes, by digest. A *document* is one patient and one kind: ordered page
//! ranges of one or more contents. A *record* is one filed version of a document. All of these are many-to-many: one
//! file a page may make one document, one batch file may hold many.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{DeliveryId, Digest};
use crate::measurements::{Fault, MissingPart};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// Seen in a drop folder; nothing copied yet.
    Arriving,
    /// A private, durable copy exists; not yet known to be complete.
    InCustody,
    /// Complete, with at least one document; the source may go.
    Taken,
    /// The format says that something is missing, and the patience limit has passed. The source stays.
    Incomplete,
    /// No format that could say whether it is whole. The source stays.
    CompletenessUnknown,
    /// Not a thing that can be taken (a link, a device), or refused by a person. The source stays.
    Refused,
}

/// Where a document stands. `Held` is no state but a flag beside it: the state is the one it resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentState {
    Identifying,
    Inspecting,
    Review,
    AwaitingConfirmation,
    Signing,
    Stamping,
    Filing,
    Filed,
    SentBack,
    Discarded,
    Disposed,
}

impl DocumentState {
    pub const ALL: [Self; 11] = [
        Self::Identifying,
        Self::Inspecting,
        Self::Review,
        Self::AwaitingConfirmation,
        Self::Signing,
        Self::Stamping,
        Self::Filing,
        Self::Filed,
        Self::SentBack,
        Self::Discarded,
        Self::Disposed,
    ];

    /// Whether somebody or something still has to act on it.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Filed | Self::SentBack | Self::Discarded | Self::Disposed)
    }
}

impl DeliveryState {
    pub const ALL: [Self; 6] =
        [Self::Arriving, Self::InCustody, Self::Taken, Self::Incomplete, Self::CompletenessUnknown, Self::Refused];

    /// Whether a newer copy of its source takes the place of the one that counts.
    #[must_use]
    pub fn takes_newer_copy(self) -> bool {
        matches!(self, Self::Arriving | Self::InCustody | Self::Incomplete | Self::CompletenessUnknown)
    }
}

/// Why a delivery is not taken. One message each: `delivery-problem-<code>`. What stands in a drop folder and is nothing
/// to take has codes of its own, in `intake::drop::RefusalKind`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum DeliveryProblem {
    /// A file breaks off.
    Incomplete { file: u32, missing: MissingPart, at_byte: u64 },
    /// No way to tell whether a file is complete.
    CompletenessUnknown { file: u32, fault: Fault },
    /// Its copy could not be measured, again and again: the disk altered it, or it cannot be read.
    NotMeasured { error: String },
    /// Nothing in it but sidecars.
    NoDocument,
    /// Taken away before it could be copied.
    SourceGone,
    /// The same file, by its inode, stands in the folders of two stations or more.
    SeveralStations,
    /// All its files together are longer than may be taken in.
    TooLarge { limit: u64 },
}

/// A run of pages of one content within a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The delivery it came with.
    pub delivery: DeliveryId,
    pub content: Digest,
    /// From 1.
    pub first_page: u32,
    pub page_count: u32,
    /// The name it was delivered under, lossy where it was not UTF-8. Data, never a path.
    pub delivered_name: String,
}

/// Why a document waits. The words are in the message catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    /// Patient, kind or a date is missing or contradictory.
    Identity,
    /// Two sources say different things.
    Conflict,
    /// The patient id is not in the master.
    UnknownPatient,
    /// The kind of document has no profile that this station may use.
    NoProfile,
    /// A check asks for a person's look.
    Findings,
    /// A check rejected it; it waits to be sent back or, where the profile allows, accepted.
    Rejected,
    /// A window has passed.
    Late,
    /// The profile's regime or a setting of it is not carried by this build.
    NotCarried,
    /// Equal bytes were delivered before under another identity, or were rejected, withdrawn or disposed of.
    EqualBytes,
    /// It names another operator than the session's: that one or the information manager confirms it.
    OtherOperator,
    /// No open session of a person who may sign it.
    NoSession,
    /// Nobody is appointed as information manager today.
    NoInformationManager,
    /// The batch was not attested.
    NoAttestation,
    /// The clock cannot be believed just now.
    Clock,
    /// It was taken in, signed or stamped by a clock that ran ahead. Goes on by itself when it is that time.
    ClockAhead,
    /// A deadline cannot be told: the calendar does not reach so far, or the station has no staffed hours.
    NoDeadline,
    /// The same step failed three times.
    StageFailed,
    /// One inode under two stations, or changed after it was taken.
    SourceChanged,
    /// What there is of it no longer says what it is: what a person had said of it or stopped was lost with the database or by a
    /// restore, the copy that was taken in is gone, or it rests on a key that had been revoked after the backup.
    AskedAnew,
}

impl HoldReason {
    /// Whether it goes on only once patient, kind and date have all been said of it by a person who looked.
    #[must_use]
    pub fn asks_for_all(self) -> bool {
        matches!(self, Self::SourceChanged | Self::AskedAnew)
    }
}

macro_rules! kebab_display {
    ($($name:ty),+) => {
        $(
            /// The spelling that tables, JSON and the command line share.
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.serialize(f)
                }
            }

            impl std::str::FromStr for $name {
                type Err = serde::de::value::Error;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    use serde::de::IntoDeserializer as _;
                    Self::deserialize(text.into_deserializer())
                }
            }
        )+
    };
}

kebab_display!(DeliveryState, DocumentState, HoldReason);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_one_spelling() {
        assert_eq!(DocumentState::AwaitingConfirmation.to_string(), "awaiting-confirmation");
        for state in DocumentState::ALL {
            assert_eq!(state.to_string().parse::<DocumentState>().unwrap(), state);
        }
        for state in DeliveryState::ALL {
            assert_eq!(state.to_string().parse::<DeliveryState>().unwrap(), state);
        }
        assert!("Filed".parse::<DocumentState>().is_err());
    }
}
