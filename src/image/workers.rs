//! The parent's side: starts a worker for one content, waits no longer than it must, and believes nothing unread.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::sandbox::Sandbox;
use super::worker::{CANNOT_READ, CANNOT_SANDBOX, Job, Request};
use super::{Limits, answer};
use crate::ids::Digest;
use crate::measurements::{Fault, Measurements};

/// What an answer may be long: some hundred pages with dozens of images each take a tenth of it.
const MOST_ANSWER_BYTES: usize = 16 << 20;
/// What a worker's last words may be long. Only the runtime prints any.
const MOST_LAST_WORDS: usize = 4096;
/// How often a worker that reads nothing is started until one tells whether it could be confined.
const MOST_PROBES: usize = 3;
/// What the runtime prints when memory runs out, before it aborts.
const OUT_OF_MEMORY: &str = "memory allocation of ";

/// Starts workers. Each call runs one process to its end on the calling thread; how many run at once is the caller's
/// choice.
#[derive(Clone, Debug)]
pub struct Workers {
    binary: PathBuf,
    limits: Limits,
    sandbox: Sandbox,
    memory_bytes: u64,
    patience: Duration,
}

/// Why there are no measurements.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The document's own doing, as far as can be told. Try it once more alone; if it happens again, keep
    /// [`unmeasured`](super::unmeasured) and hold the document for a person.
    #[error("the worker gave no answer: {fault:?}")]
    Fault { fault: Fault },
    /// Nobody's document is to blame, and no other will fare better: stop measuring and tell the administrator, who
    /// allows seccomp or sets `sandbox = "best-effort"`.
    #[error("this system cannot confine a worker, and the settings require it")]
    CannotSandbox,
    /// The system has no process, memory or descriptor to spare, or the binary is gone: wait and try again.
    #[error("a worker cannot be started: {0}")]
    CannotStart(#[source] io::Error),
    /// The disk failed under the worker: pause, and look at the disk.
    #[error("the worker cannot read the content from the disk")]
    CannotRead,
    /// The bytes are not those that were taken in: the copy in custody is damaged, or was exchanged.
    #[error("the content has changed: taken in as {expected}, now {found}")]
    ContentChanged { expected: Digest, found: Digest },
}

impl Workers {
    /// `binary` is this program; two minutes and 1.5 GiB for each content unless set otherwise.
    #[must_use]
    pub fn new(binary: PathBuf, limits: Limits, sandbox: Sandbox) -> Self {
        Self { binary, limits, sandbox, memory_bytes: 3 << 29, patience: Duration::from_secs(120) }
    }

    /// The most address space that a worker may ask for, its own program included.
    #[must_use]
    pub fn with_memory(self, memory_bytes: u64) -> Self {
        Self { memory_bytes, ..self }
    }

    /// The longest that one content may take, by the clock on the wall. Its processor time is capped at the same.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Measures one content, which `digest` was taken of at intake. The descriptor's reading position is not used and
    /// not moved.
    ///
    /// # Errors
    /// See [`WorkerError`]: only one of its variants is about the document.
    pub fn measure(&self, content: &File, digest: &Digest) -> Result<Measurements, WorkerError> {
        let length = content.metadata().map_err(WorkerError::CannotStart)?.len();
        let bytes = self.run(Job::Measure, content)?;
        let measurements =
            answer::read(&bytes, length, &self.limits).ok_or(WorkerError::Fault { fault: Fault::BadAnswer })?;
        if measurements.content != *digest {
            return Err(WorkerError::ContentChanged { expected: *digest, found: measurements.content });
        }
        Ok(measurements)
    }

    /// Whether workers can be confined here; asked by `serve` before it takes anything in, and shown by `status`.
    ///
    /// # Errors
    /// [`WorkerError::CannotSandbox`] where the kernel will not, whatever the setting; others where none can start.
    pub fn probe(&self) -> Result<(), WorkerError> {
        let nothing = File::open("/dev/null").map_err(WorkerError::CannotStart)?;
        let strict = Self { sandbox: Sandbox::Required, ..self.clone() };
        let mut probed = strict.run(Job::Probe, &nothing);
        // One that is killed, by a kernel short of memory or by hand, tells nothing of the others.
        for _ in 1..MOST_PROBES {
            if !matches!(probed, Err(WorkerError::Fault { .. })) {
                break;
            }
            probed = strict.run(Job::Probe, &nothing);
        }
        probed.map(|_| ())
    }

    fn run(&self, job: Job, content: &File) -> Result<Vec<u8>, WorkerError> {
        let request = Request {
            job,
            limits: self.limits,
            sandbox: self.sandbox,
            memory_bytes: self.memory_bytes,
            cpu_seconds: self.seconds(),
        };
        let request = serde_json::to_string(&request).map_err(|error| WorkerError::CannotStart(error.into()))?;
        let worker = Command::new(&self.binary)
            .args(["worker", &request])
            .env_clear()
            // A page is one large piece of memory: in huge pages the kernel hands it over in a fraction of the faults.
            .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
            .current_dir("/")
            .stdin(content.try_clone().map_err(WorkerError::CannotStart)?)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(WorkerError::CannotStart)?;
        let ended = Running(worker).until(self.patience).map_err(WorkerError::CannotStart)?;
        match ended {
            Ended::Exited { status, answer, last_words } => match status.code() {
                Some(0) if answer.len() <= MOST_ANSWER_BYTES => Ok(answer),
                // A worker that a file has taken over may say so too, and must not stop the others.
                Some(code) if code == i32::from(CANNOT_SANDBOX) && (job == Job::Probe || self.cannot_confine()) => {
                    Err(WorkerError::CannotSandbox)
                }
                Some(code) if code == i32::from(CANNOT_READ) => Err(WorkerError::CannotRead),
                _ => Err(WorkerError::Fault { fault: self.fault(status, &last_words) }),
            },
            Ended::TooLong => Err(WorkerError::Fault { fault: Fault::BadAnswer }),
            Ended::TooLate => Err(WorkerError::Fault { fault: Fault::TimedOut { after_seconds: self.seconds() } }),
        }
    }

    /// Whether the kernel confines no worker as it is set, not even one that reads nothing.
    fn cannot_confine(&self) -> bool {
        let probed = File::open("/dev/null")
            .map_err(WorkerError::CannotStart)
            .and_then(|nothing| self.run(Job::Probe, &nothing));
        matches!(probed, Err(WorkerError::CannotSandbox))
    }

    fn fault(&self, status: ExitStatus, last_words: &[u8]) -> Fault {
        match (status.signal(), status.code()) {
            (Some(libc::SIGXCPU), _) => Fault::TimedOut { after_seconds: self.seconds() },
            (Some(libc::SIGABRT), _) if String::from_utf8_lossy(last_words).contains(OUT_OF_MEMORY) => {
                Fault::OutOfMemory
            }
            (Some(signal), _) => Fault::Killed { signal },
            (None, Some(0)) => Fault::BadAnswer,
            (None, status) => Fault::Exited { status: status.unwrap_or(-1) },
        }
    }

    fn seconds(&self) -> u64 {
        self.patience.as_secs().max(1)
    }
}

/// A worker that is killed and reaped when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended and reaped in most cases; then neither call does anything.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

enum Ended {
    Exited {
        status: ExitStatus,
        answer: Vec<u8>,
        last_words: Vec<u8>,
    },
    /// It wrote more than any answer needs.
    TooLong,
    TooLate,
}

impl Running {
    /// Reads both pipes until they close and the process has ended, or time is up.
    fn until(mut self, patience: Duration) -> io::Result<Ended> {
        let deadline = Instant::now() + patience;
        let process = pidfd_open(Pid::from_child(&self.0), PidfdFlags::empty())?;
        let mut out = self.0.stdout.take();
        let mut err = self.0.stderr.take();
        let (mut answer, mut last_words) = (Vec::new(), Vec::new());
        let mut block = vec![0; 64 * 1024];
        let mut ended = false;
        while !ended || out.is_some() || err.is_some() {
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return Ok(Ended::TooLate);
            };
            let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
            let ready = {
                let mut waiting = Vec::with_capacity(3);
                waiting.extend(out.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
                waiting.extend(err.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
                if !ended {
                    waiting.push(PollFd::new(&process, PollFlags::IN));
                }
                match poll(&mut waiting, Some(&left)) {
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
                let mut ready = waiting.iter().map(|fd| !fd.revents().is_empty());
                let mut next = |open: bool| open && ready.next().unwrap_or(false);
                [next(out.is_some()), next(err.is_some()), next(!ended)]
            };
            let [out_ready, err_ready, process_ready] = ready;
            if out_ready && take(&mut out, &mut block, &mut answer, MOST_ANSWER_BYTES + 1)? > MOST_ANSWER_BYTES {
                return Ok(Ended::TooLong);
            }
            if err_ready {
                take(&mut err, &mut block, &mut last_words, MOST_LAST_WORDS)?;
            }
            ended |= process_ready;
        }
        Ok(Ended::Exited { status: self.0.wait()?, answer, last_words })
    }
}

/// Reads what is there, keeps it up to `most`, lets the rest fall, and says how much is kept. A closed pipe is dropped.
fn take(pipe: &mut Option<impl io::Read>, block: &mut [u8], kept: &mut Vec<u8>, most: usize) -> io::Result<usize> {
    let Some(open) = pipe else { return Ok(kept.len()) };
    match open.read(block) {
        Ok(0) => *pipe = None,
        Ok(n) => kept.extend(block.iter().take(n.min(most.saturating_sub(kept.len())))),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(error) => return Err(error),
    }
    Ok(kept.len())
}
