//! The newest checkpoint with an authority's time-stamp, once a day: what the journal held by then nobody writes anew and
//! dates back, not even whoever has every key of the home.
//!
//! `store/journal/stamped/` holds two files for each: `checkpoint-<entries>.txt`, the signed checkpoint as it is, and beside
//! it `checkpoint-<entries>.tst`, the token over its bytes. An entry of the journal names the digests of both, so that one
//! that is taken away is missed. This is what they look like; `journal/stamping.rs` makes them.

use serde::{Deserialize, Serialize};

use super::{Entry, Kind};
use crate::ids::{Digest, Name};
use crate::instant::Instant;

/// Below the folder of the journal's files.
pub const FOLDER: &str = "stamped";

/// What the entry of a stamped checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// How many entries the checkpoint speaks of.
    pub size: u64,
    /// SHA-256 of the checkpoint's file.
    pub checkpoint: Digest,
    /// SHA-256 of the token's file.
    pub token: Digest,
    /// The authority's time.
    pub stamped_at: Instant,
    /// What the settings call the authority.
    pub authority: Name,
}

impl Stamped {
    /// What an entry says of a stamped checkpoint; nothing where it is of another kind, or cannot be read.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        let facts = serde_json::Value::Object(entry.facts.clone());
        (entry.kind == Kind::CheckpointStamped).then(|| serde_json::from_value(facts).ok())?
    }
}

/// The names of the two files of a checkpoint of so many entries: its own, and its token's.
#[must_use]
pub fn names(size: u64) -> [String; 2] {
    ["txt", "tst"].map(|extension| format!("checkpoint-{size:012}.{extension}"))
}

/// Of how many entries the checkpoint is whose file, or whose token's, bears this name.
#[must_use]
pub fn size_of(name: &str) -> Option<u64> {
    let (stem, _) = name.strip_prefix("checkpoint-")?.split_once('.')?;
    stem.parse().ok().filter(|size| names(*size).iter().any(|one| one == name))
}
