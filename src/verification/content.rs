//! The container, the manifest, and each member against it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::Unverifiable;
use super::finding::{Doubt, Fact, Fault, Objection, Outcome, Step};
use super::parts::{Form, Parts, PartsError};
use crate::crypto::check;
use crate::evidence::container::{EntryName, ReadError};
use crate::evidence::manifest::Member;
use crate::ids::{Digest, Digester};

/// A manifest that was read strictly.
pub(super) struct Manifest {
    pub bytes: Vec<u8>,
    pub digest: Digest,
    pub members: Vec<Member>,
}

/// No manifest is longer (`crypto::check::manifest` refuses it).
const LONGEST_MANIFEST: u64 = 8 << 20;

/// Reads the manifest.
pub(super) fn manifest(parts: &mut Parts<'_>) -> Result<Result<Manifest, Fault>, Unverifiable> {
    let bytes = match parts.bytes(&EntryName::Manifest, LONGEST_MANIFEST) {
        Ok(bytes) => bytes,
        Err(error) => return fault_of(error).map(Err),
    };
    Ok(match check::manifest(&bytes) {
        Ok(members) => Ok(Manifest { digest: Digest::of(&bytes), bytes, members }),
        Err(error) => Err(Fault::ManifestWrong { detail: error.to_string() }),
    })
}

/// Nothing is there but what the manifest names, the manifest and its signature; in a container, in that order.
pub(super) fn container(parts: &Parts<'_>, manifest: Option<&Manifest>) -> Outcome {
    let Some(manifest) = manifest else { return Err(Doubt::NotReached { because: Step::Manifest }.into()) };
    let expected: Vec<EntryName> = manifest
        .members
        .iter()
        .map(|member| EntryName::Member(member.name.clone()))
        .chain([EntryName::Manifest, EntryName::Signature])
        .collect();
    let (named, found): (BTreeSet<_>, BTreeSet<_>) = (expected.iter().collect(), parts.names().iter().collect());
    if let Some(extra) = parts.names().iter().find(|name| !named.contains(name)) {
        return Err(Fault::NotInManifest { name: extra.to_string() }.into());
    }
    if let Some(missing) = expected.iter().find(|name| !found.contains(name)) {
        return Err(Fault::EntryMissing { name: missing.to_string() }.into());
    }
    let entries = parts.names().len() as u64;
    if parts.form() != Form::Container {
        // A folder or an index has no order, and names are there once or not at all.
        return Ok(Fact::PartsComplete { entries });
    }
    match parts.names().iter().zip(&expected).find(|(found, expected)| found != expected) {
        Some((found, _)) => Err(Fault::EntryOutOfOrder { name: found.to_string() }.into()),
        None => Ok(Fact::ContainerCanonical { entries }),
    }
}

/// What became of each member.
pub(super) struct Members {
    lengths: BTreeMap<EntryName, u64>,
    faults: Vec<(EntryName, Fault)>,
}

/// Streams every member through a digest.
pub(super) fn members(parts: &mut Parts<'_>, manifest: &Manifest) -> Result<Members, Unverifiable> {
    let mut members = Members { lengths: BTreeMap::new(), faults: Vec::new() };
    for member in &manifest.members {
        let name = EntryName::Member(member.name.clone());
        let mut digesting = Digesting::default();
        match parts.copy_to(&name, &mut digesting) {
            Ok(length) if digesting.0.clone().finish() == member.digest => {
                members.lengths.insert(name, length);
            }
            Ok(_) | Err(PartsError::Damaged { .. }) => {
                let fault = Fault::ContentDiffers { name: name.to_string(), others: 0 };
                members.faults.push((name, fault));
            }
            Err(error) => members.faults.push((name, fault_of(error)?)),
        }
    }
    Ok(members)
}

impl Members {
    pub(super) fn outcome(&self) -> Outcome {
        match self.faults.split_first() {
            None => Ok(Fact::ContentIntact {
                members: self.lengths.len() as u64,
                bytes: self.lengths.values().fold(0, |sum, length| sum.saturating_add(*length)),
            }),
            Some(((_, Fault::ContentDiffers { name, .. }), others)) => {
                Err(Fault::ContentDiffers { name: name.clone(), others: others.len() as u64 }.into())
            }
            Some(((_, first), _)) => Err(first.clone().into()),
        }
    }

    /// How long a member is, where it is what the manifest says.
    pub(super) fn length(&self, name: &EntryName) -> Option<u64> {
        self.lengths.get(name).copied()
    }

    /// Whether what is to be read besides the pages is what was signed. A damaged page does not keep the rest from
    /// being judged.
    pub(super) fn can_read_record(&self) -> bool {
        const READ: [&str; 3] = [super::record::RECORD, super::record::PROFILE, super::record::CALENDAR];
        !self.faults.iter().any(|(name, _)| READ.contains(&name.to_string().as_str()))
    }
}

/// What a part that cannot be had means for the record.
pub(super) fn fault_of(error: PartsError) -> Result<Fault, Unverifiable> {
    Ok(match error {
        PartsError::Environment(problem) => return Err(Unverifiable(problem)),
        PartsError::Foreign { name } | PartsError::Container(ReadError::Foreign { name }) => {
            Fault::EntryForeign { name }
        }
        PartsError::Missing { name } | PartsError::Container(ReadError::Missing { name }) => {
            Fault::EntryMissing { name }
        }
        PartsError::TooLong { name, limit } | PartsError::Container(ReadError::EntryTooLarge { name, limit }) => {
            Fault::EntryTooLong { name, limit }
        }
        PartsError::Damaged { name } => Fault::ContentDiffers { name, others: 0 },
        PartsError::Container(ReadError::NotAContainer) => Fault::NotAContainer,
        PartsError::Container(ReadError::NotOurLayout { at }) => Fault::ContainerChanged { at_byte: at },
        PartsError::Container(ReadError::TooMany { entries }) => Fault::TooManyEntries { entries: entries as u64 },
        PartsError::Container(ReadError::Twice { name }) => Fault::EntryTwice { name },
        PartsError::Container(ReadError::Io(error)) => return Err(Unverifiable(error.to_string())),
    })
}

/// [`fault_of`] for steps that object.
pub(super) fn objection_of(error: PartsError) -> Result<Objection, Unverifiable> {
    fault_of(error).map(Objection::Fault)
}

/// A sink that keeps nothing but the digest.
#[derive(Default)]
struct Digesting(Digester);

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
