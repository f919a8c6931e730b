//! The pages of a document that is not filed yet, written out for a person to look at.
//!
//! The bytes are those that were delivered, under names of ours, in a folder of their own that nobody else can read. A sheet
//! beside them says what they are not: a record.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::cli::desk::ReadOnly;
use crate::cli::page::clean_lines;
use crate::cli::{Desk, Failure, Words};
use crate::control::facts::DocumentFacts;
use crate::control::pages::{PageFile, PagesWritten};
use crate::database::unreadable;
use crate::document::{DocumentState, Part};
use crate::durable::{self, BUFFER, Class, Folder, Sink};
use crate::intake::custody::{CustodyCopy, CustodyError, Member};
use crate::ledger::{contents, deliveries};
use crate::measurements::Format;
use crate::messages::Lang;
use crate::signing::media_of;

/// The sheet's name says it to whoever reads no further.
const SHEET: &str = "未確定-unconfirmed.txt";

/// What can be written, and where. Nothing has been yet.
pub(super) struct Planned<'a> {
    folder: &'a Path,
    files: Vec<PlannedFile>,
}

struct PlannedFile {
    part: Part,
    format: Format,
    copy: u32,
}

/// Sees that there is something to write and a place for it: what would not be shown must not be in the journal as seen.
pub(super) fn plan<'a>(
    database: &ReadOnly,
    document: &DocumentFacts,
    folder: &'a Path,
) -> Result<Planned<'a>, Failure> {
    if matches!(document.state, DocumentState::Filed | DocumentState::Disposed) {
        return Err(Failure::NotInCustody { document: document.document });
    }
    if folder.symlink_metadata().is_ok() {
        return Err(Failure::FileExists { path: folder.display().to_string() });
    }
    // As with the record, where two parts may be of one file.
    let mut parts: Vec<&Part> = Vec::new();
    for part in &document.parts {
        let same = |known: &&Part| {
            (known.content, known.delivery, &known.delivered_name)
                == (part.content, part.delivery, &part.delivered_name)
        };
        if !parts.iter().any(same) {
            parts.push(part);
        }
    }
    let files = database.read(async |tx| {
        let mut files = Vec::new();
        for part in parts {
            let gone = || unreadable("document_part")("its delivery or content has no row");
            let delivery = deliveries::get(tx, part.delivery).await?.ok_or_else(gone)?;
            let format = contents::format(tx, &part.content).await?.ok_or_else(gone)?;
            files.push(PlannedFile { part: part.clone(), format, copy: delivery.copy });
        }
        Ok(files)
    })?;
    Ok(Planned { folder, files })
}

impl Planned<'_> {
    /// Writes them out of custody. Who looks is in the journal by now.
    pub(super) fn write(self, desk: &Desk, document: &DocumentFacts) -> Result<PagesWritten, Failure> {
        let (home, config) = desk.settings()?;
        let custody = Folder::open(&home.layout().custody(&config)).map_err(failed)?;
        DirBuilder::new().mode(0o700).create(self.folder).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::FileExists { path: self.folder.display().to_string() },
            _ => Failure::file(self.folder, &error),
        })?;
        let folder = Folder::open(self.folder).map_err(failed)?;
        // First: from then on nothing lies there that is not named for what it is.
        let sheet = sheet(desk, document).replace('\n', "\r\n");
        folder.create_new(SHEET, format!("\u{feff}{sheet}").as_bytes()).map_err(failed)?;
        let mut files = Vec::new();
        for (number, PlannedFile { part, format, copy }) in (1_u32..).zip(self.files) {
            let name = format!("original-{number:03}.{}", media_of(format).0);
            let (mut content, member) = original(&custody, &part, copy)?;
            let written = folder.create_new_from(&name, |sink| pour(&mut content, sink)).map_err(failed)?;
            files.push(PageFile {
                name,
                content: written.digest,
                byte_length: member.size,
                delivered_name: part.delivered_name,
            });
        }
        Ok(PagesWritten { folder: self.folder.display().to_string(), sheet: SHEET.to_owned(), files })
    }
}

/// A delivered file in custody, which is what was taken in.
fn original(custody: &Folder, part: &Part, copy: u32) -> Result<(File, Member), Failure> {
    let found = CustodyCopy::open(custody, part.delivery, copy).map_err(|error| not_had(custody, error))?;
    let member = found.manifest().members.iter().find(|member| member.digest == part.content).cloned();
    let member = member.ok_or_else(|| not_had(custody, CustodyError::Damaged))?;
    let mut content = found.open_member(&member).map_err(failed)?;
    let read = durable::digest_of(&mut content).and_then(|read| content.rewind().map(|()| read));
    match read {
        Ok(read) if read.digest == part.content => Ok((content, member)),
        Ok(_) => Err(not_had(custody, CustodyError::Damaged)),
        Err(error) => Err(Failure::file(custody.path(), &error)),
    }
}

fn pour(content: &mut File, sink: &mut Sink) -> Result<(), durable::Failure> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match content.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(sink.failed_to_read(error)),
        };
        sink.write(buffer.get(..count).unwrap_or_default())?;
    }
}

/// In every language, for whoever finds the folder later.
fn sheet(desk: &Desk, document: &DocumentFacts) -> String {
    let texts = Lang::ALL.map(|lang| {
        let words = Words::new(lang);
        let text = words.with(
            "pages-sheet",
            &[
                ("document", document.document.to_string().into()),
                ("standing", words.standing(document.state, document.held).into()),
                ("taken_in", words.exact_time(document.taken_in_at).into()),
                ("written", words.exact_time(desk.now()).into()),
            ],
        );
        clean_lines(&text) + "\n"
    });
    texts.join("\n")
}

fn not_had(custody: &Folder, error: CustodyError) -> Failure {
    match error {
        CustodyError::Write(failure) => failed(failure),
        error => Failure::File { path: custody.path().display().to_string(), problem: error.to_string() },
    }
}

fn failed(failure: durable::Failure) -> Failure {
    let path = failure.path().to_owned();
    match failure.class() {
        Class::Exists => Failure::FileExists { path: path.display().to_string() },
        _ => Failure::file(&path, &failure.into_io()),
    }
}
