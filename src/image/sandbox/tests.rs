//! What a worker that somebody has taken over can still do.
//!
//! Each act is done in a process of its own, which is this test program started again: once confined, when the act must
//! end it, and once not, when it must succeed. No hook for this is in the product.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio, exit};

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
const FORBIDDEN: [&str; 12] = [
    "open a file",
    "open a socket",
    "open a local socket",
    "run a program",
    "become a program",
    "start a thread",
    "signal the parent",
    "watch the parent",
    "name itself",
    "read another descriptor",
    "write the content",
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
    let mut content = tempfile::tempfile().unwrap();
    content.write_all(b"content").unwrap();
    let mut other = File::open("/dev/zero").unwrap();
    let parent = rustix::process::getppid().unwrap();
    if std::env::var(CONFINED).unwrap() == "yes" {
        cap(1 << 30, 60).unwrap();
        filter(content.as_raw_fd()).unwrap();
    }
    do_it(&act, &mut content, &mut other, parent);
    exit(DONE);
}

fn do_it(act: &str, content: &mut File, other: &mut File, parent: Pid) {
    match act {
        "allocate" => drop(std::hint::black_box(vec![1_u8; 100 << 20])),
        "read the content" => {
            use std::os::unix::fs::FileExt as _;
            let mut bytes = [0; 7];
            content.read_exact_at(&mut bytes, 0).unwrap();
            assert_eq!(&bytes, b"content");
        }
        "write the answer" => std::io::stdout().write_all(b"{}").unwrap(),
        "wait" => drop(std::sync::Mutex::new(()).lock().unwrap()),
        "open a file" => drop(File::open("/dev/null").unwrap()),
        "open a socket" => drop(TcpListener::bind("127.0.0.1:0").unwrap()),
        "open a local socket" => drop(UnixDatagram::unbound().unwrap()),
        "run a program" => drop(Command::new("/bin/true").status().unwrap()),
        // Its own exit status, where it gets so far.
        "become a program" => panic!("{}", Command::new("/bin/sh").args(["-c", "exit 42"]).exec()),
        "start a thread" => std::thread::spawn(|| {}).join().unwrap(),
        "signal the parent" => rustix::process::test_kill_process(parent).unwrap(),
        "watch the parent" => {
            drop(rustix::process::pidfd_open(parent, rustix::process::PidfdFlags::empty()).unwrap());
        }
        "name itself" => rustix::thread::set_name(c"innocent").unwrap(),
        "read another descriptor" => drop(other.read(&mut [0; 8]).unwrap()),
        "write the content" => content.write_all(b"forged").unwrap(),
        "make a folder" => drop(tempfile::tempdir().unwrap()),
        "abort" => std::process::abort(),
        "eat memory" => drop(std::hint::black_box(Vec::<u8>::with_capacity(2 << 30))),
        other => panic!("no such act: {other}"),
    }
}
