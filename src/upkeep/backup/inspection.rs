//! What a folder of backups holds, and whether all of a generation can be read back: by the sealed files' own digests, which
//! takes no secret, or opened as well.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::folder::{self, BackupFolder, Generation};
use super::seal::{Identities, pour};
use super::trouble::Trouble;
use crate::durable::digest_of;
use crate::ids::{Digest, HomeId};

/// No more findings than these are listed; the rest are counted.
const MOST_FINDINGS: usize = 200;

/// A path of ours, with room to spare.
const LONGEST_LINE: u64 = 16 * 1024;

/// What a folder of backups holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    pub home: HomeId,
    /// The oldest first.
    pub generations: Vec<Generation>,
    /// Those whose `generation.json` cannot be read.
    pub unreadable: Vec<u32>,
    /// How many were broken off. The next backup clears them.
    pub unfinished: u64,
}

/// What came of reading a generation back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checked {
    pub generation: Generation,
    /// It was opened with a secret key too; else only the sealed files were read.
    pub opened: bool,
    /// How many files and objects were read.
    pub read: u64,
    /// Of all of them together, sealed.
    pub bytes: u64,
    pub findings: Vec<Trouble>,
    /// How many more there are.
    pub more_findings: u64,
}

/// # Errors
/// When the folder cannot be read.
pub fn list(backup: &BackupFolder) -> Result<Listed, Trouble> {
    let (numbers, unfinished) = backup.numbers()?;
    let (mut generations, mut unreadable) = (Vec::new(), Vec::new());
    for number in numbers {
        match backup.summary(number) {
            Ok((generation, _)) => generations.push(generation),
            Err(Trouble::Damaged { .. } | Trouble::Missing { .. }) => unreadable.push(number),
            Err(error) => return Err(error),
        }
    }
    Ok(Listed { home: backup.home, generations, unreadable, unfinished })
}

/// Reads a generation back, the newest where none is named.
///
/// # Errors
/// When it is not there, or cannot be read for another reason than that it is damaged.
pub fn check(
    backup: &BackupFolder,
    wanted: Option<u32>,
    identities: Option<&Identities>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Checked, Trouble> {
    let number = backup.number(wanted)?;
    let (generation, _) = backup.summary(number)?;
    let all = generation.files.saturating_add(generation.objects);
    let opened = identities.is_some();
    let mut checked = Checked { generation, opened, read: 0, bytes: 0, findings: Vec::new(), more_findings: 0 };
    let list_holds = checked.note(check_list(backup, &checked.generation, folder::LIST))?.is_some();
    for list in [folder::SEALED_FILES, folder::SEALED_OBJECTS] {
        if checked.note(check_list(backup, &checked.generation, list))?.is_none() {
            continue;
        }
        let Some(lines) = checked.note(sealed_files(backup, number, list))? else { continue };
        for line in lines {
            let Some(sealed) = checked.note(line)? else { break };
            let looked = look(&sealed, identities);
            checked.bytes = checked.bytes.saturating_add(checked.note(looked)?.unwrap_or(0));
            checked.read = checked.read.saturating_add(1);
            progress(checked.read, all);
        }
    }
    if let Some(identities) = identities.filter(|_| list_holds) {
        let both = Both { backup, number, identities };
        let agree = both.each(|_, _, _| Ok(()));
        checked.note(agree)?;
    }
    if checked.findings.is_empty() && checked.read != all {
        let path = backup.generation_path(number).display().to_string();
        checked.say(Trouble::Damaged { path });
    }
    Ok(checked)
}

impl Checked {
    fn say(&mut self, finding: Trouble) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more_findings = self.more_findings.saturating_add(1);
        }
    }

    /// What is damaged or missing is found; everything else keeps from looking.
    fn note<T>(&mut self, outcome: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
        match outcome {
            Ok(found) => Ok(Some(found)),
            Err(finding @ (Trouble::Damaged { .. } | Trouble::Missing { .. })) => {
                self.say(finding);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Demands that the lists of a generation are those that were written.
pub(in crate::upkeep) fn demand_lists(backup: &BackupFolder, of: &Generation) -> Result<(), Trouble> {
    [folder::LIST, folder::SEALED_FILES, folder::SEALED_OBJECTS]
        .iter()
        .try_for_each(|name| check_list(backup, of, name))
}

/// Whether a list of a generation is the one that was written.
fn check_list(backup: &BackupFolder, of: &Generation, name: &str) -> Result<(), Trouble> {
    let path = backup.generation_path(of.generation).join(name);
    let mut file = File::open(&path).map_err(|error| Trouble::io(&path, &error))?;
    let found = digest_of(&mut file).map_err(|error| Trouble::io(&path, &error))?;
    if of.lists.get(name) == Some(&found.digest) {
        Ok(())
    } else {
        Err(Trouble::Damaged { path: path.display().to_string() })
    }
}

/// A sealed file as a list names it.
pub(in crate::upkeep) struct SealedFile {
    pub path: PathBuf,
    pub sealed: Digest,
    /// What is in it.
    pub plain: Digest,
}

/// Reads it back, and what is in it too where there is a key. Answers its length.
fn look(sealed: &SealedFile, identities: Option<&Identities>) -> Result<u64, Trouble> {
    let failed = |error: &io::Error| Trouble::io(&sealed.path, error);
    let damaged = || Trouble::Damaged { path: sealed.path.display().to_string() };
    let mut file = File::open(&sealed.path).map_err(|error| failed(&error))?;
    let found = digest_of(&mut file).map_err(|error| failed(&error))?;
    if found.digest != sealed.sealed {
        return Err(damaged());
    }
    if let Some(identities) = identities {
        let plain = identities.open(&sealed.path, |opened| pour(opened, &mut io::sink(), |_| damaged()))?;
        if plain.digest != sealed.plain {
            return Err(damaged());
        }
    }
    Ok(found.size)
}

/// The sealed files that a list of a generation names, in its order.
pub(in crate::upkeep) fn sealed_files(
    backup: &BackupFolder,
    number: u32,
    list: &str,
) -> Result<impl Iterator<Item = Result<SealedFile, Trouble>>, Trouble> {
    let path = backup.generation_path(number).join(list);
    let root = backup.path().to_owned();
    let is_of_objects = list == folder::SEALED_OBJECTS;
    let file = File::open(&path).map_err(|error| Trouble::io(&path, &error))?;
    let mut lines = Lines { reader: BufReader::new(file) };
    Ok(std::iter::from_fn(move || {
        let line = match lines.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => return None,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Some(Err(Trouble::Damaged { path: path.display().to_string() }));
            }
            Err(error) => return Some(Err(Trouble::io(&path, &error))),
        };
        let read = || {
            let (sealed, at) = folder::parse_list_line(&line)?;
            let at = at.strip_prefix("../../")?;
            let (below, name) = at.rsplit_once('/')?;
            let (plain, own) = folder::parse_sealed_name(name)?;
            let shelf = format!("{}/{}", folder::OBJECTS, plain.hex().get(..2)?);
            let belongs = if is_of_objects { below == shelf } else { below == folder::FILES };
            (belongs && own == sealed).then(|| SealedFile { path: root.join(below).join(name), sealed, plain })
        };
        Some(read().ok_or_else(|| Trouble::Damaged { path: path.display().to_string() }))
    }))
}

/// A generation's sealed list, line by line beside the sealed files, which are in the same order.
pub(in crate::upkeep) struct Both<'a> {
    pub backup: &'a BackupFolder,
    pub number: u32,
    pub identities: &'a Identities,
}

impl Both<'_> {
    /// Tells `of` each file: its digest, its path in the home, and what it is sealed in.
    pub(in crate::upkeep) fn each(
        &self,
        mut of: impl FnMut(Digest, &str, &SealedFile) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let path = self.backup.generation_path(self.number).join(folder::LIST);
        let damaged = || Trouble::Damaged { path: path.display().to_string() };
        let files = sealed_files(self.backup, self.number, folder::SEALED_FILES)?;
        let mut sealed = files.chain(sealed_files(self.backup, self.number, folder::SEALED_OBJECTS)?);
        self.identities.open(&path, |opened| {
            let mut lines = Lines { reader: BufReader::new(opened) };
            while let Some(line) = lines.next_line().map_err(|_| damaged())? {
                let (plain, name) = folder::parse_list_line(&line).ok_or_else(damaged)?;
                let in_it = sealed.next().ok_or_else(damaged)??;
                if in_it.plain != plain {
                    return Err(damaged());
                }
                of(plain, name, &in_it)?;
            }
            if sealed.next().is_some() { Err(damaged()) } else { Ok(()) }
        })
    }
}

/// Lines of a list, each with its end.
struct Lines<R> {
    reader: BufReader<R>,
}

impl<R: io::Read> Lines<R> {
    fn next_line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if self.reader.by_ref().take(LONGEST_LINE).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.strip_suffix('\n') {
            Some(line) => Ok(Some(line.to_owned())),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
