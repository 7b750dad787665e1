//! Booking: takes requests, registers fares, and owns the outcome.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `FareRequested`, `AccountCredited`, `PaymentDeclined`, `PaymentRefunded`, `PaymentRefundFailed` |
//! | decides | whether a request is good; how a saga ended |
//! | publishes | `FareRegistered`, `FareRejected`, `FareCompleted`, `FareCancelled`, `FareNeedsAttention` |
//! | undone by | cancelling the fare: below its registration |
//! | never | stores or prints a card, announces two outcomes, or ends a saga before its compensations have answered |
//!
//! **Invariant:** the card is sealed to payment's key while the request is read, before anything is decided.

mod complete;
mod register;
mod request;
mod service;

use card::PublicKey;
use contracts::{Event, EventType, Fare, Poison, StepName, booking, fulfillment, payment};
use jiff::Timestamp;
use saga::{Decision, Declaration, Delivery, Input, NoEffect, Participant, Reaction, Received, RetryPolicy};
use serde::{Deserialize, Serialize};

pub use request::{CheckedRequest, check};

pub use service::{VARIABLES, service};

/// The booking service.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Payment's key, to which cards are sealed.
    pub key: PublicKey,
    /// The name of the topic whose SNS envelopes carry requests.
    pub requests_topic: String,
}

/// What booking hears.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A client asks for a fare: with the card, sealed.
    FareRequested(Fare, String),
    /// A client asks for a fare, and the request breaks a rule. Its path is empty until it is decided upon.
    BadRequest(booking::FareRejected),
    /// All is done: complete the fare.
    AccountCredited(fulfillment::AccountCredited),
    /// The card was not charged: cancel the fare.
    PaymentDeclined(payment::PaymentDeclined),
    /// The charge was given back: cancel the fare.
    PaymentRefunded(payment::PaymentRefunded),
    /// The charge stands: a person has to look.
    PaymentRefundFailed(payment::PaymentRefundFailed),
}

/// What booking has on record of a saga.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
    /// Nothing yet.
    #[default]
    Unseen,
    /// The request broke a rule.
    Rejected,
    /// The fare is registered; its saga runs.
    Registered {
        /// The fare.
        fare: Fare,
    },
    /// The fare is completed.
    Completed {
        /// The fare.
        fare: Fare,
    },
    /// The fare is cancelled, and everything is undone.
    Cancelled {
        /// The fare.
        fare: Fare,
    },
    /// The fare is cancelled, and something still stands.
    NeedsAttention {
        /// The fare.
        fare: Fare,
    },
}

/// A reaction to the end of a failed payment.
const fn cancelling(to: EventType, answers: &'static [EventType]) -> Reaction {
    Reaction {
        to,
        expects: "Registered",
        step: Some(StepName::SetFareStatusFailed),
        answers,
        undoes: Some(StepName::RegisterFare),
        retry: RetryPolicy::PATIENT,
    }
}

/// Booking's card, as data.
pub const DECLARATION: Declaration = Declaration {
    name: "booking",
    about: "registers the fare, owns the outcome",
    stateful: true,
    reactions: &[
        Reaction {
            to: EventType::FareRequested,
            expects: "Unseen",
            step: Some(StepName::RegisterFare),
            answers: &[EventType::FareRegistered, EventType::FareRejected],
            undoes: None,
            retry: RetryPolicy::PATIENT,
        },
        Reaction {
            to: EventType::AccountCredited,
            expects: "Registered",
            step: Some(StepName::SetFareStatusCompleted),
            answers: &[EventType::FareCompleted],
            undoes: None,
            retry: RetryPolicy::PATIENT,
        },
        cancelling(EventType::PaymentDeclined, &[EventType::FareCancelled, EventType::FareNeedsAttention]),
        cancelling(EventType::PaymentRefunded, &[EventType::FareCancelled, EventType::FareNeedsAttention]),
        cancelling(EventType::PaymentRefundFailed, &[EventType::FareNeedsAttention]),
    ],
};

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

    fn expects(&self, incoming: &Incoming) -> State {
        let fare = match incoming {
            Incoming::FareRequested(..) | Incoming::BadRequest(_) => return State::Unseen,
            Incoming::AccountCredited(event) => &event.fare,
            Incoming::PaymentDeclined(event) => &event.fare,
            Incoming::PaymentRefunded(event) => &event.fare,
            Incoming::PaymentRefundFailed(event) => &event.fare,
        };
        State::Registered { fare: fare.clone() }
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, now: Timestamp) -> Decision<Self> {
        let Input::Event(incoming) = input else {
            return Decision::NotYet;
        };
        match incoming {
            Incoming::FareRequested(fare, _sealed_card) => register::register(state, fare, now),
            Incoming::BadRequest(rejected) => register::reject(state, rejected, now),
            Incoming::AccountCredited(credited) => complete::complete(state, credited, now),
            Incoming::PaymentDeclined(event) => register::cancel(state, &event.into(), now),
            Incoming::PaymentRefunded(event) => register::cancel(state, &event.into(), now),
            Incoming::PaymentRefundFailed(event) => register::cancel(state, &event.into(), now),
        }
    }

    fn sealed_card<'a>(&self, incoming: &'a Incoming, event_type: EventType) -> Option<&'a str> {
        match incoming {
            Incoming::FareRequested(_, sealed_card) if event_type == EventType::FareRegistered => Some(sealed_card),
            Incoming::FareRequested(..)
            | Incoming::BadRequest(_)
            | Incoming::AccountCredited(_)
            | Incoming::PaymentDeclined(_)
            | Incoming::PaymentRefunded(_)
            | Incoming::PaymentRefundFailed(_) => None,
        }
    }
}

/// What booking hears in an event of another service, if anything.
fn hear(event: Event) -> Option<Incoming> {
    match event {
        Event::AccountCredited(event) => Some(Incoming::AccountCredited(event)),
        Event::PaymentDeclined(event) => Some(Incoming::PaymentDeclined(event)),
        Event::PaymentRefunded(event) => Some(Incoming::PaymentRefunded(event)),
        Event::PaymentRefundFailed(event) => Some(Incoming::PaymentRefundFailed(event)),
        Event::FareRegistered(_)
        | Event::FareRejected(_)
        | Event::FareCompleted(_)
        | Event::FareCancelled(_)
        | Event::FareNeedsAttention(_)
        | Event::PaymentCaptured(_)
        | Event::AccountCreditRefused(_) => None,
    }
}
