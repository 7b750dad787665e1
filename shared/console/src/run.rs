//! `run`: chosen services in this process.

use runtime::{CancellationToken, Environment, Settings};
use wire::Vocabulary;

use crate::Error;
use crate::cli::RunOptions;
use crate::console::Console;

/// Runs until the stop.
pub(crate) async fn run<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &RunOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let all = console.names();
    if let Some(unknown) = options.services.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(Error::Usage(format!("`{unknown}` is no service; there are {}", all.join(", "))));
    }
    // A name given twice is one service.
    let chosen: Vec<&str> = all.into_iter().filter(|name| options.services.iter().any(|given| given == name)).collect();
    let services = console.services(&chosen, &Settings::read(environment)?, environment)?;
    Ok(runtime::host::host(environment, |_| Ok(services), stop).await??)
}
