//! Who works with what lies outside a home: a file in each drop folder there, and beside the copy of the checkpoints.
//! The daemon's claims say what for.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::HomeId;

const LONGEST: u64 = 4096;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub home: HomeId,
    pub epoch: u32,
    /// A name that is new at each start.
    pub holder: Uuid,
}

impl Claim {
    /// What the file says; nothing where it is new, or a crash came between.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(mut file: &File) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        file.rewind()?;
        file.take(LONGEST).read_to_end(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes).ok())
    }
}

/// The file of a drop folder.
#[must_use]
pub fn in_drop_folder(folder: &Path) -> PathBuf {
    folder.join(".torikomi-claim")
}

/// The file in the folder where the copy of the checkpoints lies.
#[must_use]
pub fn beside_checkpoints(folder: &Path, id: HomeId) -> PathBuf {
    folder.join(format!("claim-{id}.json"))
}
