//! What sends: the programs that people and scanners use, one for each way to bring a file.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::servers::{FTP_LOGIN, Server, account};

/// With `smbclient`, under its own name or under another that is changed at the end.
pub fn by_smb(server: &Server, local: &Path, name: &str, renamed: bool) {
    let commands = if renamed {
        format!("put \"{}\" \"{name}.part\"; rename \"{name}.part\" \"{name}\"", local.display())
    } else {
        format!("put \"{}\" \"{name}\"", local.display())
    };
    smb(server, &commands);
}

pub fn smb(server: &Server, commands: &str) {
    done(
        Command::new("smbclient")
            .args(["//127.0.0.1/scans", "-N", "-p", &server.port.to_string(), "-s"])
            .arg(server.folder.join("smb.conf"))
            .args(["-c", commands]),
    );
}

/// As `tests/tools/smb-writer.py` says.
pub fn smb_writer(server: &Server, way: &str, local: &Path, name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join(".test-env/venv/bin/python3"));
    command.arg(root.join("tests/tools/smb-writer.py")).args([&server.port.to_string(), way]).arg(local).arg(name);
    command
}

/// With `curl`, and these options of it.
pub fn ftp(server: &Server, local: &Path, name: &str, options: &[&str]) -> Command {
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--user", FTP_LOGIN])
        .args(options)
        .arg("--upload-file")
        .arg(local)
        .arg(format!("ftp://127.0.0.1:{}/{}", server.port, percent(name)));
    command
}

/// With `sftp`, and these options of it.
pub fn sftp(server: &Server, folder: &Path, commands: &str, options: &[&str]) -> Command {
    let batch = folder.join(format!("batch-{}", server.port));
    std::fs::write(&batch, commands).unwrap();
    let mut command = Command::new("sftp");
    command
        .args(["-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"])
        .args(["-o", "LogLevel=ERROR", "-P", &server.port.to_string(), "-i"])
        .arg(server.folder.join("key"))
        .args(options)
        .arg("-b")
        .arg(batch)
        .arg(format!("{}@127.0.0.1", account()));
    command
}

/// Runs it to a good end.
pub fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// A client that is killed once the server has written some of what it sends.
pub fn killed_midway(command: &mut Command, written: impl Fn() -> Option<PathBuf>) {
    let mut client = Client(command.stdin(Stdio::null()).spawn().unwrap());
    let begun = std::time::Instant::now();
    loop {
        let length = written().and_then(|path| std::fs::metadata(path).ok()).map_or(0, |found| found.len());
        if length > 32 * 1024 {
            break;
        }
        assert!(client.0.try_wait().unwrap().is_none(), "{command:?} ended too early");
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{command:?} sends nothing");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Killed when dropped.
struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A file name in a URL.
fn percent(name: &str) -> String {
    name.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
