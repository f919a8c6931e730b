//! Small tools around `der`: values put together from parts that are DER already.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, GeneralizedTime, OctetStringRef, UintRef, UtcTime};
use der::{DateTime, Decode, Encode, Reader, Result, SliceReader, Tag, TagNumber};

use super::MakeError;
use crate::instant::Instant;

/// A SEQUENCE of these values.
pub fn sequence(parts: &[&[u8]]) -> Result<Vec<u8>> {
    wrap(Tag::Sequence, &parts.concat())
}

/// A SET OF these values, in the order that DER wants.
pub fn set_of(mut parts: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    parts.sort_unstable();
    parts.dedup();
    wrap(Tag::Set, &parts.concat())
}

/// `[number] EXPLICIT` around a value, or `[number] IMPLICIT` around the content of a constructed one.
pub fn context(number: u32, content: &[u8]) -> Result<Vec<u8>> {
    wrap(Tag::ContextSpecific { constructed: true, number: TagNumber(number) }, content)
}

pub fn wrap(tag: Tag, content: &[u8]) -> Result<Vec<u8>> {
    AnyRef::new(tag, content)?.to_der()
}

pub fn octets(content: &[u8]) -> Result<Vec<u8>> {
    OctetStringRef::new(content)?.to_der()
}

/// A non-negative INTEGER from big-endian octets.
pub fn unsigned(octets: &[u8]) -> Result<Vec<u8>> {
    UintRef::new(octets)?.to_der()
}

/// An attribute with one value.
pub fn attribute(oid: ObjectIdentifier, value: Vec<u8>) -> Result<Vec<u8>> {
    sequence(&[&oid.to_der()?, &set_of(vec![value])?])
}

/// An AlgorithmIdentifier without parameters.
pub fn algorithm(oid: ObjectIdentifier) -> Result<Vec<u8>> {
    sequence(&[&oid.to_der()?])
}

/// The content of a value: the octets after tag and length.
pub fn content(value: &[u8]) -> Result<&[u8]> {
    Ok(AnyRef::from_der(value)?.value())
}

/// The values, each whole, that stand one after the other in the content of a constructed value.
pub fn children(value: &[u8]) -> Result<Vec<&[u8]>> {
    let mut reader = SliceReader::new(content(value)?)?;
    let mut children = Vec::new();
    while !reader.is_finished() {
        children.push(reader.tlv_bytes()?);
    }
    Ok(children)
}

/// A time in whole seconds as RFC 5280 and RFC 5652 want it: UTCTime up to 2049, GeneralizedTime from 2050.
pub fn time(instant: Instant) -> std::result::Result<Vec<u8>, MakeError> {
    let date_time = date_time(instant)?;
    match UtcTime::from_date_time(date_time) {
        Ok(time) => Ok(time.to_der()?),
        Err(_) => Ok(GeneralizedTime::from_date_time(date_time).to_der()?),
    }
}

/// A time of RFC 3161: GeneralizedTime with milliseconds, no trailing zeros, cut and not rounded.
pub fn generalized_time(instant: Instant) -> std::result::Result<Vec<u8>, MakeError> {
    let seconds = GeneralizedTime::from_date_time(date_time(instant)?).to_der()?;
    let whole = content(&seconds)?.strip_suffix(b"Z").ok_or(MakeError::Time)?;
    let milliseconds = instant.as_microseconds().rem_euclid(1_000_000) / 1000;
    let fraction = format!(".{milliseconds:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    Ok(wrap(Tag::GeneralizedTime, &[whole, fraction.as_bytes(), b"Z"].concat())?)
}

fn date_time(instant: Instant) -> std::result::Result<DateTime, MakeError> {
    let seconds = u64::try_from(instant.as_microseconds()).map_err(|_| MakeError::Time)? / 1_000_000;
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds)).map_err(|_| MakeError::Time)
}

/// The fields of a certificate that others refer to, verbatim.
pub struct CertificateFields<'a> {
    pub serial: &'a [u8],
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    pub public_key: &'a [u8],
}

impl<'a> CertificateFields<'a> {
    pub fn of(certificate: &'a [u8]) -> Result<Self> {
        let invalid = || der::Error::from(Tag::Sequence.value_error());
        let tbs = children(certificate)?.into_iter().next().ok_or_else(invalid)?;
        // A version-3 certificate begins with [0].
        match children(tbs)?.as_slice() {
            [_version, serial, _algorithm, issuer, _validity, subject, public_key, ..] => {
                Ok(Self { serial, issuer, subject, public_key })
            }
            _ => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn times_change_their_form_in_2050() {
        assert_eq!(time(at("2049-12-31T23:59:59.999999Z")).unwrap(), b"\x17\x0d491231235959Z");
        assert_eq!(time(at("2050-01-01T00:00:00.000000Z")).unwrap(), b"\x18\x0f20500101000000Z");
        assert!(matches!(time(at("1969-12-31T23:59:59.000000Z")), Err(MakeError::Time)));
    }

    #[test]
    fn fractions_have_no_trailing_zeros() {
        for (instant, expected) in [
            ("2026-11-20T09:30:00.000999Z", "20261120093000Z"),
            ("2026-11-20T09:30:00.100000Z", "20261120093000.1Z"),
            ("2026-11-20T09:30:00.120000Z", "20261120093000.12Z"),
            ("2050-01-01T00:00:00.001000Z", "20500101000000.001Z"),
        ] {
            assert_eq!(content(&generalized_time(at(instant)).unwrap()).unwrap(), expected.as_bytes());
        }
    }

    #[test]
    fn sets_are_sorted() {
        let set = set_of(vec![vec![4, 1, 9], vec![2, 1, 1], vec![4, 1, 3]]).unwrap();
        assert_eq!(set, [0x31, 9, 2, 1, 1, 4, 1, 3, 4, 1, 9]);
        assert_eq!(children(&set).unwrap(), [&[2, 1, 1], &[4, 1, 3], &[4, 1, 9]]);
    }
}
