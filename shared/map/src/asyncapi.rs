//! The map as an `AsyncAPI` 3 document (<https://www.asyncapi.com/docs/reference/specification/v3.0.0>), for tools and
//! for people who work on the other side of a topic or a queue.
//!
//! **Invariant:** the same map is rendered the same, byte for byte; and every schema in it is derived from the type
//! that is written, or stands beside the rules by which it is read.

mod bindings;
mod document;
mod messages;
mod operations;

use saga::owner::request::ask::is_for_clients;
use saga::topology::{Channel, Names};
use saga::{Declaration, Door};
use serde_json::{Map as Fields, Value, json};
use wire::EventType;

use crate::topology::{channel_of, topology};
use crate::{Map, yaml};
use document::Document;

/// The version of `AsyncAPI`: the newest for which the official parser has the bindings of SNS and SQS, and which all
/// tools read.
const ASYNCAPI: &str = "3.0.0";

const ABOUT: &str = "\
Choreographed sagas on Amazon SNS and SQS. Each service publishes its events on a topic of its own, and hears events on \
a queue of its own, to which only topics may send. Who hears clients too has another queue for what they ask, and hears \
no event of a service by it; this document describes all of them and their clients. A channel is a topic or a queue; \
the subscriptions that join them stand with the operations that send to a topic.

A consumer passes over fields and attributes that it does not know: new ones may come at any time, without a new \
`schemaversion`. So the schemas of events and notifications are open. Requests for sagas are closed: \
whoever reads them refuses what it does not know.

Any message may come more than once, and in any order. What has the same id is the same, byte for byte, but for an \
attribute that is sealed anew.";

/// The map under these names, as a document in YAML.
///
/// # Examples
///
/// ```
/// # use ensemble_map::Map;
/// # let map = Map::of::<parcel::Event>(&parcel::participants(), |_| None);
/// let document = ensemble_map::asyncapi(&map, &saga::topology::Names::default());
/// assert!(document.contains("asyncapi: \"3.0.0\"") && document.contains("parcel_loaded"));
/// ```
#[must_use]
pub fn asyncapi(map: &Map, names: &Names) -> String {
    let document = Document { map, names, topology: topology(map, names) };
    yaml::document(
        "ensemble render asyncapi",
        [
            ("asyncapi", json!(ASYNCAPI)),
            ("info", document.info()),
            ("defaultContentType", json!("application/json")),
            ("channels", document.channels()),
            ("operations", document.operations()),
            ("components", document.components()),
        ],
    )
}

impl Document<'_> {
    fn info(&self) -> Value {
        let participants = self.map.participants.iter().map(|declaration| (declaration.name, declaration.about));
        let tags = participants.chain([("client", "asks for sagas, and is told their outcomes; operators too")]);
        json!({
            "title": "Ensemble",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": env!("CARGO_PKG_LICENSE") },
            "tags": tags.map(|(name, about)| json!({ "name": name, "description": about })).collect::<Vec<_>>(),
        })
    }

    /// Every topic and every queue, by its name without the prefix.
    fn channels(&self) -> Value {
        let topics = self.topology.topics.iter().map(|topic| {
            let carried = self.published().filter(|event| self.topics(*event).contains(topic)).map(EventType::as_str);
            let is_told = *topic == self.names.topic(Channel::Notifications);
            let messages = carried.chain(is_told.then_some(messages::NOTIFICATION));
            self.channel(topic, "The topic", messages, &bindings::of_topic(topic))
        });
        let queues = self.topology.queues.iter().map(|queue| {
            let heard = self
                .map
                .reactions()
                .filter(|(declaration, reaction)| self.queue_of(declaration, reaction.to) == queue.name);
            let events: Vec<EventType> = heard.map(|(_, reaction)| reaction.to).collect();
            let wrapped = events.iter().any(|event| self.is_wrapped(*event));
            let messages = events.iter().map(|event| event.as_str()).chain(wrapped.then_some(messages::SNS_ENVELOPE));
            let messages = messages.chain(events.is_empty().then_some(messages::NOTIFICATION));
            self.channel(&queue.name, "The queue", messages, &bindings::of_queue(queue))
        });
        Value::Object(topics.chain(queues).collect())
    }

    fn channel<'m>(
        &self,
        address: &str,
        kind: &str,
        messages: impl Iterator<Item = &'m str>,
        bindings: &Value,
    ) -> (String, Value) {
        let messages: Fields<_, _> = messages.map(|name| (name.to_owned(), messages::reference(name))).collect();
        let short = self.names.short(address);
        let title = format!("{kind} `{short}`");
        (short.to_owned(), json!({ "address": address, "title": title, "messages": messages, "bindings": bindings }))
    }

    /// Every event that somebody publishes, in the order of the story.
    fn published(&self) -> impl Iterator<Item = EventType> {
        self.map.lexicon.events.iter().copied().filter(|event| self.map.is_published(*event))
    }

    /// The topics by which an event comes. What clients ask of a saga may come by any topic for requests; what operators
    /// ask for comes by none, but straight to the queue.
    fn topics(&self, event: EventType) -> Vec<String> {
        let asked = event.is_request() && event.kind().is_none();
        let channels = match (asked, is_for_clients(event)) {
            (false, _) => channel_of(self.map.lexicon, event).into_iter().collect(),
            (true, true) => self.map.lexicon.kinds.iter().copied().map(Channel::Requests).collect(),
            (true, false) => Vec::new(),
        };
        channels.into_iter().map(|channel| self.names.topic(channel)).collect()
    }

    /// Whether an event can come in an SNS envelope.
    fn is_wrapped(&self, event: EventType) -> bool {
        let topics = self.topics(event);
        let subscriptions = self.topology.subscriptions.iter();
        subscriptions.filter(|subscription| topics.contains(&subscription.topic)).any(|subscription| !subscription.raw)
    }

    /// The queue by which a participant hears an event.
    fn queue_of(&self, declaration: &Declaration, event: EventType) -> String {
        self.names.of_service(&declaration.queue(Door::of(event)))
    }

    /// Everything to which the other sections refer.
    fn components(&self) -> Value {
        let (messages, schemas) = self.messages();
        json!({ "messages": messages, "operationBindings": self.operation_bindings(), "schemas": schemas })
    }

    /// The subscriptions of each topic.
    fn operation_bindings(&self) -> Fields<String, Value> {
        let topics = self.topology.topics.iter();
        topics.map(|topic| (self.names.short(topic).to_owned(), bindings::of_sending(topic, &self.topology))).collect()
    }
}
