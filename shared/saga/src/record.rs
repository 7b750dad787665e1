//! What is stored: one item per saga and service.
//!
//! The state in it is the record of what was handled, and beside the state stands, byte for byte, what the state
//! announces. There is no inbox table and no outbox table, and no window after which a duplicate would run again.

use contracts::{Envelope, EventType, Poison, SagaId};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::topology::Channel;

/// A state as it is stored and compared: its name and its facts as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    /// The name of the state.
    pub state: String,
    /// Its facts; `null` for a state without any.
    pub facts: String,
}

impl Stored {
    /// Writes a state down.
    ///
    /// # Panics
    ///
    /// Never for a state that follows [`Participant::State`](crate::Participant::State)'s rule.
    #[must_use]
    pub fn of<S: Serialize>(state: &S) -> Self {
        let value = serde_json::to_value(state).expect("states serialise: string keys, no foreign impls");
        let name = value.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
        let facts = value.get("facts").unwrap_or(&Value::Null).to_string();
        Self { state: name, facts }
    }

    /// Reads a state back.
    ///
    /// # Errors
    ///
    /// The name of the state, when this build does not know it or its facts: an older process beside a newer one.
    pub fn read<S: DeserializeOwned>(&self) -> Result<S, String> {
        let facts: Value = serde_json::from_str(&self.facts).map_err(|_err| self.state.clone())?;
        let mut value = serde_json::json!({ "state": self.state });
        if let (Value::Object(fields), false) = (&mut value, facts.is_null()) {
            fields.insert("facts".to_owned(), facts);
        }
        serde_json::from_value(value).map_err(|_err| self.state.clone())
    }
}

/// An item as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The state.
    pub stored: Stored,
    /// What the state announces: envelopes, byte for byte.
    pub announced: Vec<String>,
}

/// One conditional write of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The key.
    pub saga: SagaId,
    /// Only if this is what stands there; `None`: only if nothing does.
    pub expected: Option<Stored>,
    /// What shall stand there.
    pub to: Record,
    /// When.
    pub at: Timestamp,
}

/// A message to publish.
#[derive(Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Where to.
    pub channel: Channel,
    /// Identifies it, for the log.
    pub id: Uuid,
    /// Its name, for the log.
    pub name: String,
    /// The body.
    pub body: String,
    /// The String message attributes, by which subscriptions filter.
    pub attributes: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for Announcement {
    /// Without the body, which can hold a sealed card.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcement")
            .field("channel", &self.channel)
            .field("id", &self.id)
            .field("name", &self.name)
            .finish()
    }
}

impl Announcement {
    /// The message attribute that event subscriptions filter by.
    pub const TYPE: &str = "type";

    /// The announcement of a stored envelope, with the sealed card that goes beside it.
    ///
    /// # Errors
    ///
    /// [`Poison`] when the stored envelope cannot be read: another build wrote it.
    pub fn of_event(stored: &str, sealed_card: impl FnOnce(EventType) -> Option<String>) -> Result<Self, Poison> {
        let envelope = Envelope::read(stored)?;
        let event_type = envelope.event.event_type();
        let body =
            sealed_card(event_type).map_or_else(|| stored.to_owned(), |card| Envelope::with_sealed_card(stored, &card));
        Ok(Self {
            channel: Channel::Events(event_type.publisher()),
            id: envelope.id,
            name: event_type.as_str().to_owned(),
            body,
            attributes: vec![(Self::TYPE, event_type.as_str().to_owned())],
        })
    }
}
