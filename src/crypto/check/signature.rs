//! Raw signatures: which algorithms count, and whether one is right.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use der::Tag;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::der::{AlgorithmIdentifier, Malformed, Value};
use crate::crypto::oid::{self, Oid};

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    /// PKCS#1 v1.5 with 2048 to 8192 bits.
    Rsa,
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    #[error("it was made with an algorithm that is not accepted ({0})")]
    Algorithm(Oid),
    #[error("the digest algorithm is not accepted ({0})")]
    Digest(Oid),
    #[error("the signature does not fit the key and what was signed")]
    Wrong,
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The digests that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub fn from_oid(oid: &Oid) -> Option<Self> {
        match oid {
            oid if *oid == oid::SHA_256 => Some(Self::Sha256),
            oid if *oid == oid::SHA_384 => Some(Self::Sha384),
            oid if *oid == oid::SHA_512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The digest that an AlgorithmIdentifier names.
    pub fn read(value: Value<'_>) -> Result<Self, SignatureFault> {
        let algorithm = AlgorithmIdentifier::read(value)?;
        match Self::from_oid(&algorithm.oid) {
            Some(hash) if algorithm.is_bare_or_null() => Ok(hash),
            _ => Err(SignatureFault::Digest(algorithm.oid)),
        }
    }

    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// Verifies a signature of a CMS signer: `hash` is the SignerInfo's digestAlgorithm, which `signature_algorithm` must
/// agree with, or leave open (`rsaEncryption`).
pub fn verify(
    public_key: &[u8],
    hash: Hash,
    signature_algorithm: Value<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<Algorithm, SignatureFault> {
    let named = AlgorithmIdentifier::read(signature_algorithm)?;
    let unaccepted = || SignatureFault::Algorithm(named.oid.clone());
    let key = PublicKey::read(public_key)?;
    let agreed = match key.algorithm {
        // RFC 8419: SHA-512, no parameters.
        Algorithm::Ed25519 => named.oid == oid::ED25519 && named.is_bare() && hash == Hash::Sha512,
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 | Algorithm::EcdsaP521 => {
            let expected = match hash {
                Hash::Sha256 => oid::ECDSA_SHA_256,
                Hash::Sha384 => oid::ECDSA_SHA_384,
                Hash::Sha512 => oid::ECDSA_SHA_512,
            };
            named.oid == expected && named.is_bare()
        }
        Algorithm::Rsa => {
            let expected = match hash {
                Hash::Sha256 => oid::RSA_SHA_256,
                Hash::Sha384 => oid::RSA_SHA_384,
                Hash::Sha512 => oid::RSA_SHA_512,
            };
            (named.oid == expected || named.oid == oid::RSA) && named.is_bare_or_null()
        }
    };
    if !agreed {
        return Err(unaccepted());
    }
    key.verify(hash, message, signature)?;
    Ok(key.algorithm)
}

/// A public key that signatures can be checked with.
pub struct PublicKey<'a> {
    pub algorithm: Algorithm,
    bits: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo.
    pub fn read(public_key: &'a [u8]) -> Result<Self, SignatureFault> {
        let mut fields = Value::read(public_key, "a public key")?.sequence()?;
        let named = AlgorithmIdentifier::read(fields.take(Tag::Sequence)?)?;
        let bits = fields.take(Tag::BitString)?.bits()?;
        fields.end()?;
        let curve = named.curve();
        let is_curve = |expected| curve.as_ref().is_some_and(|curve| *curve == expected);
        let algorithm = if named.oid == oid::ED25519 && named.is_bare() {
            Algorithm::Ed25519
        } else if named.oid == oid::RSA && named.is_bare_or_null() {
            Algorithm::Rsa
        } else if named.oid != oid::EC_PUBLIC_KEY {
            return Err(SignatureFault::Algorithm(named.oid));
        } else if is_curve(oid::CURVE_P256) {
            Algorithm::EcdsaP256
        } else if is_curve(oid::CURVE_P384) {
            Algorithm::EcdsaP384
        } else if is_curve(oid::CURVE_P521) {
            Algorithm::EcdsaP521
        } else {
            return Err(SignatureFault::Algorithm(curve.unwrap_or(named.oid)));
        };
        Ok(Self { algorithm, bits })
    }

    /// Verifies a signature over a message; `hash` is ignored for Ed25519, which hashes as it likes.
    pub fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        let algorithm: &dyn VerificationAlgorithm = match (self.algorithm, hash) {
            (Algorithm::Ed25519, _) => &signature::ED25519,
            (Algorithm::EcdsaP256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
            (Algorithm::EcdsaP256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
            (Algorithm::EcdsaP256, Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
            (Algorithm::EcdsaP384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
            (Algorithm::EcdsaP384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
            (Algorithm::EcdsaP384, Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
            (Algorithm::EcdsaP521, Hash::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
            (Algorithm::EcdsaP521, Hash::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
            (Algorithm::EcdsaP521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
            (Algorithm::Rsa, Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
            (Algorithm::Rsa, Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (Algorithm::Rsa, Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        };
        UnparsedPublicKey::new(algorithm, self.bits).verify(message, signature).map_err(|_| SignatureFault::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::Signer as _;
    use p256::pkcs8::EncodePublicKey as _;

    use super::*;

    const ED25519: &[u8] = &[0x30, 5, 6, 3, 43, 101, 112];
    const ECDSA_SHA_256: &[u8] = &[0x30, 10, 6, 8, 42, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    const ECDSA_SHA_384: &[u8] = &[0x30, 10, 6, 8, 42, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];

    fn judged(key: &[u8], hash: Hash, algorithm: &[u8], signature: &[u8]) -> Result<Algorithm, SignatureFault> {
        verify(key, hash, Value::read(algorithm, "an algorithm")?, b"message", signature)
    }

    #[test]
    fn ed25519_goes_with_sha_512_and_no_parameters() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let public_key = key.verifying_key().to_public_key_der().unwrap().into_vec();
        let signature = key.sign(b"message").to_bytes();
        assert_eq!(judged(&public_key, Hash::Sha512, ED25519, &signature), Ok(Algorithm::Ed25519));
        assert!(judged(&public_key, Hash::Sha256, ED25519, &signature).is_err());
        assert!(judged(&public_key, Hash::Sha512, &[0x30, 7, 6, 3, 43, 101, 112, 5, 0], &signature).is_err());
        assert!(judged(&public_key, Hash::Sha512, ECDSA_SHA_256, &signature).is_err());
        assert_eq!(judged(&public_key, Hash::Sha512, ED25519, &[0; 64]), Err(SignatureFault::Wrong));
    }

    #[test]
    fn ecdsa_names_the_digest_of_its_signer() {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let public_key = key.verifying_key().to_public_key_der().unwrap().into_vec();
        let signature: p256::ecdsa::DerSignature = key.sign(b"message");
        let signature = signature.as_bytes();
        assert_eq!(judged(&public_key, Hash::Sha256, ECDSA_SHA_256, signature), Ok(Algorithm::EcdsaP256));
        assert!(judged(&public_key, Hash::Sha384, ECDSA_SHA_256, signature).is_err());
        assert!(judged(&public_key, Hash::Sha256, ECDSA_SHA_384, signature).is_err());
        assert!(judged(&public_key, Hash::Sha256, ED25519, signature).is_err());
    }

    #[test]
    fn other_keys_do_not_count() {
        // An X25519 key, and one on secp256k1.
        let x25519 = [&[0x30, 42, 0x30, 5, 6, 3, 43, 101, 110, 3, 33, 0][..], &[9; 32]].concat();
        assert!(matches!(PublicKey::read(&x25519).err(), Some(SignatureFault::Algorithm(_))));
        let head =
            [0x30, 0x56, 0x30, 0x10, 6, 7, 42, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 10, 3, 0x42, 0];
        let koblitz = [&head[..], &[4; 65]].concat();
        assert!(matches!(PublicKey::read(&koblitz).err(), Some(SignatureFault::Algorithm(_))));
    }
}
