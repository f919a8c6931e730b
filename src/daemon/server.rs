//! The control socket: one request a connection, answered in lines of JSON.
//!
//! The socket belongs to the user who runs the daemon (mode 0600); the process at the other end stands in the journal
//! beside what it asked for. What comes in is bounded in length, time and number, and wiped: it may hold a passphrase.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::requests::{Hooks, Peer, Requests};
use crate::control::{Answer, LONGEST_LINE, Refusal, Request};
use crate::pipeline::line::Line;

/// Connections that are served at the same time; what comes beyond is told to come back.
const MOST_SERVED: usize = 16;

/// Connections that are answered at all; what comes beyond is closed.
const MOST_CONNECTIONS: usize = 64;

/// How long a client may take to send its line, and to read the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the listening thread looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);

/// Serves the control socket at `socket` until `stop` is set. The thread ends once all it began is answered.
///
/// Whoever calls this holds the home's lock: a socket that is there belongs to a daemon that is no more, and is removed.
///
/// # Errors
/// When the socket cannot be bound.
pub fn serve(line: Arc<Line>, socket: PathBuf, stop: Arc<AtomicBool>, hooks: Arc<Hooks>) -> io::Result<JoinHandle<()>> {
    let listener = bind(&socket)?;
    let requests = Arc::new(Requests::new(line, hooks));
    std::thread::Builder::new().name("control".into()).spawn(move || {
        listen(&listener, &requests, &stop);
        // A client that comes now finds nobody, and says so.
        let _ = std::fs::remove_file(&socket);
    })
}

fn bind(socket: &Path) -> io::Result<UnixListener> {
    match std::fs::symlink_metadata(socket) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(socket)?,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "what is there is no socket")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    // The folder keeps others out until the mode is set.
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn listen(listener: &UnixListener, requests: &Arc<Requests>, stop: &AtomicBool) {
    let served = Arc::new(AtomicUsize::new(0));
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((stream, _)) => {
                threads.retain(|thread| !thread.is_finished());
                threads.extend(begin(stream, requests, &served));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait_for(listener),
            Err(error) => {
                // Out of descriptors, or the client was gone again.
                tracing::warn!(%error, "A control connection could not be accepted");
                std::thread::sleep(LOOK);
            }
        }
    }
    for thread in threads {
        // Handlers catch their own panics.
        let _ = thread.join();
    }
}

/// Waits for a connection, and no longer than until it is time to look whether to stop.
fn wait_for(listener: &UnixListener) {
    let mut fds = [rustix::event::PollFd::new(listener, rustix::event::PollFlags::IN)];
    let timeout = rustix::event::Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
    if rustix::event::poll(&mut fds, Some(&timeout)).is_err() {
        std::thread::sleep(LOOK);
    }
}

/// Serves a connection on a thread of its own.
fn begin(stream: UnixStream, requests: &Arc<Requests>, served: &Arc<AtomicUsize>) -> Option<JoinHandle<()>> {
    let place = Place::take(served);
    if place.number >= MOST_CONNECTIONS || stream.set_nonblocking(false).is_err() {
        return None;
    }
    let requests = Arc::clone(requests);
    let thread = std::thread::Builder::new().name("control request".into()).spawn(move || {
        converse(stream, &requests, place.number >= MOST_SERVED);
        drop(place);
    });
    thread.inspect_err(|error| tracing::error!(%error, "There is no thread for a control connection")).ok()
}

/// One of the places for connections; given back when dropped.
struct Place {
    served: Arc<AtomicUsize>,
    number: usize,
}

impl Place {
    fn take(served: &Arc<AtomicUsize>) -> Self {
        Self { served: Arc::clone(served), number: served.fetch_add(1, Ordering::SeqCst) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.served.fetch_sub(1, Ordering::SeqCst);
    }
}

fn converse(mut stream: UnixStream, requests: &Requests, busy: bool) {
    // Read in any case: closing on unread bytes would take the answer away from the client.
    let answer = match ask(&mut stream) {
        Ok(_) if busy => Err(Refusal::Environment { problem: "as many requests as can be are being answered".into() }),
        Ok((request, peer)) => {
            // A handler that crashed has changed nothing: its transaction was undone.
            std::panic::catch_unwind(AssertUnwindSafe(|| requests.answer(request, peer)))
                .unwrap_or_else(|_| Err(Refusal::Environment { problem: "the request crashed".into() }))
        }
        Err(refusal) => Err(refusal),
    };
    let answer = match answer {
        Ok(facts) => Answer::Done { facts },
        Err(refusal) => Answer::Refused(refusal),
    };
    send(&mut stream, &answer);
}

fn ask(stream: &mut UnixStream) -> Result<(Request, Peer), Refusal> {
    let failed = |error: io::Error| Refusal::Environment { problem: error.to_string() };
    let credentials = rustix::net::sockopt::socket_peercred(&*stream).map_err(|error| failed(error.into()))?;
    let peer = Peer { uid: credentials.uid.as_raw(), pid: credentials.pid.as_raw_nonzero().get() };
    let line = read_line(stream)?;
    // What cannot be read is not repeated: it may hold a passphrase.
    let bad = |error: serde_json::Error| Refusal::BadRequest {
        problem: format!("the request is not as this version writes it (column {})", error.column()),
    };
    Ok((serde_json::from_slice(&line).map_err(bad)?, peer))
}

/// Reads up to the end of the line. Nothing that was read stays in memory that is given back.
fn read_line(stream: &mut UnixStream) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let bad = |problem: &str| Refusal::BadRequest { problem: problem.to_owned() };
    let most = usize::try_from(LONGEST_LINE).unwrap_or(usize::MAX);
    let until = Instant::now() + PATIENCE;
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    let mut piece = Zeroizing::new([0_u8; 4096]);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(bad("it took too long to arrive"));
        }
        let read = stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut *piece));
        let piece = match read {
            Ok(0) => return Err(bad("it broke off")),
            Ok(length) => piece.get(..length).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => continue,
            Err(error) => return Err(Refusal::Environment { problem: error.to_string() }),
        };
        let (piece, ends) = match piece.iter().position(|&byte| byte == b'\n') {
            Some(end) => (piece.get(..end).unwrap_or_default(), true),
            None => (piece, false),
        };
        if line.len().saturating_add(piece.len()) > most {
            return Err(bad("it is too long"));
        }
        extend(&mut line, piece);
        if ends {
            return Ok(line);
        }
    }
}

/// Appends without leaving a copy behind where the vector has to move.
fn extend(line: &mut Zeroizing<Vec<u8>>, piece: &[u8]) {
    let needed = line.len().saturating_add(piece.len());
    if needed > line.capacity() {
        let mut wider = Zeroizing::new(Vec::with_capacity(needed.saturating_mul(2)));
        wider.extend_from_slice(line);
        *line = wider;
    }
    line.extend_from_slice(piece);
}

fn send(stream: &mut UnixStream, answer: &Answer) {
    let Ok(mut line) = serde_json::to_vec(answer) else { return };
    line.push(b'\n');
    // A client that has gone does not hear; what was done stands in the journal.
    let _ = stream.set_write_timeout(Some(PATIENCE)).and_then(|()| stream.write_all(&line));
}
