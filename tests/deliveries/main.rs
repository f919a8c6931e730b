//! Scans that come over the network, through the servers that hospitals use: Samba, FTP (proftpd), SFTP (OpenSSH).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

#[path = "../support/account.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod account;
#[path = "../support/burst.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod burst;
mod clients;
mod cut;
mod full;
#[path = "../support/served.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod hospital;
#[path = "../../src/durable/testing.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod mounts;
mod reused;
mod servers;
mod slowly;
mod whole;
