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
//! | `check` | the declared choreography, held to its rules |
//! | `sagas`, `stock` | sagas that are not over, the way of one, what is asked of it; what can be reserved |
//! | `parked`, `queues`, `age` | messages that wait for a person; how much waits in every queue |
//! | `probe` | whether an endpoint does what the runtime relies on |
//! | `render` | the choreography, drawn from what the services declare |
//! | [`request`] | a request for a fare or an order, as a client publishes it |
//! | `draw` | how a path and an outcome look on a terminal |

mod age;
mod audit;
mod check;
pub mod cli;
mod demo;
mod draw;
mod keys;
mod parked;
mod probe;
mod provision;
mod publish;
mod queues;
mod render;
pub mod request;
mod run;
mod sagas;
mod serve;
pub mod stack;
mod stock;
mod up;
mod watch;

use std::process::ExitCode;

use runtime::host::Signals;
use runtime::settings::EX_CONFIG;
use runtime::{CancellationToken, ConfigError, Environment, ServiceDied, Unavailable};

use crate::cli::{Cli, Command};

pub use serve::VARIABLES;

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
pub async fn execute(cli: Cli, environment: Environment, signals: Signals) -> Result<(), Error> {
    let environment = match &cli.endpoint_url {
        Some(url) => environment.with(&runtime::settings::ENDPOINT_OPTION, url),
        None => environment,
    };
    runtime::telemetry::start(&environment, cli.command.log_filter())?;
    let stop = if cli.command.stops_in_order() {
        signals.stop()
    } else {
        signals.end();
        CancellationToken::new()
    };
    match cli.command {
        Command::Demo(options) => demo::demo(&environment, &options, &stop).await,
        Command::Up(options) => up::up(&environment, &options, &stop).await,
        Command::Check(output) => check::check(output),
        Command::Provision(options) => provision::provision(&environment, &options).await,
        Command::Publish { what } => publish::publish(&environment, &what).await,
        Command::Watch(options) => watch::watch(&environment, &options, &stop).await,
        Command::Parked { what } => parked::parked(&environment, what, &stop).await,
        Command::Queues(options) => queues::queues(&environment, &options).await,
        Command::Sagas(options) => sagas::sagas(&environment, &options).await,
        Command::Trace(options) => sagas::trace(&environment, &options).await,
        Command::Cancel(options) => sagas::cancel(&environment, &options).await,
        Command::Retry(options) => sagas::retry(&environment, &options).await,
        Command::Resolve(options) => sagas::resolve(&environment, &options).await,
        Command::Stock { what } => stock::stock(&environment, &what).await,
        Command::Probe(output) => Box::pin(probe::probe(&environment, output, &stop)).await,
        Command::Audit(options) => audit::audit(&environment, &options).await,
        Command::Run(options) => run::run(&environment, &options, &stop).await,
        Command::Local(options) => serve::local(&environment, options, &stop).await,
        Command::Gateway(options) => serve::gateway(&environment, options, &stop).await,
        Command::Render { what } => render::render(what),
        Command::Keys(options) => keys::keys(&options),
    }
}
