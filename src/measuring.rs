//! Sends custody's bytes to a worker and keeps what it measured.
