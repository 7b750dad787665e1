//! What payment has on record of a saga.

use contracts::journey::is_zero;
use contracts::{Attempt, Because, Charge, Path, Purchase};
use serde::{Deserialize, Serialize};

/// What payment has on record of a saga.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
    /// Nothing yet.
    #[default]
    Unseen,
    /// Intent: the gateway is being asked for the money.
    Charging {
        /// What is paid.
        #[serde(flatten)]
        purchase: Purchase,
    },
    /// The money is taken.
    Captured {
        /// What was paid.
        #[serde(flatten)]
        purchase: Purchase,
        /// The payment.
        charge: Charge,
    },
    /// The money was not taken; also the tombstone of a saga that was unwound before its payment was heard of.
    Declined {
        /// What was not paid.
        #[serde(flatten)]
        purchase: Purchase,
        /// The hold that stands, if one could not be voided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<String>,
        /// In which round of unwinding.
        #[serde(default, skip_serializing_if = "is_zero")]
        round: u32,
    },
    /// Intent: the gateway is being asked to void a hold that stands.
    Voiding {
        /// What was not paid.
        #[serde(flatten)]
        purchase: Purchase,
        /// The hold.
        hold: String,
        /// In which round of unwinding.
        #[serde(default, skip_serializing_if = "is_zero")]
        round: u32,
    },
    /// Intent: the gateway is being asked to give the money back.
    Refunding(Refund),
    /// The money was given back.
    Refunded(Refund),
    /// The money could not be given back.
    RefundFailed(Refund),
}

/// A refund: what is given back and how that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// What was paid.
    #[serde(flatten)]
    pub purchase: Purchase,
    /// The payment.
    pub charge: Charge,
    /// Payment's own failure, where the money had been taken by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// The way on which it was paid, where what has it given back does not tell that way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Path>,
    /// In which round of unwinding.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// The attempts that failed, of all rounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// The refund, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
}

impl State {
    /// The purchase that is on record, if one is.
    pub(crate) fn purchase(&self) -> Option<&Purchase> {
        match self {
            Self::Unseen => None,
            Self::Charging { purchase }
            | Self::Captured { purchase, .. }
            | Self::Declined { purchase, .. }
            | Self::Voiding { purchase, .. } => Some(purchase),
            Self::Refunding(refund) | Self::Refunded(refund) | Self::RefundFailed(refund) => Some(&refund.purchase),
        }
    }
}

impl Refund {
    /// A refund that has not been tried yet.
    pub(crate) fn new(purchase: Purchase, charge: Charge) -> Self {
        Self { purchase, charge, because: None, paid: None, round: 0, attempts: Vec::new(), refund_id: None }
    }
}
