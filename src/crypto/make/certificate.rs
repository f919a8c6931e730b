//! The evaluation authority: a root that each home makes for itself, and the certificates it issues.
//!
//! Every certificate bears the policy [`oid::EVALUATION_CERTIFICATE`], so that nobody takes one for a certificate that
//! somebody outside vouches for.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use const_oid::ObjectIdentifier;
use der::asn1::Utf8StringRef;
use der::{Decode as _, Encode};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, IsCa, Issuer,
    KeyUsagePurpose, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey,
};

use zeroize::Zeroizing;

use super::MakeError;
use super::asn1::{CertificateFields, children, sequence};
use super::key::{Passphrase, UnlockError, decrypt, encrypt};
use crate::crypto::oid;
use crate::instant::Instant;

/// Whom a certificate names. Written in UTF-8, so that names in kanji stand as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub common_name: String,
    pub organization: String,
    pub organizational_unit: Option<String>,
}

/// From when until when a certificate may be used, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub not_before: Instant,
    pub not_after: Instant,
}

/// The evaluation authority's key (ECDSA on P-384) and root certificate.
pub struct EvaluationCa {
    key: RootKey,
    subject: DistinguishedName,
    certificate: Vec<u8>,
}

impl EvaluationCa {
    /// A new root with a new key.
    ///
    /// # Errors
    /// When the operating system gives no random numbers, or the certificate cannot be made.
    pub fn create(subject: &Subject, validity: Validity) -> Result<Self, MakeError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).map_err(|_| MakeError::Key("P-384"))?;
        let key = RootKey(pair);
        let subject = distinguished_name(subject);
        let mut parameters = parameters(subject.clone(), validity)?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = parameters.self_signed(&key).map_err(refused)?.der().to_vec();
        Ok(Self { key, subject, certificate })
    }

    /// The root certificate.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The key under its own passphrase, in the form of [`KeyPair::to_encrypted_pem`](super::KeyPair).
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn to_encrypted_pem(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>, MakeError> {
        let plain = self.key.0.to_pkcs8v1().map_err(|_| MakeError::Key("encoding failed"))?;
        encrypt(plain.as_ref(), passphrase)
    }

    /// Opens the authority's key.
    ///
    /// # Errors
    /// When it is no such key, the passphrase is another, or the certificate is another key's.
    pub fn unlock(pem: &str, passphrase: &Passphrase, certificate: &[u8]) -> Result<Self, UnlockError> {
        let plain = decrypt(pem, passphrase)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, plain.as_bytes())
            .map_err(|_| UnlockError::OtherSuite)?;
        let key = RootKey(pair);
        let fields = CertificateFields::of(certificate).map_err(|_| UnlockError::OtherCertificate)?;
        if fields.public_key != key.subject_public_key_info() {
            return Err(UnlockError::OtherCertificate);
        }
        let subject = read_subject(certificate).ok_or(UnlockError::OtherCertificate)?;
        Ok(Self { key, subject, certificate: certificate.to_vec() })
    }

    /// A certificate for a person who signs: digital signature and content commitment (否認防止), nothing else.
    ///
    /// # Errors
    /// When the public key is none of our suites.
    pub fn issue_operator(
        &self,
        public_key: &[u8],
        subject: &Subject,
        validity: Validity,
    ) -> Result<Vec<u8>, MakeError> {
        let mut parameters = parameters(distinguished_name(subject), validity)?;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        self.issue(parameters, public_key)
    }

    /// A certificate for the evaluation time-stamping authority: its extended key usage is critical and nothing but
    /// time-stamping (RFC 3161, 2.3).
    ///
    /// # Errors
    /// When the public key is none of our suites.
    pub fn issue_timestamping(
        &self,
        public_key: &[u8],
        subject: &Subject,
        validity: Validity,
    ) -> Result<Vec<u8>, MakeError> {
        let mut parameters = parameters(distinguished_name(subject), validity)?;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let purposes = sequence(&[&oid::PURPOSE_TIMESTAMPING.to_der()?])?;
        let mut extension = extension(oid::EXTENDED_KEY_USAGE, purposes);
        extension.set_criticality(true);
        parameters.custom_extensions.push(extension);
        self.issue(parameters, public_key)
    }

    fn issue(&self, mut parameters: CertificateParams, public_key: &[u8]) -> Result<Vec<u8>, MakeError> {
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.use_authority_key_identifier_extension = true;
        let mut issuer_parameters = CertificateParams::default();
        issuer_parameters.distinguished_name = self.subject.clone();
        issuer_parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = Issuer::from_params(&issuer_parameters, &self.key);
        let certificate = parameters.signed_by(&PublicKey::of(public_key)?, &issuer).map_err(refused)?.der().to_vec();
        // The issuer's name must be the root's subject to the octet, or no verifier finds the root.
        let made = CertificateFields::of(&certificate)?;
        if made.issuer != CertificateFields::of(&self.certificate)?.subject || made.public_key != public_key {
            return Err(MakeError::Certificate("names or keys do not agree".into()));
        }
        Ok(certificate)
    }
}

/// The request for a certificate of an outside authority (PKCS#10, PEM), signed with the key that it is for. It asks for what
/// [`EvaluationCa::issue_operator`] grants; what is granted is the authority's to say.
///
/// # Errors
/// When the request cannot be encoded.
pub fn certificate_request(key: &super::KeyPair, subject: &Subject) -> Result<String, MakeError> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = distinguished_name(subject);
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    let requesting = Requesting { key, public_key: PublicKey::of(&key.public_key()?)? };
    parameters.serialize_request(&requesting).and_then(|request| request.pem()).map_err(refused)
}

impl fmt::Debug for EvaluationCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EvaluationCa(…)")
    }
}

/// What all certificates have in common.
fn parameters(subject: DistinguishedName, validity: Validity) -> Result<CertificateParams, MakeError> {
    let mut serial = [0; 16];
    getrandom::fill(&mut serial)?;
    // Positive, and of full length.
    serial[0] = serial[0] & 0x7f | 0x40;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = subject;
    parameters.serial_number = Some(SerialNumber::from_slice(&serial));
    let since_1970 = |instant: Instant| {
        let seconds = u64::try_from(instant.as_microseconds()).map_err(|_| MakeError::Time)? / 1_000_000;
        Ok::<_, MakeError>(rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds))
    };
    if validity.not_after <= validity.not_before {
        return Err(MakeError::Time);
    }
    parameters.not_before = since_1970(validity.not_before)?;
    parameters.not_after = since_1970(validity.not_after)?;
    let policy = der::asn1::AnyRef::new(der::Tag::ObjectIdentifier, oid::EVALUATION_CERTIFICATE.octets())?.to_der()?;
    parameters.custom_extensions.push(extension(oid::CERTIFICATE_POLICIES, sequence(&[&sequence(&[&policy])?])?));
    Ok(parameters)
}

fn extension(oid: ObjectIdentifier, content: Vec<u8>) -> CustomExtension {
    let arcs: Vec<u64> = oid.arcs().map(u64::from).collect();
    CustomExtension::from_oid_content(&arcs, content)
}

fn distinguished_name(subject: &Subject) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    let utf8 = |text: &String| DnValue::Utf8String(text.clone());
    name.push(DnType::OrganizationName, utf8(&subject.organization));
    if let Some(unit) = &subject.organizational_unit {
        name.push(DnType::OrganizationalUnitName, utf8(unit));
    }
    name.push(DnType::CommonName, utf8(&subject.common_name));
    name
}

/// The subject of a root that [`EvaluationCa::create`] made.
fn read_subject(certificate: &[u8]) -> Option<DistinguishedName> {
    let fields = CertificateFields::of(certificate).ok()?;
    let mut name = DistinguishedName::new();
    for relative in children(fields.subject).ok()? {
        let [attribute] = *children(relative).ok()? else { return None };
        let [kind, value] = *children(attribute).ok()? else { return None };
        let kind = ObjectIdentifier::from_der(kind).ok()?;
        let kind = match kind {
            oid::COMMON_NAME => DnType::CommonName,
            oid::ORGANIZATION => DnType::OrganizationName,
            oid::ORGANIZATIONAL_UNIT => DnType::OrganizationalUnitName,
            _ => return None,
        };
        let text = Utf8StringRef::from_der(value).ok()?;
        name.push(kind, DnValue::Utf8String(text.as_str().to_owned()));
    }
    Some(name)
}

fn refused(error: rcgen::Error) -> MakeError {
    MakeError::Certificate(error.to_string())
}

/// The root's key. The library behind it wipes it when dropped.
struct RootKey(EcdsaKeyPair);

impl PublicKeyData for RootKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P384_SHA384
    }
}

impl SigningKey for RootKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// A key for which a certificate is requested.
struct Requesting<'a> {
    key: &'a super::KeyPair,
    public_key: PublicKey,
}

impl PublicKeyData for Requesting<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public_key.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.public_key.algorithm()
    }
}

impl SigningKey for Requesting<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.key.sign(message))
    }
}

/// The public key to be certified.
struct PublicKey {
    algorithm: &'static SignatureAlgorithm,
    bits: Vec<u8>,
}

impl PublicKey {
    fn of(public_key: &[u8]) -> Result<Self, MakeError> {
        let info = spki::SubjectPublicKeyInfoRef::from_der(public_key).map_err(|_| MakeError::PublicKey)?;
        let curve = info.algorithm.parameters.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
        let algorithm = match (info.algorithm.oid, curve) {
            (oid::ED25519, None) => &rcgen::PKCS_ED25519,
            (oid::EC_PUBLIC_KEY, Some(oid::CURVE_P256)) => &rcgen::PKCS_ECDSA_P256_SHA256,
            _ => return Err(MakeError::PublicKey),
        };
        Ok(Self { algorithm, bits: info.subject_public_key.raw_bytes().to_vec() })
    }
}

impl PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}
