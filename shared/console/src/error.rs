//! Why a command failed, and the exit code that says so.

use std::process::ExitCode;

use runtime::settings::EX_CONFIG;
use runtime::{ConfigError, ServiceDied, Unavailable};

/// What the exit codes mean, for the help of a program.
pub const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed; 2 wrong usage; 65 the input breaks a rule; \
                              69 the endpoint does not answer; 78 a setting is missing or not allowed.";

/// The exit code for wrong usage, as clap has it.
const WRONG_USAGE: u8 = 2;

/// The exit code for input that breaks a rule: `EX_DATAERR` of `sysexits.h`.
const EX_DATAERR: u8 = 65;

/// The exit code for a dependency that does not answer: `EX_UNAVAILABLE` of `sysexits.h`.
const EX_UNAVAILABLE: u8 = 69;

/// Why a command failed.
///
/// # Examples
///
/// ```
/// use std::process::ExitCode;
///
/// use ensemble_console::Error;
///
/// let error = Error::Input("line 3: address: is missing".to_owned());
/// assert_eq!(error.exit_code(), ExitCode::from(65));
/// assert_eq!(error.to_string(), "line 3: address: is missing");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that is missing or not allowed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// AWS, or what stands in for it, does not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A service died.
    #[error(transparent)]
    Died(#[from] ServiceDied),
    /// A file cannot be read, or standard output cannot be written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// The options do not say what to do, or contradict each other.
    #[error("{0}")]
    Usage(String),
    /// The input breaks a rule; each line says which.
    #[error("{0}")]
    Input(String),
    /// The command did not do what it should, or something is not as it should be, such as a map that breaks a rule.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// The exit code: 1 in general, else as `sysexits.h` has it.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) => EX_CONFIG,
            Self::Unavailable(_) => EX_UNAVAILABLE,
            Self::Input(_) => EX_DATAERR,
            Self::Usage(_) => WRONG_USAGE,
            Self::Died(_) | Self::Io(..) | Self::Failed(_) => 1,
        })
    }

    /// Whether standard output was closed before its end, as by `head`.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(_, error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// The command failed because of this error and what caused it.
    #[must_use]
    pub fn because(error: &dyn std::error::Error) -> Self {
        Self::Failed(chain(error))
    }

    /// Standard output cannot be written.
    #[must_use]
    pub fn output(error: std::io::Error) -> Self {
        Self::Io("standard output".to_owned(), error)
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
