//! What a worker that somebody has taken over can still do.
//!
//! Each act is done in a process of its own, which is this test program started again: once confined, when the act must
//! end it, and once not, when it must succeed. No hook for this is in the product.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio, exit};

use rustix::process::Pid;

use super::{cap, filter};

/// Names the act that a started process is to do.
const ACT: &str = "TORIKOMI_TEST_ACT";
/// Says whether it is to be confined first.
const CONFINED: &str = "TORIKOMI_TEST_CONFINED";
/// The exit status of an act that was done.
const DONE: i32 = 42;

/// What a worker needs. It must live through these.
const ALLOWED: [&str; 4] = ["allocate", "read the content", "write the answer", "wait"];
const FORBIDDEN: [&str; 23] = [
    "open a file",
    "open a key",
    "open the original to write",
    "list a folder",
    "open a socket",
    "open a local socket",
    "connect",
    "run a program",
    "become a program",
    "start a thread",
    "signal the parent",
    "kill another",
    "signal another's thread",
    "watch the parent",
    "trace another",
    "read another's memory",
    "read another's memory as a file",
    "set up a ring",
    "name itself",
    "read another descriptor",
    "write the content",
    "write the content through a mapping",
    "make a folder",
];

#[test]
fn only_what_decoding_needs_is_left() {
    for act in ALLOWED {
        assert_eq!(start(act, true).code(), Some(DONE), "{act} must be possible");
    }
    for act in FORBIDDEN {
        assert_eq!(start(act, false).code(), Some(DONE), "{act} must be possible outside");
        assert_eq!(start(act, true).signal(), Some(libc::SIGSYS), "{act} must end the worker");
    }
}

#[test]
fn an_abort_is_still_told_from_a_forbidden_call() {
    assert_eq!(start("abort", true).signal(), Some(libc::SIGABRT));
}

#[test]
fn memory_is_capped() {
    assert_eq!(start("eat memory", false).code(), Some(DONE));
    assert_eq!(start("eat memory", true).signal(), Some(libc::SIGABRT));
}

fn start(act: &str, confined: bool) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "image::sandbox::tests::act_if_told_to", "--test-threads=1"])
        // As workers are started: with a backtrace asked for, the runtime would open files on its way to abort.
        .env_clear()
        .env(ACT, act)
        .env(CONFINED, if confined { "yes" } else { "no" })
        .stdin(File::open("/proc/self/exe").unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
}

/// Does nothing unless it was started by the tests above.
#[test]
fn act_if_told_to() {
    let Ok(act) = std::env::var(ACT) else { return };
    let mut around = Around::new();
    if std::env::var(CONFINED).unwrap() == "yes" {
        cap(1 << 30, 60).unwrap();
        filter(around.content.as_raw_fd()).unwrap();
    }
    do_it(&act, &mut around);
    exit(DONE);
}

/// What a worker that was taken over would reach for.
struct Around {
    content: File,
    other: File,
    parent: Pid,
    folder: tempfile::TempDir,
    listener: TcpListener,
    /// Another process, of a program that ends when this one does.
    victim: Child,
    /// Where something lies in its memory.
    address: u64,
}

impl Around {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // More than a worker is ever given: it may be written too.
        let original = folder.path().join("original");
        std::fs::write(&original, "content").unwrap();
        let content = OpenOptions::new().read(true).write(true).open(original).unwrap();
        std::fs::write(folder.path().join("key.pem"), "a key").unwrap();
        let piped = Stdio::piped();
        let victim = Command::new("/bin/cat").stdin(piped).stdout(Stdio::null()).spawn().unwrap();
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", victim.id())).unwrap();
        let address = u64::from_str_radix(maps.split('-').next().unwrap(), 16).unwrap();
        Self {
            content,
            other: File::open("/dev/zero").unwrap(),
            parent: rustix::process::getppid().unwrap(),
            folder,
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            victim,
            address,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn server(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    fn pid(&self) -> i32 {
        self.victim.id().try_into().unwrap()
    }
}

/// What the kernel is asked for without a safe wrapper, since nobody but an intruder asks.
#[expect(
    unsafe_code,
    reason = "ptrace, process_vm_readv, io_uring_setup, tgkill and shared mappings have no safe wrapper"
)]
mod asked {
    use std::io;

    fn answered(answer: libc::c_long) -> io::Result<()> {
        if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    pub fn trace(pid: i32) -> io::Result<()> {
        // SAFETY: no address is handed over.
        answered(unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0_usize, 0_usize) })
    }

    pub fn read_memory(pid: i32, address: u64) -> io::Result<()> {
        let mut bytes = [0_u8; 4];
        let own = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        let theirs =
            libc::iovec { iov_base: std::ptr::without_provenance_mut(address.try_into().unwrap()), iov_len: 4 };
        // SAFETY: the kernel writes four bytes to `bytes`, and looks at the other address in the other process alone.
        answered(unsafe { libc::process_vm_readv(pid, &raw const own, 1, &raw const theirs, 1, 0) } as libc::c_long)
    }

    /// Where the machine has no rings, its refusal is an answer too: what counts is whether it was asked.
    pub fn ring() {
        let mut parameters = [0_u8; 120];
        // SAFETY: the kernel reads and writes 120 bytes of parameters, which are all nought.
        let _ = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr()) };
    }

    pub fn signal_thread(pid: i32) -> io::Result<()> {
        // SAFETY: three numbers; signal 0 only asks whether one may.
        answered(unsafe { libc::syscall(libc::SYS_tgkill, pid, pid, 0) })
    }

    pub fn write_through_mapping(descriptor: i32) -> io::Result<()> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of a file that is longer than the byte that is written.
        unsafe {
            let page = libc::mmap(std::ptr::null_mut(), 7, access, libc::MAP_SHARED, descriptor, 0);
            if page == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            page.cast::<u8>().write_volatile(b'X');
            libc::munmap(page, 7);
        }
        Ok(())
    }
}

fn do_it(act: &str, around: &mut Around) {
    match act {
        "allocate" => drop(std::hint::black_box(vec![1_u8; 100 << 20])),
        "read the content" => {
            let mut bytes = [0; 7];
            around.content.read_exact_at(&mut bytes, 0).unwrap();
            assert_eq!(&bytes, b"content");
        }
        "write the answer" => std::io::stdout().write_all(b"{}").unwrap(),
        "wait" => drop(std::sync::Mutex::new(()).lock().unwrap()),
        "open a file" => drop(File::open("/dev/null").unwrap()),
        "open a key" => assert_eq!(std::fs::read_to_string(around.path("key.pem")).unwrap(), "a key"),
        "open the original to write" => {
            drop(OpenOptions::new().write(true).truncate(true).open(around.path("original")).unwrap());
        }
        "list a folder" => drop(std::fs::read_dir(around.path("")).unwrap()),
        "connect" => drop(TcpStream::connect(around.server()).unwrap()),
        "open a socket" => drop(TcpListener::bind("127.0.0.1:0").unwrap()),
        "open a local socket" => drop(UnixDatagram::unbound().unwrap()),
        "run a program" => drop(Command::new("/bin/true").status().unwrap()),
        // Its own exit status, where it gets so far.
        "become a program" => panic!("{}", Command::new("/bin/sh").args(["-c", "exit 42"]).exec()),
        "start a thread" => std::thread::spawn(|| {}).join().unwrap(),
        "signal the parent" => rustix::process::test_kill_process(around.parent).unwrap(),
        "kill another" => {
            rustix::process::kill_process(Pid::from_child(&around.victim), rustix::process::Signal::KILL).unwrap();
        }
        "signal another's thread" => asked::signal_thread(around.pid()).unwrap(),
        "watch the parent" => {
            drop(rustix::process::pidfd_open(around.parent, rustix::process::PidfdFlags::empty()).unwrap());
        }
        "trace another" => asked::trace(around.pid()).unwrap(),
        "read another's memory" => asked::read_memory(around.pid(), around.address).unwrap(),
        "read another's memory as a file" => {
            let memory = File::open(format!("/proc/{}/mem", around.pid())).unwrap();
            memory.read_exact_at(&mut [0; 4], around.address).unwrap();
        }
        "set up a ring" => asked::ring(),
        "name itself" => rustix::thread::set_name(c"innocent").unwrap(),
        "read another descriptor" => drop(around.other.read(&mut [0; 8]).unwrap()),
        "write the content" => around.content.write_all(b"forged").unwrap(),
        "write the content through a mapping" => {
            asked::write_through_mapping(around.content.as_raw_fd()).unwrap();
            // Read as a worker may, so that nothing but the mapping can end it.
            let mut bytes = [0; 7];
            around.content.read_exact_at(&mut bytes, 0).unwrap();
            assert_eq!(&bytes, b"Xontent");
        }
        "make a folder" => drop(tempfile::tempdir().unwrap()),
        "abort" => std::process::abort(),
        "eat memory" => drop(std::hint::black_box(Vec::<u8>::with_capacity(2 << 30))),
        other => panic!("no such act: {other}"),
    }
}
