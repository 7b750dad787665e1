//! What a saga is about: a fare or an order. Payment charges either.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Fare, Identifier, Money, Order};

/// The kinds of saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SagaKind {
    /// A fare is registered, charged and credited.
    Fare,
    /// An order is created, paid and reserved.
    Order,
}

impl SagaKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Fare, Self::Order];

    /// The wire name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fare => "fare",
            Self::Order => "order",
        }
    }
}

impl fmt::Display for SagaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is bought; on the wire a field `fare` or a field `order`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Purchase {
    /// A fare.
    Fare(Fare),
    /// An order.
    Order(Order),
}

impl Purchase {
    /// Which kind of saga this is.
    #[must_use]
    pub fn kind(&self) -> SagaKind {
        match self {
            Self::Fare(_) => SagaKind::Fare,
            Self::Order(_) => SagaKind::Order,
        }
    }

    /// What is to be paid.
    #[must_use]
    pub fn amount(&self) -> Money {
        match self {
            Self::Fare(fare) => fare.amount,
            Self::Order(order) => order.amount,
        }
    }

    /// Who pays.
    #[must_use]
    pub fn customer_id(&self) -> &Identifier {
        match self {
            Self::Fare(fare) => &fare.customer_id,
            Self::Order(order) => &order.customer_id,
        }
    }

    /// The client's own id of it; not unique.
    #[must_use]
    pub fn id(&self) -> &Identifier {
        match self {
            Self::Fare(fare) => &fare.fare_id,
            Self::Order(order) => &order.order_id,
        }
    }
}

impl From<Fare> for Purchase {
    fn from(fare: Fare) -> Self {
        Self::Fare(fare)
    }
}

impl From<Order> for Purchase {
    fn from(order: Order) -> Self {
        Self::Order(order)
    }
}
