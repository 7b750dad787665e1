//! Has a saga undone: because somebody cancels it, because its time is up, or because an operator wants what still
//! stands tried again; and closes it where a person has seen to it.
//!
//! The owner only asks. Whether a saga is undone is decided at the pivot.
//!
//! **Invariant:** every action is on record with who, when and why, in the same write that it leads to.

use jiff::Timestamp;
use wire::told::{Failed, UnwindingStarted};
use wire::{Action, ActionKind, Events, Failure, Journey, Outcome, Path, StepType, Subject};

use super::awaited::awaited;
use super::contract::{AboutBy, Owner, Stage};
use super::incoming::Ask;
use super::reactions::first_step;
use super::state::{Case, CaseOf, HeardBy, State, StateOf, announce, tell, told, told_path};
use super::{answer, fail};
use crate::{Context, Decision, Then};

/// The error of a saga that was cancelled.
const CANCELLED: &str = "SagaCancelled";

/// The error of a saga whose time was up.
const EXPIRED: &str = "DeadlineExceeded";

/// The error of a service that owes an answer.
const UNANSWERED: &str = "Unanswered";

/// Somebody asks for something to be done to a saga.
pub(super) fn act<O: Owner>(
    owner: &O,
    state: &StateOf<O>,
    ask: &Ask,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    match ask.what {
        ActionKind::Cancel => cancel(owner, state, ask, context),
        ActionKind::Expire => expire(owner, state, ask, context),
        ActionKind::Retry => retry(owner, state, ask, context),
        ActionKind::Resolve => resolve(state, ask, context),
        ActionKind::Answer => answer::answer(state, ask, context),
    }
}

fn cancel<O: Owner>(owner: &O, state: &StateOf<O>, ask: &Ask, context: &Context<'_, O::Vocabulary>) -> Decision<O> {
    match state {
        // The request may still come.
        State::Unseen => {
            Decision::Commit(State::Withdrawn { action: ask.action(context.now) }, Then::Announce(Vec::new()))
        }
        State::Registered(case) => {
            let message = format!("cancelled by {}: {}", ask.by, ask.reason);
            begin(owner, case.clone().after(ask.action(context.now)), CANCELLED, message, context)
        }
        // Too late, or done: whoever asks hears the outcome once more.
        State::Withdrawn { .. }
        | State::Rejected
        | State::Unwinding { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => Decision::Announce,
        State::Undoing { .. } => Decision::Ignore,
    }
}

/// The time of a saga is up, says the list; what stands may say otherwise, for a list lags.
fn expire<O: Owner>(owner: &O, state: &StateOf<O>, ask: &Ask, context: &Context<'_, O::Vocabulary>) -> Decision<O> {
    let now = context.now;
    match state {
        State::Registered(case) if now >= case.deadline => {
            let message = format!("not done by {}", case.deadline);
            begin(owner, case.clone().after(ask.action(now)), EXPIRED, message, context)
        }
        State::Unwinding { case, error, path, until, .. } if now >= *until => {
            let Some(awaits) = awaited(Owner::declaration(owner), state) else {
                return Decision::Ignore;
            };
            let unanswered =
                Failure::new(UNANSWERED, error.step.clone(), format!("{awaits}, so nobody knows what stands"));
            let failed =
                Failed { earlier: case.told, ..Failed::new(case.subject.clone(), error.and(unanswered), path.clone()) };
            let case = case.clone().after(ask.action(now)).having_told();
            let state = State::NeedsAttention { case, since: now, awaits: Some(awaits) };
            tell(state, Outcome::NeedsAttention, &failed)
        }
        // The message by which it was tried again is lost, or late.
        State::Undoing { case, failed } if now >= case.deadline => {
            fail::end(owner, case.clone(), *failed.clone(), context)
        }
        State::Unseen | State::Registered(_) => Decision::Ignore,
        // Not yet again, or over. What followed from this very message may not have been announced.
        State::Withdrawn { .. }
        | State::Rejected
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => Decision::Announce,
    }
}

fn retry<O: Owner>(owner: &O, state: &StateOf<O>, ask: &Ask, context: &Context<'_, O::Vocabulary>) -> Decision<O> {
    // Acted upon already, by this message or a copy of it: what followed may not have been announced.
    if state.case().is_some_and(|case| ask.is_known_to(case)) {
        return Decision::Announce;
    }
    let (State::NeedsAttention { case, .. }, Some(failed)) = (state, told(context)) else {
        return not_in_need(state);
    };
    let told_before = case.told;
    let case = Case { round: case.round.saturating_add(1), ..case.clone().after(ask.action(context.now)) };
    match unwinding(owner, case, failed.error.alone(), failed.path.folded(), context) {
        Some((state, event)) => Decision::Commit(state, announce(told_before, event)),
        None => Decision::NotYet,
    }
}

fn resolve<O: Owner>(state: &StateOf<O>, ask: &Ask, context: &Context<'_, O::Vocabulary>) -> Decision<O> {
    if state.case().is_some_and(|case| ask.is_known_to(case)) {
        return Decision::Announce;
    }
    let (State::NeedsAttention { case, .. }, Some(failed)) = (state, told(context)) else {
        return not_in_need(state);
    };
    let action = ask.action(context.now);
    let failed = Failed { earlier: case.told, resolution: Some(action.clone()), ..failed.clone() };
    let state = State::Resolved(case.clone().after(action).having_told());
    tell(state, Outcome::NeedsAttention, &failed)
}

/// An operator asks about a saga that needs no attention: it may yet come to that, or it is over. Never passed over
/// while it may, so that the same message means the same whenever it comes.
fn not_in_need<O: Owner>(state: &StateOf<O>) -> Decision<O> {
    match state {
        State::Unseen
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::NeedsAttention { .. } => Decision::NotYet,
        State::Withdrawn { .. } | State::Rejected | State::Completed(_) | State::Cancelled(_) | State::Resolved(_) => {
            Decision::Ignore
        }
    }
}

/// Begins to undo a saga that runs. Which step is refused for that, the pivot says.
fn begin<O: Owner>(
    owner: &O,
    case: CaseOf<O>,
    error: &str,
    message: String,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    let Some((step, _)) = first_step(Owner::declaration(owner), case.subject.kind()) else { return Decision::NotYet };
    let error = Failure::new(error, step, message);
    match unwinding(owner, case, error, told_path(context), context) {
        Some((state, event)) => Decision::Commit(state, Then::Announce(vec![event])),
        None => Decision::NotYet,
    }
}

/// Has the pivot decide, from where everything unwinds in reverse.
fn unwinding<O: Owner>(
    owner: &O,
    case: CaseOf<O>,
    error: Failure,
    path: Path,
    context: &Context<'_, O::Vocabulary>,
) -> Option<(StateOf<O>, O::Vocabulary)> {
    let journey = Journey { deadline: case.deadline, round: case.round, path: path.clone() };
    let data = UnwindingStarted { subject: case.subject.clone(), error: error.clone(), journey };
    let event = O::Vocabulary::new(O::Vocabulary::LEXICON.unwinding()?, &data)?;
    let until = owner.deadlines().unwound_by(context.now);
    Some((State::Unwinding { case, error, path, until, refused: false }, event))
}

/// The pivot has refused: while a saga is unwound, that says who owes the rest.
pub(super) fn refused<O: Owner>(state: &StateOf<O>, refused: &HeardBy<O>) -> Decision<O> {
    match state {
        State::Unwinding { case, error, path, until, refused: false }
            if case.subject == refused.subject && case.round == refused.journey.round =>
        {
            let (case, error, until) = (case.clone(), error.clone(), *until);
            let path = path.merged(&refused.journey.path);
            Decision::Commit(State::Unwinding { case, error, path, until, refused: true }, Then::Announce(Vec::new()))
        }
        State::Unseen
        | State::Withdrawn { .. }
        | State::Rejected
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => Decision::Ignore,
    }
}

/// A request that was cancelled before it came: its saga ends here, and nothing was begun.
pub(super) fn withdrawn<O: Owner>(
    owner: &O,
    subject: AboutBy<O>,
    action: &Action,
    step: StepType,
    now: Timestamp,
) -> Decision<O> {
    let message = format!("cancelled by {} before it was begun: {}", action.by, action.reason);
    let error = Failure::new(CANCELLED, step, message);
    let failed = Failed::new(subject.clone(), error, Path::default().and(step, false, now));
    let case = Case::new(owner, subject, now).after(action.clone()).having_told();
    let state = State::Cancelled(case.at(owner, Stage::Undone));
    tell(state, Outcome::Compensated, &failed)
}
