//! The journal's files: a second copy of every entry, beside the database, for the day the database is lost.
//!
//! `store/journal/` holds segments of 100,000 entries (`entries-000000000000.jsonl`: exact bytes, one entry a line), their
//! private parts beside them (`private-000000000000.jsonl`), and `checkpoints.txt`, the signed head after each batch that was
//! copied. All are only ever appended to, but for private parts that are disposed of. What a crash or a full disk cut short is cut off before anything is written after it, and what is missing is made up.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use super::disposal::{Disposed, erased_by};
use super::grown::{Grown, Noted, Notes, whole_lines};
use super::kept::{
    Parts, Uncompared, entries_from, erase_parts, parts_not_kept, private_before, private_from, private_line,
};
use super::read::{Private, edge_at, entries, head};
use crate::database::{Database, DatabaseError, Tx};
use crate::durable::Folder;
use crate::evidence::tree::Frontier;
use crate::ids::Digest;

/// Entries of one segment.
pub const SEGMENT: u64 = 100_000;

/// An entry is sought within the last of a segment's bytes.
const LONGEST_TAIL: u64 = 1 << 20;

/// Read and written at a time.
const BATCH: u32 = 1000;

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the journal's files in {folder}: {source}")]
    Io { folder: PathBuf, source: io::Error },
    #[error(
        "the journal's files hold {in_files} entries, the database only {in_database}: it is older than they are, and \
         nothing was copied; put a newer database back, or make it anew with `torikomi store check --rebuild`. If this one \
         has to do, keep the files of {folder} as evidence: put entries-*, private-* and checkpoints.txt elsewhere, leave \
         stamped/, and start again"
    )]
    DatabaseIsOlder { folder: PathBuf, in_files: u64, in_database: u64 },
    #[error(
        "the first {size} entries of the journal's files are not those of the database: another database was \
         put in its place, or an older one that went on; nothing was copied; put the right one back, or make it anew \
         with `torikomi store check --rebuild`. If this one is right, keep the files of {folder} as evidence: put \
         entries-*, private-* and checkpoints.txt elsewhere, leave stamped/, and start again"
    )]
    Forked { folder: PathBuf, size: u64 },
}

/// Why the files are behind the database, for people. The catalogue has a sentence for each: `journal-files-<code>`; what the
/// system said is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum FilesProblem {
    Database,
    Unreachable {
        folder: String,
    },
    /// One of the files is shorter than it was written.
    Shortened {
        folder: String,
    },
    DatabaseIsOlder {
        in_files: u64,
        in_database: u64,
    },
    /// The files and the database do not have the same past.
    Forked {
        size: u64,
    },
}

impl From<&FilesError> for FilesProblem {
    fn from(error: &FilesError) -> Self {
        match error {
            FilesError::Database(_) => Self::Database,
            FilesError::Io { folder, source } if source.kind() == io::ErrorKind::InvalidData => {
                Self::Shortened { folder: folder.display().to_string() }
            }
            FilesError::Io { folder, .. } => Self::Unreachable { folder: folder.display().to_string() },
            FilesError::DatabaseIsOlder { in_files, in_database, .. } => {
                Self::DatabaseIsOlder { in_files: *in_files, in_database: *in_database }
            }
            FilesError::Forked { size, .. } => Self::Forked { size: *size },
        }
    }
}

/// The writing end of the files.
pub struct Files {
    folder: PathBuf,
    /// The tree over the entries that the files hold.
    edge: Frontier,
    /// The last segment.
    segment: Grown,
    /// The private parts of its entries.
    private: Grown,
    checkpoints: Notes,
}

/// The files as they lie there, found to be of a database's past. Nothing was changed for it.
pub struct Compared {
    folder: PathBuf,
    edge: Frontier,
    /// The first entry of the last segment.
    start: u64,
    segment: Grown,
    checkpoints: Notes,
}

impl Compared {
    /// Holds the files against the database.
    ///
    /// # Errors
    /// When either cannot be read, or they are not of the database's past.
    pub fn with(folder: &Path, database: &Database) -> Result<Self, FilesError> {
        let at = |source| FilesError::Io { folder: folder.to_owned(), source };
        let mut start = 0;
        let (lines, segment) = loop {
            if is_full(folder, start).map_err(at)? {
                start += SEGMENT;
                continue;
            }
            let (lines, segment) = Grown::open(&entries_from(folder, start), whole_lines).map_err(at)?;
            if lines < SEGMENT {
                break (lines, segment);
            }
            start += lines;
        };
        let checkpoints = Notes::open(&folder.join("checkpoints.txt")).map_err(at)?;
        let edge = compare(folder, start + lines, checkpoints.noted(), database)?;
        Ok(Self { folder: folder.to_owned(), edge, start, segment, checkpoints })
    }

    /// Opens them for writing. A last line or checkpoint that a crash cut short is cut off, now that it is certain that the
    /// database is theirs: to another one, nothing is lost.
    ///
    /// # Errors
    /// When they cannot be mended.
    pub fn open(self, database: &Database) -> Result<Files, FilesError> {
        let Self { folder, edge, start, segment, checkpoints } = self;
        let (at, written) = (|source| FilesError::Io { folder: folder.clone(), source }, edge.size());
        std::fs::create_dir_all(&folder).map_err(at)?;
        // What a crash left half-written may hold the words of what was erased since.
        let cleared = Folder::open(&folder).and_then(|folder| folder.clear_leftovers());
        cleared.map_err(|failure| at(failure.into_io()))?;
        segment.cut_back().and_then(|()| checkpoints.cut_back()).map_err(at)?;
        // One that somebody put back, perhaps with the file of before.
        let disposed = database.read::<_, DatabaseError, _>(async |tx| Disposed::read(tx).await)?;
        erase_parts(&folder, disposed.before(written)).map_err(at)?;
        make_up_private(&folder, written, database)?;
        // Those of entries that are not there are written anew with them.
        let private = Grown::open(&private_from(&folder, start), |file| private_before(file, written));
        let ((), private) = private.map_err(at)?;
        private.cut_back().map_err(at)?;
        Ok(Files { folder, edge, segment, private, checkpoints })
    }
}

impl Files {
    /// Holds the files against the database and opens them.
    ///
    /// # Errors
    /// When they cannot be read or mended, or are not of the database's past.
    pub fn open(folder: &Path, database: &Database) -> Result<Self, FilesError> {
        Compared::with(folder, database)?.open(database)
    }

    /// Copies what the database has beyond the files, makes it durable, then notes the checkpoint. Where the two have not
    /// the same past nothing is copied: a server's database may be put back under a running line.
    ///
    /// # Errors
    /// When either cannot be read or written; what is missing is copied the next time.
    pub fn catch_up(&mut self, database: &Database) -> Result<(), FilesError> {
        let folder = self.folder.clone();
        let at = |source| FilesError::Io { folder: folder.clone(), source };
        let (head, past) = {
            let size = self.edge.size();
            database.read::<_, DatabaseError, _>(async |tx| {
                let Some(head) = head(tx).await? else { return Ok((None, None)) };
                let past = root_at(tx, size, head.size).await?;
                Ok((Some(head), past))
            })?
        };
        self.fits(past, head.as_ref().map_or(0, |head| head.size))?;
        let Some(head) = head else { return Ok(()) };
        while self.edge.size() < head.size {
            let from = self.edge.size();
            let start = from - from % SEGMENT;
            if from == start {
                self.segment = Grown::empty(&entries_from(&self.folder, start));
                self.private = Grown::empty(&private_from(&self.folder, start));
            }
            let room = u32::try_from((start + SEGMENT).min(head.size) - from).unwrap_or(BATCH).min(BATCH);
            let edge = self.edge.clone();
            let (lines, private, disposed, edge, signed) = database.read(async |tx| {
                let (mut lines, mut private, mut disposed, mut edge) = (Vec::new(), Vec::new(), BTreeSet::new(), edge);
                for entry in entries(tx, from, room).await? {
                    if entry.is_disposal() {
                        disposed.extend(erased_by(&entry.entry()?).into_iter().map(|erased| erased.index));
                    }
                    edge.append(&entry.bytes);
                    lines.extend_from_slice(&entry.bytes);
                    lines.push(b'\n');
                    private.extend(entry.private.map(|part| (entry.index, part)));
                }
                let signed = root_at(tx, edge.size(), head.size).await?;
                Ok::<_, DatabaseError>((lines, private, disposed, edge, signed))
            })?;
            // An entry that is not there, or is not the one that the checkpoints speak of, is never copied as if it were.
            if edge.size() == from || signed != Some(edge.root()) {
                let problem = format!("the journal's entries from {from} on are not those of its tree");
                return Err(DatabaseError::Corrupt(format!("{problem}: run `torikomi journal verify`")).into());
            }
            // Before the entry that says so: where that is, they are gone.
            if erase_parts(&folder, disposed).map_err(at)? {
                let measured = Grown::open(&private_from(&folder, start), |file| private_before(file, from));
                ((), self.private) = measured.map_err(at)?;
            }
            // Before the entries: of an entry that is there, nothing is missing.
            let private = private.iter().map(|(index, part)| private_line(*index, part));
            let private = private.collect::<Result<Vec<_>, _>>().map_err(io::Error::from).map_err(at)?.concat();
            let before = self.private.whole();
            if !private.is_empty() {
                self.private.append(&private).map_err(at)?;
            }
            // They are appended again with their entries: without this, a segment that takes nothing would have them
            // written once more at each attempt.
            self.segment.append(&lines).inspect_err(|_| self.private.take_back(before)).map_err(at)?;
            self.edge = edge;
        }
        self.checkpoints.note(&head).map_err(at)
    }

    /// Whether the files are a beginning of the database's journal, which has `in_database` entries and had this `root`
    /// when it had as many as they.
    fn fits(&self, root: Option<Digest>, in_database: u64) -> Result<(), FilesError> {
        let (folder, size) = (self.folder.clone(), self.edge.size());
        match root {
            Some(root) if root == self.edge.root() => Ok(()),
            Some(_) => Err(FilesError::Forked { folder, size }),
            None if size == 0 => Ok(()),
            None => Err(FilesError::DatabaseIsOlder { folder, in_files: size, in_database }),
        }
    }
}

/// Whether a segment is one that another follows, and ends with its last entry. It was counted when that one was begun, and
/// whoever reads all of it is `journal verify`: a start would take longer from year to year.
fn is_full(folder: &Path, start: u64) -> io::Result<bool> {
    if !entries_from(folder, start + SEGMENT).exists() {
        return Ok(false);
    }
    let mut file = match File::open(entries_from(folder, start)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    let tail = file.metadata()?.len().min(LONGEST_TAIL);
    file.seek(SeekFrom::End(-i64::try_from(tail).unwrap_or_default()))?;
    let mut bytes = Vec::new();
    file.take(LONGEST_TAIL).read_to_end(&mut bytes)?;
    // One that is longer than that is counted.
    let Some(line) = bytes.strip_suffix(b"\n").and_then(|bytes| bytes.rsplit(|byte| *byte == b'\n').next()) else {
        return Ok(false);
    };
    Ok(serde_json::from_slice::<Entry>(line).is_ok_and(|entry| entry.index + 1 == start + SEGMENT))
}

/// The root that the tree had at `size`; none where it has only `end` entries.
async fn root_at(tx: &mut Tx, size: u64, end: u64) -> Result<Option<Digest>, DatabaseError> {
    if size > end { Ok(None) } else { Ok(Some(edge_at(tx, size).await?.root())) }
}

/// The tree over the first `written` entries, which the files hold. What the last checkpoint speaks of is compared by its
/// root, and what was written after it entry by entry.
fn compare(folder: &Path, written: u64, noted: Option<Noted>, database: &Database) -> Result<Frontier, FilesError> {
    let noted = noted.unwrap_or_else(|| Noted { size: 0, root: Frontier::default().root() });
    let in_files = written.max(noted.size);
    let (in_database, then, now) = database.read::<_, DatabaseError, _>(async |tx| {
        let end = head(tx).await?.map_or(0, |head| head.size);
        if in_files > end {
            return Ok((end, Frontier::default(), Frontier::default()));
        }
        Ok((end, edge_at(tx, noted.size).await?, edge_at(tx, written).await?))
    })?;
    let folder = folder.to_owned();
    if in_files > in_database {
        return Err(FilesError::DatabaseIsOlder { folder, in_files, in_database });
    }
    if then.root() != noted.root {
        return Err(FilesError::Forked { folder, size: noted.size });
    }
    let mut edge = then;
    if let Err(source) = follow(&folder, &mut edge, written) {
        return Err(FilesError::Io { folder, source });
    }
    // Entries that a checkpoint speaks of and that are gone from the files are copied again.
    if edge.size() == written && edge != now {
        return Err(FilesError::Forked { folder, size: written });
    }
    Ok(now)
}

/// Writes anew, from the database, the private parts of each segment whose file lacks one of an entry that the files hold, or
/// has one that is not its own. What only the file has stays in it.
fn make_up_private(folder: &Path, written: u64, database: &Database) -> Result<(), FilesError> {
    let at = |source| FilesError::Io { folder: folder.to_owned(), source };
    let mut segments = BTreeSet::new();
    let missing = |index| {
        segments.insert(index - index % SEGMENT);
    };
    parts_not_kept(folder, database, written, missing).map_err(|error| match error {
        Uncompared::Database(error) => error.into(),
        Uncompared::Files(error) => at(error),
    })?;
    for start in segments {
        let mut in_file = Parts::open(folder, start).map_err(at)?;
        let (mut bytes, mut next, end) = (Vec::new(), start, written.min(start + SEGMENT));
        while next < end {
            let room = u32::try_from(end - next).unwrap_or(BATCH).min(BATCH);
            let page = database.read(async |tx| entries(tx, next, room).await)?;
            let Some(last) = page.last() else { break };
            next = last.index + 1;
            for entry in page.into_iter().filter(|entry| entry.index < end) {
                let kept = in_file.of(entry.index).map_err(at)?;
                let said = entry.entry().ok();
                let is_right = |part: &&Private| said.as_ref().is_none_or(|said| part.is_of(said));
                if let Some(part) = [&entry.private, &kept].into_iter().flatten().find(is_right) {
                    bytes.extend(private_line(entry.index, part).map_err(io::Error::from).map_err(at)?);
                }
            }
        }
        let path = private_from(folder, start);
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let written = Folder::open(folder).and_then(|folder| folder.replace(name, &bytes));
        written.map_err(|failure| at(failure.into_io()))?;
        tracing::warn!(
            file = name,
            "Private parts of entries were missing or damaged in {name} and were written anew from the database"
        );
    }
    Ok(())
}

/// Adds to the tree the entries that the files hold beyond it.
fn follow(folder: &Path, edge: &mut Frontier, written: u64) -> io::Result<()> {
    while edge.size() < written {
        let (known, start) = (edge.size(), edge.size() - edge.size() % SEGMENT);
        let lines = BufReader::new(File::open(entries_from(folder, start))?).split(b'\n');
        let beyond = (start..written.min(start + SEGMENT)).zip(lines).skip_while(|(index, _)| *index < known);
        for (_, line) in beyond {
            edge.append(&line?);
        }
        if edge.size() == known {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::HomeId;
    use crate::instant::Instant;
    use crate::journal::{ENTRY_VERSION, Kind, Subject};

    /// The line of an entry, as a segment has it.
    fn line(index: u64) -> Vec<u8> {
        let draft = crate::journal::Draft::by_system(Kind::HomeFounded, Subject::default());
        let entry = Entry {
            v: ENTRY_VERSION,
            home: HomeId::new(),
            index,
            at: Instant::from_microseconds(0).unwrap(),
            kind: draft.kind,
            actor: draft.actor,
            subject: draft.subject,
            facts: draft.facts,
            private: None,
            act: None,
        };
        [serde_json_canonicalizer::to_vec(&entry).unwrap().as_slice(), b"\n"].concat()
    }

    #[test]
    fn a_segment_is_full_where_it_ends_with_its_last_entry_and_another_follows() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (first, last) = (entries_from(folder, SEGMENT), line(2 * SEGMENT - 1));
        let is = |bytes: &[u8]| {
            std::fs::write(&first, bytes).unwrap();
            is_full(folder, SEGMENT).unwrap()
        };
        assert!(!is(&last), "none follows");
        File::create(entries_from(folder, 2 * SEGMENT)).unwrap();
        assert!(is(&last) && is(&[line(2 * SEGMENT - 2), last.clone()].concat()));
        // One that was cut short is counted, so that what it lacks is made up.
        for wrong in [&b""[..], b"\n", &line(2 * SEGMENT - 2), &last[..last.len() - 1], &last[1..], b"{}\n"] {
            assert!(!is(wrong), "{}", String::from_utf8_lossy(wrong));
        }
        std::fs::remove_file(&first).unwrap();
        assert!(!is_full(folder, SEGMENT).unwrap());
    }
}
