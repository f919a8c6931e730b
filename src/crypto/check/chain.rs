//! From a certificate to a trust anchor that the caller believes in, at a given time.
//!
//! Path building and the signatures on certificates are `rustls-webpki`'s. Added here: the anchor's own validity, key
//! usage of issuers and signers, and, for records, that nothing came along that has no part in the path. Revocation is
//! not looked at: evidence of it belongs to the long-term values of a later evidence generation.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter};

use super::cades::SignedManifest;
use super::certificate::Certificate;
use super::der::Malformed;
use crate::instant::Instant;

/// The certificates somebody believes in, and knows from elsewhere than from what is to be verified.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    certificates: Vec<Certificate>,
}

impl Anchors {
    /// # Errors
    /// When one of them is no certificate.
    pub fn new(certificates: &[Vec<u8>]) -> Result<Self, Malformed> {
        let certificates = certificates.iter().map(|der| {
            webpki::anchor_from_trusted_cert(&CertificateDer::from(der.as_slice()))
                .map_err(|_| Malformed("a trust anchor"))?;
            Certificate::read(der)
        });
        Ok(Self { certificates: certificates.collect::<Result<_, _>>()? })
    }

    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }
}

/// What a certificate is to be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A person's signature: where purposes are named, document signing, e-mail signing or any.
    Signing,
    /// Time-stamps. That the authority's own certificate names this purpose alone is checked with the token.
    Timestamping,
}

/// A path that holds: the certificate, its issuers, the anchor last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub certificates: Vec<Certificate>,
}

impl Path {
    /// When the first certificate of the path expires: until then everything must be renewed.
    #[must_use]
    pub fn holds_until(&self) -> Option<Instant> {
        self.certificates.iter().map(|certificate| certificate.not_after).min()
    }

    fn contains(&self, der: &[u8]) -> bool {
        self.certificates.iter().any(|certificate| certificate.der == der)
    }
}

impl SignedManifest {
    /// The signer's path at a time, with nothing in the signature that has no part in a path to any of the anchors: authorities
    /// certify one another, and whoever comes to believe in another root has the older signatures lead there on a shorter way.
    ///
    /// # Errors
    /// When there is no such path, with the reason.
    pub fn signer_path(&self, anchors: &Anchors, at: Instant) -> Result<Path, ChainError> {
        let to = |anchors: &Anchors| chain(&self.signer, &self.certificates, anchors, Purpose::Signing, at);
        let path = to(anchors)?;
        let mut strays: Vec<&Vec<u8>> = self.certificates.iter().filter(|der| !path.contains(der)).collect();
        for anchor in &anchors.certificates {
            if strays.is_empty() {
                break;
            }
            if let Ok(other) = to(&Anchors { certificates: vec![anchor.clone()] }) {
                strays.retain(|der| !other.contains(der));
            }
        }
        match strays.first() {
            Some(stray) => Err(ChainError::Stray { fingerprint: crate::ids::Digest::of(stray).hex() }),
            None => Ok(path),
        }
    }
}

/// The path from a certificate over `others` to one of the anchors, valid at the time `at`.
///
/// # Errors
/// When there is none, with the reason.
pub fn chain(
    certificate: &Certificate,
    others: &[Vec<u8>],
    anchors: &Anchors,
    purpose: Purpose,
    at: Instant,
) -> Result<Path, ChainError> {
    let anchor_ders: Vec<CertificateDer<'_>> =
        anchors.certificates.iter().map(|anchor| anchor.der.as_slice().into()).collect();
    let trust_anchors: Vec<TrustAnchor<'_>> =
        anchor_ders.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let others: Vec<CertificateDer<'_>> = others.iter().map(|der| der.as_slice().into()).collect();
    let leaf_der = CertificateDer::from(certificate.der.as_slice());
    let leaf = EndEntityCert::try_from(&leaf_der).map_err(refused)?;
    let seconds = u64::try_from(at.as_seconds()).map_err(|_| ChainError::NotYetValid)?;
    let path = leaf
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &trust_anchors,
            &others,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            purpose,
            None,
            None,
        )
        .map_err(refused)?;

    let anchor_place = trust_anchors.iter().position(|anchor| std::ptr::eq(anchor, path.anchor()));
    let anchor = anchor_place.and_then(|place| anchors.certificates.get(place)).ok_or(ChainError::UnknownIssuer)?;
    if at < anchor.not_before || at > anchor.not_after {
        return Err(ChainError::AnchorNotValid { fingerprint: anchor.fingerprint().hex() });
    }
    let mut certificates = vec![certificate.clone()];
    for issuer in path.intermediate_certificates() {
        certificates.push(Certificate::read(issuer.der().as_ref())?);
    }
    certificates.push(anchor.clone());
    if !certificate.may_sign() || certificates.iter().skip(1).any(|issuer| !issuer.may_issue()) {
        return Err(ChainError::KeyUsage);
    }
    Ok(Path { certificates })
}

/// Why a certificate does not lead to an anchor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("no trust anchor that was given issued this certificate")]
    UnknownIssuer,
    #[error("a certificate had expired at that time")]
    Expired,
    #[error("a certificate was not valid yet at that time")]
    NotYetValid,
    #[error("the trust anchor {fingerprint} was not valid at that time")]
    AnchorNotValid { fingerprint: String },
    #[error("the signature on a certificate is wrong")]
    Signature,
    #[error("a certificate is signed with an algorithm that does not count")]
    WeakAlgorithm,
    #[error("it is the certificate of an authority")]
    OfAnAuthority,
    #[error("a certificate is not for this purpose")]
    Purpose,
    #[error("a certificate's key usage does not allow this")]
    KeyUsage,
    #[error("a certificate has a critical extension that is not known here")]
    CriticalExtension,
    #[error("the certificate {fingerprint} came along and has no part in the path")]
    Stray { fingerprint: String },
    #[error("a certificate cannot be used: {0}")]
    Certificate(String),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

fn refused(error: webpki::Error) -> ChainError {
    use webpki::Error;
    match error {
        Error::UnknownIssuer => ChainError::UnknownIssuer,
        Error::CertExpired { .. } => ChainError::Expired,
        Error::CertNotValidYet { .. } => ChainError::NotYetValid,
        Error::InvalidSignatureForPublicKey => ChainError::Signature,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => ChainError::Purpose,
        Error::UnsupportedCriticalExtension => ChainError::CriticalExtension,
        Error::UnsupportedSignatureAlgorithmContext(_) | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            ChainError::WeakAlgorithm
        }
        Error::CaUsedAsEndEntity => ChainError::OfAnAuthority,
        other => ChainError::Certificate(other.to_string()),
    }
}

/// Content octets of the purposes that allow a signature: document signing (RFC 9336), e-mail protection, any.
const SIGNING_PURPOSES: [&[u8]; 3] = [&[43, 6, 1, 5, 5, 7, 3, 36], &[43, 6, 1, 5, 5, 7, 3, 4], &[0x55, 0x1d, 0x25, 0]];
const TIMESTAMPING_PURPOSES: [&[u8]; 2] = [&[43, 6, 1, 5, 5, 7, 3, 8], &[0x55, 0x1d, 0x25, 0]];

/// Asked for each certificate of a path, and lets those pass that name no purpose at all.
impl ExtendedKeyUsageValidator for Purpose {
    fn validate(&self, named: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let good: &[&[u8]] = match self {
            Self::Signing => &SIGNING_PURPOSES,
            Self::Timestamping => &TIMESTAMPING_PURPOSES,
        };
        let mut present = Vec::new();
        for purpose in named {
            let purpose = purpose?;
            if good.iter().any(|good| KeyPurposeId::new(good) == purpose) {
                return Ok(());
            }
            present.push(purpose.to_decoded_oid());
        }
        if present.is_empty() {
            return Ok(());
        }
        Err(webpki::Error::RequiredEkuNotFoundContext(webpki::RequiredEkuNotFoundContext {
            required: webpki::KeyUsage::required_if_present(TIMESTAMPING_PURPOSES[0]),
            present,
        }))
    }
}
