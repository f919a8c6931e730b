//! `torikomi timestamp serve`: answers RFC 3161 requests with the key that `init` made, until it is told to stop.

use std::net::SocketAddr;

use tokio::signal::unix::{SignalKind, signal};

use crate::authority::serve::serve;
use crate::cli::page::Tone;
use crate::cli::{Answer, Desk, Failure};
use crate::config::Mode;
use crate::config::home::harden_process;
use crate::control::facts::Serving;
use crate::instant::Instant;
use crate::keyring;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3161")]
    listen: SocketAddr,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let environment = |problem: String| Failure::Start { problem };
    harden_process().map_err(|error| environment(error.to_string()))?;
    let (home, config) = desk.settings()?;
    if config.mode == Mode::Production {
        return Err(Failure::NoTimestamping);
    }
    let authority = keyring::timestamping(home.layout()).map_err(|error| environment(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| environment(error.to_string()))?;
    let served = runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        let listener = tokio::net::TcpListener::bind(args.listen).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let _ = desk.show(&Serving { url: url.clone() }, |page| {
            page.marked(Tone::Good, &desk.words.with("timestamp-serving", &[("url", url.into())]));
        });
        let stop = async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
        };
        serve(listener, authority, || Instant::from(jiff::Timestamp::now()), stop).await
    });
    match served {
        Ok(()) => Ok(Answer::Yes),
        Err(error) => Err(Failure::Listen { address: args.listen.to_string(), problem: error.to_string() }),
    }
}
