//! Puts a request on record, or rejects it. How the first step is undone stands in `fail`.

use contracts::booking::{Failed, Registered};
use contracts::{Event, EventType, Journey, Path, Purchase, StepName};

use super::card::first_step;
use super::contract::{Broken, Owner};
use super::incoming::Incoming;
use super::state::{Case, State};
use super::{fail, request, unwind};
use crate::{Context, Decision, Then};

/// A client asks for a saga: put the request on record, once.
pub(super) fn register<O: Owner>(owner: &O, state: &State, purchase: &Purchase, context: &Context<'_>) -> Decision<O> {
    let Some((step, registered)) = first_step(Owner::declaration(owner), purchase.kind()) else {
        return Decision::NotYet;
    };
    match state {
        State::Unseen => begin(owner, purchase, step, registered, context),
        State::Withdrawn { action } => unwind::withdrawn(owner, purchase.clone(), action, step, context.now),
        // This message may be the one by which undoing the first step is tried again.
        State::Undoing { case, failed } if case.purchase == *purchase => {
            fail::end(owner, case.clone(), *failed.clone(), context)
        }
        State::Rejected
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => repeated(owner, state, purchase, context),
    }
}

fn begin<O: Owner>(
    owner: &O,
    purchase: &Purchase,
    step: StepName,
    registered: EventType,
    context: &Context<'_>,
) -> Decision<O> {
    let deadline = owner.deadlines().of(purchase.kind(), context.now);
    let (journey, case) = (Journey::until(deadline), Case::new(owner, purchase.clone(), deadline));
    if let Some(failure) = owner.fails(step, purchase) {
        // The step has taken effect when it fails, so it undoes itself.
        let path = journey.and(step, false, context.now).path;
        return fail::end(owner, case, Failed::unpaid(purchase.clone(), failure, path), context);
    }
    let data = Registered { purchase: purchase.clone(), journey: journey.and(step, true, context.now) };
    match Event::new(registered, &data) {
        Some(event) => Decision::Commit(State::Registered(case), Then::Announce(vec![event])),
        None => Decision::NotYet,
    }
}

/// A request that was decided on already: the same is announced again, and whoever sends another is told so.
fn repeated<O: Owner>(owner: &O, state: &State, purchase: &Purchase, context: &Context<'_>) -> Decision<O> {
    let rule = match state.purchase() {
        Some(known) if known == purchase => return Decision::Announce,
        Some(_) => "id: is used for another request already; send this one under another id",
        None => "id: is used for a request that was rejected; send this one under another id",
    };
    match request::rejection(owner, Broken::whole(purchase, vec![rule.to_owned()])) {
        Some(rejected) => instead(context, purchase, rejected),
        None => Decision::NotYet,
    }
}

/// A client asks and breaks a rule: say so, once.
pub(super) fn reject<O: Owner>(owner: &O, state: &State, rejected: &Event, context: &Context<'_>) -> Decision<O> {
    // The rejection stands at the step that would have been the first.
    let first = rejected.event_type().kind().and_then(|kind| first_step(Owner::declaration(owner), kind));
    let Some((step, _)) = first else { return Decision::NotYet };
    match state {
        // One that was cancelled before it came is rejected all the same: nothing of it was begun.
        State::Unseen | State::Withdrawn { .. } => {
            let path = rejected.path().and(step, false, context.now);
            Decision::Commit(State::Rejected, Then::Announce(vec![rejected.clone().with_path(path)]))
        }
        State::Rejected if context.said.iter().any(|said| said.clone().with_path(Path::default()) == *rejected) => {
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

/// Rejects what was sent under an id that is used: as a saga of its own, so that the one under that id keeps its
/// outcome. Sent twice it is the same, because its content is what names it.
fn instead<O: Owner>(context: &Context<'_>, content: &impl serde::Serialize, rejected: Event) -> Decision<O> {
    let content = serde_json::to_string(content).expect("the vocabulary serialises: string keys, no foreign impls");
    Decision::Instead(context.saga.instead(&content), Incoming::BadRequest(Box::new(rejected)))
}
