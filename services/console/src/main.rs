//! `ensemble`, the operator's command.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = console::cli::Cli::parse();
    match console::execute(cli, runtime::Environment::of_process()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            error.exit_code()
        }
    }
}
