//! The private copy of a delivery: from here on the bytes are ours and cannot change under us.
//!
//! On disk: `custody/<delivery id>.<copy>/` holds `content-001`, `content-002`, … and `delivery.json`, which says what they
//! are, so that the ledger could be rebuilt from it. The folder appears whole or not at all ([`Draft`](durable::Draft)), and
//! a name never changes its bytes: a source that is copied again gets the next copy number, and the older copy goes once
//! the newer one is durable.
//!
//! The digest is of the bytes as they were written. Reading them back is left to filing, which compares what it stores with
//! this digest, and to [`CustodyCopy::verify`], which does so after a crash.
//!
//! Invariant: names inside are ours; the delivered names are data in `delivery.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::companions::Bundle;
use super::drop::{DropFolder, Found, SourceFile, SourceTrouble};
use super::names::{self, Part};
use super::source::{SourceName, SourceStat};
use crate::config::home::{ATTEMPTS, QUARANTINE};
use crate::durable::{self, Class, Failure, Folder};
use crate::ids::{DeliveryId, Digest, HomeId, Name};
use crate::instant::Instant;
use crate::system::Lease;

/// What a copy says of itself.
pub const MANIFEST: &str = "delivery.json";
const MANIFEST_FORMAT: u32 = 1;
/// Ten thousand members with the longest names stay below this.
const MANIFEST_LIMIT: u64 = 128 * 1024 * 1024;

/// What is to be copied, and what is to be written about it.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    pub delivery: DeliveryId,
    /// Which of all deliveries it is.
    pub arrival: u64,
    /// From 1; higher when the same delivery is copied again.
    pub copy: u32,
    pub home: HomeId,
    pub bundle: &'a Bundle,
    /// Nobody could be asked whether the files were still being written.
    pub weaker_completeness: bool,
    /// All members together may not be longer; a sparse file can claim any length.
    pub largest: u64,
}

/// Copies a bundle into custody. On `Ok` the copy is durable, and every source was, before and after, what the bundle says.
/// On `Err` nothing of it is left in custody.
pub fn take(
    custody: &Folder,
    drop: &DropFolder,
    order: &Order<'_>,
    now: &dyn Fn() -> Instant,
) -> Result<CustodyCopy, CustodyError> {
    let begun_at = now();
    let draft = custody.draft()?;
    let mut left = order.largest;
    let mut members = Vec::new();
    for (number, found) in (1_u32..).zip(order.bundle.members()) {
        let source = unchanged(drop, found)?;
        left = left.checked_sub(source.stat.size).ok_or(CustodyError::TooLarge { limit: order.largest })?;
        let file = format!("content-{number:03}");
        let written = draft.write(&file, |sink| copy(&mut &source.file, source.stat.size, sink))?;
        still_unchanged(drop, found, &source)?;
        members.push(Member {
            file,
            part: names::part_of(found.name.bare()),
            name: found.name.clone(),
            digest: written.digest,
            size: written.size,
            source: found.stat,
        });
    }
    // Every member's bytes are on the disk by now.
    let copied_at = now();
    // The first file may have changed while the last one was copied.
    for found in order.bundle.members() {
        if drop.look(&found.name)? != found.stat {
            return Err(CustodyError::SourceChanged);
        }
    }
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        delivery: order.delivery,
        arrival: order.arrival,
        copy: order.copy,
        home: order.home,
        station: drop.station().clone(),
        name: order.bundle.name.clone(),
        is_folder: order.bundle.is_folder,
        contested: order.bundle.contested,
        weaker_completeness: order.weaker_completeness,
        begun_at,
        copied_at,
        members,
    };
    let bytes = serde_json_canonicalizer::to_vec(&manifest).map_err(CustodyError::Manifest)?;
    draft.write(MANIFEST, |sink| sink.write(&bytes))?;
    let folder = draft.place(&folder_name(order.delivery, order.copy))?;
    Ok(CustodyCopy { folder, manifest })
}

/// Removes a copy that is no longer needed: its documents are filed, or a newer copy of the delivery is durable. It can be
/// run twice.
pub fn discard(custody: &Folder, delivery: DeliveryId, copy: u32) -> Result<(), Failure> {
    custody.remove_folder(&folder_name(delivery, copy))
}

/// Everything in custody, after a restart, by name alone: an open copy holds a descriptor, and there may be more copies than
/// the system gives of these. Unfinished copies are cleared first: they were never promised. Whoever calls this is alone
/// with the folder.
pub fn survey(custody: &Folder) -> Result<Survey, Failure> {
    let cleared = custody.clear_leftovers()?;
    let mut survey = Survey { cleared, copies: BTreeMap::new(), strangers: Vec::new() };
    for name in custody.names(1_000_000)? {
        match name.to_str().and_then(parse_folder_name) {
            Some((delivery, copy)) => drop(survey.copies.entry(delivery).or_default().insert(copy)),
            // The home's marker and the like, and what is signing's.
            None if name == ATTEMPTS || name == QUARANTINE || name.as_encoded_bytes().starts_with(b".") => {}
            None => survey.strangers.push(name),
        }
    }
    Ok(survey)
}

#[derive(Debug)]
pub struct Survey {
    /// How many unfinished copies were cleared.
    pub cleared: usize,
    /// What bears the name of a copy, by its number. Whether it can still describe itself, [`CustodyCopy::open`] tells, and
    /// whether its bytes agree with that, [`CustodyCopy::verify`].
    pub copies: BTreeMap<DeliveryId, BTreeSet<u32>>,
    /// What stands there and is no copy of ours. Never removed: a person looks at it.
    pub strangers: Vec<OsString>,
}

/// A delivery's copy in custody.
#[derive(Debug)]
pub struct CustodyCopy {
    folder: Folder,
    manifest: Manifest,
}

impl CustodyCopy {
    /// Finds a copy again by its delivery. Only its description is read here.
    pub fn open(custody: &Folder, delivery: DeliveryId, copy: u32) -> Result<Self, CustodyError> {
        let folder = custody.open_folder(&folder_name(delivery, copy))?;
        let bytes = folder.read(MANIFEST, MANIFEST_LIMIT)?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(CustodyError::Manifest)?;
        let is_this_one = (manifest.format, manifest.delivery, manifest.copy) == (MANIFEST_FORMAT, delivery, copy);
        let named_by_us = |(number, member): (u32, &Member)| member.file == format!("content-{number:03}");
        if !is_this_one || !(1..).zip(&manifest.members).all(named_by_us) {
            return Err(CustodyError::Damaged);
        }
        Ok(Self { folder, manifest })
    }

    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bytes of a member, for reading, from their beginning.
    pub fn open_member(&self, member: &Member) -> Result<File, Failure> {
        self.folder.open_file(&member.file)
    }

    /// Reads every member back and compares it with its digest.
    pub fn verify(&self) -> Result<(), CustodyError> {
        for member in &self.manifest.members {
            let mut file = self.open_member(member)?;
            let found = durable::digest_of(&mut file).map_err(CustodyError::Unreadable)?;
            if (found.digest, found.size) != (member.digest, member.size) {
                return Err(CustodyError::Damaged);
            }
        }
        Ok(())
    }
}

/// What `delivery.json` says: RFC 8785 JSON, format 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub delivery: DeliveryId,
    /// Which of all deliveries it is, in the order in which they came.
    pub arrival: u64,
    pub copy: u32,
    pub home: HomeId,
    pub station: Name,
    /// What the delivery goes by: [`Bundle::name`].
    pub name: SourceName,
    pub is_folder: bool,
    /// [`Bundle::contested`].
    pub contested: bool,
    pub weaker_completeness: bool,
    pub begun_at: Instant,
    /// When every member had been copied and fsynced, by the clock that was passed in. It was taken in when the journal says.
    pub copied_at: Instant,
    pub members: Vec<Member>,
}

impl Manifest {
    /// The members that are released with this delivery: all but an index of the drop folder itself, which other
    /// deliveries need as well.
    pub fn own_members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| self.is_folder || member.part != Part::Index)
    }
}

/// One file of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name in custody.
    pub file: String,
    pub part: Part,
    /// The name it was delivered under.
    pub name: SourceName,
    pub digest: Digest,
    pub size: u64,
    /// What `stat` said of the source, before and after it was copied.
    pub source: SourceStat,
}

/// Why a delivery is not (or no longer) in custody. None of them names the source.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// Nobody has to act: the source is waited for again.
    #[error("the source changed while it was being copied")]
    SourceChanged,
    #[error("the source was taken away while it was being copied")]
    SourceGone,
    /// An administrator gives the right to read it, or looks at the disk. It is tried again.
    #[error("cannot read: {0}")]
    Unreadable(io::Error),
    /// The administrator raises the limit, or somebody takes the file away.
    #[error("the delivery is longer than the {limit} bytes that the station allows")]
    TooLarge { limit: u64 },
    #[error(transparent)]
    Write(#[from] Failure),
    #[error("the description of a delivery in custody cannot be written or read: {0}")]
    Manifest(serde_json::Error),
    /// The disk, or somebody, altered it. It is kept for a person to look at.
    #[error("a copy in custody is not what its description says")]
    Damaged,
}

impl CustodyError {
    /// Itself, where it tells of the copy. That we may not look at it, or lack a descriptor or memory for it, tells nothing.
    pub fn of_the_copy(self) -> Result<Self, Failure> {
        match self {
            Self::Write(failure) if matches!(failure.class(), Class::ReadOnly | Class::Shortage) => Err(failure),
            of_the_copy => Ok(of_the_copy),
        }
    }

    /// Whether it is our own disk that has no room: intake pauses, and goes on by itself.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Write(failure) if failure.class() == Class::DiskFull)
    }
}

impl From<SourceTrouble> for CustodyError {
    fn from(trouble: SourceTrouble) -> Self {
        match trouble {
            SourceTrouble::Gone => Self::SourceGone,
            SourceTrouble::Busy | SourceTrouble::NotAFile => Self::SourceChanged,
            SourceTrouble::Unreadable(error) => Self::Unreadable(error),
        }
    }
}

/// The source, where it still is what was seen to be at rest.
fn unchanged(drop: &DropFolder, found: &Found) -> Result<SourceFile, CustodyError> {
    let source = drop.open_file(&found.name)?;
    let same = source.stat == found.stat && source.lease() != Lease::Held;
    if same { Ok(source) } else { Err(CustodyError::SourceChanged) }
}

/// The name still leads to the source, which is the same as before, and nobody began to write to it.
fn still_unchanged(drop: &DropFolder, found: &Found, source: &SourceFile) -> Result<(), CustodyError> {
    let same = drop.look(&found.name)? == found.stat && source.lease() != Lease::Held;
    if same { Ok(()) } else { Err(CustodyError::SourceChanged) }
}

/// Exactly `size` bytes: a source that ends earlier or goes on has changed.
fn copy(source: &mut impl Read, size: u64, sink: &mut durable::Sink) -> Result<(), CustodyError> {
    let mut left = size;
    let mut buffer = vec![0; durable::BUFFER];
    loop {
        let count = match source.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CustodyError::Unreadable(error)),
        };
        if count == 0 {
            return if left == 0 { Ok(()) } else { Err(CustodyError::SourceChanged) };
        }
        left =
            u64::try_from(count).ok().and_then(|count| left.checked_sub(count)).ok_or(CustodyError::SourceChanged)?;
        sink.write(buffer.get(..count).unwrap_or_default())?;
    }
}

/// What the folder of a delivery's copy is called in custody.
#[must_use]
pub fn folder_name(delivery: DeliveryId, copy: u32) -> String {
    format!("{delivery}.{copy:03}")
}

/// The delivery and the number of a copy, by the name of its folder.
#[must_use]
pub fn parse_folder_name(name: &str) -> Option<(DeliveryId, u32)> {
    let (delivery, copy) = name.split_once('.')?;
    let place = (delivery.parse().ok()?, copy.parse().ok()?);
    (folder_name(place.0, place.1) == name).then_some(place)
}

#[cfg(test)]
mod tests;
