//! Payment: charges the card for a registered fare, and gives the charge back when the fare cannot be fulfilled.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `FareRegistered`, `AccountCreditRefused` |
//! | decides | whether the fare is paid; whether the charge is given back |
//! | publishes | `PaymentCaptured`, `PaymentDeclined`, `PaymentRefunded`, `PaymentRefundFailed` |
//! | undone by | void (a hold whose capture was refused), refund (a capture whose credit was refused) |
//! | never | calls the gateway before its intent is on record, charges one saga twice, or stores a card |
//!
//! **Invariant:** every call to the gateway follows from an intent that stands in the table and carries a key derived
//! from the saga. An unknown outcome is never taken for a refusal.

mod adapter;
mod charge;
mod effects;
mod gateway;
mod refund;
mod service;

use contracts::{Charge, Event, EventType, Fare, Poison, Reason, StepName, booking, fulfillment};
use jiff::Timestamp;
use saga::{Decision, Declaration, Delivery, Input, Participant, Reaction, Received, RetryPolicy};
use serde::{Deserialize, Serialize};

pub use adapter::HttpGateway;
pub use effects::{Effect, GatewayEffects, Reply};
pub use gateway::{Authorization, Gateway, GatewayError, Known, Refusal};

pub use service::{GATEWAY_URL, VARIABLES, gateway_of, service};

/// The payment service; its effects are carried out by [`GatewayEffects`].
#[derive(Clone, Copy, Debug)]
pub struct Payment;

/// What payment hears.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A fare is registered: charge it. With the card, sealed.
    FareRegistered(booking::FareRegistered, String),
    /// The account was not credited: give the charge back.
    AccountCreditRefused(fulfillment::AccountCreditRefused),
}

/// What payment has on record of a saga.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
    /// Nothing yet.
    #[default]
    Unseen,
    /// Intent: the gateway is being asked to authorise and to capture.
    Charging {
        /// What is charged.
        fare: Fare,
    },
    /// The card is charged.
    Captured {
        /// What was charged.
        fare: Fare,
        /// The payment.
        charge: Charge,
    },
    /// The card was not charged.
    Declined {
        /// What was not charged.
        fare: Fare,
    },
    /// Intent: the gateway is being asked to refund.
    Refunding {
        /// What was charged.
        fare: Fare,
        /// The payment.
        charge: Charge,
    },
    /// The charge was given back.
    Refunded {
        /// What was charged.
        fare: Fare,
        /// The payment.
        charge: Charge,
    },
    /// The charge could not be given back.
    RefundFailed {
        /// What was charged.
        fare: Fare,
        /// The payment.
        charge: Charge,
    },
}

/// Payment's card, as data.
pub const DECLARATION: Declaration = Declaration {
    name: "payment",
    about: "charges the card, voids, refunds",
    stateful: true,
    reactions: &[
        Reaction {
            to: EventType::FareRegistered,
            expects: "Unseen",
            step: Some(StepName::ChargeFare),
            answers: &[EventType::PaymentCaptured, EventType::PaymentDeclined],
            undoes: None,
            retry: RetryPolicy::PATIENT,
        },
        Reaction {
            to: EventType::AccountCreditRefused,
            expects: "Captured",
            step: Some(StepName::RefundFare),
            answers: &[EventType::PaymentRefunded, EventType::PaymentRefundFailed],
            undoes: Some(StepName::ChargeFare),
            retry: RetryPolicy::PATIENT,
        },
    ],
};

impl Participant for Payment {
    type Incoming = Incoming;
    type State = State;
    type Effect = Effect;
    type Reply = Reply;

    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
        let received = saga::delivery::read_event(delivery, |event, sealed_card| match event {
            Event::FareRegistered(registered) => {
                Some(sealed_card.map(|card| Incoming::FareRegistered(registered, card)))
            }
            Event::AccountCreditRefused(refused) => Some(Some(Incoming::AccountCreditRefused(refused))),
            Event::FareRejected(_)
            | Event::FareCompleted(_)
            | Event::FareCancelled(_)
            | Event::FareNeedsAttention(_)
            | Event::PaymentCaptured(_)
            | Event::PaymentDeclined(_)
            | Event::PaymentRefunded(_)
            | Event::PaymentRefundFailed(_)
            | Event::AccountCredited(_) => None,
        })?;
        received.try_map(|incoming| incoming.ok_or_else(|| Poison::new(Reason::Unreadable, "sealedcard: is missing")))
    }

    fn expects(&self, incoming: &Incoming) -> State {
        match incoming {
            Incoming::FareRegistered(..) => State::Unseen,
            Incoming::AccountCreditRefused(refused) => {
                State::Captured { fare: refused.fare.clone(), charge: refused.charge.clone() }
            }
        }
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, now: Timestamp) -> Decision<Self> {
        let (incoming, reply) = match input {
            Input::Event(incoming) => (incoming, None),
            Input::Reply(incoming, reply) => (incoming, Some(reply)),
        };
        match incoming {
            Incoming::FareRegistered(registered, card) => charge::charge(state, registered, card, reply, now),
            Incoming::AccountCreditRefused(refused) => refund::refund(state, refused, reply, now),
        }
    }
}
