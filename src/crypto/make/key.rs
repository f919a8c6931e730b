//! Software keys: made, kept encrypted under a passphrase, unlocked into memory that is wiped.

use std::fmt;

use ed25519_dalek::Signer as _;
use pkcs8::der::Decode as _;
use pkcs8::der::pem::LineEnding;
use pkcs8::pkcs5::{EncryptionScheme, pbes2};
use pkcs8::spki::EncodePublicKey as _;
use pkcs8::{EncodePrivateKey as _, EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::{Zeroize as _, Zeroizing};

use super::{ACT_DOMAIN, MakeError};
use crate::crypto::oid;
use crate::evidence::checkpoint::{Checkpoint, VerifierKey};
use crate::system::Locked;

/// How often the passphrase is hashed: what OWASP asks of PBKDF2-HMAC-SHA256, about a tenth of a second.
///
/// PBKDF2 and not scrypt, because `openssl` must be able to open the key when we are gone, and it refuses scrypt with
/// parameters strong enough.
const PBKDF2_ROUNDS: u32 = 600_000;
/// More rounds than this would only keep a machine busy.
const PBKDF2_MOST_ROUNDS: u32 = 10_000_000;
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// A kind of key with the way it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Suite {
    /// Ed25519 (RFC 8032; in CMS by RFC 8419, with SHA-512).
    #[default]
    Ed25519,
    /// ECDSA on P-256 with SHA-256, for partners whose OpenSSL is older than 3.5.
    EcdsaP256,
}

/// A key in memory. It is wiped when dropped, and never printed.
pub struct KeyPair(Secret);

enum Secret {
    // In pages of their own, so that moving a key leaves no copy behind and none reaches the swap.
    Ed25519(Locked<ed25519_dalek::SigningKey>),
    EcdsaP256(Locked<p256::ecdsa::SigningKey>),
}

impl KeyPair {
    /// A new key.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn generate(suite: Suite) -> Result<Self, MakeError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self(match suite {
            Suite::Ed25519 => Secret::Ed25519(Locked::new(ed25519_dalek::SigningKey::from_bytes(&seed))),
            Suite::EcdsaP256 => Secret::EcdsaP256(Locked::new(loop {
                // Some 32-byte strings are no P-256 key; one in 2^32.
                match p256::ecdsa::SigningKey::from_slice(&*seed) {
                    Ok(key) => break key,
                    Err(_) => getrandom::fill(&mut *seed)?,
                }
            })),
        }))
    }

    #[must_use]
    pub fn suite(&self) -> Suite {
        match self.0 {
            Secret::Ed25519(_) => Suite::Ed25519,
            Secret::EcdsaP256(_) => Suite::EcdsaP256,
        }
    }

    /// Whether the system keeps it out of the swap.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        match &self.0 {
            Secret::Ed25519(key) => key.is_locked(),
            Secret::EcdsaP256(key) => key.is_locked(),
        }
    }

    /// The public key as DER SubjectPublicKeyInfo, as certificates hold it.
    ///
    /// # Errors
    /// Only as DER encoding can fail.
    pub fn public_key(&self) -> Result<Vec<u8>, MakeError> {
        let document = match &self.0 {
            Secret::Ed25519(key) => key.verifying_key().to_public_key_der(),
            Secret::EcdsaP256(key) => key.verifying_key().to_public_key_der(),
        };
        Ok(document.map_err(|_| MakeError::PublicKey)?.into_vec())
    }

    /// The key as PEM (`ENCRYPTED PRIVATE KEY`, PKCS#8) under a passphrase: PBKDF2-HMAC-SHA256 and AES-256-CBC, which
    /// `openssl pkey` opens.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn to_encrypted_pem(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>, MakeError> {
        let failed = |_| MakeError::Key("encoding failed");
        let plain = match &self.0 {
            // Without the public key: OpenSSL 3.0 does not read the newer form that has it.
            Secret::Ed25519(key) => {
                let mut bytes = ed25519_dalek::pkcs8::KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                let document = bytes.to_pkcs8_der();
                bytes.secret_key.zeroize();
                document.map_err(failed)?
            }
            Secret::EcdsaP256(key) => key.to_pkcs8_der().map_err(failed)?,
        };
        encrypt(plain.as_bytes(), passphrase)
    }

    /// Signs an act: its canonical JSON (RFC 8785) with [`ACT_DOMAIN`] before it. Ed25519: 64 octets; ECDSA: DER.
    #[must_use]
    pub fn sign_act(&self, canonical_json: &[u8]) -> Vec<u8> {
        self.sign(&[ACT_DOMAIN, canonical_json].concat())
    }

    /// The signed note of a checkpoint (C2SP).
    ///
    /// # Errors
    /// When the key is no Ed25519 key: signed notes know no other that all clients read.
    pub fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<String, MakeError> {
        let Secret::Ed25519(key) = &self.0 else { return Err(MakeError::Suite("checkpoints are signed with Ed25519")) };
        let signature = key.sign(checkpoint.text().as_bytes()).to_bytes();
        Ok(checkpoint.note(key.verifying_key().as_bytes(), &signature))
    }

    /// The key by which others check this key's checkpoints.
    ///
    /// # Errors
    /// When the key is no Ed25519 key.
    pub fn verifier_key(&self, name: crate::evidence::checkpoint::Origin) -> Result<VerifierKey, MakeError> {
        let Secret::Ed25519(key) = &self.0 else { return Err(MakeError::Suite("checkpoints are signed with Ed25519")) };
        Ok(VerifierKey { name, public_key: key.verifying_key().to_bytes() })
    }

    /// The signature over a message, as CMS holds it. Each caller puts something before the message, or signs a
    /// structure, that cannot be mistaken for another caller's.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Secret::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Secret::EcdsaP256(key) => {
                let signature: p256::ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
        }
    }
}

impl Suite {
    /// The digest that goes with this suite in CMS, by identifier.
    pub(super) fn digest_oid(self) -> const_oid::ObjectIdentifier {
        match self {
            Self::Ed25519 => oid::SHA_512,
            Self::EcdsaP256 => oid::SHA_256,
        }
    }

    pub(super) fn digest(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519 => Sha512::digest(content).to_vec(),
            Self::EcdsaP256 => Sha256::digest(content).to_vec(),
        }
    }

    pub(super) fn signature_oid(self) -> const_oid::ObjectIdentifier {
        match self {
            Self::Ed25519 => oid::ED25519,
            Self::EcdsaP256 => oid::ECDSA_SHA_256,
        }
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({:?}, …)", self.suite())
    }
}

/// Opens a key that [`KeyPair::to_encrypted_pem`] wrote.
///
/// # Errors
/// When the file is no such key, or the passphrase is another.
pub fn unlock(pem: &str, passphrase: &Passphrase) -> Result<KeyPair, UnlockError> {
    let plain = decrypt(pem, passphrase)?;
    let info = PrivateKeyInfoRef::from_der(plain.as_bytes()).map_err(|_| UnlockError::WrongPassphrase)?;
    let key = if info.algorithm.oid == oid::ED25519 {
        let mut bytes = ed25519_dalek::pkcs8::KeypairBytes::try_from(info).map_err(|_| UnlockError::NotAKey)?;
        let key = Locked::new(ed25519_dalek::SigningKey::from_bytes(&bytes.secret_key));
        bytes.secret_key.zeroize();
        Secret::Ed25519(key)
    } else if info.algorithm.oid == oid::EC_PUBLIC_KEY {
        Secret::EcdsaP256(Locked::new(p256::ecdsa::SigningKey::try_from(info).map_err(|_| UnlockError::OtherSuite)?))
    } else {
        return Err(UnlockError::OtherSuite);
    };
    Ok(KeyPair(key))
}

/// Why a key stays locked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    #[error("this is not an encrypted private key (PKCS#8, PEM)")]
    NotAKey,
    #[error("the passphrase is another")]
    WrongPassphrase,
    #[error("the key is not protected as ours are (PBKDF2-HMAC-SHA256, at least {PBKDF2_ROUNDS} rounds)")]
    OtherProtection,
    #[error("the key is neither Ed25519 nor ECDSA on P-256")]
    OtherSuite,
    #[error("the key does not belong to the certificate")]
    OtherCertificate,
}

/// Encrypts a PKCS#8 key.
pub(super) fn encrypt(plain: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<String>, MakeError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut iv)?;
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ROUNDS, &salt, iv)
        .map_err(|_| MakeError::Key("encryption failed"))?;
    let info = PrivateKeyInfoRef::from_der(plain)?;
    info.encrypt_with_params(parameters, passphrase.0.as_bytes())
        .map_err(|_| MakeError::Key("encryption failed"))?
        .to_pem(ENCRYPTED_LABEL, LineEnding::LF)
        .map_err(|_| MakeError::Key("encryption failed"))
}

/// Decrypts a PKCS#8 key.
pub(super) fn decrypt(pem: &str, passphrase: &Passphrase) -> Result<SecretDocument, UnlockError> {
    let (label, document) = SecretDocument::from_pem(pem).map_err(|_| UnlockError::NotAKey)?;
    if label != ENCRYPTED_LABEL {
        return Err(UnlockError::NotAKey);
    }
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|_| UnlockError::NotAKey)?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
        return Err(UnlockError::OtherProtection);
    };
    let rounds = parameters.kdf.pbkdf2().filter(|kdf| kdf.prf == pbes2::Pbkdf2Prf::HmacWithSha256);
    if !rounds.is_some_and(|kdf| (PBKDF2_ROUNDS..=PBKDF2_MOST_ROUNDS).contains(&kdf.iteration_count)) {
        return Err(UnlockError::OtherProtection);
    }
    info.decrypt(passphrase.0.as_bytes()).map_err(|_| UnlockError::WrongPassphrase)
}

/// What a person types to open a key. Wiped when dropped, and never printed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the text over. How long a passphrase must be is for the one who asks for it to say.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// How many characters it has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.chars().count()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_key_opens_with_its_passphrase_alone() {
        let passphrase = Passphrase::new("正しい馬の電池".into());
        for suite in [Suite::Ed25519, Suite::EcdsaP256] {
            let key = KeyPair::generate(suite).unwrap();
            let pem = key.to_encrypted_pem(&passphrase).unwrap();
            assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            let opened = unlock(&pem, &passphrase).unwrap();
            assert_eq!(opened.public_key().unwrap(), key.public_key().unwrap());
            assert_eq!(opened.suite(), suite);
            let wrong = unlock(&pem, &Passphrase::new("別の言葉".into()));
            assert_eq!(wrong.unwrap_err(), UnlockError::WrongPassphrase);
            assert_eq!(unlock(&pem[..pem.len() / 2], &passphrase).unwrap_err(), UnlockError::NotAKey);
        }
    }

    #[test]
    fn weak_protection_is_refused() {
        let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
        let Secret::EcdsaP256(secret) = &key.0 else { unreachable!() };
        let plain = secret.to_pkcs8_der().unwrap();
        let info = PrivateKeyInfoRef::from_der(plain.as_bytes()).unwrap();
        let locked = |parameters| {
            let document = info.encrypt_with_params(parameters, b"words").unwrap();
            unlock(&document.to_pem(ENCRYPTED_LABEL, LineEnding::LF).unwrap(), &Passphrase::new("words".into()))
        };
        let pbkdf2 = |rounds| pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, &[1; 16], [2; 16]).unwrap();
        assert_eq!(locked(pbkdf2(2048)).unwrap_err(), UnlockError::OtherProtection);
        assert!(locked(pbkdf2(PBKDF2_ROUNDS)).is_ok());
        let scrypt = pbes2::Parameters::generate_scrypt(&mut getrandom::SysRng).unwrap();
        assert_eq!(locked(scrypt).unwrap_err(), UnlockError::OtherProtection);
    }

    #[test]
    fn secrets_are_not_printed() {
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        assert_eq!(format!("{key:?}"), "KeyPair(Ed25519, …)");
        assert_eq!(format!("{:?}", Passphrase::new("secret".into())), "Passphrase(…)");
    }
}
