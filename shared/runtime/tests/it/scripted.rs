//! A participant whose effect waits until the test lets it go, on an endpoint with one queue.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use ensemble_runtime::tools::{Clients, clients};
use ensemble_runtime::{Aws, Call, Environment, Failed, Perform, Service, Settings, Unavailable};
use parcel::{Event, vocabulary::events};
use saga::topology::Channel;
use saga::{
    Announcement, Context, Decision, Declaration, Delivery, Input, Participant, Reaction, Received, RetryPolicy, Then,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::{EventType, Events, Poison, Publisher, Reason, SagaId};

pub(crate) const NAME: &str = "scripted";

/// Begins, asks outside, ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scripted(&'static Declaration);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub(crate) enum State {
    #[default]
    Unseen,
    Begun,
    Ended,
}

const RETRY: &[RetryPolicy] = &[RetryPolicy {
    interval_secs: 1,
    max_attempts: 2,
    backoff_rate_percent: 100,
    max_delay_secs: 1,
    ..RetryPolicy::PATIENT
}];

/// Hears clients only.
const ONE_DOOR: Declaration = Declaration {
    name: NAME,
    about: "does as the test says",
    stateful: true,
    looks: false,
    deadlines: false,
    lexicon: Event::LEXICON,
    counters: None,
    reactions: &[
        reaction(events::PARCEL_REQUESTED, 3_600),
        reaction(events::RETRY_REQUESTED, 1),
        reaction(events::CANCEL_REQUESTED, 8),
    ],
};

/// Hears clients and services.
pub(crate) const TWO_DOORS: Declaration = Declaration {
    reactions: &[reaction(events::PARCEL_REQUESTED, 3_600), reaction(events::PARCEL_DELIVERED, 3_600)],
    ..ONE_DOOR
};

const fn reaction(to: EventType, timeout_secs: u32) -> Reaction {
    Reaction {
        to,
        reads: 1,
        expects: Some("Unseen"),
        steps: &[],
        answers: &[],
        undoes: &[],
        withdraws: &[],
        retry: RETRY,
        timeout_secs,
    }
}

impl Participant for Scripted {
    type Vocabulary = Event;
    type Incoming = String;
    type State = State;
    type Effect = String;
    type Reply = ();

    fn declaration(&self) -> &'static Declaration {
        self.0
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<String>, Poison> {
        let incoming = delivery.body.to_owned();
        let saga = SagaId::of_request("test", &incoming);
        let event_id = delivery.message_id.to_owned();
        let event_type = match incoming.split('-').next() {
            // A retry has a second, and a cancellation a few.
            Some("hurry") => events::RETRY_REQUESTED,
            Some("hang") => events::CANCEL_REQUESTED,
            Some("answer") => events::PARCEL_DELIVERED,
            Some(_) | None => events::PARCEL_REQUESTED,
        };
        Ok(Received { saga, event_type, event_id, traceparent: None, incoming })
    }

    fn expects(&self, _incoming: &String) -> Option<State> {
        Some(State::Unseen)
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, _context: &Context<'_, Event>) -> Decision<Self> {
        match (state, input) {
            (_, Input::Event(body)) if body == "not yet" => Decision::NotYet,
            (_, Input::Reply(body, ())) if body == "later" => Decision::NotYet,
            (_, Input::Event(body)) if body.starts_with("unheard") => send(Channel::Notifications, body),
            (_, Input::Event(body)) if body.starts_with("heard") => {
                send(Channel::Events(Publisher::service("desk")), body)
            }
            (State::Unseen, Input::Event(body)) => Decision::Commit(State::Begun, Then::Perform(body.clone())),
            (State::Begun, Input::Event(body)) => Decision::Perform(body.clone()),
            (State::Begun, Input::Reply(..)) => Decision::Commit(State::Ended, Then::Announce(Vec::new())),
            (State::Unseen | State::Ended, Input::Reply(..)) | (State::Ended, Input::Event(_)) => Decision::Announce,
        }
    }
}

/// Only the topic of the desk's events is there.
fn send(channel: Channel, body: &str) -> Decision<Scripted> {
    let (id, name) = (SagaId::of_request("test", body).uuid(), "a test".to_owned());
    Decision::Send(vec![Announcement { channel, id, name, body: body.to_owned(), attributes: Vec::new() }])
}

/// What the test sees of the effects, and how it lets them go.
#[derive(Debug)]
pub(crate) struct Effects {
    pub(crate) begun: AtomicU32,
    pub(crate) dropped: AtomicU32,
    pub(crate) down: std::sync::atomic::AtomicBool,
    pub(crate) gate: Semaphore,
    /// How often each was begun.
    pub(crate) attempts: Mutex<BTreeMap<String, u32>>,
    /// How many that were begun before are at work, and how many were at most.
    returned: AtomicU32,
    pub(crate) returned_most: AtomicU32,
}

struct Noticed<'a>(&'a AtomicU32);

impl Drop for Noticed<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Counts what is at work again, until it is dropped.
struct Returned<'a>(&'a AtomicU32);

impl<'a> Returned<'a> {
    fn new(effects: &'a Effects) -> Self {
        let now = effects.returned.fetch_add(1, Ordering::SeqCst) + 1;
        effects.returned_most.fetch_max(now, Ordering::SeqCst);
        Self(&effects.returned)
    }
}

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Shared(pub(crate) Arc<Effects>);

impl Perform<Scripted> for Shared {
    /// Half of the operations fail where the body says so, and the others are another kind of call.
    fn call(&self, effect: &String) -> Call {
        Call::new("the test", if effect.starts_with("operation") { "operate" } else { "ask" })
    }

    fn check(&self, effect: &String) -> Result<(), Failed> {
        if effect.starts_with("key") {
            return Err(Failed::Poison(Poison::new(Reason::UnknownKey, "no key opens it")));
        }
        Ok(())
    }

    async fn perform(&self, _saga: SagaId, effect: String) -> Result<(), Failed> {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        let again = {
            let mut attempts = self.0.attempts.lock().unwrap();
            let attempts = attempts.entry(effect.clone()).or_default();
            *attempts += 1;
            *attempts > 1
        };
        let _returned = again.then(|| Returned::new(&self.0));
        let fails = effect.starts_with("error") || effect.starts_with("operation");
        if fails || self.0.down.load(Ordering::SeqCst) {
            return Err(Unavailable { dependency: "the test", what: "is down".to_owned() }.into());
        }
        if effect.starts_with("hang") {
            return std::future::pending().await;
        }
        let noticed = Noticed(&self.0.dropped);
        self.0.gate.acquire().await.expect("the gate is never closed").forget();
        std::mem::forget(noticed);
        Ok(())
    }
}

/// An endpoint, the service, and a client.
pub(crate) struct World {
    pub(crate) endpoint: local::Endpoint,
    pub(crate) aws: Aws,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) effects: Arc<Effects>,
    pub(crate) stop: CancellationToken,
    service: JoinHandle<()>,
}

impl World {
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        Self::of(&ONE_DOOR, variables).await
    }

    pub(crate) async fn of(declaration: &'static Declaration, variables: &[(&str, &str)]) -> Self {
        let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
        let aws = Aws::at(&endpoint.url()).await.unwrap();
        let environment: Environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = Settings::read(&environment).unwrap();
        create(&aws, declaration).await;
        let effects = Arc::new(Effects {
            begun: AtomicU32::new(0),
            dropped: AtomicU32::new(0),
            down: false.into(),
            gate: Semaphore::new(0),
            attempts: Mutex::default(),
            returned: AtomicU32::new(0),
            returned_most: AtomicU32::new(0),
        });
        let stop = CancellationToken::new();
        let service = Service::new(Scripted(declaration), Shared(Arc::clone(&effects)));
        let service = tokio::spawn(service.run(aws.clone(), settings, stop.clone()));
        let sqs = client(&endpoint.url());
        Self { endpoint, aws, sqs, effects, stop, service }
    }

    pub(crate) fn url(&self) -> String {
        self.aws.queue_url(&format!("ensemble-{NAME}"))
    }

    pub(crate) async fn send(&self, body: &str) {
        self.send_to(NAME, body).await;
    }

    pub(crate) async fn send_to(&self, queue: &str, body: &str) {
        let url = self.aws.queue_url(&format!("ensemble-{queue}"));
        self.sqs.send_message().queue_url(url).message_body(body).send().await.unwrap();
    }

    /// The bodies in the queue and in its dead-letter queue.
    pub(crate) fn places(&self) -> (Vec<String>, Vec<String>) {
        self.places_of(NAME)
    }

    pub(crate) fn places_of(&self, queue: &str) -> (Vec<String>, Vec<String>) {
        let dump = self.endpoint.dump();
        let of = |place: &str| dump.iter().filter(|(found, _)| found == place).map(|(_, text)| text.clone()).collect();
        (of(&format!("queue ensemble-{queue}")), of(&format!("queue ensemble-{queue}-dlq")))
    }

    pub(crate) fn state(&self) -> Option<String> {
        self.endpoint.dump().into_iter().find(|(place, _)| place == "table ensemble-scripted").map(|(_, text)| text)
    }

    /// The bodies that wait in the queue.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let body = |text: &String| {
            let message: serde_json::Value = serde_json::from_str(text).unwrap();
            message["Body"].as_str().unwrap().to_owned()
        };
        self.places().0.iter().map(body).collect()
    }

    /// Puts something into the table that is not of the service's making.
    #[expect(clippy::disallowed_methods, reason = "this is what somebody else does")]
    pub(crate) async fn spoil(&self, body: &str) {
        let saga = SagaId::of_request("test", body).to_string();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
            .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_dynamodb::config::Credentials::new("a", "b", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(self.endpoint.url())
            .build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        let put = client.put_item().table_name(format!("ensemble-{NAME}"));
        put.item("saga", aws_sdk_dynamodb::types::AttributeValue::S(saga)).send().await.unwrap();
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(180);
        while !holds(self) {
            assert!(Instant::now() < deadline, "never: {what}; {:?}", self.places());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn stopped(self) -> local::Endpoint {
        self.stop.cancel();
        self.service.await.unwrap();
        self.endpoint
    }
}

/// Creates the queues, the topic and the table that the service needs.
async fn create(aws: &Aws, declaration: &Declaration) {
    let Clients { sqs, sns, dynamodb } = clients(aws);
    for queue in declaration.queues() {
        for name in [format!("ensemble-{queue}"), format!("ensemble-{queue}-dlq")] {
            sqs.create_queue().queue_name(name).send().await.unwrap();
        }
    }
    sns.create_topic().name("ensemble-desk-events").send().await.unwrap();
    let attribute = AttributeDefinition::builder().attribute_name("saga").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("saga").key_type(KeyType::Hash);
    let table = dynamodb.create_table().table_name(format!("ensemble-{NAME}"));
    let table = table.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    table.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
}

fn client(url: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::v2026_01_12())
        .region(aws_sdk_sqs::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_sqs::config::Credentials::new("a", "b", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}
