//! What lies on the disk: objects, custody, attempts, profiles.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;

use super::RebuildError;
use crate::config::Config;
use crate::config::home::Home;
use crate::crypto::check::{self, SignedManifest};
use crate::durable::{Class, Failure, Folder};
use crate::evidence::manifest::Member as Named;
use crate::evidence::record::RecordJson;
use crate::identity::table::Encoding;
use crate::ids::{AttemptId, DeliveryId, Digest, HomeId, Name};
use crate::intake::custody::{self, CustodyCopy};
use crate::intake::drop::DropFolder;
use crate::intake::names::Part as Side;
use crate::ledger::attempts::{Attempt, AttemptState};
use crate::measurements::{Measurements, MeasurementsError};
use crate::signing::{ATTEMPTS, LONGEST_FILE, MANIFEST_FILE, RECORD_FILE, SIGNATURE_FILE, STAMPED_FILE};
use crate::store::{Objects, StoreError};
use crate::upkeep::check::MOST_NAMES;

pub(super) struct Disk<'a> {
    home: HomeId,
    config: &'a Config,
    root: &'a Home,
    objects: &'a Objects,
    custody: Folder,
    /// The copies in custody, by their numbers.
    copies: BTreeMap<DeliveryId, Vec<u32>>,
    attempts: BTreeSet<AttemptId>,
    /// The home's own files, by their digests.
    profiles: BTreeMap<Digest, Vec<u8>>,
}

/// A record's small parts.
pub(super) struct Parts {
    pub json: RecordJson,
    /// Of `record.json`.
    pub record: Digest,
    pub named: Vec<Named>,
    pub signed: SignedManifest,
}

impl<'a> Disk<'a> {
    pub(super) fn look(root: &'a Home, config: &'a Config, objects: &'a Objects) -> Result<Self, RebuildError> {
        let custody = Folder::open(&root.layout().custody(config))?;
        let mut copies: BTreeMap<DeliveryId, Vec<u32>> = BTreeMap::new();
        for name in custody.names(MOST_NAMES)? {
            if let Some((delivery, copy)) = name.to_str().and_then(custody::parse_folder_name) {
                copies.entry(delivery).or_default().push(copy);
            }
        }
        let mut attempts = BTreeSet::new();
        if let Some(folder) = unless_gone(custody.open_folder(ATTEMPTS))? {
            attempts
                .extend(folder.names(MOST_NAMES)?.iter().filter_map(|name| name.to_str()?.parse::<AttemptId>().ok()));
        }
        let mut profiles = BTreeMap::new();
        if let Some(folder) = unless_gone(Folder::open(&root.layout().profiles()))? {
            for name in folder.names(MOST_NAMES)? {
                let Some(name) = name.to_str().filter(|name| name.ends_with(".toml")) else { continue };
                if let Some(bytes) = unless_gone(folder.read(name, LONGEST_FILE))? {
                    profiles.insert(Digest::of(&bytes), bytes);
                }
            }
        }
        Ok(Self { home: root.id(), config, root, objects, custody, copies, attempts, profiles })
    }

    pub(super) fn home(&self) -> HomeId {
        self.home
    }

    /// The stations whose drop folder was set up: it is there, and ours.
    pub(super) fn stations(&self) -> Vec<Name> {
        let root = self.root.layout().root();
        let ours = |(name, station): &(&Name, &crate::config::station::Station)| {
            DropFolder::is_ours(&station.folder(root, name), self.root, name)
        };
        self.config.stations.iter().filter(ours).map(|(name, _)| name.clone()).collect()
    }

    /// Whether something stands under a name in a station's drop folder, or that cannot be told.
    pub(super) fn stands(&self, station: &Name, name: &OsStr) -> bool {
        let root = self.root.layout().root();
        let Some(settings) = self.config.stations.get(station) else { return true };
        // Of a name that is not text only what is shown of it is known.
        if name.to_string_lossy().contains(char::REPLACEMENT_CHARACTER) {
            return true;
        }
        let folder = settings.folder(root, station);
        !DropFolder::is_ours(&folder, self.root, station) || folder.join(name).symlink_metadata().is_ok()
    }

    /// How a station's lists are written.
    pub(super) fn encoding(&self, station: &Name) -> Option<Encoding> {
        self.config.stations.get(station).map(|station| station.index_encoding)
    }

    /// The newest copy of a delivery whose description can be read.
    pub(super) fn newest_copy(&self, delivery: DeliveryId) -> Option<CustodyCopy> {
        self.copies_of(delivery).next()
    }

    /// The copy of this number.
    pub(super) fn copy(&self, delivery: DeliveryId, number: u32) -> Option<CustodyCopy> {
        self.copies_of(delivery).find(|copy| copy.manifest().copy == number)
    }

    /// The newest copy whose scans are these.
    pub(super) fn copy_of(&self, delivery: DeliveryId, contents: &[Digest]) -> Option<CustodyCopy> {
        self.copies_of(delivery).find(|copy| holds(copy, contents))
    }

    /// The copy of this number, whose scans are these.
    pub(super) fn very_copy(&self, delivery: DeliveryId, number: u32, contents: &[Digest]) -> Option<CustodyCopy> {
        self.copy(delivery, number).filter(|copy| holds(copy, contents))
    }

    fn copies_of(&self, delivery: DeliveryId) -> impl Iterator<Item = CustodyCopy> {
        let numbers = self.copies.get(&delivery).into_iter().flatten().rev();
        let copies = numbers.filter_map(move |number| CustodyCopy::open(&self.custody, delivery, *number).ok());
        copies.filter(|copy| copy.manifest().home == self.home)
    }

    /// An object's bytes; none where it is missing or damaged.
    pub(super) fn object(&self, digest: &Digest) -> Result<Option<Vec<u8>>, RebuildError> {
        match self.objects.get(digest) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::Missing(_) | StoreError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the bytes of a scan or a sidecar are among the objects. Where they are gone, and a copy of one of the deliveries
    /// still has them, they are put back.
    pub(super) fn has_delivered(&self, deliveries: &[DeliveryId], content: &Digest) -> Result<bool, RebuildError> {
        match self.objects.check(content) {
            Ok(_) => return Ok(true),
            Err(StoreError::Damaged { .. }) => return Ok(false),
            Err(StoreError::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
        for copy in deliveries.iter().flat_map(|delivery| self.copies_of(*delivery)) {
            let Some(member) = copy.manifest().members.iter().find(|member| member.digest == *content) else {
                continue;
            };
            let Some(file) = unless_gone(copy.open_member(member))? else { continue };
            match self.objects.put_stream(*content, member.size, file) {
                Ok(()) => return Ok(true),
                // This copy is damaged too.
                Err(StoreError::NotWhatWasSaid { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    /// How long an object is.
    pub(super) fn length(&self, digest: &Digest) -> Result<Option<u64>, RebuildError> {
        Ok(self.objects.length(digest)?)
    }

    pub(super) fn measurements(&self, object: &Digest) -> Result<Option<Measurements>, RebuildError> {
        match self.object(object)?.map(|bytes| Measurements::read(&bytes)) {
            None | Some(Err(MeasurementsError::Unreadable(_))) => Ok(None),
            Some(Ok(measurements)) => Ok(Some(measurements)),
            // It is there, and what it means only a newer build knows.
            Some(Err(MeasurementsError::Newer { found })) => {
                Err(RebuildError::NewerMeasurements { object: *object, found })
            }
        }
    }

    /// A profile's bytes: an object, or a file of the home.
    pub(super) fn profile(&self, digest: &Digest) -> Result<Option<Vec<u8>>, RebuildError> {
        match self.profiles.get(digest) {
            Some(bytes) => Ok(Some(bytes.clone())),
            None => self.object(digest),
        }
    }

    pub(super) fn profiles(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.profiles.values()
    }

    /// The small parts of a filed record, by the digests of its manifest and signature.
    pub(super) fn record(&self, manifest: &Digest, signature: &Digest) -> Result<Option<Parts>, RebuildError> {
        let (Some(manifest), Some(signature)) = (self.object(manifest)?, self.object(signature)?) else {
            return Ok(None);
        };
        let Ok(named) = check::manifest(&manifest) else { return Ok(None) };
        let record = named.iter().find(|member| member.name.as_str() == RECORD_FILE).map(|member| member.digest);
        let Some(record) = record else { return Ok(None) };
        let json = self.object(&record)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let (Some(json), Ok(signed)) = (json, check::cades(&signature, &manifest)) else { return Ok(None) };
        Ok(Some(Parts { json, record, named, signed }))
    }

    pub(super) fn attempts(&self) -> &BTreeSet<AttemptId> {
        &self.attempts
    }

    /// An attempt that came to nothing, by its files.
    pub(super) fn missed(&self, id: AttemptId) -> Result<Option<Attempt>, RebuildError> {
        let Some(folder) = unless_gone(self.custody.open_folder(ATTEMPTS))? else { return Ok(None) };
        let Some(folder) = unless_gone(folder.open_folder(&id.to_string()))? else { return Ok(None) };
        let read = |name: &str| unless_gone(folder.read(name, LONGEST_FILE));
        let (Some(record), Some(manifest)) = (read(RECORD_FILE)?, read(MANIFEST_FILE)?) else { return Ok(None) };
        let signature = match read(STAMPED_FILE)? {
            None => read(SIGNATURE_FILE)?,
            stamped => stamped,
        };
        let Some(Ok(signed)) = signature.map(|signature| check::cades(&signature, &manifest)) else { return Ok(None) };
        let Ok(json) = serde_json::from_slice::<RecordJson>(&record) else { return Ok(None) };
        let mut attempt = attempt(&json, Digest::of(&record), Digest::of(&manifest), &signed);
        attempt.state = AttemptState::Missed;
        Ok(Some(attempt).filter(|attempt| attempt.id == id))
    }
}

/// The row of an attempt that was filed.
pub(super) fn attempt(json: &RecordJson, record: Digest, manifest: Digest, signed: &SignedManifest) -> Attempt {
    let claim = signed.timestamp.as_ref().and_then(|token| check::timestamp_claim(token, &signed.signature).ok());
    Attempt {
        id: json.attempt,
        document: json.document,
        state: AttemptState::Filed,
        record,
        manifest,
        signer: json.signer.person.id,
        manager: json.information_manager.id,
        session: json.signer.session,
        // To the second, as the signature has it.
        signed_at: signed.signing_time,
        timestamped_at: claim.map(|claim| claim.gen_time),
        stamp_due_at: None,
    }
}

fn unless_gone<T>(outcome: Result<T, Failure>) -> Result<Option<T>, RebuildError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.class() == Class::Gone => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Whether these are the scans of a copy, in their order.
fn holds(copy: &CustodyCopy, contents: &[Digest]) -> bool {
    let scans = copy.manifest().members.iter().filter(|member| member.part == Side::Document);
    scans.map(|member| &member.digest).eq(contents)
}
