//! Time-stamp tokens and an authority's replies (RFC 3161, RFC 5816).

use der::Tag;

use super::cades::{SignatureError, SignedData};
use super::certificate::Certificate;
use super::chain::{Anchors, ChainError, Path, Purpose, chain};
use super::der::{AlgorithmIdentifier, Malformed, Value, context, context_primitive};
use super::signature::{self, Hash, SignatureFault};
use crate::crypto::oid::{self, Oid};
use crate::instant::Instant;

/// What is asked of a token besides being right in itself.
#[derive(Clone, Copy, Debug)]
pub struct StampRules<'a> {
    /// The authorities' roots.
    pub anchors: &'a Anchors,
    /// The time-stamping policies that count. None counts if none is listed.
    pub policies: &'a [Oid],
}

/// What a token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampInfo {
    /// When, by the authority's clock.
    pub gen_time: Instant,
    /// How exact the authority says that is, in microseconds.
    pub accuracy: Option<u64>,
    pub policy: Oid,
    /// The token's serial number, as the content octets of its INTEGER.
    pub serial: Vec<u8>,
    /// The authority's certificate, its issuers, the anchor.
    pub path: Path,
}

/// What a token says that is right in itself. Whether to believe its authority remains open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampClaim {
    /// When, by the authority's clock.
    pub gen_time: Instant,
    /// How exact the authority says that is, in microseconds.
    pub accuracy: Option<u64>,
    pub policy: Oid,
    /// The token's serial number, as the content octets of its INTEGER.
    pub serial: Vec<u8>,
    /// The certificate that signed the token, by the token's own word.
    pub certificate: Certificate,
    /// The other certificates that came along, as DER.
    pub certificates: Vec<Vec<u8>>,
}

/// Reads a token that is right in itself and over these bytes, without asking who made it. Nothing may be decided upon
/// it but what to say of a stamp for which there is no anchor.
///
/// # Errors
/// The first thing that is wrong.
pub fn timestamp_claim(token: &[u8], stamped: &[u8]) -> Result<StampClaim, StampError> {
    claim(token, stamped, None)
}

/// Verifies a token over these bytes (of a signature: its octets without tag and length), at the token's own time.
///
/// # Errors
/// The first thing that is wrong.
pub fn timestamp_token(token: &[u8], stamped: &[u8], rules: &StampRules<'_>) -> Result<StampInfo, StampError> {
    verify(token, stamped, None, rules)
}

/// Judges an authority's reply to a request over `stamped` with this nonce. Gives the token as it came.
///
/// # Errors
/// When the authority refused, or sent something that does not prove what was asked.
pub fn timestamp_response(
    reply: &[u8],
    stamped: &[u8],
    nonce: &[u8; 16],
    rules: &StampRules<'_>,
) -> Result<(Vec<u8>, StampInfo), ReplyError> {
    let token = granted(reply)?;
    let info = verify(token, stamped, Some(nonce), rules)?;
    Ok((token.to_vec(), info))
}

/// Why a reply yields no stamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error("{0}")]
    Refused(Refusal),
    #[error(transparent)]
    Invalid(#[from] StampError),
}

impl From<Malformed> for ReplyError {
    fn from(malformed: Malformed) -> Self {
        Self::Invalid(malformed.into())
    }
}

/// What an authority says that grants no stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// PKIStatus: 2 rejection, 3 waiting, 4 revocation warning, 5 revocation.
    pub status: u64,
    /// The authority's own words, without control characters, cut at 500.
    pub text: String,
    /// The bits of PKIFailureInfo that are set, by name.
    pub failures: Vec<&'static str>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the authority refused (status {}", self.status)?;
        if !self.failures.is_empty() {
            write!(f, ", {}", self.failures.join(", "))?;
        }
        write!(f, "){}{}", if self.text.is_empty() { "" } else { ": " }, self.text)
    }
}

/// Why a token does not prove what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    #[error("this is not a time-stamp token")]
    NotAToken,
    #[error("the reply grants a stamp and brings none")]
    NoToken,
    #[error("there must be exactly one signer, and there are {0}")]
    Signers(usize),
    #[error("the token's signed attribute {0} is missing or wrong")]
    Attribute(&'static str),
    #[error("the token's content was changed after it was signed")]
    ContentChanged,
    #[error("the authority's certificate did not come along and is not known here")]
    NoCertificate,
    #[error("the token names another certificate than the one that signed it")]
    OtherCertificate,
    #[error("the digest {0} under the stamp is not accepted")]
    ImprintAlgorithm(Oid),
    #[error("the stamp is for something else")]
    OtherImprint,
    #[error("the reply answers another request")]
    OtherNonce,
    #[error("the stamp was given under the policy {0}, which is not on the list")]
    Policy(Oid),
    #[error("the token has the critical extension {0}, which is not known here")]
    CriticalExtension(Oid),
    #[error("the authority's certificate is not for time-stamping alone, or does not say so critically")]
    NotForTimestamping,
    #[error("the token's signature does not count: {0}")]
    Signature(#[from] SignatureFault),
    #[error("the authority's certificate does not count: {0}")]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl From<SignatureError> for StampError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Signers(count) => Self::Signers(count),
            SignatureError::NoCertificate => Self::NoCertificate,
            SignatureError::Signature(fault) => Self::Signature(fault),
            SignatureError::Malformed(malformed) => Self::Malformed(malformed),
            _ => Self::NotAToken,
        }
    }
}

fn verify(
    token: &[u8],
    stamped: &[u8],
    nonce: Option<&[u8; 16]>,
    rules: &StampRules<'_>,
) -> Result<StampInfo, StampError> {
    let claim = claim(token, stamped, nonce)?;
    if !rules.policies.contains(&claim.policy) {
        return Err(StampError::Policy(claim.policy));
    }
    let certificate = &claim.certificate;
    let alone = |purposes: &[Oid]| matches!(purposes, [only] if *only == oid::PURPOSE_TIMESTAMPING);
    if !certificate.purposes.as_ref().is_some_and(|(purposes, critical)| *critical && alone(purposes)) {
        return Err(StampError::NotForTimestamping);
    }
    let path = chain(certificate, &claim.certificates, rules.anchors, Purpose::Timestamping, claim.gen_time)?;
    Ok(StampInfo {
        gen_time: claim.gen_time,
        accuracy: claim.accuracy,
        policy: claim.policy,
        serial: claim.serial,
        path,
    })
}

fn claim(token: &[u8], stamped: &[u8], nonce: Option<&[u8; 16]>) -> Result<StampClaim, StampError> {
    let message = SignedData::read(token)?;
    if message.version != 3 || message.content_type != oid::TST_INFO {
        return Err(StampError::NotAToken);
    }
    let content = message.content.ok_or(StampError::NotAToken)?;

    // The signature, and by whom.
    let signer = &message.signer;
    let attributes = Attributes::read(&signer.signed_attributes)?;
    if attributes.content_type.is_none_or(|found| found != oid::TST_INFO) {
        return Err(StampError::Attribute("contentType"));
    }
    let digest = attributes.message_digest.ok_or(StampError::Attribute("messageDigest"))?;
    if digest != signer.hash.digest(content) {
        return Err(StampError::ContentChanged);
    }
    let (certificate, others) = signer.certificate(&message.certificates)?;
    if attributes.references.is_empty() {
        return Err(StampError::Attribute("signingCertificate"));
    }
    for reference in &attributes.references {
        if !reference.names(&certificate)? {
            return Err(StampError::OtherCertificate);
        }
    }
    signature::verify(
        &certificate.public_key,
        signer.hash,
        signer.signature_algorithm,
        &signer.signed_bytes(),
        signer.signature,
    )?;

    // What it says.
    let info = Info::read(content)?;
    if info.imprint != info.hash.digest(stamped) {
        return Err(StampError::OtherImprint);
    }
    if nonce.is_some_and(|nonce| info.nonce != Some(&shortest(nonce))) {
        return Err(StampError::OtherNonce);
    }
    Ok(StampClaim {
        gen_time: info.gen_time,
        accuracy: info.accuracy,
        policy: info.policy,
        serial: info.serial.to_vec(),
        certificate,
        certificates: others,
    })
}

/// The content octets of a non-negative INTEGER, as the request wrote it.
fn shortest(nonce: &[u8; 16]) -> Vec<u8> {
    let digits: Vec<u8> = nonce.iter().copied().skip_while(|octet| *octet == 0).collect();
    let sign = digits.first().is_none_or(|first| first & 0x80 != 0);
    if sign { [&[0], digits.as_slice()].concat() } else { digits }
}

/// The signed attributes that matter; authorities may add others.
#[derive(Default)]
struct Attributes<'a> {
    content_type: Option<Oid>,
    message_digest: Option<&'a [u8]>,
    references: Vec<Reference<'a>>,
}

impl<'a> Attributes<'a> {
    fn read(attributes: &[Value<'a>]) -> Result<Self, StampError> {
        let mut found = Self::default();
        let mut seen: Vec<Oid> = Vec::new();
        for attribute in attributes {
            let mut fields = attribute.sequence()?;
            let kind = fields.next()?.oid()?;
            let values = fields.take(Tag::Set)?.elements()?;
            let name = if kind == oid::CONTENT_TYPE {
                "contentType"
            } else if kind == oid::MESSAGE_DIGEST {
                "messageDigest"
            } else if kind == oid::SIGNING_CERTIFICATE || kind == oid::SIGNING_CERTIFICATE_V2 {
                "signingCertificate"
            } else {
                continue;
            };
            let [value] = values.as_slice() else { return Err(StampError::Attribute(name)) };
            if seen.contains(&kind) {
                return Err(StampError::Attribute(name));
            }
            match name {
                "contentType" => found.content_type = Some(value.oid()?),
                "messageDigest" => found.message_digest = Some(value.octets()?),
                _ => found.references.push(Reference::read(*value, kind == oid::SIGNING_CERTIFICATE_V2)?),
            }
            seen.push(kind);
        }
        Ok(found)
    }
}

/// The first ESSCertID or ESSCertIDv2 of the attribute: that of the signer.
struct Reference<'a> {
    /// SHA-1 where absent: the first version of the attribute knows no other.
    hash: Option<Hash>,
    digest: &'a [u8],
}

impl<'a> Reference<'a> {
    fn read(value: Value<'a>, second_version: bool) -> Result<Self, StampError> {
        let ids = value.sequence()?.take(Tag::Sequence)?.elements()?;
        let mut id = ids.first().ok_or(StampError::Attribute("signingCertificate"))?.sequence()?;
        let hash = if second_version {
            Some(match id.optional(Tag::Sequence)? {
                Some(algorithm) => Hash::read(algorithm)?,
                None => Hash::Sha256,
            })
        } else {
            None
        };
        Ok(Self { hash, digest: id.take(Tag::OctetString)?.octets()? })
    }

    fn names(&self, certificate: &Certificate) -> Result<bool, StampError> {
        let found = match self.hash {
            Some(hash) => hash.digest(&certificate.der),
            None => {
                let sha_1 = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
                aws_lc_rs::digest::digest(sha_1, &certificate.der).as_ref().to_vec()
            }
        };
        Ok(found == self.digest)
    }
}

/// TSTInfo.
struct Info<'a> {
    policy: Oid,
    hash: Hash,
    imprint: &'a [u8],
    serial: &'a [u8],
    gen_time: Instant,
    accuracy: Option<u64>,
    nonce: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    fn read(content: &'a [u8]) -> Result<Self, StampError> {
        let mut fields = Value::read(content, "a token's content")?.sequence()?;
        if fields.next()?.small_integer()? != 1 {
            return Err(StampError::NotAToken);
        }
        let policy = fields.next()?.oid()?;
        let mut imprint = fields.take(Tag::Sequence)?.sequence()?;
        let algorithm = AlgorithmIdentifier::read(imprint.next()?)?;
        let hash = Hash::from_oid(&algorithm.oid).filter(|_| algorithm.is_bare_or_null());
        let hash = hash.ok_or(StampError::ImprintAlgorithm(algorithm.oid))?;
        let digest = imprint.next()?.octets()?;
        imprint.end()?;
        let serial = fields.next()?.integer()?;
        let gen_time = fields.take(Tag::GeneralizedTime)?.time()?;
        let accuracy = fields.optional(Tag::Sequence)?.map(accuracy).transpose()?;
        fields.optional(Tag::Boolean)?.map(Value::boolean).transpose()?;
        let nonce = fields.optional(Tag::Integer)?.map(Value::integer).transpose()?;
        fields.optional(context(0))?; // the authority's name, which its certificate gives too
        if let Some(extensions) = fields.optional(context(1))? {
            for extension in extensions.elements()? {
                let mut extension = extension.sequence()?;
                let kind = extension.next()?.oid()?;
                if extension.optional(Tag::Boolean)?.map(Value::boolean).transpose()? == Some(true) {
                    return Err(StampError::CriticalExtension(kind));
                }
            }
        }
        fields.end()?;
        Ok(Self { policy, hash, imprint: digest, serial, gen_time, accuracy, nonce })
    }
}

/// Accuracy: seconds, milliseconds, microseconds, each optional.
fn accuracy(value: Value<'_>) -> Result<u64, Malformed> {
    let mut fields = value.sequence()?;
    let mut total = 0_u64;
    if let Some(seconds) = fields.optional(Tag::Integer)? {
        total = seconds.small_integer()?.saturating_mul(1_000_000);
    }
    for (number, factor) in [(0, 1000), (1, 1)] {
        if let Some(part) = fields.optional(context_primitive(number))? {
            let value = part.content.iter().fold(0_u64, |value, octet| value.saturating_mul(256) + u64::from(*octet));
            total = total.saturating_add(value.min(999) * factor);
        }
    }
    fields.end()?;
    Ok(total)
}

/// The token of a reply that grants one.
fn granted(reply: &[u8]) -> Result<&[u8], ReplyError> {
    let mut response = Value::read(reply, "an authority's reply")?.sequence()?;
    let mut status_info = response.take(Tag::Sequence)?.sequence()?;
    let token = response.optional(Tag::Sequence)?;
    response.end()?;
    let status = status_info.next()?.small_integer()?;
    let mut text = String::new();
    if let Some(lines) = status_info.optional(Tag::Sequence)? {
        let lines = lines.elements()?.into_iter().map(Value::text).collect::<Result<Vec<_>, _>>()?;
        text = lines.join(" ").chars().filter(|character| !character.is_control()).take(500).collect();
    }
    let failures = match status_info.optional(Tag::BitString)? {
        Some(bits) => failures(bits.content),
        None => Vec::new(),
    };
    status_info.end()?;
    match (status, token) {
        (0 | 1, Some(token)) => Ok(token.whole),
        (0 | 1, None) => Err(StampError::NoToken.into()),
        _ => Err(ReplyError::Refused(Refusal { status, text, failures })),
    }
}

/// The names of the bits that are set in PKIFailureInfo (RFC 3161, 2.4.2).
fn failures(bits: &[u8]) -> Vec<&'static str> {
    const NAMES: [(usize, &str); 8] = [
        (0, "badAlg"),
        (2, "badRequest"),
        (5, "badDataFormat"),
        (14, "timeNotAvailable"),
        (15, "unacceptedPolicy"),
        (16, "unacceptedExtension"),
        (17, "addInfoNotAvailable"),
        (25, "systemFailure"),
    ];
    // The first octet counts the unused bits at the end.
    let octets = bits.get(1..).unwrap_or_default();
    let set = |bit: usize| octets.get(bit / 8).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0);
    NAMES.into_iter().filter(|(bit, _)| set(*bit)).map(|(_, name)| name).collect()
}
