//! Booking: takes requests, puts purchases on record, and owns the outcome.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `FareRequested`, `OrderRequested`; `AccountCredited`, `InventoryReserved`; `PaymentDeclined`, `PaymentRefunded`, `PaymentRefundFailed`; `CancelRequested`, `RetryRequested`, `ResolveRequested`; `AccountCreditRefused`, `InventoryRefused`; and to time |
//! | decides | whether a request is good; how a saga ended; when it has taken too long |
//! | publishes | `FareRegistered`, `OrderCreated`, `UnwindingStarted`; `…Completed`, `…Cancelled`, `…Rejected`, `…NeedsAttention` |
//! | undone by | marking the fare failed, setting the order `Pending`: each below its registration |
//! | never | stores or prints a card, ends a saga before its compensations have answered, or announces a second outcome but to resolve one that needed attention |
//!
//! **Invariant:** the card is sealed to payment's key while the request is read, before anything is decided.

mod actions;
mod booking;
mod complete;
mod deadlines;
mod declaration;
mod fail;
mod heard;
mod register;
mod request;
mod service;
mod state;
mod unwind;

use contracts::{EventType, Poison, Purchase, SagaId};
use saga::{Awaited, Context, Decision, Declaration, Delivery, Due, Input, List, NoEffect, Participant, Received};

pub use actions::Actions;
pub use booking::{Ask, Booking, FailedPayment, Incoming};
pub use deadlines::Deadlines;
pub use declaration::DECLARATION;
pub use request::{CheckedRequest, check, check_order, schema};
pub use service::{VARIABLES, deadlines_of, service};
pub use state::{Case, State};

impl Participant for Booking {
    type Incoming = Incoming;
    type State = State;
    type Effect = NoEffect;
    type Reply = NoEffect;

    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
        request::read(self, delivery)
    }

    fn expects(&self, incoming: &Incoming) -> Option<State> {
        let registered = |purchase: &Purchase, deadline| State::Registered(Case::new(purchase.clone(), deadline));
        match incoming {
            Incoming::Requested(..) | Incoming::BadRequest(_) => Some(State::Unseen),
            Incoming::Fulfilled(event) => Some(registered(&event.purchase, event.journey.deadline)),
            Incoming::PaymentFailed(event) if event.journey.round == 0 => {
                Some(registered(&event.purchase, event.journey.deadline))
            }
            // In any state.
            Incoming::PaymentFailed(_) | Incoming::Refused(_) | Incoming::Asked(_) => None,
        }
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, context: &Context<'_>) -> Decision<Self> {
        let Input::Event(incoming) = input else {
            return Decision::NotYet;
        };
        match incoming {
            Incoming::Requested(purchase, _sealed_card) => register::register(self, state, purchase, context),
            Incoming::BadRequest(rejected) => register::reject(state, rejected, context),
            Incoming::Fulfilled(fulfilled) => complete::complete(state, fulfilled, context),
            Incoming::Refused(refused) => unwind::refused(state, refused),
            Incoming::PaymentFailed(payment) => fail::fail(self, state, payment, context),
            Incoming::Asked(ask) => unwind::act(self, state, ask, context),
        }
    }

    fn due(&self, state: &State) -> Option<Due> {
        let due = |list, case: &Case, at| Some(Due { list, kind: case.purchase.kind(), at });
        match state {
            State::Registered(case) | State::Undoing { case, .. } => due(List::Open, case, case.deadline),
            State::Unwinding { case, until, .. } => due(List::Open, case, *until),
            State::NeedsAttention { case, since, .. } => due(List::Attention, case, *since),
            State::Unseen
            | State::Withdrawn { .. }
            | State::Rejected
            | State::Completed(_)
            | State::Cancelled(_)
            | State::Resolved(_) => None,
        }
    }

    fn overdue(&self, saga: SagaId) -> Option<String> {
        Some(request::expired(saga))
    }

    fn awaited(&self, state: &State) -> Option<Awaited> {
        unwind::awaited(state)
    }

    fn sealed_card<'a>(&self, incoming: &'a Incoming, event_type: EventType) -> Option<&'a str> {
        match incoming {
            Incoming::Requested(_, sealed_card) if event_type.carries_card() => sealed_card.as_deref(),
            Incoming::Requested(..)
            | Incoming::BadRequest(_)
            | Incoming::Fulfilled(_)
            | Incoming::Refused(_)
            | Incoming::PaymentFailed(_)
            | Incoming::Asked(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
