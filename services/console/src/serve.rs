//! `ensemble local` and `ensemble gateway`: the stand-ins, each alone.

use std::io::Write;
use std::net::SocketAddr;

use runtime::{CancellationToken, ConfigError, Environment, Variable};

use crate::Error;
use crate::cli::{GatewayOptions, LocalOptions};

const HOSTS: Variable = Variable {
    name: "ENSEMBLE_ALLOW_HOSTS",
    default: None,
    allowed: "names of hosts without a port, separated by commas",
    about: "by which other names than this machine's own, such as a container's, the embedded endpoint and the \
            simulated gateway may be called; under any other they answer 403",
};

/// Every variable of what listens for development.
pub const VARIABLES: &[&Variable] = &[&HOSTS];

/// The further names of what listens.
pub(crate) fn hosts(environment: &Environment) -> Result<Vec<String>, ConfigError> {
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

/// Serves the embedded endpoint until the stop.
pub(crate) async fn local(
    environment: &Environment,
    options: LocalOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let LocalOptions { port, data } = options;
    let endpoint = local::Endpoint::start(local::Options { port, data, hosts: hosts(environment)? })?;
    say(&format!("SQS, SNS and DynamoDB on {}; not for production", endpoint.url()))?;
    stop.cancelled().await;
    endpoint.stop();
    Ok(())
}

/// Serves the simulated gateway until the stop.
pub(crate) async fn gateway(
    environment: &Environment,
    options: GatewayOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let (hooks, _live) = switches::hooks(environment)?;
    let gateway = gateway::Gateway::start(gateway::Options {
        listen: SocketAddr::from((options.listen, options.gateway_port)),
        hosts: hosts(environment)?,
        ledger: options.ledger,
        hooks,
        faults: options.fault,
    })
    .await?;
    let hooks = if hooks { "on" } else { "off; ENSEMBLE_HOOKS=on switches them on" };
    say(&format!("simulated payment gateway on {}; forced failures {hooks}", gateway.url()))?;
    stop.cancelled().await;
    gateway.stop().await;
    Ok(())
}

fn say(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Error::output)
}
