//! Which files belong together: a document with its sidecar, the files that one sidecar lists, everything in a folder.
//!
//! What a sidecar says is read elsewhere; here it is a function that is passed in. Grouping claims nothing about identity: a
//! bundle that two sidecars lay claim to is one bundle, marked as contested, for a person to look at.
//!
//! Only files that are not known yet may be grouped. A sidecar that was taken into custody with an earlier document, and
//! could not be removed, would otherwise give the next file under that name the earlier patient.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use super::drop::{Found, FoundFolder, Sweep};
use super::names::{self, Part};
use super::source::SourceName;
use crate::ids::Name;

/// The files of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What it goes by: the folder's name, the sidecar's where several files share one, else the document's.
    pub name: SourceName,
    /// Whether it is a folder that was moved in.
    pub is_folder: bool,
    /// In reading order; another order of the pages is for the sidecar or for identification to say.
    pub documents: Vec<Found>,
    pub sidecars: Vec<Found>,
    /// `index.csv` of the folder it lies in. In the drop folder itself an index is shared between
    /// bundles, and must outlive them all.
    pub indexes: Vec<Found>,
    /// Files that a sidecar lists and that are not there (yet). Bare names, as listed.
    pub missing: Vec<OsString>,
    /// Something inside says that the folder is not finished, or prevents its being taken whole.
    pub unfinished: bool,
    /// More than one sidecar speaks for a document, or one that lists no files fits more than one document.
    pub contested: bool,
}

impl Bundle {
    /// Everything that has to be at rest before any of it is taken.
    pub fn members(&self) -> impl Iterator<Item = &Found> {
        self.documents.iter().chain(&self.sidecars).chain(&self.indexes)
    }
}

/// What stands directly in a drop folder, put together.
#[derive(Debug, Default)]
pub struct Companions {
    pub bundles: Vec<Bundle>,
    /// Sidecars without any document: the document may still come. Reported when they outlast the patience limit.
    pub orphans: Vec<Bundle>,
}

/// Puts files of one folder together. `listed` reads a sidecar and gives the bare names that it lists; `None` or nothing
/// listed means that it speaks for the files of its own stem.
///
/// A listed name that holds a `/` matches nothing: a sidecar speaks for its own folder alone.
pub fn companions(files: &[Found], mut listed: impl FnMut(&Found) -> Option<Vec<OsString>>) -> Companions {
    let part = |part: Part| files.iter().filter(move |found| names::part_of(found.name.bare()) == part);
    let mut documents: Vec<&Found> = part(Part::Document).collect();
    documents.sort_by(|a, b| names::in_reading_order(a.name.as_bytes(), b.name.as_bytes()));
    let indexes: Vec<Found> = part(Part::Index).cloned().collect();
    let mut by_name: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (at, document) in documents.iter().enumerate() {
        by_name.entry(names::composed(document.name.bare())).or_default().push(at);
    }

    let mut groups: Vec<Group> = Vec::new();
    for sidecar in part(Part::Sidecar) {
        let listed = listed(sidecar).unwrap_or_default();
        let stem = names::shared_stem(sidecar.name.bare());
        let by_stem: Vec<usize> = (0..)
            .zip(&documents)
            .filter(|(_, document)| names::shared_stem(document.name.bare()) == stem)
            .map(|(at, _)| at)
            .collect();
        let (there, missing): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|name| by_name.contains_key(&names::composed(name)));
        let named: Vec<&Vec<usize>> = there.iter().filter_map(|name| by_name.get(&names::composed(name))).collect();
        let mut claimed: Vec<usize> = named.iter().copied().flatten().copied().collect();
        // A file of its stem that it does not list contradicts the list, and two spellings of one name are two files.
        let contested = if there.is_empty() && missing.is_empty() {
            by_stem.len() > 1
        } else {
            by_stem.iter().any(|document| !claimed.contains(document)) || named.iter().any(|files| files.len() > 1)
        };
        claimed.extend(by_stem);
        let mut group = Group { documents: claimed, sidecars: vec![sidecar.clone()], missing, contested };
        // Whoever speaks for one of these documents already joins this group.
        let (shared, apart): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(|other| other.documents.iter().any(|at| group.documents.contains(at)));
        groups = apart;
        for other in shared {
            group.join(other);
        }
        groups.push(group);
    }

    let mut result = Companions::default();
    let mut alone = vec![true; documents.len()];
    for group in &mut groups {
        group.documents.sort_unstable();
        group.documents.dedup();
        for &at in &group.documents {
            alone.get_mut(at).into_iter().for_each(|alone| *alone = false);
        }
    }
    let alone = (0..).zip(alone).filter(|&(_, alone)| alone).map(|(at, _)| Group::of_one(at));
    for group in alone.chain(groups) {
        let documents: Vec<Found> =
            group.documents.iter().filter_map(|&at| documents.get(at).copied().cloned()).collect();
        let name = match (documents.as_slice(), group.sidecars.as_slice()) {
            ([document], _) | ([document, ..], []) => document.name.clone(),
            (_, [sidecar, ..]) => sidecar.name.clone(),
            ([], []) => continue,
        };
        let is_orphan = documents.is_empty();
        let bundle = Bundle {
            name,
            is_folder: false,
            documents,
            sidecars: group.sidecars,
            indexes: indexes.clone(),
            missing: group.missing,
            unfinished: false,
            contested: group.contested,
        };
        if is_orphan { result.orphans.push(bundle) } else { result.bundles.push(bundle) }
    }
    result.bundles.sort_by(|a, b| a.name.cmp(&b.name));
    result.orphans.sort_by(|a, b| a.name.cmp(&b.name));
    result
}

struct Group {
    documents: Vec<usize>,
    sidecars: Vec<Found>,
    missing: Vec<OsString>,
    contested: bool,
}

impl Group {
    fn of_one(document: usize) -> Self {
        Self { documents: vec![document], sidecars: Vec::new(), missing: Vec::new(), contested: false }
    }

    fn join(&mut self, other: Self) {
        self.documents.extend(other.documents);
        self.sidecars.extend(other.sidecars);
        self.missing.extend(other.missing);
        self.contested = true;
    }
}

/// A folder that was moved in is one bundle, whatever its sidecars say; which of its documents each of them speaks for is
/// read from custody.
#[must_use]
pub fn bundle_of(folder: &FoundFolder) -> Bundle {
    let part = |part: Part| {
        folder.members.iter().filter(move |found| names::part_of(found.name.bare()) == part).cloned().collect()
    };
    Bundle {
        name: folder.name.clone(),
        is_folder: true,
        documents: part(Part::Document),
        sidecars: part(Part::Sidecar),
        indexes: part(Part::Index),
        missing: Vec::new(),
        unfinished: !folder.temporary.is_empty() || !folder.refused.is_empty(),
        contested: false,
    }
}

/// Files that stand in the folders of two stations or more, by [`identity`](super::source::SourceStat::identity): links to one file. Nobody can
/// tell where it was scanned, so all of them are held.
#[must_use]
pub fn under_several_stations<'a>(
    sweeps: impl IntoIterator<Item = (&'a Name, &'a Sweep)>,
) -> BTreeMap<(u64, u64), BTreeSet<&'a Name>> {
    let mut stations: BTreeMap<_, BTreeSet<&Name>> = BTreeMap::new();
    for (station, sweep) in sweeps {
        let in_folders = sweep.folders.iter().flat_map(|folder| &folder.members);
        // A file with one name stands in one place.
        for found in sweep.files.iter().chain(in_folders).filter(|found| found.stat.links > 1) {
            stations.entry(found.stat.identity()).or_default().insert(station);
        }
    }
    stations.retain(|_, stations| stations.len() > 1);
    stations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::source::{FileTime, SourceStat};

    fn found(name: &str) -> Found {
        let time = FileTime { seconds: 0, nanoseconds: 0 };
        let stat = SourceStat { device: 1, inode: 1, size: 1, modified: time, changed: time, links: 1 };
        Found { name: SourceName::new(name.into()).unwrap(), stat }
    }

    /// `name: documents + sidecars ? missing !`, one line a bundle.
    fn told(files: &[&str], lists: &[(&str, &[&str])]) -> Vec<String> {
        let files: Vec<Found> = files.iter().map(|name| found(name)).collect();
        let grouped = companions(&files, |sidecar| {
            let (_, list) = lists.iter().find(|(name, _)| sidecar.name.bare() == *name)?;
            Some(list.iter().map(OsString::from).collect())
        });
        let bare = |found: &[Found]| found.iter().map(|f| f.name.to_string()).collect::<Vec<_>>().join(" ");
        let tell = |kind: &str, bundle: &Bundle| {
            let mut line = format!("{kind}{}: {}", bundle.name, bare(&bundle.documents));
            for (mark, found) in [("+", &bundle.sidecars), ("#", &bundle.indexes)] {
                if !found.is_empty() {
                    line = format!("{line} {mark} {}", bare(found));
                }
            }
            for missing in &bundle.missing {
                line = format!("{line} ? {}", missing.display());
            }
            if bundle.contested { line + " !" } else { line }
        };
        let bundles = grouped.bundles.iter().map(|bundle| tell("", bundle));
        bundles.chain(grouped.orphans.iter().map(|bundle| tell("orphan ", bundle))).collect()
    }

    #[test]
    fn a_sidecar_goes_with_the_file_of_its_stem() {
        assert_eq!(told(&["a.tif", "a.json", "b.tif"], &[]), ["a.tif: a.tif + a.json", "b.tif: b.tif"]);
        assert_eq!(told(&["a.tif", "A.json"], &[]), ["a.tif: a.tif", "orphan A.json:  + A.json"]);
        assert_eq!(told(&["a.b.tif", "a.json"], &[]), ["a.b.tif: a.b.tif", "orphan a.json:  + a.json"]);
    }

    #[test]
    fn one_sidecar_may_list_several_files() {
        assert_eq!(
            told(&["p1.tif", "p2.tif", "visit.json", "x.tif"], &[("visit.json", &["p1.tif", "p2.tif"])]),
            ["visit.json: p1.tif p2.tif + visit.json", "x.tif: x.tif"]
        );
        assert_eq!(
            told(&["p1.tif", "visit.json"], &[("visit.json", &["p1.tif", "p2.tif"])]),
            ["p1.tif: p1.tif + visit.json ? p2.tif"]
        );
        assert_eq!(
            told(&["visit.json"], &[("visit.json", &["../other/p1.tif"])]),
            ["orphan visit.json:  + visit.json ? ../other/p1.tif"]
        );
    }

    #[test]
    fn what_is_claimed_twice_is_contested() {
        assert_eq!(told(&["a.tif", "a.pdf", "a.json"], &[]), ["a.json: a.pdf a.tif + a.json !"]);
        assert_eq!(told(&["p.tif", "p.json", "q.json"], &[("q.json", &["p.tif"])]), ["p.tif: p.tif + q.json p.json !"]);
        assert_eq!(told(&["a.tif", "p.tif", "a.json"], &[("a.json", &["p.tif"])]), ["a.json: a.tif p.tif + a.json !"]);
    }

    #[test]
    fn one_spelling_of_a_name_is_enough() {
        let (nfc, nfd) = ("\u{30ac}.tif", "\u{30ab}\u{3099}.tif");
        let sidecar = "\u{30ac}.json";
        assert_eq!(told(&[nfd, sidecar], &[]), [format!("{nfd}: {nfd} + {sidecar}")]);
        assert_eq!(told(&[nfd, "v.json"], &[("v.json", &[nfc])]), [format!("{nfd}: {nfd} + v.json")]);
        // Both are there: nobody can tell which is meant.
        assert_eq!(told(&[nfc, nfd, "v.json"], &[("v.json", &[nfc])]), [format!("v.json: {nfd} {nfc} + v.json !")]);
        assert_eq!(told(&[nfc, nfd, sidecar], &[]), [format!("{sidecar}: {nfd} {nfc} + {sidecar} !")]);
    }

    #[test]
    fn groups_join_through_a_third() {
        let lists: [(&str, &[&str]); 3] =
            [("x.json", &["1.tif"]), ("y.json", &["2.tif"]), ("z.json", &["1.tif", "2.tif"])];
        assert_eq!(
            told(&["1.tif", "2.tif", "x.json", "y.json", "z.json"], &lists),
            ["z.json: 1.tif 2.tif + z.json x.json y.json !"]
        );
    }

    #[test]
    fn an_index_is_shared_by_all() {
        assert_eq!(
            told(&["a.tif", "b.tif", "index.csv"], &[]),
            ["a.tif: a.tif # index.csv", "b.tif: b.tif # index.csv"]
        );
        assert!(told(&["index.csv"], &[]).is_empty());
    }

    #[test]
    fn one_file_in_two_stations_is_noticed() {
        let (a, b): (Name, Name) = ("a".parse().unwrap(), "b".parse().unwrap());
        let linked = |inode: u64, links: u64| {
            let mut found = found("scan.tif");
            (found.stat.inode, found.stat.links) = (inode, links);
            found
        };
        let first = Sweep { files: vec![linked(1, 2), linked(2, 2), linked(2, 2), linked(3, 1)], ..Sweep::default() };
        let second = Sweep { files: vec![linked(1, 2), linked(4, 2)], ..Sweep::default() };
        let shared = under_several_stations([(&a, &first), (&b, &second)]);
        assert_eq!(shared, BTreeMap::from([((1, 1), BTreeSet::from([&a, &b]))]));
    }
}
