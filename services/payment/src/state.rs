//! What payment has on record of a saga.

use contracts::journey::is_zero;
use contracts::{Attempt, Because, Charge, Path, Purchase};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long after it was asked for a call may still be at work, at the gateway or on the way to it.
///
/// A step is abandoned after 60 s, and its last call was asked for at most that late; we hang up on that after 15 s, which
/// tells a gateway nothing. As long again, and twice as long, are for a gateway that goes on by itself
/// and for clocks that differ.
const AT_WORK_MAX: SignedDuration = SignedDuration::from_secs(300);

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
        /// Since when, unless an older build wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
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
        /// Since when, unless an older build wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
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
    /// Since when this round's first attempt is made, unless an older build wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
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
            Self::Charging { purchase, .. }
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
        let attempts = Vec::new();
        Self { purchase, charge, because: None, paid: None, round: 0, since: None, attempts, refund_id: None }
    }

    /// Since when the attempt that is under way is made: the one before it was over then.
    pub(crate) fn attempted_since(&self) -> Option<Timestamp> {
        self.since.max(self.attempts.last().map(|attempt| attempt.at))
    }
}

/// Whether no call that was first asked for at this time can still be at work. What nobody has noted is not over.
pub(crate) fn is_over(since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| now.duration_since(since) > AT_WORK_MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use saga::declaration::TIMEOUT_SECS;
    use testkit::fixtures::{self, NOW};

    use super::*;
    use crate::http::TIMEOUT;

    #[test]
    fn a_call_is_given_four_times_what_a_step_and_a_call_may_take() {
        let longest = Duration::from_secs(TIMEOUT_SECS.into()) + TIMEOUT;
        assert!(AT_WORK_MAX.unsigned_abs() >= longest * 4);
    }

    #[test]
    fn a_call_is_over_after_its_time_and_not_where_that_is_not_on_record() {
        assert!(!is_over(None, NOW));
        assert!(!is_over(Some(NOW), NOW));
        assert!(!is_over(Some(NOW), NOW + AT_WORK_MAX));
        assert!(is_over(Some(NOW), NOW + AT_WORK_MAX + SignedDuration::from_secs(1)));
        assert!(!is_over(Some(NOW + AT_WORK_MAX), NOW), "a clock that is behind");
    }

    #[test]
    fn records_of_builds_that_noted_no_time_are_read_and_written_as_they_were() {
        let purchase = Purchase::from(fixtures::fare("3"));
        for state in [
            State::Charging { purchase: purchase.clone(), since: None },
            State::Voiding { purchase: purchase.clone(), hold: "tok_1".to_owned(), round: 0, since: None },
            State::Refunding(Refund::new(purchase, fixtures::charge())),
        ] {
            let stored = serde_json::to_string(&state).unwrap();
            assert!(!stored.contains("since"), "{stored}");
            assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), state);
        }
    }
}
