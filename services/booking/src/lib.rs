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
mod complete;
mod create;
mod deadlines;
mod declaration;
mod fail;
mod heard;
mod register;
mod request;
mod service;
mod state;
mod unwind;

use card::PublicKey;
use contracts::{Event, EventType, Fare, Order, Poison, Purchase, SagaId, fulfillment};
use saga::{Awaited, Context, Decision, Declaration, Delivery, Due, Input, List, NoEffect, Participant, Received};

pub use actions::Actions;
pub use deadlines::Deadlines;
pub use declaration::DECLARATION;
pub use fail::FailedPayment;
pub use request::{CheckedRequest, check, check_order, schema};
pub use service::{VARIABLES, deadlines_of, service};
pub use state::{Case, State};
pub use unwind::Ask;

/// The booking service.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Payment's key, to which cards are sealed.
    pub key: PublicKey,
    /// The names of the topics whose SNS envelopes carry requests: for fares, for orders.
    pub request_topics: [String; 2],
    /// How long sagas may take.
    pub deadlines: Deadlines,
    /// Whether the forced failures of [`contracts::hooks`] are honoured.
    pub hooks: bool,
}

/// What booking hears.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A client asks for a fare: with the card, sealed.
    FareRequested(Fare, String),
    /// A client asks for an order.
    OrderRequested(Order),
    /// A client asks, and the request breaks a rule: the rejection. Its path is empty until it is decided upon.
    BadRequest(Box<Event>),
    /// All is done: complete the purchase.
    Fulfilled(fulfillment::Fulfilled),
    /// Fulfillment will not fulfil: payment owes the rest.
    Refused(fulfillment::Refused),
    /// The payment failed, or came back, or could not: end the saga.
    PaymentFailed(FailedPayment),
    /// Somebody asks for something to be done to the saga, or its time is up.
    Asked(Ask),
}

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
            Incoming::FareRequested(..) | Incoming::OrderRequested(_) | Incoming::BadRequest(_) => Some(State::Unseen),
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
            Incoming::FareRequested(fare, _sealed_card) => register::register(self, state, fare, context),
            Incoming::OrderRequested(order) => create::create(self, state, order, context),
            Incoming::BadRequest(rejected) => register::reject(state, rejected, context),
            Incoming::Fulfilled(fulfilled) => complete::complete(state, fulfilled, context.now),
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
            Incoming::FareRequested(_, sealed_card) if event_type == EventType::FareRegistered => Some(sealed_card),
            Incoming::FareRequested(..)
            | Incoming::OrderRequested(_)
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
