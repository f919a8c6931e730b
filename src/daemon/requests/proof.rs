//! A person proves who they are by unlocking the own key.
//!
//! After failures the next try has to wait, and after several the login is locked for a while (6.5-D4). This is kept in
//! memory: a restart of the daemon needs somebody who may restart it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Requests;
use crate::clock::since_boot;
use crate::control::{Credentials, Refusal, Secret};
use crate::crypto::make::Passphrase;
use crate::instant::Instant;
use crate::people::certificates::{self, Certificate, Signer};
use crate::people::register::{self, Person};
use crate::people::{PeopleError, Refused};

/// So many failures in a row lock a login (6.5-D4).
const LOCKED_AFTER: u32 = 5;

/// How long a locked login stays so. Each further failure locks it again.
const LOCKED_FOR: Duration = Duration::from_secs(15 * 60);

/// After the first failure the next try waits this long; after each further one, twice as long.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// The failures in a row of each login.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    // Held while a key is tried: guesses of many connections wait in one line.
    failures: Mutex<BTreeMap<String, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    /// By the clock since boot, which nobody can set.
    next_at: Duration,
}

impl Proofs {
    /// Lets `unlock` try a key, unless its time has not come. `proved` tells a wrong passphrase from other failures.
    fn guarded<T, E>(
        &self,
        login: &str,
        unlock: impl FnOnce() -> Result<T, E>,
        is_wrong_passphrase: impl FnOnce(&E) -> bool,
    ) -> Result<Result<T, E>, Refusal> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = failures.get(login) {
            let wait = before.next_at.saturating_sub(since_boot());
            if !wait.is_zero() {
                let seconds = wait.as_secs().saturating_add(1);
                return Err(Refusal::LockedOut { login: login.to_owned(), seconds });
            }
        }
        let tried = unlock();
        match &tried {
            Ok(_) => drop(failures.remove(login)),
            Err(error) if is_wrong_passphrase(error) => {
                let count = failures.get(login).map_or(0, |before| before.count).saturating_add(1);
                failures
                    .insert(login.to_owned(), Failures { count, next_at: since_boot().saturating_add(delay(count)) });
                tracing::warn!(person.login = login, failures = count, "A passphrase of {login} was wrong");
            }
            Err(_) => {}
        }
        Ok(tried)
    }
}

/// How long the next try waits after so many failures in a row.
fn delay(failures: u32) -> Duration {
    if failures >= LOCKED_AFTER {
        LOCKED_FOR
    } else {
        FIRST_DELAY.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX))
    }
}

impl Requests {
    /// The person whom the credentials name, with the own key open.
    pub(super) fn prove(&self, by: &Credentials, now: Instant) -> Result<Signer, Refusal> {
        let not_proven = || Refusal::NotProven { login: by.login.clone() };
        let found = self.line.database.read::<_, PeopleError, _>(async |tx| {
            let person = register::active(tx, &by.login).await?;
            let certificate = certificates::current(tx, &person, now).await?;
            Ok((person, certificate))
        });
        let (person, certificate) = match found {
            Err(PeopleError::Refused(Refused::UnknownPerson { .. })) => return Err(not_proven()),
            found => found?,
        };
        let passphrase = passphrase(&by.passphrase);
        let unlock = || Signer::unlock(&person, certificate, &self.line.keys, &passphrase);
        Ok(self.proofs.guarded(&by.login, unlock, is_wrong_passphrase)??)
    }

    /// The key for which a certificate was requested, opened by its owner.
    pub(super) fn unlock_requested(
        &self,
        person: &Person,
        pending: Certificate,
        secret: &Secret,
    ) -> Result<Signer, Refusal> {
        let passphrase = passphrase(secret);
        let unlock = || Signer::unlock(person, pending, &self.line.keys, &passphrase);
        // It is another passphrase than that of the key in force, and guesses at it are counted apart. No login has a slash.
        Ok(self.proofs.guarded(&format!("{}/request", person.login), unlock, is_wrong_passphrase)??)
    }

    /// The second person, where one takes part.
    pub(super) fn prove_second(&self, second: Option<&Credentials>, now: Instant) -> Result<Option<Signer>, Refusal> {
        second.map(|second| self.prove(second, now)).transpose()
    }
}

const fn is_wrong_passphrase(error: &PeopleError) -> bool {
    matches!(error, PeopleError::Refused(Refused::WrongPassphrase { .. }))
}

fn passphrase(secret: &Secret) -> Passphrase {
    Passphrase::new(secret.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(proofs: &Proofs, login: &str) -> Result<Result<(), ()>, Refusal> {
        proofs.guarded(login, || Err(()), |()| true)
    }

    #[test]
    fn each_failure_doubles_the_wait_until_the_login_is_locked() {
        let waits: Vec<u64> = (1..=6).map(|failures| delay(failures).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 900, 900]);
    }

    #[test]
    fn a_try_before_its_time_is_not_made() {
        let proofs = Proofs::default();
        assert_eq!(failing(&proofs, "mihon-a"), Ok(Err(())));
        let tried = proofs.guarded("mihon-a", || -> Result<(), ()> { panic!("the key was tried") }, |()| true);
        assert!(matches!(tried, Err(Refusal::LockedOut { seconds: 1.., .. })));
        // Others are not kept waiting.
        assert_eq!(failing(&proofs, "mihon-b"), Ok(Err(())));
    }

    #[test]
    fn what_is_no_wrong_passphrase_is_not_counted() {
        let proofs = Proofs::default();
        for _ in 0..3 {
            assert_eq!(proofs.guarded("mihon-a", || Err::<(), _>(()), |()| false), Ok(Err(())));
        }
        assert_eq!(proofs.guarded("mihon-a", || Ok::<_, ()>(7), |()| true), Ok(Ok(7)));
    }
}
