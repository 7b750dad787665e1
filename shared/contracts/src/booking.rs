//! What booking publishes: the fare is registered, and how its saga ended.

use serde::{Deserialize, Serialize};

use crate::{Charge, Failure, Fare, Identifier, Money, Path, Standing};

/// The fare is registered; nothing is charged yet.
///
/// Durable: the fare, in booking's table. The card travels beside this event, sealed to payment's key, as the
/// envelope's extension attribute [`sealedcard`](crate::Envelope::sealed_card); it is stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FareRegistered {
    /// The fare to charge.
    pub fare: Fare,
    /// The way so far.
    pub path: Path,
}

/// The request broke a rule and was never registered. A final outcome.
///
/// Durable: the rejection. Nothing was charged or credited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FareRejected {
    /// The customer, where that much could be read.
    pub customer_id: Option<Identifier>,
    /// The fare, where that much could be read.
    pub fare_id: Option<Identifier>,
    /// The amount as written, where it is money.
    pub fare_amount: Option<String>,
    /// The amount, where it is money.
    pub amount: Option<Money>,
    /// The field and the rule that it breaks.
    pub error: Failure,
    /// The way so far.
    pub path: Path,
}

/// The fare is charged and credited. A final outcome.
///
/// Durable: the capture at the gateway, the credit in fulfillment's table, the status in booking's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FareCompleted {
    /// The fare.
    pub fare: Fare,
    /// Its payment.
    pub charge: Charge,
    /// The whole way.
    pub path: Path,
}

/// How a fare ended that failed: its reason and what came of the payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FareFailed {
    /// The fare.
    pub fare: Fare,
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// The capture, if there was one.
    pub charge_id: Option<String>,
    /// The refund, if there was one.
    pub refund_id: Option<String>,
    /// Why the saga failed.
    pub error: Failure,
    /// Effects that could not be undone; empty when the saga was compensated.
    pub standing: Vec<Standing>,
    /// The whole way.
    pub path: Path,
}
