//! The journal's files, read back: for the day the database is lost.
//!
//! Beside the segments of entries lie those of their private parts (`private-000000000000.jsonl`: a line for each entry that
//! has one, with its number, salt and text). A part that is disposed of goes from there as well.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::files::SEGMENT;
use super::grown::{notes_up_to, whole_notes};
use super::read::{Private, entries, private_parts};
use super::stamped;
use crate::database::{Database, DatabaseError};
use crate::durable::{Failure, Folder};
use crate::ids::Digest;

/// Rows are read a page at a time.
const PAGE: u32 = 1000;

/// A checkpoint with the signatures of many witnesses.
const LONGEST_CHECKPOINT: u64 = 1 << 20;

/// An entry as the files keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEntry {
    pub index: u64,
    pub bytes: Vec<u8>,
    pub private: Option<Private>,
}

/// The files' entries, in order.
pub struct Kept {
    folder: PathBuf,
    next: u64,
    entries: Option<BufReader<File>>,
    private: Parts,
}

/// The private parts of a segment, in the order of their entries.
pub(super) struct Parts {
    file: Option<BufReader<File>>,
    /// The next one, which may be of a later entry.
    ahead: Option<(u64, Private)>,
}

/// Why the files could not be held against the database.
#[derive(Debug, thiserror::Error)]
pub enum Uncompared {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Files(#[from] io::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    index: u64,
    /// In hexadecimal digits.
    salt: String,
    text: String,
}

impl Kept {
    /// Begins with the first entry.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (entries, private) = (open(&entries_from(folder, 0))?, Parts::open(folder, 0)?);
        Ok(Self { folder: folder.to_owned(), next: 0, entries, private })
    }

    /// The next entry; none behind the last whole line.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn next_entry(&mut self) -> io::Result<Option<KeptEntry>> {
        let Some(bytes) = whole_line(self.entries.as_mut())? else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        let private = self.private.of(index)?;
        if self.next.is_multiple_of(SEGMENT) {
            self.entries = open(&entries_from(&self.folder, self.next))?;
            self.private = Parts::open(&self.folder, self.next)?;
        }
        Ok(Some(KeptEntry { index, bytes, private }))
    }
}

impl Parts {
    /// Those of the segment that has an entry.
    pub(super) fn open(folder: &Path, index: u64) -> io::Result<Self> {
        Ok(Self { file: open(&private_from(folder, index))?, ahead: None })
    }

    /// That of an entry. Who asks for several asks in their order.
    pub(super) fn of(&mut self, index: u64) -> io::Result<Option<Private>> {
        while self.ahead.as_ref().is_none_or(|(ahead, _)| *ahead < index) {
            let Some(line) = whole_line(self.file.as_mut())? else { break };
            // A line that is none is a part that is missing, and that is told of its entry.
            self.ahead = private(&line).or(self.ahead.take());
        }
        Ok(self.ahead.take_if(|(ahead, _)| *ahead == index).map(|(_, private)| private))
    }
}

/// Tells `missing` of each entry before `end`, in order, whose private part the database has and the files have not, or not so.
/// Where they differ the entry says which of them is right.
///
/// # Errors
/// When either cannot be read.
pub fn parts_not_kept(
    folder: &Path,
    database: &Database,
    end: u64,
    mut missing: impl FnMut(u64),
) -> Result<(), Uncompared> {
    let mut from = 0;
    let mut segment: Option<(u64, Parts)> = None;
    loop {
        let page = database.read::<_, DatabaseError, _>(async |tx| private_parts(tx, from, end, PAGE).await)?;
        let Some(last) = page.last() else { return Ok(()) };
        from = last.0 + 1;
        for (index, part) in page {
            let start = index - index % SEGMENT;
            let (_, parts) = match &mut segment {
                Some(open) if open.0 == start => open,
                other => other.insert((start, Parts::open(folder, start)?)),
            };
            match parts.of(index)? {
                Some(kept) if kept == part || is_of(database, index, &kept)? => {}
                _ => missing(index),
            }
        }
    }
}

/// Those of these entries, which are in their order, whose private parts the files hold.
///
/// # Errors
/// When the files cannot be read.
pub fn parts_kept(folder: &Path, entries: impl IntoIterator<Item = u64>) -> io::Result<Vec<u64>> {
    let mut held = Vec::new();
    let mut segment: Option<(u64, Parts)> = None;
    for index in entries {
        let start = index - index % SEGMENT;
        let (_, parts) = match &mut segment {
            Some(open) if open.0 == start => open,
            other => other.insert((start, Parts::open(folder, start)?)),
        };
        if parts.of(index)?.is_some() {
            held.push(index);
        }
    }
    Ok(held)
}

/// Writes anew, without them, each segment that has the private part of one of these entries, which are in their order.
/// Answers whether there was any.
pub(super) fn erase_parts(folder: &Path, entries: impl IntoIterator<Item = u64>) -> io::Result<bool> {
    let held: BTreeSet<u64> = parts_kept(folder, entries)?.into_iter().collect();
    let segments: BTreeSet<u64> = held.iter().map(|index| index - index % SEGMENT).collect();
    for start in &segments {
        let path = private_from(folder, *start);
        let (mut reader, mut left) = (open(&path)?, Vec::new());
        while let Some(mut line) = whole_line(reader.as_mut())? {
            // What is no part may have been one, and is made up from the database if it is to stay.
            if private(&line).is_some_and(|(index, _)| !held.contains(&index)) {
                line.push(b'\n');
                left.append(&mut line);
            }
        }
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        Folder::open(folder).and_then(|folder| folder.replace(name, &left)).map_err(Failure::into_io)?;
    }
    Ok(!segments.is_empty())
}

/// Whether a part is the one that the entry commits to.
fn is_of(database: &Database, index: u64, part: &Private) -> Result<bool, DatabaseError> {
    let stored = database.read::<_, DatabaseError, _>(async |tx| entries(tx, index, 1).await)?;
    let entry = stored.first().filter(|stored| stored.index == index).and_then(|stored| stored.entry().ok());
    Ok(entry.is_some_and(|entry| part.is_of(&entry)))
}

/// What a checkpoint says that the journal held: so many entries, and the root over them where it can still be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promised {
    pub size: u64,
    pub root: Option<Digest>,
    /// The file that says so.
    pub by: PathBuf,
    /// It is a stamped checkpoint, which may speak of more than a restored home has.
    pub is_stamped: bool,
}

/// The last checkpoint of a file of notes; none where there is no such file, or no whole note in it.
///
/// # Errors
/// When it cannot be read.
pub fn last_note(path: &Path) -> io::Result<Option<Promised>> {
    let Some(notes) = open(path)? else { return Ok(None) };
    let (noted, _) = whole_notes(notes.get_ref())?;
    Ok(noted.map(|noted| Promised { size: noted.size, root: Some(noted.root), by: path.to_owned(), is_stamped: false }))
}

/// What the files promise of themselves: their last note, and each stamped checkpoint.
///
/// # Errors
/// When they cannot be read.
pub fn promised(folder: &Path) -> io::Result<Vec<Promised>> {
    let mut promised = Vec::from_iter(last_note(&folder.join("checkpoints.txt"))?);
    let stamped = match std::fs::read_dir(folder.join(stamped::FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(promised),
        stamped => stamped?,
    };
    for entry in stamped {
        let by = entry?.path();
        let name = by.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(size) = stamped::size_of(name).filter(|_| name.ends_with(".txt")) else { continue };
        let mut note = Vec::new();
        File::open(&by)?.take(LONGEST_CHECKPOINT).read_to_end(&mut note)?;
        // A note ends with an empty line where others follow it.
        note.push(b'\n');
        let (noted, _) = whole_notes(note.as_slice())?;
        let root = noted.filter(|noted| noted.size == size).map(|noted| noted.root);
        promised.push(Promised { size, root, by, is_stamped: true });
    }
    Ok(promised)
}

/// How much of each of the files speaks of the first `size` entries alone: its bytes from the beginning. Files that hold
/// nothing of them are left out; what the files lack of those entries is not there.
///
/// # Errors
/// When the files cannot be read.
pub fn up_to(folder: &Path, size: u64) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut extents = Vec::new();
    for start in (0..size).step_by(usize::try_from(SEGMENT).unwrap_or(usize::MAX)) {
        let (entries, private) = (entries_from(folder, start), private_from(folder, start));
        if let Some(file) = File::open(&entries).map(Some).or_else(unless_there)? {
            let bytes = lines_before(file, size - start)?;
            extents.push((entries, bytes));
        }
        if let Some(file) = File::open(&private).map(Some).or_else(unless_there)? {
            let ((), bytes) = private_before(&file, size)?;
            extents.push((private, bytes));
        }
    }
    let notes = folder.join("checkpoints.txt");
    if let Some(file) = File::open(&notes).map(Some).or_else(unless_there)? {
        let bytes = notes_up_to(&file, size)?;
        extents.push((notes, bytes));
    }
    extents.retain(|(_, bytes)| *bytes > 0);
    Ok(extents)
}

/// How many bytes the first `count` lines have, or all whole lines where there are fewer.
fn lines_before(file: File, count: u64) -> io::Result<u64> {
    let mut reader = Some(BufReader::new(file));
    let mut bytes = 0;
    for _ in 0..count {
        let Some(line) = whole_line(reader.as_mut())? else { break };
        bytes += line.len() as u64 + 1;
    }
    Ok(bytes)
}

fn unless_there<T>(error: io::Error) -> io::Result<Option<T>> {
    if error.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(error) }
}

/// Where the segment lies that begins with an entry, or has it.
pub(super) fn entries_from(folder: &Path, index: u64) -> PathBuf {
    segment(folder, "entries", index)
}

pub(super) fn private_from(folder: &Path, index: u64) -> PathBuf {
    segment(folder, "private", index)
}

fn segment(folder: &Path, what: &str, index: u64) -> PathBuf {
    let start = index - index % SEGMENT;
    folder.join(format!("{what}-{start:012}.jsonl"))
}

/// A private part as its line, with the line's end.
pub(super) fn private_line(index: u64, private: &Private) -> serde_json::Result<Vec<u8>> {
    let line = Line { index, salt: HEXLOWER.encode(&private.salt), text: private.text.clone() };
    let mut line = serde_json_canonicalizer::to_vec(&line)?;
    line.push(b'\n');
    Ok(line)
}

/// How many bytes the private parts of the entries before `end` have.
pub(super) fn private_before(file: &File, end: u64) -> io::Result<((), u64)> {
    let mut reader = Some(BufReader::new(file));
    let mut bytes = 0;
    while let Some(line) = whole_line(reader.as_mut())? {
        match private(&line) {
            Some((index, _)) if index >= end => break,
            _ => bytes += line.len() as u64 + 1,
        }
    }
    Ok(((), bytes))
}

fn private(line: &[u8]) -> Option<(u64, Private)> {
    let line: Line = serde_json::from_slice(line).ok()?;
    let salt = HEXLOWER.decode(line.salt.as_bytes()).ok()?;
    Some((line.index, Private { salt, text: line.text }))
}

/// The next line without its end; none where it has no end, as a crash leaves it.
fn whole_line<R: io::Read>(file: Option<&mut BufReader<R>>) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = file else { return Ok(None) };
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    Ok((line.pop() == Some(b'\n')).then_some(line))
}

fn open(path: &Path) -> io::Result<Option<BufReader<File>>> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        Err(error) => unless_there(error),
    }
}
