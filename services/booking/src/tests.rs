//! What the tests of several steps need.

use contracts::{Action, ActionKind, Event, SagaId};
use testkit::fixtures;

use super::*;

pub(crate) fn booking() -> Booking {
    Booking {
        key: card::key_pair().1,
        request_topics: ["ensemble-fare-requests".to_owned(), "ensemble-order-requests".to_owned()],
        deadlines: Deadlines::default(),
        hooks: true,
    }
}

/// The context of a message about a fare or an order, by the reaction to `OrderRequested`.
pub(crate) fn context(said: &[Event]) -> Context<'_> {
    let reaction = DECLARATION.reaction_to(EventType::OrderRequested);
    Context { saga: SagaId::of_request("fare", "a"), now: fixtures::NOW, receive: 1, said, reaction }
}

pub(crate) fn registered(customer: &str) -> State {
    State::Registered(Case::new(fixtures::fare(customer).into(), fixtures::deadline()))
}

pub(crate) fn withdrawn() -> State {
    let (by, reason) = ("a client".into(), "changed my mind".into());
    State::Withdrawn { action: Action { what: ActionKind::Cancel, by, reason, at: fixtures::NOW, request: None } }
}
