//! Has a saga undone: because somebody cancels it, because its time is up, or because an operator wants what still
//! stands tried again; and closes it where a person has seen to it.
//!
//! Booking only asks. Whether a saga is undone is decided at the pivot, by fulfillment.
//!
//! **Invariant:** every action is on record with who, when and why, in the same write that it leads to.

use contracts::booking::{Failed, UnwindingStarted};
use contracts::{
    Action, ActionKind, Event, EventType, Failure, Journey, Outcome, Path, Purchase, SagaKind, StepName, Words,
    fulfillment,
};
use jiff::Timestamp;
use saga::{Awaited, Context, Decision, Then};

use crate::state::{Case, announce, failed_event};
use crate::{Booking, State};

/// The error of a saga that was cancelled.
const CANCELLED: &str = "SagaCancelled";

/// The error of a saga whose time was up.
const EXPIRED: &str = "DeadlineExceeded";

/// The error of a service that owes an answer.
const UNANSWERED: &str = "Unanswered";

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What.
    pub what: ActionKind,
    /// Who.
    pub by: Words,
    /// Why.
    pub reason: Words,
    /// The id of the request; none for a deadline.
    pub request: Option<String>,
}

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
            let error = failure(CANCELLED, case.purchase.kind(), format!("cancelled by {}: {}", ask.by, ask.reason));
            let case = case.clone().after(ask.action(context.now));
            let (state, event) = unwinding(booking, case, error, told_path(context), context);
            Decision::Commit(state, Then::Announce(vec![event]))
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
            let error = failure(EXPIRED, case.purchase.kind(), format!("not done by {}", case.deadline));
            let case = case.clone().after(ask.action(now));
            let (state, event) = unwinding(booking, case, error, told_path(context), context);
            Decision::Commit(state, Then::Announce(vec![event]))
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
            let earlier = failed.earlier;
            Decision::Commit(state, announce(earlier, failed_event(Outcome::NeedsAttention, failed)))
        }
        // The message by which it was tried again is lost, or late.
        State::Undoing { case, failed } if now >= case.deadline => {
            crate::fail::end(booking, case.clone(), *failed.clone(), context)
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
    let event = failed_event(Outcome::NeedsAttention, failed);
    Decision::Commit(State::Resolved(case.clone().after(action).having_told()), announce(case.told, event))
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
    let state = State::Cancelled(case.in_status(contracts::OrderStatus::Pending));
    Decision::Commit(state, Then::Announce(vec![failed_event(Outcome::Compensated, failed)]))
}

/// What a saga in this state waits for. Booking hears nothing between registration and end, so a saga that runs may
/// wait for fulfillment by now; the operator's command looks further.
pub(crate) fn awaited(state: &State) -> Option<Awaited> {
    use EventType::{
        AccountCreditRefused, AccountCredited, FareRegistered, InventoryRefused, InventoryReserved, OrderCreated,
        PaymentCaptured, PaymentDeclined, PaymentRefundFailed, PaymentRefunded, UnwindingStarted,
    };
    match state {
        State::Registered(case) => Some(match case.purchase.kind() {
            SagaKind::Fare => Awaited::of(&[PaymentCaptured, PaymentDeclined], FareRegistered),
            SagaKind::Order => Awaited::of(&[PaymentCaptured, PaymentDeclined], OrderCreated),
        }),
        State::Unwinding { case, refused: false, .. } => Some(match case.purchase.kind() {
            SagaKind::Fare => Awaited::of(&[AccountCreditRefused, AccountCredited], UnwindingStarted),
            SagaKind::Order => Awaited::of(&[InventoryRefused, InventoryReserved], UnwindingStarted),
        }),
        State::Unwinding { case, refused: true, .. } => {
            let answers = [PaymentDeclined, PaymentRefunded, PaymentRefundFailed];
            Some(match case.purchase.kind() {
                SagaKind::Fare => Awaited::of(&answers, AccountCreditRefused),
                SagaKind::Order => Awaited::of(&answers, InventoryRefused),
            })
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

/// The failure of a saga that is to be undone: at the pivot, which will refuse its step.
fn failure(name: &str, kind: SagaKind, message: String) -> Failure {
    let pivot = match kind {
        SagaKind::Fare => StepName::CreditCustomerAccount,
        SagaKind::Order => StepName::ReserveInventory,
    };
    Failure::new(name, pivot, message)
}

/// The path that was announced with the purchase.
fn told_path(context: &Context<'_>) -> Path {
    let path = context.said.iter().find_map(|event| {
        let (Event::FareRegistered(data) | Event::OrderCreated(data)) = event else { return None };
        Some(data.journey.path.clone())
    });
    path.unwrap_or_default()
}

/// How the saga was told to have failed.
pub(crate) fn told<'a>(context: &Context<'a>) -> Option<&'a Failed> {
    // Behind an earlier one that it resolves, the last one counts.
    context.said.iter().rev().find_map(|event| {
        let (Event::FareNeedsAttention(failed) | Event::OrderNeedsAttention(failed)) = event else { return None };
        Some(failed)
    })
}
