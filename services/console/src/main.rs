//! `ensemble`, the operator's command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    console::main(|signals| async {
        let cli = ensemble::cli::Cli::parse();
        ensemble::execute(cli, runtime::Environment::of_process(), signals).await
    })
}
