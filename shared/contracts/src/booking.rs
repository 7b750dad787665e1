//! What booking publishes: a purchase is on record, is to be unwound, and how its saga ended.

use serde::{Deserialize, Serialize};

use crate::journey::is_zero;
use crate::{Action, Charge, Failure, Journey, Money, Path, Purchase, Standing};

/// The fare is registered, or the order is created; nothing is charged yet.
///
/// Durable: the purchase, in booking's table. The card of a fare travels beside this event, sealed to payment's key, as
/// the envelope's extension attribute [`sealedcard`](crate::Envelope::sealed_card); it is stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// What is to be paid.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// Whatever of the saga has taken effect is to be undone: it was cancelled, its deadline has passed, or an operator
/// has what still stands tried again.
///
/// Durable: the reason, in booking's table. Whether it will be undone is decided at the pivot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnwindingStarted {
    /// What it is about.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// Why.
    pub error: Failure,
    /// The way so far; its round tells this unwinding from an earlier one.
    #[serde(flatten)]
    pub journey: Journey,
}

/// A request broke a rule and was never registered. A final outcome.
///
/// Durable: the rejection. Nothing took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "{S}Request"))]
#[serde(rename_all = "camelCase")]
pub struct Rejected<S> {
    /// What was asked for, as far as it could be read.
    #[serde(flatten)]
    pub subject: S,
    /// The amount, where it is money.
    pub amount: Option<Money>,
    /// The field and the rule that it breaks.
    pub error: Failure,
    /// The way so far.
    pub path: Path,
}

/// The purchase is paid and fulfilled. A final outcome.
///
/// Durable: the capture at the gateway, the credit or the reservation in fulfillment's table, the status in booking's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Completed {
    /// What was bought.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// Its payment.
    pub charge: Charge,
    /// How many notifications went before this one; it resolves the last of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier: u32,
    /// The whole way.
    pub path: Path,
}

/// How a saga ended that failed: its reason and what came of the payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// What it was about.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// The capture, if there was one.
    pub charge_id: Option<String>,
    /// The refund, if there was one.
    pub refund_id: Option<String>,
    /// Why the saga failed.
    pub error: Failure,
    /// Effects that could not be undone; empty when the saga was compensated, or when nobody knows yet.
    pub standing: Vec<Standing>,
    /// How many notifications went before this one; it resolves the last of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier: u32,
    /// How a person closed it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Action>,
    /// The whole way.
    pub path: Path,
}

impl Failed {
    /// A saga that failed before anything was paid, as the first outcome that is told of it.
    #[must_use]
    pub fn unpaid(purchase: Purchase, error: Failure, path: Path) -> Self {
        Self {
            purchase,
            charge_token: None,
            charge_id: None,
            refund_id: None,
            error,
            standing: Vec::new(),
            earlier: 0,
            resolution: None,
            path,
        }
    }
}
