//! What `torikomi queue show --to` says of the pages that it wrote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Digest;

/// The pages of a document that is not filed yet, written out to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PagesWritten {
    pub folder: String,
    /// The file there that says in words that nothing of it is confirmed.
    pub sheet: String,
    pub files: Vec<PageFile>,
}

/// A delivered file as it was written out, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageFile {
    pub name: String,
    pub content: Digest,
    pub byte_length: u64,
    pub delivered_name: String,
}
