//! Who works with what lies outside a home: a file in each drop folder there, and beside the copy of the checkpoints.
//! The daemon's claims say what for.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::HomeId;

/// In a drop folder, store or custody outside the home.
pub const NAME: &str = ".torikomi-claim";

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

/// Opens such a file, in a folder where others may write too: what is no file of its own is not opened, be it a link to one
/// elsewhere, a second name of one, or a pipe on which somebody waits.
///
/// # Errors
/// When it is none, or cannot be opened.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = options.custom_flags(flags.cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.nlink() == 1 {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file of its own"))
    }
}

/// The file of a drop folder.
#[must_use]
pub fn in_drop_folder(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// The file in the folder where the copy of the checkpoints lies.
#[must_use]
pub fn beside_checkpoints(folder: &Path, id: HomeId) -> PathBuf {
    folder.join(format!("claim-{id}.json"))
}
