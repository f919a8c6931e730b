//! OpenSSL as the hospital's time-stamping authority, with the faults that a test asks for.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub struct Tsa {
    folder: PathBuf,
    pub port: u16,
    server: Option<Child>,
}

impl Tsa {
    pub fn start(folder: &Path) -> Self {
        let mut tsa = Self { folder: folder.to_owned(), port: 0, server: None };
        tsa.serve(&[]);
        tsa
    }

    /// Goes on at the same address with these faults, or none.
    pub fn serve(&mut self, faults: &[&str]) {
        self.stop();
        let mut server = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/tsa.py"))
            .arg(&self.folder)
            .args(["--port", &self.port.to_string()])
            .args(faults)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.port = line.trim().parse().unwrap();
        self.server = Some(server);
    }

    /// Nobody listens any more.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// The lines of a home's settings that make this its authority.
    pub fn settings(&self) -> String {
        format!(
            "url = \"http://127.0.0.1:{}/\"\nroots = \"{}\"\npolicies = [\"1.3.6.1.4.1.55555.1.1\"]\n\
             timeout = \"1s\"\nretry = \"1s\"\nretry_most = \"1s\"\n",
            self.port,
            self.folder.join("roots.pem").display()
        )
    }
}

impl Drop for Tsa {
    fn drop(&mut self) {
        self.stop();
    }
}
