//! `ensemble`, the operator's command.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = console::cli::Cli::parse();
    match console::execute(cli, runtime::Environment::of_process()).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(error) if error.is_broken_pipe() => ExitCode::FAILURE,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            error.exit_code()
        }
    }
}
