//! Arguments in, exit code out.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Not for people: the line starts one for every file it looks into, so it must not wait for help texts to be read.
    if arguments.get(1).is_some_and(|command| command == "worker") {
        return torikomi::image::worker::main(arguments.into_iter().skip(2));
    }
    torikomi::cli::main(arguments)
}
