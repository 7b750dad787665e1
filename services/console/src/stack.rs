//! Everything in one process: simulated gateway, topology, services, and an embedded endpoint unless there is another.
//!
//! **Invariant:** the key pair for card data is drawn at start and never leaves the process.

use std::net::{Ipv4Addr, SocketAddr};

use booking::Booking;
use console::{Error, LocalOptions};
use runtime::{Aws, Counters, Environment, NoEffects, Service, Settings};

use crate::cli::StackOptions;
use crate::gateway_alone;
use crate::given::console;

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    /// The simulated gateway.
    pub gateway: gateway::Gateway,
    /// What the stack of any choreography has.
    pub running: console::Stack,
}

impl Stack {
    /// Starts everything on an embedded endpoint; the forced failures are on.
    ///
    /// # Errors
    ///
    /// [`Error`] when a port is taken, a folder cannot be used, or a setting is not allowed.
    pub async fn start(environment: &Environment, options: &StackOptions) -> Result<Self, Error> {
        let gateway = start_gateway(environment, options).await?;
        let url = gateway.url();
        let services = |settings: &_| services(environment, settings, &url);
        let local = LocalOptions { port: options.port, data: options.data.clone() };
        let running = console::Stack::start(&console(), environment, &local, services).await?;
        Ok(Self { gateway, running })
    }

    /// Starts everything else on an endpoint that is there already.
    ///
    /// # Errors
    ///
    /// [`Error`] when the gateway's port is taken, the endpoint does not answer, or a setting is not allowed.
    pub async fn on(aws: Aws, environment: &Environment, options: &StackOptions) -> Result<Self, Error> {
        let gateway = start_gateway(environment, options).await?;
        let url = gateway.url();
        let services = |settings: &_| services(environment, settings, &url);
        let running = console::Stack::on(&console(), aws, environment, services).await?;
        Ok(Self { gateway, running })
    }

    /// Stops everything: services first, so that none meets a dead gateway.
    pub async fn stop(self) {
        self.running.stop().await;
        self.gateway.stop().await;
    }

    /// The URL of the endpoint; nothing for AWS itself.
    #[must_use]
    pub fn url(&self) -> &str {
        self.running.url()
    }
}

/// Starts the simulated gateway, whose ledger is kept in the stack's folder.
async fn start_gateway(environment: &Environment, options: &StackOptions) -> Result<gateway::Gateway, Error> {
    let folder = options.data.as_ref();
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(|error| Error::Io(folder.display().to_string(), error))?;
    }
    gateway_alone::start(gateway::Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.gateway_port)),
        hosts: console::hosts(environment)?,
        ledger: folder.map(|folder| folder.join("gateway.jsonl")),
        hooks: true,
        faults: Vec::new(),
    })
    .await
}

/// All services, with a key pair of their own and the hooks on.
fn services(environment: &Environment, settings: &Settings, gateway: &str) -> Result<Vec<Service>, Error> {
    let (private, public) = card::key_pair();
    let gateway = payment::gateway_of(&Environment::default().with(&payment::GATEWAY_URL, gateway))?;
    let deadlines = booking::deadlines_of(environment)?;
    let booking = Booking { deadlines, hooks: true, ..Booking::new(public, &settings.names) };
    Ok(vec![
        Service::new(booking, NoEffects),
        Service::new(payment::payment(true), payment::GatewayEffects::new(gateway, private)),
        Service::joined(fulfillment::fulfillment(true), |aws, settings| {
            fulfillment::StockEffects(Counters::new(aws, settings, fulfillment::STOCK))
        }),
        Service::new(notifier::notifier(), NoEffects),
    ])
}
