//! Makes what evidence consists of: keys, certificates, signatures, time-stamp requests and evaluation time-stamps.
//!
//! It encodes. What it reads are its own works (an own signature to which a time-stamp is added, an own certificate
//! from which an issuer's name is taken) and, as a time-stamping authority, requests. Judging is `crypto::check`'s.

mod asn1;
mod authority;
mod cades;
mod certificate;
mod key;
mod timestamp;

pub use authority::{EvaluationAuthority, Failure};
pub use cades::{embed_timestamp, sign_cades, signature_value};
pub use certificate::{EvaluationCa, Subject, Validity, certificate_request};
pub use key::{KeyPair, Passphrase, Suite, UnlockError, unlock};
pub use timestamp::timestamp_request;

/// What stands before the canonical JSON of an act in the bytes that are signed: a signature over an act can never be
/// taken for one over anything else.
pub const ACT_DOMAIN: &[u8] = b"torikomi-act-v1\n";

/// Why something could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    #[error("the certificate belongs to another key")]
    CertificateOfAnotherKey,
    #[error("this suite cannot be used here: {0}")]
    Suite(&'static str),
    #[error("the time lies outside what a signature can state (1970 to 9999)")]
    Time,
    #[error("this is not a signature that was made here and bears no time-stamp yet")]
    NotOurSignature,
    #[error("this is not a public key for one of our suites")]
    PublicKey,
    #[error("the certificate could not be made: {0}")]
    Certificate(String),
    #[error("the key could not be made: {0}")]
    Key(&'static str),
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    #[error("DER: {0}")]
    Der(#[from] der::Error),
}
