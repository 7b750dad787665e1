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
mod charge_fare;
mod effects;
mod gateway;
mod http;
mod paid;
mod process_payment;
mod service;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use contracts::{Event, hooks};
use runtime::{ConfigError, Environment, Service};
use saga::Declaration;
use saga::step::{Forced, StepList, Steps};

use charge_fare::ChargeFare;
use process_payment::ProcessPayment;

pub use adapter::HttpGateway;
pub use effects::{Effect, GatewayEffects, Reply};
pub use gateway::{Authorization, Gateway, GatewayError, Key, Known, Refusal};
pub use service::{CARD_KEY, CARD_KEY_FILE, GATEWAY_URL, VARIABLES, gateway_of};

/// The payment service; its effects are carried out by [`GatewayEffects`].
pub type Payment = Steps<Event, Effect, Reply>;

/// Payment's card, as data.
pub static DECLARATION: LazyLock<Declaration> =
    LazyLock::new(|| steps(false).declaration("payment", "charges the card, debits the account; voids, refunds"));

/// The payment service. `hooks`: whether the forced failures of [`contracts::hooks`] are honoured here; those of fares
/// are the gateway's.
#[must_use]
pub fn payment(hooks: bool) -> Payment {
    Steps::new(&DECLARATION, steps(hooks))
}

/// Payment, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn service(environment: &Environment) -> Result<Service, ConfigError> {
    service::joined(environment, payment)
}

fn steps(hooks: bool) -> StepList<Event, Effect, Reply> {
    let force = if hooks { Some(hooks::forced as _) } else { None };
    StepList::default().with(Forced::new(ChargeFare, force)).with(Forced::new(ProcessPayment, force))
}
