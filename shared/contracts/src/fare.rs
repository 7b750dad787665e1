//! A fare, and the facts about its payment that events carry forward.
//!
//! Events carry what the next service needs, so that no service ever reads another's data, or its own before it
//! writes.

use serde::{Deserialize, Serialize};

use crate::{Identifier, Money};

/// The fare that a customer asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fare {
    /// Who pays.
    pub customer_id: Identifier,
    /// Which fare; not unique: one fare may be requested again and again.
    pub fare_id: Identifier,
    /// The amount as the client wrote it, for the notification.
    pub fare_amount: String,
    /// The amount.
    pub amount: Money,
}

/// Money that was taken, by the gateway's ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// The pre-authorisation: `tok_…`; a debit has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_token: Option<String>,
    /// The capture or the debit: `ch_…`.
    pub charge_id: String,
}
