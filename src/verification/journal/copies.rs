//! The journal's files: entries, one a line, in segments; and the signed heads.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::super::{Unverifiable, anchored};
use super::{Faults, JournalFault};
use crate::evidence::checkpoint::{Checkpoint, VerifierKey};
use crate::ids::Digest;

/// No entry is longer.
const LONGEST_LINE: u64 = 64 << 20;
/// A signed head with many witnesses.
const LONGEST_NOTE: usize = 64 << 10;

/// The second copy of the entries, line by line. A last line that a crash cut short is none.
pub(super) struct Lines {
    folder: PathBuf,
    file: Option<BufReader<File>>,
    count: u64,
    /// The first entry of the segment at hand.
    started: u64,
}

impl Lines {
    pub(super) fn open(folder: &Path) -> Result<Self, Unverifiable> {
        let file = open(&segment(folder, 0))?;
        Ok(Self { folder: folder.to_owned(), file, count: 0, started: 0 })
    }

    /// The bytes of an entry by its number, which is never lower than that of one asked for before; nothing where the
    /// copy ends.
    pub(super) fn at(&mut self, index: u64) -> Result<Option<Vec<u8>>, Unverifiable> {
        while self.count < index {
            if self.next()?.is_none() {
                return Ok(None);
            }
        }
        self.next()
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, Unverifiable> {
        let Some(file) = &mut self.file else { return Ok(None) };
        let mut line = Vec::new();
        file.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.pop() == Some(b'\n') {
            self.count += 1;
            return Ok(Some(line));
        }
        // The end of a segment: the next is named for the first entry in it.
        let next = std::mem::replace(&mut self.started, self.count) < self.count;
        self.file = if next { open(&segment(&self.folder, self.count))? } else { None };
        if self.file.is_some() { self.next() } else { Ok(None) }
    }

    /// How many lines there are altogether.
    pub(super) fn count_rest(&mut self) -> Result<u64, Unverifiable> {
        while self.next()?.is_some() {}
        Ok(self.count)
    }

    /// Names of segments that lie there and were not reached, because something before them is missing.
    pub(super) fn unreached(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let start = |name: &str| name.strip_prefix("entries-")?.strip_suffix(".jsonl")?.parse::<u64>().ok();
        names.filter(|name| start(name).is_some_and(|start| start > self.count)).collect()
    }
}

/// The files' signed heads, in their order.
pub(super) struct Checkpoints {
    file: Option<BufReader<File>>,
    next: Option<Checkpoint>,
    number: u64,
    compared: u64,
    differs: bool,
}

impl Checkpoints {
    pub(super) fn open(folder: &Path) -> Result<Self, Unverifiable> {
        let file = open(&folder.join("checkpoints.txt"))?;
        Ok(Self { file, next: None, number: 0, compared: 0, differs: false })
    }

    /// Compares the heads that speak of this size with the root at it.
    pub(super) fn reach(
        &mut self,
        size: u64,
        root: impl Fn() -> Digest,
        journals: &[VerifierKey],
        broken: bool,
        faults: &mut Faults,
    ) -> Result<(), Unverifiable> {
        loop {
            if self.next.is_none() {
                self.next = self.read(journals, faults)?;
            }
            match &self.next {
                Some(next) if next.size <= size => {
                    // One that speaks of an earlier size stands in the wrong place.
                    // Once an entry differs, so does every root: the first says enough.
                    if (next.size < size || next.root != root()) && !(broken && self.differs) {
                        self.differs = true;
                        faults.say(JournalFault::FileCheckpointDiffers { size: next.size });
                    }
                    self.compared += 1;
                    self.next = None;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Heads that speak of more than there is.
    pub(super) fn finish(&mut self, size: u64, faults: &mut Faults) -> Result<(), Unverifiable> {
        if let Some(next) = self.next.take().filter(|next| next.size > size) {
            faults.say(JournalFault::Truncated { promised: next.size, found: size });
        }
        Ok(())
    }

    pub(super) fn compared(&self) -> u64 {
        self.compared
    }

    /// The next head that counts.
    fn read(&mut self, journals: &[VerifierKey], faults: &mut Faults) -> Result<Option<Checkpoint>, Unverifiable> {
        while let Some(file) = &mut self.file {
            // A last one that a crash cut short, or that is being written, is none.
            let Some((note, _)) = next_note(file)?.filter(|(_, ended)| *ended) else {
                self.file = None;
                break;
            };
            self.number += 1;
            // Without a key nothing can be said of a head; the entries themselves are compared all the same.
            if journals.is_empty() {
                continue;
            }
            match anchored::signed_by(&note, journals) {
                Ok((_, checkpoint)) => return Ok(Some(checkpoint)),
                Err(_) => faults.say(JournalFault::FileCheckpointWrong { number: self.number }),
            }
        }
        Ok(None)
    }
}

/// How many entries were in the files when their newest head was noted: it is noted only after them. Read before the lines
/// are, so that a writer who goes on promises nothing that was not there.
pub(super) fn promised(folder: &Path, journals: &[VerifierKey]) -> Result<u64, Unverifiable> {
    let Some(mut file) = open(&folder.join("checkpoints.txt"))? else { return Ok(0) };
    let (mut size, mut newest) = (0, None);
    while let Some((note, _)) = next_note(&mut file)?.filter(|(_, ended)| *ended) {
        let claimed = note.lines().nth(1).and_then(|line| line.parse::<u64>().ok());
        if let Some(claimed) = claimed.filter(|claimed| *claimed >= size) {
            (size, newest) = (claimed, Some(note));
        }
    }
    // One that nobody known signed promises nothing, and is told as such where all of them are read.
    Ok(newest.and_then(|note| anchored::signed_by(&note, journals).ok()).map_or(0, |(_, checkpoint)| checkpoint.size))
}

/// The notes in a text: each is three lines, an empty one, and lines of signatures.
pub(super) fn notes(text: &str) -> Vec<String> {
    let mut reader = BufReader::new(text.as_bytes());
    let mut notes = Vec::new();
    while let Ok(Some((note, _))) = next_note(&mut reader) {
        notes.push(note);
    }
    notes
}

/// Reads up to and with the signatures of the next note, and says whether an empty line ended it.
fn next_note(reader: &mut impl BufRead) -> io::Result<Option<(String, bool)>> {
    let (mut note, mut in_signatures) = (String::new(), false);
    loop {
        let mut line = Vec::new();
        reader.take(LONGEST_NOTE as u64).read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
        let blank = line.trim_end_matches('\n').is_empty();
        if line.is_empty() || (in_signatures && blank) || note.len() > LONGEST_NOTE {
            let ended = !line.is_empty();
            return Ok(Some((note, ended)).filter(|(note, _)| !note.is_empty()));
        }
        if blank && note.is_empty() {
            continue;
        }
        in_signatures |= blank;
        note.push_str(&line);
    }
}

fn segment(folder: &Path, start: u64) -> PathBuf {
    folder.join(format!("entries-{start:012}.jsonl"))
}

fn open(path: &Path) -> Result<Option<BufReader<File>>, Unverifiable> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unverifiable(format!("{}: {error}", path.display()))),
    }
}
