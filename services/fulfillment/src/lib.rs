//! Fulfillment: credits the customer's account with a fare that was charged, or reserves what an order has paid for.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `PaymentCaptured`, `UnwindingStarted` |
//! | decides | whether a purchase is fulfilled: the pivot, where a cancellation is accepted or comes too late |
//! | publishes | `AccountCredited`, `AccountCreditRefused`, `InventoryReserved`, `InventoryRefused` |
//! | undone by | releasing the reservation, below it; a credit by nothing, since nothing that follows can fail |
//! | never | charges, refunds, fulfils one saga twice, begins what is late, or fulfils what it has refused |
//!
//! **Invariant:** the credit or the reservation is this service's item itself, written in one transaction with the
//! stock that it takes, so it stands exactly once or not at all.

mod credit;
mod declaration;
mod effects;
mod reserve;
mod service;
mod state;
mod unwind;

use contracts::{Event, Poison, Purchase, booking, payment};
use saga::{Context, Decision, Declaration, Delivery, Input, Participant, Received};

pub use declaration::DECLARATION;
pub use effects::{Effect, Reply, StockEffects};
pub use service::service;
pub use state::{Refusal, State};

/// The fulfillment service; its effects are carried out by [`StockEffects`].
#[derive(Clone, Copy, Debug)]
pub struct Fulfillment {
    /// Whether the forced failures of [`contracts::hooks`] are honoured.
    pub hooks: bool,
}

/// What fulfillment hears.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// The customer has paid: fulfil.
    PaymentCaptured(payment::PaymentCaptured),
    /// The saga is to be undone, if it is not fulfilled yet.
    UnwindingStarted(booking::UnwindingStarted),
}

impl Participant for Fulfillment {
    type Incoming = Incoming;
    type State = State;
    type Effect = Effect;
    type Reply = Reply;

    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
        saga::delivery::read_event(delivery, |event, _| match event {
            Event::PaymentCaptured(captured) => Some(Incoming::PaymentCaptured(captured)),
            Event::UnwindingStarted(started) => Some(Incoming::UnwindingStarted(started)),
            Event::FareRegistered(_)
            | Event::FareRejected(_)
            | Event::FareCompleted(_)
            | Event::FareCancelled(_)
            | Event::FareNeedsAttention(_)
            | Event::OrderCreated(_)
            | Event::OrderRejected(_)
            | Event::OrderCompleted(_)
            | Event::OrderCancelled(_)
            | Event::OrderNeedsAttention(_)
            | Event::PaymentDeclined(_)
            | Event::PaymentRefunded(_)
            | Event::PaymentRefundFailed(_)
            | Event::AccountCredited(_)
            | Event::AccountCreditRefused(_)
            | Event::InventoryReserved(_)
            | Event::InventoryRefused(_) => None,
        })
    }

    fn expects(&self, _incoming: &Incoming) -> Option<State> {
        Some(State::Unseen)
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, context: &Context<'_>) -> Decision<Self> {
        let (incoming, reply) = match input {
            Input::Event(incoming) => (incoming, None),
            Input::Reply(incoming, reply) => (incoming, Some(reply)),
        };
        let purchase = match incoming {
            Incoming::PaymentCaptured(captured) => &captured.purchase,
            Incoming::UnwindingStarted(started) => &started.purchase,
        };
        if state.purchase().is_some_and(|known| known != purchase) {
            return Decision::Contradiction("fare, order: is not the one on record for this saga");
        }
        match incoming {
            Incoming::PaymentCaptured(captured) if state.is_paid_otherwise(&captured.charge) => {
                Decision::Contradiction("charge: is not the one on record for this saga")
            }
            Incoming::PaymentCaptured(captured) => match &captured.purchase {
                Purchase::Fare(_) => credit::credit(*self, state, captured, context),
                Purchase::Order(order) => reserve::reserve(*self, state, order, captured, reply, context),
            },
            Incoming::UnwindingStarted(started) => unwind::unwind(*self, state, started, reply, context),
        }
    }
}

#[cfg(test)]
mod tests;
