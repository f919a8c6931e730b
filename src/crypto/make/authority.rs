//! The evaluation time-stamping authority: answers requests (RFC 3161), bytes to bytes.
//!
//! Its clock is ours, so its stamps prove nothing to anybody outside; its policy, [`oid::EVALUATION_TIMESTAMP`], and
//! its certificate say so.

use std::fmt;

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitString, OctetStringRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::MakeError;
use super::asn1::{
    CertificateFields, algorithm, attribute, context, generalized_time, octets, sequence, time, unsigned, wrap,
};
use super::cades::{signed_data, signer_info};
use super::key::{KeyPair, Suite};
use crate::crypto::oid::{self, Oid};
use crate::instant::Instant;

/// No nonce of a sensible client is longer, in octets.
const LONGEST_NONCE: usize = 64;

/// The key and certificate that stamp.
pub struct EvaluationAuthority {
    key: KeyPair,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

impl EvaluationAuthority {
    /// # Errors
    /// When the key is not ECDSA on P-256 (what every OpenSSL verifies in a time-stamp), or the certificate is another
    /// key's.
    pub fn new(key: KeyPair, certificate: Vec<u8>, chain: Vec<Vec<u8>>) -> Result<Self, MakeError> {
        if key.suite() != Suite::EcdsaP256 {
            return Err(MakeError::Suite("time-stamps are signed with ECDSA on P-256"));
        }
        if CertificateFields::of(&certificate)?.public_key != key.public_key()? {
            return Err(MakeError::CertificateOfAnotherKey);
        }
        Ok(Self { key, certificate, chain })
    }

    /// The certificate that stamps.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The response to a request: a token, or a refusal that says why. `serial` must never be used twice.
    ///
    /// # Errors
    /// When no response can be encoded at all.
    pub fn answer(&self, request: &[u8], now: Instant, serial: &[u8; 16]) -> Result<Vec<u8>, MakeError> {
        let request = match Request::read(request) {
            Ok(request) => request,
            Err(failure) => return refusal(failure),
        };
        if request.policy.as_ref().is_some_and(|policy| *policy != oid::EVALUATION_TIMESTAMP) {
            return refusal(Failure::UnacceptedPolicy);
        }
        let Ok(token) = self.token(&request, now, serial) else { return refusal(Failure::TimeNotAvailable) };
        Ok(sequence(&[&sequence(&[&0_u8.to_der()?])?, &token])?)
    }

    fn token(&self, request: &Request<'_>, now: Instant, serial: &[u8; 16]) -> Result<Vec<u8>, MakeError> {
        let accuracy_of_one_second = sequence(&[&1_u8.to_der()?])?;
        let info = sequence(&[
            &1_u8.to_der()?,
            &wrap(Tag::ObjectIdentifier, oid::EVALUATION_TIMESTAMP.octets())?,
            request.imprint,
            &unsigned(serial)?,
            &generalized_time(now)?,
            &accuracy_of_one_second,
            request.nonce.unwrap_or_default(),
        ])?;
        let signer_info = signer_info(
            &self.key,
            &self.certificate,
            vec![
                attribute(oid::CONTENT_TYPE, oid::TST_INFO.to_der()?)?,
                attribute(oid::MESSAGE_DIGEST, octets(&self.key.suite().digest(&info))?)?,
                attribute(oid::SIGNING_TIME, time(now)?)?,
            ],
        )?;
        let content = sequence(&[&oid::TST_INFO.to_der()?, &context(0, &octets(&info)?)?])?;
        let mut certificates: Vec<&[u8]> = vec![];
        if request.certificate_wanted {
            certificates.push(&self.certificate);
            certificates.extend(self.chain.iter().map(Vec::as_slice));
        }
        signed_data(3, &algorithm(self.key.suite().digest_oid())?, &content, &certificates, signer_info)
    }
}

impl fmt::Debug for EvaluationAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EvaluationAuthority(…)")
    }
}

/// Why a request is refused: PKIFailureInfo of RFC 3161, by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    BadAlgorithm = 0,
    BadRequest = 2,
    BadDataFormat = 5,
    TimeNotAvailable = 14,
    UnacceptedPolicy = 15,
    UnacceptedExtension = 16,
}

impl Failure {
    fn text(self) -> &'static str {
        match self {
            Self::BadAlgorithm => "the imprint must be SHA-256, SHA-384 or SHA-512",
            Self::BadRequest => "the request is not one of version 1",
            Self::BadDataFormat => "the request is not DER, or not a time-stamp request",
            Self::TimeNotAvailable => "no time can be given",
            Self::UnacceptedPolicy => "this authority stamps under its evaluation policy alone",
            Self::UnacceptedExtension => "no extension is known here",
        }
    }
}

/// A response that refuses.
fn refusal(failure: Failure) -> Result<Vec<u8>, MakeError> {
    let bit = failure as usize;
    let mut octets = vec![0_u8; bit / 8 + 1];
    if let Some(last) = octets.last_mut() {
        *last = 0x80 >> (bit % 8);
    }
    let unused = u8::try_from(7 - bit % 8).unwrap_or(0);
    let text = wrap(Tag::Utf8String, failure.text().as_bytes())?;
    let status = sequence(&[&2_u8.to_der()?, &sequence(&[&text])?, &BitString::new(unused, octets)?.to_der()?])?;
    Ok(sequence(&[&status])?)
}

/// What a client asks for. Imprint and nonce go into the token as they came.
struct Request<'a> {
    imprint: &'a [u8],
    policy: Option<Oid>,
    nonce: Option<&'a [u8]>,
    certificate_wanted: bool,
}

impl<'a> Request<'a> {
    fn read(request: &'a [u8]) -> Result<Self, Failure> {
        let malformed = |_| Failure::BadDataFormat;
        let body = AnyRef::from_der(request).map_err(malformed)?;
        body.tag().assert_eq(Tag::Sequence).map_err(malformed)?;
        let mut reader = SliceReader::new(body.value()).map_err(malformed)?;
        let version: AnyRef<'_> = reader.decode().map_err(malformed)?;
        let imprint = reader.tlv_bytes().map_err(malformed)?;
        check_imprint(imprint)?;
        if version.tag() != Tag::Integer || version.value() != [1] {
            return Err(Failure::BadRequest);
        }
        let mut found = Self { imprint, policy: None, nonce: None, certificate_wanted: false };
        // Optional fields, each at most once, in this order.
        let mut next = 0;
        while !reader.is_finished() {
            let whole = reader.tlv_bytes().map_err(malformed)?;
            let value = AnyRef::from_der(whole).map_err(malformed)?;
            let place = match value.tag() {
                Tag::ObjectIdentifier => {
                    found.policy = Some(Oid::from_octets(value.value()));
                    1
                }
                Tag::Integer if value.value().len() <= LONGEST_NONCE => {
                    found.nonce = Some(whole);
                    2
                }
                Tag::Boolean => {
                    found.certificate_wanted = value.decode_as().map_err(malformed)?;
                    3
                }
                Tag::ContextSpecific { number: TagNumber(0), .. } => return Err(Failure::UnacceptedExtension),
                _ => return Err(Failure::BadDataFormat),
            };
            if place <= next {
                return Err(Failure::BadDataFormat);
            }
            next = place;
        }
        Ok(found)
    }
}

/// Accepts an imprint of the length that its algorithm makes.
fn check_imprint(imprint: &[u8]) -> Result<(), Failure> {
    let malformed = |_| Failure::BadDataFormat;
    let imprint = AnyRef::from_der(imprint).map_err(malformed)?;
    let (oid, parameters, digest) = imprint
        .sequence(|fields| {
            let (oid, parameters) = AnyRef::decode(fields)?.sequence(|algorithm| {
                let oid = ObjectIdentifier::decode(algorithm)?;
                let parameters = if algorithm.is_finished() { None } else { Some(AnyRef::decode(algorithm)?) };
                Ok::<_, der::Error>((oid, parameters))
            })?;
            Ok::<_, der::Error>((oid, parameters, <&OctetStringRef>::decode(fields)?))
        })
        .map_err(malformed)?;
    let length = match oid {
        oid::SHA_256 => 32,
        oid::SHA_384 => 48,
        oid::SHA_512 => 64,
        _ => return Err(Failure::BadAlgorithm),
    };
    if parameters.is_some_and(|parameters| !parameters.is_null()) {
        return Err(Failure::BadAlgorithm);
    }
    if digest.as_bytes().len() == length { Ok(()) } else { Err(Failure::BadDataFormat) }
}
