//! `torikomi man`: writes a manual page for every command.

use std::path::PathBuf;

use super::{Answer, Desk, Failure, command};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    clap_mangen::generate_to(command(&desk.words), &args.folder)
        .map_err(|error| Failure::file(&args.folder, &error))?;
    Ok(Answer::Yes)
}
