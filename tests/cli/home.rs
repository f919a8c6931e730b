//! A home with a database, whose rows are written through the library.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use torikomi::config::home::{Home, Layout, mark};
use torikomi::config::{AuthorityTemplate, Config, Mode, StationTemplate, template};
use torikomi::database::{Database, DatabaseError, Tx};
use torikomi::ids::{HomeId, Name};

pub struct TestHome {
    folder: tempfile::TempDir,
    pub id: HomeId,
}

impl TestHome {
    /// A home as `init` leaves it, as far as commands that only read are concerned.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let id = HomeId::new();
        let root = folder.path();
        mark(root, id).unwrap();
        let station: Name = "er".parse().unwrap();
        let authority: Name = "built-in".parse().unwrap();
        let profiles = ["referral-letter".parse().unwrap()];
        let settings = template(
            Mode::Evaluation,
            &[StationTemplate { name: &station, profiles: &profiles }],
            &[AuthorityTemplate { name: &authority, url: "http://127.0.0.1:1/" }],
            None,
            None,
        );
        std::fs::write(root.join("torikomi.toml"), settings).unwrap();
        std::fs::write(root.join("calendar.toml"), torikomi::calendar::DEFAULT_CALENDAR).unwrap();
        for inside in ["profiles", "store", "store/objects", "run"] {
            std::fs::create_dir(root.join(inside)).unwrap();
        }
        Self { folder, id }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn socket(&self) -> PathBuf {
        Layout::new(self.path()).control_socket()
    }

    /// Somebody who answers at the socket, until the test is over, that it has entered what it was asked to; and what it was.
    pub fn enters_everything(&self) -> Arc<Mutex<Vec<Value>>> {
        let listener = UnixListener::bind(self.socket()).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut line = String::new();
                BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
                heard.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                let entry = format!("sha256:{}", "ab".repeat(32));
                let facts = serde_json::json!({ "journal_index": 4, "entry": entry, "documents": [] });
                writeln!(stream, "{}", serde_json::json!({ "answer": "done", "facts": facts })).unwrap();
            }
        });
        asked
    }

    /// Writes rows, making the database where there is none.
    pub fn write<F>(&self, rows: F)
    where
        F: for<'t> AsyncFnOnce(&'t mut Tx) -> Result<(), DatabaseError> + Send + 'static,
    {
        let home = Home::open(self.path()).unwrap();
        let config = Config::load(&home.layout().settings()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let database = Database::open(&home.layout().database(&config), true, runtime.handle(), || ()).unwrap();
        database.write(rows).unwrap();
    }
}
