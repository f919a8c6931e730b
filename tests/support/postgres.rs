//! A PostgreSQL server of the tests' own: started when a test first asks for it, reached by a socket in its own folder and by
//! nothing else, and gone with the process of the tests.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection as _};

/// Whom the server runs as where the tests run as root, which `initdb` refuses.
const NOBODY: (u32, u32) = (65534, 65534);

/// The URL of a database that is empty.
pub fn empty_database(runtime: &tokio::runtime::Handle) -> String {
    static SERVER: OnceLock<PathBuf> = OnceLock::new();
    static MADE: AtomicU32 = AtomicU32::new(0);
    let folder = SERVER.get_or_init(start);
    let name = format!("t{}", MADE.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    runtime.block_on(async {
        let mut server = AnyConnection::connect(&url(folder, "postgres")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut server).await.unwrap();
    });
    url(folder, &name)
}

fn url(folder: &Path, database: &str) -> String {
    format!("postgresql://intake@localhost/{database}?host={}", folder.display())
}

/// Starts the server; its folder holds its data and its socket.
fn start() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("pg-").tempdir().unwrap().keep();
    let bin = said(Command::new("pg_config").arg("--bindir"));
    let bin = Path::new(bin.trim());
    let as_root = rustix::process::geteuid().is_root();
    if as_root {
        std::os::unix::fs::chown(&folder, Some(NOBODY.0), Some(NOBODY.1)).unwrap();
    }
    let data = folder.join("data");
    let mut initdb = Command::new(bin.join("initdb"));
    initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=intake", "--pgdata"]).arg(&data);
    said(own(&mut initdb, as_root));

    // Ends with the thread that started it, so that thread has to last.
    let (started, ready) = mpsc::channel();
    let (serve, kept) = (bin.join("postgres"), folder.clone());
    std::thread::spawn(move || {
        let script = r#""$1" -D "$2/data" -c listen_addresses= -c "unix_socket_directories=$2" &
            trap 'kill -INT $!; wait $!; rm -rf "$2"' TERM
            wait $!"#;
        let mut shell = Command::new("setpriv");
        shell.args(["--pdeathsig", "TERM", "sh", "-c", script, "sh"]).arg(serve).arg(&kept);
        let log = std::fs::File::create(kept.with_extension("log")).unwrap();
        let _ = std::fs::remove_file(kept.with_extension("log"));
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut server = own(&mut shell, as_root).spawn().unwrap();
        started.send(()).unwrap();
        server.wait().unwrap();
    });
    ready.recv().unwrap();
    let patience = Instant::now() + Duration::from_secs(30);
    while !folder.join(".s.PGSQL.5432").exists() || !accepts(bin, &folder) {
        assert!(Instant::now() < patience, "PostgreSQL does not start in {}", folder.display());
        std::thread::sleep(Duration::from_millis(20));
    }
    folder
}

fn accepts(bin: &Path, folder: &Path) -> bool {
    let mut ask = Command::new(bin.join("pg_isready"));
    ask.arg("--quiet").arg("--host").arg(folder).status().unwrap().success()
}

fn own(command: &mut Command, as_root: bool) -> &mut Command {
    if as_root { command.gid(NOBODY.1).uid(NOBODY.0) } else { command }
}

/// What a command prints; it has to succeed.
fn said(command: &mut Command) -> String {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{command:?}: {status}");
    out
}
