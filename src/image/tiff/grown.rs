//! A TIFF that got more pages since: whoever appends one writes it at the end, and changes the pointer that ended the chain before.

use std::fs::File;
use std::io::{self, Read as _};

use super::super::Limits;
use super::super::source::Source;
use super::directory::Reader;
use crate::ids::{Digest, Digester};

/// The digest that this TIFF had when it was so many bytes long, if all that was done to it since is that pages were appended; nothing
/// where it is no TIFF or has no page beyond.
///
/// # Errors
/// When it cannot be read from the disk.
pub fn as_it_was(file: File, length: u64) -> io::Result<Option<Digest>> {
    let source = Source::new(file)?;
    let found = link_beyond(&source, length);
    if let Some(error) = source.take_error() {
        return Err(error);
    }
    let Some((link, width)) = found else { return Ok(None) };
    let mut digester = Digester::default();
    let nothing = vec![0; width];
    let after = link + nothing.len() as u64;
    let mut block = vec![0; 64 * 1024];
    for (mut piece, then) in
        [(source.range(0, link), &nothing[..]), (source.range(after, length.saturating_sub(after)), &[])]
    {
        loop {
            match piece.read(&mut block)? {
                0 => break,
                n => digester.update(block.get(..n).unwrap_or_default()),
            }
        }
        digester.update(then);
    }
    Ok(Some(digester.finish()))
}

/// Where, within these first bytes, the pointer stands that leads to the first directory beyond them; and how wide it is.
fn link_beyond(source: &Source, length: u64) -> Option<(u64, usize)> {
    let reader = Reader::new(source)?;
    let width: u8 = if reader.big { 8 } else { 4 };
    let mut link = u64::from(width);
    for _ in 0..Limits::default().pages {
        let next = reader.offset(link)?;
        if next >= length {
            return (link.checked_add(u64::from(width))? <= length).then_some((link, usize::from(width)));
        }
        if next == 0 {
            return None;
        }
        link = reader.directory(next)?.1;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::tests::fax;
    use super::*;

    fn was(bytes: &[u8], length: usize) -> Option<Digest> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        as_it_was(file, length as u64).unwrap()
    }

    /// Where the pointer that ends the chain stands: behind the one directory of a page.
    fn link(page: &[u8]) -> usize {
        8 + 2 + 12 * usize::from(u16::from_le_bytes([page[8], page[9]]))
    }

    fn pointed(mut page: Vec<u8>, at: usize, to: usize) -> Vec<u8> {
        page[at..at + 4].copy_from_slice(&u32::try_from(to).unwrap().to_le_bytes());
        page
    }

    #[test]
    fn a_directory_behind_a_pad_byte_is_beyond_what_was_there() {
        let mut page = fax(64, 16);
        if page.len().is_multiple_of(2) {
            page.push(0x55);
        }
        // A directory begins on a word boundary (TIFF 6.0, section 2), so whoever appends to an odd length writes a byte first.
        let grown = [pointed(page.clone(), link(&page), page.len() + 1), vec![0; 64]].concat();
        assert_eq!(was(&grown, page.len()), Some(Digest::of(&page)));
    }

    #[test]
    fn a_chain_that_leads_back_has_no_page_beyond() {
        let page = fax(64, 16);
        let loops = pointed(page.clone(), link(&page), 8);
        assert_eq!(was(&[loops, vec![0; 64]].concat(), page.len()), None);
    }
}
