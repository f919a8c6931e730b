//! Which scans of a delivery a source speaks for. A folder that was moved in may hold folders of its own, and one name in each.

use std::collections::BTreeSet;

use super::composed;
use crate::document::Part;
use crate::ids::Digest;
use crate::intake::custody::Manifest;
use crate::intake::names::{Part as Side, shared_stem};
use crate::intake::source::SourceName;

/// The scans of a delivery, by the names that they were delivered under.
pub(super) struct Scans<'a> {
    scans: Vec<(&'a SourceName, &'a Digest)>,
    /// The folder that was moved in, where one was.
    folder: Option<&'a SourceName>,
}

/// What a sidecar that lists no files speaks for.
pub(super) enum Described<'a> {
    /// All that came, whatever their names.
    All,
    These(Vec<&'a SourceName>),
    /// One of these, and nobody can tell which.
    OneOf(Vec<&'a SourceName>),
}

impl<'a> Scans<'a> {
    pub(super) fn of(manifest: &'a Manifest) -> Self {
        let scans = manifest.members.iter().filter(|member| member.part == Side::Document);
        Self {
            scans: scans.map(|member| (&member.name, &member.digest)).collect(),
            folder: manifest.is_folder.then_some(&manifest.name),
        }
    }

    /// Those that bear a bare name, in whichever folder they lie.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &'a SourceName> {
        self.bearing(name).map(|(scan, _)| scan)
    }

    /// Those that a part of the document may be: one, but where two of equal bytes bear one name in different folders.
    fn of_part(&self, part: &Part) -> impl Iterator<Item = &'a SourceName> {
        self.bearing(&part.delivered_name).filter(|(_, digest)| **digest == part.content).map(|(scan, _)| scan)
    }

    /// Whether all that a part may be are among these. One of which nobody can tell which scan it is, is not.
    pub(super) fn is_spoken_for(&self, part: &Part, spoken_for: &BTreeSet<SourceName>) -> bool {
        let mut scans = self.of_part(part).peekable();
        scans.peek().is_some() && scans.all(|scan| spoken_for.contains(scan))
    }

    fn bearing(&self, name: &str) -> impl Iterator<Item = (&'a SourceName, &'a Digest)> {
        let name = composed(name);
        self.scans.iter().copied().filter(move |(scan, _)| composed(&scan.bare().to_string_lossy()) == name)
    }

    /// It speaks for the scan of its own stem beside it, and for no other that happens to lie there. One that shares its stem with
    /// none speaks for the folder it lies in.
    pub(super) fn described_by(&self, sidecar: &SourceName) -> Described<'a> {
        let (folder, stem) = (sidecar.folder(), shared_stem(sidecar.bare()));
        let beside = self.scans.iter().map(|(scan, _)| *scan).filter(|scan| scan.folder() == folder);
        let (own, others): (Vec<_>, Vec<_>) = beside.partition(|scan| shared_stem(scan.bare()) == stem);
        match own.len() {
            0 if folder.as_ref() == self.folder => Described::All,
            0 => Described::These(others),
            1 => Described::These(own),
            _ => Described::OneOf(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DeliveryId;

    #[test]
    fn a_part_of_which_nobody_knows_which_scan_it_is_is_not_spoken_for() {
        let names = ["one/scan.tif", "two/scan.tif"].map(|name| SourceName::new(name.into()).unwrap());
        let [page, other] = ["a page", "a leaf"].map(|bytes| Digest::of(bytes.as_bytes()));
        let scans = Scans { scans: names.iter().map(|name| (name, &page)).collect(), folder: None };
        let part = |delivered_name: &str, content| {
            let (delivery, delivered_name) = (DeliveryId::new(), delivered_name.to_owned());
            Part { delivery, content, first_page: 1, page_count: 1, delivered_name }
        };
        let (one, both) = (BTreeSet::from([names[0].clone()]), BTreeSet::from(names.clone()));
        assert!(scans.is_spoken_for(&part("scan.tif", page), &both));
        // Either may be meant, and one of them is anybody's.
        assert!(!scans.is_spoken_for(&part("scan.tif", page), &one));
        assert!(!scans.is_spoken_for(&part("scan.tif", other), &both));
        assert!(!scans.is_spoken_for(&part("scan-2.tif", page), &both));
    }
}
