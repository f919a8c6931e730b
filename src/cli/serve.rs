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
