//! `ensemble gateway`: the simulated payment gateway alone.

use std::io::Write;
use std::net::SocketAddr;

use console::Error;
use runtime::{CancellationToken, Environment};

use crate::cli::GatewayOptions;

/// Serves the simulated gateway until the stop.
pub(crate) async fn gateway(
    environment: &Environment,
    options: GatewayOptions,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let (hooks, _live) = switches::hooks(environment)?;
    let gateway = start(gateway::Options {
        listen: SocketAddr::from((options.listen, options.gateway_port)),
        hosts: console::hosts(environment)?,
        ledger: options.ledger,
        hooks,
        faults: options.fault,
    })
    .await?;
    let hooks = if hooks { "on" } else { "off; ENSEMBLE_HOOKS=on switches them on" };
    let mut out = anstream::stdout();
    writeln!(out, "simulated payment gateway on {}; forced failures {hooks}", gateway.url())
        .and_then(|()| out.flush())
        .map_err(Error::output)?;
    stop.cancelled().await;
    gateway.stop().await;
    Ok(())
}

/// Starts a simulated gateway.
pub(crate) async fn start(options: gateway::Options) -> Result<gateway::Gateway, Error> {
    gateway::Gateway::start(options).await.map_err(|error| Error::because(&error))
}
