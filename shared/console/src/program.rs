//! A program of commands: its threads, its signals and its exit code.

use std::process::ExitCode;

use runtime::host::{self, Signals};

use crate::Error;

/// Runs a program on the threads of this machine, and says on standard error why it failed, if it did.
///
/// The exit code is 0, or that of the [`Error`].
///
/// # Examples
///
/// [`Console::execute`](crate::Console::execute) shows a program that reads its commands. This one only waits:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     ensemble_console::main(|signals| async move {
///         signals.stop().cancelled().await;
///         Ok(())
///     })
/// }
/// ```
pub fn main<F: Future<Output = Result<(), Error>>>(program: impl FnOnce(Signals) -> F) -> ExitCode {
    match host::run(program).map_err(Error::from).flatten() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(error) if error.is_broken_pipe() => ExitCode::FAILURE,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            error.exit_code()
        }
    }
}
