//! What the name alone says of something in a drop folder.
//!
//! Names are bytes; letters are compared without regard to ASCII case, since some of these come from Windows. A name never
//! says that a file is a scan, let alone a whole one: it only says what is not worth looking at (yet).

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Where the station's notes for people stand. Ours.
pub const STATUS: &str = "_status";
/// How names of ours begin inside a drop folder: marker, release folder, temporary files.
pub const OURS: &str = ".torikomi-";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// Perhaps a scan, a sidecar or a folder of scans.
    Candidate,
    /// Ours; never looked at as a delivery.
    Ours,
    /// Operating systems and storage boxes leave it everywhere, and no scanner gives a scan such a name. Passed over
    /// in silence.
    Litter,
    /// How programs name what they have not finished, or hide. Passed over, and reported when it outlasts the patience
    /// limit, because an upload may have ended there.
    Temporary,
}

/// Whole names, in lower case.
const LITTER: [&str; 17] = [
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    ".ds_store",
    ".localized",
    ".appledouble",
    ".spotlight-v100",
    ".fseventsd",
    ".trashes",
    "@eadir",       // Synology: thumbnails
    ".@__thumb",    // QNAP: thumbnails
    "@recycle",     // QNAP
    "#recycle",     // Synology
    "#snapshot",    // Synology
    "$recycle.bin", // Windows
    "system volume information",
    "lost+found",
];

/// Endings, in lower case.
const UNFINISHED: [&str; 7] = [".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", "~"];

/// What the bare name of a file or folder says.
#[must_use]
pub fn kind_of(name: &OsStr) -> NameKind {
    let name = name.as_bytes().to_ascii_lowercase();
    let is = |known: &&str| name == known.as_bytes();
    let ends = |known: &&str| name.ends_with(known.as_bytes());
    if name == STATUS.as_bytes() || name.starts_with(OURS.as_bytes()) {
        NameKind::Ours
    } else if LITTER.iter().any(is) {
        NameKind::Litter
    } else if name.starts_with(b".") || name.starts_with(b"~") || UNFINISHED.iter().any(ends) {
        // The leading dot covers `.in.NAME`, `.~tmp~`, rsync's `.NAME.XXXXXX`, AppleDouble's `._NAME`, `.nfs…`.
        NameKind::Temporary
    } else {
        NameKind::Candidate
    }
}

/// What a name says of the part its file plays in a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Document,
    /// `STEM.json`, describing `STEM.*` or the files it lists.
    Sidecar,
    /// `index.csv`, describing the files of its own folder.
    Index,
}

#[must_use]
pub fn part_of(name: &OsStr) -> Part {
    let name = name.as_bytes().to_ascii_lowercase();
    if name == b"index.csv" {
        Part::Index
    } else if extension(&name) == Some(b"json") {
        Part::Sidecar
    } else {
        Part::Document
    }
}

/// One spelling of a name: some systems deliver names composed (NFC), some decomposed (NFD), and one folder may hold both.
#[must_use]
pub fn composed(name: &OsStr) -> Vec<u8> {
    match name.to_str() {
        Some(text) => text.nfc().collect::<String>().into_bytes(),
        None => name.as_bytes().to_vec(),
    }
}

/// What a sidecar shares with its document: the name without its extension, composed.
#[must_use]
pub fn shared_stem(name: &OsStr) -> Vec<u8> {
    composed(OsStr::from_bytes(stem(name)))
}

/// The name without its extension, byte for byte.
#[must_use]
pub fn stem(name: &OsStr) -> &[u8] {
    let bytes = name.as_bytes();
    match extension(bytes) {
        Some(extension) => bytes.get(..bytes.len() - extension.len() - 1).unwrap_or(bytes),
        None => bytes,
    }
}

/// The order in which people read names: a run of digits counts as a number, so `p2` comes before `p10`.
#[must_use]
pub fn in_reading_order(a: &[u8], b: &[u8]) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some((one, rest_of_one)), Some((other, rest_of_other))) = (first_run(left), first_run(right)) {
        let is_number = |run: &[u8]| run.first().is_some_and(u8::is_ascii_digit);
        let order = if is_number(one) && is_number(other) {
            let digits = |run: &[u8]| run.iter().copied().skip_while(|&digit| digit == b'0').collect::<Vec<_>>();
            let (one, other) = (digits(one), digits(other));
            one.len().cmp(&other.len()).then(one.cmp(&other))
        } else {
            one.cmp(other)
        };
        if order.is_ne() {
            return order;
        }
        (left, right) = (rest_of_one, rest_of_other);
    }
    // What is left of one of them, and how many noughts its numbers begin with, decide where nothing else does.
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// A run of digits, or one byte that is none; and what follows.
fn first_run(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    name.split_at_checked(digits.max(1))
}

/// The first number that these names leave out, where they differ in one number alone: 2 of `p1.tif` and `p3.tif`.
#[must_use]
pub fn first_number_left_out(names: &[&str]) -> Option<u64> {
    let mut numbers = Vec::new();
    let mut frame = None;
    for name in names {
        let end = name.rfind(|character: char| character.is_ascii_digit())? + 1;
        let (before, after) = name.split_at_checked(end)?;
        let begin = before.rfind(|character: char| !character.is_ascii_digit());
        let begin =
            begin.map_or(0, |at| at + before.get(at..).and_then(|c| c.chars().next()).map_or(1, char::len_utf8));
        let (before, number) = before.split_at_checked(begin)?;
        if *frame.get_or_insert((before, after)) != (before, after) {
            return None;
        }
        numbers.push(number.parse::<u64>().ok()?);
    }
    numbers.sort_unstable();
    let gap = numbers.iter().zip(numbers.iter().skip(1)).find(|(one, next)| one.saturating_add(1) < **next);
    gap.map(|(one, _)| one.saturating_add(1))
}

fn extension(name: &[u8]) -> Option<&[u8]> {
    let dot = name.iter().rposition(|&b| b == b'.').filter(|&dot| dot > 0)?;
    name.get(dot + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_name() {
        let cases: [(&[u8], NameKind); 38] = [
            (b"scan.tif", NameKind::Candidate),
            ("紹介状.pdf".as_bytes(), NameKind::Candidate),
            (b"\x83X\x83L.tif", NameKind::Candidate),
            (b"no extension", NameKind::Candidate),
            (b"line\nbreak.tif", NameKind::Candidate),
            (b"part", NameKind::Candidate),
            (b"scan.part.tif", NameKind::Candidate),
            (b"a~b.tif", NameKind::Candidate),
            (b"_status.tif", NameKind::Candidate),
            (b"tmp", NameKind::Candidate),
            (b"_status", NameKind::Ours),
            (b".torikomi-drop", NameKind::Ours),
            (b".torikomi-release", NameKind::Ours),
            (b".torikomi-tmp-0", NameKind::Ours),
            (b"Thumbs.db", NameKind::Litter),
            (b"THUMBS.DB", NameKind::Litter),
            (b"desktop.ini", NameKind::Litter),
            (b".DS_Store", NameKind::Litter),
            (b"@eaDir", NameKind::Litter),
            (b"#recycle", NameKind::Litter),
            (b"$RECYCLE.BIN", NameKind::Litter),
            (b"lost+found", NameKind::Litter),
            (b"scan.tif.part", NameKind::Temporary),
            (b"SCAN.TMP", NameKind::Temporary),
            (b"scan.tif.filepart", NameKind::Temporary),
            (b"scan.tif.partial", NameKind::Temporary),
            (b"scan.tif~", NameKind::Temporary),
            (b"~scan.tif", NameKind::Temporary),
            (b"~$scan.docx", NameKind::Temporary),
            (b".in.scan.tif.", NameKind::Temporary),
            (b".~tmp~", NameKind::Temporary),
            (b".scan.tif.Xa91bQ", NameKind::Temporary),
            (b"._scan.tif", NameKind::Temporary),
            (b".nfs000000012", NameKind::Temporary),
            (b".hidden.tif", NameKind::Temporary),
            (b"scan.tif.crdownload", NameKind::Temporary),
            (b".part", NameKind::Temporary),
            (b"~", NameKind::Temporary),
        ];
        for (name, kind) in cases {
            assert_eq!(kind_of(OsStr::from_bytes(name)), kind, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn names_are_read_as_people_read_them() {
        let sorted = [
            "a/p1.tif",
            "a/p10.tif",
            "p1.tif",
            "p02.tif",
            "p2.tif",
            "p2a.tif",
            "p10-1.tif",
            "p010.tif",
            "p10.tif",
            "q.tif",
        ];
        let mut shuffled = sorted;
        shuffled.reverse();
        shuffled.sort_by(|a, b| in_reading_order(a.as_bytes(), b.as_bytes()));
        assert_eq!(shuffled, sorted);
    }

    #[test]
    fn a_number_that_is_left_out_is_noticed() {
        let cases: [(&[&str], Option<u64>); 8] = [
            (&["p1.tif", "p3.tif"], Some(2)),
            (&["p10.tif", "p9.tif", "p11.tif"], None),
            (&["001.tif", "002.tif", "004.tif"], Some(3)),
            (&["頁1.tif", "頁2.tif", "頁5.tif"], Some(3)),
            (&["p1.tif", "q3.tif"], None),
            (&["p1.tif"], None),
            (&["a.tif", "b.tif"], None),
            (&["p1.tif", "p1.tif"], None),
        ];
        for (names, left_out) in cases {
            assert_eq!(first_number_left_out(names), left_out, "{names:?}");
        }
    }

    #[test]
    fn parts_and_stems() {
        let part = |name: &str| part_of(OsStr::new(name));
        assert_eq!(part("scan.json"), Part::Sidecar);
        assert_eq!(part("SCAN.JSON"), Part::Sidecar);
        assert_eq!(part("INDEX.csv"), Part::Index);
        assert_eq!(part("index.json"), Part::Sidecar);
        assert_eq!(part("other.csv"), Part::Document);
        assert_eq!(part("json"), Part::Document);
        for (name, expected) in
            [("scan.tif", "scan"), ("a.b.tif", "a.b"), ("scan", "scan"), (".json", ".json"), ("a.", "a")]
        {
            assert_eq!(stem(OsStr::new(name)), expected.as_bytes(), "{name}");
        }
        let [nfc, nfd] = ["\u{30ac}.tif", "\u{30ab}\u{3099}.json"].map(|name| shared_stem(OsStr::new(name)));
        assert_eq!(nfc, nfd);
        assert_eq!(shared_stem(OsStr::from_bytes(b"\x83X.tif")), b"\x83X");
    }
}
