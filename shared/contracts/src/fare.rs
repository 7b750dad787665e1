//! A fare, and the facts about its payment that events carry forward.
//!
//! Events carry what the next service needs, so that no service ever reads another's data, or its own before it
//! writes.

use serde::{Deserialize, Serialize};

use crate::purchased::{Named, Purchased};
use wire::{Identifier, Money};

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

impl Purchased for Fare {
    fn amount(&self) -> Money {
        self.amount
    }

    fn customer_id(&self) -> &Identifier {
        &self.customer_id
    }

    fn id(&self) -> &Identifier {
        &self.fare_id
    }
}

/// What clients are told of a fare; nothing where a rejected request did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FareSubject {
    /// The customer.
    pub customer_id: Option<Identifier>,
    /// The fare. The field is there in any case: it tells a fare from another subject.
    #[serde(deserialize_with = "Option::deserialize")]
    pub fare_id: Option<Identifier>,
    /// The amount as the client wrote it.
    pub fare_amount: Option<String>,
}

impl From<&Fare> for FareSubject {
    fn from(fare: &Fare) -> Self {
        let Fare { customer_id, fare_id, fare_amount, .. } = fare.clone();
        Self { customer_id: Some(customer_id), fare_id: Some(fare_id), fare_amount: Some(fare_amount) }
    }
}

impl Named for FareSubject {
    fn customer_id(&self) -> Option<&Identifier> {
        self.customer_id.as_ref()
    }

    fn id(&self) -> Option<&Identifier> {
        self.fare_id.as_ref()
    }
}

/// What a `FareRejected` event says of a fare; nothing that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RejectedFare {
    /// The customer.
    pub customer_id: Option<Identifier>,
    /// The fare.
    pub fare_id: Option<Identifier>,
    /// The amount as the client wrote it, where it is money.
    pub fare_amount: Option<String>,
}

impl From<FareSubject> for RejectedFare {
    fn from(FareSubject { customer_id, fare_id, fare_amount }: FareSubject) -> Self {
        Self { customer_id, fare_id, fare_amount }
    }
}

impl From<RejectedFare> for FareSubject {
    fn from(RejectedFare { customer_id, fare_id, fare_amount }: RejectedFare) -> Self {
        Self { customer_id, fare_id, fare_amount }
    }
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
