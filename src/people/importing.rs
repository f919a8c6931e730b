//! Certificates that an outside authority issued for a key that was made here.
//!
//! The key is made and kept as any other, under a passphrase that its owner alone knows; what leaves the house is a request,
//! which holds its public half. What comes back is believed only as far as it leads to a root that the hospital itself has
//! put among its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::certificates::Certificate;
use super::register::Person;
use crate::crypto::check::{self, Anchors, ChainError, Purpose};
use crate::crypto::make::Suite;
use crate::ids::{Digest, Name};
use crate::instant::Instant;

/// Why a certificate is not taken. Message ids are `unfit-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Unfit {
    #[error("the file holds no certificate in PEM")]
    NoCertificate,
    #[error("a certificate cannot be read ({detail})")]
    Unreadable { detail: String },
    #[error("none of the certificates is for a key that was made here for this person")]
    OtherKey,
    #[error("it is of an evaluation authority")]
    OfEvaluation,
    #[error("it is the certificate of an authority, and not of a person")]
    OfAnAuthority,
    #[error("its key usage allows no signature")]
    KeyUsage,
    #[error("its purposes do not include the signing of documents")]
    Purpose,
    #[error("it ended at {not_after}")]
    Expired { not_after: Instant },
    #[error("it begins at {not_before}")]
    NotYetValid { not_before: Instant },
    #[error("it names {found}, and the account is of {account}")]
    OtherName { found: String, account: String },
    #[error("it leads to no root in keys/roots.pem")]
    UnknownIssuer,
    #[error("one of its issuers was not valid at this time")]
    IssuerNotValid,
    #[error("an issuer signed with an algorithm that no longer counts")]
    WeakAlgorithm,
    #[error("the signature of an issuer is wrong, or its key is too short")]
    Signature,
    #[error("it, or an issuer, has a critical extension that is not known here")]
    CriticalExtension,
    #[error("it is not what those who had it issued were shown")]
    NotAsPlanned,
    #[error("it cannot be used ({detail})")]
    Otherwise { detail: String },
}

/// The name of the file of a key for which a request was made, below `keys/people/`: that of its public half, as there is no
/// certificate yet.
#[must_use]
pub fn request_file(login: &Name, public_key: &[u8]) -> String {
    let digest = Digest::of(public_key).hex();
    format!("{login}.request.{}.pem", digest.get(..16).unwrap_or(&digest))
}

/// The certificate among these for whose key there was a request, and the others.
///
/// # Errors
/// When one of them is no certificate, or none is of such a key.
pub fn of_requested_key(
    login: &Name,
    certificates: Vec<Vec<u8>>,
    requested: impl Fn(&str) -> bool,
) -> Result<(check::Certificate, Vec<Vec<u8>>), Unfit> {
    if certificates.is_empty() {
        return Err(Unfit::NoCertificate);
    }
    let mut own = None;
    let mut others = Vec::new();
    for der in certificates {
        let read = check::Certificate::read(&der).map_err(|error| Unfit::Unreadable { detail: error.to_string() })?;
        if own.is_none() && requested(&request_file(login, &read.public_key)) {
            own = Some(read);
        } else {
            others.push(der);
        }
    }
    Ok((own.ok_or(Unfit::OtherKey)?, others))
}

/// A certificate as the register will hold it, if it is fit to sign records with from now on. `named` is the person's name as
/// the certificate writes it, where that is not as the account does.
///
/// # Errors
/// With the first thing that makes it unfit.
pub fn imported(
    person: &Person,
    named: Option<&str>,
    certificate: &check::Certificate,
    others: &[Vec<u8>],
    anchors: &Anchors,
    now: Instant,
) -> Result<Certificate, Unfit> {
    if certificate.is_evaluation() {
        return Err(Unfit::OfEvaluation);
    }
    if now > certificate.not_after {
        return Err(Unfit::Expired { not_after: certificate.not_after });
    }
    if now < certificate.not_before {
        return Err(Unfit::NotYetValid { not_before: certificate.not_before });
    }
    if !certificate.may_sign() {
        return Err(Unfit::KeyUsage);
    }
    let path = check::chain(certificate, others, anchors, Purpose::Signing, now).map_err(unfit)?;
    if path.certificates.iter().any(check::Certificate::is_evaluation) {
        return Err(Unfit::OfEvaluation);
    }
    check_name(person, named, certificate)?;
    let key = check::PublicKey::read(&certificate.public_key);
    let suite = match key.map(|key| key.algorithm) {
        Ok(check::Algorithm::Ed25519) => Suite::Ed25519,
        Ok(check::Algorithm::EcdsaP256) => Suite::EcdsaP256,
        // No key of another kind is made here.
        _ => return Err(Unfit::OtherKey),
    };
    // Between the person and the root. The root itself is whoever verifies's own; an authority below it that the hospital believes
    // in is not.
    let root = path.certificates.last().filter(|anchor| anchor.is_self_issued());
    let between = path.certificates.iter().skip(1).filter(|issuer| Some(*issuer) != root);
    let fingerprint = certificate.fingerprint();
    Ok(Certificate {
        fingerprint,
        person: person.id,
        der: certificate.der.clone(),
        issuers: between.map(|issuer| issuer.der.clone()).collect(),
        suite,
        key_file: super::certificates::key_file(&person.login, &fingerprint),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        revoked_at: None,
        stopped_by: None,
        issued_by: None,
        issued_at: now,
    })
}

/// An authority that mixed up two requests, or a person who brings another's certificate, is found out by the name. Authorities
/// write names their own way (in Latin letters, say), so whoever imports it may state how.
fn check_name(person: &Person, named: Option<&str>, certificate: &check::Certificate) -> Result<(), Unfit> {
    let found = certificate.subject.common_name.clone().unwrap_or_default();
    let plain = |name: &str| name.nfkc().filter(|letter| !letter.is_whitespace()).collect::<String>();
    let known = [Some(person.name.as_str()), person.kana.as_deref(), named];
    if !found.is_empty() && known.into_iter().flatten().any(|name| plain(name) == plain(&found)) {
        return Ok(());
    }
    Err(Unfit::OtherName { found, account: person.name.clone() })
}

pub(super) fn unfit(error: ChainError) -> Unfit {
    match error {
        ChainError::UnknownIssuer => Unfit::UnknownIssuer,
        // Its own time was looked at before.
        ChainError::Expired | ChainError::NotYetValid | ChainError::AnchorNotValid { .. } => Unfit::IssuerNotValid,
        ChainError::Signature => Unfit::Signature,
        ChainError::WeakAlgorithm => Unfit::WeakAlgorithm,
        ChainError::OfAnAuthority => Unfit::OfAnAuthority,
        ChainError::Purpose => Unfit::Purpose,
        ChainError::CriticalExtension => Unfit::CriticalExtension,
        error => Unfit::Otherwise { detail: error.to_string() },
    }
}
