//! Everything in one process: embedded endpoint, simulated gateway, topology, services.
//!
//! **Invariant:** the key pair for card data is drawn at start and never leaves the process.

use std::net::{Ipv4Addr, SocketAddr};

use runtime::provision::Change;
use runtime::{Aws, Environment, NoEffects, Running, Service, Settings};
use saga::{Channel, Topology};

use crate::Error;
use crate::cli::StackOptions;

/// A running stack.
pub struct Stack {
    /// The embedded endpoint.
    pub endpoint: local::Endpoint,
    /// The simulated gateway.
    pub gateway: gateway::Gateway,
    /// Clients of the endpoint.
    pub aws: Aws,
    /// The settings of all services.
    pub settings: Settings,
    /// What provisioning did.
    pub changes: Vec<Change>,
    services: Running,
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack").field("endpoint", &self.endpoint.url()).field("gateway", &self.gateway.url()).finish()
    }
}

impl Stack {
    /// Starts everything; the forced failures are on.
    ///
    /// # Errors
    ///
    /// [`Error`] when a port is taken, a folder cannot be used, or a setting is not allowed.
    pub async fn start(environment: &Environment, options: &StackOptions) -> Result<Self, Error> {
        let settings = Settings::read(environment)?;
        let data = options.data.clone();
        if let Some(folder) = &data {
            std::fs::create_dir_all(folder).map_err(|error| Error::Io(folder.display().to_string(), error))?;
        }
        let gateway = gateway::Gateway::start(gateway::Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.gateway_port)),
            ledger: data.as_ref().map(|folder| folder.join("gateway.jsonl")),
            hooks: true,
            faults: Vec::new(),
        })
        .await?;
        let endpoint = local::Endpoint::start(local::Options { port: options.port, data })?;
        let aws = Aws::at(&endpoint.url()).await?;
        let changes = runtime::provision::provision(&aws, &topology(&settings)).await?;
        let services = services(environment, &settings, &gateway.url())?;
        let services = Running::start(services, aws.clone(), settings.clone());
        Ok(Self { endpoint, gateway, aws, settings, changes, services })
    }

    /// Stops everything: services first, so that none meets a dead endpoint.
    pub async fn stop(self) {
        self.services.stop().await;
        self.gateway.stop().await;
        self.endpoint.stop();
    }
}

/// The topology under the prefix of these settings.
#[must_use]
pub fn topology(settings: &Settings) -> Topology {
    choreography::topology(&settings.names)
}

/// All services, with a key pair of their own and the hooks on.
fn services(environment: &Environment, settings: &Settings, gateway: &str) -> Result<Vec<Service>, Error> {
    let (private, public) = card::key_pair();
    let gateway = payment::gateway_of(&Environment::default().with(&payment::GATEWAY_URL, gateway))?;
    let request_topics = [Channel::FareRequests, Channel::OrderRequests].map(|channel| settings.names.topic(channel));
    let deadlines = booking::deadlines_of(environment)?;
    let booking = booking::Booking { key: public, request_topics, deadlines, hooks: true };
    Ok(vec![
        Service::new(booking, NoEffects),
        Service::new(payment::Payment { hooks: true }, payment::GatewayEffects::new(gateway, private)),
        Service::joined(fulfillment::Fulfillment { hooks: true }, |aws, settings| {
            fulfillment::StockEffects(runtime::Stock::new(aws, settings))
        }),
        Service::new(notifier::Notifier, NoEffects),
    ])
}
