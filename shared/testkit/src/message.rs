//! A message in a queue, and what of an announcement is the same whenever it is made.

use std::collections::BTreeMap;

use saga::{Announcement, Delivery, Door, Stored};
use wire::envelope::with_beside;
use wire::{Envelope, SagaId, Vocabulary};

use crate::NOW;

/// A message in a queue.
///
/// # Examples
///
/// See the example of [`Conformance`](crate::Conformance).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// By which queue it comes.
    pub door: Door,
    /// The body.
    pub body: String,
    /// The String message attributes.
    pub attributes: BTreeMap<String, String>,
    /// The SQS message id.
    pub id: String,
}

impl Message {
    /// A message without attributes, as a client sends it.
    #[must_use]
    pub fn new(id: &str, body: impl Into<String>) -> Self {
        Self { door: Door::Clients, body: body.into(), attributes: BTreeMap::new(), id: id.to_owned() }
    }

    /// An event of this saga, as its publisher would send it.
    #[must_use]
    pub fn of_event<V: Vocabulary>(saga: SagaId, event: V, beside: Option<&str>) -> Self {
        let attribute = event.event_type().beside();
        let envelope = Envelope::new(event, saga, "cause", None, NOW);
        let id = format!("message-{}", envelope.id);
        let stored = envelope.to_json();
        let body = match attribute.zip(beside) {
            Some((attribute, text)) => with_beside(&stored, attribute, text),
            None => stored,
        };
        Self { door: Door::Services, ..Self::new(&id, body) }
    }

    /// What a service announced, as a service hears it.
    #[must_use]
    pub fn of_announcement(announcement: &Announcement) -> Self {
        let id = format!("message-{}", announcement.id);
        Self { door: Door::Services, ..Self::new(&id, announcement.body.clone()) }
    }

    /// The message as a participant sees it.
    #[must_use]
    pub fn delivery(&self) -> Delivery<'_> {
        Delivery { body: &self.body, attributes: &self.attributes, message_id: &self.id }
    }
}

/// Splits a body into what must be the same byte for byte and the text beside it, which is sealed anew each time: the
/// last attribute, behind the data.
#[must_use]
pub fn split_beside(body: &str) -> (String, Option<String>) {
    let found = body.strip_suffix("\"}").and_then(|open| {
        let (rest, text) = open.rsplit_once("\":\"")?;
        let (data, _attribute) = rest.rsplit_once(",\"")?;
        data.ends_with('}').then_some((data, text))
    });
    match found {
        Some((data, text)) => (format!("{data}}}"), Some(text.to_owned())),
        None => (body.to_owned(), None),
    }
}

/// A stored state without what may differ between two runs: times, and how often a message was received.
#[must_use]
pub fn timeless_facts(stored: &Stored) -> String {
    let mut facts = serde_json::from_str(&stored.facts).unwrap_or(serde_json::Value::Null);
    strip_times(&mut facts);
    format!("{} {facts}", stored.state)
}

/// A body without what may differ between two runs: times, and the text beside the event.
#[must_use]
pub fn timeless_body(body: &str) -> String {
    let (body, _beside) = split_beside(body);
    let mut value = serde_json::from_str(&body).unwrap_or(serde_json::Value::String(body));
    strip_times(&mut value);
    value.to_string()
}

/// An announcement without what may differ between two runs: times and the text beside it.
#[must_use]
pub fn timeless(announcement: &Announcement) -> String {
    format!("{} {}", announcement.name, timeless_body(&announcement.body))
}

fn strip_times(value: &mut serde_json::Value) {
    if let Some(fields) = value.as_object_mut() {
        let of_time = ["time", "at", "deadline", "since", "until", "receive"];
        fields.retain(|name, _| !of_time.contains(&name.as_str()));
        fields.values_mut().for_each(strip_times);
    } else if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(strip_times);
    }
}
