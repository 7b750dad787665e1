//! What a client finds in the success or the failure queue.

use serde::{Deserialize, Serialize};
use wire::Money;

use crate::subject::Subject;

/// How a saga ended.
pub type Notification = wire::Notification<About>;

/// What a notification is about, and what came of the payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// What it was about.
    #[serde(flatten)]
    pub subject: Subject,
    /// The amount.
    pub amount: Option<Money>,
    /// The pre-authorisation, if there was one.
    pub charge_token: Option<String>,
    /// The capture or the debit, if there was one.
    pub charge_id: Option<String>,
    /// The refund, if there was one.
    pub refund_id: Option<String>,
}

impl About {
    /// A saga about this, and nothing of a payment.
    #[must_use]
    pub fn unpaid(subject: Subject, amount: Option<Money>) -> Self {
        Self { subject, amount, charge_token: None, charge_id: None, refund_id: None }
    }
}
