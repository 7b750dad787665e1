//! What fulfillment publishes: what was paid for was delivered, or not.

use serde::{Deserialize, Serialize};

use crate::{Charge, Purchase};
use wire::{Failure, Journey, Standing};

/// The customer's account is credited, or the inventory is reserved: the pivot, after which nothing is undone.
///
/// Durable: the credit or the reservation, in fulfillment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fulfilled {
    /// What was fulfilled.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// Its payment.
    pub charge: Charge,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// The account was not credited, or the inventory is not reserved, and never will be for this saga. Fulfillment's own
/// part is undone, or named as still standing.
///
/// Durable: the refusal, in fulfillment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// What was not fulfilled.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// Its payment, to be refunded; absent where the refusal came before any payment was heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Charge>,
    /// Why.
    pub error: Failure,
    /// What fulfillment could not undo.
    pub standing: Vec<Standing>,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}
