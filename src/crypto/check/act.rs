//! Signatures over acts: decisions, appointments, approvals.

use super::signature::{Hash, PublicKey, SignatureFault};

/// What stands before an act's canonical JSON in the bytes that are signed.
const DOMAIN: &[u8] = b"torikomi-act-v1\n";

/// Verifies the signature over an act's canonical JSON with the public key (SubjectPublicKeyInfo) of the person who
/// acted.
///
/// # Errors
/// When it does not fit, or the key is of no kind that counts.
pub fn act(public_key: &[u8], canonical_json: &[u8], signature: &[u8]) -> Result<(), ActError> {
    PublicKey::read(public_key)?.verify(Hash::Sha256, &[DOMAIN, canonical_json].concat(), signature)?;
    Ok(())
}

/// Why an act's signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the act's signature does not count: {0}")]
pub struct ActError(#[from] SignatureFault);
