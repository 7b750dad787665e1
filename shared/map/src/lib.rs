#![doc = include_str!("../README.md")]
//!
//! ## What it holds
//!
//! **Invariant:** nothing is written down twice. Pictures, tables, topics, queues and filters are rendered from what
//! the participants declare of themselves. No participant is known here by name.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`mod@check`] | what can be wrong with a map: the rules, by name |
//! | [`mod@topology`] | topics, queues, subscriptions and tables, as the map needs them |
//! | [`picture`] | the map, to be looked at |
//! | `permissions` | what each service may do in AWS: what it does |
//! | [`mod@cloudformation`] | templates of all that, for AWS |
//! | [`mod@asyncapi`] | the map for tools: topics, queues, operations, and the schema of every message |

pub mod asyncapi;
pub mod check;
pub mod cloudformation;
mod permissions;
pub mod picture;
#[cfg(test)]
mod tests;
pub mod topology;
mod yaml;

use saga::{Declaration, Reaction};
use serde_json::Value;
use wire::schema::schemars::JsonSchema;
use wire::schema::{DataSchemas, Described, describe};
use wire::{EventType, Lexicon, SagaKind, Vocabulary};

pub use asyncapi::asyncapi;
pub use check::{Checked, Problem, Rule, check, report};
pub use cloudformation::{Deployment, cloudformation};
pub use permissions::{Permission, Resource, permissions};
pub use picture::{mermaid, table};
pub use topology::topology;

/// Who takes part, and what clients ask for.
///
/// # Examples
///
/// Made of [participants](Map::of), as [the crate](crate) shows. Each of its questions is answered by declarations:
///
/// ```
/// # use ensemble_map::Map;
/// # let map = Map::of::<parcel::Event>(&parcel::participants(), |_| None);
/// use parcel::vocabulary::{events, kinds};
///
/// let reactions = map.downstream(events::PARCEL_LOADED, kinds::PARCEL);
/// let first = reactions.first().unwrap();
/// assert_eq!((first.0.name, first.1.to), ("couriers", events::PARCEL_LOADED));
/// ```
#[derive(Clone, Debug)]
pub struct Map {
    /// The vocabulary in which they speak.
    pub lexicon: &'static Lexicon,
    /// The participants.
    pub participants: Vec<Declaration>,
    /// What clients publish.
    pub requests: Vec<EventType>,
    /// The form of a request of this type.
    pub form: fn(EventType) -> Option<RequestForm>,
    /// The schemas of events and notifications.
    pub schemas: fn(below: &'static str, events: &[EventType]) -> Described,
    /// What a deployment needs besides.
    pub deployment: Deployment,
}

/// The form of a request, for documents.
///
/// # Examples
///
/// See the example of [the crate](crate).
#[derive(Clone, Debug)]
pub struct RequestForm {
    /// What the schema is called.
    pub name: &'static str,
    /// The JSON Schema of the fields.
    pub schema: Value,
    /// A request that keeps to it, as JSON.
    pub example: Option<&'static str>,
}

impl Map {
    /// The map of these participants, whose requests have these forms, with nothing besides to be deployed.
    #[must_use]
    pub fn of<V: Vocabulary + DataSchemas>(
        participants: &[&Declaration],
        form: fn(EventType) -> Option<RequestForm>,
    ) -> Self
    where
        V::About: JsonSchema,
    {
        Self {
            lexicon: V::LEXICON,
            participants: participants.iter().map(|declaration| **declaration).collect(),
            requests: V::LEXICON.events.iter().copied().filter(|event| event.is_request()).collect(),
            form,
            schemas: describe::<V>,
            deployment: Deployment::default(),
        }
    }

    /// Every reaction, and whose it is.
    pub fn reactions(&self) -> impl Iterator<Item = (&Declaration, &'static Reaction)> {
        self.participants
            .iter()
            .flat_map(|declaration| declaration.reactions.iter().map(move |reaction| (declaration, reaction)))
    }

    /// The reactions to an event, and whose they are.
    pub fn heard(&self, event: EventType) -> impl Iterator<Item = (&Declaration, &'static Reaction)> {
        self.reactions().filter(move |(_, reaction)| reaction.to == event)
    }

    /// Whether anyone publishes an event.
    #[must_use]
    pub fn is_published(&self, event: EventType) -> bool {
        self.requests.contains(&event) || self.reactions().any(|(_, reaction)| reaction.answers.contains(&event))
    }

    /// Whether an event leads on to a saga that ends well: a request, or what says that a forward step took effect.
    #[must_use]
    pub fn leads_on(&self, event: EventType) -> bool {
        let good = |(_, reaction): (&Declaration, &'static Reaction)| {
            reaction.is_forward() && self.lexicon.kinds.iter().any(|kind| reaction.answers(*kind).next() == Some(event))
        };
        self.requests.contains(&event) && event.kind().is_some() || self.reactions().any(good)
    }

    /// Every reaction that can follow from an event in a saga of this kind, at once or later, and whose it is.
    #[must_use]
    pub fn downstream(&self, event: EventType, kind: SagaKind) -> Vec<(&Declaration, &'static Reaction)> {
        let mut events = vec![event];
        let mut found = Vec::new();
        let mut next = 0;
        while let Some(event) = events.get(next).copied() {
            next += 1;
            for (declaration, reaction) in self.heard(event) {
                found.push((declaration, reaction));
                let new: Vec<EventType> = reaction.answers(kind).filter(|answer| !events.contains(answer)).collect();
                events.extend(new);
            }
        }
        found
    }

    /// The answers that an event waits for in a saga of this kind, and who owes them.
    pub fn owed(&self, event: EventType, kind: SagaKind) -> impl Iterator<Item = (&'static str, Vec<EventType>)> {
        let answering = self.heard(event).filter(|(_, reaction)| !reaction.answers.is_empty());
        answering.map(move |(declaration, reaction)| (declaration.name, reaction.answers(kind).collect()))
    }
}
