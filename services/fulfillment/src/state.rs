//! What fulfillment has on record of a saga.

use contracts::journey::is_zero;
use contracts::{Attempt, Because, Charge, Purchase};
use saga::Take;
use serde::{Deserialize, Serialize};

/// What fulfillment has on record of a saga.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
    /// Nothing yet.
    #[default]
    Unseen,
    /// The account is credited with the amount.
    Credited {
        /// What was credited.
        #[serde(flatten)]
        purchase: Purchase,
        /// By which payment.
        charge: Charge,
    },
    /// The items are reserved: the quantities are those of the order.
    Reserved {
        /// What was reserved.
        #[serde(flatten)]
        purchase: Purchase,
        /// By which payment.
        charge: Charge,
        /// What of it was taken from the stock; the rest is not tracked.
        taken: Vec<Take>,
    },
    /// Intent: a reservation is being released.
    Releasing(Refusal),
    /// It was not fulfilled and never will be; also the tombstone of a saga that was unwound before it was paid.
    Refused(Refusal),
}

/// Why a purchase is not fulfilled, and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What is not fulfilled.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// Its payment, where one was heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Charge>,
    /// Fulfillment's own failure, while what it had done is being undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// In which round of unwinding.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// Whether the reservation stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stands: bool,
    /// What it holds of the stock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Take>,
    /// The attempts to release it that failed, of all rounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

impl State {
    /// The purchase that is on record, if one is.
    pub(crate) fn purchase(&self) -> Option<&Purchase> {
        match self {
            Self::Unseen => None,
            Self::Credited { purchase, .. } | Self::Reserved { purchase, .. } => Some(purchase),
            Self::Releasing(refusal) | Self::Refused(refusal) => Some(&refusal.purchase),
        }
    }

    /// Whether another payment than this is on record.
    pub(crate) fn is_paid_otherwise(&self, charge: &Charge) -> bool {
        let known = match self {
            Self::Unseen => None,
            Self::Credited { charge, .. } | Self::Reserved { charge, .. } => Some(charge),
            Self::Releasing(refusal) | Self::Refused(refusal) => refusal.charge.as_ref(),
        };
        known.is_some_and(|known| known != charge)
    }
}

impl Refusal {
    /// A refusal of which nothing stands.
    pub(crate) fn new(purchase: Purchase, charge: Option<Charge>) -> Self {
        Self { purchase, charge, because: None, round: 0, stands: false, taken: Vec::new(), attempts: Vec::new() }
    }
}
