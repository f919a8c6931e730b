//! The strips and tiles of one page, decompressed row by row and counted.

use std::io::{self, BufRead, Read};

use flate2::read::ZlibDecoder;
use hayro_ccitt::EncodingMode;
use weezl::LzwStatus;

use super::directory::{Directory, tag};
use super::{Layout, Seen};
use crate::image::Limits;
use crate::image::fax::Fax;
use crate::image::jpeg::{self, Colours, Inks};
use crate::image::look::Look;
use crate::image::source::Source;
use crate::measurements::{ColourModel, Compression, Decoded, JpegFacts, Limit};

pub(super) fn decode(
    source: &Source,
    directory: &Directory,
    layout: &Layout,
    limits: &Limits,
    look: &mut Look,
) -> Seen {
    let mut page = Page { source, directory, layout, limits, look, jpeg: None, palette: Vec::new() };
    let decoded = match page.every_chunk() {
        Ok(()) => Decoded::Whole,
        Err(decoded) => decoded,
    };
    let toned = !matches!(layout.colour(), ColourModel::Other | ColourModel::Unknown) && !layout.float;
    Seen { decoded, jpeg: page.jpeg, toned }
}

struct Page<'a> {
    source: &'a Source,
    directory: &'a Directory,
    layout: &'a Layout,
    limits: &'a Limits,
    look: &'a mut Look,
    jpeg: Option<JpegFacts>,
    /// Red, green and blue of each palette entry.
    palette: Vec<[u8; 3]>,
}

/// Offset and length of a strip or tile in the file.
type Extent = (u64, u64);

/// Where one strip or tile lies on the page: its own size, and how much of that is page.
#[derive(Clone, Copy)]
struct Place {
    width: u32,
    height: u32,
    used_width: u32,
    used_height: u32,
    /// The first column and row of the page in it.
    left: u32,
    top: u32,
}

fn unsupported(feature: impl Into<String>) -> Decoded {
    Decoded::Unsupported { feature: feature.into() }
}

impl Page<'_> {
    fn every_chunk(&mut self) -> Result<(), Decoded> {
        let layout = self.layout;
        self.supported()?;
        let (places, chunks) = self.chunks()?;
        self.look.begin(layout.width, layout.height);
        let planes = if layout.planar { usize::try_from(layout.samples).unwrap_or(1) } else { 1 };
        for (n, place) in places.iter().enumerate() {
            // The planes of a page come one after the other, each with all its strips.
            let of_place = (0..planes)
                .map(|plane| chunks.get(plane * places.len() + n).copied())
                .collect::<Option<Vec<_>>>()
                .ok_or(Decoded::Damaged { rows: Some(place.top) })?;
            self.chunk(*place, &of_place).map_err(|decoded| match decoded {
                // Rows are counted from the top of the page where strips give them any meaning.
                Decoded::Damaged { rows } => {
                    Decoded::Damaged { rows: Some(place.top.saturating_add(rows.unwrap_or(0))) }
                }
                other => other,
            })?;
        }
        Ok(())
    }

    /// What can be told from the tags alone.
    fn supported(&mut self) -> Result<(), Decoded> {
        let layout = self.layout;
        if layout.width == 0 || layout.height == 0 || layout.samples == 0 || layout.samples > 32 {
            return Err(Decoded::Damaged { rows: None });
        }
        let (width, height) = (u64::from(layout.width), u64::from(layout.height));
        // Planes are put together for a strip at a time, which may be the whole page; everything else goes by rows.
        let held = if layout.planar { width.saturating_mul(height).saturating_mul(layout.samples * 4) } else { 0 };
        if let Some(limit) = self.limits.refuses(width, height, held) {
            return Err(Decoded::Refused { limit });
        }
        match layout.compression {
            6 => return Err(unsupported("tiff-old-jpeg")),
            1..=5 | 7 | 8 | 32773 | 32946 => {}
            other => return Err(unsupported(format!("tiff-compression-{other}"))),
        }
        if matches!(layout.compression, 2..=4) && (layout.bits != 1 || layout.samples != 1) {
            return Err(unsupported("tiff-fax-depth"));
        }
        if layout.compression == 7 {
            return Ok(());
        }
        if !matches!(layout.bits, 1 | 2 | 4 | 8 | 16 | 32) {
            return Err(unsupported("tiff-sample-size"));
        }
        if layout.predictor == 3 || (layout.predictor == 2 && layout.bits < 8) || layout.predictor > 3 {
            return Err(unsupported("tiff-predictor"));
        }
        if layout.photometric == Some(6) && !self.unsampled() {
            return Err(unsupported("tiff-ycbcr-subsampling"));
        }
        if layout.colour() == ColourModel::Palette {
            if layout.samples != 1 || layout.bits > 16 {
                return Err(unsupported("tiff-palette"));
            }
            self.read_palette()?;
        }
        Ok(())
    }

    fn unsampled(&self) -> bool {
        let subsampling = self.directory.numbers(self.source, tag::YCBCR_SUBSAMPLING, 2);
        subsampling.is_some_and(|factors| factors.iter().all(|factor| *factor == 1))
    }

    /// Three columns of 16-bit levels: all reds, all greens, all blues.
    fn read_palette(&mut self) -> Result<(), Decoded> {
        let colours = 1_usize << self.layout.bits;
        let map = self.directory.numbers(self.source, tag::COLOUR_MAP, 3 << 16);
        let map = map.filter(|map| map.len() == 3 * colours).ok_or(Decoded::Damaged { rows: None })?;
        // Some programs write 8-bit levels into the 16-bit places.
        let eight = map.iter().all(|level| *level < 256);
        let level = |n: usize| {
            let level = map.get(n).copied().unwrap_or(0);
            u8::try_from(if eight { level } else { level >> 8 }).unwrap_or(255)
        };
        self.palette = (0..colours).map(|n| [level(n), level(colours + n), level(2 * colours + n)]).collect();
        Ok(())
    }

    /// Where every strip or tile lies, and the bytes of each.
    fn chunks(&self) -> Result<(Vec<Place>, Vec<Extent>), Decoded> {
        let (layout, damaged) = (self.layout, Decoded::Damaged { rows: Some(0) });
        let chunks = self.directory.chunks(self.source).ok_or_else(|| damaged.clone())?;
        let one = |tag| self.directory.number(self.source, tag).and_then(|n| u32::try_from(n).ok());
        let (width, height) = if self.directory.has(tag::TILE_OFFSETS) {
            let size =
                one(tag::TILE_WIDTH).zip(one(tag::TILE_LENGTH)).filter(|(width, height)| *width > 0 && *height > 0);
            let (width, height) = size.ok_or_else(|| damaged.clone())?;
            let bytes = u64::from(width) * u64::from(height) * layout.samples;
            if let Some(limit) = self.limits.refuses(width.into(), height.into(), bytes) {
                return Err(Decoded::Refused { limit });
            }
            (width, height)
        } else {
            let rows = self.directory.number(self.source, tag::ROWS_PER_STRIP).unwrap_or(u64::MAX);
            (layout.width, u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, layout.height))
        };
        let (across, down) = (layout.width.div_ceil(width), layout.height.div_ceil(height));
        if u64::from(across) * u64::from(down) > chunks.len() as u64 {
            return Err(damaged);
        }
        let tiled = self.directory.has(tag::TILE_OFFSETS);
        let places = (0..down)
            .flat_map(|y| (0..across).map(move |x| (x * width, y * height)))
            .map(|(left, top)| {
                let (used_width, used_height) = (width.min(layout.width - left), height.min(layout.height - top));
                // A tile is always whole, a last strip only as high as the page.
                Place { width, height: if tiled { height } else { used_height }, used_width, used_height, left, top }
            })
            .collect();
        Ok((places, chunks))
    }

    fn chunk(&mut self, place: Place, chunks: &[Extent]) -> Result<(), Decoded> {
        self.look.place(place.left, place.top, place.used_width);
        match (self.layout.compression, chunks) {
            (2..=4, [chunk]) => self.fax(place, *chunk),
            (7, [chunk]) => self.jpeg(place, *chunk),
            (7, _) => Err(unsupported("tiff-jpeg-planes")),
            (_, [chunk]) => self.rows(place, *chunk),
            _ => self.planes(place, chunks),
        }
    }

    fn held(&self, (offset, length): Extent) -> Result<Vec<u8>, Decoded> {
        if length > self.limits.held_bytes {
            return Err(Decoded::Refused { limit: Limit::DecodedBytes });
        }
        let mut bytes = self.source.at(offset, length).ok_or(Decoded::Damaged { rows: None })?;
        // A JPEG is a stream of bytes, whatever the order of bits in them.
        if self.layout.fill_order_reversed && self.layout.compression != 7 {
            bytes.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        Ok(bytes)
    }

    fn fax(&mut self, place: Place, chunk: Extent) -> Result<(), Decoded> {
        let data = self.held(chunk)?;
        let compression = self.layout.compression;
        let two_dimensional =
            self.directory.number(self.source, tag::T4_OPTIONS).is_some_and(|options| options & 1 == 1);
        let fax = Fax {
            columns: place.width,
            rows: place.height,
            mode: match (compression, two_dimensional) {
                (4, _) => EncodingMode::Group4,
                (3, true) => EncodingMode::Group3_2D,
                _ => EncodingMode::Group3_1D,
            },
            end_of_line: compression == 3,
            rows_are_byte_aligned: compression == 2,
            end_of_block: compression != 2,
            used_columns: place.used_width,
            used_rows: place.used_height,
            black: if self.layout.photometric == Some(1) { 255 } else { 0 },
        };
        fax.count(&data, self.look).map_err(|rows| Decoded::Damaged { rows: Some(rows) })
    }

    fn jpeg(&mut self, place: Place, chunk: Extent) -> Result<(), Decoded> {
        let strip = self.held(chunk)?;
        let tables = self.directory.bytes(self.source, tag::JPEG_TABLES, 1 << 20);
        // The tables stand once for the page, as a JPEG without a picture: its end and the strip's start fall away.
        let data = match tables.as_deref() {
            Some([0xFF, 0xD8, tables @ .., 0xFF, 0xD9]) => {
                let picture = strip.strip_prefix(b"\xFF\xD8").ok_or(Decoded::Damaged { rows: None })?;
                [b"\xFF\xD8", tables, picture].concat()
            }
            _ => strip,
        };
        let header = jpeg::Header::of(&data);
        let colours = if self.layout.photometric == Some(6) { Colours::YCbCr } else { Colours::Rgb };
        if u32::from(header.width) < place.used_width || u32::from(header.height) < place.used_height {
            return Err(Decoded::Damaged { rows: None });
        }
        // A tile over the edge counts with what hangs over: encoders repeat the edge there, so shares hardly change.
        self.look.place(place.left, place.top, header.width.into());
        let picture = jpeg::decode(&data, &header, colours, Inks::Plain, self.limits, self.look);
        self.jpeg = self.jpeg.or(picture.jpeg);
        match picture.decoded {
            Decoded::Whole => Ok(()),
            other => Err(other),
        }
    }

    fn rows(&mut self, place: Place, chunk: Extent) -> Result<(), Decoded> {
        let row_bytes = self.row_bytes(place, self.layout.samples)?;
        let mut row = vec![0; row_bytes];
        let mut reader = self.reader(chunk, row_bytes as u64 * u64::from(place.height))?;
        for n in 0..place.used_height {
            reader.read_exact(&mut row).map_err(|_| Decoded::Damaged { rows: Some(n) })?;
            self.unpredict(&mut row, self.layout.samples);
            self.count(&row, place.used_width);
        }
        // Tiles over the lower edge, and the checksum at the very end.
        for n in place.used_height..place.height {
            reader.read_exact(&mut row).map_err(|_| Decoded::Damaged { rows: Some(n) })?;
        }
        finish(&mut *reader).map_err(|_| Decoded::Damaged { rows: Some(place.used_height) })
    }

    /// Planes are decoded one after the other and then read side by side.
    fn planes(&mut self, place: Place, chunks: &[Extent]) -> Result<(), Decoded> {
        let row_bytes = self.row_bytes(place, 1)?;
        let size = row_bytes * place.height as usize;
        if size as u64 * chunks.len() as u64 > self.limits.decoded_bytes {
            return Err(Decoded::Refused { limit: Limit::DecodedBytes });
        }
        let bytes = usize::try_from(self.layout.bits.div_ceil(8)).unwrap_or(1);
        if self.layout.bits < 8 {
            return Err(unsupported("tiff-planes-of-bits"));
        }
        let mut planes = Vec::new();
        for chunk in chunks {
            let mut plane = vec![0; size];
            let mut reader = self.reader(*chunk, size as u64)?;
            reader.read_exact(&mut plane).map_err(|_| Decoded::Damaged { rows: None })?;
            finish(&mut *reader).map_err(|_| Decoded::Damaged { rows: None })?;
            for row in plane.chunks_exact_mut(row_bytes.max(1)) {
                self.unpredict(row, 1);
            }
            planes.push(plane);
        }
        let mut row = Vec::with_capacity(row_bytes * planes.len());
        for y in 0..place.used_height as usize {
            row.clear();
            for x in 0..place.used_width as usize {
                let at = y * row_bytes + x * bytes;
                for plane in &planes {
                    row.extend_from_slice(plane.get(at..at + bytes).unwrap_or_default());
                }
            }
            self.count(&row, place.used_width);
        }
        Ok(())
    }

    fn row_bytes(&self, place: Place, samples: u64) -> Result<usize, Decoded> {
        let bytes = (u64::from(place.width) * samples * self.layout.bits).div_ceil(8);
        if bytes > self.limits.decoded_bytes {
            return Err(Decoded::Refused { limit: Limit::DecodedBytes });
        }
        usize::try_from(bytes).map_err(|_| Decoded::Refused { limit: Limit::DecodedBytes })
    }

    /// The decompressed bytes of one strip or tile.
    fn reader(&self, chunk: Extent, expected: u64) -> Result<Box<dyn Read>, Decoded> {
        let (offset, length) = chunk;
        let raw: Box<dyn BufRead> = if self.layout.fill_order_reversed {
            Box::new(io::Cursor::new(self.held(chunk)?))
        } else {
            Box::new(self.source.range(offset, length))
        };
        Ok(match self.layout.compression_name() {
            Compression::Lzw => {
                // The oldest writers packed codes from the low bit up; their first byte is nought.
                if self.source.at(offset, 2).is_some_and(|head| matches!(*head, [0, odd] if odd & 1 == 1)) {
                    return Err(unsupported("tiff-old-lzw"));
                }
                Box::new(Lzw::new(raw))
            }
            Compression::Deflate => Box::new(ZlibDecoder::new(raw)),
            Compression::Packbits => Box::new(PackBits { raw, literal: 0, repeat: (0, 0), left: expected }),
            _ => Box::new(raw),
        })
    }

    /// Undoes the difference from the pixel to the left.
    fn unpredict(&self, row: &mut [u8], samples: u64) {
        let (layout, samples) = (self.layout, usize::try_from(samples).unwrap_or(1));
        if layout.predictor != 2 {
            return;
        }
        let bytes = usize::try_from(layout.bits / 8).unwrap_or(1).max(1);
        let step = samples * bytes;
        for at in (step..row.len()).step_by(bytes) {
            let number = |row: &[u8], at: usize| {
                let value = row.get(at..at + bytes).unwrap_or_default();
                let push = |n: u32, byte: &u8| (n << 8) | u32::from(*byte);
                if layout.big_endian { value.iter().fold(0, push) } else { value.iter().rev().fold(0, push) }
            };
            let sum = number(row, at).wrapping_add(number(row, at - step));
            let value = if layout.big_endian { sum.to_be_bytes() } else { sum.to_le_bytes() };
            let value = if layout.big_endian { value.get(4 - bytes..) } else { value.get(..bytes) };
            if let (Some(place), Some(value)) = (row.get_mut(at..at + bytes), value) {
                place.copy_from_slice(value);
            }
        }
    }

    /// Counts one row of interleaved samples.
    fn count(&mut self, row: &[u8], pixels: u32) {
        let layout = self.layout;
        let colour = layout.colour();
        let pixels = pixels as usize;
        let one = if layout.photometric == Some(1) { 255 } else { 0 };
        if colour == ColourModel::Bitonal && layout.bits == 1 {
            self.look.bits(row, pixels, one);
            return;
        }
        let wanted = usize::from(layout.photometric_samples());
        let stored = usize::try_from(layout.samples).unwrap_or(1);
        let levels = levels(row, pixels * stored, layout);
        match colour {
            ColourModel::Palette => {
                let entry = |level: &u16| self.palette.get(usize::from(*level)).copied().unwrap_or_default();
                let rgb: Vec<u8> = levels.iter().flat_map(entry).collect();
                self.look.rgb(&rgb);
            }
            ColourModel::Grey | ColourModel::Bitonal | ColourModel::Colour | ColourModel::Cmyk => {
                let top = |level: &u16| u8::try_from(*level).unwrap_or(255);
                let mut flat: Vec<u8> = if stored == wanted {
                    levels.iter().map(top).collect()
                } else {
                    levels.chunks_exact(stored.max(1)).flat_map(|pixel| pixel.iter().take(wanted).map(top)).collect()
                };
                if layout.photometric == Some(0) {
                    flat.iter_mut().for_each(|level| *level = 255 - *level);
                }
                match (colour, layout.photometric) {
                    (ColourModel::Colour, Some(6)) => {
                        let luma: Vec<u8> = flat.iter().step_by(3).copied().collect();
                        self.look.grey(&luma);
                    }
                    (ColourModel::Colour, _) => self.look.rgb(&flat),
                    (ColourModel::Cmyk, _) => self.look.cmyk(&flat),
                    _ => self.look.grey(&flat),
                }
            }
            ColourModel::Other | ColourModel::Unknown => {}
        }
    }
}

/// Samples as levels of 0 to 255; of a palette, as they are.
fn levels(row: &[u8], samples: usize, layout: &Layout) -> Vec<u16> {
    let palette = layout.photometric == Some(3);
    match layout.bits {
        bits @ (1 | 2 | 4) => {
            let most = (1_u16 << bits) - 1;
            let scale = if palette { 1 } else { 255 / most };
            let per_byte = 8 / usize::try_from(bits).unwrap_or(8);
            let shifts = (1..=per_byte).map(|n| 8 - n * (8 / per_byte));
            row.iter()
                .flat_map(|byte| shifts.clone().map(move |shift| (u16::from(*byte) >> shift & most) * scale))
                .take(samples)
                .collect()
        }
        8 => row.iter().take(samples).map(|byte| u16::from(*byte)).collect(),
        bits => {
            let size = usize::try_from(bits / 8).unwrap_or(2);
            let value = |sample: &[u8]| {
                let (mut high, mut low) = (sample.first().copied(), sample.get(1).copied());
                if !layout.big_endian {
                    (high, low) = (sample.last().copied(), sample.get(size.saturating_sub(2)).copied());
                }
                let (high, low) = (u16::from(high.unwrap_or(0)), u16::from(low.unwrap_or(0)));
                if palette { high << 8 | low } else { high }
            };
            row.chunks_exact(size).take(samples).map(value).collect()
        }
    }
}

/// Reads on to the end of the compressed data, which is where its checksum is. What some writers pad with is let be.
fn finish(reader: &mut dyn Read) -> io::Result<()> {
    let mut rest = [0; 4096];
    for _ in 0..16 {
        if reader.read(&mut rest)? == 0 {
            return Ok(());
        }
    }
    Ok(())
}

struct Lzw<R> {
    raw: R,
    decoder: weezl::decode::Decoder,
    stood_still: bool,
    ended: bool,
}

impl<R> Lzw<R> {
    fn new(raw: R) -> Self {
        let codes = weezl::decode::Configuration::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
        Self { raw, decoder: codes.with_yield_on_full_buffer(true).build(), stood_still: false, ended: false }
    }
}

impl<R: BufRead> Read for Lzw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buffer.is_empty() {
            let step = self.decoder.decode_bytes(self.raw.fill_buf()?, buffer);
            self.raw.consume(step.consumed_in);
            match step.status {
                Ok(LzwStatus::Done) => self.ended = true,
                Ok(LzwStatus::Ok | LzwStatus::NoProgress) => {}
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
            // Many writers leave the end code out: the data ends where the strip does, once the decoder is drained. It may stand
            // still once, over what it has taken before and not told of yet.
            let stands_still = step.consumed_in == 0 && step.consumed_out == 0;
            self.ended |= stands_still && self.stood_still;
            self.stood_still = stands_still;
            if step.consumed_out > 0 {
                return Ok(step.consumed_out);
            }
        }
        Ok(0)
    }
}

/// `PackBits`, TIFF 6.0 section 9: runs of literal bytes and of one repeated byte.
struct PackBits<R> {
    raw: R,
    literal: usize,
    repeat: (u8, usize),
    /// Bytes that are still wanted, so that filling behind them is not taken for data.
    left: u64,
}

impl<R: Read> PackBits<R> {
    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.raw.read_exact(&mut byte)?;
        let [byte] = byte;
        Ok(byte)
    }
}

impl<R: Read> Read for PackBits<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        while self.literal == 0 && self.repeat.1 == 0 {
            match self.byte()? {
                128 => {}
                head @ 0..128 => self.literal = usize::from(head) + 1,
                head => self.repeat = (self.byte()?, 257 - usize::from(head)),
            }
        }
        let n = if self.literal > 0 {
            let most = self.literal.min(buffer.len());
            let n = self.raw.read(buffer.get_mut(..most).unwrap_or_default())?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.literal -= n;
            n
        } else {
            let n = self.repeat.1.min(buffer.len());
            buffer.get_mut(..n).unwrap_or_default().fill(self.repeat.0);
            self.repeat.1 -= n;
            n
        };
        self.left -= n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_coded_is_read_to_its_end_whatever_it_is() {
        for seed in 0..400 {
            let mut random = fastrand::Rng::with_seed(seed);
            let noise = random.u8(1..40);
            let data: Vec<u8> = (0..8190)
                .map(|at| if random.u8(..) < noise { random.u8(..) } else { [0, 0xff][at / 30 % 2] })
                .collect();
            let coded = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(&data).unwrap();
            let (mut lzw, mut read, mut row) = (Lzw::new(&coded[..]), Vec::new(), [0_u8; 30]);
            loop {
                let count = lzw.read(&mut row).unwrap();
                if count == 0 {
                    break;
                }
                read.extend_from_slice(&row[..count]);
            }
            assert!(read == data, "seed {seed}: {} of {} bytes", read.len(), data.len());
        }
    }
}
