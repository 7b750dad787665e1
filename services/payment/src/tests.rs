//! What the tests of several steps need.

use contracts::{Event, EventType, SagaId};
use testkit::fixtures;

use super::*;

/// The context of a message, by the reaction to `OrderCreated`.
pub(crate) fn context(said: &[Event]) -> Context<'_> {
    let reaction = DECLARATION.reaction_to(EventType::OrderCreated);
    Context { saga: SagaId::of_request("fare", "a"), now: fixtures::NOW, receive: 1, said, reaction }
}
