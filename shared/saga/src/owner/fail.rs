//! Ends a saga that failed: every other compensation has answered, so the first step itself is undone, and the client
//! told what still stands.

use wire::told::Failed;
use wire::{Outcome, Path, Subject};

use super::contract::{FailedOf, Owner, Stage};
use super::state::{CaseOf, HeardBy, State, StateOf, tell, told};
use crate::{Context, Decision, Then};

/// The last of the others has answered, badly.
pub(super) fn fail<O: Owner>(
    owner: &O,
    state: &StateOf<O>,
    heard: &HeardBy<O>,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    if state.is_about_another(&heard.subject) {
        return Decision::Contradiction("subject: is not the one on record for this saga");
    }
    let ended = |case: &CaseOf<O>, known: &Path| match owner.failed(&heard.event) {
        Some(failed) => {
            let path = heard.journey.path.merged(known);
            end(owner, case.clone(), Failed { earlier: case.told, path, ..failed }, context)
        }
        None => Decision::NotYet,
    };
    match state {
        State::Unseen => Decision::NotYet,
        State::Withdrawn { .. } | State::Rejected => {
            Decision::Contradiction("saga: was never begun, so nothing of it can be undone")
        }
        // An answer of an earlier round, late.
        State::Unwinding { case, .. } | State::NeedsAttention { case, awaits: Some(_), .. }
            if heard.journey.round < case.round =>
        {
            Decision::Ignore
        }
        State::Registered(case) => ended(case, &Path::default()),
        // What the owner has heard of the way meanwhile, the other may not have.
        State::Unwinding { case, path, .. } => ended(case, path),
        State::NeedsAttention { case, awaits: Some(_), .. } => {
            ended(case, &told(context).map(|told| told.path.clone()).unwrap_or_default())
        }
        State::Undoing { case, failed } => end(owner, case.clone(), *failed.clone(), context),
        State::Cancelled(_) | State::NeedsAttention { awaits: None, .. } | State::Resolved(_) => Decision::Announce,
        State::Completed(_) => Decision::Contradiction("saga: has completed, so nothing of it can be undone"),
    }
}

/// Undoes the first step, and ends the saga.
pub(super) fn end<O: Owner>(
    owner: &O,
    mut case: CaseOf<O>,
    mut failed: FailedOf<O>,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    let Some(step) = Owner::declaration(owner).undoing(case.subject.kind()) else { return Decision::NotYet };
    match owner.fails(step, &case.subject) {
        // In another round it may have been done before; then it is not done, or told, twice.
        None if failed.path.has(step) => {}
        None => {
            failed.path = failed.path.and(step, true, context.now);
            case = case.at(owner, Stage::Undone);
        }
        Some(failure) => {
            if let Some(delay) = context.attempt_failed(&mut case.attempts, &failure.name, case.round) {
                return Decision::Commit(State::Undoing { case, failed: Box::new(failed) }, Then::Retry(delay));
            }
            failed.path = failed.path.and(step, false, context.now);
            failed.error = failed.error.and(failure);
            failed.standing.push(owner.standing(&case.subject));
        }
    }
    let case = case.having_told();
    let (state, outcome) = if failed.standing.is_empty() {
        (State::Cancelled(case), Outcome::Compensated)
    } else {
        (State::NeedsAttention { case, since: context.now, awaits: None }, Outcome::NeedsAttention)
    };
    tell(state, outcome, &failed)
}
