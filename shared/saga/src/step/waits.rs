//! What has come of the events for which a step waits.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::{EventType, Events};

/// An event on record: its wire name and its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The wire name.
    r#type: String,
    /// The data, as the event has it.
    data: Value,
}

/// What has come of the two events for which a step waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// The event on which the step begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Kept>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Kept>,
}

impl Kept {
    pub(super) fn of<V: Events>(event: &V) -> Self {
        let data = serde_json::to_value(event).expect("the vocabulary serialises: string keys, no foreign impls");
        Self { r#type: event.event_type().as_str().to_owned(), data }
    }

    /// The type of the event; `None` where this build does not know it.
    #[must_use]
    pub fn event_type<V: Events>(&self) -> Option<EventType> {
        V::LEXICON.event(&self.r#type)
    }

    /// The event; `None` where this build cannot read it.
    pub(super) fn read<V: Events>(&self) -> Option<V> {
        V::parse(self.event_type::<V>()?, &self.data.to_string())?.ok()
    }
}
