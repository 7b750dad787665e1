//! What the tests of several steps need.

use contracts::{EventType, SagaId};
use testkit::fixtures;

use super::*;

pub(crate) const FULFILLMENT: Fulfillment = Fulfillment { hooks: true };

/// The context of a message, by the reaction to `PaymentCaptured`.
pub(crate) fn context() -> Context<'static> {
    let reaction = DECLARATION.reaction_to(EventType::PaymentCaptured);
    Context { saga: SagaId::of_request("order", "a"), now: fixtures::NOW, receive: 1, said: &[], reaction }
}
