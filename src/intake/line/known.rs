//! Which files in a drop folder belong to deliveries of the ledger, and what that means for them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use super::super::companions::Bundle;
use super::super::custody::Member;
use super::super::drop::{DropFolder, Found};
use super::super::names::{self, Part};
use super::super::source::{SourceName, SourceStat};
use crate::database::{DatabaseError, unreadable};
use crate::document::DeliveryState;
use crate::durable;
use crate::ids::DeliveryId;
use crate::ledger::deliveries::{Delivery, DeliveryFile, Role};

/// A station's deliveries whose source may still stand in its drop folder, or that are not taken yet.
#[derive(Default)]
pub(super) struct Known {
    rows: BTreeMap<DeliveryId, KnownDelivery>,
    by_name: BTreeMap<SourceName, Vec<DeliveryId>>,
    /// Where only the inode's own time moved, the bytes were read once and are the same under this stat.
    read_again: BTreeMap<(DeliveryId, SourceName), SourceStat>,
    /// Whether another file under the name of a scan begins with what was copied of it, as read once of that file.
    continued: Continued,
    /// Taken deliveries a scan of which was seen to have changed where it stands.
    changed: BTreeSet<DeliveryId>,
}

type Continued = BTreeMap<(DeliveryId, SourceName), (SourceStat, bool)>;

pub(super) struct KnownDelivery {
    pub(super) row: Delivery,
    /// The source, file by file, as it was copied last.
    pub(super) members: Vec<Member>,
    /// Its copy is no longer in custody.
    pub(super) lost: bool,
}

/// What a file in the drop folder is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    New,
    /// Taken, refused, or being measured: nothing is to be done with it now.
    Settled,
    /// Of a delivery that is copied again when it changes.
    Of(DeliveryId),
}

impl KnownDelivery {
    /// The copy was found wanting: the source may be copied again under the same delivery.
    pub(super) fn is_open(&self) -> bool {
        match self.row.state {
            DeliveryState::InCustody => self.row.measured_copy == self.row.copy || self.lost,
            DeliveryState::Incomplete | DeliveryState::CompletenessUnknown => true,
            _ => false,
        }
    }

    /// The worker has not looked at the copy yet; until then nobody knows what a change of the source means.
    pub(super) fn is_measuring(&self) -> bool {
        self.row.state == DeliveryState::InCustody && !self.is_open()
    }

    /// Refused by the line itself, before any copy: reconciled with each sweep by its name and problem.
    pub(super) fn is_refusal(&self) -> bool {
        self.row.state == DeliveryState::Refused && self.row.copy == 0
    }

    pub(super) fn is_folder(&self) -> bool {
        self.members.iter().any(|member| member.name.folder().is_some())
    }

    pub(super) fn name(&self) -> Option<SourceName> {
        name_of(&self.row.source_name)
    }

    fn member(&self, name: &SourceName) -> Option<&Member> {
        self.members.iter().find(|member| member.name == *name)
    }

    fn documents(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.part == Part::Document)
    }

    /// Whether any of its files still stands where it stood.
    pub(super) fn is_left(&self, present: &BTreeMap<&SourceName, SourceStat>) -> bool {
        self.members.iter().any(|member| present.get(&member.name).is_some_and(|stat| stat.same_file(&member.source)))
    }

    /// Whether these are, name for name and as far as `stat` tells, the files that were copied. An index that lies directly
    /// in the drop folder is shared: that it came, changed or went says nothing of one delivery.
    pub(super) fn is_copy_of(&self, bundle: &Bundle) -> bool {
        let own = |name: &SourceName| names::part_of(name.bare()) != Part::Index || name.folder().is_some();
        let copied: BTreeMap<_, _> =
            self.members.iter().filter(|m| own(&m.name)).map(|m| (&m.name, &m.source)).collect();
        let standing: BTreeMap<_, _> = bundle.members().filter(|f| own(&f.name)).map(|f| (&f.name, &f.stat)).collect();
        let unmoved = |(name, copied): (&&SourceName, &&SourceStat)| {
            standing.get(*name).is_some_and(|standing| standing.same_but_for_device(copied))
        };
        copied.len() == standing.len() && copied.iter().all(unmoved) && !self.lost
    }
}

impl Known {
    /// Takes over what the ledger says now. `files` reads the files of a delivery that is not known, or was copied again.
    pub(super) fn refresh(
        &mut self,
        rows: Vec<Delivery>,
        lost: &BTreeSet<DeliveryId>,
        mut files: impl FnMut(DeliveryId) -> Result<Vec<DeliveryFile>, DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let mut before = std::mem::take(&mut self.rows);
        for row in rows {
            let members = match before.remove(&row.id) {
                Some(known) if known.row.copy == row.copy => known.members,
                _ if row.copy == 0 => Vec::new(),
                _ => files(row.id)?.iter().map(member_of).collect::<Result<_, _>>()?,
            };
            let lost = lost.contains(&row.id);
            self.rows.insert(row.id, KnownDelivery { row, members, lost });
        }
        self.by_name.clear();
        let mut in_order: Vec<_> = self.rows.iter().collect();
        in_order.sort_by_key(|(_, known)| known.row.arrival);
        for (id, known) in in_order {
            for member in &known.members {
                self.by_name.entry(member.name.clone()).or_default().push(*id);
            }
        }
        let rows = &self.rows;
        self.read_again.retain(|(id, _), _| rows.contains_key(id));
        self.continued.retain(|(id, _), _| rows.contains_key(id));
        Ok(())
    }

    pub(super) fn deliveries(&self) -> impl Iterator<Item = &KnownDelivery> {
        self.rows.values()
    }

    pub(super) fn get(&self, id: DeliveryId) -> Option<&KnownDelivery> {
        self.rows.get(&id)
    }

    /// The delivery that was entered under one of these names, and not copied yet.
    pub(super) fn arriving<'a>(&self, names: impl Iterator<Item = &'a SourceName>) -> Option<DeliveryId> {
        let names: BTreeSet<&[u8]> = names.map(SourceName::as_bytes).collect();
        let entered = |known: &&KnownDelivery| {
            known.row.state == DeliveryState::Arriving && names.contains(known.row.source_name.as_slice())
        };
        self.rows.values().filter(entered).min_by_key(|known| known.row.arrival).map(|known| known.row.id)
    }

    /// What each of these files is to us. `present` is everything that stands in the drop folder.
    pub(super) fn standing(
        &mut self,
        found: &Found,
        present: &BTreeMap<&SourceName, SourceStat>,
        drop: &DropFolder,
    ) -> Standing {
        for id in self.by_name.get(&found.name).cloned().unwrap_or_default() {
            let Some(known) = self.rows.get(&id) else { continue };
            let Some(member) = known.member(&found.name) else { continue };
            let same_file = found.stat.same_file(&member.source);
            if known.is_open() && stands(&mut self.continued, id, known, present, drop) {
                // A scan that was sent again, and renamed at the end, goes on with its delivery.
                if same_file || member.part == Part::Document {
                    return Standing::Of(id);
                }
                // A sidecar that was exchanged may come to join its delivery.
                continue;
            }
            let deferred = known.is_measuring() && same_file;
            if deferred || found.stat == member.source || is_unchanged(&mut self.read_again, id, member, found, drop) {
                return Standing::Settled;
            }
            if same_file && member.part == Part::Document && known.row.state == DeliveryState::Taken {
                self.changed.insert(id);
            }
        }
        Standing::New
    }

    /// Taken deliveries whose source was seen to have changed since the last call.
    pub(super) fn take_changed(&mut self) -> BTreeSet<DeliveryId> {
        std::mem::take(&mut self.changed)
    }
}

pub(super) fn name_of(bytes: &[u8]) -> Option<SourceName> {
    use std::os::unix::ffi::OsStringExt as _;
    SourceName::new(std::ffi::OsString::from_vec(bytes.to_vec()))
}

/// A row of the ledger as custody would describe it.
pub(super) fn member_of(file: &DeliveryFile) -> Result<Member, DatabaseError> {
    Ok(Member {
        file: file.custody_name.clone(),
        part: match file.role {
            Role::Scan => Part::Document,
            Role::Sidecar => Part::Sidecar,
            Role::Index => Part::Index,
        },
        name: name_of(&file.source_name)
            .ok_or_else(|| DatabaseError::Unreadable("delivery_file.source_name is no name".into()))?,
        digest: file.content,
        size: file.byte_length,
        source: serde_json::from_str(&file.source_stat).map_err(unreadable("delivery_file.source_stat"))?,
    })
}

/// Whether each document of a delivery still stands where it stood: the same file, perhaps with other bytes, or another one
/// that begins with every byte of it, as what is sent again after a cut does. Anything else may be the next patient's.
fn stands(
    continued: &mut Continued,
    id: DeliveryId,
    known: &KnownDelivery,
    present: &BTreeMap<&SourceName, SourceStat>,
    drop: &DropFolder,
) -> bool {
    let mut goes_on = |member: &Member, stat: &SourceStat| {
        let key = (id, member.name.clone());
        match continued.get(&key) {
            // What only grows still begins as it did; whether it is so of the copy is looked at when that is recorded. Of
            // what was still too short nothing is known, and what was written to without growing may begin otherwise now.
            Some((seen, answer))
                if seen.size >= member.size
                    && seen.same_file(stat)
                    && (seen.same_bytes(stat) || seen.size < stat.size) =>
            {
                *answer
            }
            _ => {
                let answer = begins_with(member, stat, drop);
                continued.insert(key, (*stat, answer));
                answer
            }
        }
    };
    known.documents().next().is_some()
        && known.documents().all(|member| {
            present.get(&member.name).is_some_and(|stat| stat.same_file(&member.source) || goes_on(member, stat))
        })
}

fn begins_with(member: &Member, stat: &SourceStat, drop: &DropFolder) -> bool {
    if member.size == 0 || stat.size < member.size {
        return false;
    }
    let beginning = drop.open_file(&member.name).ok().map(|source| source.file.take(member.size));
    let read = beginning.and_then(|mut beginning| durable::digest_of(&mut beginning).ok());
    read.is_some_and(|read| read.digest == member.digest)
}

/// The inode's own time moves with a change of rights or of names, and with a rewriting that sets the time of the bytes
/// back; the device's number moves with a mount. Only reading tells which it was; it is done once for each such change.
/// What cannot be read just now is not said to have changed: a later sweep tells.
fn is_unchanged(
    read_again: &mut BTreeMap<(DeliveryId, SourceName), SourceStat>,
    id: DeliveryId,
    member: &Member,
    found: &Found,
    drop: &DropFolder,
) -> bool {
    if !found.stat.same_bytes(&member.source) {
        return false;
    }
    let key = (id, found.name.clone());
    if read_again.get(&key) == Some(&found.stat) {
        return true;
    }
    let digest = drop.open_file(&found.name).ok().and_then(|mut source| durable::digest_of(&mut source.file).ok());
    let Some(read) = digest else { return true };
    let unchanged = read.digest == member.digest;
    if unchanged {
        read_again.insert(key, found.stat);
    }
    unchanged
}
