//! The ceremony in which the home's own authority certifies somebody's key: what is about to be issued, and how it is done.
//!
//! The authority is opened in the process of those who hold the ceremony, and nowhere else. The daemon says what it would enter,
//! and is brought what was issued; the authority's passphrase it never sees.

use serde::{Deserialize, Serialize};

use super::Secret;
use crate::config::home::Layout;
use crate::crypto::make::{KeyPair, Passphrase, Subject, Suite, Validity};
use crate::crypto::pem;
use crate::ids::{Digest, Name};
use crate::instant::Instant;
use crate::keyring::{self, KeyringError};

/// What would be issued, for those who hold the ceremony to see before they type anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub login: Name,
    /// The person as the certificate will name them.
    pub name: String,
    pub department: String,
    pub organization: String,
    pub suite: Suite,
    pub not_before: Instant,
    pub not_after: Instant,
    /// SHA-256 of the authority's own certificate.
    pub root: Digest,
}

/// What a ceremony brings forth.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Certified {
    /// In PEM, encrypted under the passphrase that its owner chose.
    pub key: Secret,
    /// In PEM.
    pub certificate: String,
}

/// Makes a key under its owner's passphrase, and has the authority, opened with its own, certify it.
///
/// # Errors
/// When the authority's key is not there, or its passphrase is another.
pub fn hold(
    layout: Layout<'_>,
    planned: &Planned,
    own: &Secret,
    authority: &Secret,
) -> Result<Certified, KeyringError> {
    let passphrase = |secret: &Secret| Passphrase::new(secret.expose().to_owned());
    let authority = keyring::open_authority(layout, &passphrase(authority))?;
    let key = KeyPair::generate(planned.suite)?;
    let subject = Subject {
        common_name: planned.name.clone(),
        organization: planned.organization.clone(),
        organizational_unit: Some(planned.department.clone()),
    };
    let validity = Validity { not_before: planned.not_before, not_after: planned.not_after };
    let certificate = authority.issue_operator(&key.public_key()?, &subject, validity)?;
    let key = Secret::new(key.to_encrypted_pem(&passphrase(own))?.to_string());
    Ok(Certified { key, certificate: pem::write(&certificate) })
}
