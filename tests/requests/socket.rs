//! The socket itself.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use torikomi::control::client::{ClientError, ask};
use torikomi::control::facts::Status;
use torikomi::control::{Refusal, Request};
use torikomi::daemon::requests::Hooks;
use torikomi::daemon::server::serve;

use crate::bench::Bench;

#[test]
fn a_request_is_a_line_and_so_is_its_answer() {
    let bench = Bench::new();
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let socket = bench.folder.path().join("s");
    // Left over from a daemon that is no more.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let noted = Arc::clone(&asked);
    let hooks = Hooks {
        stations: Box::new(Vec::new),
        wake_intake: Box::new(|_| ()),
        stop: Box::new(move || noted.store(true, Ordering::SeqCst)),
    };
    let line = Arc::clone(&bench.opened.line);
    let thread = serve(line, socket.clone(), Arc::clone(&stop), Arc::new(hooks)).unwrap();
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);

    let status: Status = serde_json::from_value(ask(&socket, &Request::Status).unwrap()).unwrap();
    assert_eq!((status.mode.as_str(), status.journal_size), ("evaluation", 1));
    assert_eq!(status.information_manager.as_deref(), Some("見本 情報"));

    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"{\"request\":\"identify\",\"secret words\":1}\n").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.contains("bad-request") && !answer.contains("secret words"), "{answer}");

    ask(&socket, &Request::Stop).unwrap();
    assert!(asked.load(Ordering::SeqCst));
    let session = torikomi::ids::SessionId::new();
    let unknown = ask(&socket, &Request::CloseSession { session });
    assert!(matches!(unknown, Err(ClientError::Refused(Refusal::Unknown { .. }))));

    stop.store(true, Ordering::SeqCst);
    thread.join().unwrap();
    assert!(matches!(ask(&socket, &Request::Status), Err(ClientError::NoDaemon { .. })));
}
