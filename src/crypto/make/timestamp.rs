//! Asking for a time-stamp (RFC 3161).

use der::Encode;
use sha2::{Digest as _, Sha256};

use super::MakeError;
use super::asn1::{algorithm, octets, sequence, unsigned, wrap};
use crate::crypto::oid::{self, Oid};

/// A request for a time-stamp over these bytes (their SHA-256 travels), with the authority's certificate asked for.
///
/// # Errors
/// Only as DER encoding can fail.
pub fn timestamp_request(stamped: &[u8], nonce: &[u8; 16], policy: Option<&Oid>) -> Result<Vec<u8>, MakeError> {
    let imprint = sequence(&[&algorithm(oid::SHA_256)?, &octets(&Sha256::digest(stamped))?])?;
    let policy = match policy {
        Some(policy) => wrap(der::Tag::ObjectIdentifier, policy.octets())?,
        None => Vec::new(),
    };
    // certReq is FALSE unless said otherwise.
    Ok(sequence(&[&1_u8.to_der()?, &imprint, &policy, &unsigned(nonce)?, &true.to_der()?])?)
}
