//! Objects in a bucket of an S3 server, below a prefix that is one home's alone.
//!
//! Every object is stored on the condition that there is none of its name, with digests over its bytes that the server
//! compares, and where the settings ask for it locked against deletion. Whether the server keeps its word is tried out at
//! each start (`probe`). Nothing waits for ever: each request carries a piece of bounded length and has a time limit.

mod lock;
mod probe;
mod wire;

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential, Checksum};
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{
    BackoffConfig, Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, RetryConfig,
};
use ureq::http::Extensions;
use zeroize::Zeroizing;

use super::{ObjectsProblem, PIECE, StoreError};
use crate::config::Config;
use crate::config::home::{Layout, MARKER, marker_text, parse_marker};
use crate::config::objects::{BucketUrl, Objects};
use crate::ids::{Digest, HomeId};
use crate::instant::Instant;
use crate::keyring;
use wire::{Broken, LockedUntil, Wire};

/// A systemd credential of this name goes before the file of the settings.
const CREDENTIAL: &str = "torikomi-objects-credentials";

/// Keys of S3 have some sixty characters.
const LONGEST_KEY_FILE: u64 = 4096;

/// What the server or the system says of a failure, cut to so many characters.
const LONGEST_PROBLEM: usize = 400;

pub(super) struct Bucket {
    store: PrefixStore<AmazonS3>,
    wire: Wire,
    /// As the settings have it.
    url: String,
    retention: Option<SignedDuration>,
    /// Whether the server was seen not to keep locks.
    lockless: bool,
}

impl Bucket {
    /// The bucket of a home's settings; none where these name none. The server is not asked yet.
    pub(super) fn of(layout: Layout<'_>, config: &Config) -> Result<Option<Self>, StoreError> {
        let settings = &config.objects;
        settings.url.as_ref().map(|url| Self::open(layout, settings, url)).transpose()
    }

    fn open(layout: Layout<'_>, settings: &Objects, url: &BucketUrl) -> Result<Self, StoreError> {
        let roots = keyring::server_roots(layout, settings.tls_roots.as_deref())
            .map_err(|error| ObjectsProblem::Untrusted { place: url.to_string(), problem: error.to_string() })?;
        let timeout = settings.timeout.as_std();
        let wire = Wire::new(credential(layout, &settings.credentials_file)?, &settings.region, &roots, timeout);
        let store = AmazonS3Builder::new()
            .with_endpoint(url.endpoint())
            .with_bucket_name(url.bucket())
            .with_region(&settings.region)
            .with_checksum_algorithm(Checksum::SHA256)
            // The wire signs, because it has headers to add that are signed too. The key is not this one.
            .with_skip_signature(true)
            .with_access_key_id("none")
            .with_secret_access_key("none")
            .with_http_connector(wire.clone())
            .with_retry(retries(timeout))
            .build()?;
        Ok(Self {
            store: PrefixStore::new(store, url.prefix()),
            wire,
            url: url.to_string(),
            retention: settings.retention_days.map(|days| SignedDuration::from_hours(24 * i64::from(days))),
            lockless: false,
        })
    }

    pub(super) fn store(&self) -> &dyn ObjectStore {
        &self.store
    }

    /// What goes along with each request that stores an object.
    pub(super) fn asked_of_each(&self) -> Extensions {
        let mut asked = Extensions::new();
        if let Some(retention) = self.retention {
            asked.insert(LockedUntil(servers_time().plus(retention)));
        }
        asked
    }

    pub(super) fn cannot_lock(&self) -> Option<String> {
        self.lockless.then(|| self.url.clone())
    }

    /// An object's address, for people.
    pub(super) fn address(&self, key: &Key) -> String {
        format!("{}/{key}", self.url)
    }

    /// Whether a name is the marker's or the probe's.
    pub(super) fn is_own(&self, key: &Key) -> bool {
        [MARKER, probe::FOLDER].contains(&key.as_ref())
    }

    /// Reads an object in pieces, so that one that is long has the same time limit for each of them.
    pub(super) async fn read(
        &self,
        key: &Key,
        digest: &Digest,
        take: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut from = 0_u64;
        loop {
            let range = GetRange::Bounded(from..from.saturating_add(PIECE as u64));
            let options = GetOptions { range: Some(range), ..GetOptions::default() };
            let piece = match self.store.get_opts(key, options).await {
                Ok(found) => {
                    let all = found.meta.size;
                    found.bytes().await.map(|bytes| (all, bytes))
                }
                // An empty object has no first byte.
                Err(error) if from == 0 && matches!(Broken::of(&error), Some(Broken::BeyondTheEnd)) => return Ok(()),
                Err(error) => Err(error),
            };
            let (all, piece) = match piece {
                Ok(piece) => piece,
                Err(error) if is_missing(&error) => return Err(StoreError::Missing(*digest)),
                Err(error) => return Err(self.failed(&error)),
            };
            take(&piece)?;
            from = from.saturating_add(piece.len() as u64);
            if from >= all || piece.is_empty() {
                return Ok(());
            }
        }
    }

    /// Marks the prefix as a home's, which has to be empty.
    pub(super) async fn mark(&self, id: HomeId) -> Result<(), StoreError> {
        let place = || self.url.clone();
        match self.marker().await? {
            Some(found) if found == id => return Ok(()),
            Some(found) => return Err(ObjectsProblem::Foreign { place: place(), found: found.to_string() }.into()),
            None => {}
        }
        let listed = self.store.list_with_delimiter(None).await.map_err(|error| self.failed(&error))?;
        let mut all = listed.common_prefixes.iter().chain(listed.objects.iter().map(|found| &found.location));
        if all.any(|key| !self.is_own(key)) {
            return Err(ObjectsProblem::NotEmpty { place: place() }.into());
        }
        let options = PutOptions { extensions: self.asked_of_each(), ..PutOptions::from(PutMode::Create) };
        match self.store.put_opts(&Key::from(MARKER), marker_text(id).into(), options).await {
            Ok(_) => Ok(()),
            // Something that is no marker, or one that another home has put there in this moment.
            Err(Error::AlreadyExists { .. }) => Err(ObjectsProblem::NotEmpty { place: place() }.into()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    pub(super) async fn check_marker(&self, id: HomeId) -> Result<(), StoreError> {
        match self.marker().await? {
            Some(found) if found == id => Ok(()),
            Some(found) => Err(ObjectsProblem::Foreign { place: self.url.clone(), found: found.to_string() }.into()),
            None => Err(ObjectsProblem::Unmarked { place: self.url.clone() }.into()),
        }
    }

    /// Whose the prefix is. What is no marker of ours is none.
    async fn marker(&self) -> Result<Option<HomeId>, StoreError> {
        let found = match self.store.get(&Key::from(MARKER)).await {
            Ok(found) => found.bytes().await,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => Err(error),
        };
        let bytes = found.map_err(|error| self.failed(&error))?;
        Ok(std::str::from_utf8(&bytes).ok().and_then(parse_marker))
    }

    /// What a failure of the server is: nobody's in particular, so what asked is tried again.
    pub(super) fn failed(&self, error: &Error) -> StoreError {
        match Broken::of(error) {
            Some(broken) => self.broken(broken),
            None => {
                // That there is nothing by this name, said of a request that stores or lists, is about the bucket.
                let refused = matches!(
                    error,
                    Error::NotFound { .. } | Error::PermissionDenied { .. } | Error::Unauthenticated { .. }
                );
                self.problem(refused, &error.to_string())
            }
        }
    }

    fn broken(&self, broken: &Broken) -> StoreError {
        let (place, problem) = (self.url.clone(), short(&broken.to_string()));
        match broken {
            Broken::Untrusted(_) => ObjectsProblem::Untrusted { place, problem }.into(),
            Broken::NoList(_) => ObjectsProblem::Refused { place, problem }.into(),
            _ => ObjectsProblem::Away { place, problem }.into(),
        }
    }

    fn problem(&self, refused: bool, problem: &str) -> StoreError {
        let (place, problem) = (self.url.clone(), short(problem));
        if refused {
            ObjectsProblem::Refused { place, problem }.into()
        } else {
            ObjectsProblem::Away { place, problem }.into()
        }
    }
}

/// The first line of the key's file is its id, the second its secret.
fn credential(layout: Layout<'_>, file: &Path) -> Result<AwsCredential, StoreError> {
    let given = std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join(CREDENTIAL));
    let path = given.filter(|path| path.exists()).unwrap_or_else(|| layout.root().join(file));
    let no_key = |problem: String| ObjectsProblem::NoKey { path: path.display().to_string(), problem };
    let text = read_short(&path).map_err(|error| no_key(error.to_string()))?;
    let mut lines = text.lines().map(str::trim);
    match (lines.next(), lines.next(), lines.next()) {
        (Some(id), Some(secret), None | Some("")) if is_token(id) && is_token(secret) => {
            Ok(AwsCredential { key_id: id.to_owned(), secret_key: secret.to_owned(), token: None })
        }
        _ => Err(no_key("two lines are expected".to_owned()).into()),
    }
}

/// What may stand in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read_short(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    std::fs::File::open(path)?.take(LONGEST_KEY_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// A server that is busy for a moment is asked again at once; whoever asks tries again later by itself.
fn retries(timeout: Duration) -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 };
    RetryConfig { backoff, max_retries: 2, retry_timeout: timeout }
}

/// The bucket itself may be what is missing.
fn is_missing(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && !error.to_string().contains("NoSuchBucket")
}

/// Servers answer with pages of XML.
fn short(problem: &str) -> String {
    problem.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_PROBLEM).collect()
}

/// The machine's own time, whatever the home's settings make of it: servers compare it with theirs.
fn servers_time() -> Instant {
    jiff::Timestamp::now().into()
}
