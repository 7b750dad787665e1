//! What booking publishes: a purchase is on record, is to be unwound, and how its saga ended.

use serde::{Deserialize, Serialize};

use wire::journey::is_zero;

use crate::{Charge, Purchase};
use wire::{Failure, Money, Path};

/// The fare is registered, or the order is created; nothing is charged yet.
///
/// Durable: the purchase, in booking's table. The card of a fare travels beside this event, sealed to payment's key, as
/// the envelope's extension attribute `sealedcard`; it is stored nowhere.
pub type Registered = wire::told::Registered<Purchase>;

/// Whatever of the saga has taken effect is to be undone. Whether it will be, fulfillment decides.
pub type UnwindingStarted = wire::told::UnwindingStarted<Purchase>;

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

/// What came of the payment of a saga that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// The capture, if there was one.
    pub charge_id: Option<String>,
    /// The refund, if there was one.
    pub refund_id: Option<String>,
}

/// How a saga ended that failed: its reason and what came of the payment.
pub type Failed = wire::told::Failed<Purchase, Paid>;
