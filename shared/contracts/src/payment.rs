//! What payment publishes: the money was taken, or not, or went back, or could not.

use serde::{Deserialize, Serialize};

use crate::{Charge, Purchase};
use wire::{Failure, Journey, Standing};

/// The customer is charged.
///
/// Durable: the capture, at the gateway and in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// What was paid.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// The payment.
    pub charge: Charge,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// The customer was not charged. What payment had done by then is undone, or named as still standing.
///
/// Durable: the refusal, in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentDeclined {
    /// What was not paid.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// The debit that took effect before the step failed, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
    /// The refund of that debit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    /// Why.
    pub error: Failure,
    /// The hold or the debit, if it could not be undone; and what other services could not undo.
    pub standing: Vec<Standing>,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// The charge was given back.
///
/// Durable: the refund, at the gateway and in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// What was paid.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// The payment.
    pub charge: Charge,
    /// The refund: `re_…`.
    pub refund_id: String,
    /// Why the saga failed.
    pub error: Failure,
    /// What other services could not undo.
    pub standing: Vec<Standing>,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// The charge could not be given back, as often as it was tried: it stands, and a person has to look.
///
/// Durable: the refusal, in payment's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefundFailed {
    /// What was paid.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// The payment, which stands.
    pub charge: Charge,
    /// Why the saga failed, and in [`also`](Failure::also) why the refund did.
    pub error: Failure,
    /// The capture, and what other services could not undo.
    pub standing: Vec<Standing>,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}
