//! Payment: takes the money for a fare or an order, and gives it back when it cannot be fulfilled.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `FareRegistered`, `OrderCreated`, `AccountCreditRefused`, `InventoryRefused` |
//! | decides | whether a purchase is paid; whether the money is given back |
//! | publishes | `PaymentCaptured`, `PaymentDeclined`, `PaymentRefunded`, `PaymentRefundFailed` |
//! | undone by | void (a hold whose capture was refused), refund (a capture or a debit) |
//! | never | calls the gateway before its intent is on record, charges one saga twice, begins what is late, or stores a card |
//!
//! **Invariant:** every call to the gateway follows from an intent that stands in the table and carries a key derived
//! from the saga. An unknown outcome is never taken for a refusal.

mod adapter;
mod answers;
mod charge;
mod debit;
mod declaration;
mod effects;
mod gateway;
mod http;
mod refund;
mod service;
mod state;

use contracts::{Event, Poison, Purchase, Reason, SagaKind, booking, fulfillment};
use saga::{Context, Decision, Declaration, Delivery, Input, Participant, Received};

pub use adapter::HttpGateway;
pub use declaration::DECLARATION;
pub use effects::{Effect, GatewayEffects, Reply};
pub use gateway::{Authorization, Gateway, GatewayError, Key, Known, Refusal};
pub use service::{GATEWAY_URL, VARIABLES, gateway_of, service};
pub use state::State;

/// The payment service; its effects are carried out by [`GatewayEffects`].
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// Whether the forced failures of [`contracts::hooks`] are honoured here; those of fares are the gateway's.
    pub hooks: bool,
}

/// What payment hears.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A fare is registered: charge it. With the card, sealed.
    FareRegistered(booking::Registered, String),
    /// An order is created: debit it.
    OrderCreated(booking::Registered),
    /// It was not fulfilled: give the money back.
    Refused(fulfillment::Refused),
}

impl Incoming {
    /// What it is about.
    pub(crate) fn purchase(&self) -> &Purchase {
        match self {
            Self::FareRegistered(registered, _) | Self::OrderCreated(registered) => &registered.purchase,
            Self::Refused(refused) => &refused.purchase,
        }
    }
}

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
            Event::OrderCreated(registered) => Some(Some(Incoming::OrderCreated(registered))),
            Event::AccountCreditRefused(refused) | Event::InventoryRefused(refused) => {
                Some(Some(Incoming::Refused(refused)))
            }
            Event::FareRejected(_)
            | Event::FareCompleted(_)
            | Event::FareCancelled(_)
            | Event::FareNeedsAttention(_)
            | Event::OrderRejected(_)
            | Event::OrderCompleted(_)
            | Event::OrderCancelled(_)
            | Event::OrderNeedsAttention(_)
            | Event::UnwindingStarted(_)
            | Event::PaymentCaptured(_)
            | Event::PaymentDeclined(_)
            | Event::PaymentRefunded(_)
            | Event::PaymentRefundFailed(_)
            | Event::AccountCredited(_)
            | Event::InventoryReserved(_) => None,
        })?;
        received.try_map(|incoming| incoming.ok_or_else(|| Poison::new(Reason::Unreadable, "sealedcard: is missing")))
    }

    fn expects(&self, incoming: &Incoming) -> Option<State> {
        match incoming {
            Incoming::FareRegistered(..) | Incoming::OrderCreated(_) => Some(State::Unseen),
            Incoming::Refused(refused) => match &refused.charge {
                Some(charge) if refused.journey.round == 0 => {
                    Some(State::Captured { purchase: refused.purchase.clone(), charge: charge.clone() })
                }
                // Before any payment was heard of, or once more: in any state.
                Some(_) | None => None,
            },
        }
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, context: &Context<'_>) -> Decision<Self> {
        let (incoming, reply) = match input {
            Input::Event(incoming) => (incoming, None),
            Input::Reply(incoming, reply) => (incoming, Some(reply)),
        };
        if state.purchase().is_some_and(|known| known != incoming.purchase()) {
            return Decision::Contradiction("fare, order: is not the one on record for this saga");
        }
        match incoming {
            Incoming::FareRegistered(registered, card) => charge::charge(state, registered, card, reply, context),
            Incoming::OrderCreated(registered) => debit::debit(*self, state, registered, reply, context),
            Incoming::Refused(refused) => refund::refund(*self, state, refused, reply, context),
        }
    }
}

/// The name of the error when a charge cannot be given back.
pub(crate) fn refund_error(kind: SagaKind) -> &'static str {
    match kind {
        SagaKind::Fare => "RefundException",
        SagaKind::Order => debit::REFUND_ERROR,
    }
}

#[cfg(test)]
mod tests;
