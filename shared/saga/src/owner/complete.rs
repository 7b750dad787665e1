//! Completes a saga. No compensation: after the pivot nothing is undone.

use super::contract::{Owner, Stage};
use super::state::{CaseOf, HeardBy, State, StateOf, announce};
use crate::{Context, Decision};
use wire::Subject;

/// All is done: the saga ended well, also where it was to be unwound by then.
pub(super) fn complete<O: Owner>(
    owner: &O,
    state: &StateOf<O>,
    heard: &HeardBy<O>,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    if state.is_about_another(&heard.subject) {
        return Decision::Contradiction("subject: is not the one on record for this saga");
    }
    match state {
        State::Unseen => Decision::NotYet,
        State::Withdrawn { .. } | State::Rejected => {
            Decision::Contradiction("saga: was never begun, so nothing of it can be fulfilled")
        }
        State::Registered(case)
        | State::Unwinding { case, .. }
        | State::NeedsAttention { case, awaits: Some(_), .. } => completed(owner, case, heard, context),
        State::Completed(_) => Decision::Announce,
        State::Undoing { .. }
        | State::Cancelled(_)
        | State::NeedsAttention { awaits: None, .. }
        | State::Resolved(_) => Decision::Contradiction("saga: has failed, so nothing of it can be fulfilled"),
    }
}

fn completed<O: Owner>(
    owner: &O,
    case: &CaseOf<O>,
    heard: &HeardBy<O>,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    // The path of some sagas ends with the last step of another service: no step completes them.
    let step = context.reaction.and_then(|reaction| reaction.step(case.subject.kind()));
    let path = &heard.journey.path;
    let path = step.map_or_else(|| path.clone(), |step| path.and(step, true, context.now));
    let Some(event) = owner.completed(&heard.event, case.told, path) else { return Decision::NotYet };
    let completed = case.clone().at(owner, Stage::Completed).having_told();
    Decision::Commit(State::Completed(completed), announce(case.told, event))
}
