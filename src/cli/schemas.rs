//! The shapes that `--json` prints, one schema for each; `docs/json/<name>.schema.json` holds them.

use schemars::{Schema, schema_for};

use crate::control::facts;

/// Every schema by its command's path.
#[must_use]
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("problem", schema_for!(facts::Problem)),
        ("init", schema_for!(super::init::Initialised)),
        ("demo", schema_for!(super::demo::Summary)),
        ("status", schema_for!(facts::Status)),
        ("queue-list", schema_for!(facts::Queue)),
        ("queue-show", schema_for!(facts::QueueShown)),
        ("queue-decided", schema_for!(facts::Decided)),
        ("record-list", schema_for!(facts::RecordList)),
        ("record-show", schema_for!(facts::RecordShown)),
        ("record-history", schema_for!(facts::RecordHistory)),
        ("record-export", schema_for!(facts::RecordExported)),
        ("verify", schema_for!(facts::Verified)),
        ("session-open", schema_for!(facts::Opened)),
        ("session-attest", schema_for!(facts::BatchAttested)),
        ("session-close", schema_for!(facts::Closed)),
        ("session-list", schema_for!(facts::SessionList)),
        ("incident-list", schema_for!(facts::IncidentList)),
        ("operator-list", schema_for!(facts::PeopleList)),
        ("operator-changed", schema_for!(facts::Noted)),
        ("timestamp-serve", schema_for!(facts::Serving)),
        ("inspect", schema_for!(facts::Inspected)),
        ("check-list", schema_for!(facts::CheckList)),
        ("check-explain", schema_for!(facts::CheckFacts)),
        ("profile-list", schema_for!(facts::ProfileList)),
        ("profile-show", schema_for!(facts::ProfileShown)),
        ("profile-lint", schema_for!(facts::Linted)),
        ("journal-show", schema_for!(facts::JournalPage)),
        ("journal-dispose", schema_for!(facts::PartsDisposed)),
        ("store-check", schema_for!(crate::upkeep::check::StoreReport)),
        ("store-rebuild", schema_for!(crate::upkeep::rebuild::RebuildReport)),
        ("store-backup", schema_for!(crate::upkeep::backup::BackupReport)),
        ("store-backup-list", schema_for!(crate::upkeep::backup::Listed)),
        ("store-backup-check", schema_for!(crate::upkeep::backup::Checked)),
        ("store-restore", schema_for!(crate::upkeep::restore::RestoreReport)),
        ("journal-verify", schema_for!(crate::verification::journal::JournalReport)),
    ]
}
