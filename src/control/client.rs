//! The asking end: one request, one answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::{Answer, LONGEST_LINE, Refusal, Request};

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no daemon answers at {socket}: start `torikomi serve`")]
    NoDaemon { socket: String },
    #[error("the daemon broke off: {0}; what it had done is in the journal")]
    BrokenOff(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Sends `request` to the daemon and waits for its answer.
///
/// # Errors
/// When no daemon runs, it breaks off, or it refuses.
pub fn ask(socket: &Path, request: &Request) -> Result<serde_json::Value, ClientError> {
    let mut stream =
        UnixStream::connect(socket).map_err(|_| ClientError::NoDaemon { socket: socket.display().to_string() })?;
    let broken = |error: std::io::Error| ClientError::BrokenOff(error.to_string());
    let mut line = serde_json::to_vec(request).map_err(|error| ClientError::BrokenOff(error.to_string()))?;
    line.push(b'\n');
    let sent = stream.write_all(&line);
    // It may hold a passphrase.
    zeroize::Zeroize::zeroize(&mut line);
    sent.map_err(broken)?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.by_ref().take(LONGEST_LINE * 16).read_line(&mut line).map_err(broken)?;
    if line.is_empty() {
        return Err(ClientError::BrokenOff("the connection was closed without an answer".into()));
    }
    match serde_json::from_str(&line).map_err(|error| ClientError::BrokenOff(error.to_string()))? {
        Answer::Done { facts } => Ok(facts),
        Answer::Refused(refusal) => Err(refusal.into()),
    }
}
