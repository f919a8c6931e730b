//! What the name alone says of something in a drop folder.
//!
//! Names are bytes; letters are compared without regard to ASCII case, since some of these come from Windows. A name never
//! says that a file is a scan, let alone a whole one: it only says what is not worth looking at (yet).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde::{Deserialize, Serialize};

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
    /// `index.csv` or `index.json`, describing the files of its own folder.
    Index,
}

#[must_use]
pub fn part_of(name: &OsStr) -> Part {
    let name = name.as_bytes().to_ascii_lowercase();
    if name == b"index.csv" || name == b"index.json" {
        Part::Index
    } else if extension(&name) == Some(b"json") {
        Part::Sidecar
    } else {
        Part::Document
    }
}

/// The name without its extension, byte for byte: what a sidecar shares with its document.
#[must_use]
pub fn stem(name: &OsStr) -> &[u8] {
    let bytes = name.as_bytes();
    match extension(bytes) {
        Some(extension) => bytes.get(..bytes.len() - extension.len() - 1).unwrap_or(bytes),
        None => bytes,
    }
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
    fn parts_and_stems() {
        let part = |name: &str| part_of(OsStr::new(name));
        assert_eq!(part("scan.json"), Part::Sidecar);
        assert_eq!(part("SCAN.JSON"), Part::Sidecar);
        assert_eq!(part("INDEX.csv"), Part::Index);
        assert_eq!(part("index.json"), Part::Index);
        assert_eq!(part("other.csv"), Part::Document);
        assert_eq!(part("json"), Part::Document);
        for (name, expected) in
            [("scan.tif", "scan"), ("a.b.tif", "a.b"), ("scan", "scan"), (".json", ".json"), ("a.", "a")]
        {
            assert_eq!(stem(OsStr::new(name)), expected.as_bytes(), "{name}");
        }
    }
}
