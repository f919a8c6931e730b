//! The markers of a JPEG, read once from end to end without decoding.

use std::ops::Range;

use super::quality::Table;
use crate::image::exif::dpi;
use crate::image::source::{array, u16_be};
use crate::measurements::{DeclaredDpi, DpiSource};

/// The kinds of frame in ITU-T T.81, table B.1, as far as they matter to a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) enum Process {
    /// Baseline and extended sequential, Huffman.
    Sequential,
    Progressive,
    Lossless,
    Arithmetic,
    /// Several frames for one picture.
    Hierarchical,
}

/// What the markers say.
#[derive(Debug, Default)]
pub(in crate::image) struct Header {
    pub(in crate::image) width: u16,
    pub(in crate::image) height: u16,
    pub(super) precision: u8,
    pub(in crate::image) components: Vec<Component>,
    pub(super) process: Option<Process>,
    pub(super) scans: u32,
    /// The colour transform of Adobe's marker.
    pub(in crate::image) adobe: Option<u8>,
    /// The payload of the first EXIF segment.
    pub(super) exif: Option<Range<usize>>,
    jfif: Option<[u8; 5]>,
    tables: [Option<Table>; 4],
    /// Just after the end marker; absent where there is none.
    pub(super) end: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::image) struct Component {
    pub(super) id: u8,
    pub(super) across: u8,
    pub(super) down: u8,
    pub(super) table: u8,
}

impl Header {
    pub(in crate::image) fn of(data: &[u8]) -> Self {
        walk(data)
    }

    /// The tables of the first and the second component.
    pub(super) fn tables(&self) -> Option<(&Table, Option<&Table>)> {
        let of = |n: usize| self.tables.get(usize::from(self.components.get(n)?.table))?.as_ref();
        Some((of(0)?, of(1)))
    }

    pub(super) fn jfif_dpi(&self) -> Option<DeclaredDpi> {
        let [unit, x_high, x_low, y_high, y_low] = self.jfif?;
        // 0 gives only the pixels' shape; 1 is per inch, 2 per centimetre.
        let per_inch = match unit {
            1 => (1, 1),
            2 => (254, 100),
            _ => return None,
        };
        let x = u64::from(u16::from_be_bytes([x_high, x_low]));
        let y = u64::from(u16::from_be_bytes([y_high, y_low]));
        dpi((x, 1), (y, 1), per_inch, DpiSource::JfifDensity)
    }
}

/// Reads all markers up to the end marker. What follows a marker that makes no sense is skipped to the next one, as
/// decoders do.
fn walk(data: &[u8]) -> Header {
    let mut header = Header::default();
    let mut at = 2;
    while let Some((marker, after)) = next_marker(data, at) {
        at = after;
        match marker {
            0xD9 => {
                header.end = Some(after);
                break;
            }
            // Stand-alone: TEM, restarts, a second start.
            0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let Some(length) = u16_be(data, at).map(usize::from).filter(|length| *length >= 2) else { continue };
        let Some(segment) = data.get(at + 2..at + length) else { break };
        match marker {
            0xDB => header.quantisation(segment),
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => header.frame(marker, segment),
            0xDA => header.scans = header.scans.saturating_add(1),
            0xDE => header.process = Some(Process::Hierarchical),
            0xE0 if segment.starts_with(b"JFIF\0") && header.jfif.is_none() => header.jfif = array(segment, 7),
            0xE1 if segment.starts_with(b"Exif\0") && header.exif.is_none() => {
                header.exif = Some(at + 8..at + length);
            }
            0xEE if segment.starts_with(b"Adobe") => header.adobe = segment.get(11).copied(),
            _ => {}
        }
        at += length;
    }
    header
}

/// The next marker at or after `at`, and where its segment begins. Passes over entropy-coded data, in which `FF` is
/// followed by `00` or a restart.
pub(super) fn next_marker(data: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += data.get(at..)?.iter().position(|byte| *byte == 0xFF)? + 1;
        match *data.get(at)? {
            // Stuffed, or fill before a marker.
            0x00 => at += 1,
            0xFF => {}
            marker => return Some((marker, at + 1)),
        }
    }
}

impl Header {
    fn quantisation(&mut self, mut segment: &[u8]) {
        while let Some((&head, rest)) = segment.split_first() {
            let eight_bits = head >> 4 == 0;
            let size = if eight_bits { 64 } else { 128 };
            let Some((values, rest)) = rest.split_at_checked(size) else { return };
            segment = rest;
            let mut steps = [0; 64];
            if eight_bits {
                steps.iter_mut().zip(values).for_each(|(step, value)| *step = u16::from(*value));
            } else {
                let (pairs, _) = values.as_chunks::<2>();
                steps.iter_mut().zip(pairs).for_each(|(step, pair)| *step = u16::from_be_bytes(*pair));
            }
            if let Some(table) = self.tables.get_mut(usize::from(head & 15)) {
                *table = Some(Table { steps, eight_bits });
            }
        }
    }

    fn frame(&mut self, marker: u8, segment: &[u8]) {
        let (Some(&precision), Some(height), Some(width)) = (segment.first(), u16_be(segment, 1), u16_be(segment, 3))
        else {
            return;
        };
        if self.process.is_some() {
            self.process = Some(Process::Hierarchical);
            return;
        }
        (self.precision, self.height, self.width) = (precision, height, width);
        let (triples, _) = segment.get(6..).unwrap_or_default().as_chunks::<3>();
        let declared = usize::from(segment.get(5).copied().unwrap_or(0));
        self.components = triples
            .iter()
            .take(declared)
            .map(|[id, sampling, table]| Component {
                id: *id,
                across: sampling >> 4,
                down: sampling & 15,
                table: *table,
            })
            .collect();
        self.process = Some(match marker {
            0xC0 | 0xC1 => Process::Sequential,
            0xC2 => Process::Progressive,
            0xC3 => Process::Lossless,
            0xC9..=0xCB => Process::Arithmetic,
            _ => Process::Hierarchical,
        });
    }
}
