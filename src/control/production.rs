//! What is said of a home for production: the requests for outside certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Digest;

/// A request for a certificate of an outside authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requested {
    /// PKCS#10, in PEM.
    pub request: String,
    /// SHA-256 of the public key (its SubjectPublicKeyInfo), for whoever compares it with what the authority received.
    pub public_key: Digest,
}
