//! The ASiC manifest (ETSI EN 319 162-1): names, media types and digests of a record's members. **It is what a person
//! signs**, and its own SHA-256 is the record digest.
//!
//! One list of members has exactly one encoding: a fixed ASCII template without optional white space. So a reader can
//! demand that a manifest encodes to the very bytes it was read from (`crypto::check::manifest` does).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::Digest;

/// The signed manifest's place in the container.
pub const MANIFEST_PATH: &str = "META-INF/ASiCManifest001.xml";
/// The signature's place in the container. The manifest names it, so it is signed too.
pub const SIGNATURE_PATH: &str = "META-INF/signature001.p7s";

/// Namespaces and identifiers of the manifest's XML.
pub const ASIC_NAMESPACE: &str = "http://uri.etsi.org/02918/v1.2.1#";
pub const XMLDSIG_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub const SIGNATURE_MEDIA_TYPE: &str = "application/x-pkcs7-signature";

/// No record has more members: one per page of the largest delivery, and a handful of our own.
pub const MAXIMUM_MEMBERS: usize = 10_000;

/// One file of a record that the signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: MemberName,
    pub media_type: MediaType,
    pub digest: Digest,
}

/// The manifest's bytes for `members`, in the order given.
///
/// # Errors
/// When there is nothing to sign, too much, or a name twice.
pub fn encode(members: &[Member]) -> Result<Vec<u8>, ManifestRefused> {
    if members.is_empty() {
        return Err(ManifestRefused::Empty);
    }
    if members.len() > MAXIMUM_MEMBERS {
        return Err(ManifestRefused::TooMany { members: members.len() });
    }
    let mut names: Vec<&MemberName> = members.iter().map(|member| &member.name).collect();
    names.sort_unstable();
    if let Some(name) = names.windows(2).find_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied())) {
        return Err(ManifestRefused::Twice { name: name.map(ToString::to_string).unwrap_or_default() });
    }
    // Nothing needs escaping: neither character set below contains a character that XML treats specially.
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <asic:ASiCManifest xmlns:asic=\"{ASIC_NAMESPACE}\" xmlns:ds=\"{XMLDSIG_NAMESPACE}\">\n\
         <asic:SigReference URI=\"{SIGNATURE_PATH}\" MimeType=\"{SIGNATURE_MEDIA_TYPE}\"/>\n"
    );
    for Member { name, media_type, digest } in members {
        let digest = data_encoding::BASE64.encode(digest.as_bytes());
        xml.push_str(&format!(
            "<asic:DataObjectReference URI=\"{name}\" MimeType=\"{media_type}\">\
             <ds:DigestMethod Algorithm=\"{SHA256_URI}\"/><ds:DigestValue>{digest}</ds:DigestValue>\
             </asic:DataObjectReference>\n"
        ));
    }
    xml.push_str("</asic:ASiCManifest>\n");
    Ok(xml.into_bytes())
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestRefused {
    #[error("a manifest without members proves nothing")]
    Empty,
    #[error("{members} members are more than {MAXIMUM_MEMBERS}")]
    TooMany { members: usize },
    #[error("two members are named {name}")]
    Twice { name: String },
}

/// The name of a file at the top of a container, given by us and never by whoever delivered it: lower-case ASCII
/// letters, digits, and inner `-` and `.`, at most 100.
///
/// So it needs no quoting in XML, ZIP, shell commands or a file system, and two names never differ by case alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MemberName(String);

impl MemberName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for MemberName {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let good = text.len() <= 100
            && text.bytes().all(allowed)
            && edge(text.bytes().next())
            && edge(text.bytes().next_back())
            && !text.contains("..")
            && text != "mimetype"; // the container's own first entry
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidWord { what: "a member's name (a-z, 0-9, inner - and ., at most 100)", text: text.to_owned() })
        }
    }
}

impl<'de> Deserialize<'de> for MemberName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A media type without parameters, such as `image/tiff`: lower-case ASCII letters, digits, `.`, `+`, `-` and one `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MediaType(String);

impl MediaType {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for MediaType {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-');
        let half = |half: &str| !half.is_empty() && half.len() <= 100 && half.bytes().all(allowed);
        match text.split_once('/') {
            Some((kind, subtype)) if half(kind) && half(subtype) => Ok(Self(text.to_owned())),
            _ => Err(InvalidWord { what: "a media type such as image/tiff", text: text.to_owned() }),
        }
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}")]
pub struct InvalidWord {
    what: &'static str,
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member {
            name: name.parse().unwrap(),
            media_type: "image/tiff".parse().unwrap(),
            digest: Digest::of(name.as_bytes()),
        }
    }

    #[test]
    fn one_list_has_one_encoding() {
        let xml = String::from_utf8(encode(&[member("original-001.tif")]).unwrap()).unwrap();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n\
             <asic:SigReference URI=\"META-INF/signature001.p7s\" MimeType=\"application/x-pkcs7-signature\"/>\n\
             <asic:DataObjectReference URI=\"original-001.tif\" MimeType=\"image/tiff\">\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
             <ds:DigestValue>QjZPnBGZuzqDodvPNuC5bPsOJH5nb8630rbaVMeINnU=</ds:DigestValue>\
             </asic:DataObjectReference>\n\
             </asic:ASiCManifest>\n"
        );
    }

    #[test]
    fn nothing_and_doubles_are_refused() {
        assert_eq!(encode(&[]), Err(ManifestRefused::Empty));
        let twice = [member("a.tif"), member("b.tif"), member("a.tif")];
        assert_eq!(encode(&twice), Err(ManifestRefused::Twice { name: "a.tif".into() }));
        let many: Vec<Member> = (0..=MAXIMUM_MEMBERS).map(|n| member(&format!("p{n}.tif"))).collect();
        assert_eq!(encode(&many), Err(ManifestRefused::TooMany { members: MAXIMUM_MEMBERS + 1 }));
        assert!(encode(many.get(1..).unwrap()).is_ok());
    }

    #[test]
    fn names_need_no_quoting_anywhere() {
        for good in ["record.json", "original-001.tif", "a", "0.1"] {
            assert!(good.parse::<MemberName>().is_ok(), "{good}");
        }
        let long = "a".repeat(101);
        for wrong in
            ["", ".", "..", "a..b", "-a", "a-", ".a", "a.", "A", "a/b", "a\\b", "a b", "a&b", "救急", "mimetype", &long]
        {
            assert!(wrong.parse::<MemberName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn media_types_carry_no_parameters() {
        for good in ["image/tiff", "application/vnd.etsi.asic-e+zip"] {
            assert!(good.parse::<MediaType>().is_ok(), "{good}");
        }
        for wrong in ["", "image", "image/", "/tiff", "image/a/b", "text/plain; charset=utf-8", "Image/tiff", "a/b\""] {
            assert!(wrong.parse::<MediaType>().is_err(), "{wrong}");
        }
    }
}
