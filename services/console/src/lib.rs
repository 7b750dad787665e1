//! The operator's command, `ensemble`.
//!
//! **Invariant:** it has no power of its own: everything that it does to AWS goes through `runtime`, and every saga is
//! started by a message that any client could send.
//!
//! | file | command |
//! | --- | --- |
//! | [`cli`] | the commands, their options and their help |
//! | [`stack`] | everything in one process: embedded endpoint, gateway, topology, services |
//! | `demo`, `up` | a stack that plays the story, a stack that stays |
//! | `publish`, `watch`, `provision`, `run`, `serve`, `keys` | the parts, against any endpoint |
//! | [`request`] | a request for a fare, as a client publishes it |
//! | `draw` | how a path and an outcome look on a terminal |

pub mod cli;
mod demo;
mod draw;
mod keys;
mod provision;
mod publish;
pub mod request;
mod run;
mod serve;
pub mod stack;
mod up;
mod watch;

use std::process::ExitCode;

use runtime::settings::EX_CONFIG;
use runtime::{ConfigError, Environment, ServiceDied, Unavailable};

use crate::cli::{Cli, Command};

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
    /// The input breaks a rule; each line says which.
    #[error("{0}")]
    Input(String),
    /// The demo did not come out as it should.
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
            Self::Died(_) | Self::Endpoint(_) | Self::Gateway(_) | Self::Io(..) | Self::Unexpected(_) => 1,
        })
    }

    /// Whether standard output was closed before its end, as by `head`.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(_, error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    fn output(error: std::io::Error) -> Self {
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

/// Carries out a command.
///
/// # Errors
///
/// [`Error`].
pub async fn execute(cli: Cli, environment: Environment) -> Result<(), Error> {
    let environment = match &cli.endpoint_url {
        Some(url) => environment.with(&runtime::settings::ENDPOINT_URL, url),
        None => environment,
    };
    runtime::telemetry::start(&environment, cli.command.log_filter())?;
    match cli.command {
        Command::Demo(options) => demo::demo(&environment, &options).await,
        Command::Up(options) => up::up(&environment, &options).await,
        Command::Provision(options) => provision::provision(&environment, &options).await,
        Command::Publish { what } => publish::publish(&environment, &what).await,
        Command::Watch(options) => watch::watch(&environment, &options).await,
        Command::Run(options) => run::run(&environment, &options).await,
        Command::Local(options) => serve::local(options).await,
        Command::Gateway(options) => serve::gateway(&environment, options).await,
        Command::Keys => keys::keys(),
    }
}
