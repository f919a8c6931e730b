//! The filters of a PDF stream, undone strictly and never beyond what was asked for.

use std::io::{ErrorKind, Read as _};

use flate2::read::ZlibDecoder;
use hayro_interpret::hayro_syntax::object::{Array, Dict, Name, Object};
use weezl::BitOrder;
use weezl::decode::Configuration;

use crate::measurements::{Compression, Decoded, Limit};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Hexadecimal,
    Ascii85,
    RunLength,
    Lzw,
    Flate,
    Fax,
    Jbig2,
    Jpeg,
    Jpeg2000,
    /// Names a way of encryption, which is undone before all filters.
    Crypt,
    Unknown,
}

impl Filter {
    /// The filters of a stream and the parameters of each, outermost first.
    pub(super) fn chain<'a>(dict: &Dict<'a>) -> Vec<(Self, Dict<'a>)> {
        let names = dict.get::<Object<'_>>(b"F").or_else(|| dict.get::<Object<'_>>(b"Filter"));
        let parameters = dict.get::<Object<'_>>(b"DP").or_else(|| dict.get::<Object<'_>>(b"DecodeParms"));
        match names {
            Some(Object::Name(name)) => {
                let parameters = match parameters {
                    Some(Object::Dict(parameters)) => Some(parameters),
                    Some(Object::Array(list)) => list.iter::<Dict<'_>>().next(),
                    _ => None,
                };
                vec![(Self::named(&name), parameters.unwrap_or_default())]
            }
            Some(Object::Array(names)) => {
                let list = parameters.and_then(Object::into_array);
                let mut parameters = list.iter().flat_map(Array::iter::<Object<'_>>);
                let mut next = || parameters.next().and_then(Object::into_dict).unwrap_or_default();
                names.iter::<Name<'_>>().map(|name| (Self::named(&name), next())).collect()
            }
            // A stream kept in another file.
            Some(_) => vec![(Self::Unknown, Dict::empty())],
            None => Vec::new(),
        }
    }

    fn named(name: &[u8]) -> Self {
        match name {
            b"ASCIIHexDecode" | b"AHx" => Self::Hexadecimal,
            b"ASCII85Decode" | b"A85" => Self::Ascii85,
            b"RunLengthDecode" | b"RL" => Self::RunLength,
            b"LZWDecode" | b"LZW" => Self::Lzw,
            b"FlateDecode" | b"Fl" => Self::Flate,
            b"CCITTFaxDecode" | b"CCF" => Self::Fax,
            b"JBIG2Decode" => Self::Jbig2,
            b"DCTDecode" | b"DCT" => Self::Jpeg,
            b"JPXDecode" => Self::Jpeg2000,
            b"Crypt" => Self::Crypt,
            _ => Self::Unknown,
        }
    }

    /// Whether pixels come out, not bytes.
    pub(super) fn is_picture(self) -> bool {
        matches!(self, Self::Fax | Self::Jbig2 | Self::Jpeg | Self::Jpeg2000)
    }

    /// The name where the data need not be looked at.
    pub(super) fn compression(self) -> Compression {
        match self {
            Self::Hexadecimal | Self::Ascii85 => Compression::Ascii,
            Self::RunLength => Compression::Packbits,
            Self::Lzw => Compression::Lzw,
            Self::Flate => Compression::Deflate,
            Self::Fax => Compression::CcittG4,
            Self::Jbig2 => Compression::Jbig2,
            Self::Jpeg => Compression::Jpeg,
            Self::Jpeg2000 => Compression::Jpeg2000Irreversible,
            Self::Crypt => Compression::None,
            Self::Unknown => Compression::Other,
        }
    }
}

/// Undoes one filter that yields bytes. Of more than `most` bytes only so many are made.
pub(super) fn unfilter(filter: Filter, parameters: &Dict<'_>, data: &[u8], most: u64) -> Result<Vec<u8>, Decoded> {
    let damaged = Decoded::Damaged { rows: None };
    match filter {
        Filter::Crypt => Ok(data.to_vec()),
        Filter::Flate => inflate(data, most).ok_or(damaged),
        Filter::Lzw => unlzw(data, parameters.get::<i32>(b"EarlyChange") != Some(0), most).ok_or(damaged),
        Filter::RunLength => unrun(data, most).ok_or(damaged),
        Filter::Hexadecimal => unhex(data).ok_or(damaged),
        Filter::Ascii85 => unascii85(data).ok_or(damaged),
        Filter::Unknown => Err(Decoded::Unsupported { feature: "pdf-filter".to_owned() }),
        // Pixels are nobody's input.
        Filter::Fax | Filter::Jbig2 | Filter::Jpeg | Filter::Jpeg2000 => Err(damaged),
    }
    .and_then(|bytes| match bytes.len() as u64 > most.saturating_add(1) {
        true => Err(Decoded::Refused { limit: Limit::DecodedBytes }),
        false => Ok(bytes),
    })
}

fn inflate(data: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    match ZlibDecoder::new(data).take(most).read_to_end(&mut bytes) {
        Ok(_) => Some(bytes),
        // Many writers cut the checksum off. Whether anything else is missing shows in the number of bytes.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Some(bytes),
        Err(_) => None,
    }
}

fn unlzw(data: &[u8], early: bool, most: u64) -> Option<Vec<u8>> {
    let codes = if early {
        Configuration::with_tiff_size_switch(BitOrder::Msb, 8)
    } else {
        Configuration::new(BitOrder::Msb, 8)
    };
    let mut decoder = codes.with_yield_on_full_buffer(true).build();
    let (mut bytes, mut rest, mut block) = (Vec::new(), data, vec![0; 64 * 1024]);
    let mut stood_still = false;
    while (bytes.len() as u64) < most {
        let step = decoder.decode_bytes(rest, &mut block);
        bytes.extend_from_slice(block.get(..step.consumed_out)?);
        rest = rest.get(step.consumed_in..)?;
        match step.status {
            Ok(weezl::LzwStatus::Done) => break,
            Ok(_) => {}
            Err(_) => return None,
        }
        // It may stand still once, over what it has taken before.
        let stands_still = step.consumed_in == 0 && step.consumed_out == 0;
        if stands_still && stood_still {
            break;
        }
        stood_still = stands_still;
    }
    Some(bytes)
}

fn unrun(data: &[u8], most: u64) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), data);
    while let Some((&head, after)) = rest.split_first() {
        if head == 128 || bytes.len() as u64 >= most {
            break;
        }
        if head < 128 {
            let (run, after) = after.split_at_checked(usize::from(head) + 1)?;
            bytes.extend_from_slice(run);
            rest = after;
        } else {
            let (&byte, after) = after.split_first()?;
            bytes.resize(bytes.len() + 257 - usize::from(head), byte);
            rest = after;
        }
    }
    Some(bytes)
}

fn unhex(data: &[u8]) -> Option<Vec<u8>> {
    let digits = data.iter().take_while(|byte| **byte != b'>').filter(|byte| !byte.is_ascii_whitespace());
    let digits: Vec<u8> = digits.map(|byte| char::from(*byte).to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    Some(digits.chunks(2).map(|pair| pair.first().map_or(0, |d| d << 4) | pair.get(1).copied().unwrap_or(0)).collect())
}

fn unascii85(data: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut number, mut count) = (0_u32, 0_usize);
    let data = data.strip_prefix(b"<~").unwrap_or(data);
    for byte in data.iter().take_while(|byte| **byte != b'~') {
        match byte {
            b'z' if count == 0 => bytes.extend([0; 4]),
            b'!'..=b'u' => {
                number = number.checked_mul(85)?.checked_add(u32::from(byte - b'!'))?;
                count += 1;
                if count == 5 {
                    bytes.extend(number.to_be_bytes());
                    (number, count) = (0, 0);
                }
            }
            byte if byte.is_ascii_whitespace() || *byte == 0 => {}
            _ => return None,
        }
    }
    match count {
        0 => {}
        1 => return None,
        _ => {
            // A short last group is filled up with the highest digit.
            for _ in count..5 {
                number = number.checked_mul(85)?.checked_add(84)?;
            }
            bytes.extend(number.to_be_bytes().iter().take(count - 1));
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_filters_are_undone() {
        assert_eq!(unhex(b"48 65 6C6c 6F7>rest").unwrap(), b"Hellop");
        assert_eq!(unhex(b"4x>"), None);
        assert_eq!(unascii85(b"87cURD]j7BEbo80~>").unwrap(), b"Hello world!");
        assert_eq!(unascii85(b"<~z87cUR~>").unwrap(), b"\0\0\0\0Hell");
        assert_eq!(unascii85(b"uuuuu~>"), None);
    }

    #[test]
    fn runs_are_undone_and_end_at_their_mark() {
        assert_eq!(unrun(&[2, b'a', b'b', b'c', 254, b'x', 128, 9], 100).unwrap(), b"abcxxx");
        assert_eq!(unrun(&[2, b'a'], 100), None);
        assert_eq!(unrun(&[254], 100), None);
    }

    #[test]
    fn no_filter_makes_more_than_was_asked_for() {
        use std::io::Write as _;
        let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        bomb.write_all(&vec![0; 10 << 20]).unwrap();
        let bomb = bomb.finish().unwrap();
        assert_eq!(inflate(&bomb, 1000).unwrap().len(), 1000);
        assert_eq!(inflate(&bomb, 1 << 30).unwrap().len(), 10 << 20);
        assert!(inflate(b"not deflate", 10).is_none());
    }
}
