//! What stands on record of the steps of a saga in one service.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use wire::journey::is_zero;
use wire::{Attempt, Failure, Path, StepName, StepType};

use super::waits::Waits;

/// What a service has on record of a saga.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State<S> {
    /// Nothing yet.
    #[default]
    Unseen,
    /// Its part in the saga.
    Known(Part<S>),
}

/// The part of a service in a saga: how far its steps are. `S`: what sagas are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part<S> {
    /// What the saga is about.
    #[serde(flatten)]
    pub subject: S,
    /// Each step that was begun, or that never will be.
    pub steps: Taken,
    /// How the unwinding goes, of the steps that follow each other up to this one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unwinding: BTreeMap<StepName, Unwinding>,
    /// What has come of the events for which a step waits that waits for two.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waits: BTreeMap<StepName, Waits>,
}

/// How far the steps of a saga are in one service, in the order of the service's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken(Vec<(StepName, Progress<Value>)>);

impl Taken {
    /// How far a step is, if it is on record.
    #[must_use]
    pub fn get(&self, step: StepType) -> Option<&Progress<Value>> {
        self.iter().find(|(name, _)| **name == step).map(|(_, progress)| progress)
    }

    /// Each step on record, and how far it is.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&StepName, &Progress<Value>)> {
        self.0.iter().map(|(name, progress)| (name, progress))
    }

    /// Puts on record how far a step is.
    pub(super) fn insert(&mut self, step: StepType, progress: Progress<Value>) {
        match self.0.iter_mut().find(|(name, _)| *name == step) {
            Some((_, known)) => *known = progress,
            None => self.0.push((step.name(), progress)),
        }
    }

    /// Puts the steps into the order of this list.
    pub(super) fn sort(&mut self, list: &(impl Iterator<Item = StepType> + Clone)) {
        self.0.sort_by_key(|(name, _)| list.clone().position(|step| *name == step));
    }
}

/// A map, by the names of the steps.
impl Serialize for Taken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Taken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps: BTreeMap<StepName, Progress<Value>> = BTreeMap::deserialize(deserializer)?;
        Ok(Self(steps.into_iter().collect()))
    }
}

/// How far a step is. `F`: what stands on record once it took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress<F> {
    /// Intent: the world outside is being asked for the effect.
    Doing {
        /// Since when.
        since: Timestamp,
    },
    /// It took effect.
    Done(F),
    /// Intent: it is to be undone.
    Undoing {
        /// What took effect.
        facts: F,
        /// Since when the world outside is being asked to undo it; `None` until it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
        /// The attempts that failed, of all rounds.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attempts: Vec<Attempt>,
    },
    /// It is over, and will never be begun again.
    Ended(Ended<F>),
}

/// How a step ended that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "F: Deserialize<'de>"))]
pub struct Ended<F> {
    /// What is left of its effect.
    pub left: Left,
    /// When.
    pub at: Timestamp,
    /// What is known of the effect, if there was any.
    #[serde(default = "none", deserialize_with = "some", skip_serializing_if = "Option::is_none")]
    pub facts: Option<F>,
    /// Why what stands could not be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The attempts that failed, of all rounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// For serde, which would ask for `F: Default`.
fn none<F>() -> Option<F> {
    None
}

/// For serde: facts that are written are facts, also where they are `null`, as those of a step that needs none.
fn some<'de, D: Deserializer<'de>, F: Deserialize<'de>>(deserializer: D) -> Result<Option<F>, D::Error> {
    F::deserialize(deserializer).map(Some)
}

/// What is left of a step that is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Left {
    /// Nothing: it never took effect. Also the tombstone of a step that was unwound before it was begun.
    Refused,
    /// Nothing: it was undone.
    Undone,
    /// The effect stands.
    Stands,
}

/// How the steps of a saga are being unwound, or were last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unwinding {
    /// In which round, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// The service's own failure, where that is why: then the message that began the failed step brings the unwinding
    /// to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnFailure>,
    /// The way on which the last step took effect, where the message that has it undone does not tell that way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Path>,
}

/// A service's own failure, on record while what it had done is being undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFailure {
    /// The step that failed.
    pub step: StepName,
    /// Why.
    pub error: Failure,
    /// When.
    pub at: Timestamp,
}

impl<F> Progress<F> {
    /// What is known of the effect.
    pub fn facts(&self) -> Option<&F> {
        match self {
            Self::Doing { .. } => None,
            Self::Done(facts) | Self::Undoing { facts, .. } => Some(facts),
            Self::Ended(ended) => ended.facts.as_ref(),
        }
    }

    /// The attempts at undoing it that failed.
    pub fn attempts(&self) -> &[Attempt] {
        match self {
            Self::Doing { .. } | Self::Done(_) => &[],
            Self::Undoing { attempts, .. } | Self::Ended(Ended { attempts, .. }) => attempts,
        }
    }

    /// How far it is, in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Doing { .. } => "doing",
            Self::Done(_) => "done",
            Self::Undoing { .. } => "undoing",
            Self::Ended(Ended { left: Left::Refused, .. }) => "refused",
            Self::Ended(Ended { left: Left::Undone, .. }) => "undone",
            Self::Ended(Ended { left: Left::Stands, .. }) => "stands",
        }
    }

    /// Whether the step has been begun, or is to be undone, and neither has ended.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Doing { .. } | Self::Undoing { .. })
    }
}

impl<F> Ended<F> {
    /// A step of which nothing is left and nothing has to be undone.
    pub fn refused(at: Timestamp, facts: Option<F>) -> Self {
        Self { left: Left::Refused, at, facts, failure: None, attempts: Vec::new() }
    }
}

impl<S> Part<S> {
    /// A part in which nothing was begun.
    #[must_use]
    pub fn new(subject: S) -> Self {
        Self { subject, steps: Taken::default(), unwinding: BTreeMap::new(), waits: BTreeMap::new() }
    }

    /// The step that waits for an answer and for nothing else.
    #[must_use]
    pub fn waiting(&self) -> Option<&StepName> {
        let is_open = |step: &StepName| self.steps.iter().all(|(known, _)| known != step);
        let asks = |waits: &Waits| waits.heard.is_some() && waits.answer.is_none();
        self.waits.iter().find(|(step, waits)| asks(waits) && is_open(step)).map(|(step, _)| step)
    }

    /// The step that is under way, or else the last one that is on record.
    #[must_use]
    pub fn current(&self) -> Option<(&StepName, &Progress<Value>)> {
        let under_way = self.steps.iter().rfind(|(_, progress)| progress.is_under_way());
        under_way.or_else(|| self.steps.iter().next_back())
    }
}

/// The name of the state of which nothing is on record.
const UNSEEN: &str = "Unseen";

impl<S> State<S> {
    /// The part, if anything is on record.
    #[must_use]
    pub fn part(&self) -> Option<&Part<S>> {
        match self {
            Self::Unseen => None,
            Self::Known(part) => Some(part),
        }
    }
}

/// Named for people: the step that is under way or was last, and how far it is. The facts hold everything.
impl<A: Serialize> Serialize for State<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self::Known(part) = self else {
            let mut state = serializer.serialize_struct("State", 1)?;
            state.serialize_field("state", UNSEEN)?;
            return state.end();
        };
        let waiting = part.waiting().map(|step| format!("{} waiting", step.as_str()));
        let current = || part.current().map(|(step, progress)| format!("{} {}", step.as_str(), progress.word()));
        let name = waiting.or_else(current);
        let mut state = serializer.serialize_struct("State", 2)?;
        state.serialize_field("state", &name.unwrap_or_default())?;
        state.serialize_field("facts", part)?;
        state.end()
    }
}

impl<'de, A: Deserialize<'de>> Deserialize<'de> for State<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "A: Deserialize<'de>"))]
        struct Written<A> {
            state: String,
            facts: Option<Part<A>>,
        }
        let written = Written::deserialize(deserializer)?;
        match written.facts {
            Some(part) => Ok(Self::Known(part)),
            None if written.state == UNSEEN => Ok(Self::Unseen),
            None => Err(D::Error::custom("a state other than Unseen has facts")),
        }
    }
}
