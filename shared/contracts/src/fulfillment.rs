//! What fulfillment publishes: the customer's account was credited, or not.

use serde::{Deserialize, Serialize};

use crate::{Charge, Failure, Fare, Path, Standing};

/// The customer's account is credited: the pivot, after which nothing is undone.
///
/// Durable: the credit, in fulfillment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountCredited {
    /// The fare that was credited.
    pub fare: Fare,
    /// Its payment.
    pub charge: Charge,
    /// The way so far.
    pub path: Path,
}

/// The account was not credited; fulfillment's own part is undone, or named as still standing.
///
/// Durable: the refusal, in fulfillment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountCreditRefused {
    /// The fare that was not credited.
    pub fare: Fare,
    /// Its payment, to be refunded.
    pub charge: Charge,
    /// Why.
    pub error: Failure,
    /// What fulfillment could not undo.
    pub standing: Vec<Standing>,
    /// The way so far.
    pub path: Path,
}
