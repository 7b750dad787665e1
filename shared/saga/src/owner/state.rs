//! What an owner has on record of a saga.

use contracts::booking::Failed;
use contracts::journey::{is_zero, never};
use contracts::{Action, Attempt, Event, EventType, Failure, Outcome, Path, Purchase};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::actions::Actions;
use super::contract::{Owner, Stage};
use crate::{Awaited, Context, Decision, Participant, Then};

/// What the owner knows of a saga that runs or ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// What the saga is about.
    #[serde(flatten)]
    pub purchase: Purchase,
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

impl Case {
    /// A saga that is new.
    pub fn new<O: Owner>(owner: &O, purchase: Purchase, deadline: Timestamp) -> Self {
        let status = owner.status(purchase.kind(), Stage::Registered).map(str::to_owned);
        Self { purchase, status, deadline, round: 0, told: 0, actions: Actions::default(), attempts: Vec::new() }
    }

    /// The same, at another stage.
    pub(super) fn at<O: Owner>(self, owner: &O, stage: Stage) -> Self {
        let status = owner.status(self.purchase.kind(), stage).map(str::to_owned);
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
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
    Registered(Case),
    /// Everything that took effect is being undone.
    Unwinding {
        /// What is known of it.
        #[serde(flatten)]
        case: Case,
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
        case: Case,
        /// How the saga will have ended.
        failed: Box<Failed>,
    },
    /// The saga ended well.
    Completed(Case),
    /// The saga failed, and everything is undone.
    Cancelled(Case),
    /// The saga failed, and something still stands, or nobody knows: a person has to look.
    NeedsAttention {
        /// What is known of it.
        #[serde(flatten)]
        case: Case,
        /// Since when; an older build did not say.
        #[serde(default)]
        since: Timestamp,
        /// The answer that never came, where that is why; when it comes after all, the saga ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        awaits: Option<Awaited>,
    },
    /// A person closed it.
    Resolved(Case),
}

impl State {
    /// What is known of the saga, if what it is about is on record.
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        match self {
            Self::Unseen | Self::Withdrawn { .. } | Self::Rejected => None,
            Self::Registered(case) | Self::Completed(case) | Self::Cancelled(case) | Self::Resolved(case) => Some(case),
            Self::Unwinding { case, .. } | Self::Undoing { case, .. } | Self::NeedsAttention { case, .. } => Some(case),
        }
    }

    /// The purchase that is on record, if one is.
    pub(super) fn purchase(&self) -> Option<&Purchase> {
        self.case().map(|case| &case.purchase)
    }

    /// Whether another purchase than this is on record.
    pub(super) fn is_about_another(&self, purchase: &Purchase) -> bool {
        self.purchase().is_some_and(|known| known != purchase)
    }
}

/// How an outcome is announced: one that resolves another, behind that other.
pub(super) fn announce<P: Participant>(earlier: u32, event: Event) -> Then<P> {
    const RESOLVED: &[EventType] = &[EventType::FareNeedsAttention, EventType::OrderNeedsAttention];
    match earlier {
        0 => Then::Announce(vec![event]),
        _ => Then::AnnounceBehind(RESOLVED, vec![event]),
    }
}

/// Puts on record that a saga failed, and announces how.
pub(super) fn tell<P: Participant<State = State>>(state: State, outcome: Outcome, failed: &Failed) -> Decision<P> {
    let event = EventType::telling(failed.purchase.kind(), outcome).and_then(|told| Event::new(told, failed));
    // The vocabulary has an event for each; a saga is never ended without one.
    event.map_or(Decision::NotYet, |event| Decision::Commit(state, announce(failed.earlier, event)))
}

/// How the saga was told to have failed, and to need attention.
pub(super) fn told<'a>(context: &Context<'a>) -> Option<&'a Failed> {
    // Behind an earlier one that it resolves, the last one counts.
    let attention = |event: &&Event| event.event_type().outcome() == Some(Outcome::NeedsAttention);
    context.said.iter().rev().find(attention)?.holds()
}

#[cfg(test)]
mod tests {
    use crate::Stored;

    use super::*;

    #[test]
    fn what_a_build_without_deadlines_put_on_record_is_read() {
        let fare =
            r#"{"customerId":"3","fareId":"wr_563","fareAmount":"$20.00","amount":{"minor":2000,"currency":"USD"}}"#;
        for state in ["Registered", "Completed", "Cancelled", "NeedsAttention"] {
            let stored = Stored { state: state.to_owned(), facts: format!(r#"{{"fare":{fare}}}"#) };
            let read: State = stored.read().unwrap_or_else(|state| panic!("{state} cannot be read"));
            assert_eq!(read.case().map(|case| case.deadline), Some(Timestamp::MAX), "{state}");
        }
    }
}
