//! Whether an S3 server keeps its word. Some take every header and heed none.
//!
//! Two objects below the home's prefix serve for it, and are taken away again as far as the server lets us: what is locked
//! stays for its twenty minutes, and the next start finds it and goes on from there. So there is never more than one of each.

use jiff::SignedDuration;
use object_store::path::Path as Key;
use ureq::http::header::IF_NONE_MATCH;
use ureq::http::{Method, Response, StatusCode};

use super::lock::said;
use super::wire::LockedUntil;
use super::{Bucket, ObjectsProblem, StoreError, servers_time};
use crate::instant::Instant;

/// Where the two lie.
pub(super) const FOLDER: &str = ".torikomi-probe";

/// How long the lock that is tried lasts: longer than a server's clock may differ from ours.
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(20);

impl Bucket {
    /// Tries the server out.
    pub(in super::super) fn prove(&mut self) -> Result<(), StoreError> {
        if !self.stores_once()? {
            return Err(ObjectsProblem::Overwrites { place: self.url.clone() }.into());
        }
        self.lockless = !self.keeps_locks()?;
        if self.lockless && self.retention.is_some() {
            return Err(ObjectsProblem::NotLocked { place: self.url.clone() }.into());
        }
        Ok(())
    }

    /// Whether an object that is there is not stored a second time.
    fn stores_once(&self) -> Result<bool, StoreError> {
        let key = Key::from_iter([FOLDER, "once"]);
        let mut last = None;
        for bytes in [b"first".to_vec(), b"second".to_vec()] {
            let answer = self.store_new(&key, bytes, None)?;
            if !answer.status().is_success() && !is_taken(&answer) {
                // A bucket that is not there, or a key that may not write.
                return Err(self.problem(true, &said(&answer)));
            }
            last = Some(is_taken(&answer));
        }
        self.remove(&key, self.version(&key)?.as_deref())?;
        Ok(last == Some(true))
    }

    /// Whether what is locked is not deleted.
    fn keeps_locks(&self) -> Result<bool, StoreError> {
        let key = Key::from_iter([FOLDER, "lock"]);
        let until = servers_time().plus(LOCKED_FOR);
        let stored = self.store_new(&key, b"lock".to_vec(), Some(until))?;
        let locked = match stored.status().is_success() {
            true => true,
            // That of an earlier start is locked still, or is to be locked anew.
            false if is_taken(&stored) => {
                self.locked_until(&key)?.is_some_and(|locked| locked > servers_time()) || self.lock(&key, until)?
            }
            false => false,
        };
        let kept = locked && self.locked_until(&key)?.is_some();
        let version = self.version(&key)?;
        // Without versions to its name there is nothing that a lock could hold: deleting would only hide it.
        let removed = self.remove(&key, version.as_deref())?;
        Ok(kept && version.is_some() && !removed)
    }

    /// Stores where nothing is.
    fn store_new(&self, key: &Key, bytes: Vec<u8>, until: Option<Instant>) -> Result<Response<Vec<u8>>, StoreError> {
        let mut request = self.request(Method::PUT, key, "").header(IF_NONE_MATCH, "*");
        if let Some(until) = until {
            request = request.extension(LockedUntil(until));
        }
        self.ask(request, bytes)
    }

    /// The version of an object that counts, where the bucket keeps versions.
    fn version(&self, key: &Key) -> Result<Option<String>, StoreError> {
        let answer = self.ask(self.request(Method::HEAD, key, ""), Vec::new())?;
        let version = answer.headers().get("x-amz-version-id").and_then(|value| value.to_str().ok());
        let plain = |version: &&str| version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        // `null` is what was stored before a bucket kept versions.
        Ok(version.filter(plain).filter(|version| *version != "null").map(ToOwned::to_owned))
    }

    /// Deletes an object, or one of its versions for good. Answers whether the server did.
    fn remove(&self, key: &Key, version: Option<&str>) -> Result<bool, StoreError> {
        let query = version.map(|version| format!("?versionId={version}")).unwrap_or_default();
        let answer = self.ask(self.request(Method::DELETE, key, &query), Vec::new())?;
        Ok(answer.status().is_success() || answer.status() == StatusCode::NOT_FOUND)
    }
}

/// The answer to a condition that does not hold.
fn is_taken(answer: &Response<Vec<u8>>) -> bool {
    [StatusCode::PRECONDITION_FAILED, StatusCode::CONFLICT].contains(&answer.status())
}
