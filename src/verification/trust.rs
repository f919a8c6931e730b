//! What a verifier believes in, and knows from elsewhere than from what is to be verified: root certificates, the
//! time-stamping policies that count, the keys of journals.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::journal::Against;
use super::outside::Outside;
use crate::config::Config;
use crate::config::home::Layout;
use crate::crypto::check::{self, Anchors, ChainError, StampClaim, StampError, StampInfo, StampRules};
use crate::crypto::oid::Oid;
use crate::crypto::pem;
use crate::evidence::checkpoint::VerifierKey;
use crate::system::open_regular;

/// The anchors. What is empty leaves its question open: *cannot tell*, never *passed*.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The roots to which signers' certificates must lead.
    pub signers: Anchors,
    pub authorities: Vec<AuthorityTrust>,
    /// The keys that sign journals' checkpoints.
    pub journals: Vec<VerifierKey>,
    /// Checkpoints that were kept outside the home; without any, a journal that was written anew is not told from the old.
    pub outside: Option<Outside>,
}

/// Which time-stamps count.
#[derive(Clone, Debug, Default)]
pub struct AuthorityTrust {
    pub anchors: Anchors,
    /// The policies under which a stamp counts. Empty: any.
    pub policies: Vec<Oid>,
    /// Whether it is on the list of accredited authorities (認定タイムスタンプ事業者), where somebody said.
    pub accredited: Option<bool>,
}

#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} holds something else than certificates in PEM", .0.display())]
    NotCertificates(PathBuf),
    #[error("{} holds a line that is no journal's verifier key (name+key id+base64)", .0.display())]
    NotAVerifierKey(PathBuf),
    #[error("{} holds a line that is no policy number such as 1.2.392.200257.1", .0.display())]
    NotAPolicy(PathBuf),
    #[error("{} names no policy, which would let every one count: enter those that count, or remove the file", .0.display())]
    NoPolicy(PathBuf),
    #[error("{} is longer than {LARGEST_FILE} bytes: name a file with no more than the anchors that are needed", .0.display())]
    TooLong(PathBuf),
    #[error("{} holds neither root certificates nor a journal's key", .0.display())]
    Nothing(PathBuf),
}

/// The files that a folder of anchors may hold.
pub const ROOTS_FILE: &str = "roots.pem";
pub const TIMESTAMP_ROOTS_FILE: &str = "timestamp-roots.pem";
pub const TIMESTAMP_POLICIES_FILE: &str = "timestamp-policies.txt";
pub const JOURNAL_FILE: &str = "journal.vkey";

/// Some hundreds of certificates.
const LARGEST_FILE: u64 = 1 << 20;

impl Trust {
    /// The anchors in a folder (`roots.pem`; `timestamp-roots.pem`, or else the same roots; `timestamp-policies.txt`,
    /// or else any policy; `journal.vkey`), or in one file of certificates in PEM and verifier keys.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else, or there is nothing to believe in.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        let trust = if path.is_dir() { Self::folder(path)? } else { Self::file(path)? };
        if trust.signers.certificates().is_empty() && trust.authorities.is_empty() && trust.journals.is_empty() {
            return Err(TrustError::Nothing(path.to_owned()));
        }
        Ok(trust)
    }

    /// The anchors of a home. What is not there is not believed in.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else.
    pub fn of_home(layout: Layout<'_>, config: &Config) -> Result<Self, TrustError> {
        let mut authorities = Vec::new();
        for authority in config.authorities.values() {
            let path = layout.root().join(&authority.roots);
            let anchors = anchors(&optional(&path)?.unwrap_or_default(), &path)?;
            if anchors.certificates().is_empty() {
                continue;
            }
            let policies = authority.policies.iter().map(|policy| policy.as_str().parse());
            let policies = policies.collect::<Result<_, _>>().map_err(|_| TrustError::NotAPolicy(layout.settings()))?;
            authorities.push(AuthorityTrust { anchors, policies, accredited: Some(authority.accredited) });
        }
        let (roots, journal) = (layout.roots(), layout.keys().join(JOURNAL_FILE));
        Ok(Self {
            signers: anchors(&optional(&roots)?.unwrap_or_default(), &roots)?,
            authorities,
            journals: verifier_keys(&optional(&journal)?.unwrap_or_default(), &journal)?,
            outside: None,
        })
    }

    /// The same, holding records against what was kept outside too.
    #[must_use]
    pub fn held_against(self, against: &Against<'_>) -> Self {
        let outside = Some(Outside::read(against, &self));
        Self { outside, ..self }
    }

    /// Who made a token over these bytes, of those that the caller believes in.
    ///
    /// # Errors
    /// What is wrong with it by the authority that comes nearest; nothing where there is none to judge by.
    pub(super) fn judge_stamp(
        &self,
        token: &[u8],
        stamped: &[u8],
        claim: &StampClaim,
    ) -> Result<(StampInfo, &AuthorityTrust), Option<StampError>> {
        let mut first = None;
        for trusted in &self.authorities {
            let any = [claim.policy.clone()];
            let policies = if trusted.policies.is_empty() { any.as_slice() } else { &trusted.policies };
            let rules = StampRules { anchors: &trusted.anchors, policies };
            match check::timestamp_token(token, stamped, &rules) {
                Ok(info) => return Ok((info, trusted)),
                // The authority that comes nearest says best what is wrong.
                Err(error) if first.is_none() || !matches!(error, StampError::Chain(ChainError::UnknownIssuer)) => {
                    first = Some(error);
                }
                Err(_) => {}
            }
        }
        Err(first)
    }

    fn folder(folder: &Path) -> Result<Self, TrustError> {
        let roots_path = folder.join(ROOTS_FILE);
        let roots = optional(&roots_path)?.unwrap_or_default();
        let stamps_path = folder.join(TIMESTAMP_ROOTS_FILE);
        let stamps = optional(&stamps_path)?.unwrap_or_else(|| roots.clone());
        let policies_path = folder.join(TIMESTAMP_POLICIES_FILE);
        let listed = optional(&policies_path)?;
        let policies = lines(listed.as_deref().unwrap_or_default()).map(str::parse).collect::<Result<Vec<_>, _>>();
        let policies = policies.map_err(|_| TrustError::NotAPolicy(policies_path.clone()))?;
        if listed.is_some() && policies.is_empty() {
            return Err(TrustError::NoPolicy(policies_path));
        }
        let journal_path = folder.join(JOURNAL_FILE);
        let authority = AuthorityTrust { anchors: anchors(&stamps, &stamps_path)?, policies, accredited: None };
        Ok(Self {
            signers: anchors(&roots, &roots_path)?,
            authorities: Some(authority).filter(|one| !one.anchors.certificates().is_empty()).into_iter().collect(),
            journals: verifier_keys(&optional(&journal_path)?.unwrap_or_default(), &journal_path)?,
            outside: None,
        })
    }

    fn file(path: &Path) -> Result<Self, TrustError> {
        let text = read(path)?;
        let anchors = anchors(&text, path)?;
        let authority = AuthorityTrust { anchors: anchors.clone(), policies: Vec::new(), accredited: None };
        Ok(Self {
            authorities: Some(authority).filter(|one| !one.anchors.certificates().is_empty()).into_iter().collect(),
            signers: anchors,
            journals: verifier_keys(&outside_pem(&text), path)?,
            outside: None,
        })
    }
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

fn anchors(text: &str, path: &Path) -> Result<Anchors, TrustError> {
    let wrong = |_| TrustError::NotCertificates(path.to_owned());
    Anchors::new(&pem::certificates(text).map_err(wrong)?).map_err(|_| TrustError::NotCertificates(path.to_owned()))
}

fn verifier_keys(text: &str, path: &Path) -> Result<Vec<VerifierKey>, TrustError> {
    let keys = lines(text).map(str::parse).collect::<Result<_, _>>();
    keys.map_err(|_| TrustError::NotAVerifierKey(path.to_owned()))
}

/// What of a text is no certificate.
fn outside_pem(text: &str) -> String {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        outside.push_str(before);
        rest = after.split_once(END).map_or("", |(_, after)| after);
    }
    outside + rest
}

/// Lines that say something; `#` begins a remark.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn optional(path: &Path) -> Result<Option<String>, TrustError> {
    match read(path) {
        Ok(text) => Ok(Some(text)),
        Err(TrustError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> Result<String, TrustError> {
    let failed = |error| TrustError::Io { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    open_regular(path).map_err(failed)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(TrustError::TooLong(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sum.example/journal+8c6f2a8e+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";

    fn key() -> String {
        let name = KEY.split('+').next().unwrap().parse().unwrap();
        VerifierKey { name, public_key: [7; 32] }.to_string()
    }

    #[test]
    fn a_folder_may_hold_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Trust::read(folder.path()), Err(TrustError::Nothing(_))));
        std::fs::write(folder.path().join(JOURNAL_FILE), format!("# of the hospital\n\n{}\n", key())).unwrap();
        let trust = Trust::read(folder.path()).unwrap();
        assert_eq!((trust.journals.len(), trust.authorities.len()), (1, 0));
        std::fs::write(folder.path().join(JOURNAL_FILE), "no key").unwrap();
        assert!(matches!(Trust::read(folder.path()), Err(TrustError::NotAVerifierKey(_))));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for wrong in [format!("{BEGIN}\nAAAA\n{END}\n"), format!("{BEGIN}\n*\n{END}"), format!("{BEGIN}\nAAAA")] {
            let path = folder.path().join("anchors.txt");
            std::fs::write(&path, wrong).unwrap();
            assert!(matches!(Trust::read(&path), Err(TrustError::NotCertificates(_))));
        }
        assert!(matches!(Trust::read(Path::new("/nowhere/at/all")), Err(TrustError::Io { .. })));
    }

    #[test]
    fn keys_stand_beside_certificates_in_one_file() {
        let text = format!("{}\n{BEGIN}\nbody\n{END}\n# remark\n", key());
        assert_eq!(verifier_keys(&outside_pem(&text), Path::new("x")).unwrap().len(), 1);
    }
}
