//! What a sweep means: which files make a delivery, and what stands there that cannot be one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read as _;
use std::sync::Arc;

use super::super::companions::{self, Bundle};
use super::super::drop::{DropFolder, FoundFolder, Limits, Sweep};
use super::super::names::{self, Part};
use super::super::source::{SourceName, SourceStat};
use super::known::{KnownDelivery, Standing};
use super::station::AtStation;
use super::{LineError, locked};
use crate::database::DatabaseError;
use crate::document::{DeliveryProblem, DeliveryState};
use crate::ids::{DeliveryId, Name};
use crate::ledger::deliveries;

/// The longest sidecar that is looked into for the files that it lists. What is longer lists none.
const SIDECAR_LIMIT: u64 = 256 * 1024;

impl AtStation {
    /// Everything that could be copied: what is new, and what belongs to deliveries that may be copied again. Beside it
    /// the names of sidecars that stand alone.
    pub(super) fn bundles(
        &mut self,
        drop: &DropFolder,
        sweep: &Sweep,
        present: &BTreeMap<&SourceName, SourceStat>,
    ) -> (Vec<(Bundle, Option<DeliveryId>)>, BTreeSet<SourceName>) {
        let mut of: BTreeMap<SourceName, DeliveryId> = BTreeMap::new();
        let mut loose = Vec::new();
        for found in &sweep.files {
            if names::part_of(found.name.bare()) == Part::Index {
                // Shared by all that lie beside it, so never settled by one of them.
                loose.push(found.clone());
                continue;
            }
            match self.known.standing(found, present, drop) {
                Standing::Settled => {}
                Standing::New => loose.push(found.clone()),
                Standing::Of(delivery) => {
                    of.insert(found.name.clone(), delivery);
                    loose.push(found.clone());
                }
            }
        }
        let listed = &self.shared.instruments.listed;
        let grouped = companions::companions(&loose, |sidecar| {
            let source = drop.open_file(&sidecar.name).ok()?;
            let mut bytes = Vec::new();
            source.file.take(SIDECAR_LIMIT + 1).read_to_end(&mut bytes).ok()?;
            let short = u64::try_from(bytes.len()).is_ok_and(|length| length <= SIDECAR_LIMIT);
            if short { listed(&bytes) } else { None::<Vec<OsString>> }
        });
        let mut bundles = Vec::new();
        for bundle in grouped.bundles {
            let owners: BTreeSet<DeliveryId> = bundle.members().filter_map(|m| of.get(&m.name)).copied().collect();
            let mut owners = owners.into_iter();
            match (owners.next(), owners.next()) {
                // Two deliveries that were found wanting cannot become one; a person decides about each.
                (Some(_), Some(_)) => {}
                (owner, _) => bundles.push((bundle, owner)),
            }
        }
        for folder in &sweep.folders {
            if !self.emptied.contains(&folder.name) {
                bundles.extend(self.folder_bundle(drop, folder, present));
            }
        }
        let orphans = grouped.orphans.into_iter().map(|bundle| bundle.name).collect();
        (bundles, orphans)
    }

    /// What a system left in a folder is not ours to remove, and keeps the folder where all that was delivered in it is gone.
    /// Nothing comes of it then. One from which nothing was taken is an empty folder like any other: somebody may wait for it.
    pub(super) fn note_emptied(&mut self, sweep: &Sweep) -> Result<(), LineError> {
        let litter_alone = sweep.folders.iter().filter(|folder| folder.has_litter && !folder.is_occupied());
        let litter_alone: BTreeSet<&SourceName> = litter_alone.map(|folder| &folder.name).collect();
        self.emptied.retain(|name| litter_alone.contains(name));
        let (database, station) = (&self.shared.instruments.database, &self.station.name);
        for name in litter_alone {
            if self.emptied.contains(name) {
                continue;
            }
            let newest = database
                .read::<_, DatabaseError, _>(async |tx| deliveries::newest_under(tx, station, name.as_bytes()).await)?;
            if newest.is_some_and(|newest| newest.state == DeliveryState::Taken && !newest.released.is_left()) {
                self.emptied.insert(name.clone());
            }
        }
        Ok(())
    }

    fn folder_bundle(
        &mut self,
        drop: &DropFolder,
        folder: &FoundFolder,
        present: &BTreeMap<&SourceName, SourceStat>,
    ) -> Option<(Bundle, Option<DeliveryId>)> {
        let of_folder = |known: &&KnownDelivery| known.row.source_name == folder.name.as_bytes() && known.is_folder();
        // What came into it since waits until somebody knows whether the folder was whole.
        if self.known.deliveries().filter(of_folder).any(KnownDelivery::is_measuring) {
            return None;
        }
        let mut owner = None;
        let mut bundle = companions::bundle_of(folder);
        for list in [&mut bundle.documents, &mut bundle.sidecars, &mut bundle.indexes] {
            list.retain(|found| match self.known.standing(found, present, drop) {
                Standing::Settled => false,
                Standing::New => true,
                Standing::Of(delivery) => {
                    owner = Some(delivery);
                    true
                }
            });
        }
        // What is left of a folder that was taken: its own empty folders, or a sidecar that came too late.
        let taken = self.known.deliveries().any(|known| of_folder(&known));
        if taken && bundle.documents.is_empty() { None } else { Some((bundle, owner)) }
    }

    /// What stands there and cannot be taken: by name, with its problem as the ledger keeps it.
    pub(super) fn problems(
        &self,
        sweep: &Sweep,
        bundles: &[(Bundle, Option<DeliveryId>)],
    ) -> BTreeMap<SourceName, String> {
        let mut problems = BTreeMap::new();
        let mut add = |name: &SourceName, problem: Result<String, serde_json::Error>| {
            if let Ok(problem) = problem {
                problems.entry(name.clone()).or_insert(problem);
            }
        };
        // A folder is one delivery: what is wrong inside it is told once, at the folder.
        let inside = sweep.folders.iter().filter_map(|folder| Some((&folder.name, folder.refused.first()?)));
        for (name, refusal) in sweep.refused.iter().map(|refusal| (&refusal.name, refusal)).chain(inside) {
            add(name, serde_json_canonicalizer::to_string(&refusal.kind));
        }
        let limit = self.shared.instruments.largest;
        let elsewhere = self.elsewhere(sweep);
        for (bundle, _) in bundles.iter().filter(|(_, owner)| owner.is_none()) {
            let size = bundle.members().fold(0_u64, |sum, found| sum.saturating_add(found.stat.size));
            if bundle.members().any(|found| elsewhere.contains(&found.stat.identity())) {
                add(&bundle.name, serde_json_canonicalizer::to_string(&DeliveryProblem::SeveralStations));
            } else if size > limit {
                add(&bundle.name, serde_json_canonicalizer::to_string(&DeliveryProblem::TooLarge { limit }));
            }
        }
        problems
    }

    /// Files of this sweep that stand in another station's folder as well. Only files with several names are asked about,
    /// and only folders on the same device are looked at, so no other station's share can hold this one up.
    fn elsewhere(&self, sweep: &Sweep) -> BTreeSet<(u64, u64)> {
        let in_folders = sweep.folders.iter().flat_map(|folder| &folder.members);
        let devices: BTreeSet<u64> = sweep
            .files
            .iter()
            .chain(in_folders)
            .filter(|found| found.stat.links > 1)
            .map(|found| found.stat.device)
            .collect();
        if devices.is_empty() {
            return BTreeSet::new();
        }
        let others: Vec<(Name, Arc<DropFolder>)> = locked(&self.shared.places)
            .iter()
            .filter(|(name, drop)| **name != self.station.name && devices.contains(&drop.device()))
            .map(|(name, drop)| (name.clone(), Arc::clone(drop)))
            .collect();
        let swept: Vec<(Name, Sweep)> =
            others.into_iter().filter_map(|(name, drop)| Some((name, drop.sweep(&Limits::default()).ok()?))).collect();
        let sweeps = swept.iter().map(|(name, sweep)| (name, sweep)).chain([(&self.station.name, sweep)]);
        let shared = companions::under_several_stations(sweeps);
        shared.into_iter().filter(|(_, at)| at.contains(&self.station.name)).map(|(identity, _)| identity).collect()
    }
}

/// The names that deliveries with scans may go by now: what was entered under one of them is still there.
pub(super) fn with_documents(bundles: &[(Bundle, Option<DeliveryId>)]) -> BTreeSet<SourceName> {
    let with_documents = bundles.iter().map(|(bundle, _)| bundle).filter(|bundle| !bundle.documents.is_empty());
    let names = |bundle: &Bundle| {
        let of_documents = bundle.documents.iter().map(|found| found.name.clone());
        of_documents.chain([bundle.name.clone()]).collect::<Vec<_>>()
    };
    with_documents.flat_map(names).collect()
}

/// Everything that bears a name in the drop folder and could be part of a delivery, whether or not it is now.
pub(super) fn present(sweep: &Sweep) -> BTreeMap<&SourceName, SourceStat> {
    let inside = sweep.folders.iter().flat_map(|folder| folder.members.iter().chain(&folder.folders));
    let folders = sweep.folders.iter().map(|folder| (&folder.name, folder.stat));
    sweep.files.iter().chain(inside).map(|found| (&found.name, found.stat)).chain(folders).collect()
}
