//! What a PDF carries beside its pages, and how its file ends.

use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object};

use crate::image::Limits;
use crate::image::source::find;
use crate::measurements::PdfFacts;

/// How the file ends.
pub(super) struct Ending {
    pub(super) complete: bool,
    pub(super) revisions: u32,
    pub(super) trailing_bytes: u64,
}

const END: &[u8] = b"%%EOF";

pub(super) fn ending(data: &[u8]) -> Ending {
    let (mut revisions, mut last) = (0_u32, None);
    let mut at = 0;
    while let Some(found) = find(data, END, at) {
        revisions = revisions.saturating_add(1);
        at = found + END.len();
        last = Some(at);
    }
    // A linearised file has an end mark behind its first part, too.
    let linearised = data.get(..1024.min(data.len())).is_some_and(|head| find(head, b"/Linearized", 0).is_some());
    let rest = last.and_then(|last| data.get(last..)).unwrap_or_default().trim_ascii();
    // Another revision that breaks off before its own end mark.
    let broken_off = find(rest, b" obj", 0).is_some();
    Ending {
        complete: last.is_some() && !broken_off,
        revisions: revisions.saturating_sub(u32::from(linearised)).max(1),
        trailing_bytes: if last.is_some() && !broken_off { rest.len() as u64 } else { 0 },
    }
}

/// Whether the last cross-reference table is where `startxref` says, and its entries point at objects.
pub(super) fn table_is_sound(data: &[u8]) -> bool {
    sound(data).unwrap_or(false)
}

fn sound(data: &[u8]) -> Option<bool> {
    let mut start = None;
    let mut at = data.len().saturating_sub(4096);
    while let Some(found) = find(data, b"startxref", at) {
        at = found + 9;
        start = Some(at);
    }
    let mut after = Words(data.get(start?..)?);
    // Offsets count from the header, which need not be at the very start.
    let header = find(data, b"%PDF-", 0)?;
    let data = data.get(header..)?;
    let mut table = Words(data.get(usize::try_from(after.number()?).ok()?..)?);
    if table.0.trim_ascii_start().first()?.is_ascii_digit() {
        // A cross-reference stream is an object; what it says is checked by reading it.
        return Some(table.number().is_some() && table.number().is_some() && table.next()? == b"obj");
    }
    if table.next()? != b"xref" {
        return Some(false);
    }
    for _ in 0..10_000 {
        let Some(first) = table.number() else { break };
        let count = table.number()?;
        for number in (first..first.saturating_add(count)).take(1_000_000) {
            let offset = usize::try_from(table.number()?).ok()?;
            let _generation = table.number()?;
            if table.next()? == b"n" && Words(data.get(offset..)?).number() != Some(number) {
                return Some(false);
            }
        }
    }
    Some(true)
}

/// Words between white space.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0.trim_ascii_start();
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        self.0 = rest;
        Some(word).filter(|word| !word.is_empty())
    }

    /// The next word, if it is a number; else the words stay as they are.
    fn number(&mut self) -> Option<u64> {
        let before = self.0;
        let number = self.next().and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
        if number.is_none() {
            self.0 = before;
        }
        number
    }
}

/// Trailers and cross-reference streams are never encrypted themselves, so the key is readable where it is used.
pub(super) fn mentions_encryption(data: &[u8]) -> bool {
    let mut rest = data;
    while let Some(slash) = rest.iter().position(|byte| *byte == b'/') {
        rest = rest.get(slash.saturating_add(1)..).unwrap_or_default();
        if is_name(rest, b"Encrypt") {
            return true;
        }
    }
    false
}

/// Whether a name begins here and is this one. Each of its bytes may be written as `#` and two hexadecimal digits
/// (ISO 32000-2, 7.3.5), and who reads the file takes it for the same.
fn is_name(mut data: &[u8], name: &[u8]) -> bool {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for expected in name {
        let (byte, rest) = match data {
            [b'#', high, low, rest @ ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, rest),
                _ => return false,
            },
            [byte, rest @ ..] => (*byte, rest),
            [] => return false,
        };
        if byte != *expected {
            return false;
        }
        data = rest;
    }
    data.first().is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'#')
}

/// How many pages the root of the page tree says there are.
pub(super) fn announced_pages(pdf: &Pdf) -> Option<u32> {
    let catalogue = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id())?;
    catalogue.get::<Dict<'_>>(b"Pages")?.get::<u32>(b"Count")
}

/// Whether a viewer shows something on the page that is not of the page: a stamp, a note, a form's field. Links show
/// nothing, and hidden ones or such without extent are not seen.
pub(super) fn shows_annotations(page: &Dict<'_>) -> bool {
    const HIDDEN: u32 = 1 << 1;
    const NO_VIEW: u32 = 1 << 5;
    let list = page.get::<Array<'_>>(b"Annots");
    list.iter().flat_map(Array::iter::<Dict<'_>>).any(|annotation| {
        let kind = annotation.get::<Name<'_>>(b"Subtype");
        let shows = !kind.is_some_and(|kind| matches!(&*kind, b"Link" | b"Popup"));
        let seen = annotation.get::<u32>(b"F").unwrap_or(0) & (HIDDEN | NO_VIEW) == 0;
        let corners = annotation.get::<Array<'_>>(b"Rect");
        let corners: Vec<f32> = corners.iter().flat_map(Array::iter::<f32>).collect();
        // Four numbers that are no area; anything else is taken for one.
        let empty = matches!(corners.as_slice(), [left, bottom, right, top] if left == right || bottom == top);
        shows && seen && !empty
    })
}

/// How far a PDF's objects were looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Every object that the file lists.
    All,
    /// Some are listed and cannot be read.
    SomeUnread,
    /// Some are nested deeper than allowed.
    TooDeep,
}

/// Looks through every object for what does not belong in a scan. What was found is there, however much was read; that
/// nothing was found is a fact only where everything was.
pub(super) fn look_through(pdf: &Pdf, limits: &Limits, facts: &mut PdfFacts) -> Reach {
    let mut search = Search { most: limits.nesting, ..Search::default() };
    // An object that cannot be read makes the reader list them anew while they are counted, without it and perhaps with
    // others; those of the new list are looked through.
    let listed = pdf.len();
    let first = pdf.objects().into_iter().count();
    let (mut read, mut within) = (0, true);
    for object in pdf.objects() {
        read += 1;
        within = within && search.object(&object, 0, false);
    }
    let reach = match (within, first < listed || read < pdf.len()) {
        (false, _) => Reach::TooDeep,
        (true, true) => Reach::SomeUnread,
        (true, false) => Reach::All,
    };
    let all = reach == Reach::All;
    let yes = |found: bool| Some(found).filter(|found| *found || all);
    let number = |found: u32| Some(found).filter(|found| *found > 0 || all);
    facts.scripts = yes(search.scripts);
    facts.launch_actions = yes(search.launch_actions);
    facts.embedded_files = number(search.embedded_streams.max(search.file_specifications));
    facts.signatures = number(search.signatures);
    reach
}

#[derive(Default)]
struct Search {
    most: u32,
    scripts: bool,
    launch_actions: bool,
    signatures: u32,
    embedded_streams: u32,
    file_specifications: u32,
}

impl Search {
    /// `on_open`: this is done without anybody clicking.
    fn object(&mut self, object: &Object<'_>, depth: u32, on_open: bool) -> bool {
        if depth > self.most {
            return false;
        }
        match object {
            Object::Dict(dict) => self.dict(dict, depth, on_open),
            Object::Stream(stream) => {
                let kind = stream.dict().get::<Name<'_>>(b"Type");
                self.embedded_streams += u32::from(kind.is_some_and(|kind| *kind == *b"EmbeddedFile"));
                self.dict(stream.dict(), depth, on_open)
            }
            Object::Array(array) => self.array(array, depth, on_open),
            _ => true,
        }
    }

    fn array(&mut self, array: &Array<'_>, depth: u32, on_open: bool) -> bool {
        array.raw_iter().all(|item| match item {
            MaybeRef::NotRef(object) => self.object(&object, depth + 1, on_open),
            MaybeRef::Ref(_) => true,
        })
    }

    fn dict(&mut self, dict: &Dict<'_>, depth: u32, on_open: bool) -> bool {
        if let Some(action) = dict.get::<Name<'_>>(b"S") {
            match &*action {
                b"JavaScript" => self.scripts = true,
                b"Launch" | b"GoToR" | b"GoToE" | b"SubmitForm" | b"ImportData" => self.launch_actions = true,
                b"URI" if on_open => self.launch_actions = true,
                _ => {}
            }
        }
        if dict.contains_key(b"ByteRange") && dict.contains_key(b"Contents") {
            self.signatures = self.signatures.saturating_add(1);
        }
        self.file_specifications += u32::from(dict.contains_key(b"EF"));
        dict.entries().all(|(key, value)| {
            self.scripts |= matches!(&*key, b"JS" | b"JavaScript");
            let opening = matches!(&*key, b"OpenAction" | b"AA");
            match value {
                MaybeRef::NotRef(object) => self.object(&object, depth + 1, on_open || opening),
                // What is referred to is an object of the file and looked at by itself, but not as something done on
                // opening: so that one step is followed here.
                MaybeRef::Ref(_) if opening => {
                    let action = dict.get::<Dict<'_>>(key.as_ref());
                    action.is_none_or(|action| self.object(&Object::Dict(action), depth + 1, true))
                }
                MaybeRef::Ref(_) => true,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_mark_must_be_the_end() {
        let end = |data: &[u8]| {
            let Ending { complete, revisions, trailing_bytes } = ending(data);
            (complete, revisions, trailing_bytes)
        };
        assert_eq!(end(b"%PDF-1.4\n...%%EOF\n"), (true, 1, 0));
        assert_eq!(end(b"%PDF-1.4\n..."), (false, 1, 0));
        assert_eq!(end(b"%PDF-1.4 %%EOF 7 0 obj <<>> endobj xref %%EOF"), (true, 2, 0));
        assert_eq!(end(b"%PDF-1.4 %%EOF 7 0 obj <</Len"), (false, 1, 0));
        assert_eq!(end(b"%PDF-1.4 %%EOF\0\0\0"), (true, 1, 3));
        assert_eq!(end(b"%PDF-1.4 1 0 obj<</Linearized 1>> %%EOF 2 0 obj <<>> endobj %%EOF"), (true, 1, 0));
    }

    #[test]
    fn a_table_is_sound_where_its_offsets_are() {
        let file = |offset: usize, start: usize| {
            format!(
                "%PDF-1.4\n1 0 obj\n<<>>\nendobj\nxref\n0 2\n0000000000 65535 f \n{offset:010} 00000 n \ntrailer\n<<>>\nstartxref\n{start}\n%%EOF\n"
            )
        };
        assert!(table_is_sound(file(9, 29).as_bytes()));
        assert!(!table_is_sound(file(10, 29).as_bytes()));
        assert!(!table_is_sound(file(0, 29).as_bytes()));
        assert!(!table_is_sound(file(9, 0).as_bytes()));
        assert!(!table_is_sound(b"%PDF-1.4"));
    }

    #[test]
    fn encryption_is_a_key_of_its_own() {
        for written in ["/Encrypt", "/#45ncrypt", "/Enc#72ypt", "//Encryp#74", "/#45#6e#63#72#79#70#74"] {
            assert!(mentions_encryption(format!("<<{written} 5 0 R>>").as_bytes()), "{written}");
        }
        assert!(mentions_encryption(b"trailer/Encrypt"));
        for other in ["/#45ncryptMetadata", "/Encrypt#4d", "/Encryp", "/#4Encrypt"] {
            assert!(!mentions_encryption(format!("<<{other} true>>").as_bytes()), "{other}");
        }
        assert!(!mentions_encryption(b"<</EncryptMetadata true>>"));
    }
}
