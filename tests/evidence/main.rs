//! Evidence before outside judges: OpenSSL, pyHanko, Python's `zipfile` and `unzip`.
//!
//! What we make they must accept, what they make we must accept, and whatever is changed must be refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod parts;
#[path = "../support/scripted.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod scripted;
mod servers;

mod asking;
mod authority;
mod container;
mod flips;
mod keys;
mod openssl;
mod pyhanko;
mod refusals;
mod tokens;
