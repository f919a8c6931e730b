//! How requests reach an S3 server: over the one HTTP client and the one TLS library that everything here uses.
//!
//! Some things are added to what `object_store` asks for: a lock where one is wanted, the name of the digest that goes along,
//! the condition under which an upload in pieces is completed, and the signature, which has to cover all of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpService,
};
use ureq::http::header::{CONTENT_LENGTH, IF_NONE_MATCH};
use ureq::http::request::Parts;
use ureq::http::{HeaderValue, Method, Request, Response, StatusCode};

use super::super::PIECE;
use crate::http;
use crate::ids::Digest;
use crate::instant::Instant;

/// An answer has a piece of an object at most, or a thousand names.
const LONGEST_ANSWER: u64 = PIECE as u64 + (1 << 20);

/// Longer than this nobody waits for a connection.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// The headers of a lock, asked for and told.
pub(super) const LOCK_MODE: &str = "x-amz-object-lock-mode";
pub(super) const LOCK_UNTIL: &str = "x-amz-object-lock-retain-until-date";
pub(super) const COMPLIANCE: &str = "COMPLIANCE";

/// Goes along with a request: until when what it stores is to be locked.
#[derive(Clone, Copy)]
pub(super) struct LockedUntil(pub(super) Instant);

impl LockedUntil {
    /// To the second, as servers take it.
    pub(super) fn text(self) -> String {
        self.0.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

/// A client of one server, under one key.
#[derive(Clone)]
pub(super) struct Wire(Arc<Inner>);

struct Inner {
    agent: ureq::Agent,
    credential: AwsCredential,
    region: String,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// For https no other roots count than these.
    pub(super) fn new(credential: AwsCredential, region: &str, roots: &[Vec<u8>], timeout: Duration) -> Self {
        let longest = Some(timeout.min(LONGEST_CONNECT));
        let agent = http::client(roots, timeout).timeout_connect(longest).build().new_agent();
        Self(Arc::new(Inner { agent, credential, region: region.to_owned() }))
    }

    /// Asks once.
    pub(super) fn ask(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Broken> {
        let (parts, body) = request.into_parts();
        self.exchange(parts, &body)
    }

    fn exchange(&self, mut parts: Parts, body: &[u8]) -> Result<Response<Vec<u8>>, Broken> {
        if let Some(locked) = parts.extensions.get::<LockedUntil>() {
            let until = HeaderValue::from_str(&locked.text()).map_err(|error| Broken::Unsent(error.to_string()))?;
            parts.headers.insert(LOCK_MODE, HeaderValue::from_static(COMPLIANCE));
            parts.headers.insert(LOCK_UNTIL, until);
        }
        // Without its name some take the digest for none, and lock nothing.
        if parts.headers.contains_key("x-amz-checksum-sha256") {
            parts.headers.insert("x-amz-sdk-checksum-algorithm", HeaderValue::from_static("SHA256"));
        }
        if completes_an_upload(&parts) {
            parts.headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let (method, has_body) = (parts.method.clone(), !body.is_empty() || takes_a_body(&parts.method));
        let lists = parts.uri.query().is_some_and(|query| query.contains("list-type="));
        let parts = self.signed(parts, body)?;
        let answer = if has_body {
            self.0.agent.run(Request::from_parts(parts, body))
        } else {
            self.0.agent.run(Request::from_parts(parts, ()))
        };
        let (parts, mut body) = answer?.into_parts();
        let promised = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        let came = body.len() as u64;
        if let Some(promised) = promised.filter(|promised| method != Method::HEAD && *promised != came) {
            return Err(Broken::Torn { promised, came });
        }
        if parts.status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Err(Broken::BeyondTheEnd);
        }
        // Of a list `object_store` does not tell why there is none.
        if lists && parts.status.is_client_error() && !passing(parts.status) {
            return Err(Broken::NoList(format!("{} {}", parts.status, String::from_utf8_lossy(&body))));
        }
        Ok(Response::from_parts(parts, body))
    }

    /// The signature covers every header that is there, and the digest of the body.
    fn signed(&self, parts: Parts, body: &[u8]) -> Result<Parts, Broken> {
        let mut request = HttpRequest::from_parts(parts, HttpRequestBody::empty());
        AwsAuthorizer::new(&self.0.credential, "s3", &self.0.region)
            .try_authorize(&mut request, Some(Digest::of(body).as_bytes()))
            .map_err(|error| Broken::Unsent(error.to_string()))?;
        Ok(request.into_parts().0)
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Wire {
    // It blocks: who stores or reads is a thread that waits for this one answer and does nothing else meanwhile.
    fn call<'a, 'f>(&'a self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        'a: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let answer = self.exchange(parts, &body).map_err(|broken| HttpError::new(broken.kind(), broken))?;
            Ok(answer.map(Into::into))
        })
    }
}

/// The pieces are put together on the same condition under which an object is stored in one.
fn completes_an_upload(parts: &Parts) -> bool {
    parts.method == Method::POST && parts.uri.query().is_some_and(|query| query.starts_with("uploadId="))
}

/// The same request may be answered in a moment.
pub(super) fn passing(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
        || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status)
}

fn takes_a_body(method: &Method) -> bool {
    [Method::PUT, Method::POST].contains(method)
}

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("{0}")]
    Unsent(String),
    /// The server's certificate, or its TLS, is not acceptable.
    #[error("{0}")]
    Untrusted(ureq::Error),
    #[error("{0}")]
    NoAnswer(ureq::Error),
    #[error("the answer was cut off: {came} of {promised} bytes came")]
    Torn { promised: u64, came: u64 },
    #[error("the object ends before what was asked for")]
    BeyondTheEnd,
    #[error("{0}")]
    NoList(String),
}

impl Broken {
    /// That of an error of `object_store`, where that is why.
    pub(super) fn of(error: &object_store::Error) -> Option<&Self> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(current) = cause {
            if let Some(broken) = current.downcast_ref() {
                return Some(broken);
            }
            cause = current.source();
        }
        None
    }

    /// What `object_store` is to make of it: it asks again where no harm can come of it.
    fn kind(&self) -> HttpErrorKind {
        match self {
            Self::NoAnswer(ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve))
            | Self::NoAnswer(ureq::Error::HostNotFound | ureq::Error::ConnectionFailed) => HttpErrorKind::Connect,
            Self::NoAnswer(ureq::Error::Timeout(_)) => HttpErrorKind::Timeout,
            Self::NoAnswer(ureq::Error::Io(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                HttpErrorKind::Connect
            }
            Self::NoAnswer(ureq::Error::Io(_)) | Self::Torn { .. } => HttpErrorKind::Interrupted,
            Self::NoAnswer(_) | Self::Untrusted(_) | Self::Unsent(_) | Self::BeyondTheEnd | Self::NoList(_) => {
                HttpErrorKind::Unknown
            }
        }
    }
}

impl From<ureq::Error> for Broken {
    fn from(error: ureq::Error) -> Self {
        let untrusted = match &error {
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => true,
            // A handshake that fails comes as an input error.
            ureq::Error::Io(error) => {
                error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
            }
            _ => false,
        };
        if untrusted { Self::Untrusted(error) } else { Self::NoAnswer(error) }
    }
}
