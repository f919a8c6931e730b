//! Object identifiers: those of the standards, by their names there, and our own.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Serialize};

/// Marks certificates of the evaluation authority, which every `init` makes for itself: whoever relies on such a
/// certificate relies on nobody. Arcs below 2.25 are UUIDs and need no registration (ITU-T X.667); this one is ours.
pub const EVALUATION_CERTIFICATE: Oid = Oid::of(&[
    0x69, 0x81, 0x86, 0xde, 0xaf, 0xf9, 0x98, 0x9d, 0xa2, 0xb2, 0x89, 0x9e, 0x80, 0xed, 0x9a, 0x98, 0xc9, 0xef, 0x8c,
    0x53, 0x01,
]);
/// The policy of time-stamps by the built-in evaluation authority.
pub const EVALUATION_TIMESTAMP: Oid = Oid::of(&[
    0x69, 0x81, 0x86, 0xde, 0xaf, 0xf9, 0x98, 0x9d, 0xa2, 0xb2, 0x89, 0x9e, 0x80, 0xed, 0x9a, 0x98, 0xc9, 0xef, 0x8c,
    0x53, 0x02,
]);

const fn standard(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

// Content types (RFC 5652, RFC 3161).
pub const DATA: ObjectIdentifier = standard("1.2.840.113549.1.7.1");
pub const SIGNED_DATA: ObjectIdentifier = standard("1.2.840.113549.1.7.2");
pub const TST_INFO: ObjectIdentifier = standard("1.2.840.113549.1.9.16.1.4");

// Attributes (RFC 5652, RFC 2634, RFC 5035, RFC 3161).
pub const CONTENT_TYPE: ObjectIdentifier = standard("1.2.840.113549.1.9.3");
pub const MESSAGE_DIGEST: ObjectIdentifier = standard("1.2.840.113549.1.9.4");
pub const SIGNING_TIME: ObjectIdentifier = standard("1.2.840.113549.1.9.5");
pub const SIGNING_CERTIFICATE: ObjectIdentifier = standard("1.2.840.113549.1.9.16.2.12");
pub const SIGNATURE_TIMESTAMP: ObjectIdentifier = standard("1.2.840.113549.1.9.16.2.14");
pub const SIGNING_CERTIFICATE_V2: ObjectIdentifier = standard("1.2.840.113549.1.9.16.2.47");

// Digests.
pub const SHA_1: ObjectIdentifier = standard("1.3.14.3.2.26");
pub const SHA_256: ObjectIdentifier = standard("2.16.840.1.101.3.4.2.1");
pub const SHA_384: ObjectIdentifier = standard("2.16.840.1.101.3.4.2.2");
pub const SHA_512: ObjectIdentifier = standard("2.16.840.1.101.3.4.2.3");

// Keys and signatures (RFC 8410, RFC 5480, RFC 5758, RFC 8017).
pub const ED25519: ObjectIdentifier = standard("1.3.101.112");
pub const EC_PUBLIC_KEY: ObjectIdentifier = standard("1.2.840.10045.2.1");
pub const CURVE_P256: ObjectIdentifier = standard("1.2.840.10045.3.1.7");
pub const CURVE_P384: ObjectIdentifier = standard("1.3.132.0.34");
pub const CURVE_P521: ObjectIdentifier = standard("1.3.132.0.35");
pub const ECDSA_SHA_256: ObjectIdentifier = standard("1.2.840.10045.4.3.2");
pub const ECDSA_SHA_384: ObjectIdentifier = standard("1.2.840.10045.4.3.3");
pub const ECDSA_SHA_512: ObjectIdentifier = standard("1.2.840.10045.4.3.4");
pub const RSA: ObjectIdentifier = standard("1.2.840.113549.1.1.1");
pub const RSA_SHA_256: ObjectIdentifier = standard("1.2.840.113549.1.1.11");
pub const RSA_SHA_384: ObjectIdentifier = standard("1.2.840.113549.1.1.12");
pub const RSA_SHA_512: ObjectIdentifier = standard("1.2.840.113549.1.1.13");

// Certificates (RFC 5280).
pub const KEY_USAGE: ObjectIdentifier = standard("2.5.29.15");
pub const CERTIFICATE_POLICIES: ObjectIdentifier = standard("2.5.29.32");
pub const EXTENDED_KEY_USAGE: ObjectIdentifier = standard("2.5.29.37");
pub const PURPOSE_TIMESTAMPING: ObjectIdentifier = standard("1.3.6.1.5.5.7.3.8");
pub const COMMON_NAME: ObjectIdentifier = standard("2.5.4.3");
pub const ORGANIZATION: ObjectIdentifier = standard("2.5.4.10");
pub const ORGANIZATIONAL_UNIT: ObjectIdentifier = standard("2.5.4.11");

/// Any object identifier, as the content octets of its DER. Arcs may be as wide as a UUID, which those below 2.25 are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Cow<'static, [u8]>);

impl Oid {
    const fn of(octets: &'static [u8]) -> Self {
        Self(Cow::Borrowed(octets))
    }

    /// From the content octets of a DER object identifier.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Self {
        Self(Cow::Owned(octets.to_vec()))
    }

    /// The content octets of its DER.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// The arcs, or nothing when the octets are no identifier with arcs of at most 128 bits.
    fn arcs(&self) -> Option<Vec<u128>> {
        let mut arcs = Vec::new();
        let (mut arc, mut begun) = (0_u128, false);
        for octet in self.0.iter() {
            if (!begun && *octet == 0x80) || arc.leading_zeros() < 7 {
                return None; // a padded arc has a shorter spelling; a wider one has none here
            }
            arc = arc << 7 | u128::from(octet & 0x7f);
            begun = octet & 0x80 != 0;
            if !begun {
                if arcs.is_empty() {
                    let first = (arc / 40).min(2);
                    arcs.push(first);
                    arc -= first * 40;
                }
                arcs.push(std::mem::take(&mut arc));
            }
        }
        (!begun && !arcs.is_empty()).then_some(arcs)
    }
}

impl PartialEq<ObjectIdentifier> for Oid {
    fn eq(&self, other: &ObjectIdentifier) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl From<ObjectIdentifier> for Oid {
    fn from(oid: ObjectIdentifier) -> Self {
        Self::from_octets(oid.as_bytes())
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(arcs) = self.arcs() else {
            return write!(f, "#{}", data_encoding::HEXLOWER.encode(&self.0));
        };
        for (position, arc) in arcs.iter().enumerate() {
            write!(f, "{}{arc}", if position == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an object identifier such as 1.2.392.200257.1")]
pub struct InvalidOid(String);

impl FromStr for Oid {
    type Err = InvalidOid;

    fn from_str(text: &str) -> Result<Self, InvalidOid> {
        let invalid = || InvalidOid(text.to_owned());
        let arcs: Vec<u128> = text.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| invalid())?;
        let [first, second, rest @ ..] = arcs.as_slice() else { return Err(invalid()) };
        if *first > 2 || (*first < 2 && *second > 39) {
            return Err(invalid());
        }
        let mut octets = Vec::new();
        let head = second.checked_add(first * 40).ok_or_else(invalid)?;
        for arc in std::iter::once(&head).chain(rest) {
            let groups = (128 - arc.leading_zeros()).div_ceil(7).max(1);
            for group in (0..groups).rev() {
                let bits = u8::try_from(arc >> (7 * group) & 0x7f).map_err(|_| invalid())?;
                octets.push(if group == 0 { bits } else { bits | 0x80 });
            }
        }
        let oid = Self(Cow::Owned(octets));
        // One spelling: no leading zeros or signs.
        if oid.to_string() == text { Ok(oid) } else { Err(invalid()) }
    }
}

impl Serialize for Oid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_are_what_the_documents_say() {
        assert_eq!(EVALUATION_CERTIFICATE.to_string(), "2.25.89548296575212297958082581627253016147.1");
        assert_eq!(EVALUATION_TIMESTAMP.to_string(), "2.25.89548296575212297958082581627253016147.2");
    }

    #[test]
    fn an_identifier_has_one_spelling() {
        for text in ["1.2.840.113549.1.7.1", "0.9.2342", "2.5.29.15", "2.999.3", "1.0", "2.25.1"] {
            let oid: Oid = text.parse().unwrap();
            assert_eq!(oid.to_string(), text);
        }
        assert_eq!("1.2.840.113549.1.7.1".parse::<Oid>().unwrap(), DATA);
        assert_ne!("1.2.840.113549.1.7.2".parse::<Oid>().unwrap(), DATA);
        assert_eq!(EVALUATION_TIMESTAMP.to_string().parse::<Oid>().unwrap(), EVALUATION_TIMESTAMP);
        let wide = format!("2.{}", u128::MAX);
        for wrong in ["", "1", "3.1", "1.40", "1.2.", ".1.2", "1.02", "1.+2", "1.-2", "1.2.x", &wide] {
            assert!(wrong.parse::<Oid>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn foreign_octets_are_shown_whatever_they_are() {
        for (octets, shown) in [(&[0x2a, 0x80][..], "#2a80"), (&[0x80, 0x01], "#8001"), (&[], "#")] {
            assert_eq!(Oid::from_octets(octets).to_string(), shown);
        }
        assert!(Oid::from_octets(&[0xff; 30]).to_string().starts_with('#'));
    }
}
