//! The worker's own side: `torikomi worker`, not for people.
//!
//! One request, one content, one answer, then it ends. The content's read-only descriptor is its standard input; the
//! answer, canonical JSON of [`Measurements`](crate::measurements::Measurements), goes to standard output. It computes
//! the content's digest itself, before any decoder has run, so that the parent can tell measurements of other bytes
//! (a disk that rots, a file that was swapped) from those of the bytes that were taken in. Somebody who takes over a
//! worker can answer what he likes, with or without the right digest, about that one document.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use super::sandbox::{self, Sandbox, SandboxError};
use super::{Limits, Source, measure_source};

/// A request that makes no sense.
pub(super) const USAGE: u8 = 64;
/// The worker broke down before it had an answer.
pub(super) const BROKEN: u8 = 70;
/// The content could not be read from the disk.
pub(super) const CANNOT_READ: u8 = 74;
/// The kernel would not confine it.
pub(super) const CANNOT_SANDBOX: u8 = 77;

/// What a worker is asked, as its one argument.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) job: Job,
    pub(super) limits: Limits,
    pub(super) sandbox: Sandbox,
    pub(super) memory_bytes: u64,
    pub(super) cpu_seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Job {
    Measure,
    /// Confine itself as for measuring, read nothing, and say whether that worked.
    Probe,
}

/// Runs a worker; `arguments` are those after `worker`.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let (Some(request), None) = (arguments.next(), arguments.next()) else { return USAGE.into() };
    let Some(request) = request.to_str().and_then(|text| serde_json::from_str::<Request>(text).ok()) else {
        return USAGE.into();
    };
    // A decoder's panic is an answer here, not something to print: the text may quote the content.
    std::panic::set_hook(Box::new(|_| {}));
    let Ok(content) = io::stdin().as_fd().try_clone_to_owned().map(File::from) else { return CANNOT_READ.into() };
    if sandbox::cap(request.memory_bytes, request.cpu_seconds).is_err() && request.sandbox == Sandbox::Required {
        return CANNOT_SANDBOX.into();
    }
    // On the main thread: the allocator gives other threads heaps of their own, and opens a file before it shrinks one.
    match catch_unwind(AssertUnwindSafe(|| work(&request, content))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(status)) => status.into(),
        Err(_) => BROKEN.into(),
    }
}

/// The filter comes after everything that needs more than it allows.
fn work(request: &Request, content: File) -> Result<(), u8> {
    let descriptor = content.as_raw_fd();
    let source = Source::new(content).map_err(|_| CANNOT_READ)?;
    let mut out = io::stdout().lock();
    confine(request.sandbox, sandbox::filter(descriptor))?;
    if request.job == Job::Probe {
        return Ok(());
    }
    let measurements = measure_source(&source, &request.limits).map_err(|_| CANNOT_READ)?;
    let answer = serde_json_canonicalizer::to_vec(&measurements).map_err(|_| BROKEN)?;
    out.write_all(&answer).and_then(|()| out.flush()).map_err(|_| BROKEN)
}

fn confine(sandbox: Sandbox, result: Result<(), SandboxError>) -> Result<(), u8> {
    match (result, sandbox) {
        (Err(_), Sandbox::Required) => Err(CANNOT_SANDBOX),
        _ => Ok(()),
    }
}
