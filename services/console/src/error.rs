//! Why a command failed, and the exit code that says so.

use std::process::ExitCode;

use runtime::settings::EX_CONFIG;
use runtime::{ConfigError, ServiceDied, Unavailable};

/// The exit code for wrong usage, as clap has it.
const WRONG_USAGE: u8 = 2;

/// The exit code for input that breaks a rule: `EX_DATAERR` of `sysexits.h`.
const EX_DATAERR: u8 = 65;

/// The exit code for a dependency that does not answer: `EX_UNAVAILABLE` of `sysexits.h`.
const EX_UNAVAILABLE: u8 = 69;

/// Why a command failed.
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
    /// The embedded endpoint did not start.
    #[error("{}", chain(.0))]
    Endpoint(#[from] local::StartError),
    /// The payment gateway did not start.
    #[error("{}", chain(.0))]
    Gateway(#[from] gateway::StartError),
    /// A file cannot be read, or standard output cannot be written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// The options do not say what to do, or contradict each other.
    #[error("{0}")]
    Usage(String),
    /// The input breaks a rule; each line says which.
    #[error("{0}")]
    Input(String),
    /// The demo did not come out as it should, or the choreography breaks a rule.
    #[error("{0}")]
    Unexpected(String),
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
            Self::Died(_) | Self::Endpoint(_) | Self::Gateway(_) | Self::Io(..) | Self::Unexpected(_) => 1,
        })
    }

    /// Whether standard output was closed before its end, as by `head`.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(_, error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// Standard output cannot be written.
    pub(crate) fn output(error: std::io::Error) -> Self {
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
