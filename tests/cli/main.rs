//! The command line from outside: the real program, its words, its JSON and its exit statuses.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that unwraps fails where it should"
)]

mod catalogue;
mod commands;
mod daemon;
mod faulty;
mod help;
mod home;
mod rows;
mod schemas;
mod timestamp;

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in a bare environment, in English unless `args` say otherwise.
fn torikomi(home: Option<&Path>, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torikomi"));
    command.env_clear().env("LC_ALL", "en_US.UTF-8").args(args).stdin(std::process::Stdio::null());
    if let Some(home) = home {
        command.env("TORIKOMI_HOME", home);
    }
    command.output().unwrap().into()
}

/// What came of it.
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The JSON it printed, one document and nothing else.
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}
