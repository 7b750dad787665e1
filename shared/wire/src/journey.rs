//! What travels with every event of a saga under way, so that the last one tells the whole way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Outcome, SagaId, StepName};

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
    ///
    /// # Examples
    ///
    /// ```
    /// use ensemble_wire::Journey;
    /// use jiff::Timestamp;
    /// use parcel::vocabulary::steps;
    ///
    /// let noon: Timestamp = "2026-01-01T12:00:00Z".parse()?;
    /// let journey = Journey::until(noon).and(steps::ACCEPT, true, noon).and(steps::LOAD, false, noon);
    /// assert!(journey.path.has(steps::ACCEPT) && !journey.path.has(steps::LOAD));
    /// assert!(journey.is_late("2026-01-01T12:00:01Z".parse()?));
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn until(deadline: Timestamp) -> Self {
        Self { deadline, round: 0, path: Path::default() }
    }

    /// This journey and one more step.
    #[must_use]
    pub fn and(&self, step: impl Into<StepName>, ok: bool, at: Timestamp) -> Self {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Which step.
    pub step: StepName,
    /// Whether it did what it is for.
    pub ok: bool,
    /// When it ended.
    pub at: Timestamp,
    /// How often it ended so, in the rounds before the newest; `at` is the last time. Left out where it was once.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

impl Step {
    /// Whether it counts that other one among its times.
    fn counts(&self, other: &Self) -> bool {
        self.is_like(other) && self.times > other.times && self.at >= other.at
    }

    fn is_like(&self, other: &Self) -> bool {
        self.step == other.step && self.ok == other.ok
    }
}

/// For serde: what is counted from 1 is left out where it was once.
#[must_use]
pub fn once() -> u32 {
    1
}

/// For serde: whether it was once.
#[must_use]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub fn is_once(times: &u32) -> bool {
    *times == 1
}

/// The steps of a saga in the order in which they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "Vec<Step>")]
pub struct Path(Vec<Step>);

/// A longer path is folded where it is read: a build that folded none may have written it.
const LONGEST_PATH: usize = 32;

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        let is_long = steps.len() > LONGEST_PATH;
        let path = Self(steps);
        if is_long { path.folded() } else { path }
    }
}

impl Path {
    /// This path and one more step.
    #[must_use]
    pub fn and(&self, step: impl Into<StepName>, ok: bool, at: Timestamp) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step { step: step.into(), ok, at, times: once() });
        Self(steps)
    }

    /// The steps of both, each once, in the order in which they ended: where two branches of a saga meet.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let counted = |path: &Self, step: &Step| path.0.iter().any(|count| count.counts(step));
        let mut steps: Vec<_> = self.0.iter().filter(|step| !counted(other, step)).cloned().collect();
        steps.extend(other.0.iter().filter(|step| !self.0.contains(step) && !counted(self, step)).cloned());
        // Stable: what a service wrote at one moment keeps its order.
        steps.sort_by_key(|step| step.at);
        Self(steps)
    }

    /// This path with each step that repeats as one, where it ended last, which counts the others: where another round
    /// begins. So no number of rounds makes a path longer than its saga has steps, each of which ends well or badly.
    #[must_use]
    pub fn folded(&self) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for step in &self.0 {
            let earlier = steps.iter().position(|earlier| earlier.is_like(step)).map(|index| steps.remove(index));
            let times = earlier.map_or(0, |earlier| earlier.times).saturating_add(step.times);
            steps.push(Step { times, ..step.clone() });
        }
        Self(steps)
    }

    /// Whether a step took effect.
    #[must_use]
    pub fn has(&self, step: impl Into<StepName>) -> bool {
        let step = step.into();
        self.0.iter().any(|taken| taken.step == step && taken.ok)
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
    /// How often: more than once where attempts of many rounds stand as one, the last of them.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

impl Attempt {
    /// How many attempts stand on record each by itself, the first ones. Then follows one that counts those between.
    const FIRST: usize = 3;

    /// How many of the last ones. A round has fewer, by any policy, so that what counts is always of earlier rounds.
    const LAST: usize = 9;

    /// One that failed with this error.
    #[must_use]
    pub fn new(error: &str, round: u32, at: Timestamp, receive: u32) -> Self {
        Self { at, receive, round, error: error.to_owned(), times: once() }
    }

    /// Puts one on record behind these.
    pub fn put_on_record(attempts: &mut Vec<Self>, attempt: Self) {
        attempts.push(attempt);
        while attempts.len() > Self::FIRST + 1 + Self::LAST {
            let counted = attempts.remove(Self::FIRST).times;
            if let Some(next) = attempts.get_mut(Self::FIRST) {
                next.times = next.times.saturating_add(counted);
            }
        }
    }

    /// How many these are.
    #[must_use]
    pub fn count(attempts: &[Self]) -> usize {
        attempts.iter().map(|attempt| usize::try_from(attempt.times).unwrap_or(usize::MAX)).sum()
    }

    /// How many of these failed in this round.
    #[must_use]
    pub fn in_round(attempts: &[Self], round: u32) -> usize {
        attempts.iter().filter(|attempt| attempt.round == round).count()
    }
}

/// What a person, or a deadline, did to a saga.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Action {
    /// What was done.
    pub what: ActionKind,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
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
    /// What it asked is answered; the reason is the answer.
    Answer,
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
            Self::Answer => "answer",
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
    use proptest::prelude::*;

    use super::*;

    static STEPS: [StepName; 6] = [
        StepName::new("Create"),
        StepName::new("Pay"),
        StepName::new("Reserve"),
        StepName::new("Release"),
        StepName::new("Refund"),
        StepName::new("Reset"),
    ];

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn branches_meet_in_the_order_of_time_and_no_step_stands_twice() {
        let common = Path::default().and(StepName::new("Register"), true, at(1));
        let charged = common.and(StepName::new("Charge"), true, at(3));
        let refused = common.and(StepName::new("Credit"), false, at(2));
        let merged = charged.merged(&refused);
        let steps: Vec<_> = merged.steps().iter().map(|step| step.step.clone()).collect();
        assert_eq!(steps, [StepName::new("Register"), StepName::new("Credit"), StepName::new("Charge")]);
        assert_eq!(merged, refused.merged(&charged));
        assert_eq!(merged, merged.merged(&common));
    }

    proptest! {
        #[test]
        fn no_number_of_rounds_makes_a_path_too_long_and_no_step_is_lost(
            rounds in proptest::collection::vec(proptest::collection::vec((0..STEPS.len(), any::<bool>()), 0..6), 0..200),
        ) {
            let mut path = Path::default();
            let mut taken = std::collections::BTreeMap::new();
            let mut now = 0;
            for round in rounds {
                path = path.folded();
                let began = path.clone();
                for (step, ok) in round {
                    now += 1;
                    path = path.and(STEPS[step].clone(), ok, at(now));
                    *taken.entry((STEPS[step].as_str(), ok)).or_insert(0) += 1;
                }
                prop_assert!(path.steps().len() <= 2 * STEPS.len() + 6);
                let text = serde_json::to_string(&path).unwrap();
                prop_assert!(text.len() < 4 * 1024, "{} bytes", text.len());
                prop_assert_eq!(&serde_json::from_str::<Path>(&text).unwrap(), &path);
                // Whoever heard only how the round began, and whoever folded it, knows nothing else.
                prop_assert_eq!(&began.merged(&path), &path);
                prop_assert_eq!(path.merged(&path.folded()), path.folded());
                prop_assert_eq!(path.folded().merged(&began), path.folded());
            }
            let mut told = std::collections::BTreeMap::new();
            for step in path.steps() {
                *told.entry((step.step.as_str(), step.ok)).or_insert(0) += step.times;
            }
            prop_assert_eq!(told, taken);
        }

        #[test]
        fn no_number_of_attempts_makes_their_record_too_long_and_each_is_counted(each in 0..4_usize, rounds in 0..400_u32) {
            let mut attempts = Vec::new();
            for round in 0..rounds {
                for receive in 0..each {
                    let receive = u32::try_from(receive).unwrap();
                    Attempt::put_on_record(&mut attempts, Attempt::new("ErrProcessRefund", round, at(1), receive));
                    prop_assert_eq!(Attempt::in_round(&attempts, round), usize::try_from(receive).unwrap() + 1);
                }
            }
            prop_assert_eq!(Attempt::count(&attempts), each * usize::try_from(rounds).unwrap());
            prop_assert!(serde_json::to_string(&attempts).unwrap().len() < 2 * 1024);
        }
    }

    #[test]
    fn what_an_older_build_wrote_is_folded_where_it_is_read() {
        let mut path = Path::default();
        for second in 0..900 {
            path = path.and(StepName::new("Refund"), false, at(second));
        }
        let read: Path = serde_json::from_str(&serde_json::to_string(&path).unwrap()).unwrap();
        let last = Step { step: StepName::new("Refund"), ok: false, at: at(899), times: 900 };
        assert_eq!(read.steps(), [last]);
        let once = serde_json::to_string(&path.folded().steps()).unwrap();
        assert_eq!(once, r#"[{"step":"Refund","ok":false,"at":"1970-01-01T00:14:59Z","times":900}]"#);
    }

    #[test]
    fn an_event_without_a_deadline_is_never_late() {
        let journey: Journey = serde_json::from_str(r#"{"path":[]}"#).unwrap();
        assert!(!journey.is_late(at(9_999_999_999)));
        assert_eq!(journey.round, 0);
    }
}
