//! CCITT fax data, from TIFF strips and PDF streams, counted by its runs: no bitmap is ever made.
//!
//! Decoded strictly: a line that is too long or too short, an unknown code, or fewer lines than promised is damage.
//! Not decodable here: uncompressed mode, which no scanner is known to write.

use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};

use super::look::Look;

/// One piece of fax data.
pub(super) struct Fax {
    pub(super) columns: u32,
    pub(super) rows: u32,
    pub(super) mode: EncodingMode,
    pub(super) end_of_line: bool,
    pub(super) rows_are_byte_aligned: bool,
    pub(super) end_of_block: bool,
    /// How much of it is page: less than all in tiles over an edge.
    pub(super) used_columns: u32,
    pub(super) used_rows: u32,
    /// The level of a run that the code calls black. With photometric 1 a black run is a white stripe.
    pub(super) black: u8,
}

impl Fax {
    /// Counts the pixels; an error gives the rows that came before the damage.
    pub(super) fn count(&self, data: &[u8], look: &mut Look) -> Result<(), u32> {
        let settings = DecodeSettings {
            columns: self.columns,
            rows: self.rows,
            end_of_block: self.end_of_block,
            end_of_line: self.end_of_line,
            rows_are_byte_aligned: self.rows_are_byte_aligned,
            encoding: self.mode,
            strict: true,
        };
        let mut runs = Runs { columns: self.used_columns, most_rows: self.used_rows, rows: 0, black: self.black, look };
        let result = hayro_ccitt::decode(data, &mut runs, &mut DecoderContext::new(settings));
        // An early end-of-block mark is no error to the decoder; the missing rows are one to us.
        if result.is_ok() && runs.rows == self.rows { Ok(()) } else { Err(runs.rows) }
    }
}

struct Runs<'a> {
    columns: u32,
    most_rows: u32,
    rows: u32,
    black: u8,
    look: &'a mut Look,
}

impl Decoder for Runs<'_> {
    fn push_row(&mut self, changes: &[u32]) {
        if self.rows < self.most_rows {
            let (mut from, mut black) = (0, false);
            // Runs of white and of black in turn, up to each change and then to the end.
            for to in changes.iter().map(|change| (*change).min(self.columns)).chain([self.columns]) {
                self.look.run(if black { self.black } else { !self.black }, to.saturating_sub(from));
                (from, black) = (to.max(from), !black);
            }
        }
        self.rows = self.rows.saturating_add(1);
    }
}
