//! What an owner has on record of a saga.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::journey::{is_zero, never};
use wire::told::{Failed, Registered};
use wire::{Action, Attempt, EventType, Events, Failure, Outcome, Path, Subject, Vocabulary};

use super::actions::Actions;
use super::contract::{AboutBy, FailedOf, Owner, Stage};
use crate::step::Heard;
use crate::{Awaited, Context, Decision, Participant, Then};

/// What the owner knows of a saga that runs or ran. `S`: what sagas are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case<S> {
    /// What the saga is about.
    #[serde(flatten)]
    pub subject: S,
    /// What the record says besides the name of the state: [`Owner::status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Until when the saga may go on.
    #[serde(default = "never")]
    pub deadline: Timestamp,
    /// How often an operator has had it unwound again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// How many notifications were told of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub told: u32,
    /// What people, or the deadline, did to it.
    #[serde(flatten)]
    pub actions: Actions,
    /// Attempts to undo the first step that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// What this owner knows of a saga.
pub type CaseOf<O> = Case<AboutBy<O>>;

/// What this owner has on record of a saga.
pub type StateOf<O> = State<<O as Owner>::Vocabulary>;

/// An event of another service that this owner hears.
pub(super) type HeardBy<O> = Heard<<O as Owner>::Vocabulary>;

impl<S: Subject> Case<S> {
    /// A saga that is new.
    pub fn new<O: Owner>(owner: &O, subject: S, deadline: Timestamp) -> Self {
        let status = owner.status(subject.kind(), Stage::Registered).map(str::to_owned);
        Self { subject, status, deadline, round: 0, told: 0, actions: Actions::default(), attempts: Vec::new() }
    }

    /// The same, at another stage.
    pub(super) fn at<O: Owner>(self, owner: &O, stage: Stage) -> Self {
        let status = owner.status(self.subject.kind(), stage).map(str::to_owned);
        Self { status, ..self }
    }

    /// The same, with one more thing done to it.
    pub(super) fn after(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// The same, with one more notification told.
    pub(super) fn having_told(self) -> Self {
        Self { told: self.told.saturating_add(1), ..self }
    }
}

/// What an owner has on record of a saga.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts", bound = "")]
pub enum State<V: Vocabulary> {
    /// Nothing yet.
    #[default]
    Unseen,
    /// Cancelled before its request came: a tombstone, at which the request ends.
    Withdrawn {
        /// By whom and why.
        action: Action,
    },
    /// The request broke a rule.
    Rejected,
    /// What is asked for is on record; its saga runs.
    Registered(Case<V::Subject>),
    /// Everything that took effect is being undone.
    Unwinding {
        /// What is known of it.
        #[serde(flatten)]
        case: Case<V::Subject>,
        /// Why.
        error: Failure,
        /// The path on which it began.
        path: Path,
        /// Until when the answer is waited for.
        until: Timestamp,
        /// Whether the pivot has answered; then another service owes the rest.
        #[serde(default)]
        refused: bool,
    },
    /// All others have answered, and undoing the first step fails: it is being tried again.
    Undoing {
        /// What is known of it.
        #[serde(flatten)]
        case: Case<V::Subject>,
        /// How the saga will have ended.
        failed: Box<Failed<V::Subject, V::Details>>,
    },
    /// The saga ended well.
    Completed(Case<V::Subject>),
    /// The saga failed, and everything is undone.
    Cancelled(Case<V::Subject>),
    /// The saga failed, and something still stands, or nobody knows: a person has to look.
    NeedsAttention {
        /// What is known of it.
        #[serde(flatten)]
        case: Case<V::Subject>,
        /// Since when; an older build did not say.
        #[serde(default)]
        since: Timestamp,
        /// The answer that never came, where that is why; when it comes after all, the saga ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        awaits: Option<Awaited>,
    },
    /// A person closed it.
    Resolved(Case<V::Subject>),
}

impl<V: Vocabulary> State<V> {
    /// What is known of the saga, if what it is about is on record.
    #[must_use]
    pub fn case(&self) -> Option<&Case<V::Subject>> {
        match self {
            Self::Unseen | Self::Withdrawn { .. } | Self::Rejected => None,
            Self::Registered(case) | Self::Completed(case) | Self::Cancelled(case) | Self::Resolved(case) => Some(case),
            Self::Unwinding { case, .. } | Self::Undoing { case, .. } | Self::NeedsAttention { case, .. } => Some(case),
        }
    }

    /// The subject that is on record, if one is.
    pub(super) fn subject(&self) -> Option<&V::Subject> {
        self.case().map(|case| &case.subject)
    }

    /// Whether another subject than this is on record.
    pub(super) fn is_about_another(&self, subject: &V::Subject) -> bool {
        self.subject().is_some_and(|known| known != subject)
    }
}

/// How an outcome is announced: one that resolves another, behind that other.
pub(super) fn announce<P: Participant>(earlier: u32, event: P::Vocabulary) -> Then<P> {
    let resolved = |event: &&EventType| event.outcome() == Some(Outcome::NeedsAttention);
    match earlier {
        0 => Then::Announce(vec![event]),
        _ => {
            Then::AnnounceBehind(P::Vocabulary::LEXICON.events.iter().filter(resolved).copied().collect(), vec![event])
        }
    }
}

/// Puts on record that a saga failed, and announces how.
pub(super) fn tell<O: Owner>(state: StateOf<O>, outcome: Outcome, failed: &FailedOf<O>) -> Decision<O> {
    let told = O::Vocabulary::LEXICON.telling(failed.subject.kind(), outcome);
    let event = told.and_then(|told| O::Vocabulary::new(told, failed));
    // The vocabulary has an event for each; a saga is never ended without one.
    event.map_or(Decision::NotYet, |event| Decision::Commit(state, announce(failed.earlier, event)))
}

/// How the saga was told to have failed, and to need attention.
pub(super) fn told<'a, V: Vocabulary>(context: &Context<'a, V>) -> Option<&'a Failed<V::Subject, V::Details>> {
    // Behind an earlier one that it resolves, the last one counts.
    let attention = |event: &&V| event.event_type().outcome() == Some(Outcome::NeedsAttention);
    context.said.iter().rev().find(attention)?.holds()
}

/// The path that was announced with the registration.
pub(super) fn told_path<V: Vocabulary>(context: &Context<'_, V>) -> Path {
    let registered = context.said.iter().find_map(|event| event.holds::<Registered<V::Subject>>());
    registered.map(|registered| registered.journey.path.clone()).unwrap_or_default()
}
