//! What is known of a file that is not ours: its name, as bytes, and what `stat` says of it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// A name as it was delivered, relative to the drop folder: bytes, because nothing says that they are UTF-8, and never
/// an identity, because scanners use names again. It may hold a patient's name or number and stays out of the log.
///
/// In JSON: `{"bytes": "<base64>", "display": "<lossy>"}`; only the first is read back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName(OsString);

impl SourceName {
    /// One or more plain names joined by `/`: nothing empty, no `.` or `..`, no zero byte, at most 4095 bytes.
    #[must_use]
    pub fn new(name: OsString) -> Option<Self> {
        let bytes = name.as_bytes();
        let plain = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.contains(&0);
        (bytes.len() <= 4095 && bytes.split(|&b| b == b'/').all(plain)).then_some(Self(name))
    }

    /// The name of something inside this folder.
    #[must_use]
    pub fn join(&self, inside: &OsStr) -> Option<Self> {
        let mut name = self.0.clone();
        name.push("/");
        name.push(inside);
        if inside.as_bytes().contains(&b'/') { None } else { Self::new(name) }
    }

    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The last part: the bare name of the file or folder.
    #[must_use]
    pub fn bare(&self) -> &OsStr {
        self.split().1
    }

    /// The folder it lies in, where that is not the drop folder itself.
    #[must_use]
    pub fn folder(&self) -> Option<Self> {
        self.split().0.map(|folder| Self(folder.to_owned()))
    }

    fn split(&self) -> (Option<&OsStr>, &OsStr) {
        let bytes = self.0.as_bytes();
        match bytes.iter().rposition(|&b| b == b'/').and_then(|at| bytes.split_at_checked(at)) {
            Some((folder, bare)) => {
                (Some(OsStr::from_bytes(folder)), OsStr::from_bytes(bare.get(1..).unwrap_or_default()))
            }
            None => (None, &self.0),
        }
    }
}

/// For people: what is not UTF-8, breaks a line or turns the direction of reading is shown as an escape.
impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_bytes().utf8_chunks() {
            for character in chunk.valid().chars() {
                let turns = matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
                if character.is_control() || turns {
                    write!(f, "{}", character.escape_unicode())?;
                } else {
                    write!(f, "{character}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameOnPaper {
    bytes: String,
    display: String,
}

impl Serialize for SourceName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        NameOnPaper { bytes: BASE64.encode(self.as_bytes()), display: self.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SourceName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let bytes = NameOnPaper::deserialize(deserializer)?.bytes;
        let bytes = BASE64.decode(bytes.as_bytes()).map_err(D::Error::custom)?;
        Self::new(OsString::from_vec(bytes)).ok_or_else(|| D::Error::custom("not a name below a folder"))
    }
}

/// What `stat` says of a file, as far as a change of its bytes would show in it.
///
/// A write within the same tick of the kernel's clock as the one before shows in neither time; so two of these being
/// equal proves something only when the later times already lie back by more than a tick, which the quiet time sees to.
///
/// In JSON every number is a string: inode numbers and times of some file systems do not fit the integers that JSON can
/// carry exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceStat {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    pub modified: FileTime,
    /// Of the inode: it moves with a rename or a change of rights, too, and nobody can set it back.
    pub changed: FileTime,
    /// How many names the file has.
    pub links: u64,
}

/// A time as a file system keeps it: seconds since 1970 and nanoseconds. By another clock than ours, perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime {
    pub seconds: i64,
    pub nanoseconds: i64,
}

impl SourceStat {
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: FileTime { seconds: metadata.mtime(), nanoseconds: metadata.mtime_nsec() },
            changed: FileTime { seconds: metadata.ctime(), nanoseconds: metadata.ctime_nsec() },
            links: metadata.nlink(),
        }
    }

    /// Which file it is, whatever its name: two names with the same answer are one file.
    #[must_use]
    pub fn identity(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Whether it is the file that it was at an earlier time, perhaps with other bytes. The number of the device is not
    /// asked: it is given anew at each mount, and a restart of the machine would make a new source of every old one.
    #[must_use]
    pub fn same_file(&self, earlier: &Self) -> bool {
        self.inode == earlier.inode
    }

    /// The same file, and as far as can be seen from outside with the same bytes, though perhaps under another name:
    /// a rename moves `changed`.
    #[must_use]
    pub fn same_bytes(&self, earlier: &Self) -> bool {
        self.same_file(earlier) && self.size == earlier.size && self.modified == earlier.modified
    }

    /// Whether nothing has moved but, perhaps, the number of the device.
    #[must_use]
    pub fn same_but_for_device(&self, earlier: &Self) -> bool {
        Self { device: earlier.device, ..*self } == *earlier
    }
}

impl fmt::Display for FileTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.seconds, self.nanoseconds)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatOnPaper {
    device: String,
    inode: String,
    size: String,
    modified: String,
    changed: String,
    links: String,
}

impl Serialize for SourceStat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StatOnPaper {
            device: self.device.to_string(),
            inode: self.inode.to_string(),
            size: self.size.to_string(),
            modified: self.modified.to_string(),
            changed: self.changed.to_string(),
            links: self.links.to_string(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SourceStat {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let paper = StatOnPaper::deserialize(deserializer)?;
        let number = |text: &str| text.parse::<u64>().map_err(D::Error::custom);
        let time = |text: &str| {
            let (seconds, nanoseconds) = text.split_once('.').ok_or_else(|| D::Error::custom("not a file time"))?;
            let parse = |part: &str| part.parse::<i64>().map_err(D::Error::custom);
            Ok(FileTime { seconds: parse(seconds)?, nanoseconds: parse(nanoseconds)? })
        };
        Ok(Self {
            device: number(&paper.device)?,
            inode: number(&paper.inode)?,
            size: number(&paper.size)?,
            modified: time(&paper.modified)?,
            changed: time(&paper.changed)?,
            links: number(&paper.links)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(bytes: &[u8]) -> Option<SourceName> {
        SourceName::new(OsString::from_vec(bytes.to_vec()))
    }

    #[test]
    fn any_bytes_that_can_be_a_name_are_kept() {
        let names: [(&[u8], &str); 6] = [
            (b"scan 1.tif", "scan 1.tif"),
            ("架空 花子.tif".as_bytes(), "架空 花子.tif"),
            (b"two\nlines", "two\\u{a}lines"),
            (b"\x83X\x83L\x83\x83\x83\x93.tif", "\\x83X\\x83L\\x83\\x83\\x83\\x93.tif"),
            ("a\u{202e}fit.exe".as_bytes(), "a\\u{202e}fit.exe"),
            (b"folder/page 1", "folder/page 1"),
        ];
        for (bytes, shown) in names {
            let name = name(bytes).unwrap();
            assert_eq!(name.to_string(), shown);
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<SourceName>(&json).unwrap().as_bytes(), bytes);
        }
        let wrong: [&[u8]; 8] = [b"", b"/a", b"a/", b"a//b", b".", b"..", b"a/../b", b"a\0b"];
        for bytes in wrong {
            assert!(name(bytes).is_none(), "{bytes:?}");
        }
        assert!(serde_json::from_str::<SourceName>(r#"{"bytes":"Li4vYQ==","display":""}"#).is_err());
    }

    #[test]
    fn names_come_apart_and_together() {
        let page = name(b"a/b/page.tif").unwrap();
        assert_eq!(page.bare(), "page.tif");
        assert_eq!(page.folder(), name(b"a/b"));
        assert_eq!(name(b"a/b").unwrap().join(OsStr::new("page.tif")), Some(page));
        assert_eq!(name(b"a").unwrap().folder(), None);
        assert_eq!(name(b"a").unwrap().join(OsStr::new("../b")), None);
    }

    #[test]
    fn large_numbers_survive_json() {
        let stat = SourceStat {
            device: u64::MAX,
            inode: u64::MAX - 1,
            size: (1 << 53) + 1,
            modified: FileTime { seconds: i64::MIN, nanoseconds: 1 },
            changed: FileTime { seconds: i64::MAX, nanoseconds: 999_999_999 },
            links: 1,
        };
        let json = serde_json_canonicalizer::to_string(&stat).unwrap();
        assert_eq!(serde_json::from_str::<SourceStat>(&json).unwrap(), stat);
    }
}
