//! Ends a saga that failed: every other compensation has answered, so the purchase itself is undone, and the client
//! told what still stands.

use contracts::booking::Failed;
use contracts::outcome::Effect;
use contracts::{OrderStatus, Outcome, Path, Standing, hooks};
use saga::{Context, Decision, Then};

use crate::booking::{Booking, FailedPayment};
use crate::declaration::DECLARATION;
use crate::state::{Case, State, tell, told};

/// Payment has answered, badly.
pub(crate) fn fail(
    booking: &Booking,
    state: &State,
    payment: &FailedPayment,
    context: &Context<'_>,
) -> Decision<Booking> {
    if state.is_about_another(&payment.purchase) {
        return Decision::Contradiction("fare, order: is not the one on record for this saga");
    }
    let ended = |case: &Case, known: &Path| end(booking, case.clone(), failed(case, payment, known), context);
    match state {
        State::Unseen => Decision::NotYet,
        State::Withdrawn { .. } | State::Rejected => {
            Decision::Contradiction("saga: was never begun, so nothing of it can be undone")
        }
        // An answer of an earlier round, late.
        State::Unwinding { case, .. } | State::NeedsAttention { case, awaits: Some(_), .. }
            if payment.journey.round < case.round =>
        {
            Decision::Ignore
        }
        State::Registered(case) => ended(case, &Path::default()),
        // What booking has heard of the way meanwhile, payment may not have.
        State::Unwinding { case, path, .. } => ended(case, path),
        State::NeedsAttention { case, awaits: Some(_), .. } => {
            ended(case, &told(context).map(|told| told.path.clone()).unwrap_or_default())
        }
        State::Undoing { case, failed } => end(booking, case.clone(), *failed.clone(), context),
        State::Cancelled(_) | State::NeedsAttention { awaits: None, .. } | State::Resolved(_) => Decision::Announce,
        State::Completed(_) => Decision::Contradiction("saga: has completed, so nothing of it can be undone"),
    }
}

fn failed(case: &Case, payment: &FailedPayment, known: &Path) -> Failed {
    let FailedPayment { purchase, charge_token, charge_id, refund_id, error, standing, journey } = payment.clone();
    Failed {
        purchase,
        charge_token,
        charge_id,
        refund_id,
        error,
        standing,
        earlier: case.told,
        resolution: None,
        path: journey.path.merged(known),
    }
}

/// Undoes the purchase itself, and ends the saga.
pub(crate) fn end(booking: &Booking, mut case: Case, mut failed: Failed, context: &Context<'_>) -> Decision<Booking> {
    let kind = case.purchase.kind();
    let Some(step) = DECLARATION.undoing(kind) else { return Decision::NotYet };
    match hooks::forced(booking.hooks, step, &case.purchase) {
        // In another round it may have been done before; then it is not done, or told, twice.
        None if failed.path.has(step) => {}
        None => {
            failed.path = failed.path.and(step, true, context.now);
            case = case.in_status(OrderStatus::Pending);
        }
        Some(failure) => {
            if let Some(delay) = context.attempt_failed(&mut case.attempts, &failure.name, case.round) {
                return Decision::Commit(State::Undoing { case, failed: Box::new(failed) }, Then::Retry(delay));
            }
            failed.path = failed.path.and(step, false, context.now);
            failed.error = failed.error.and(failure);
            let id = case.purchase.id().to_string();
            failed.standing.push(Standing { effect: Effect::status_of(kind), id, amount: case.purchase.amount() });
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

#[cfg(test)]
mod tests {
    use contracts::Event;
    use testkit::fixtures;

    use super::*;
    use crate::tests::{booking, context, registered};

    #[test]
    fn what_still_stands_needs_attention_and_nothing_standing_is_compensated() {
        let decide = |payment: &FailedPayment| fail(&booking(), &registered("3"), payment, &context(&[]));
        let decision = decide(&fixtures::payment_refunded("3").into());
        assert!(matches!(decision, Decision::Commit(State::Cancelled(_), Then::Announce(_))));
        let decision = decide(&fixtures::payment_refund_failed("3").into());
        let Decision::Commit(State::NeedsAttention { awaits: None, .. }, Then::Announce(events)) = decision else {
            panic!("no commit")
        };
        let [Event::FareNeedsAttention(failed)] = events.as_slice() else { panic!("not needing attention") };
        assert_eq!(failed.charge_id, Some(fixtures::charge().charge_id));
        assert_eq!(failed.refund_id, None);
    }

    #[test]
    fn a_completed_fare_is_not_cancelled() {
        let State::Registered(case) = registered("3") else { panic!("a fixture") };
        let payment = fixtures::payment_refunded("3").into();
        let decision = fail(&booking(), &State::Completed(case), &payment, &context(&[]));
        assert!(matches!(decision, Decision::Contradiction(_)));
    }
}
