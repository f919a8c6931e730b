//! The whole line through the doors of a daemon that runs as a process: real scanners, real authorities, real trouble.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

#[path = "../support/account.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod account;
mod ahead;
mod apart;
mod against;
mod anchor;
mod authorities;
mod back_dated;
mod backed_up;
mod backup;
mod backup_compares;
#[path = "../support/burst.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod burst;
mod busy;
mod by_index;
mod ceremony;
mod claims;
mod clocks;
mod copied_ahead;
mod copies_of_one;
mod damaged;
mod disk;
mod disposal;
mod disposed_on_server;
mod doubted_later;
mod equal;
mod ended;
mod equal_later_pages;
mod equal_pages;
#[path = "../image/files.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod files;
mod flags;
mod folders;
#[path = "../support/foreign.rs"]
mod foreign;
mod home;
#[path = "../support/served.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod hospital;
#[allow(dead_code, reason = "others use what is not used here")]
#[path = "../../src/durable/testing.rs"]
mod mounts;
mod damaged_database;
mod damaged_signature;
mod judged_by;
mod list_of_a_batch;
mod list_waits;
mod lists;
mod looked_at;
mod many_copies;
mod many_files;
mod nasty;
mod newer;
mod newer_measured;
mod not_taken;
mod notes;
mod objects;
mod one_bad;
mod operators;
mod pending_doubt;
mod permissions;
#[path = "../support/postgres.rs"]
mod postgres;
mod postgresql;
mod production;
#[path = "../support/program.rs"]
mod program;
mod proven;
mod pushed_out;
mod put_back;
mod rebuilt;
mod rebuilt_beside;
mod rebuilt_claims;
mod rebuilt_copies;
mod rebuilt_doubt;
mod rebuilt_names;
mod rebuilt_past;
mod rebuilt_refused;
mod rebuilt_sidecar;
mod regrown;
mod restored;
mod restored_decisions;
mod restored_doubt;
mod restored_keys;
mod restored_offices;
mod reused;
#[path = "../support/s3.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod s3;
mod scanners;
#[path = "../support/scripted.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod scripted;
mod set_right;
mod shared_store;
mod shown;
mod silence;
mod stamped;
mod stamped_lost;
mod stays;
mod starting;
#[path = "../support/schema.rs"]
mod schema;
mod stamping;
mod stepped;
mod suspended;
mod store_check;
mod superseding;
mod tsa;
mod unknown_signer;
mod unmounted;
mod watched;
mod unproven;
mod weaker;
mod workers;

/// Waits at most a minute: a slow machine is slow, and a broken line fails.
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < std::time::Duration::from_secs(60) {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    None
}
