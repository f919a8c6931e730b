//! What a record consists of: `record.json`, the manifest that a person signs, the container's layout.

pub mod checkpoint;
pub mod container;
pub mod manifest;
pub mod proof;
pub mod record;
pub mod tree;
