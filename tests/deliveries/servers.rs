//! File servers of our own on loopback, each with its drop folder, stopped by the number of the process.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The password of the one account that the FTP server knows.
pub const FTP_LOGIN: &str = "scanner:Fax-2000";

pub struct Server {
    pub port: u16,
    /// Its settings, keys and logs.
    pub folder: PathBuf,
    child: Child,
}

/// A share `scans` for everybody.
pub fn samba(drop: &Path, folder: &Path) -> Server {
    let folder = made(folder, "samba");
    let here = folder.display();
    let own = account();
    Server::start(folder.clone(), "smbd", |port| {
        let settings = format!(
            "[global]\nserver role = standalone server\nmap to guest = Bad User\nguest account = nobody\n\
             smb ports = {port}\nbind interfaces only = yes\ninterfaces = lo\nload printers = no\ndisable spoolss = yes\n\
             private dir = {here}\nlock directory = {here}\nstate directory = {here}\ncache directory = {here}\n\
             pid directory = {here}\nncalrpc dir = {here}/rpc\nusershare max shares = 0\n\
             [scans]\npath = {}\nguest ok = yes\nwritable = yes\nforce user = {own}\n",
            drop.display()
        );
        std::fs::write(folder.join("smb.conf"), settings).unwrap();
        let mut command = Command::new("/usr/sbin/smbd");
        command.args(["-F", "--no-process-group", "--debug-stdout", "-s"]).arg(folder.join("smb.conf"));
        command
    })
}

/// With `hidden`, an upload has the name `.in.NAME.` until it ends: however it ends.
pub fn ftp(drop: &Path, folder: &Path, hidden: bool) -> Server {
    let folder = made(folder, if hidden { "ftp-hidden" } else { "ftp" });
    let (login, password) = FTP_LOGIN.split_once(':').unwrap();
    let hashed = run(Command::new("openssl").args(["passwd", "-6", password]));
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let users = folder.join("users");
    std::fs::write(&users, format!("{login}:{}:{uid}:{gid}::{}:/bin/sh\n", hashed.trim(), drop.display())).unwrap();
    std::fs::set_permissions(&users, std::fs::Permissions::from_mode(0o600)).unwrap();
    Server::start(folder.clone(), "proftpd", |port| {
        let here = folder.display();
        let settings = format!(
            "ServerType standalone\nDefaultAddress 127.0.0.1\nSocketBindTight on\nPort {port}\nUseIPv6 off\n\
             UseReverseDNS off\nWtmpLog off\nPidFile {here}/pid\nScoreboardFile {here}/scoreboard\n\
             SystemLog {here}/log\nTransferLog NONE\nDelayEngine off\nAuthOrder mod_auth_file.c\n\
             AuthUserFile {here}/users\nRequireValidShell off\nRootLogin on\nAllowOverwrite on\n\
             AllowStoreRestart on\nUser {user}\nGroup {group}\nDefaultRoot {}\nHiddenStores {}\n",
            drop.display(),
            if hidden { "on" } else { "off" },
            user = name_of("passwd", uid),
            group = name_of("group", gid),
        );
        std::fs::write(folder.join("proftpd.conf"), settings).unwrap();
        let mut command = Command::new("/usr/sbin/proftpd");
        command.arg("-n").arg("-c").arg(folder.join("proftpd.conf"));
        command
    })
}

/// For whoever holds `folder/key`.
pub fn sftp(folder: &Path) -> Server {
    let folder = made(folder, "sftp");
    for key in ["host", "key"] {
        run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(folder.join(key)));
    }
    std::fs::copy(folder.join("key.pub"), folder.join("authorized")).unwrap();
    Server::start(folder.clone(), "sshd", |port| {
        let here = folder.display();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {here}/host\nAuthorizedKeysFile {here}/authorized\n\
             PidFile {here}/pid\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\n\
             PasswordAuthentication no\nSubsystem sftp internal-sftp\n"
        );
        std::fs::write(folder.join("sshd_config"), settings).unwrap();
        // Where it drops its rights; the package makes it only when the service starts.
        std::fs::create_dir_all("/run/sshd").unwrap();
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f"]).arg(folder.join("sshd_config"));
        command
    })
}

impl Server {
    fn start(folder: PathBuf, what: &str, command: impl Fn(u16) -> Command) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("output")).unwrap();
        // smbd ends its whole process group with itself.
        let mut child = command(port)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{what} is not there: {error}; scripts/test --prepare installs it"));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = || std::fs::read_to_string(folder.join("output")).unwrap_or_default();
            assert!(child.try_wait().unwrap().is_none(), "{what} ended: {}", said());
            assert!(begun.elapsed() < Duration::from_secs(30), "{what} does not listen: {}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { port, folder, child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Those that serve a connection end with the one that listens when it is asked, not when it is killed.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

fn made(folder: &Path, name: &str) -> PathBuf {
    let folder = folder.join(name);
    std::fs::create_dir_all(folder.join("rpc")).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

pub fn account() -> String {
    name_of("passwd", rustix::process::geteuid().as_raw())
}

fn name_of(database: &str, number: u32) -> String {
    let entry = run(Command::new("getent").args([database, &number.to_string()]));
    entry.split(':').next().unwrap().to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
