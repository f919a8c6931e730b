//! What a record consists of: `record.json`, the manifest that a person signs, the container's layout.

pub mod record;
