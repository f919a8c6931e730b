//! What the station sees without the console: one small text file for each scan that needs something, in
//! `drop/<station>/_status/`.
//!
//! The text is passed in, Japanese first; it names no patient, and neither does the file's name, which is made of the time
//! and a number. A note goes when its matter is resolved. These files are a courtesy: the ledger holds the truth, a clerk
//! may delete them, and failing to write one never stops intake.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use jiff::tz::TimeZone;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::drop::DropFolder;
use super::names;
use crate::durable::Folder;
use crate::instant::Instant;
use crate::system;

/// People read them from other machines, under other accounts.
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o755);
const FILE_MODE: Mode = Mode::from_raw_mode(0o644);

/// The notes of one station.
#[derive(Debug)]
pub struct Notes<'a> {
    drop: &'a DropFolder,
    /// The wall clock that the station's people read.
    zone: TimeZone,
    /// At most so many; a new note takes the place of the oldest one, whose matter stays in the ledger.
    most: usize,
}

impl<'a> Notes<'a> {
    #[must_use]
    pub fn new(drop: &'a DropFolder, zone: TimeZone, most: usize) -> Self {
        Self { drop, zone, most }
    }

    /// Writes a note and returns its name, by which it is removed later. `None`: it could not be written, which was
    /// logged, and changes nothing else.
    ///
    /// The caller sees to it that the text holds no patient data. It is written for Notepad as well: UTF-8 with its mark,
    /// and lines that end as Windows ends them.
    pub fn write(&self, at: Instant, text: &str) -> Option<String> {
        let written = self.try_write(at, text);
        self.logged("write", written)
    }

    /// Removes a note whose matter is resolved. One that is not there is as good.
    pub fn remove(&self, note: &str) {
        let removed = self.open_folder().and_then(|folder| remove_note(&folder, note));
        self.logged("remove", removed);
    }

    /// Removes every note but these: after a restart, those of which the ledger knows nothing any more.
    pub fn keep_only(&self, known: &[String]) {
        let removed = self.notes().and_then(|(folder, notes)| {
            notes.iter().filter(|note| !known.contains(note)).try_for_each(|note| remove_note(&folder, note))
        });
        self.logged("tidy", removed);
    }

    fn try_write(&self, at: Instant, text: &str) -> io::Result<String> {
        let (folder, notes) = self.notes()?;
        let surplus = (notes.len() + 1).saturating_sub(self.most);
        for oldest in notes.iter().take(surplus) {
            remove_note(&folder, oldest)?;
        }
        let time = at.in_zone(&self.zone).strftime("%Y%m%d-%H%M%S").to_string();
        for number in 1..=999 {
            let name = format!("{time}-{number:03}.txt");
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut file = match rustix::fs::openat(&folder, name.as_str(), flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => File::from(file),
                Err(Errno::EXIST) => continue,
                Err(error) => return Err(error.into()),
            };
            let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
            // Others may read it once it is whole; our umask keeps everything else to ourselves.
            let written = file
                .write_all(format!("\u{feff}{text}").as_bytes())
                .and_then(|()| Ok(rustix::fs::fchmod(&file, FILE_MODE)?));
            if let Err(error) = written {
                let _ = remove_note(&folder, &name);
                return Err(error);
            }
            return Ok(name);
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// The folder, made where it is missing, and the notes in it from the oldest on.
    fn notes(&self) -> io::Result<(Folder, Vec<String>)> {
        let folder = match self.open_folder() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                rustix::fs::mkdirat(self.drop, names::STATUS, Mode::RWXU)?;
                let folder = self.open_folder()?;
                rustix::fs::fchmod(&folder, FOLDER_MODE)?;
                folder
            }
            folder => folder?,
        };
        let path = self.drop.folder().path().join(names::STATUS);
        let folder = Folder::from_descriptor(folder.as_fd().try_clone_to_owned()?, path);
        // Whatever else people put there is not ours to touch.
        let names = folder.names(100_000).map_err(crate::durable::Failure::into_io)?;
        let notes = names.into_iter().filter_map(|name| name.into_string().ok()).filter(|name| is_note(name)).collect();
        Ok((folder, notes))
    }

    fn open_folder(&self) -> io::Result<OwnedFd> {
        system::open_beneath(self.drop, Path::new(names::STATUS), OFlags::RDONLY | OFlags::DIRECTORY)
    }

    fn logged<T>(&self, doing: &str, result: io::Result<T>) -> Option<T> {
        let station = self.drop.station();
        result
            .inspect_err(|error| tracing::warn!(%station, %error, "Could not {doing} a note in {}", names::STATUS))
            .ok()
    }
}

fn remove_note(folder: &impl std::os::fd::AsFd, note: &str) -> io::Result<()> {
    if !is_note(note) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    match rustix::fs::unlinkat(folder, note, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a name has the shape `20261120-183000-001.txt`.
fn is_note(name: &str) -> bool {
    let shape = "dddddddd-dddddd-ddd.txt";
    let fits = |(byte, shape): (u8, u8)| if shape == b'd' { byte.is_ascii_digit() } else { byte == shape };
    name.len() == shape.len() && name.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::durable::testing::Mount;
    use crate::ids::HomeId;

    fn place() -> (tempfile::TempDir, DropFolder) {
        let folder = tempfile::tempdir().unwrap();
        let drop = DropFolder::establish(folder.path(), HomeId::new(), &"er-1".parse().unwrap()).unwrap();
        (folder, drop)
    }

    fn notes(drop: &DropFolder) -> Notes<'_> {
        Notes::new(drop, TimeZone::get("Asia/Tokyo").unwrap(), 3)
    }

    fn at(seconds: i64) -> Instant {
        Instant::from_microseconds((1_795_000_000 + seconds) * 1_000_000).unwrap()
    }

    fn standing(folder: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path().join(names::STATUS)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_note_can_be_read_by_others_and_goes_when_resolved() {
        let (folder, drop) = place();
        let notes = notes(&drop);
        let first = notes.write(at(0), "もう一度お試しください。\nPlease try again.\n").unwrap();
        assert_eq!(first, "20261118-200640-001.txt");
        assert_eq!(notes.write(at(0), "another").unwrap(), "20261118-200640-002.txt");
        let path = folder.path().join(names::STATUS).join(&first);
        assert_eq!(fs::read_to_string(&path).unwrap(), "\u{feff}もう一度お試しください。\r\nPlease try again.\r\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o755);
        notes.remove(&first);
        notes.remove(&first);
        assert_eq!(standing(&folder), ["20261118-200640-002.txt"]);
    }

    #[test]
    fn notes_are_bounded_and_the_oldest_goes_first() {
        let (folder, drop) = place();
        let notes = notes(&drop);
        fs::create_dir(folder.path().join(names::STATUS)).unwrap();
        fs::write(folder.path().join(names::STATUS).join("a clerk's own.txt"), "x").unwrap();
        let written: Vec<String> = (0..5).map(|second| notes.write(at(second), "x").unwrap()).collect();
        assert_eq!(standing(&folder)[..3], written[2..]);
        assert_eq!(standing(&folder)[3], "a clerk's own.txt");
        notes.keep_only(&written[4..]);
        assert_eq!(standing(&folder), [written[4].as_str(), "a clerk's own.txt"]);
    }

    #[test]
    fn only_notes_are_removed() {
        let (folder, drop) = place();
        let notes = notes(&drop);
        fs::create_dir(folder.path().join(names::STATUS)).unwrap();
        fs::write(folder.path().join("20261118-200640-001.txt"), "a scan").unwrap();
        for wrong in ["../20261118-200640-001.txt", "../scan.tif", "", "x.txt"] {
            notes.remove(wrong);
        }
        assert!(folder.path().join("20261118-200640-001.txt").exists());
    }

    #[test]
    fn what_cannot_be_written_stops_nothing() {
        let (folder, drop) = place();
        // A link in place of the folder is not followed.
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join(names::STATUS)).unwrap();
        assert_eq!(notes(&drop).write(at(0), "x"), None);
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        fs::remove_file(folder.path().join(names::STATUS)).unwrap();

        let mount = Mount::of_size(16 * 1024);
        let drop = DropFolder::establish(&mount.path, HomeId::new(), &"er-1".parse().unwrap()).unwrap();
        assert_eq!(notes(&drop).write(at(0), &"x".repeat(32 * 1024)), None);
        assert_eq!(fs::read_dir(mount.path.join(names::STATUS)).unwrap().count(), 0);
    }
}
