//! The shapes that `--json` prints, one schema for each; `docs/json/<name>.schema.json` holds them.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::control::facts;
use crate::{upkeep, verification};

}
