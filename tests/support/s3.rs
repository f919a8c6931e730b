//! An S3 server of the tests' own, in memory, with its faults in the tests' hands.
//!
//! One mutex holds everything, so a condition holds exactly. It demands what real ones demand: a signature (AWS Signature
//! Version 4, worked out here from the standard) that covers every header of S3's, and digests that fit. It knows what the
//! store uses: conditional and plain PUT, ranges, lists in pages, uploads in pieces, versions, locks in compliance mode.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use sha2::{Digest as _, Sha256};

const BUCKET: &str = "torikomi";
const KEY: &str = "MIHON-KEY";
const SECRET: &str = "MIHON/Secret+2026";
const REGION: &str = "us-east-1";

/// So few names are listed at once that every list of some length has pages.
const PAGE: usize = 3;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It takes requests and says nothing.
    Silent,
    Unavailable,
    /// It stores, and the answer is lost.
    AnswerLost,
    /// The same where an upload in pieces is completed, and nowhere else.
    CompletionLost,
    /// Answers with an object's bytes end half-way.
    Torn,
    /// An object's bytes come with one of them changed.
    Flipped,
    Denied,
}

/// What becomes of a request to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    Kept,
    /// Forgotten where an upload in pieces asked for it.
    NotOfUploads,
    /// Taken and forgotten, as Garage does.
    Ignored,
    /// Refused: the bucket was made without.
    Unknown,
}

pub struct Store {
    /// Of each name its versions, the newest last.
    objects: BTreeMap<String, Vec<Version>>,
    uploads: BTreeMap<String, Upload>,
    count: u64,
    /// What goes wrong, and with how many requests.
    pub fault: Option<(Fault, usize)>,
    /// Whether `If-None-Match` is heeded.
    pub heeds_conditions: bool,
    pub locks: Locks,
    /// How many requests stored an object's bytes, whole or in pieces.
    pub stored: u64,
}

struct Version {
    id: String,
    /// None where it says that the object was deleted.
    bytes: Option<Bytes>,
    locked_until: Option<Timestamp>,
    at: Timestamp,
}

struct Upload {
    key: String,
    pieces: BTreeMap<u32, Bytes>,
    locked_until: Option<Timestamp>,
}

/// The server; its store outlasts it.
pub struct S3 {
    store: Arc<Mutex<Store>>,
    address: SocketAddr,
    serving: Mutex<Option<tokio::runtime::Runtime>>,
}

impl S3 {
    pub fn start() -> Self {
        let store = Store {
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            count: 0,
            fault: None,
            heeds_conditions: true,
            locks: Locks::Kept,
            stored: 0,
        };
        let mut s3 = Self {
            store: Arc::new(Mutex::new(store)),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            serving: Mutex::new(None),
        };
        s3.address = s3.serve();
        s3
    }

    /// Goes, with every connection.
    pub fn stop(&self) {
        self.serving.lock().unwrap().take().unwrap().shutdown_background();
        // A port that can be bound again is one that nobody serves any more.
        while std::net::TcpStream::connect(self.address).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Comes back where it was.
    pub fn come_back(&self) {
        self.serve();
    }

    fn serve(&self) -> SocketAddr {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(self.address)).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.store));
        runtime.spawn(async move { axum::serve(listener, router).await });
        *self.serving.lock().unwrap() = Some(runtime);
        address
    }

    /// The address of a prefix in the bucket.
    pub fn url(&self, prefix: &str) -> String {
        format!("http://{}/{BUCKET}/{prefix}", self.address)
    }

    /// The file with the key, as the settings name it.
    pub fn key_file(folder: &Path) -> PathBuf {
        let path = folder.join("objects-credentials");
        let mut file = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path).unwrap();
        std::io::Write::write_all(&mut file, format!("{KEY}\n{SECRET}\n").as_bytes()).unwrap();
        path
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }
}

impl Store {
    /// From now on the next `times` requests go so.
    pub fn fails(&mut self, fault: Fault, times: usize) {
        self.fault = Some((fault, times));
    }

    /// The names of what is there.
    pub fn keys(&self) -> Vec<String> {
        self.objects.iter().filter(|(key, _)| self.current(key).is_some()).map(|(key, _)| key.clone()).collect()
    }

    pub fn bytes(&self, key: &str) -> Option<Bytes> {
        self.current(key)?.bytes.clone()
    }

    pub fn locked_until(&self, key: &str) -> Option<Timestamp> {
        self.current(key)?.locked_until
    }

    /// Behind everybody's back.
    pub fn put(&mut self, key: &str, bytes: &[u8]) {
        self.objects.remove(key);
        let bytes = Bytes::copy_from_slice(bytes);
        self.add(key, Some(bytes), None);
    }

    /// Behind everybody's back.
    pub fn take_away(&mut self, key: &str) -> Bytes {
        let bytes = self.bytes(key).unwrap();
        self.objects.remove(key);
        bytes
    }

    fn keeps_locks(&self) -> bool {
        [Locks::Kept, Locks::NotOfUploads].contains(&self.locks)
    }

    /// Uploads in pieces that were begun and came to no end.
    pub fn unfinished(&self) -> usize {
        self.uploads.len()
    }

    fn current(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last().filter(|version| version.bytes.is_some())
    }

    fn add(&mut self, key: &str, bytes: Option<Bytes>, locked_until: Option<Timestamp>) -> String {
        self.count += 1;
        let id = format!("v{}", self.count);
        let version = Version { id: id.clone(), bytes, locked_until, at: Timestamp::now() };
        self.objects.entry(key.to_owned()).or_default().push(version);
        id
    }

    /// What goes wrong with this request.
    fn strikes(&mut self, method: &Method, uri: &Uri) -> Option<Fault> {
        let (fault, times) = self.fault?;
        let completes = method == Method::POST && uri.query().is_some_and(|query| query.starts_with("uploadId"));
        if fault == Fault::CompletionLost && !completes {
            return None;
        }
        self.fault = (times > 1).then_some((fault, times.saturating_sub(1)));
        Some(fault)
    }
}

async fn answer(Shared(store): Shared<Arc<Mutex<Store>>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let fault = store.lock().unwrap().strikes(&parts.method, &parts.uri);
    match fault {
        Some(Fault::Silent) => std::future::pending::<()>().await,
        Some(Fault::Unavailable) => return refusal(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        Some(Fault::Denied) => return refusal(StatusCode::FORBIDDEN, "AccessDenied"),
        _ => {}
    }
    let asked = Asked::of(parts.method, &parts.uri, parts.headers, body);
    let answer = match asked.objection() {
        Some((status, code)) => refusal(status, code),
        None => asked.carry_out(&mut store.lock().unwrap()),
    };
    match fault {
        Some(Fault::AnswerLost | Fault::CompletionLost) => std::future::pending().await,
        Some(Fault::Torn) => {
            let (mut parts, body) = answer.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            parts.headers.insert("content-length", bytes.len().into());
            let half = bytes.slice(..bytes.len() / 2);
            let cut = Err(std::io::Error::other("the connection is cut"));
            Response::from_parts(parts, Body::from_stream(futures_util::stream::iter([Ok(half), cut])))
        }
        Some(Fault::Flipped) => {
            let (parts, body) = answer.into_parts();
            let mut bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            Response::from_parts(parts, bytes.into())
        }
        _ => answer,
    }
}

/// A request, understood.
struct Asked {
    method: Method,
    path: String,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn of(method: Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> Self {
        let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self { method, path: uri.path().to_owned(), query: pairs.map(pair).collect(), headers, body }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Why the request is not even looked at.
    fn objection(&self) -> Option<(StatusCode, &'static str)> {
        let digest = Sha256::digest(&self.body);
        if self.header("x-amz-content-sha256") != Some(&HEXLOWER.encode(&digest)) {
            return Some((StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch"));
        }
        let checksum = self.header("x-amz-checksum-sha256");
        if checksum.is_some_and(|checksum| checksum != BASE64.encode(&digest)) {
            return Some((StatusCode::BAD_REQUEST, "BadDigest"));
        }
        let locks = self.header("x-amz-object-lock-mode").is_some() || self.query.contains_key("retention");
        let named = self.header("x-amz-sdk-checksum-algorithm") == Some("SHA256") && checksum.is_some();
        if locks && self.method == Method::PUT && !named {
            return Some((StatusCode::BAD_REQUEST, "InvalidRequest"));
        }
        let signed = self.header("authorization").and_then(|said| self.signature(said)).is_some();
        (!signed).then_some((StatusCode::FORBIDDEN, "SignatureDoesNotMatch"))
    }

    /// Nothing where the signature is not as it should be.
    fn signature(&self, said: &str) -> Option<()> {
        let said = said.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let said: BTreeMap<_, _> = said.split(',').filter_map(|part| part.trim().split_once('=')).collect();
        let time = self.header("x-amz-date")?;
        let day = &time[..8];
        let scope = format!("{day}/{REGION}/s3/aws4_request");
        if said["Credential"] != format!("{KEY}/{scope}") {
            return None;
        }
        let named: Vec<&str> = said["SignedHeaders"].split(';').collect();
        let demanded = self.headers.keys().filter(|name| name.as_str().starts_with("x-amz-"));
        if !named.contains(&"host") || demanded.into_iter().any(|name| !named.contains(&name.as_str())) {
            return None;
        }
        let mut canonical = format!("{}\n{}\n", self.method, self.path);
        let query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        canonical.push_str(&query.join("&"));
        canonical.push('\n');
        for name in &named {
            canonical.push_str(&format!("{name}:{}\n", self.header(name)?.trim()));
        }
        canonical.push_str(&format!("\n{}\n{}", said["SignedHeaders"], self.header("x-amz-content-sha256")?));
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(canonical.as_bytes()));
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for word in [day, REGION, "s3", "aws4_request", &to_sign] {
            let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), word.as_bytes());
            key = signed.as_ref().to_vec();
        }
        (HEXLOWER.encode(&key) == said["Signature"]).then_some(())
    }

    fn carry_out(&self, store: &mut Store) -> Response<Body> {
        let Some(below) = self.path.strip_prefix(&format!("/{BUCKET}")) else {
            return refusal(StatusCode::NOT_FOUND, "NoSuchBucket");
        };
        let key = decoded(below.trim_start_matches('/'));
        let asks = |name: &str| self.query.contains_key(name);
        match self.method {
            Method::GET if key.is_empty() => self.list(store),
            Method::GET | Method::HEAD => self.get(store, &key),
            Method::PUT if asks("retention") => self.lock(store, &key),
            Method::PUT if asks("uploadId") => self.piece(store),
            Method::PUT => self.put(store, &key),
            Method::POST if asks("uploads") => self.begin(store, &key),
            Method::POST if asks("uploadId") => self.complete(store),
            Method::DELETE if asks("uploadId") => {
                store.uploads.remove(&self.query["uploadId"]);
                reply(StatusCode::NO_CONTENT, &[], Body::empty())
            }
            Method::DELETE => self.delete(store, &key),
            _ => refusal(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        }
    }

    fn may_not_store(&self, store: &Store, key: &str) -> Option<Response<Body>> {
        let conditional = self.header("if-none-match") == Some("*");
        let taken = conditional && store.heeds_conditions && store.current(key).is_some();
        taken.then(|| refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed"))
    }

    /// Until when what is stored is to be locked.
    fn asked_lock(&self, store: &Store) -> Result<Option<Timestamp>, StatusCode> {
        let Some(mode) = self.header("x-amz-object-lock-mode") else { return Ok(None) };
        let until = self.header("x-amz-object-lock-retain-until-date").and_then(|date| date.parse::<Timestamp>().ok());
        match (store.locks, until) {
            (Locks::Ignored, _) => Ok(None),
            (Locks::Kept | Locks::NotOfUploads, Some(until)) if mode == "COMPLIANCE" && until > Timestamp::now() => {
                Ok(Some(until))
            }
            _ => Err(StatusCode::BAD_REQUEST),
        }
    }

    fn put(&self, store: &mut Store, key: &str) -> Response<Body> {
        if let Some(refused) = self.may_not_store(store, key) {
            return refused;
        }
        match self.asked_lock(store) {
            Err(status) => refusal(status, "InvalidRequest"),
            Ok(locked_until) => {
                store.stored += 1;
                let id = store.add(key, Some(self.body.clone()), locked_until);
                reply(StatusCode::OK, &[("etag", etag(&self.body)), ("x-amz-version-id", id)], Body::empty())
            }
        }
    }

    fn begin(&self, store: &mut Store, key: &str) -> Response<Body> {
        match self.asked_lock(store) {
            Err(status) => refusal(status, "InvalidRequest"),
            Ok(locked_until) => {
                store.count += 1;
                let id = format!("u{}", store.count);
                let upload = Upload {
                    key: key.to_owned(),
                    pieces: BTreeMap::new(),
                    locked_until: locked_until.filter(|_| store.locks != Locks::NotOfUploads),
                };
                store.uploads.insert(id.clone(), upload);
                let told = format!(
                    "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                );
                reply(StatusCode::OK, &[], told)
            }
        }
    }

    fn piece(&self, store: &mut Store) -> Response<Body> {
        let number = self.query["partNumber"].parse().unwrap();
        let Some(upload) = store.uploads.get_mut(&self.query["uploadId"]) else {
            return refusal(StatusCode::NOT_FOUND, "NoSuchUpload");
        };
        upload.pieces.insert(number, self.body.clone());
        let checksum = self.header("x-amz-checksum-sha256").unwrap_or_default().to_owned();
        reply(StatusCode::OK, &[("etag", etag(&self.body)), ("x-amz-checksum-sha256", checksum)], Body::empty())
    }

    fn complete(&self, store: &mut Store) -> Response<Body> {
        let Some(upload) = store.uploads.get(&self.query["uploadId"]) else {
            return refusal(StatusCode::NOT_FOUND, "NoSuchUpload");
        };
        let key = upload.key.clone();
        if let Some(refused) = self.may_not_store(store, &key) {
            return refused;
        }
        let upload = store.uploads.remove(&self.query["uploadId"]).unwrap();
        let (last, body) = (upload.pieces.len(), String::from_utf8_lossy(&self.body));
        let listed = body.matches("<PartNumber>").count();
        let too_small = upload.pieces.values().take(last - 1).any(|piece| piece.len() < 5 << 20);
        if listed != last || too_small || body.matches("<ChecksumSHA256>").count() != last {
            return refusal(StatusCode::BAD_REQUEST, "InvalidPart");
        }
        let bytes: Vec<&[u8]> = upload.pieces.values().map(|piece| &piece[..]).collect();
        let bytes = Bytes::from(bytes.concat());
        let e_tag = etag(&bytes);
        store.stored += 1;
        let id = store.add(&key, Some(bytes), upload.locked_until);
        let told = format!(
            "<CompleteMultipartUploadResult><Key>{key}</Key><ETag>{e_tag}</ETag></CompleteMultipartUploadResult>"
        );
        reply(StatusCode::OK, &[("x-amz-version-id", id)], told)
    }

    fn get(&self, store: &Store, key: &str) -> Response<Body> {
        let Some(version) = store.current(key) else { return refusal(StatusCode::NOT_FOUND, "NoSuchKey") };
        let bytes = version.bytes.clone().unwrap();
        let modified = DateTimePrinter::new().timestamp_to_rfc9110_string(&version.at).unwrap();
        let mut headers =
            vec![("etag", etag(&bytes)), ("last-modified", modified), ("x-amz-version-id", version.id.clone())];
        if let Some(until) = version.locked_until.filter(|_| store.keeps_locks()) {
            headers.push(("x-amz-object-lock-mode", "COMPLIANCE".to_owned()));
            headers.push(("x-amz-object-lock-retain-until-date", until.to_string()));
        }
        let range = self.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        if self.method == Method::HEAD {
            headers.push(("content-length", bytes.len().to_string()));
            return reply(StatusCode::OK, &headers, Body::empty());
        }
        let Some((from, to)) = range else { return reply(StatusCode::OK, &headers, bytes) };
        let from: usize = from.parse().unwrap();
        let end = to.parse::<usize>().unwrap().saturating_add(1).min(bytes.len());
        if from >= bytes.len() {
            return refusal(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange");
        }
        headers.push(("content-range", format!("bytes {from}-{}/{}", end - 1, bytes.len())));
        reply(StatusCode::PARTIAL_CONTENT, &headers, bytes.slice(from..end))
    }

    fn delete(&self, store: &mut Store, key: &str) -> Response<Body> {
        match self.query.get("versionId") {
            // What is deleted without saying which version is hidden, not gone.
            None => drop(store.add(key, None, None)),
            Some(id) => {
                let now = Timestamp::now();
                let versions = store.objects.entry(key.to_owned()).or_default();
                if versions.iter().any(|version| version.id == *id && version.locked_until.is_some_and(|at| at > now)) {
                    return refusal(StatusCode::FORBIDDEN, "AccessDenied");
                }
                versions.retain(|version| version.id != *id);
            }
        }
        reply(StatusCode::NO_CONTENT, &[], Body::empty())
    }

    fn lock(&self, store: &mut Store, key: &str) -> Response<Body> {
        let text = String::from_utf8_lossy(&self.body);
        let until = text.split_once("<RetainUntilDate>").and_then(|(_, rest)| rest.split_once("</RetainUntilDate>"));
        let until: Option<Timestamp> = until.and_then(|(until, _)| until.parse().ok());
        let (locks, current) = (store.locks, store.objects.get_mut(key).and_then(|versions| versions.last_mut()));
        match (locks, current, until) {
            (Locks::Kept | Locks::NotOfUploads, Some(current), Some(until))
                if current.locked_until.is_none_or(|locked| locked <= until) =>
            {
                current.locked_until = Some(until);
                reply(StatusCode::OK, &[], Body::empty())
            }
            (Locks::Kept, ..) => refusal(StatusCode::FORBIDDEN, "AccessDenied"),
            _ => refusal(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        }
    }

    fn list(&self, store: &Store) -> Response<Body> {
        let prefix = self.query.get("prefix").map_or("", String::as_str);
        let delimiter = self.query.get("delimiter");
        let after = self.query.get("continuation-token");
        let mut told = String::new();
        let (mut count, mut last) = (0, String::new());
        let mut seen = std::collections::BTreeSet::new();
        for key in store.keys() {
            let Some(rest) = key.strip_prefix(prefix) else { continue };
            let folder = delimiter.and_then(|delimiter| Some(rest.split_once(delimiter.as_str())?.0));
            let listed = folder.map_or_else(|| key.clone(), |folder| format!("{prefix}{folder}/"));
            if after.is_some_and(|after| listed <= *after) || !seen.insert(listed.clone()) {
                continue;
            }
            if count == PAGE {
                told.push_str(&format!(
                    "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
                ));
                break;
            }
            count += 1;
            last.clone_from(&listed);
            if folder.is_some() {
                told.push_str(&format!("<CommonPrefixes><Prefix>{listed}</Prefix></CommonPrefixes>"));
            } else {
                let version = store.current(&key).unwrap();
                let size = version.bytes.as_ref().unwrap().len();
                told.push_str(&format!(
                    "<Contents><Key>{key}</Key><LastModified>{}</LastModified><Size>{size}</Size></Contents>",
                    version.at
                ));
            }
        }
        reply(StatusCode::OK, &[], format!("<ListBucketResult><Name>{BUCKET}</Name>{told}</ListBucketResult>"))
    }
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &hex(bytes)[..32])
}

fn reply(status: StatusCode, headers: &[(&str, String)], body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(body.into()).unwrap()
}

fn refusal(status: StatusCode, code: &str) -> Response<Body> {
    reply(status, &[], format!("<Error><Code>{code}</Code></Error>"))
}

/// What needs no quoting in a signature's query.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        match (first, more) {
            (b'%', [high, low, more @ ..]) => {
                let hex = [high.to_ascii_lowercase(), low.to_ascii_lowercase()];
                bytes.extend(HEXLOWER.decode(&hex).unwrap());
                rest = more;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}
