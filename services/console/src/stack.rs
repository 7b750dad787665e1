//! Everything in one process: simulated gateway, topology, services, and an embedded endpoint unless there is another.
//!
//! **Invariant:** the key pair for card data is drawn at start and never leaves the process.

use std::net::{Ipv4Addr, SocketAddr};

use booking::Booking;
use operate::provision::Change;
use runtime::{Aws, Counters, Environment, NoEffects, Running, Service, Settings};
use saga::Topology;

use crate::Error;
use crate::cli::StackOptions;
use crate::serve::hosts;

/// A running stack.
pub struct Stack {
    /// The embedded endpoint, if the stack is on one of its own.
    pub endpoint: Option<local::Endpoint>,
    /// The simulated gateway.
    pub gateway: gateway::Gateway,
    /// Clients of the endpoint that it is on.
    pub aws: Aws,
    /// The settings of all services.
    pub settings: Settings,
    /// What provisioning did.
    pub changes: Vec<Change>,
    services: Running,
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack").field("endpoint", &self.url()).field("gateway", &self.gateway.url()).finish()
    }
}

impl Stack {
    /// Starts everything on an embedded endpoint; the forced failures are on.
    ///
    /// # Errors
    ///
    /// [`Error`] when a port is taken, a folder cannot be used, or a setting is not allowed.
    pub async fn start(environment: &Environment, options: &StackOptions) -> Result<Self, Error> {
        let data = options.data.clone();
        if let Some(folder) = &data {
            std::fs::create_dir_all(folder).map_err(|error| Error::Io(folder.display().to_string(), error))?;
        }
        let endpoint = local::Endpoint::start(local::Options { port: options.port, data, hosts: hosts(environment)? })?;
        let stack = Self::on(Aws::at(&endpoint.url()).await?, environment, options).await?;
        Ok(Self { endpoint: Some(endpoint), ..stack })
    }

    /// Starts everything else on an endpoint that is there already.
    ///
    /// # Errors
    ///
    /// [`Error`] when the gateway's port is taken, the endpoint does not answer, or a setting is not allowed.
    pub async fn on(aws: Aws, environment: &Environment, options: &StackOptions) -> Result<Self, Error> {
        let settings = Settings::read(environment)?;
        let gateway = gateway::Gateway::start(gateway::Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.gateway_port)),
            hosts: hosts(environment)?,
            ledger: options.data.as_ref().map(|folder| folder.join("gateway.jsonl")),
            hooks: true,
            faults: Vec::new(),
        })
        .await?;
        let changes = operate::provision::provision(&aws, &topology(&settings)).await?;
        let services = services(environment, &settings, &gateway.url())?;
        let services = Running::start(services, aws.clone(), settings.clone());
        Ok(Self { endpoint: None, gateway, aws, settings, changes, services })
    }

    /// Stops everything: services first, so that none meets a dead endpoint.
    pub async fn stop(self) {
        self.services.stop().await;
        self.gateway.stop().await;
        if let Some(endpoint) = self.endpoint {
            endpoint.stop();
        }
    }

    /// The URL of the endpoint; nothing for AWS itself.
    #[must_use]
    pub fn url(&self) -> &str {
        self.aws.endpoint().unwrap_or_default()
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
