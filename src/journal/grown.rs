//! A file that is only ever appended to, by whole pieces: one that was cut short is cut off before the next.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;

use super::read::Head;
use crate::ids::Digest;

/// The file, and how far it is whole.
pub(super) struct Grown {
    path: PathBuf,
    whole: u64,
}

impl Grown {
    /// Measures the file, changes nothing, and answers what it found there. A file that does not exist is an empty one; any
    /// other failure is no reason to think so.
    pub(super) fn open<T: Default>(
        path: &Path,
        measure: impl FnOnce(&File) -> io::Result<(T, u64)>,
    ) -> io::Result<(T, Self)> {
        let (found, whole) = match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (T::default(), 0),
            Err(error) => return Err(error),
            Ok(file) => measure(&file)?,
        };
        Ok((found, Self { path: path.to_owned(), whole }))
    }

    /// Cuts off what does not count as whole.
    pub(super) fn cut_back(&self) -> io::Result<()> {
        match std::fs::metadata(&self.path) {
            Ok(found) if found.len() > self.whole => {
                cut(&OpenOptions::new().write(true).open(&self.path)?, self.whole).map(drop)
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// One of which nothing counts yet, whatever lies there.
    pub(super) fn empty(path: &Path) -> Self {
        Self { path: path.to_owned(), whole: 0 }
    }

    /// How many bytes of it count.
    pub(super) fn whole(&self) -> u64 {
        self.whole
    }

    /// Takes back what was appended beyond `whole`: now, or where that fails, before anything else is appended.
    pub(super) fn take_back(&mut self, whole: u64) {
        self.whole = whole;
        // Whoever takes back says already why.
        let _ = self.cut_back();
    }

    /// Whether all of it that counts still lies there.
    pub(super) fn stands(&self) -> io::Result<bool> {
        match std::fs::metadata(&self.path) {
            Ok(found) => Ok(found.len() >= self.whole),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Appends and returns once it is durable; the folder too, when the file is new. What fails leaves nothing behind,
    /// or is cut off the next time.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = OpenOptions::new().append(true).create(self.whole == 0).open(&self.path)?;
        let length = cut(&file, self.whole)?;
        // What is gone can only be made up from the start.
        if length < self.whole {
            let problem = format!("{}: shorter than it was written; start again", self.path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        if let Err(error) = (&file).write_all(bytes).and_then(|()| file.sync_data()) {
            // The error says enough; the next attempt cuts again.
            let _ = cut(&file, self.whole);
            return Err(error);
        }
        if self.whole == 0
            && let Some(folder) = self.path.parent()
        {
            File::open(folder)?.sync_all()?;
        }
        self.whole += bytes.len() as u64;
        Ok(())
    }
}

/// Cuts the file back to `whole` bytes, durably, where it is longer. Answers how long it was.
fn cut(file: &File, whole: u64) -> io::Result<u64> {
    let length = file.metadata()?.len();
    if length > whole {
        file.set_len(whole)?;
        file.sync_all()?;
    }
    Ok(length)
}

/// How many whole lines, and their bytes.
pub(super) fn whole_lines(file: &File) -> io::Result<(u64, u64)> {
    let mut reader = BufReader::new(file);
    let (mut lines, mut bytes) = (0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok((lines, bytes));
        }
        lines += 1;
        bytes += length as u64;
    }
}

/// Signed heads, one after another, each with an empty line after its signatures.
pub(super) struct Notes {
    file: Grown,
    /// What the last of them says.
    noted: Option<Noted>,
}

/// What a note says of the journal. Whose signature it bears is for who verifies against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) size: u64,
    pub(super) root: Digest,
}

impl Notes {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (noted, file) = Grown::open(path, |file| whole_notes(file))?;
        Ok(Self { file, noted })
    }

    /// What the last of them says.
    pub(super) fn noted(&self) -> Option<Noted> {
        self.noted
    }

    /// Cuts off a note that was cut short.
    pub(super) fn cut_back(&self) -> io::Result<()> {
        self.file.cut_back()
    }

    /// Whether all of them still lie there.
    pub(super) fn stand(&self) -> io::Result<bool> {
        self.file.stands()
    }

    /// Notes the head, unless it was noted.
    pub(super) fn note(&mut self, head: &Head) -> io::Result<()> {
        if self.noted.is_some_and(|noted| noted.size >= head.size) {
            return Ok(());
        }
        self.file.append(format!("{}\n", head.checkpoint).as_bytes())?;
        self.noted = Some(Noted { size: head.size, root: head.root });
        Ok(())
    }
}

/// What the last whole note says, and the bytes up to its end: the empty line after the signatures.
pub(super) fn whole_notes(file: impl io::Read) -> io::Result<(Option<Noted>, u64)> {
    let (mut last, mut whole) = (None, 0);
    each_note(file, |noted, bytes| {
        (last, whole) = (noted, bytes);
        true
    })?;
    Ok((last, whole))
}

/// How many bytes the notes have that speak of no more than `size` entries, up to the first that does.
pub(super) fn notes_up_to(file: &File, size: u64) -> io::Result<u64> {
    let mut whole = 0;
    each_note(file, |noted, bytes| {
        let within = noted.is_none_or(|noted| noted.size <= size);
        if within {
            whole = bytes;
        }
        within
    })?;
    Ok(whole)
}

/// Tells `of` each whole note, and where it ends, as long as it wants to hear of more.
fn each_note(file: impl io::Read, mut of: impl FnMut(Option<Noted>, u64) -> bool) -> io::Result<()> {
    let mut reader = BufReader::new(file);
    let mut bytes = 0;
    let (mut size, mut root, mut lines, mut in_signatures) = (None, None, 0_u64, false);
    let mut line = Vec::new();
    loop {
        line.clear();
        bytes += reader.read_until(b'\n', &mut line)? as u64;
        let Some((b'\n', text)) = line.split_last() else { return Ok(()) };
        if text.is_empty() && in_signatures {
            if !of(size.take().zip(root.take()).map(|(size, root)| Noted { size, root }), bytes) {
                return Ok(());
            }
            (lines, in_signatures) = (0, false);
            continue;
        }
        // Empty lines before a note belong to none.
        if text.is_empty() && lines == 0 {
            continue;
        }
        in_signatures |= text.is_empty();
        lines += 1;
        match lines {
            2 => size = str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
            3 => root = BASE64.decode(text).ok().and_then(|root| Some(Digest::from_bytes(root.try_into().ok()?))),
            _ => {}
        }
    }
}
