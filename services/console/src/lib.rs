//! The operator's command of fares and orders, `ensemble`.
//!
//! **Invariant:** what it has in common with the command of any choreography is in the library `console`; here stands
//! what is ours.
//!
//! | file | command |
//! | --- | --- |
//! | `given` | what fares and orders give to the library |
//! | [`cli`] | the commands that are added, their options and their help |
//! | [`stack`] | everything in one process: embedded endpoint, gateway, topology, services |
//! | `demo`, `up`, `bench` | a stack that plays the story, a stack that stays, a stack that is measured |
//! | `rows`, `judge` | what is played, and whether it ended as it should |
//! | `stock`, `gateway`, `keys` | what can be reserved; the simulated payment gateway; key pairs for card data |

mod bench;
pub mod cli;
mod demo;
mod gateway_alone;
mod given;
mod judge;
mod keys;
mod new;
mod rows;
pub mod stack;
mod stock;
mod up;

use console::Error;
use runtime::Environment;
use runtime::host::Signals;

use crate::cli::{Cli, Command};

pub use bench::prices;
pub use given::console;

/// Carries out a command.
///
/// # Errors
///
/// [`Error`].
pub async fn execute(cli: Cli, environment: Environment, signals: Signals) -> Result<(), Error> {
    let console = console();
    let (environment, stop) = console.begin(&cli.endpoint, environment, signals, cli.command.manner())?;
    match cli.command {
        Command::Demo(options) => demo::demo(&environment, &options, &stop).await,
        Command::Bench(options) => bench::bench(&environment, &options, &stop).await,
        Command::Up(options) => up::up(&environment, &options, &stop).await,
        Command::Common(command) => console.execute(command, &environment, &stop).await,
        Command::Stock { what } => stock::stock(&environment, &what).await,
        Command::Gateway(options) => gateway_alone::gateway(&environment, options, &stop).await,
        Command::Keys(options) => keys::keys(&options),
        Command::New(options) => new::new(&options),
    }
}
