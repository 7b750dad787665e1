//! The choreography of this workspace: every participant, and so the whole flow. The only place that knows them all.
//!
//! **Invariant:** the list of participants stands here and nowhere else. `tests/it` holds what is rendered from it
//! against what is committed, and the services against an adversary.

pub mod deployment;

use std::sync::LazyLock;

use contracts::{Event, EventType, events};
use saga::Declaration;
use saga::owner::request::schema;
use saga::topology::{Names, Topology};

use map::RequestForm;
pub use map::{
    Checked, Map, Permission, Problem, Resource, Rule, asyncapi, check, cloudformation, mermaid, permissions, report,
    table,
};

/// Every participant: the one list of them all.
pub static PARTICIPANTS: LazyLock<[&Declaration; 4]> =
    LazyLock::new(|| [&booking::DECLARATION, &payment::DECLARATION, &fulfillment::DECLARATION, &notifier::DECLARATION]);

/// Requests that can be sent as they are.
const EXAMPLES: [(EventType, &str); 2] = [
    (events::FARE_REQUESTED, include_str!("../../../examples/fare.json")),
    (events::ORDER_REQUESTED, include_str!("../../../examples/order.json")),
];

/// The map of this workspace.
#[must_use]
pub fn map() -> Map {
    Map { deployment: deployment::deployment(), ..Map::of::<Event>(&*PARTICIPANTS, form) }
}

/// Everything that has to exist in AWS for the map of this workspace, under these names.
#[must_use]
pub fn topology(names: &Names) -> Topology {
    map::topology(&map(), names)
}

/// The form of a request, as booking reads it.
fn form(event: EventType) -> Option<RequestForm> {
    let (name, schema) = schema::fields(booking::FORMS, event)?;
    let example = EXAMPLES.iter().find(|(of, _)| *of == event).map(|(_, body)| *body);
    Some(RequestForm { name, schema, example })
}
