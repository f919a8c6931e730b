//! A detached CAdES signature over a manifest (ETSI EN 319 122-1; `make::sign_cades` says how it is made).

use der::Tag;

use super::certificate::Certificate;
use super::der::{Fields, Malformed, Value, context, single_attribute};
use super::signature::{self, Algorithm, Hash, SignatureFault};
use crate::crypto::oid::{self, Oid};
use crate::instant::Instant;

/// What a signature says that is right in itself. Who the signer is remains open: see [`super::chain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest {
    /// The certificate that the signature itself names by digest.
    pub signer: Certificate,
    /// The other certificates that came along, as DER.
    pub certificates: Vec<Vec<u8>>,
    pub algorithm: Algorithm,
    /// When, by the signer's own clock.
    pub signing_time: Instant,
    /// The octets that a time-stamp covers.
    pub signature: Vec<u8>,
    /// The embedded time-stamp token, as it came; not judged here.
    pub timestamp: Option<Vec<u8>>,
}

/// Verifies a signature over exactly these manifest bytes.
///
/// # Errors
/// The first thing that is wrong.
pub fn cades(signature: &[u8], manifest: &[u8]) -> Result<SignedManifest, SignatureError> {
    let message = SignedData::read(signature)?;
    if message.version != 1 || message.content_type != oid::DATA {
        return Err(SignatureError::NotThisKind);
    }
    if message.content.is_some() {
        return Err(SignatureError::NotDetached);
    }
    if message.foreign_certificates || message.revocation_lists {
        return Err(SignatureError::Uncovered);
    }
    let signer = message.signer;
    if !matches!(message.digest_algorithms.as_slice(), [named] if named.whole == signer.digest_algorithm) {
        return Err(SignatureError::DigestAlgorithms);
    }

    let mut attributes = SignedAttributes::default();
    attributes.read(&signer.signed_attributes)?;
    if attributes.content_type.is_none_or(|found| found != oid::DATA) {
        return Err(SignatureError::ContentType);
    }
    let digest = attributes.message_digest.ok_or(SignatureError::Missing("messageDigest"))?;
    if digest != signer.hash.digest(manifest) {
        return Err(SignatureError::OtherManifest);
    }
    let signing_time = attributes.signing_time.ok_or(SignatureError::Missing("signingTime"))?;
    let reference = attributes.certificate.ok_or(SignatureError::Missing("signingCertificateV2"))?;
    let (certificate, certificates) = signer.certificate(&message.certificates)?;
    if !reference.names(&certificate) {
        return Err(SignatureError::OtherCertificate);
    }

    let signed = signer.signed_bytes();
    let algorithm =
        signature::verify(&certificate.public_key, signer.hash, signer.signature_algorithm, &signed, signer.signature)?;
    Ok(SignedManifest {
        algorithm,
        signing_time,
        signature: signer.signature.to_vec(),
        timestamp: embedded_timestamp(&signer.unsigned_attributes)?,
        signer: certificate,
        certificates,
    })
}

/// Why a signature is not one over this manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("this is not a CMS signature of the kind that records have")]
    NotThisKind,
    #[error("the signature carries a content of its own; it must be detached")]
    NotDetached,
    #[error("the signature brings along what no signature covers: other than plain certificates, or revocation lists")]
    Uncovered,
    #[error("there must be exactly one signer, and there are {0}")]
    Signers(usize),
    #[error("the signature was made over another manifest")]
    OtherManifest,
    #[error("the signed content type is not data")]
    ContentType,
    #[error("the signed attribute {0} is missing")]
    Missing(&'static str),
    #[error("the signed attribute {0} does not belong here, or stands there twice")]
    Attribute(Oid),
    #[error("the unsigned attribute {0} does not belong here, or stands there twice")]
    UnsignedAttribute(Oid),
    #[error("the signer's certificate is not among those that came along")]
    NoCertificate,
    #[error("the signature names another certificate than the one that came along")]
    OtherCertificate,
    #[error("the message names other digest algorithms than its signer")]
    DigestAlgorithms,
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The four signed attributes, each once.
#[derive(Default)]
struct SignedAttributes<'a> {
    content_type: Option<Oid>,
    message_digest: Option<&'a [u8]>,
    signing_time: Option<Instant>,
    certificate: Option<CertificateReference<'a>>,
}

impl<'a> SignedAttributes<'a> {
    fn read(&mut self, attributes: &[Value<'a>]) -> Result<(), SignatureError> {
        for attribute in attributes {
            let (kind, value) = single_attribute(*attribute)?;
            let twice = if kind == oid::CONTENT_TYPE {
                self.content_type.replace(value.called("contentType").oid()?).is_some()
            } else if kind == oid::MESSAGE_DIGEST {
                self.message_digest.replace(value.called("messageDigest").octets()?).is_some()
            } else if kind == oid::SIGNING_TIME {
                self.signing_time.replace(signing_time(value)?).is_some()
            } else if kind == oid::SIGNING_CERTIFICATE_V2 {
                self.certificate.replace(CertificateReference::read(value)?).is_some()
            } else {
                true
            };
            if twice {
                return Err(SignatureError::Attribute(kind));
            }
        }
        Ok(())
    }
}

/// A signing time: UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5652, 11.3), without fractions.
fn signing_time(value: Value<'_>) -> Result<Instant, Malformed> {
    let year_2050 = Instant::from_microseconds(2_524_608_000_000_000);
    let time = value.called("signingTime").time()?;
    let generalized = value.tag == Tag::GeneralizedTime;
    let late = year_2050.is_some_and(|year_2050| time >= year_2050);
    if generalized == late && time.as_microseconds() % 1_000_000 == 0 {
        Ok(time)
    } else {
        Err(Malformed("signingTime"))
    }
}

/// The certificate that a signature names: SigningCertificateV2 with one ESSCertIDv2 that leaves its default, SHA-256,
/// unsaid. We write no issuerSerial; what others write must agree.
struct CertificateReference<'a> {
    digest: &'a [u8],
    /// Issuer and serial number.
    issuer_serial: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> CertificateReference<'a> {
    fn read(value: Value<'a>) -> Result<Self, Malformed> {
        const WHAT: &str = "signingCertificateV2";
        let mut reference = value.called(WHAT).sequence()?;
        let ids = reference.take(Tag::Sequence)?.elements()?;
        reference.end()?;
        let [id] = ids.as_slice() else { return Err(Malformed(WHAT)) };
        let mut id = id.sequence()?;
        let digest = id.take(Tag::OctetString)?.octets()?;
        let issuer_serial = match id.optional(Tag::Sequence)? {
            None => None,
            Some(issuer_serial) => {
                let mut fields = issuer_serial.sequence()?;
                let names = fields.take(Tag::Sequence)?.elements()?;
                let serial = fields.take(Tag::Integer)?.integer()?;
                fields.end()?;
                // One GeneralName, a directoryName.
                let [name] = names.as_slice() else { return Err(Malformed(WHAT)) };
                let [issuer] = *name.tagged(context(4))?.elements()? else { return Err(Malformed(WHAT)) };
                Some((issuer.whole, serial))
            }
        };
        id.end()?;
        Ok(Self { digest, issuer_serial })
    }

    fn names(&self, certificate: &Certificate) -> bool {
        let named = self.issuer_serial;
        self.digest == Hash::Sha256.digest(&certificate.der)
            && named.is_none_or(|(issuer, serial)| issuer == certificate.issuer && serial == certificate.serial)
    }
}

/// The token of the one unsigned attribute that may be there.
fn embedded_timestamp(attributes: &[Value<'_>]) -> Result<Option<Vec<u8>>, SignatureError> {
    let mut token = None;
    for attribute in attributes {
        let (kind, value) = single_attribute(*attribute)?;
        if kind != oid::SIGNATURE_TIMESTAMP || token.is_some() {
            return Err(SignatureError::UnsignedAttribute(kind));
        }
        token = Some(value.whole.to_vec());
    }
    Ok(token)
}

/// A CMS message with one signer (RFC 5652), taken apart.
pub(super) struct SignedData<'a> {
    pub version: u64,
    pub digest_algorithms: Vec<Value<'a>>,
    pub content_type: Oid,
    pub content: Option<&'a [u8]>,
    /// Every plain certificate that came along; attribute certificates and others are passed over.
    pub certificates: Vec<Value<'a>>,
    /// Whether there were attribute certificates or others.
    pub foreign_certificates: bool,
    pub revocation_lists: bool,
    pub signer: SignerInfo<'a>,
}

pub(super) struct SignerInfo<'a> {
    issuer: &'a [u8],
    serial: &'a [u8],
    pub digest_algorithm: &'a [u8],
    pub hash: Hash,
    pub signed_attributes: Vec<Value<'a>>,
    pub signature_algorithm: Value<'a>,
    pub signature: &'a [u8],
    pub unsigned_attributes: Vec<Value<'a>>,
}

impl<'a> SignedData<'a> {
    pub fn read(message: &'a [u8]) -> Result<Self, SignatureError> {
        let mut content_info = Value::read(message, "a CMS message")?.sequence()?;
        if content_info.next()?.oid()? != oid::SIGNED_DATA {
            return Err(SignatureError::NotThisKind);
        }
        let explicit = content_info.take(context(0))?.elements()?;
        content_info.end()?;
        let [signed_data] = explicit.as_slice() else { return Err(SignatureError::NotThisKind) };

        let mut fields = signed_data.sequence()?;
        let version = fields.next()?.small_integer()?;
        let digest_algorithms = fields.take(Tag::Set)?.elements()?;
        let mut encapsulated = fields.take(Tag::Sequence)?.sequence()?;
        let content_type = encapsulated.next()?.oid()?;
        let content = match encapsulated.optional(context(0))? {
            None => None,
            Some(explicit) => match explicit.elements()?.as_slice() {
                [content] => Some(content.octets()?),
                _ => return Err(Malformed("a CMS message's content").into()),
            },
        };
        encapsulated.end()?;
        let all = fields.optional(context(0))?.map(Value::elements).transpose()?.unwrap_or_default();
        let (certificates, foreign): (Vec<_>, Vec<_>) = all.into_iter().partition(|value| value.tag == Tag::Sequence);
        let revocation_lists = fields.optional(context(1))?.is_some();
        let signers = fields.take(Tag::Set)?.elements()?;
        fields.end()?;
        let [signer] = signers.as_slice() else { return Err(SignatureError::Signers(signers.len())) };
        let signer = SignerInfo::read(signer.sequence()?)?;
        Ok(Self {
            version,
            digest_algorithms,
            content_type,
            content,
            certificates,
            foreign_certificates: !foreign.is_empty(),
            revocation_lists,
            signer,
        })
    }
}

impl<'a> SignerInfo<'a> {
    fn read(mut fields: Fields<'a>) -> Result<Self, SignatureError> {
        if fields.next()?.small_integer()? != 1 {
            return Err(SignatureError::NotThisKind);
        }
        let mut id = fields.take(Tag::Sequence)?.sequence()?;
        let (issuer, serial) = (id.take(Tag::Sequence)?.whole, id.take(Tag::Integer)?.integer()?);
        id.end()?;
        let digest_algorithm = fields.take(Tag::Sequence)?;
        let signed_attributes = fields.take(context(0))?.elements()?;
        let signature_algorithm = fields.take(Tag::Sequence)?;
        let signature = fields.take(Tag::OctetString)?.octets()?;
        let unsigned_attributes = match fields.optional(context(1))? {
            None => Vec::new(),
            Some(set) => set.elements()?,
        };
        fields.end()?;
        Ok(Self {
            issuer,
            serial,
            digest_algorithm: digest_algorithm.whole,
            hash: Hash::read(digest_algorithm)?,
            signed_attributes,
            signature_algorithm,
            signature,
            unsigned_attributes,
        })
    }

    /// The bytes that were signed: the attributes as a DER SET OF (RFC 5652, 5.4), sorted even where they came unsorted.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut attributes: Vec<&[u8]> = self.signed_attributes.iter().map(|attribute| attribute.whole).collect();
        attributes.sort_unstable();
        let content = attributes.concat();
        let mut bytes = vec![0x31];
        match u8::try_from(content.len()) {
            Ok(length @ 0..=0x7f) => bytes.push(length),
            _ => {
                let length = content.len().to_be_bytes();
                let length: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
                bytes.push(0x80 | u8::try_from(length.len()).unwrap_or(0x7f));
                bytes.extend(length);
            }
        }
        bytes.extend(content);
        bytes
    }

    /// The signer's certificate, and the others.
    pub fn certificate(&self, all: &[Value<'_>]) -> Result<(Certificate, Vec<Vec<u8>>), SignatureError> {
        let (mut signer, mut others) = (None, Vec::new());
        for value in all {
            match Certificate::read(value.whole) {
                Ok(certificate)
                    if signer.is_none() && certificate.issuer == self.issuer && certificate.serial == self.serial =>
                {
                    signer = Some(certificate);
                }
                _ => others.push(value.whole.to_vec()),
            }
        }
        Ok((signer.ok_or(SignatureError::NoCertificate)?, others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_time_has_the_form_of_its_year() {
        let judged = |tag: u8, text: &str| {
            let bytes = [&[tag, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            signing_time(Value::read(&bytes, "signingTime").unwrap()).is_ok()
        };
        assert!(judged(0x17, "491231235959Z"));
        assert!(judged(0x18, "20500101000000Z"));
        assert!(!judged(0x18, "20491231235959Z"), "UTCTime until 2049");
        assert!(!judged(0x18, "20500101000000.5Z"), "no fractions");
    }
}
