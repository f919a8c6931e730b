//! Locks on single objects (S3 Object Lock, compliance mode), which nobody can take off before their time.

use jiff::{SignedDuration, Timestamp};
use object_store::path::Path as Key;
use ureq::http::{Method, Request, Response};

use super::wire::{COMPLIANCE, LOCK_MODE, LOCK_UNTIL, LockedUntil, passing};
use super::{Bucket, ObjectsProblem, StoreError, servers_time};
use crate::ids::Digest;
use crate::instant::Instant;

/// Retention is asked for in days, so an object that was locked for as long yesterday is not locked anew.
const CLOSE_ENOUGH: SignedDuration = SignedDuration::from_hours(24);

impl Bucket {
    /// Sees to it that an object that was there already is locked for as long as one that is stored now.
    pub(in super::super) fn keep(&self, key: &Key) -> Result<(), StoreError> {
        let Some(retention) = self.retention else { return Ok(()) };
        let until = servers_time().plus(retention);
        let locked = self.locked_until(key)?;
        if locked.is_some_and(|locked| locked >= until.plus(-CLOSE_ENOUGH)) || self.lock(key, until)? {
            return Ok(());
        }
        Err(ObjectsProblem::NotLocked { place: self.address(key) }.into())
    }

    /// Until when the server says that it keeps an object; none where it does not, or does not know what that is.
    pub(super) fn locked_until(&self, key: &Key) -> Result<Option<Instant>, StoreError> {
        let answer = self.ask(self.request(Method::HEAD, key, ""), Vec::new())?;
        let said = |header: &str| answer.headers().get(header).and_then(|value| value.to_str().ok());
        // Another mode is one in which an administrator of the server takes locks off.
        let until = said(LOCK_MODE).filter(|mode| *mode == COMPLIANCE).and_then(|_| said(LOCK_UNTIL));
        Ok(until.and_then(|until| until.parse::<Timestamp>().ok()).map(Instant::from))
    }

    /// Locks an object that is there. Answers whether the server did.
    pub(super) fn lock(&self, key: &Key, until: Instant) -> Result<bool, StoreError> {
        let until = LockedUntil(until).text();
        let body = format!(
            r#"<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>{COMPLIANCE}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"#
        );
        let answer = self.ask(self.request(Method::PUT, key, "?retention"), body.into_bytes())?;
        Ok(answer.status().is_success())
    }

    /// A request that `object_store` has no words for.
    pub(super) fn request(&self, method: Method, key: &Key, query: &str) -> ureq::http::request::Builder {
        Request::builder().method(method).uri(format!("{}{query}", self.address(key)))
    }

    /// Asks once. That the server is in trouble is an error; that it refuses, or does not know what is asked, is an answer.
    pub(super) fn ask(
        &self,
        request: ureq::http::request::Builder,
        body: Vec<u8>,
    ) -> Result<Response<Vec<u8>>, StoreError> {
        let digest = data_encoding::BASE64.encode(Digest::of(&body).as_bytes());
        let request = if body.is_empty() { request } else { request.header("x-amz-checksum-sha256", digest) };
        let request = request.body(body).map_err(|error| self.problem(false, &error.to_string()))?;
        let answer = self.wire.ask(request).map_err(|broken| self.broken(&broken))?;
        if passing(answer.status()) {
            return Err(self.problem(false, &said(&answer)));
        }
        Ok(answer)
    }
}

/// What a server says of a request that it did not carry out.
pub(super) fn said(answer: &Response<Vec<u8>>) -> String {
    format!("{} {}", answer.status(), String::from_utf8_lossy(answer.body()))
}
