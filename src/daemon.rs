//! Starts everything, serves the control socket, stops cleanly.

pub mod open;
pub mod requests;
pub mod server;
