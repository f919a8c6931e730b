//! Walks through foreign DER without changing it: each value is a window into the bytes that came.

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use crate::crypto::oid::Oid;
use crate::instant::Instant;

/// Bytes that are not the structure they should be (BER that is not DER included).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not encoded as it must be")]
pub struct Malformed(pub &'static str);

/// A value: its tag, its content, and both with the length between them, as they came.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub tag: Tag,
    pub content: &'a [u8],
    pub whole: &'a [u8],
    what: &'static str,
}

impl<'a> Value<'a> {
    /// The one value that these bytes are. `what` names it in a refusal.
    pub fn read(whole: &'a [u8], what: &'static str) -> Result<Self, Malformed> {
        let value = AnyRef::from_der(whole).map_err(|_| Malformed(what))?;
        Ok(Self { tag: value.tag(), content: value.value(), whole, what })
    }

    /// The same value under a name that says more in a refusal.
    pub fn called(self, what: &'static str) -> Self {
        Self { what, ..self }
    }

    /// This value, if its tag is `tag`.
    pub fn tagged(self, tag: Tag) -> Result<Self, Malformed> {
        if self.tag == tag { Ok(self) } else { Err(Malformed(self.what)) }
    }

    /// The fields of a SEQUENCE.
    pub fn sequence(self) -> Result<Fields<'a>, Malformed> {
        self.tagged(Tag::Sequence)?.fields()
    }

    /// The values in a SET OF, a SEQUENCE OF, or an implicitly tagged one.
    pub fn elements(self) -> Result<Vec<Value<'a>>, Malformed> {
        let mut fields = self.fields()?;
        let mut elements = Vec::new();
        while !fields.is_finished() {
            elements.push(fields.next()?);
        }
        Ok(elements)
    }

    /// The fields of a constructed value, whatever its tag.
    pub fn fields(self) -> Result<Fields<'a>, Malformed> {
        if !self.tag.is_constructed() {
            return Err(Malformed(self.what));
        }
        let reader = SliceReader::new(self.content).map_err(|_| Malformed(self.what))?;
        Ok(Fields { reader, what: self.what })
    }

    pub fn oid(self) -> Result<Oid, Malformed> {
        Ok(Oid::from_octets(self.tagged(Tag::ObjectIdentifier)?.content))
    }

    pub fn octets(self) -> Result<&'a [u8], Malformed> {
        Ok(self.tagged(Tag::OctetString)?.content)
    }

    /// The octets of a BIT STRING without unused bits.
    pub fn bits(self) -> Result<&'a [u8], Malformed> {
        match self.tagged(Tag::BitString)?.content.split_first() {
            Some((0, bits)) => Ok(bits),
            _ => Err(Malformed(self.what)),
        }
    }

    /// The content octets of an INTEGER in its shortest form.
    pub fn integer(self) -> Result<&'a [u8], Malformed> {
        match self.tagged(Tag::Integer)?.content {
            [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(Malformed(self.what)),
            octets => Ok(octets),
        }
    }

    /// A small INTEGER.
    pub fn small_integer(self) -> Result<u64, Malformed> {
        let octets = self.integer()?;
        let negative = octets.first().is_some_and(|first| first & 0x80 != 0);
        if negative || octets.len() > 8 {
            return Err(Malformed(self.what));
        }
        Ok(octets.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)))
    }

    pub fn boolean(self) -> Result<bool, Malformed> {
        match self.tagged(Tag::Boolean)?.content {
            [0] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(Malformed(self.what)),
        }
    }

    /// A text in one of the string types that certificates and authorities use.
    pub fn text(self) -> Result<String, Malformed> {
        match self.tag {
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
                std::str::from_utf8(self.content).map(str::to_owned).map_err(|_| Malformed(self.what))
            }
            Tag::BmpString => {
                let units = self.content.chunks_exact(2);
                if !units.remainder().is_empty() {
                    return Err(Malformed(self.what));
                }
                let units: Vec<u16> =
                    units.filter_map(|unit| Some(u16::from_be_bytes(unit.try_into().ok()?))).collect();
                String::from_utf16(&units).map_err(|_| Malformed(self.what))
            }
            // Latin-1 in practice.
            Tag::TeletexString => Ok(self.content.iter().map(|octet| char::from(*octet)).collect()),
            _ => Err(Malformed(self.what)),
        }
    }

    /// A UTCTime or GeneralizedTime. Fractions of a second are allowed in the latter (RFC 3161, 2.4.2) and cut to
    /// microseconds.
    pub fn time(self) -> Result<Instant, Malformed> {
        let text = std::str::from_utf8(self.content).map_err(|_| Malformed(self.what))?;
        let full = match self.tag {
            // RFC 5280: 50 to 99 are of the 20th century.
            Tag::UtcTime if text.len() == 13 => format!("{}{text}", if text < "50" { "20" } else { "19" }),
            Tag::GeneralizedTime => text.to_owned(),
            _ => return Err(Malformed(self.what)),
        };
        parse_time(&full).ok_or(Malformed(self.what))
    }
}

/// `YYYYMMDDHHMMSS[.f…]Z`, without leap seconds.
fn parse_time(text: &str) -> Option<Instant> {
    let body = text.strip_suffix('Z')?;
    let (whole, fraction) = match body.split_once('.') {
        // DER: digits, and no zero at the end.
        Some((whole, fraction)) if !fraction.is_empty() && !fraction.ends_with('0') && fraction.len() <= 32 => {
            (whole, fraction)
        }
        Some(_) => return None,
        None => (body, ""),
    };
    if whole.len() != 14 || !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i8>().ok();
    let year = whole.get(..4)?.parse().ok()?;
    let microseconds: i32 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let time = jiff::civil::Time::new(number(8, 10)?, number(10, 12)?, number(12, 14)?, microseconds * 1000).ok()?;
    let date = jiff::civil::Date::new(year, number(4, 6)?, number(6, 8)?).ok()?;
    Some(date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().into())
}

/// The fields of a constructed value, taken one after the other.
#[derive(Clone)]
pub struct Fields<'a> {
    reader: SliceReader<'a>,
    what: &'static str,
}

impl<'a> Fields<'a> {
    pub fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    pub fn next(&mut self) -> Result<Value<'a>, Malformed> {
        let whole = self.reader.tlv_bytes().map_err(|_| Malformed(self.what))?;
        Value::read(whole, self.what)
    }

    /// The next field, which must bear this tag.
    pub fn take(&mut self, tag: Tag) -> Result<Value<'a>, Malformed> {
        self.next()?.tagged(tag)
    }

    /// The next field, if it bears this tag.
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Value<'a>>, Malformed> {
        let mut ahead = self.clone();
        if ahead.is_finished() {
            return Ok(None);
        }
        let value = ahead.next()?;
        if value.tag != tag {
            return Ok(None);
        }
        *self = ahead;
        Ok(Some(value))
    }

    /// Nothing may follow.
    pub fn end(self) -> Result<(), Malformed> {
        if self.is_finished() { Ok(()) } else { Err(Malformed(self.what)) }
    }
}

/// The tag `[number]` of a constructed value.
pub const fn context(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// The tag `[number]` of a primitive value.
pub const fn context_primitive(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}

/// An AlgorithmIdentifier.
#[derive(Clone, Debug)]
pub struct AlgorithmIdentifier<'a> {
    pub oid: Oid,
    pub parameters: Option<Value<'a>>,
}

impl<'a> AlgorithmIdentifier<'a> {
    pub fn read(value: Value<'a>) -> Result<Self, Malformed> {
        let mut fields = value.sequence()?;
        let oid = fields.next()?.oid()?;
        let parameters = if fields.is_finished() { None } else { Some(fields.next()?) };
        fields.end()?;
        Ok(Self { oid, parameters })
    }

    /// Whether the parameters are absent.
    pub fn is_bare(&self) -> bool {
        self.parameters.is_none()
    }

    /// Whether the parameters are absent or NULL, which RFC 5754 lets mean the same for digests.
    pub fn is_bare_or_null(&self) -> bool {
        self.parameters.is_none_or(|parameters| parameters.tag == Tag::Null && parameters.content.is_empty())
    }

    /// The curve of an elliptic-curve key.
    pub fn curve(&self) -> Option<Oid> {
        self.parameters.and_then(|parameters| parameters.oid().ok())
    }
}

/// An attribute with exactly one value.
pub fn single_attribute<'a>(attribute: Value<'a>) -> Result<(Oid, Value<'a>), Malformed> {
    let mut fields = attribute.sequence()?;
    let oid = fields.next()?.oid()?;
    let values = fields.take(Tag::Set)?.elements()?;
    fields.end()?;
    match values.as_slice() {
        [value] => Ok((oid, *value)),
        _ => Err(Malformed("an attribute")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(tag: u8, text: &str) -> Result<String, Malformed> {
        let mut bytes = vec![tag, u8::try_from(text.len()).unwrap()];
        bytes.extend_from_slice(text.as_bytes());
        Value::read(&bytes, "a time").and_then(Value::time).map(|instant| instant.to_string())
    }

    #[test]
    fn times_of_both_forms() {
        for (tag, text, expected) in [
            (0x17, "491231235959Z", "2049-12-31T23:59:59.000000Z"),
            (0x17, "500101000000Z", "1950-01-01T00:00:00.000000Z"),
            (0x18, "20500101000000Z", "2050-01-01T00:00:00.000000Z"),
            (0x18, "20231207161024.05Z", "2023-12-07T16:10:24.050000Z"),
            (0x18, "20231207161024.1234567899Z", "2023-12-07T16:10:24.123456Z"),
            (0x18, "20240229000000Z", "2024-02-29T00:00:00.000000Z"),
        ] {
            assert_eq!(time(tag, text).unwrap(), expected);
        }
        for (tag, text) in [
            (0x17, "4912312359Z"),
            (0x17, "20491231235959Z"),
            (0x18, "491231235959Z"),
            (0x18, "20231207161024"),
            (0x18, "20231207161024+0900"),
            (0x18, "20231207161024.Z"),
            (0x18, "20231207161024.50Z"),
            (0x18, "20231207161024,5Z"),
            (0x18, "20231307161024Z"),
            (0x18, "20230229000000Z"),
            (0x18, "20231207161060Z"),
            (0x18, "2023120716102\u{0664}Z"),
            (0x18, "-0231207161024Z"),
        ] {
            assert!(time(tag, text).is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_and_integers_have_one_spelling() {
        assert!(Value::read(&[4, 0x81, 1, 7], "").is_err(), "a long form that is too long");
        assert!(Value::read(&[0x30, 0x80, 0, 0], "").is_err(), "an indefinite length");
        assert!(Value::read(&[4, 1, 7, 0], "").is_err(), "a trailing octet");
        for wrong in [&[2, 2, 0, 1][..], &[2, 2, 0xff, 0x80], &[2, 0]] {
            assert!(Value::read(wrong, "").and_then(Value::integer).is_err(), "{wrong:?}");
        }
        assert_eq!(Value::read(&[2, 2, 0, 0x80], "").unwrap().small_integer(), Ok(128));
        assert!(Value::read(&[2, 1, 0x80], "").unwrap().small_integer().is_err(), "negative");
    }
}
