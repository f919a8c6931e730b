//! Signatures: CAdES baseline B-B, detached (ETSI EN 319 122-1), and B-T once a time-stamp is embedded.

use der::Encode;
use sha2::{Digest as _, Sha256};

use super::MakeError;
use super::asn1::{
    CertificateFields, algorithm, attribute, children, content, context, octets, sequence, set_of, time,
};
use super::key::KeyPair;
use crate::crypto::oid;
use crate::instant::Instant;

/// Signs a manifest: a detached CMS signature with exactly the attributes contentType, messageDigest, signingTime and
/// signingCertificateV2. The certificates are the signer's and those of its issuers.
///
/// # Errors
/// When the certificate is another key's, or the time cannot be stated.
pub fn sign_cades(
    key: &KeyPair,
    certificate: &[u8],
    chain: &[Vec<u8>],
    manifest: &[u8],
    signing_time: Instant,
) -> Result<Vec<u8>, MakeError> {
    let suite = key.suite();
    let signer_info = signer_info(
        key,
        certificate,
        vec![
            attribute(oid::CONTENT_TYPE, oid::DATA.to_der()?)?,
            attribute(oid::MESSAGE_DIGEST, octets(&suite.digest(manifest))?)?,
            attribute(oid::SIGNING_TIME, time(signing_time)?)?,
        ],
    )?;
    let certificates = std::iter::once(certificate).chain(chain.iter().map(Vec::as_slice));
    signed_data(
        1,
        &algorithm(suite.digest_oid())?,
        &sequence(&[&oid::DATA.to_der()?])?,
        &certificates.collect::<Vec<_>>(),
        signer_info,
    )
}

/// Adds a time-stamp token over [`signature_value`] to a signature. The token goes in as it is, octet for octet.
///
/// # Errors
/// When this is no signature that [`sign_cades`] made, or it has a time-stamp.
pub fn embed_timestamp(signature: &[u8], token: &[u8]) -> Result<Vec<u8>, MakeError> {
    let parts = Parts::of(signature)?;
    let unsigned = set_of(vec![attribute(oid::SIGNATURE_TIMESTAMP, token.to_vec())?])?;
    let mut signer_info = parts.signer_info.clone();
    signer_info.push(context(1, content(&unsigned)?)?);
    parts.with(&signer_info)
}

/// What a time-stamp over a signature covers: the octets of the signature itself, without tag and length.
///
/// # Errors
/// When this is no signature that [`sign_cades`] made.
pub fn signature_value(signature: &[u8]) -> Result<Vec<u8>, MakeError> {
    let parts = Parts::of(signature)?;
    let value = parts.signer_info.last().ok_or(MakeError::NotOurSignature)?;
    Ok(content(value)?.to_vec())
}

/// A SignerInfo with these attributes and signingCertificateV2, signed.
pub(super) fn signer_info(
    key: &KeyPair,
    certificate: &[u8],
    mut attributes: Vec<Vec<u8>>,
) -> Result<Vec<u8>, MakeError> {
    let fields = CertificateFields::of(certificate)?;
    if fields.public_key != key.public_key()? {
        return Err(MakeError::CertificateOfAnotherKey);
    }
    // ESSCertIDv2 with its default, SHA-256, which DER leaves unsaid.
    let certificate_id = sequence(&[&octets(&Sha256::digest(certificate))?])?;
    let signing_certificate = sequence(&[&sequence(&[&certificate_id])?])?;
    attributes.push(attribute(oid::SIGNING_CERTIFICATE_V2, signing_certificate)?);
    // Signed as a SET, carried as [0] (RFC 5652, 5.4).
    let signed = set_of(attributes)?;
    let signature = key.sign(&signed);
    Ok(sequence(&[
        &1_u8.to_der()?,
        &sequence(&[fields.issuer, fields.serial])?,
        &algorithm(key.suite().digest_oid())?,
        &context(0, content(&signed)?)?,
        &algorithm(key.suite().signature_oid())?,
        &octets(&signature)?,
    ])?)
}

/// A whole CMS message with one signer.
pub(super) fn signed_data(
    version: u8,
    digest_algorithm: &[u8],
    content_info: &[u8],
    certificates: &[&[u8]],
    signer_info: Vec<u8>,
) -> Result<Vec<u8>, MakeError> {
    let mut parts = vec![version.to_der()?, set_of(vec![digest_algorithm.to_vec()])?, content_info.to_vec()];
    if !certificates.is_empty() {
        let set = set_of(certificates.iter().map(|certificate| certificate.to_vec()).collect())?;
        parts.push(context(0, content(&set)?)?);
    }
    parts.push(set_of(vec![signer_info])?);
    let signed_data = sequence(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    Ok(sequence(&[&oid::SIGNED_DATA.to_der()?, &context(0, &signed_data)?])?)
}

/// A signature of ours, taken apart.
struct Parts {
    /// version, digestAlgorithms, encapContentInfo, certificates.
    before: Vec<Vec<u8>>,
    /// version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature.
    signer_info: Vec<Vec<u8>>,
}

impl Parts {
    fn of(signature: &[u8]) -> Result<Self, MakeError> {
        let parts = Self::split(signature).ok_or(MakeError::NotOurSignature)?;
        // Whatever is not put together again to the same octets was made by somebody else.
        if parts.with(&parts.signer_info)? == signature { Ok(parts) } else { Err(MakeError::NotOurSignature) }
    }

    fn split(signature: &[u8]) -> Option<Self> {
        let owned = |parts: &[&[u8]]| parts.iter().map(|part| part.to_vec()).collect();
        let [_, explicit] = *children(signature).ok()? else { return None };
        let [signed_data] = *children(explicit).ok()? else { return None };
        let parts = children(signed_data).ok()?;
        let (signer_infos, before) = parts.split_last()?;
        let [signer_info] = *children(signer_infos).ok()? else { return None };
        let signer_info = children(signer_info).ok()?;
        (before.len() == 4 && signer_info.len() == 6)
            .then(|| Self { before: owned(before), signer_info: owned(&signer_info) })
    }

    fn with(&self, signer_info: &[Vec<u8>]) -> Result<Vec<u8>, MakeError> {
        let mut parts = self.before.clone();
        parts.push(set_of(vec![sequence(&signer_info.iter().map(Vec::as_slice).collect::<Vec<_>>())?])?);
        let signed_data = sequence(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        Ok(sequence(&[&oid::SIGNED_DATA.to_der()?, &context(0, &signed_data)?])?)
    }
}
