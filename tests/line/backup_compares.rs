//! What goes on while a backup compares a home with its ledger: nothing of that is missing.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};
use torikomi::control::Request;
use torikomi::database::{Address, Database, DatabaseError, ServerUrl};
use torikomi::ids::{AttemptId, Digest, DocumentId, PersonId, SessionId};
use torikomi::instant::Instant as At;
use torikomi::journal::read;
use torikomi::ledger::attempts::{self, Attempt, AttemptState};
use torikomi::ledger::documents;
use torikomi::signing::ATTEMPTS;

use crate::account::wait_for;
use crate::backup::Medium;
use crate::disposal::{dispose, send_back};
use crate::hospital::{Foundation, Hospital, PATIENCE};
use crate::postgres;
use crate::program::command;
use crate::rebuilt;
use crate::schema::demand;

fn begin(hospital: &Hospital, medium: &Medium) -> Child {
    let (root, to) = (hospital.root(), medium.shown());
    let mut command = command(Some(&root), &["store", "backup", "--to", &to, "--new", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Its report, once it has ended.
fn ended(backup: Child) -> Value {
    let output = backup.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    demand("store-backup", &report);
    report
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A pipe where a file was: whoever opens it waits for what is written here.
struct Pipe {
    path: PathBuf,
    file: PathBuf,
}

impl Pipe {
    fn in_place_of(path: &Path, place: &Path) -> Self {
        let file = place.join(path.file_name().unwrap());
        fs::rename(path, &file).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        Self { path: path.to_owned(), file }
    }

    /// Once somebody reads there.
    fn opened(&self) -> File {
        let nonblock = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
        let open = || OpenOptions::new().write(true).custom_flags(nonblock).open(&self.path).ok();
        let writer = until("whoever reads it", open);
        rustix::fs::fcntl_setfl(&writer, OFlags::empty()).unwrap();
        writer
    }

    /// For whoever opens it next the file is there again.
    fn put_back(self) {
        fs::rename(self.file, self.path).unwrap();
    }
}

#[test]
fn what_is_disposed_of_meanwhile_is_not_missing() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    let (index, _) = send_back(&hospital, daemon);
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    let [entries, private] =
        ["entries", "private"].map(|name| rebuilt::journal(&hospital).join(format!("{name}-000000000000.jsonl")));
    let lines = wait_for(&hospital, "the journal's files", || {
        let head = hospital.database.read(async |tx| read::head(tx).await).unwrap().unwrap();
        let lines = fs::read_to_string(&entries).unwrap();
        (lines.lines().count() as u64 == head.size).then_some(lines)
    });
    let (before, last) = lines.split_at(lines.trim_end().rfind('\n').unwrap() + 1);

    let place = tempfile::tempdir().unwrap();
    let entered = Pipe::in_place_of(&entries, place.path());
    let backup = begin(&hospital, &medium);
    let mut writer = entered.opened();
    writer.write_all(before.as_bytes()).unwrap();
    until("what it has read", || (rustix::io::ioctl_fionread(&writer).unwrap() == 0).then_some(()));
    entered.put_back();
    // It goes through the private parts a second time, to compare them.
    let parts = Pipe::in_place_of(&private, place.path());
    writer.write_all(last.as_bytes()).unwrap();
    drop(writer);
    let mut writer = parts.opened();
    parts.put_back();
    let done = dispose(&hospital, &[&index.to_string()], ["manager", "admin"]);
    // The backup's copy of the database is still there.
    assert_eq!(done.json()["gone"], false, "{}{}", done.out, done.err);
    let left = fs::read_to_string(&private).unwrap();
    assert!(!left.contains(&format!("\"index\":{index},")), "{left}");
    writer.write_all(left.as_bytes()).unwrap();
    drop(writer);
    let report = ended(backup);
    assert_eq!(report["missing"], json!([]), "{report:#}");
    daemon.stop();
}

/// A signature that waits for its stamp, as stages leave it.
fn signed(hospital: &Hospital, url: &str) -> AttemptId {
    let (id, document, now) = (AttemptId::new(), DocumentId::new(), At::from(hospital.now()));
    let folder = hospital.custody().join(ATTEMPTS).join(id.to_string());
    fs::create_dir_all(&folder).unwrap();
    for name in ["record.json", "manifest.xml", "signature.p7s"] {
        fs::write(folder.join(name), name).unwrap();
    }
    let attempt = Attempt {
        id,
        document,
        state: AttemptState::Signed,
        record: Digest::of(b"record.json"),
        manifest: Digest::of(b"manifest.xml"),
        signer: PersonId::new(),
        manager: PersonId::new(),
        session: SessionId::new(),
        signed_at: now,
        timestamped_at: None,
        stamp_due_at: None,
    };
    let address = Address::Server(ServerUrl::new(url.to_owned()));
    let database = Database::open(&address, false, hospital.runtime.handle(), || ()).unwrap();
    let entered = database.write::<_, DatabaseError, _>(async move |tx| {
        documents::create(tx, document, &"front-desk".parse().unwrap(), &[], now, now).await?;
        attempts::enter(tx, &attempt).await
    });
    entered.unwrap();
    database.close();
    id
}

/// Of a database on a server what goes on is read; so whoever looks there after custody sees more than lay in custody.
#[test]
fn what_is_stamped_meanwhile_is_not_missing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = postgres::empty_database(runtime.handle());
    let hospital = Hospital::founded(&Foundation { database: Some(url.clone()), ..Foundation::default() });
    let medium = Medium::of(&hospital);
    let attempt = signed(&hospital, &url);
    let folder = hospital.custody().join(ATTEMPTS).join(attempt.to_string());
    let place = tempfile::tempdir().unwrap();
    let calls = place.path().join("calls");
    // It rests for a while once it has listed all that lies in that folder.
    let mut backup = Command::new("strace");
    backup.args(["-f", "-qq", "-e", "trace=getdents64", "-e", "inject=getdents64:delay_exit=4000000:when=2"]);
    backup.arg("-P").arg(&folder).arg("-o").arg(&calls).arg(env!("CARGO_BIN_EXE_torikomi"));
    backup.args(["store", "backup", "--to", &medium.shown(), "--new", "--json", "--home"]).arg(hospital.root());
    let backup = backup.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    until("the end of the list", || {
        let listed = fs::read_to_string(&calls).unwrap_or_default();
        (listed.matches("getdents64(").count() == 2 && listed.trim_end().ends_with("= 0 (DELAYED)")).then_some(())
    });
    fs::write(folder.join("stamped.p7s"), b"stamped.p7s").unwrap();
    runtime.block_on(async {
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        let stamped = "UPDATE attempt SET state = 'stamped', timestamped_at = signed_at";
        sqlx::query(stamped).execute(&mut connection).await.unwrap();
    });
    let report = ended(backup);
    assert_eq!(report["missing"], json!([]), "{report:#}");
}
