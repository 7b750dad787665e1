//! Fulfillment: credits the customer's account with what was charged.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `PaymentCaptured` |
//! | decides | whether the account is credited |
//! | publishes | `AccountCredited`, `AccountCreditRefused` |
//! | undone by | nothing: the credit is the pivot, after which nothing is undone |
//! | never | charges, refunds, or credits one saga twice |
//!
//! **Invariant:** the credit is this service's item itself, so it stands exactly once or not at all.

mod credit;
mod service;

use contracts::{Charge, Event, EventType, Fare, Poison, StepName, payment};
use jiff::Timestamp;
use saga::{Decision, Declaration, Delivery, Input, NoEffect, Participant, Reaction, Received, RetryPolicy};
use serde::{Deserialize, Serialize};

pub use service::service;

/// The fulfillment service.
#[derive(Clone, Copy, Debug)]
pub struct Fulfillment {
    /// Whether the forced failures of [`contracts::hooks`] are honoured.
    pub hooks: bool,
}

/// What fulfillment hears.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// The card is charged: credit the account.
    PaymentCaptured(payment::PaymentCaptured),
}

/// What fulfillment has on record of a saga.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
    /// Nothing yet.
    #[default]
    Unseen,
    /// The account is credited with the fare's amount.
    Credited {
        /// What was credited.
        fare: Fare,
        /// By which payment.
        charge: Charge,
    },
    /// The account was not credited.
    Refused {
        /// What was not credited.
        fare: Fare,
        /// By which payment.
        charge: Charge,
    },
}

/// Fulfillment's card, as data.
pub const DECLARATION: Declaration = Declaration {
    name: "fulfillment",
    about: "credits the customer's account",
    stateful: true,
    reactions: &[Reaction {
        to: EventType::PaymentCaptured,
        expects: "Unseen",
        step: Some(StepName::CreditCustomerAccount),
        answers: &[EventType::AccountCredited, EventType::AccountCreditRefused],
        undoes: None,
        retry: RetryPolicy::PATIENT,
    }],
};

impl Participant for Fulfillment {
    type Incoming = Incoming;
    type State = State;
    type Effect = NoEffect;
    type Reply = NoEffect;

    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
        saga::delivery::read_event(delivery, |event, _| match event {
            Event::PaymentCaptured(captured) => Some(Incoming::PaymentCaptured(captured)),
            Event::FareRegistered(_)
            | Event::FareRejected(_)
            | Event::FareCompleted(_)
            | Event::FareCancelled(_)
            | Event::FareNeedsAttention(_)
            | Event::PaymentDeclined(_)
            | Event::PaymentRefunded(_)
            | Event::PaymentRefundFailed(_)
            | Event::AccountCredited(_)
            | Event::AccountCreditRefused(_) => None,
        })
    }

    fn expects(&self, incoming: &Incoming) -> State {
        match incoming {
            Incoming::PaymentCaptured(_) => State::Unseen,
        }
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, now: Timestamp) -> Decision<Self> {
        let Input::Event(incoming) = input else {
            return Decision::NotYet;
        };
        match incoming {
            Incoming::PaymentCaptured(captured) => credit::credit(state, captured, self.hooks, now),
        }
    }
}
