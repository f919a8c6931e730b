//! Certificates of people, and the keys behind them.

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use jiff::SignedDuration;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use zeroize::Zeroizing;

use super::register::Person;
use super::{PeopleError, Refused, unlock_refused};
use crate::crypto::check;
use crate::crypto::make::{KeyPair, Passphrase, Suite, unlock};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::durable::{Failure, Folder};
use crate::ids::{Digest, Name, PersonId};
use crate::instant::Instant;
use crate::journal::ActSignature;

/// A certificate as the register holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of its DER.
    pub fingerprint: Digest,
    pub person: PersonId,
    pub der: Vec<u8>,
    /// The certificates between it and the root of an outside authority, as DER, its own issuer first.
    pub issuers: Vec<Vec<u8>>,
    pub suite: Suite,
    /// The name of the key's file below `keys/people/`.
    pub key_file: String,
    pub not_before: Instant,
    pub not_after: Instant,
    pub revoked_at: Option<Instant>,
    /// Who revoked it alone, being somebody else than its owner.
    pub stopped_by: Option<PersonId>,
    /// Who had the home's own authority issue it, and when; nobody for those of the genesis entry and of outside authorities.
    pub issued_by: Option<PersonId>,
    pub issued_at: Instant,
}

impl Certificate {
    /// Whether what it signed at an instant counts.
    #[must_use]
    pub fn is_valid_at(&self, at: Instant) -> bool {
        self.not_before <= at && at <= self.not_after && self.revoked_at.is_none_or(|revoked| at < revoked)
    }

    /// Whether anything may be signed with it now. One that was revoked signs nothing more, from whenever on it counts.
    #[must_use]
    pub fn is_in_force(&self, now: Instant) -> bool {
        self.not_before <= now && now <= self.not_after && self.revoked_at.is_none()
    }

    /// Whether it is in force, or will be: one that was issued while the clock was ahead begins when it says.
    #[must_use]
    pub fn is_unspent(&self, now: Instant) -> bool {
        now <= self.not_after && self.revoked_at.is_none()
    }

    /// Whether it is of an evaluation authority, for which nobody outside vouches.
    ///
    /// # Errors
    /// When its bytes cannot be read.
    pub fn is_for_evaluation(&self) -> Result<bool, Refused> {
        check::Certificate::read(&self.der).map(|read| read.is_evaluation()).map_err(|_| Refused::BadSignature)
    }

    /// What has to be at hand besides it for whoever follows its path: the certificates above it, up to the root, which they have.
    #[must_use]
    pub fn objects(&self) -> Vec<Digest> {
        std::iter::once(self.fingerprint).chain(self.issuers.iter().map(|issuer| Digest::of(issuer))).collect()
    }

    /// Whether a signature over an act is by this certificate's key.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_act(&self, canonical_json: &str, signature: &ActSignature) -> Result<(), Refused> {
        let certificate = check::Certificate::read(&self.der).map_err(|_| Refused::BadSignature)?;
        let value = signature.bytes().ok_or(Refused::BadSignature)?;
        if signature.certificate != self.fingerprint || signature.by != self.person {
            return Err(Refused::BadSignature);
        }
        check::act(&certificate.public_key, canonical_json.as_bytes(), &value).map_err(|_| Refused::BadSignature)
    }
}

/// A person whose key is open. The key is wiped when this is dropped.
pub struct Signer {
    person: PersonId,
    login: Name,
    certificate: Certificate,
    of_evaluation: bool,
    key: KeyPair,
}

/// Encrypted keys are a few hundred bytes.
const LARGEST_KEY_FILE: u64 = 65_536;

impl Signer {
    /// Opens a person's key with their passphrase. It takes about a tenth of a second, so that guessing takes long.
    ///
    /// # Errors
    /// When the passphrase is another, or the key file is missing, broken or another key's.
    pub fn unlock(
        person: &Person,
        certificate: Certificate,
        keys: &Path,
        passphrase: &Passphrase,
    ) -> Result<Self, PeopleError> {
        let path = keys.join(&certificate.key_file);
        let pem = read_key(&path).map_err(|error| {
            let aside = aside(keys, &certificate);
            if error.kind() == io::ErrorKind::NotFound && aside.exists() {
                let (login, file) = (person.login.to_string(), aside.display().to_string());
                return PeopleError::from(Refused::KeySetAside { login, file });
            }
            PeopleError::Io { path, error }
        })?;
        let key = unlock(&pem, passphrase).map_err(|error| unlock_refused(person.login.as_str(), &error))?;
        Self::new(person, certificate, key)
    }

    /// A signer whose key is at hand because it was made just now.
    ///
    /// # Errors
    /// When the certificate is another person's or another key's.
    pub fn new(person: &Person, certificate: Certificate, key: KeyPair) -> Result<Self, PeopleError> {
        let unusable =
            |detail: &str| Refused::KeyUnusable { login: person.login.to_string(), detail: detail.to_owned() };
        let read = check::Certificate::read(&certificate.der).map_err(|error| unusable(&error.to_string()))?;
        if certificate.person != person.id || read.public_key != key.public_key()? {
            return Err(unusable("it belongs to another certificate").into());
        }
        let of_evaluation = read.is_evaluation();
        Ok(Self { person: person.id, login: person.login.clone(), certificate, of_evaluation, key })
    }

    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    #[must_use]
    pub const fn login(&self) -> &Name {
        &self.login
    }

    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificates that go with a signature of this one: those between, or where the home's own authority issued it, that
    /// authority's.
    #[must_use]
    pub fn above<'a>(&'a self, own_authority: &'a [Vec<u8>]) -> &'a [Vec<u8>] {
        if self.of_evaluation { own_authority } else { &self.certificate.issuers }
    }

    #[must_use]
    pub const fn key(&self) -> &KeyPair {
        &self.key
    }

    /// Signs the canonical JSON of an act.
    #[must_use]
    pub fn sign(&self, canonical_json: &str) -> ActSignature {
        let signature = self.key.sign_act(canonical_json.as_bytes());
        ActSignature::new(self.person, self.certificate.fingerprint, &signature)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, …)", self.login)
    }
}

/// Sets the file of a certificate's key aside, where it is there: nobody signs with it before somebody who keeps the home gives
/// the file its name back. Answers where it lies then, be it since an earlier time.
///
/// # Errors
/// When the disk does not take it.
pub fn set_aside(keys: &Path, certificate: &Certificate) -> io::Result<Option<PathBuf>> {
    let aside = aside(keys, certificate);
    match std::fs::rename(keys.join(&certificate.key_file), &aside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(aside.exists().then_some(aside)),
        Err(error) => return Err(error),
    }
    Folder::open(keys).and_then(|folder| folder.sync()).map_err(Failure::into_io)?;
    Ok(Some(aside))
}

fn aside(keys: &Path, certificate: &Certificate) -> PathBuf {
    keys.join(format!("{}.aside", certificate.key_file))
}

pub(super) fn read_key(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut pem = Zeroizing::new(String::new());
    std::fs::File::open(path)?.take(LARGEST_KEY_FILE).read_to_string(&mut pem)?;
    Ok(pem)
}

const COLUMNS: &str = "fingerprint, person, der, issuers, suite, key_file, not_before, not_after, revoked_at, stopped_by, issued_by, issued_at";

pub async fn get(tx: &mut Tx, fingerprint: Digest) -> Result<Option<Certificate>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM certificate WHERE fingerprint = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(fingerprint.to_string()).fetch_optional(tx).await?;
    row.as_ref().map(read_row).transpose()
}

/// How long before a certificate ends it is told, at the most: long enough for whoever has it renewed to be on holiday.
const LONGEST_NOTICE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// When the last certificate of a person ends, where that is soon or was already. One that was revoked was ended knowingly.
#[must_use]
pub fn ends_soon(held: &[Certificate], now: Instant) -> Option<Instant> {
    let last = held.iter().filter(|held| held.revoked_at.is_none()).max_by_key(|held| held.not_after)?;
    let notice = LONGEST_NOTICE.min(last.not_after.since(last.not_before) / 4);
    (last.not_after.since(now) <= notice).then_some(last.not_after)
}

/// All of a person's certificates, the newest first: in the order of their entries, whatever time the clock said.
pub async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Certificate>, DatabaseError> {
    let sql =
        format!("SELECT {COLUMNS} FROM certificate WHERE person = $1 ORDER BY journal_index DESC, issued_at DESC");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(person.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// The certificate with which a person signs now: the newest that is in force.
///
/// # Errors
/// When there is none.
pub async fn current(tx: &mut Tx, person: &Person, at: Instant) -> Result<Certificate, PeopleError> {
    let all = of_person(tx, person.id).await?;
    let login = || person.login.to_string();
    let Some(newest) = all.first() else { return Err(Refused::NoCertificate { login: login() }.into()) };
    let not_after = newest.not_after;
    all.into_iter()
        .find(|certificate| certificate.is_in_force(at))
        .ok_or_else(|| Refused::CertificateNotValid { login: login(), not_after }.into())
}

/// When `issuer` last had a certificate issued for a person.
pub(super) async fn last_issued_by(
    tx: &mut Tx,
    person: PersonId,
    issuer: PersonId,
) -> Result<Option<Instant>, DatabaseError> {
    let row = sqlx::query("SELECT MAX(issued_at) AS at FROM certificate WHERE person = $1 AND issued_by = $2")
        .bind(person.to_string())
        .bind(issuer.to_string())
        .fetch_one(tx)
        .await?;
    row.try_get::<Option<i64>, _>("at")?.map(|at| instant("certificate.issued_at", at)).transpose()
}

/// The key file of a certificate. It bears the certificate's own number, so that no other key is ever saved under its name:
/// not even where the register does not know it, because a certificate was lost.
pub(super) fn key_file(login: &Name, fingerprint: &Digest) -> String {
    let fingerprint = fingerprint.hex();
    format!("{login}.{}.pem", fingerprint.get(..16).unwrap_or(&fingerprint))
}

pub(super) async fn insert(tx: &mut Tx, new: &Certificate, journal_index: i64) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO certificate (fingerprint, person, der, issuers, suite, key_file, not_before, not_after, revoked_at,
             issued_by, issued_at, journal_index)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(new.fingerprint.to_string())
    .bind(new.person.to_string())
    .bind(new.der.clone())
    .bind(new.issuers.iter().map(|der| BASE64.encode(der)).collect::<Vec<_>>().join(" "))
    .bind(suite_text(new.suite))
    .bind(new.key_file.clone())
    .bind(new.not_before.as_microseconds())
    .bind(new.not_after.as_microseconds())
    .bind(new.revoked_at.map(Instant::as_microseconds))
    .bind(new.issued_by.map(|by| by.to_string()))
    .bind(new.issued_at.as_microseconds())
    .bind(journal_index)
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that a certificate counts no more. One that was revoked before may be revoked from earlier on, never from later.
pub(super) async fn revoke(
    tx: &mut Tx,
    fingerprint: Digest,
    since: Instant,
    stopped_by: Option<PersonId>,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE certificate SET revoked_at = $1, stopped_by = $2
         WHERE fingerprint = $3 AND (revoked_at IS NULL OR revoked_at > $1)",
    )
    .bind(since.as_microseconds())
    .bind(stopped_by.map(|by| by.to_string()))
    .bind(fingerprint.to_string())
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(DatabaseError::Conflict(format!("certificate {fingerprint} is not there, or was revoked from before")))
    }
}

fn read_row(row: &AnyRow) -> Result<Certificate, DatabaseError> {
    let at = |column: &'static str| row.try_get::<i64, _>(column);
    let (suite, issuers): (String, String) = (row.try_get("suite")?, row.try_get("issuers")?);
    Ok(Certificate {
        fingerprint: row.try_get::<String, _>("fingerprint")?.parse().map_err(unreadable("certificate.fingerprint"))?,
        person: row.try_get::<String, _>("person")?.parse().map_err(unreadable("certificate.person"))?,
        der: row.try_get("der")?,
        issuers: issuers
            .split_ascii_whitespace()
            .map(|der| BASE64.decode(der.as_bytes()))
            .collect::<Result<_, _>>()
            .map_err(unreadable("certificate.issuers"))?,
        suite: match suite.as_str() {
            "ed25519" => Suite::Ed25519,
            "ecdsa-p256" => Suite::EcdsaP256,
            other => return Err(unreadable("certificate.suite")(other)),
        },
        key_file: row.try_get("key_file")?,
        not_before: instant("certificate.not_before", at("not_before")?)?,
        not_after: instant("certificate.not_after", at("not_after")?)?,
        revoked_at: row
            .try_get::<Option<i64>, _>("revoked_at")?
            .map(|at| instant("certificate.revoked_at", at))
            .transpose()?,
        stopped_by: somebody("certificate.stopped_by", row.try_get("stopped_by")?)?,
        issued_by: somebody("certificate.issued_by", row.try_get("issued_by")?)?,
        issued_at: instant("certificate.issued_at", at("issued_at")?)?,
    })
}

fn somebody(column: &'static str, id: Option<String>) -> Result<Option<PersonId>, DatabaseError> {
    id.map(|id| id.parse()).transpose().map_err(unreadable(column))
}

const fn suite_text(suite: Suite) -> &'static str {
    match suite {
        Suite::Ed25519 => "ed25519",
        Suite::EcdsaP256 => "ecdsa-p256",
    }
}
