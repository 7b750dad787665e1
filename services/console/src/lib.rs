//! The operator's command, `ensemble`.
//!
//! **Invariant:** it has no power of its own: everything that it does to AWS goes through `runtime` and `operate`, and
//! every saga is started by a message that any client could send.
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
//! | `cleaning` | what must not be kept |
//! | `error` | why a command failed, and its exit code |
//! | `draw` | how a path and an outcome look on a terminal |

mod age;
mod audit;
mod check;
mod cleaning;
pub mod cli;
mod demo;
mod draw;
mod error;
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

use runtime::host::Signals;
use runtime::{CancellationToken, Environment};

use crate::cli::{Cli, Command};

pub use error::Error;
pub use serve::VARIABLES;

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
    runtime::telemetry::start(&environment, switches::CRATES, cli.command.log_filter())?;
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
        Command::Publish(options) => publish::publish(&environment, &options).await,
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
