//! `ensemble`, the operator's command.

use std::process::ExitCode;

use clap::Parser;
use ensemble::Error;

fn main() -> ExitCode {
    let done = runtime::host::run(|signals| async {
        let cli = ensemble::cli::Cli::parse();
        ensemble::execute(cli, runtime::Environment::of_process(), signals).await
    });
    match done.map_err(Error::from).flatten() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(error) if error.is_broken_pipe() => ExitCode::FAILURE,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            error.exit_code()
        }
    }
}
