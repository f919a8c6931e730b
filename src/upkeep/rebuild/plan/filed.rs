//! A filing: what its record says of the document, and what is left of it beside that.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::super::disk::attempt;
use super::super::steps::{Filed, Step};
use super::super::{NotRebuilt, RebuildError};
use super::{Open, Planner, fact, scans};
use crate::document::{DocumentState, Part};
use crate::evidence::manifest::{MANIFEST_PATH, SIGNATURE_MEDIA_TYPE, SIGNATURE_PATH};
use crate::evidence::record::RecordJson;
use crate::filing;
use crate::ids::{AttemptId, DeliveryId, Digest, DocumentId, Name};
use crate::instant::Instant;
use crate::intake::names::{self, Part as Side};
use crate::journal::Entry;
use crate::ledger::deliveries::{DeliveryFile, Released, Role};
use crate::ledger::spoken::Sidecar;
use crate::pipeline::rows_of;

impl Planner<'_> {
    /// What is known of a document beside its record, or without one.
    pub(super) fn beside(&self, document: DocumentId, open: &Open, at: Instant, steps: &mut Vec<Step>) {
        self.spoken(document, open, steps);
        if open.copy.is_none() {
            let scan = |(ordinal, (name, content)): (u32, &(String, Digest))| {
                file(ordinal, Role::Scan, open.folder.as_deref(), name, *content, 0)
            };
            let files: Vec<_> = (1..).zip(&open.scans).map(scan).collect();
            let released = self.released(&open.station, &files);
            steps.push(Step::Gone { delivery: open.delivery, files, released, at });
        }
    }

    /// The rows of lists in custody that have spoken for a document, or were done with when it was identified: they never
    /// speak again. A folder's list is its own.
    pub(super) fn spoken(&self, document: DocumentId, open: &Open, steps: &mut Vec<Step>) {
        let copy = open.copy.and_then(|number| self.disk.copy(open.delivery, number));
        let Some(copy) = copy.filter(|copy| !copy.manifest().is_folder) else { return };
        let names: Vec<String> =
            scans(copy.manifest()).map(|member| member.name.bare().to_string_lossy().into_owned()).collect();
        for member in copy.manifest().members.iter().filter(|member| member.part == Side::Index) {
            let mut list = Vec::new();
            if let Ok(file) = copy.open_member(member) {
                let _ = std::io::Read::read_to_end(&mut std::io::Read::take(file, LONGEST_LIST), &mut list);
            }
            self.rows(&list, &open.station, &names, document, steps);
        }
    }

    fn rows(&self, list: &[u8], station: &Name, names: &[String], document: DocumentId, steps: &mut Vec<Step>) {
        let Some(encoding) = self.disk.encoding(station) else { return };
        let rows = rows_of(list, encoding, names).into_iter();
        steps.extend(rows.map(|row| Step::Row { station: station.clone(), row, document }));
    }

    pub(super) fn filed(&mut self, entry: &Entry, steps: &mut Vec<Step>) -> Result<(), RebuildError> {
        let (Some(document), Some(record)) = (entry.subject.document, entry.subject.record) else { return Ok(()) };
        let open = self.open.remove(&document);
        self.filed.extend(fact::<AttemptId>(entry, "attempt"));
        let digests = fact::<Digest>(entry, "record_digest").zip(fact::<Digest>(entry, "signature_digest"));
        let parts = match &digests {
            Some((manifest, signature)) => self.disk.record(manifest, signature)?,
            None => None,
        };
        let (Some(found), Some((manifest, signature))) = (parts.filter(|it| it.json.document == document), digests)
        else {
            let object = digests.map_or_else(|| Digest::of(b""), |(manifest, _)| manifest);
            self.unreadable(document, open.as_ref(), entry, object, steps);
            return Ok(());
        };
        let json = found.json;
        let attempt = attempt(&json, found.record, manifest, &found.signed);
        let filed = filing::Filed { record, digest: manifest, at: entry.at };
        let Ok(row) = filing::index_row(&filed, &attempt, &json, entry.index) else {
            self.unreadable(document, open.as_ref(), entry, found.record, steps);
            return Ok(());
        };
        // Its copy is cleared at the next start, so that must not be the last to have a page.
        if open.as_ref().is_some_and(|open| open.copy.is_some()) {
            for file in &json.files {
                if !self.disk.has_delivered(&[file.delivery], &file.digest)? {
                    self.unreadable(document, open.as_ref(), entry, file.digest, steps);
                    return Ok(());
                }
            }
            // Which of several deliveries a sidecar came with nobody knows. Of a list the copy stays in any case.
            let deliveries: Vec<DeliveryId> = json.files.iter().map(|file| file.delivery).collect();
            for sidecar in json.sidecars.iter().filter(|sidecar| sidecar.list.is_none()) {
                let named = found.named.iter().find(|named| named.name.as_str() == sidecar.name);
                let Some(object) = named.map(|named| named.digest) else { continue };
                if !self.disk.has_delivered(&deliveries, &object)? {
                    self.unreadable(document, open.as_ref(), entry, object, steps);
                    return Ok(());
                }
            }
        }
        let member = |name: &str, object: Digest, media_type: &str| -> Result<_, RebuildError> {
            Ok(filing::member(name, object, self.disk.length(&object)?.unwrap_or_default(), media_type))
        };
        let named = found.named.iter();
        let mut members = named
            .map(|named| member(named.name.as_str(), named.digest, named.media_type.as_str()))
            .collect::<Result<Vec<_>, _>>()?;
        members.push(member(MANIFEST_PATH, manifest, "text/xml")?);
        members.push(member(SIGNATURE_PATH, signature, SIGNATURE_MEDIA_TYPE)?);
        let mut sidecars = Vec::new();
        let names: Vec<String> = json.files.iter().map(|file| file.delivered_name.clone()).collect();
        for sidecar in &json.sidecars {
            let named = found.named.iter().find(|named| named.name.as_str() == sidecar.name);
            let Some(object) = named.map(|named| named.digest) else { continue };
            let of_list = sidecar.list.is_some();
            if of_list && let Some(list) = self.disk.object(&object)? {
                self.rows(&list, &json.station, &names, document, steps);
            }
            let (delivered_name, list) = (sidecar.delivered_name.clone(), sidecar.list);
            // Whether all of a list's rows are in the record nobody knows any more: a copy that is still there stays.
            let whole = !of_list || open.as_ref().is_none_or(|open| open.copy.is_none());
            sidecars.push(Sidecar { object, delivered_name, list, whole });
        }
        // After the record's own, which have spoken: others were done with, and the copy may be the last of their list.
        if let Some(open) = open.as_ref().filter(|open| open.copy.is_some()) {
            self.spoken(document, open, steps);
        }
        let folder = open.as_ref().and_then(|open| open.folder.as_deref());
        let (parts, delivered) = (parts_of(&json), delivered(&json, &sidecars, folder));
        let released = self.released(&json.station, delivered.values().flatten());
        let filed = Filed { json, row, members, parts, sidecars, delivered, released, attempt };
        steps.push(Step::Filed(Box::new(filed)));
        self.report.records = self.report.records.saturating_add(1);
        Ok(())
    }

    /// What became of the sources. What stands under one of the names may still be its own.
    fn released<'f>(&self, station: &Name, files: impl IntoIterator<Item = &'f DeliveryFile>) -> Released {
        let stand = files.into_iter().any(|file| self.disk.stands(station, file.source_os_name()));
        if stand { Released::Changed } else { Released::Gone }
    }

    /// A filing whose record cannot be read. Whose it is nobody can tell, and what is left of it elsewhere stays.
    fn unreadable(
        &mut self,
        document: DocumentId,
        open: Option<&Open>,
        entry: &Entry,
        object: Digest,
        steps: &mut Vec<Step>,
    ) {
        steps.extend([Step::End { document, state: DocumentState::Filed, at: entry.at }, Step::Forget(document)]);
        if let Some(open) = open {
            self.beside(document, open, entry.at, steps);
        }
        self.report.lack([NotRebuilt::Record { journal_index: entry.index, object }]);
    }
}

/// A list is no longer than the tables that identification reads.
const LONGEST_LIST: u64 = 64 << 20;

/// The files of the deliveries of a record. Which of several a sidecar came with nobody knows: it is the first one's. A list
/// in the drop folder itself is no delivery's own.
fn delivered(json: &RecordJson, sidecars: &[Sidecar], folder: Option<&str>) -> BTreeMap<DeliveryId, Vec<DeliveryFile>> {
    let mut delivered: BTreeMap<DeliveryId, Vec<DeliveryFile>> = BTreeMap::new();
    let mut add = |delivery: DeliveryId, role: Role, name: &str, content: Digest, byte_length: u64| {
        let files = delivered.entry(delivery).or_default();
        let ordinal = u32::try_from(files.len()).unwrap_or(u32::MAX).saturating_add(1);
        files.push(file(ordinal, role, folder, name, content, byte_length));
    };
    for file in &json.files {
        add(file.delivery, Role::Scan, &file.delivered_name, file.digest, file.byte_length);
    }
    if let Some(first) = json.files.first() {
        for sidecar in sidecars {
            match (sidecar.list, folder) {
                (None, _) => add(first.delivery, Role::Sidecar, &sidecar.delivered_name, sidecar.object, 0),
                (Some(list), Some(_)) => add(first.delivery, Role::Index, &sidecar.delivered_name, list, 0),
                (Some(_), None) => {}
            }
        }
    }
    delivered
}

/// A file that is in custody no more.
fn file(ordinal: u32, role: Role, folder: Option<&str>, bare: &str, content: Digest, byte_length: u64) -> DeliveryFile {
    let within = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
    let stem = [within.as_bytes(), names::stem(OsStr::new(bare))].concat();
    DeliveryFile {
        ordinal,
        role,
        source_name: format!("{within}{bare}").into_bytes(),
        stem: names::composed(OsStr::from_bytes(&stem)),
        // What the source was like nobody knows any more, and nobody compares it once it is released.
        source_stat: "null".to_owned(),
        custody_name: String::new(),
        content,
        byte_length,
    }
}

/// The parts of a document, by its record.
fn parts_of(json: &RecordJson) -> Vec<Part> {
    let file = |name: &str| json.files.iter().find(|file| file.name == name);
    let part = |pages: &crate::evidence::record::PageRange| {
        let file = file(&pages.file)?;
        Some(Part {
            delivery: file.delivery,
            content: file.digest,
            first_page: pages.first_page,
            page_count: pages.page_count,
            delivered_name: file.delivered_name.clone(),
        })
    };
    json.pages.iter().filter_map(part).collect()
}
