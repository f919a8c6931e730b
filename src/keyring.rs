//! The keys that the line itself works with: the journal's, and the evaluation time-stamping authority's.
//!
//! A daemon that starts by itself cannot be asked for a passphrase, so these keys are encrypted under a secret of their
//! own: the journal's a systemd credential, or the file that `journal.secret_file` names; the authority's a file beside its
//! key. Whoever runs the one cannot open the other. The certificate authority's key is another matter: it has a passphrase
//! that no running program holds.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::config::Config;
use crate::config::home::Layout;
use crate::crypto::make::{
    EvaluationAuthority, EvaluationCa, KeyPair, MakeError, Passphrase, Subject, Suite, UnlockError, Validity, unlock,
};
use crate::crypto::pem;
use crate::durable::{self, Folder};
use crate::evidence::checkpoint::{InvalidCheckpointWord, Origin};
use crate::ids::HomeId;

/// The name under which systemd hands the secret over (`LoadCredential=torikomi-service-secret:…`).
pub const CREDENTIAL: &str = "torikomi-service-secret";

/// The line's own key, opened. It is wiped when this is dropped.
#[derive(Debug)]
pub struct Keyring {
    /// The name under which the journal's checkpoints are signed.
    pub origin: Origin,
    pub journal: KeyPair,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("{}: {error}: put the file back from a backup", .path.display())]
    Missing { path: PathBuf, error: io::Error },
    #[error("{} cannot be opened ({error}): check that its secret (journal.secret_file, or the file beside the key) belongs to it", .path.display())]
    Locked { path: PathBuf, error: UnlockError },
    #[error("{} is no certificate in PEM: put the file back from a backup", .0.display())]
    NotACertificate(PathBuf),
    #[error("a key could not be made: {0}")]
    Make(#[from] MakeError),
    #[error(transparent)]
    Write(#[from] durable::Failure),
    #[error("a journal's name could not be made: {0}")]
    Origin(#[from] InvalidCheckpointWord),
}

/// Keys, certificates and secrets are at most a few thousand bytes.
const LARGEST_FILE: u64 = 65_536;

/// The roots that a system trusts are some hundred kilobytes.
const LARGEST_BUNDLE: u64 = 4 << 20;

/// Where systems keep the roots that their administrator trusts: Debian, Fedora, SUSE, Alpine.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

impl Keyring {
    /// Opens the line's own key. It takes about a tenth of a second.
    ///
    /// # Errors
    /// When a file is missing or the secret is another.
    pub fn open(layout: Layout<'_>, config: &Config, home: HomeId) -> Result<Self, KeyringError> {
        let secret = secret(layout, config)?;
        let journal = open_key(&layout.journal_key(), &secret)?;
        Ok(Self { origin: origin(home)?, journal })
    }
}

/// Opens the evaluation time-stamping authority, which only evaluation homes have, and nothing else.
///
/// # Errors
/// When a file is missing or the secret is another.
pub fn timestamping(layout: Layout<'_>) -> Result<EvaluationAuthority, KeyringError> {
    let secret = Passphrase::new(read(&layout.timestamping_secret())?.trim_end().to_owned());
    let key = open_key(&layout.timestamping_key(), &secret)?;
    let certificate = certificate(&layout.timestamping_certificate())?;
    let root = certificate_of_authority(layout)?;
    Ok(EvaluationAuthority::new(key, certificate, vec![root])?)
}

/// What `init` makes anew.
pub struct NewKeys {
    pub authority: EvaluationCa,
    pub journal: KeyPair,
    /// The certificate of the evaluation time-stamping authority.
    pub timestamping: Option<Vec<u8>>,
}

/// Makes a home's authority, the line's own keys and their secret, and writes them below `layout`.
///
/// # Errors
/// When something cannot be made or written.
pub fn create(
    layout: Layout<'_>,
    home: HomeId,
    organization: &str,
    authority_passphrase: &Passphrase,
    with_timestamping: bool,
    validity: Validity,
) -> Result<NewKeys, KeyringError> {
    let folder = Folder::open(&layout.keys())?;
    let write = |path: PathBuf, bytes: &[u8]| -> Result<(), KeyringError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        folder.create_new(&name, bytes)?;
        Ok(())
    };
    let secret = new_secret()?;
    write(layout.keys().join("service.secret"), format!("{}\n", &*secret).as_bytes())?;
    let secret = Passphrase::new(secret.to_string());

    let subject = |common_name: &str| Subject {
        common_name: common_name.to_owned(),
        organization: organization.to_owned(),
        organizational_unit: None,
    };
    let authority = EvaluationCa::create(&subject("Torikomi 評価用認証局"), validity)?;
    write(layout.authority_key(), authority.to_encrypted_pem(authority_passphrase)?.as_bytes())?;
    write(layout.roots(), pem::write(authority.certificate()).as_bytes())?;

    // Checkpoints are signed notes, which know Ed25519 alone.
    let journal = KeyPair::generate(Suite::Ed25519)?;
    write(layout.journal_key(), journal.to_encrypted_pem(&secret)?.as_bytes())?;
    write(layout.journal_verifier(), format!("{}\n", journal.verifier_key(origin(home)?)?).as_bytes())?;

    let timestamping = if with_timestamping {
        let key = KeyPair::generate(Suite::EcdsaP256)?;
        let name = subject("Torikomi 評価用時刻認証局");
        let certificate = authority.issue_timestamping(&key.public_key()?, &name, validity)?;
        let secret = new_secret()?;
        write(layout.timestamping_secret(), format!("{}\n", &*secret).as_bytes())?;
        let secret = Passphrase::new(secret.to_string());
        write(layout.timestamping_key(), key.to_encrypted_pem(&secret)?.as_bytes())?;
        write(layout.timestamping_certificate(), pem::write(&certificate).as_bytes())?;
        Some(certificate)
    } else {
        None
    };
    Ok(NewKeys { authority, journal, timestamping })
}

/// Opens the home's certificate authority: the ceremony in which a certificate is issued.
///
/// # Errors
/// When a file is missing, or the passphrase is another.
pub fn open_authority(layout: Layout<'_>, passphrase: &Passphrase) -> Result<EvaluationCa, KeyringError> {
    let path = layout.authority_key();
    let key = read(&path)?;
    let root = certificate_of_authority(layout)?;
    EvaluationCa::unlock(&key, passphrase, &root).map_err(|error| KeyringError::Locked { path, error })
}

/// The root certificate of the home's own authority: the first in `keys/roots.pem`. Others may follow it.
///
/// # Errors
/// When the file is missing or holds no certificate.
pub fn certificate_of_authority(layout: Layout<'_>) -> Result<Vec<u8>, KeyringError> {
    certificate(&layout.roots())
}

/// The name of a home's journal, under which its checkpoints are signed.
///
/// # Errors
/// Never for a home's id.
pub fn origin(home: HomeId) -> Result<Origin, InvalidCheckpointWord> {
    format!("torikomi/journal/{home}").parse()
}

fn open_key(path: &Path, secret: &Passphrase) -> Result<KeyPair, KeyringError> {
    let locked = |error| KeyringError::Locked { path: path.to_owned(), error };
    unlock(&read(path)?, secret).map_err(locked)
}

fn certificate(path: &Path) -> Result<Vec<u8>, KeyringError> {
    certificates(path)?.into_iter().next().ok_or_else(|| KeyringError::NotACertificate(path.to_owned()))
}

/// The certificates of a PEM file, as DER, in its order.
///
/// # Errors
/// When the file cannot be read, or holds something else between the marks of a certificate.
pub fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, KeyringError> {
    let text = read_up_to(path, LARGEST_BUNDLE)?;
    pem::certificates(&text).map_err(|_| KeyringError::NotACertificate(path.to_owned()))
}

/// The roots for a server's TLS: those of the settings alone, or else the system's.
///
/// # Errors
/// When they cannot be read.
pub fn server_roots(layout: Layout<'_>, named: Option<&Path>) -> Result<Vec<Vec<u8>>, KeyringError> {
    match named {
        Some(path) => certificates(&layout.root().join(path)),
        None => match SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.exists()) {
            Some(path) => certificates(path),
            // Then the server is not trusted, and whoever asks it says so.
            None => Ok(Vec::new()),
        },
    }
}

/// The secret that opens the line's own keys. A systemd credential goes before the file.
fn secret(layout: Layout<'_>, config: &Config) -> Result<Passphrase, KeyringError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join(CREDENTIAL));
    let path = match credential {
        Some(path) if path.exists() => path,
        _ => layout.root().join(&config.journal.secret_file),
    };
    Ok(Passphrase::new(read(&path)?.trim_end().to_owned()))
}

fn new_secret() -> Result<Zeroizing<String>, MakeError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes)?;
    Ok(Zeroizing::new(data_encoding::HEXLOWER.encode(&*bytes)))
}

fn read(path: &Path) -> Result<Zeroizing<String>, KeyringError> {
    read_up_to(path, LARGEST_FILE)
}

fn read_up_to(path: &Path, most: u64) -> Result<Zeroizing<String>, KeyringError> {
    let missing = |error| KeyringError::Missing { path: path.to_owned(), error };
    let mut text = Zeroizing::new(String::new());
    File::open(path).map_err(missing)?.take(most).read_to_string(&mut text).map_err(missing)?;
    Ok(text)
}
