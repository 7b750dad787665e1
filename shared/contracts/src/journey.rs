//! What travels with every event of a saga under way, so that the last one tells the whole way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Failure, Outcome, SagaId, StepName, Words};

/// The way so far, until when it may go on, and for the how many-th time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Journey {
    /// After this moment no service begins anything new for the saga; it declines instead.
    #[serde(default = "never")]
    pub deadline: Timestamp,
    /// 0 for the saga as it was asked for; *n* when it is unwound for the *n*-th time by an operator.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// The steps so far.
    pub path: Path,
}

impl Journey {
    /// The beginning.
    #[must_use]
    pub fn until(deadline: Timestamp) -> Self {
        Self { deadline, round: 0, path: Path::default() }
    }

    /// This journey and one more step.
    #[must_use]
    pub fn and(&self, step: StepName, ok: bool, at: Timestamp) -> Self {
        Self { path: self.path.and(step, ok, at), ..*self }
    }

    /// This journey on another path.
    #[must_use]
    pub fn on(&self, path: Path) -> Self {
        Self { path, ..*self }
    }

    /// Whether it is too late to begin anything new.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        now > self.deadline
    }
}

/// For serde: the deadline of what an older build wrote without one.
#[must_use]
pub fn never() -> Timestamp {
    Timestamp::MAX
}

/// For serde: what counts from 0 is left out where nothing was counted.
#[must_use]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One step of a path: what was tried, whether it took effect, and when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Which step.
    pub step: StepName,
    /// Whether it did what it is for.
    pub ok: bool,
    /// When it ended.
    pub at: Timestamp,
}

/// The steps of a saga in the order in which they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Path(Vec<Step>);

impl Path {
    /// This path and one more step.
    #[must_use]
    pub fn and(&self, step: StepName, ok: bool, at: Timestamp) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step { step, ok, at });
        Self(steps)
    }

    /// The steps of both, each once, in the order in which they ended: where two branches of a saga meet.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut steps = self.0.clone();
        steps.extend(other.0.iter().filter(|step| !self.0.contains(step)));
        // Stable: what a service wrote at one moment keeps its order.
        steps.sort_by_key(|step| step.at);
        Self(steps)
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// An attempt at a compensation that failed; on record where it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// How often the message had been received by then (SQS's `ApproximateReceiveCount`).
    pub receive: u32,
    /// In which round of unwinding.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// The name of the error.
    pub error: String,
}

impl Attempt {
    /// How many of these failed in this round.
    #[must_use]
    pub fn in_round(attempts: &[Self], round: u32) -> usize {
        attempts.iter().filter(|attempt| attempt.round == round).count()
    }
}

/// A service's own failure, on record while what it had done is being undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// Why.
    pub error: Failure,
    /// When.
    pub at: Timestamp,
}

/// What a person, or a deadline, did to a saga.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Action {
    /// What was done.
    pub what: ActionKind,
    /// By whom.
    pub by: Words,
    /// Why.
    pub reason: Words,
    /// When.
    pub at: Timestamp,
    /// The id of the request for it, by which one that comes twice is recognised; none for a deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// What can be done to a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ActionKind {
    /// It shall be undone, as far as it may be.
    Cancel,
    /// Its deadline has passed.
    Expire,
    /// What still stands shall be undone after all.
    Retry,
    /// It is closed by hand.
    Resolve,
}

impl ActionKind {
    /// The wire name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Retry => "retry",
            Self::Resolve => "resolve",
        }
    }
}

/// The id of a saga's notification of this outcome, `earlier` others having gone before it.
#[must_use]
pub fn notification_id(saga: SagaId, outcome: Outcome, earlier: u32) -> Uuid {
    match earlier {
        0 => saga.derive(&format!("notification/{}", outcome.as_str())),
        _ => saga.derive(&format!("notification/{}/{earlier}", outcome.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn branches_meet_in_the_order_of_time_and_no_step_stands_twice() {
        let common = Path::default().and(StepName::RegisterFare, true, at(1));
        let charged = common.and(StepName::ChargeFare, true, at(3));
        let refused = common.and(StepName::CreditCustomerAccount, false, at(2));
        let merged = charged.merged(&refused);
        let steps: Vec<_> = merged.steps().iter().map(|step| step.step).collect();
        assert_eq!(steps, [StepName::RegisterFare, StepName::CreditCustomerAccount, StepName::ChargeFare]);
        assert_eq!(merged, refused.merged(&charged));
        assert_eq!(merged, merged.merged(&common));
    }

    #[test]
    fn an_event_without_a_deadline_is_never_late() {
        let journey: Journey = serde_json::from_str(r#"{"path":[]}"#).unwrap();
        assert!(!journey.is_late(at(9_999_999_999)));
        assert_eq!(journey.round, 0);
    }
}
