//! Bytes to measurements, in a worker process, within limits.
