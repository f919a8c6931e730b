//! The program as somebody types it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in a bare environment, in English unless `args` say otherwise.
pub fn command(home: Option<&Path>, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torikomi"));
    command.env_clear().env("LC_ALL", "en_US.UTF-8").args(args).stdin(Stdio::null());
    if let Some(home) = home {
        command.env("TORIKOMI_HOME", home);
    }
    command
}

/// Runs it to its end.
pub fn torikomi(home: Option<&Path>, args: &[&str]) -> Ran {
    command(home, args).output().unwrap().into()
}

/// What came of it.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
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
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}
