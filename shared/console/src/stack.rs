//! Everything in one process: the topology, the services, and an embedded endpoint unless there is another.

use operate::provision::Change;
use runtime::{Aws, Environment, Running, Service, Settings};
use wire::Vocabulary;

use crate::cli::LocalOptions;
use crate::console::Console;
use crate::{Error, check, local_endpoint};

/// A running stack.
///
/// # Examples
///
/// A program's own test plays a saga on an endpoint of its own. The services may be others than those of the console:
///
/// ```
/// use ensemble_console::{Console, LocalOptions, Request, Stack, publish_requests};
/// use map::Map;
/// use operate::operator::Outcomes;
/// use parcel::{Event, vocabulary::kinds};
/// use runtime::{Environment, NoEffects, Service, host};
///
/// let told = host::run(|_signals| async {
///     let map = Map::of::<Event>(&parcel::participants(), |_event| None);
///     let console = Console::<Event>::new("parcels", map, |_names, _settings, _environment| Ok(Vec::new()));
///     let (environment, options) = (Environment::default(), LocalOptions::default());
///     let stack = Stack::start(&console, &environment, &options, |settings| {
///         Ok(vec![
///             Service::new(parcel::Desk::new(&settings.names), NoEffects),
///             Service::new(parcel::vans(), NoEffects),
///             Service::new(parcel::couriers(), NoEffects),
///             Service::new(parcel::notifier(), NoEffects),
///         ])
///     })
///     .await?;
///
///     let request = Request::new(kinds::PARCEL, r#"{"address":"nowhere"}"#);
///     let started = publish_requests::<Event>(&stack.aws, &stack.settings, vec![request]).await;
///     assert!(started.iter().all(Result::is_ok));
///     let outcomes = Outcomes::new(&stack.aws, &stack.settings);
///     let told = outcomes.watch().recv().await.transpose()?;
///     stack.stop().await;
///     Ok::<_, ensemble_console::Error>(told)
/// });
/// let told = told.unwrap().unwrap().unwrap();
/// assert!(told.body.contains(r#""outcome":"compensated""#));
/// ```
pub struct Stack {
    /// The embedded endpoint, if the stack is on one of its own.
    pub endpoint: Option<local::Endpoint>,
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
        f.debug_struct("Stack").field("endpoint", &self.url()).finish_non_exhaustive()
    }
}

impl Stack {
    /// Starts an embedded endpoint, and on it what [`Stack::on`] starts.
    ///
    /// # Errors
    ///
    /// [`Error`] when a port is taken, a folder cannot be used, the map breaks a rule, or a setting is not allowed.
    pub async fn start<V: Vocabulary>(
        console: &Console<V>,
        environment: &Environment,
        options: &LocalOptions,
        services: impl FnOnce(&Settings) -> Result<Vec<Service>, Error>,
    ) -> Result<Self, Error> {
        let endpoint = local_endpoint::start(environment, options)?;
        let stack = Self::on(console, Aws::at(&endpoint.url()).await?, environment, services).await?;
        Ok(Self { endpoint: Some(endpoint), ..stack })
    }

    /// Holds the map to its rules, creates the topology on an endpoint that is there already, and starts these services.
    ///
    /// # Errors
    ///
    /// [`Error`] when the map breaks a rule, the endpoint does not answer, or a setting is not allowed.
    pub async fn on<V: Vocabulary>(
        console: &Console<V>,
        aws: Aws,
        environment: &Environment,
        services: impl FnOnce(&Settings) -> Result<Vec<Service>, Error>,
    ) -> Result<Self, Error> {
        check::refuse(&console.map)?;
        let settings = Settings::read(environment)?;
        let services = services(&settings)?;
        let changes = operate::provision::provision(&aws, &console.topology(&settings)).await?;
        let services = Running::start(services, aws.clone(), settings.clone());
        Ok(Self { endpoint: None, aws, settings, changes, services })
    }

    /// Stops everything: services first, so that none meets a dead endpoint.
    pub async fn stop(self) {
        self.services.stop().await;
        if let Some(endpoint) = self.endpoint {
            endpoint.stop();
        }
    }

    /// The URL of the endpoint; nothing for AWS itself.
    #[must_use]
    pub fn url(&self) -> &str {
        self.aws.endpoint().unwrap_or_default()
    }

    /// How much of the topology was created, and how much was there already.
    #[must_use]
    pub fn created_and_found(&self) -> (usize, usize) {
        let did = |did| self.changes.iter().filter(|change| change.did == did).count();
        (did(operate::provision::Did::Created), did(operate::provision::Did::Found))
    }
}
