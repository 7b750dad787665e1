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

mod credit_customer_account;
mod effects;
mod fulfilled;
mod reserve_inventory;
mod service;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use contracts::{Event, hooks};
use runtime::{ConfigError, Environment, Service};
use saga::Declaration;
use saga::step::{Forced, StepList, Steps};

use credit_customer_account::CreditCustomerAccount;
use reserve_inventory::ReserveInventory;

pub use effects::{Effect, Reply, STOCK, StockEffects};

/// The fulfillment service; its effects are carried out by [`StockEffects`].
pub type Fulfillment = Steps<Event, Effect, Reply>;

/// Fulfillment's card, as data.
pub static DECLARATION: LazyLock<Declaration> =
    LazyLock::new(|| steps(false).declaration("fulfillment", "credits the customer's account, reserves the inventory"));

/// The fulfillment service. `hooks`: whether the forced failures of [`contracts::hooks`] are honoured.
#[must_use]
pub fn fulfillment(hooks: bool) -> Fulfillment {
    Steps::new(&DECLARATION, steps(hooks))
}

/// Fulfillment, as the environment wants it.
///
/// # Errors
///
/// [`ConfigError`].
pub fn service(environment: &Environment) -> Result<Service, ConfigError> {
    service::joined(environment, fulfillment)
}

fn steps(hooks: bool) -> StepList<Event, Effect, Reply> {
    let force = if hooks { Some(hooks::forced as _) } else { None };
    StepList::default().with(Forced::new(CreditCustomerAccount, force)).with(Forced::new(ReserveInventory, force))
}
