//! A person answers what a saga asks: the owner tells the services that wait for the answer.
//!
//! **Invariant:** the first answer counts, and is on record in the same write that tells it.

use wire::told::Answered;
use wire::{ActionKind, Events, Journey, Subject};

use super::contract::Owner;
use super::incoming::Ask;
use super::state::{CaseOf, State, StateOf, told_path};
use crate::{Context, Decision, Then};

/// The rule that an answer breaks which a saga of another kind is given.
const ASKS_NOTHING: &str = "sagaId: is of a saga of a kind that asks nothing";

/// Somebody answers.
pub(super) fn answer<O: Owner>(state: &StateOf<O>, ask: &Ask, context: &Context<'_, O::Vocabulary>) -> Decision<O> {
    match state {
        // The request may still come.
        State::Unseen => Decision::NotYet,
        State::Registered(case) if is_answered::<O>(case) => Decision::Announce,
        State::Registered(case) => tell(case, ask, context),
        // Too late: nothing waits for it any more.
        State::Withdrawn { .. }
        | State::Rejected
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => Decision::Ignore,
    }
}

fn is_answered<O: Owner>(case: &CaseOf<O>) -> bool {
    case.actions.in_full().any(|action| action.what == ActionKind::Answer)
}

/// Puts the answer on record, and tells it. The registration, which may not have been announced yet, stays on record.
fn tell<O: Owner>(case: &CaseOf<O>, ask: &Ask, context: &Context<'_, O::Vocabulary>) -> Decision<O> {
    let kind = case.subject.kind();
    let Some(answering) = O::Vocabulary::LEXICON.answering(kind) else {
        return Decision::Contradiction(ASKS_NOTHING);
    };
    let journey = Journey { deadline: case.deadline, round: case.round, path: told_path(context) };
    let (by, answer) = (ask.by.clone(), ask.reason.clone());
    let data = Answered { subject: case.subject.clone(), by, answer, journey };
    match O::Vocabulary::new(answering, &data) {
        Some(event) => {
            let state = State::Registered(case.clone().after(ask.action(context.now)));
            Decision::Commit(state, Then::AnnounceBeside(vec![event]))
        }
        None => Decision::NotYet,
    }
}
