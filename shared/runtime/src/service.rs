//! A service, ready to run: a participant with its effects, joined to AWS.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use saga::{Door, Participant};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::announcer::Announcer;
use crate::aws::Aws;
use crate::breaker::Breakers;
use crate::cleaning::Cleaning;
use crate::consumer::Consumer;
use crate::counters::Counters;
use crate::early::Early;
use crate::effects::Perform;
use crate::locks::SagaLocks;
use crate::queue::Queue;
use crate::settings::Settings;
use crate::slots::Slots;
use crate::store::Store;

/// Ends when all consumers of a service have.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A service that has not started yet.
///
/// # Examples
///
/// A service, and a service that needs the connection for what it does outside:
///
/// ```
/// use ensemble_runtime::{NoEffects, Service};
///
/// let vans = Service::new(parcel::vans(), NoEffects);
/// let couriers = Service::joined(parcel::couriers(), |_aws, _settings| NoEffects);
/// assert_eq!([vans.name(), couriers.name()], ["vans", "couriers"]);
/// ```
pub struct Service {
    name: &'static str,
    start: Box<dyn FnOnce(Aws, Settings, CancellationToken) -> Work + Send>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Service").field(&self.name).finish()
    }
}

impl Service {
    /// A service of this participant.
    pub fn new<P: Participant, E: Perform<P>>(participant: P, effects: E) -> Self {
        Self::joined(participant, |_aws, _settings| effects)
    }

    /// A service of this participant, whose effects need AWS.
    pub fn joined<P: Participant, E: Perform<P>>(
        participant: P,
        effects: impl FnOnce(&Aws, &Settings) -> E + Send + 'static,
    ) -> Self {
        let (name, indexed) = (participant.declaration().name, participant.declaration().deadlines);
        let start = move |aws: Aws, settings: Settings, stop: CancellationToken| -> Work {
            let names = &settings.names;
            let counters = participant.declaration().counters.map(|table| Counters::new(&aws, &settings, table));
            let store = Store::new(aws.clients.dynamodb.clone(), names.of_service(name), counters, indexed);
            let cleaning = Cleaning::of::<P::Vocabulary>();
            let (effects, participant) = (Arc::new(effects(&aws, &settings)), Arc::new(participant));
            let announcer = Arc::new(Announcer::new(aws.clone(), names.clone()));
            let (breakers, locks) = (Arc::new(Breakers::default()), SagaLocks::default());
            let consumer = |door: Door| {
                let queue = participant.declaration().queue(door);
                let consumer = Consumer {
                    queue: Queue::new(&aws, &names.of_service(&queue), &names.dlq(&queue), cleaning),
                    door,
                    store: store.clone(),
                    effects: Arc::clone(&effects),
                    announcer: Arc::clone(&announcer),
                    breakers: Arc::clone(&breakers),
                    slots: Slots::new(settings.concurrency),
                    early: Early::default(),
                    locks: locks.clone(),
                    hang_ups: aws.hang_ups.clone(),
                    stop: stop.clone(),
                    abandon: CancellationToken::new(),
                    participant: Arc::clone(&participant),
                    settings: settings.clone(),
                };
                Arc::new(consumer).run()
            };
            // Each has slots and pollers of its own, so that answers do not wait behind requests.
            let doors = participant.declaration().doors();
            let consumers: JoinSet<()> = doors.map(|door| consumer(door).in_current_span()).collect();
            Box::pin(async move { drop(consumers.join_all().await) })
        };
        Self { name, start: Box::new(start) }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Runs until `stop`, and then until every message is settled or given back.
    pub async fn run(self, aws: Aws, settings: Settings, stop: CancellationToken) {
        let span = tracing::info_span!("service", service = self.name);
        async {
            tracing::info!("ServiceStarted");
            (self.start)(aws, settings, stop).await;
            tracing::info!("ServiceStopped");
        }
        .instrument(span)
        .await;
    }
}

/// A service died of a fault of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a service died; the log says of what")]
pub struct ServiceDied;

/// Runs services side by side until `stop`, and then until all are done.
///
/// # Examples
///
/// ```no_run
/// use ensemble_runtime::{Aws, CancellationToken, NoEffects, Service, ServiceDied, Settings, run_all};
///
/// async fn carry(aws: &Aws, settings: &Settings, stop: &CancellationToken) -> Result<(), ServiceDied> {
///     let services = vec![Service::new(parcel::vans(), NoEffects), Service::new(parcel::couriers(), NoEffects)];
///     run_all(services, aws, settings, stop).await
/// }
/// ```
///
/// # Errors
///
/// [`ServiceDied`], after the others were stopped: whoever supervises the process starts it anew.
pub async fn run_all(
    services: Vec<Service>,
    aws: &Aws,
    settings: &Settings,
    stop: &CancellationToken,
) -> Result<(), ServiceDied> {
    let mut running = JoinSet::new();
    for service in services {
        running.spawn(service.run(aws.clone(), settings.clone(), stop.clone()));
    }
    let mut result = Ok(());
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "ServiceDied");
            stop.cancel();
            result = Err(ServiceDied);
        }
    }
    result
}

/// Services that run in the background.
///
/// # Examples
///
/// In a test, or in a program that does something else besides:
///
/// ```no_run
/// use ensemble_runtime::{Aws, Environment, NoEffects, Running, Service, Settings, host};
///
/// let ran = host::run(|_signals| async {
///     let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
///     let (aws, settings) = (Aws::at(&endpoint.url()).await?, Settings::read(&Environment::default())?);
///     let running = Running::start(vec![Service::new(parcel::vans(), NoEffects)], aws, settings);
///     // Something else.
///     running.stop().await;
///     Ok::<_, ensemble_runtime::ConfigError>(())
/// });
/// ```
#[derive(Debug)]
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), ServiceDied>>,
}

impl Running {
    /// Starts services side by side.
    #[must_use]
    pub fn start(services: Vec<Service>, aws: Aws, settings: Settings) -> Self {
        let stop = CancellationToken::new();
        let token = stop.clone();
        let task = tokio::spawn(async move { run_all(services, &aws, &settings, &token).await });
        Self { stop, task }
    }

    /// Stops them, and waits until every message is settled or given back.
    pub async fn stop(self) {
        self.stop.cancel();
        if !matches!(self.task.await, Ok(Ok(()))) {
            tracing::error!("a service died before it was stopped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    #[tokio::test]
    async fn a_service_that_dies_stops_the_others_and_is_not_passed_over() {
        let aws = Aws::at("http://127.0.0.1:9").await.unwrap();
        let settings = Settings::read(&Environment::default()).unwrap();
        let dies =
            Service { name: "dies", start: Box::new(|_, _, _| Box::pin(async { panic!("as this test wants") })) };
        let stays = |_: Aws, _: Settings, stop: CancellationToken| -> Work { Box::pin(stop.cancelled_owned()) };
        let stays = Service { name: "stays", start: Box::new(stays) };
        let stop = CancellationToken::new();
        assert_eq!(run_all(vec![dies, stays], &aws, &settings, &stop).await, Err(ServiceDied));
        assert!(stop.is_cancelled());
    }
}
