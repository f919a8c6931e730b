//! The strict reader of the ASiC manifest.

use data_encoding::BASE64;
use roxmltree::{Document, Node, ParsingOptions};

use crate::evidence::manifest::{
    ASIC_NAMESPACE, MAXIMUM_MEMBERS, ManifestRefused, Member, SHA256_URI, SIGNATURE_MEDIA_TYPE, SIGNATURE_PATH,
    XMLDSIG_NAMESPACE, encode,
};
use crate::ids::Digest;

/// No manifest is longer: [`MAXIMUM_MEMBERS`] of the longest names.
const MAXIMUM_LENGTH: usize = 8 << 20;

/// From one `<` to the next no manifest has more bytes: a member with the longest name and the longest media type.
const LONGEST_PIECE: usize = 512;

/// A member has five `<` and four `=`, and what stands around the members has fewer than these.
const MOST_MARKS: usize = MAXIMUM_MEMBERS * 5 + 16;

/// The outermost element declares two namespaces, and no other declares any.
const NAMESPACES: usize = 2;

/// Reads a manifest and demands that it is written as manifests are, to the byte.
///
/// # Errors
/// The first thing that is wrong.
pub fn manifest(bytes: &[u8]) -> Result<Vec<Member>, ManifestError> {
    if bytes.len() > MAXIMUM_LENGTH {
        return Err(ManifestError::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::NotXml)?;
    bounded(text)?;
    // A document type could define entities and default attributes: what is signed would not be what is read.
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: u32::try_from(MAXIMUM_MEMBERS * 8).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => ManifestError::DocumentType,
        _ => ManifestError::NotXml,
    })?;
    let root = document.root_element();
    known(root, ASIC_NAMESPACE, "ASiCManifest", &[])?;
    let mut children = elements(root)?.into_iter();

    let signature = children.next().ok_or(ManifestError::Missing("SigReference"))?;
    known(signature, ASIC_NAMESPACE, "SigReference", &["URI", "MimeType"])?;
    none_inside(signature)?;
    if signature.attribute("URI") != Some(SIGNATURE_PATH)
        || signature.attribute("MimeType") != Some(SIGNATURE_MEDIA_TYPE)
    {
        return Err(ManifestError::OtherSignature);
    }
    let members = children.map(member).collect::<Result<Vec<_>, _>>()?;
    match encode(&members) {
        Ok(rebuilt) if rebuilt == bytes => Ok(members),
        Ok(_) => Err(ManifestError::OtherSpelling),
        Err(ManifestRefused::Twice { name }) => Err(ManifestError::Twice { name }),
        Err(ManifestRefused::Empty) => Err(ManifestError::Missing("DataObjectReference")),
        Err(ManifestRefused::TooMany { .. }) => Err(ManifestError::TooLong),
    }
}

/// Demands of the bare text what every manifest keeps to. The time that a parser takes grows with the square of the attributes
/// of an element, and with the cube of namespaces within each other: so it is given few of them, whoever made the text.
fn bounded(text: &str) -> Result<(), ManifestError> {
    let marks = |mark: u8| text.bytes().filter(|byte| *byte == mark).count();
    // In a name of a member the word may stand, but neither of these behind it.
    let declares = |after: &str| after.starts_with([':', '=']) || after.starts_with(|c: char| c.is_ascii_whitespace());
    let namespaces = text
        .match_indices("xmlns")
        .filter(|(at, word)| at.checked_add(word.len()).and_then(|end| text.get(end..)).is_some_and(declares));
    let is_usual = text.split('<').all(|piece| piece.len() < LONGEST_PIECE)
        && marks(b'<') <= MOST_MARKS
        && marks(b'=') <= MOST_MARKS
        && namespaces.count() <= NAMESPACES;
    if is_usual { Ok(()) } else { Err(ManifestError::Unusual) }
}

/// Why bytes are no manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is longer than any can be")]
    TooLong,
    #[error("the manifest is not XML")]
    NotXml,
    #[error(
        "the manifest has more marks, longer elements or more namespaces than any can have; it was not read further"
    )]
    Unusual,
    #[error("the manifest declares a document type")]
    DocumentType,
    #[error("the manifest lacks {0}")]
    Missing(&'static str),
    #[error("{name} does not belong into a manifest at this place")]
    Unknown { name: String },
    #[error("the manifest names another signature")]
    OtherSignature,
    #[error("{text:?} is no name of a member")]
    MemberName { text: String },
    #[error("{text:?} is no media type")]
    MediaType { text: String },
    #[error("the digest of {name} is not SHA-256 in base64")]
    MemberDigest { name: String },
    #[error("{name} stands there twice")]
    Twice { name: String },
    #[error("the manifest means the same but is not written as manifests are")]
    OtherSpelling,
}

fn member(node: Node<'_, '_>) -> Result<Member, ManifestError> {
    known(node, ASIC_NAMESPACE, "DataObjectReference", &["URI", "MimeType"])?;
    let name = node.attribute("URI").unwrap_or_default();
    let name = name.parse().map_err(|_| ManifestError::MemberName { text: name.to_owned() })?;
    let media_type = node.attribute("MimeType").unwrap_or_default();
    let media_type = media_type.parse().map_err(|_| ManifestError::MediaType { text: media_type.to_owned() })?;
    let wrong_digest = || ManifestError::MemberDigest { name: format!("{name}") };
    let children = elements(node)?;
    let [method, value] = children.as_slice() else { return Err(wrong_digest()) };
    known(*method, XMLDSIG_NAMESPACE, "DigestMethod", &["Algorithm"])?;
    none_inside(*method)?;
    known(*value, XMLDSIG_NAMESPACE, "DigestValue", &[])?;
    if method.attribute("Algorithm") != Some(SHA256_URI) {
        return Err(wrong_digest());
    }
    let digest = value.text().and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let digest = digest.and_then(|digest| digest.try_into().ok()).ok_or_else(wrong_digest)?;
    Ok(Member { name, media_type, digest: Digest::from_bytes(digest) })
}

/// Demands this element with no attribute but these.
fn known(node: Node<'_, '_>, namespace: &str, name: &str, attributes: &[&str]) -> Result<(), ManifestError> {
    if !node.has_tag_name((namespace, name)) {
        return Err(ManifestError::Unknown { name: node.tag_name().name().to_owned() });
    }
    let foreign = |attribute: &roxmltree::Attribute<'_, '_>| {
        attribute.namespace().is_some() || !attributes.contains(&attribute.name())
    };
    match node.attributes().find(foreign) {
        Some(attribute) => Err(ManifestError::Unknown { name: attribute.name().to_owned() }),
        None => Ok(()),
    }
}

/// The elements inside, between which only white space may stand.
fn elements<'a, 'input>(node: Node<'a, 'input>) -> Result<Vec<Node<'a, 'input>>, ManifestError> {
    let mut elements = Vec::new();
    for child in node.children() {
        if child.is_element() {
            elements.push(child);
        } else if !child.is_text() || child.text().is_some_and(|text| !text.trim_ascii().is_empty()) {
            return Err(ManifestError::Unknown { name: "text, comment or instruction".to_owned() });
        }
    }
    Ok(elements)
}

fn none_inside(node: Node<'_, '_>) -> Result<(), ManifestError> {
    match elements(node)?.first() {
        Some(child) => Err(ManifestError::Unknown { name: child.tag_name().name().to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> String {
        let members = ["original-001.tif", "record.json"].map(|name| Member {
            name: name.parse().unwrap(),
            media_type: "image/tiff".parse().unwrap(),
            digest: Digest::of(name.as_bytes()),
        });
        String::from_utf8(encode(&members).unwrap()).unwrap()
    }

    fn changed(from: &str, to: &str) -> Result<Vec<Member>, ManifestError> {
        let sample = sample();
        assert!(sample.contains(from), "{from}");
        manifest(sample.replacen(from, to, 1).as_bytes())
    }

    #[test]
    fn what_is_encoded_is_read() {
        let members = manifest(sample().as_bytes()).unwrap();
        assert_eq!(encode(&members).unwrap(), sample().into_bytes());
        assert_eq!(members.len(), 2);
    }

    #[test]
    fn each_deviation_has_its_name() {
        let unknown = |name: &str| Err(ManifestError::Unknown { name: name.into() });
        assert_eq!(
            changed("<asic:ASiC", "<!DOCTYPE x [<!ENTITY a \"b\">]><asic:ASiC"),
            Err(ManifestError::DocumentType)
        );
        assert_eq!(changed("</asic:ASiCManifest>", ""), Err(ManifestError::NotXml));
        assert_eq!(changed("<asic:SigReference", "<asic:Other/><asic:SigReference"), unknown("Other"));
        assert_eq!(changed("<asic:SigReference", "x<asic:SigReference"), unknown("text, comment or instruction"));
        assert_eq!(changed("<ds:DigestMethod", "<!-- --><ds:DigestMethod"), unknown("text, comment or instruction"));
        assert_eq!(changed("URI=\"record", "Rootfile=\"true\" URI=\"record"), unknown("Rootfile"));
        assert_eq!(changed("signature001", "signature002"), Err(ManifestError::OtherSignature));
        assert_eq!(
            changed("\"record.json", "\"../record.json"),
            Err(ManifestError::MemberName { text: "../record.json".into() })
        );
        assert_eq!(
            changed("\"record.json", "\"original-001.tif"),
            Err(ManifestError::Twice { name: "original-001.tif".into() })
        );
        assert_eq!(changed("image/tiff", "image"), Err(ManifestError::MediaType { text: "image".into() }));
        assert_eq!(
            changed("xmlenc#sha256", "xmlenc#sha512"),
            Err(ManifestError::MemberDigest { name: "original-001.tif".into() })
        );
        assert_eq!(changed("01/04/xmlenc", "01/04/xmlenC"), changed("xmlenc#sha256", "xmlenc#sha512"));
        assert_eq!(changed("\"/>\n", "\"/>"), Err(ManifestError::OtherSpelling));
        assert_eq!(changed("record.json", "record&#46;json"), Err(ManifestError::OtherSpelling));
        assert_eq!(manifest(b"\xff\xfe"), Err(ManifestError::NotXml));
        assert_eq!(manifest(&vec![b' '; MAXIMUM_LENGTH + 1]), Err(ManifestError::TooLong));
        let empty = sample().lines().filter(|line| !line.contains("DataObject")).collect::<Vec<_>>().join("\n") + "\n";
        assert_eq!(manifest(empty.as_bytes()), Err(ManifestError::Missing("DataObjectReference")));
    }

    #[test]
    fn the_largest_manifest_is_read() {
        // As long as names and media types can be, and with the word in its names.
        let members: Vec<Member> = (0..MAXIMUM_MEMBERS)
            .map(|number| Member {
                name: format!("xmlns{number:0>95}").parse().unwrap(),
                media_type: format!("{}/{}", "a".repeat(100), "b".repeat(100)).parse().unwrap(),
                digest: Digest::of(&number.to_le_bytes()),
            })
            .collect();
        let largest = encode(&members).unwrap();
        assert!(largest.len() <= MAXIMUM_LENGTH, "{}", largest.len());
        assert_eq!(manifest(&largest).map(|read| read.len()), Ok(MAXIMUM_MEMBERS));
    }

    /// What would keep a parser for hours is not given to it. Each of these is XML, and the parser would say something else.
    #[test]
    fn nothing_is_parsed_that_takes_long() {
        let within =
            |content: &str| sample().replacen("<asic:SigReference", &format!("{content}<asic:SigReference"), 1);
        let nested: String = (0..60_000).map(|number| format!("<a xmlns:n{number}=\"u\">")).collect();
        let nested = format!("{nested}{}", "</a>".repeat(60_000));
        let spaced: String = (0..60_000).map(|number| format!("<a xmlns\n = \"u{number}\"/>")).collect();
        let attributes: String = (0..400_000).map(|number| format!(" a{number}=\"\"")).collect();
        let over_lines = attributes.replace(' ', "\n");
        let hostile = [
            nested,
            spaced,
            format!("<a{attributes}/>"),
            format!("<a{over_lines}/>"),
            "<a/>".repeat(MOST_MARKS),
            format!("<a b=\"{}\"/>", "=".repeat(100)).repeat(1000),
            "x".repeat(LONGEST_PIECE),
        ];
        for content in hostile {
            let text = within(&content);
            assert!(text.len() < MAXIMUM_LENGTH, "{}", text.len());
            let shown: String = content.chars().take(60).collect();
            assert_eq!(manifest(text.as_bytes()), Err(ManifestError::Unusual), "{shown}");
        }
    }

    #[test]
    fn every_changed_bit_changes_what_is_said() {
        let sample = sample();
        let said = manifest(sample.as_bytes()).unwrap();
        for position in 0..sample.len() {
            for bit in 0..8 {
                let mut bytes = sample.clone().into_bytes();
                bytes[position] ^= 1 << bit;
                assert_ne!(manifest(&bytes), Ok(said.clone()), "bit {bit} of byte {position}");
            }
        }
    }
}
