//! `local`: the embedded AWS endpoint alone.

use std::io::Write;

use runtime::{CancellationToken, ConfigError, Environment, Variable};

use crate::Error;
use crate::cli::LocalOptions;

const HOSTS: Variable = Variable {
    name: "ENSEMBLE_ALLOW_HOSTS",
    default: None,
    allowed: "names of hosts without a port, separated by commas",
    about: "by which other names than this machine's own, such as a container's, what listens for development may be \
            called; under any other it answers 403",
};

/// Every variable of what listens for development.
pub const VARIABLES: &[&Variable] = &[&HOSTS];

/// By which names besides this machine's own what listens for development may be called.
///
/// # Errors
///
/// [`ConfigError`] for a name that is not allowed.
pub fn hosts(environment: &Environment) -> Result<Vec<String>, ConfigError> {
    if !environment.is_set(&HOSTS) {
        return Ok(Vec::new());
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(is_part);
    environment.read(&HOSTS, |text| {
        let names = text.split(',').map(str::trim);
        names.map(|name| Some(name).filter(is_name).map(str::to_owned)).collect()
    })
}

/// Starts the embedded endpoint, in whose folder the tables are kept.
pub(crate) fn start(environment: &Environment, options: &LocalOptions) -> Result<local::Endpoint, Error> {
    let LocalOptions { port, data } = options.clone();
    if let Some(folder) = &data {
        std::fs::create_dir_all(folder).map_err(|error| Error::Io(folder.display().to_string(), error))?;
    }
    local::Endpoint::start(local::Options { port, data, hosts: hosts(environment)? })
        .map_err(|error| Error::because(&error))
}

/// Serves the embedded endpoint until the stop.
pub(crate) async fn serve(
    environment: &Environment,
    options: &LocalOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let endpoint = start(environment, options)?;
    let mut out = anstream::stdout();
    writeln!(out, "SQS, SNS and DynamoDB on {}; not for production", endpoint.url())
        .and_then(|()| out.flush())
        .map_err(Error::output)?;
    stop.cancelled().await;
    endpoint.stop();
    Ok(())
}
