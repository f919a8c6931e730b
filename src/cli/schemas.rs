//! The shapes that `--json` prints, one schema for each; `docs/json/<name>.schema.json` holds them.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::control::{facts, production};
use crate::{upkeep, verification};

/// What a command may answer with: nothing can be shown that has no place in the list below, and so a schema.
pub trait Shape: Serialize + JsonSchema {
    /// Its command's path, or what several commands answer with.
    const NAME: &'static str;
}

macro_rules! shapes {
    ($($name:literal: $shape:ty,)+) => {
        $(
            impl Shape for $shape {
                const NAME: &'static str = $name;
            }
        )+

        /// Every schema by its name.
        #[must_use]
        pub fn all() -> Vec<(&'static str, Schema)> {
            vec![$((<$shape as Shape>::NAME, schema_for!($shape))),+]
        }
    };
}

shapes! {
    "problem": facts::Problem,
    "init": super::init::Initialised,
    "demo": super::demo::Summary,
    "status": facts::Status,
    "queue-list": facts::Queue,
    "queue-show": facts::QueueShown,
    "queue-decided": facts::Decided,
    "record-list": facts::RecordList,
    "record-show": facts::RecordShown,
    "record-history": facts::RecordHistory,
    "record-export": facts::RecordExported,
    "verify": facts::Verified,
    "session-open": facts::Opened,
    "session-attest": facts::BatchAttested,
    "session-close": facts::Closed,
    "session-list": facts::SessionList,
    "incident-list": facts::IncidentList,
    "operator-list": facts::PeopleList,
    "operator-requested": production::Requested,
    "operator-changed": facts::Noted,
    "timestamp-serve": facts::Serving,
    "inspect": facts::Inspected,
    "check-list": facts::CheckList,
    "check-explain": facts::CheckFacts,
    "profile-list": facts::ProfileList,
    "profile-show": facts::ProfileShown,
    "profile-lint": facts::Linted,
    "journal-show": facts::JournalPage,
    "journal-dispose": facts::PartsDisposed,
    "store-check": upkeep::check::StoreReport,
    "store-rebuild": upkeep::rebuild::RebuildReport,
    "store-backup": upkeep::backup::BackupReport,
    "store-backup-list": upkeep::backup::Listed,
    "store-backup-check": upkeep::backup::Checked,
    "store-restore": upkeep::restore::RestoreReport,
    "journal-verify": verification::journal::JournalReport,
}
