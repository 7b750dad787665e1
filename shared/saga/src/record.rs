//! What is stored: one item per saga and service.
//!
//! The state in it is the record of what was handled, and beside the state stands, byte for byte, what the state
//! announces. There is no inbox table and no outbox table, and no window after which a duplicate would run again.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;
use wire::envelope::with_beside;
use wire::{Envelope, Events, SagaId, SagaKind};

use crate::topology::Channel;

/// A state as it is stored and compared: its name and its facts as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

impl Record {
    /// How large it is, about: what else an item holds is small.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let Self { stored: Stored { state, facts }, announced } = self;
        state.len() + facts.len() + announced.iter().map(|stored| stored.len() + 1).sum::<usize>()
    }

    /// What the state has announced, as far as this build can read it.
    #[must_use]
    pub fn said<V: Events>(&self) -> Vec<V> {
        self.announced.iter().filter_map(|stored| Envelope::read(stored).ok()).map(|envelope| envelope.event).collect()
    }
}

/// The lists of sagas that are not over: a sparse index, in shards, so that no saga waits for another's write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Under way; due at the deadline.
    Open,
    /// Waiting for a person; due since it needed attention.
    Attention,
}

impl List {
    /// How many shards each list has. A shard takes 1,000 writes a second
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>), a saga makes
    /// two.
    pub const SHARDS: u32 = 8;

    /// The name of one of its shards: the index's partition key.
    #[must_use]
    pub fn shard(self, shard: u32) -> String {
        let list = match self {
            Self::Open => "open",
            Self::Attention => "attention",
        };
        format!("{list}-{shard}")
    }

    /// The names of all its shards.
    pub fn shards(self) -> impl Iterator<Item = String> {
        (0..Self::SHARDS).map(move |shard| self.shard(shard))
    }

    /// The shard of a saga.
    #[must_use]
    pub fn shard_of(self, saga: SagaId) -> String {
        let [.., last] = saga.uuid().into_bytes();
        self.shard(u32::from(last) % Self::SHARDS)
    }
}

/// Where a saga stands in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// On which list.
    pub list: List,
    /// Which kind of saga.
    pub kind: SagaKind,
    /// Since or until when.
    pub at: Timestamp,
}

impl Due {
    /// A time as it is indexed: one form, so that the order of the texts is the order of the times.
    #[must_use]
    pub fn text(at: Timestamp) -> String {
        format!("{at:.3}")
    }
}

/// An amount taken from a shared counter; negative where it is given back.
///
/// It is taken only from a row that exists, and only if the row holds as much.
///
/// # Examples
///
/// A step that loads a parcel takes a place of its van, and gives it back when it is undone:
///
/// ```
/// use ensemble_saga::Take;
/// use rust_decimal::Decimal;
///
/// let taken = Take { item: "van-7".to_owned(), quantity: Decimal::ONE };
/// let given_back = Take { quantity: -taken.quantity, ..taken.clone() };
/// assert_eq!(taken.quantity + given_back.quantity, Decimal::ZERO);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Take {
    /// The row.
    pub item: String,
    /// How much.
    pub quantity: Decimal,
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
    /// What is taken from counters with it, all or nothing.
    pub takes: Vec<Take>,
    /// Where the saga stands in the lists from now on.
    pub due: Option<Due>,
    /// When.
    pub at: Timestamp,
}

/// A message to publish.
///
/// # Examples
///
/// The request of a client, which may choose its identity:
///
/// ```
/// use ensemble_saga::{Announcement, Channel};
/// use parcel::vocabulary::{events::PARCEL_REQUESTED, kinds};
/// use wire::SagaId;
///
/// let request = Announcement {
///     channel: Channel::Requests(kinds::PARCEL),
///     id: SagaId::of_request("parcel", "request-1").uuid(),
///     name: PARCEL_REQUESTED.as_str().to_owned(),
///     body: r#"{"address":"Elm.Street"}"#.to_owned(),
///     attributes: vec![("requestId", "request-1".to_owned())],
/// };
/// assert!(!format!("{request:?}").contains("Elm.Street"));
/// ```
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
    /// Without the body, which can hold what is sealed.
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

    /// The announcement of an envelope, byte for byte as it is stored, with the text that goes beside it.
    #[must_use]
    pub fn of_event<V: Events>(envelope: &Envelope<V>, stored: &str, text: Option<&str>) -> Self {
        let event_type = envelope.event.event_type();
        let beside = event_type.beside().zip(text);
        Self {
            channel: Channel::Events(event_type.publisher()),
            id: envelope.id,
            name: event_type.as_str().to_owned(),
            body: beside.map_or_else(|| stored.to_owned(), |(attribute, text)| with_beside(stored, attribute, text)),
            attributes: vec![(Self::TYPE, event_type.as_str().to_owned())],
        }
    }
}
