//! Puts a request on record, or rejects it. How the first step is undone stands in `fail`.

use wire::told::{Failed, Registered};
use wire::{EventType, Events, Journey, Path, StepType, Subject};

use super::contract::{AboutBy, Broken, Owner};
use super::incoming::Incoming;
use super::reactions::first_step;
use super::state::{Case, State, StateOf};
use super::{fail, request, unwind};
use crate::{Context, Decision, Then};

/// A client asks for a saga: put the request on record, once.
pub(super) fn register<O: Owner>(
    owner: &O,
    state: &StateOf<O>,
    subject: &AboutBy<O>,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    let Some((step, registered)) = first_step(Owner::declaration(owner), subject.kind()) else {
        return Decision::NotYet;
    };
    match state {
        State::Unseen => begin(owner, subject, step, registered, context),
        State::Withdrawn { action } => unwind::withdrawn(owner, subject.clone(), action, step, context.now),
        // This message may be the one by which undoing the first step is tried again.
        State::Undoing { case, failed } if case.subject == *subject => {
            fail::end(owner, case.clone(), *failed.clone(), context)
        }
        State::Rejected
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => repeated(owner, state, subject, context),
    }
}

fn begin<O: Owner>(
    owner: &O,
    subject: &AboutBy<O>,
    step: StepType,
    registered: EventType,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    let deadline = owner.deadlines().of(subject.kind(), context.now);
    let (journey, case) = (Journey::until(deadline), Case::new(owner, subject.clone(), deadline));
    if let Some(failure) = owner.fails(step, subject) {
        // The step has taken effect when it fails, so it undoes itself.
        let path = journey.and(step, false, context.now).path;
        return fail::end(owner, case, Failed::new(subject.clone(), failure, path), context);
    }
    let data = Registered { subject: subject.clone(), journey: journey.and(step, true, context.now) };
    match O::Vocabulary::new(registered, &data) {
        Some(event) => Decision::Commit(State::Registered(case), Then::Announce(vec![event])),
        None => Decision::NotYet,
    }
}

/// A request that was decided on already: the same is announced again, and whoever sends another is told so.
fn repeated<O: Owner>(
    owner: &O,
    state: &StateOf<O>,
    subject: &AboutBy<O>,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    let rule = match state.subject() {
        Some(known) if known == subject => return Decision::Announce,
        Some(_) => "id: is used for another request already; send this one under another id",
        None => "id: is used for a request that was rejected; send this one under another id",
    };
    match request::rejection(owner, Broken::whole(subject, vec![rule.to_owned()]), subject.kind()) {
        Some(rejected) => instead(context, subject, rejected),
        None => Decision::NotYet,
    }
}

/// A client asks and breaks a rule: say so, once.
pub(super) fn reject<O: Owner>(
    owner: &O,
    state: &StateOf<O>,
    rejected: &O::Vocabulary,
    context: &Context<'_, O::Vocabulary>,
) -> Decision<O> {
    // The rejection stands at the step that would have been the first.
    let first = rejected.event_type().kind().and_then(|kind| first_step(Owner::declaration(owner), kind));
    let Some((step, _)) = first else { return Decision::NotYet };
    match state {
        // One that was cancelled before it came is rejected all the same: nothing of it was begun.
        State::Unseen | State::Withdrawn { .. } => {
            let path = rejected.data().path().and(step, false, context.now);
            Decision::Commit(State::Rejected, Then::Announce(vec![with_path(rejected, path)]))
        }
        State::Rejected if context.said.iter().any(|said| with_path(said, Path::default()) == *rejected) => {
            Decision::Announce
        }
        State::Rejected
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => instead(context, rejected, rejected.clone()),
    }
}

/// The same event, with another way so far.
fn with_path<V: Events>(event: &V, path: Path) -> V {
    let mut event = event.clone();
    *event.data_mut().path_mut() = path;
    event
}

/// Rejects what was sent under an id that is used: as a saga of its own, so that the one under that id keeps its
/// outcome. Sent twice it is the same, because its content is what names it.
fn instead<O: Owner>(
    context: &Context<'_, O::Vocabulary>,
    content: &impl serde::Serialize,
    rejected: O::Vocabulary,
) -> Decision<O> {
    let content = serde_json::to_string(content).expect("the vocabulary serialises: string keys, no foreign impls");
    Decision::Instead(context.saga.instead(&content), Incoming::BadRequest(Box::new(rejected)))
}
