//! `torikomi serve`: the daemon.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::page::Tone;
use super::{Answer, Desk, Failure};
use crate::config::home::harden_process;
use crate::control::facts::Serving;
use crate::daemon::{self, Daemon};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Log lines as JSON, one object a line.
    #[arg(long)]
    log_json: bool,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    start_logging(args.log_json);
    log_panics();
    let runtime = runtime()?;
    let (daemon, stopped) = start(desk.home()?.layout().root().to_owned(), &runtime)?;
    let socket = daemon::socket(&daemon.line);
    let _ = desk.show(&Serving { url: socket.display().to_string() }, |page| {
        page.marked(Tone::Good, &desk.words.with("serve-started", &[("socket", socket.display().to_string().into())]));
    });
    wait_for_stop(&runtime, &stopped)?;
    drop(daemon);
    Ok(Answer::Yes)
}

/// Tells that somebody asked the daemon to stop over its socket.
pub(super) type Stopped = Arc<tokio::sync::Notify>;

/// Starts the daemon of a home, with its control socket.
pub(super) fn start(root: PathBuf, runtime: &tokio::runtime::Runtime) -> Result<(Daemon, Stopped), Failure> {
    harden_process().map_err(|error| Failure::start(&error))?;
    let binary = std::env::current_exe().map_err(|error| Failure::start(&error))?;
    let stopped = Stopped::default();
    let stop = Arc::clone(&stopped);
    let mut daemon = daemon::start(&root, runtime.handle(), &binary)?;
    daemon.serve_requests(move || stop.notify_one()).map_err(|error| Failure::start(&error))?;
    Ok((daemon, stopped))
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::start(&error))
}

/// Waits until a signal or a request asks for the end.
pub(super) fn wait_for_stop(runtime: &tokio::runtime::Runtime, stopped: &Stopped) -> Result<(), Failure> {
    runtime
        .block_on(async {
            let mut terminated = signal(SignalKind::terminate())?;
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
                () = stopped.notified() => {}
            }
            Ok::<_, std::io::Error>(())
        })
        .map_err(|error| Failure::start(&error))
}

/// Log lines go to standard error; `RUST_LOG` chooses which.
fn start_logging(as_json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if as_json { builder.json().init() } else { builder.init() }
}

/// What a panic says may quote what was stumbled over, a name for instance. Where it happened is enough to look for the cause.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(
            thread = std::thread::current().name(),
            "The program stumbled at {place}: please report this line"
        );
    }));
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, set_hook, take_hook};

    use super::*;

    #[test]
    fn a_panic_says_where_and_not_over_what() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let writer = Arc::new(log.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_writer(writer).finish();
        let before = take_hook();
        log_panics();
        // Not at the border of a character: the message quotes the text.
        let stumble = || drop(std::hint::black_box("架空 花子")[std::hint::black_box(1)..].to_owned());
        let caught = tracing::subscriber::with_default(subscriber, || catch_unwind(stumble));
        set_hook(before);
        let quoted = caught.unwrap_err().downcast::<String>().unwrap();
        assert!(quoted.contains("花子"), "{quoted}");
        let log = std::fs::read_to_string(log.path()).unwrap();
        assert!(log.contains(file!()) && !log.contains("花子"), "{log}");
    }
}
