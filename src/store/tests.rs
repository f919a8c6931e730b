//! What objects promise, on each engine; and what a server can do wrong.

use std::path::PathBuf;

use super::*;
use s3::{Fault, Locks, S3};

#[path = "../../tests/support/s3.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod s3;

const PREFIX: &str = "hospital-a";

/// Objects, and what is needed to change them behind their back.
struct Site {
    objects: Objects,
    _runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
    s3: Option<S3>,
}

impl Site {
    fn in_a_folder() -> Self {
        let (folder, runtime) = ground();
        let objects = Objects::open(folder.path(), runtime.handle()).unwrap();
        Self { objects, _runtime: runtime, folder, s3: None }
    }

    fn in_a_bucket(s3: S3, settings: &str) -> Self {
        let (folder, runtime) = ground();
        let config = config(&s3.url(PREFIX), settings);
        S3::key_file(folder.path());
        let objects = Objects::found(Layout::new(folder.path()), HomeId::new(), &config, runtime.handle()).unwrap();
        Self { objects, _runtime: runtime, folder, s3: Some(s3) }
    }

    fn each() -> [Self; 2] {
        [Self::in_a_folder(), Self::in_a_bucket(S3::start(), "")]
    }

    fn s3(&self) -> &S3 {
        self.s3.as_ref().unwrap()
    }

    /// Puts bytes where they do not belong.
    fn plant(&self, name: &str, bytes: &[u8]) {
        match &self.s3 {
            Some(s3) => s3.store().put(&format!("{PREFIX}/{name}"), bytes),
            None => {
                let path = self.folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        }
    }

    fn take_away(&self, digest: &Digest) {
        match &self.s3 {
            Some(s3) => drop(s3.store().take_away(&in_the_bucket(digest))),
            None => std::fs::remove_file(self.folder.path().join(relative_path(digest))).unwrap(),
        }
    }

    fn shown(&self, name: &str) -> Place {
        match &self.s3 {
            Some(s3) => Place::Address(format!("{}/{name}", s3.url(PREFIX))),
            None => Place::File(self.folder.path().join(name)),
        }
    }
}

fn ground() -> (tempfile::TempDir, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    (tempfile::tempdir().unwrap(), runtime)
}

fn config(url: &str, settings: &str) -> Config {
    let text = format!(
        "mode = \"evaluation\"\n[station.a]\nprofiles = [\"consent\"]\n[authority.own]\nurl = \"http://127.0.0.1/\"\n\
         [objects]\nurl = \"{url}\"\ncredentials_file = \"objects-credentials\"\ntimeout = \"1s\"\n{settings}"
    );
    Config::parse(text.as_bytes(), "torikomi.toml").unwrap()
}

fn in_the_bucket(digest: &Digest) -> String {
    format!("{PREFIX}/{}", relative_path(digest).display())
}

fn bytes_of(length: usize) -> Vec<u8> {
    let mut bytes = (0..251).collect::<Vec<u8>>().repeat(length / 251 + 1);
    bytes.truncate(length);
    bytes
}

#[test]
fn what_was_put_is_got() {
    for site in Site::each() {
        let objects = &site.objects;
        for bytes in [b"abc".as_slice(), b""] {
            let digest = objects.put(bytes).unwrap();
            assert_eq!(digest, Digest::of(bytes));
            assert_eq!(objects.put(bytes).unwrap(), digest);
            assert_eq!(objects.get(&digest).unwrap(), bytes);
            assert_eq!(objects.length(&digest).unwrap(), Some(bytes.len() as u64));
            assert!(objects.stored_at(&digest).unwrap().is_some());
        }
        let other = Digest::of(b"other");
        assert!(matches!(objects.get(&other), Err(StoreError::Missing(_))));
        assert_eq!((objects.length(&other).unwrap(), objects.stored_at(&other).unwrap()), (None, None));
    }
}

#[test]
fn a_flipped_byte_is_noticed() {
    for site in Site::each() {
        let digest = site.objects.put(b"abc").unwrap();
        for damaged in [b"abd".as_slice(), b""] {
            site.plant(relative_path(&digest).to_str().unwrap(), damaged);
            let found = Digest::of(damaged);
            let noticed = |outcome: Result<Digest, StoreError>| matches!(outcome, Err(StoreError::Damaged { found: it, .. }) if it == found);
            assert!(noticed(site.objects.get(&digest).map(|bytes| Digest::of(&bytes))));
            assert!(noticed(site.objects.put(b"abc")));
        }
        site.take_away(&digest);
        assert!(matches!(site.objects.get(&digest), Err(StoreError::Missing(_))));
        site.objects.put(b"abc").unwrap();
    }
}

#[test]
fn a_stream_is_stored_only_under_its_own_digest() {
    for site in Site::each() {
        let objects = &site.objects;
        for length in [10, PIECE, PIECE + 1, 2 * PIECE + 5] {
            let bytes = bytes_of(length);
            let digest = Digest::of(&bytes);
            let wrong = Digest::of(b"something else");
            let refused = objects.put_stream(wrong, length as u64, &bytes[..]);
            assert!(matches!(refused, Err(StoreError::NotWhatWasSaid { .. })), "{refused:?}");
            assert_eq!(objects.length(&wrong).unwrap(), None);
            objects.put_stream(digest, length as u64, &bytes[..]).unwrap();
            assert_eq!(objects.check(&digest).unwrap(), length as u64);
            // Again is the same as once.
            objects.put_stream(digest, length as u64, &bytes[..]).unwrap();
            assert_eq!(objects.check(&digest).unwrap(), length as u64);
        }
        if let Some(s3) = &site.s3 {
            assert_eq!(s3.store().unfinished(), 0, "pieces that nobody will put together");
        }
    }
}

#[test]
fn whoever_looks_sees_every_object_and_every_stranger() {
    for site in Site::each() {
        let objects: Vec<Digest> = (0..20_u8).map(|number| site.objects.put(&[number]).unwrap()).collect();
        let first = objects[0].as_bytes()[0];
        let (shelf, name) = (format!("{first:02x}"), objects[0].hex());
        let others = [format!("{shelf}/stranger"), format!("{shelf}/{}", Digest::of(b"elsewhere").hex())];
        for stranger in &others {
            site.plant(stranger, b"x");
        }
        site.plant("beside", b"x");
        site.plant("zz/beside", b"x");
        let mut found = Vec::new();
        for number in SHELVES {
            let looked = site.objects.shelf(number).unwrap();
            assert!(looked.unfinished.is_empty());
            found.extend(looked.objects);
            if number == first {
                let mut strangers: Vec<String> = looked.strangers.iter().map(|place| format!("{place:?}")).collect();
                strangers.sort();
                let mut expected = others.clone().map(|name| format!("{:?}", site.shown(&name))).to_vec();
                expected.sort();
                assert_eq!(strangers, expected);
            } else {
                assert_eq!(looked.strangers, []);
            }
        }
        let mut expected = objects.clone();
        expected.sort_unstable();
        assert_eq!(found, expected);
        let mut beside = site.objects.beside_the_shelves().unwrap();
        beside.retain(|place| *place != Place::File(site.folder.path().join("objects-credentials")));
        beside.sort_by_key(|place| format!("{place:?}"));
        assert_eq!(beside, [site.shown("beside"), site.shown("zz")]);
        assert_eq!(site.objects.place(&objects[0]), site.shown(&format!("{shelf}/{name}")));
    }
}

/// Of what is asked of the store, why it was not done.
fn problem<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> ObjectsProblem {
    match outcome {
        Err(StoreError::Unusable(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_server_does_wrong_loses_nothing_and_doubles_nothing() {
    const ALWAYS: usize = usize::MAX;
    let site = Site::in_a_bucket(S3::start(), "");
    let objects = &site.objects;
    let fails = |fault, times| site.s3().store().fails(fault, times);
    let well = || site.s3().store().fault = None;

    // Busy for a moment; and an answer that is lost: the object is there, and stored once.
    fails(Fault::Unavailable, 2);
    let digest = objects.put(b"busy").unwrap();
    assert_eq!(objects.get(&digest).unwrap(), b"busy");
    let before = site.s3().store().stored;
    fails(Fault::AnswerLost, 1);
    assert!(matches!(problem(objects.put(b"lost")), ObjectsProblem::Away { .. }));
    assert_eq!(objects.get(&objects.put(b"lost").unwrap()).unwrap(), b"lost");
    let large = bytes_of(PIECE + 1);
    let put_large = || objects.put_stream(Digest::of(&large), large.len() as u64, &large[..]);
    fails(Fault::AnswerLost, 1);
    assert!(matches!(problem(put_large()), ObjectsProblem::Away { .. }), "the beginning of an upload");
    fails(Fault::CompletionLost, 1);
    put_large().unwrap();
    let stored = site.s3().store().stored;
    assert_eq!(stored, before + 2);
    assert_eq!(site.s3().store().unfinished(), 1, "what the first try began");
    site.s3().store().take_away(&in_the_bucket(&Digest::of(&large)));

    // An answer that is cut off is no damage, and one whose bytes are wrong is.
    fails(Fault::Torn, 1);
    assert_eq!(objects.get(&digest).unwrap(), b"busy");
    fails(Fault::Torn, ALWAYS);
    assert!(matches!(problem(objects.get(&digest)), ObjectsProblem::Away { .. }));
    fails(Fault::Flipped, 1);
    assert!(matches!(objects.get(&digest), Err(StoreError::Damaged { .. })));

    // Nobody waits for ever.
    for fault in [Fault::Unavailable, Fault::Silent] {
        fails(fault, ALWAYS);
        let begun = std::time::Instant::now();
        assert!(matches!(problem(objects.put(b"later")), ObjectsProblem::Away { .. }), "{fault:?}");
        assert!(matches!(problem(objects.get(&digest)), ObjectsProblem::Away { .. }), "{fault:?}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(8), "{fault:?}: {:?}", begun.elapsed());
    }
    fails(Fault::Denied, ALWAYS);
    assert!(matches!(problem(objects.put(b"later")), ObjectsProblem::Refused { .. }));
    assert!(matches!(problem(objects.shelf(0)), ObjectsProblem::Refused { .. }));
    well();
    objects.put(b"later").unwrap();

    // It goes, and comes back.
    site.s3().stop();
    assert!(matches!(problem(objects.put(b"gone")), ObjectsProblem::Away { .. }));
    assert!(matches!(problem(put_large()), ObjectsProblem::Away { .. }));
    assert!(matches!(problem(objects.shelf(0)), ObjectsProblem::Away { .. }));
    assert!(matches!(problem(objects.length(&digest)), ObjectsProblem::Away { .. }));
    site.s3().come_back();
    objects.put(b"gone").unwrap();
    put_large().unwrap();
    assert_eq!(objects.check(&Digest::of(&large)).unwrap(), large.len() as u64);
}

#[test]
fn a_large_object_that_is_there_already_is_compared() {
    let site = Site::in_a_bucket(S3::start(), "");
    let bytes = bytes_of(PIECE + 1);
    let digest = Digest::of(&bytes);
    let put = || site.objects.put_stream(digest, bytes.len() as u64, &bytes[..]);
    put().unwrap();
    put().unwrap();
    assert_eq!(site.s3().store().stored, 4, "marker, two that try the server out, and the object");
    site.plant(relative_path(&digest).to_str().unwrap(), b"other bytes");
    assert!(matches!(put(), Err(StoreError::Damaged { .. })));
    assert_eq!(site.s3().store().unfinished(), 0);
}

#[test]
fn a_server_that_does_not_keep_its_word_is_refused() {
    let (folder, runtime) = ground();
    S3::key_file(folder.path());
    let found = |s3: &S3, settings: &str| {
        Objects::found(Layout::new(folder.path()), HomeId::new(), &config(&s3.url(PREFIX), settings), runtime.handle())
    };
    let with = |heeds_conditions: bool, locks: Locks| {
        let s3 = S3::start();
        let mut store = s3.store();
        (store.heeds_conditions, store.locks) = (heeds_conditions, locks);
        drop(store);
        s3
    };
    const LOCKED: &str = "retention_days = 30\n";
    for settings in ["", LOCKED] {
        let overwrites = with(false, Locks::Kept);
        assert!(matches!(problem(found(&overwrites, settings).map(drop)), ObjectsProblem::Overwrites { .. }));
        assert!(!overwrites.store().keys().iter().any(|key| key.contains(crate::config::home::MARKER)));
    }
    for locks in [Locks::Ignored, Locks::Unknown] {
        let lockless = with(true, locks);
        assert!(matches!(problem(found(&lockless, LOCKED).map(drop)), ObjectsProblem::NotLocked { .. }), "{locks:?}");
        // Nobody relies on it: then it is told, and no more.
        let objects = found(&lockless, "").unwrap();
        assert_eq!(objects.cannot_lock(), Some(lockless.url(PREFIX)), "{locks:?}");
    }
    assert_eq!(found(&with(true, Locks::Kept), "").unwrap().cannot_lock(), None);

    // Start after start, while what was locked to try it out is locked still, and when it is not any more.
    let s3 = with(true, Locks::Kept);
    let config = config(&s3.url(PREFIX), LOCKED);
    let mut bucket = Bucket::of(Layout::new(folder.path()), &config).unwrap().unwrap();
    let probe = format!("{PREFIX}/.torikomi-probe/lock");
    for _ in 0..3 {
        bucket.prove().unwrap();
        assert_eq!(s3.store().keys(), std::slice::from_ref(&probe));
    }
    s3.store().put(&probe, b"lock");
    bucket.prove().unwrap();
    assert!(s3.store().locked_until(&probe).is_some());
    // One that keeps its word no longer.
    s3.store().locks = Locks::Ignored;
    assert!(matches!(problem(bucket.prove()), ObjectsProblem::NotLocked { .. }));
}

#[test]
fn objects_are_locked_for_as_long_as_the_settings_say() {
    let site = Site::in_a_bucket(S3::start(), "retention_days = 30\n");
    let day = |days: i64| jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let digest = site.objects.put(b"kept").unwrap();
    let large = bytes_of(PIECE + 1);
    site.objects.put_stream(Digest::of(&large), large.len() as u64, &large[..]).unwrap();
    for object in [digest, Digest::of(&large)] {
        let until = site.s3().store().locked_until(&in_the_bucket(&object)).unwrap();
        assert!(until > day(29) && until < day(31), "{until}");
    }
    // Stored for another record when half of the time is over.
    site.plant(relative_path(&digest).to_str().unwrap(), b"kept");
    assert_eq!(site.s3().store().locked_until(&in_the_bucket(&digest)), None);
    site.objects.put(b"kept").unwrap();
    assert!(site.s3().store().locked_until(&in_the_bucket(&digest)).unwrap() > day(29));
    site.s3().store().locks = Locks::NotOfUploads;
    let other = bytes_of(PIECE + 2);
    site.objects.put_stream(Digest::of(&other), other.len() as u64, &other[..]).unwrap();
    assert!(site.s3().store().locked_until(&in_the_bucket(&Digest::of(&other))).unwrap() > day(29));
    site.s3().store().locks = Locks::Ignored;
    assert!(matches!(problem(site.objects.put(b"kept")), ObjectsProblem::NotLocked { .. }));
}

#[test]
fn what_could_not_be_flushed_is_written_anew() {
    let site = Site::in_a_folder();
    let digest = Digest::of(b"a page");
    let path = site.folder.path().join(relative_path(&digest));
    let shelf = path.parent().unwrap();
    std::fs::write(shelf, "in the way").unwrap();
    site.objects.put(b"a page").unwrap_err();
    std::fs::remove_file(shelf).unwrap();
    // As a failed flush of the folder leaves it: there, and perhaps not on the disk.
    std::fs::create_dir(shelf).unwrap();
    std::fs::write(&path, b"a page").unwrap();
    let file = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&path).unwrap());
    let left = file();
    site.objects.put(b"a page").unwrap();
    let anew = file();
    assert_ne!(left, anew);
    site.objects.put(b"a page").unwrap();
    assert_eq!(file(), anew, "what is durable is not written again");
    // And what is written in pieces is not taken for durable because it can be read.
    let large = bytes_of(PIECE + 1);
    let (digest, length) = (Digest::of(&large), large.len() as u64);
    let path = site.folder.path().join(relative_path(&digest));
    std::fs::create_dir_all(&path).unwrap();
    site.objects.put_stream(digest, length, &large[..]).unwrap_err();
    std::fs::remove_dir(&path).unwrap();
    site.objects.put_stream(digest, length, &large[..]).unwrap();
    assert_eq!(site.objects.check(&digest).unwrap(), length);
}

#[test]
fn a_prefix_is_one_homes_alone() {
    let s3 = S3::start();
    let (folder, runtime) = ground();
    S3::key_file(folder.path());
    let config = config(&s3.url(PREFIX), "");
    let (layout, handle) = (Layout::new(folder.path()), runtime.handle());
    s3.store().put(&format!("{PREFIX}/something"), b"x");
    let refused = problem(Objects::found(layout, HomeId::new(), &config, handle).map(drop));
    assert!(matches!(refused, ObjectsProblem::NotEmpty { .. }), "{refused:?}");
    s3.store().take_away(&format!("{PREFIX}/something"));
    s3.store().put("hospital-ab/something", b"another prefix");
    let id = HomeId::new();
    let objects = Objects::found(layout, id, &config, handle).unwrap();
    objects.check_ours(id).unwrap();
    let refused = problem(Objects::found(layout, HomeId::new(), &config, handle).map(drop));
    assert!(matches!(&refused, ObjectsProblem::Foreign { found, .. } if *found == id.to_string()), "{refused:?}");
    assert!(matches!(problem(objects.check_ours(HomeId::new())), ObjectsProblem::Foreign { .. }));
    s3.store().take_away(&format!("{PREFIX}/{}", crate::config::home::MARKER));
    assert!(matches!(problem(objects.check_ours(id)), ObjectsProblem::Unmarked { .. }));
    // A home made with a bucket, whose settings name none any more, and the other way round.
    crate::config::home::mark(folder.path(), id).unwrap();
    let home = Home::open(folder.path()).unwrap();
    let without = Config::parse(
        b"mode = \"evaluation\"\n[station.a]\nprofiles = [\"consent\"]\n[authority.own]\nurl = \"http://127.0.0.1/\"\n",
        "torikomi.toml",
    )
    .unwrap();
    assert!(matches!(problem(Objects::at_home(&home, &without, handle).map(drop)), ObjectsProblem::NoFolder { .. }));
    assert!(matches!(problem(Objects::at_home(&home, &config, handle).map(drop)), ObjectsProblem::Unmarked { .. }));
}

#[test]
fn who_has_the_wrong_key_or_bucket_is_told() {
    let s3 = S3::start();
    let (folder, runtime) = ground();
    let key: PathBuf = S3::key_file(folder.path());
    let open = |url: &str| {
        let config = config(url, "");
        problem(Objects::found(Layout::new(folder.path()), HomeId::new(), &config, runtime.handle()).map(drop))
    };
    let elsewhere = s3.url(PREFIX).replace("/torikomi/", "/another/");
    assert!(matches!(open(&elsewhere), ObjectsProblem::Refused { problem, .. } if problem.contains("NoSuchBucket")));
    std::fs::write(&key, "MIHON-KEY\nanother\n").unwrap();
    assert!(matches!(open(&s3.url(PREFIX)), ObjectsProblem::Refused { problem, .. } if problem.contains("403")));
    for text in ["", "MIHON-KEY", "MIHON-KEY\n\n", "MIHON KEY\nsecret", "a\nb\nc"] {
        std::fs::write(&key, text).unwrap();
        assert!(matches!(open(&s3.url(PREFIX)), ObjectsProblem::NoKey { .. }), "{text:?}");
    }
    std::fs::remove_file(key).unwrap();
    assert!(matches!(open(&s3.url(PREFIX)), ObjectsProblem::NoKey { .. }));
}

#[test]
fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
    let (folder, runtime) = ground();
    S3::key_file(folder.path());
    let root = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(root.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_no_client_auth().with_single_cert(vec![root.cert.der().clone()], key).unwrap();
    let tls = std::sync::Arc::new(tls);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut connection = rustls::ServerConnection::new(tls.clone()).unwrap();
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            let mut asked = [0; 1024];
            if let Ok(length) = tls.read(&mut asked)
                && length > 0
            {
                heard.send(String::from_utf8_lossy(&asked[..length]).into_owned()).unwrap();
                tls.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno").unwrap();
            }
        }
    });
    let open = |pem: String| {
        std::fs::write(folder.path().join("roots.pem"), pem).unwrap();
        let config = config(&format!("https://{address}/torikomi"), "tls_roots = \"roots.pem\"\n");
        problem(Objects::found(Layout::new(folder.path()), HomeId::new(), &config, runtime.handle()).map(drop))
    };
    assert!(matches!(open(other.cert.pem()), ObjectsProblem::Untrusted { .. }));
    assert!(hear.try_recv().is_err(), "something was sent to a stranger");
    assert!(matches!(open(root.cert.pem()), ObjectsProblem::Refused { .. }));
    assert!(hear.recv().unwrap().starts_with("PUT /torikomi/.torikomi-probe/once "));
}

#[test]
fn a_quota_that_is_used_up_is_a_full_disk() {
    for (number, full) in [(libc::ENOSPC, true), (libc::EDQUOT, true), (libc::EIO, false)] {
        let source = Box::new(std::io::Error::from_raw_os_error(number));
        let error = StoreError::from(object_store::Error::Generic { store: "folder", source });
        assert_eq!(matches!(error, StoreError::DiskFull), full, "{error}");
    }
}
