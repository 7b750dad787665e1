//! `ensemble local` and `ensemble gateway`: the stand-ins, each alone.

use std::io::Write;
use std::net::SocketAddr;

use runtime::Environment;
use runtime::host::stop_on_signal;

use crate::Error;
use crate::cli::{GatewayOptions, LocalOptions};

/// Serves the embedded endpoint until Ctrl-C.
pub(crate) async fn local(options: LocalOptions) -> Result<(), Error> {
    let stop = stop_on_signal();
    let endpoint = local::Endpoint::start(local::Options { port: options.port, data: options.data })?;
    say(&format!("SQS, SNS and DynamoDB on {}; not for production", endpoint.url()))?;
    stop.cancelled().await;
    endpoint.stop();
    Ok(())
}

/// Serves the simulated gateway until Ctrl-C.
pub(crate) async fn gateway(environment: &Environment, options: GatewayOptions) -> Result<(), Error> {
    let stop = stop_on_signal();
    let (hooks, _live) = runtime::settings::hooks(environment)?;
    let gateway = gateway::Gateway::start(gateway::Options {
        listen: SocketAddr::from((options.listen, options.gateway_port)),
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
