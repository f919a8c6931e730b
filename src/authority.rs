//! Time-stamps from an authority, RFC 3161 over HTTP.
//!
//! What an authority sends counts only once `crypto::check` has found it to prove what was asked; the token is then kept
//! as it came. An error says whether asking again can help.

mod asking;
pub mod serve;

use std::time::Duration;

use ureq::http::header::CONTENT_TYPE;

use crate::crypto::check::{self, Anchors, Refusal, ReplyError, StampError, StampInfo, StampRules};
use crate::crypto::make::{self, MakeError};
use crate::crypto::oid::Oid;
use crate::http;
use crate::ids::Digest;

pub use asking::{Authorities, Failing, Health, NoStamp, Rests};

pub const QUERY_TYPE: &str = "application/timestamp-query";
pub const REPLY_TYPE: &str = "application/timestamp-reply";

/// Replies have a few kilobytes; certificates of a long chain may add some.
const LONGEST_REPLY: u64 = 64 << 10;

/// Which authority to ask, and what to believe of it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `http://…` or `https://…`.
    pub url: String,
    /// For https: the roots of the server's certificate, as DER. No others count.
    pub tls_roots: Vec<Vec<u8>>,
    /// The roots of the certificates that stamp. The issuers in between must come with the stamp: what it proves must not
    /// depend on a file that lies elsewhere.
    pub anchors: Anchors,
    /// The policies under which a stamp counts.
    pub policies: Vec<Oid>,
    /// The policy to ask for; without one the authority applies its own.
    pub request_policy: Option<Oid>,
    /// The accredited authorities (認定タイムスタンプ事業者) as the hospital lists them: fingerprints of the
    /// certificates that stamp, or of their issuers.
    pub accredited: Vec<Digest>,
    /// How long one try may take from the first packet to the last.
    pub timeout: Duration,
}

/// A client of one authority; it can be shared between threads.
#[derive(Debug)]
pub struct Authority {
    settings: Settings,
    agent: ureq::Agent,
}

/// A time-stamp that was judged and found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The token, as it came.
    pub token: Vec<u8>,
    pub info: StampInfo,
    /// Whether the authority is on the hospital's list of accredited ones.
    pub accredited: bool,
}

impl Authority {
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let agent = http::client(&settings.tls_roots, settings.timeout).accept(REPLY_TYPE).build().new_agent();
        Self { settings, agent }
    }

    /// Asks once for a stamp over these bytes (of a signature: its octets), and judges the reply.
    ///
    /// # Errors
    /// When there is no good stamp; [`StampingError::can_retry`] says whether asking again can help.
    pub fn stamp(&self, stamped: &[u8]) -> Result<Stamp, StampingError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(MakeError::from)?;
        let request = make::timestamp_request(stamped, &nonce, self.settings.request_policy.as_ref())?;
        let reply = self.exchange(&request)?;
        let (token, info) = check::timestamp_response(&reply, stamped, &nonce, &self.rules())?;
        let listed = |certificate: &check::Certificate| self.settings.accredited.contains(&certificate.fingerprint());
        let accredited = info.path.certificates.iter().any(listed);
        Ok(Stamp { token, info, accredited })
    }

    /// Judges a token over these bytes as if this authority had sent it just now.
    ///
    /// # Errors
    /// When it is none of this authority's, or is over other bytes.
    pub fn judge(&self, token: &[u8], stamped: &[u8]) -> Result<StampInfo, StampError> {
        check::timestamp_token(token, stamped, &self.rules())
    }

    fn rules(&self) -> StampRules<'_> {
        StampRules { anchors: &self.settings.anchors, policies: &self.settings.policies }
    }

    fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, StampingError> {
        let mut response = self.agent.post(&self.settings.url).content_type(QUERY_TYPE).send(request)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(StampingError::Http { status });
        }
        let found = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = found.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(REPLY_TYPE) {
            return Err(StampingError::ContentType { found: media_type.chars().take(100).collect() });
        }
        Ok(response.body_mut().with_config().limit(LONGEST_REPLY).read_to_vec()?)
    }
}

/// Why there is no stamp.
#[derive(Debug, thiserror::Error)]
pub enum StampingError {
    /// Nobody answers, or not in time. Wait.
    #[error("the time-stamping authority cannot be reached: {reason}")]
    Unreachable { reason: String },
    /// The server's certificate, or its TLS, is not acceptable. Somebody must look.
    #[error("the connection to the time-stamping authority is not trusted: {reason}")]
    Untrusted { reason: String },
    #[error("the time-stamping authority answers with HTTP status {status}")]
    Http { status: u16 },
    #[error("the time-stamping authority answers with {found:?}, which is no time-stamp reply")]
    ContentType { found: String },
    #[error("the time-stamping authority's reply is longer than {LONGEST_REPLY} bytes")]
    TooLong,
    /// The authority understood and refuses.
    #[error("{0}")]
    Refused(Refusal),
    /// The authority granted something that does not prove what was asked.
    #[error(transparent)]
    Invalid(StampError),
    /// The address or another setting cannot be used.
    #[error("the time-stamping authority cannot be asked: {reason}")]
    Settings { reason: String },
    #[error(transparent)]
    Request(#[from] MakeError),
}

impl StampingError {
    /// Whether asking again later, with nothing changed, can help.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Http { status } => matches!(status, 408 | 429 | 500..=599),
            Self::Refused(refusal) => {
                let passing = |failure: &&str| matches!(*failure, "timeNotAvailable" | "systemFailure");
                refusal.status == 3 || refusal.failures.iter().any(passing)
            }
            Self::Untrusted { .. }
            | Self::ContentType { .. }
            | Self::TooLong
            | Self::Invalid(_)
            | Self::Settings { .. }
            | Self::Request(_) => false,
        }
    }
}

impl From<ReplyError> for StampingError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::Refused(refusal) => Self::Refused(refusal),
            ReplyError::Invalid(error) => Self::Invalid(error),
        }
    }
}

impl From<ureq::Error> for StampingError {
    fn from(error: ureq::Error) -> Self {
        use ureq::Error;
        let reason = error.to_string();
        match error {
            Error::BodyExceedsLimit(_) => Self::TooLong,
            Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => Self::Untrusted { reason },
            // A handshake that fails comes as an input error.
            Error::Io(error)
                if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
            {
                Self::Untrusted { reason }
            }
            Error::BadUri(_) | Error::Http(_) | Error::RequireHttpsOnly(_) => Self::Settings { reason },
            _ => Self::Unreachable { reason },
        }
    }
}
