//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(command) if command == "worker" => torikomi::image::worker::main(arguments),
        _ => ExitCode::from(2),
    }
}
