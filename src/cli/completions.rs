//! `torikomi completions`: what a shell needs to complete the commands.

use clap_complete::Shell;

use super::{Answer, Desk, Failure, command};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(&desk.words), "torikomi", &mut script);
    desk.print(&String::from_utf8_lossy(&script))?;
    Ok(Answer::Yes)
}
