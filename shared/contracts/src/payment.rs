//! What payment publishes: the card was charged, or not, or the money went back, or it could not.

use serde::{Deserialize, Serialize};

use crate::{Charge, Failure, Fare, Path, Standing};

/// The card is charged.
///
/// Durable: the capture, at the gateway and in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// The fare that was charged.
    pub fare: Fare,
    /// The payment.
    pub charge: Charge,
    /// The way so far.
    pub path: Path,
}

/// The card was not charged. A pre-authorisation, if there was one, is voided or named as still standing.
///
/// Durable: the refusal, in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDeclined {
    /// The fare that was not charged.
    pub fare: Fare,
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// Why.
    pub error: Failure,
    /// The hold, if it could not be voided.
    pub standing: Vec<Standing>,
    /// The way so far.
    pub path: Path,
}

/// The charge was given back.
///
/// Durable: the refund, at the gateway and in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The fare that was charged.
    pub fare: Fare,
    /// The payment.
    pub charge: Charge,
    /// The refund: `re_…`.
    pub refund_id: String,
    /// Why the saga failed.
    pub error: Failure,
    /// What other services could not undo.
    pub standing: Vec<Standing>,
    /// The way so far.
    pub path: Path,
}

/// The gateway refuses to give the charge back: the capture stands, and a person has to look.
///
/// Durable: the refusal, in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefundFailed {
    /// The fare that was charged.
    pub fare: Fare,
    /// The payment, which stands.
    pub charge: Charge,
    /// Why the saga failed, and in [`also`](Failure::also) why the refund did.
    pub error: Failure,
    /// The capture, and what other services could not undo.
    pub standing: Vec<Standing>,
    /// The way so far.
    pub path: Path,
}
