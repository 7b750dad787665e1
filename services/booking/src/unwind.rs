//! Has a saga undone: because somebody cancels it, because its time is up, or because an operator wants what still
//! stands tried again; and closes it where a person has seen to it.
//!
//! Booking only asks. Whether a saga is undone is decided at the pivot, by fulfillment.
//!
//! **Invariant:** every action is on record with who, when and why, in the same write that it leads to.

use contracts::booking::{Failed, Registered, UnwindingStarted};
use contracts::{
    Action, ActionKind, Event, EventType, Failure, Journey, OrderStatus, Outcome, Path, Purchase, SagaKind, StepName,
    fulfillment,
};
use jiff::Timestamp;
use saga::{Awaited, Context, Decision, Door, Reaction, Then};

use crate::booking::{Ask, Booking};
use crate::declaration::{DECLARATION, first_step};
use crate::fail;
use crate::state::{Case, State, announce, tell, told};

/// The error of a saga that was cancelled.
const CANCELLED: &str = "SagaCancelled";

/// The error of a saga whose time was up.
const EXPIRED: &str = "DeadlineExceeded";

/// The error of a service that owes an answer.
const UNANSWERED: &str = "Unanswered";

impl Ask {
    fn action(&self, at: Timestamp) -> Action {
        let Self { what, by, reason, request } = self.clone();
        Action { what, by, reason, at, request }
    }

    /// Whether this very request has been acted upon.
    fn is_known_to(&self, case: &Case) -> bool {
        self.request.as_deref().is_some_and(|request| case.actions.is_known(request))
    }
}

/// Somebody asks for something to be done to a saga.
pub(crate) fn act(booking: &Booking, state: &State, ask: &Ask, context: &Context<'_>) -> Decision<Booking> {
    match ask.what {
        ActionKind::Cancel => cancel(booking, state, ask, context),
        ActionKind::Expire => expire(booking, state, ask, context),
        ActionKind::Retry => retry(booking, state, ask, context),
        ActionKind::Resolve => resolve(state, ask, context),
    }
}

fn cancel(booking: &Booking, state: &State, ask: &Ask, context: &Context<'_>) -> Decision<Booking> {
    match state {
        // The request may still come.
        State::Unseen => {
            Decision::Commit(State::Withdrawn { action: ask.action(context.now) }, Then::Announce(Vec::new()))
        }
        State::Registered(case) => {
            let message = format!("cancelled by {}: {}", ask.by, ask.reason);
            begin(booking, case.clone().after(ask.action(context.now)), CANCELLED, message, context)
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
fn expire(booking: &Booking, state: &State, ask: &Ask, context: &Context<'_>) -> Decision<Booking> {
    let now = context.now;
    match state {
        State::Registered(case) if now >= case.deadline => {
            let message = format!("not done by {}", case.deadline);
            begin(booking, case.clone().after(ask.action(now)), EXPIRED, message, context)
        }
        State::Unwinding { case, error, path, until, .. } if now >= *until => {
            let Some(awaits) = awaited(state) else {
                return Decision::Ignore;
            };
            let unanswered = Failure::new(UNANSWERED, error.step, format!("{awaits}, so nobody knows what stands"));
            let failed = Failed {
                earlier: case.told,
                ..Failed::unpaid(case.purchase.clone(), error.and(unanswered), path.clone())
            };
            let case = case.clone().after(ask.action(now)).having_told();
            let state = State::NeedsAttention { case, since: now, awaits: Some(awaits) };
            tell(state, Outcome::NeedsAttention, &failed)
        }
        // The message by which it was tried again is lost, or late.
        State::Undoing { case, failed } if now >= case.deadline => {
            fail::end(booking, case.clone(), *failed.clone(), context)
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

fn retry(booking: &Booking, state: &State, ask: &Ask, context: &Context<'_>) -> Decision<Booking> {
    // Acted upon already, by this message or a copy of it: what followed may not have been announced.
    if state.case().is_some_and(|case| ask.is_known_to(case)) {
        return Decision::Announce;
    }
    let (State::NeedsAttention { case, .. }, Some(failed)) = (state, told(context)) else {
        return not_in_need(state);
    };
    let told_before = case.told;
    let case = Case { round: case.round.saturating_add(1), ..case.clone().after(ask.action(context.now)) };
    let (state, event) = unwinding(booking, case, failed.error.alone(), failed.path.folded(), context);
    Decision::Commit(state, announce(told_before, event))
}

fn resolve(state: &State, ask: &Ask, context: &Context<'_>) -> Decision<Booking> {
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
fn not_in_need(state: &State) -> Decision<Booking> {
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
fn begin(booking: &Booking, case: Case, error: &str, message: String, context: &Context<'_>) -> Decision<Booking> {
    let Some((step, _)) = first_step(&case.purchase) else { return Decision::NotYet };
    let error = Failure::new(error, step, message);
    let (state, event) = unwinding(booking, case, error, told_path(context), context);
    Decision::Commit(state, Then::Announce(vec![event]))
}

/// Has the pivot decide, from where everything unwinds in reverse.
fn unwinding(booking: &Booking, case: Case, error: Failure, path: Path, context: &Context<'_>) -> (State, Event) {
    let journey = Journey { deadline: case.deadline, round: case.round, path: path.clone() };
    let event = UnwindingStarted { purchase: case.purchase.clone(), error: error.clone(), journey };
    let until = booking.deadlines.unwound_by(context.now);
    (State::Unwinding { case, error, path, until, refused: false }, Event::UnwindingStarted(event))
}

/// Fulfillment will not fulfil: while a saga is unwound, that says who owes the rest.
pub(crate) fn refused(state: &State, refused: &fulfillment::Refused) -> Decision<Booking> {
    match state {
        State::Unwinding { case, error, path, until, refused: false }
            if case.purchase == refused.purchase && case.round == refused.journey.round =>
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
pub(crate) fn withdrawn(purchase: Purchase, action: &Action, step: StepName, now: Timestamp) -> Decision<Booking> {
    let message = format!("cancelled by {} before it was begun: {}", action.by, action.reason);
    let error = Failure::new(CANCELLED, step, message);
    let failed = Failed::unpaid(purchase.clone(), error, Path::default().and(step, false, now));
    let case = Case::new(purchase, now).after(action.clone()).having_told();
    let state = State::Cancelled(case.in_status(OrderStatus::Pending));
    tell(state, Outcome::Compensated, &failed)
}

/// What a saga in this state waits for, as booking declares that it hears it. The operator's command looks further.
pub(crate) fn awaited(state: &State) -> Option<Awaited> {
    let heard = |kind: SagaKind, is: fn(&Reaction) -> bool| -> Vec<EventType> {
        let of_services = DECLARATION.reactions.iter().filter(|reaction| Door::of(reaction.to) == Door::Services);
        of_services.filter(|reaction| reaction.to.is_of(kind) && is(reaction)).map(|reaction| reaction.to).collect()
    };
    // Those that booking answers with nothing tell that the rest is owed by another.
    let refusals = |kind| heard(kind, |reaction| reaction.answers.is_empty());
    let fulfilled = |kind| heard(kind, Reaction::is_forward);
    let failures = |kind| heard(kind, |reaction| !reaction.undoes.is_empty());
    match state {
        State::Registered(case) => {
            let kind = case.purchase.kind();
            let (_, registered) = first_step(&case.purchase)?;
            Some(Awaited::of(&[failures(kind), fulfilled(kind)].concat(), registered))
        }
        State::Unwinding { case, refused: false, .. } => {
            let kind = case.purchase.kind();
            Some(Awaited::of(&[refusals(kind), fulfilled(kind)].concat(), EventType::UnwindingStarted))
        }
        State::Unwinding { case, refused: true, .. } => {
            let kind = case.purchase.kind();
            Some(Awaited::of(&failures(kind), *refusals(kind).first()?))
        }
        State::NeedsAttention { awaits, .. } => awaits.clone(),
        State::Unseen
        | State::Withdrawn { .. }
        | State::Rejected
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::Resolved(_) => None,
    }
}

/// The path that was announced with the purchase.
fn told_path(context: &Context<'_>) -> Path {
    let registered = context.said.iter().find_map(|event| event.holds::<Registered>());
    registered.map(|registered| registered.journey.path.clone()).unwrap_or_default()
}
