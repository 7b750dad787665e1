//! `ensemble`, the operator's command.

use std::process::ExitCode;

use clap::Parser;

/// A service allocates for every call that it makes (ADR 0045).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    console::main(|signals| async {
        let cli = ensemble::cli::Cli::parse();
        ensemble::execute(cli, runtime::Environment::of_process(), signals).await
    })
}
