//! Completes the purchase. No compensation: it is fulfilled, and after that pivot nothing is undone.

use contracts::{Event, EventType, OrderStatus, Outcome, booking, fulfillment};
use saga::{Context, Decision};

use crate::booking::Booking;
use crate::state::{Case, State, announce};

/// The account is credited, or the inventory reserved: the saga ended well, also where it was to be unwound by then.
pub(crate) fn complete(state: &State, fulfilled: &fulfillment::Fulfilled, context: &Context<'_>) -> Decision<Booking> {
    if state.is_about_another(&fulfilled.purchase) {
        return Decision::Contradiction("fare, order: is not the one on record for this saga");
    }
    match state {
        State::Unseen => Decision::NotYet,
        State::Withdrawn { .. } | State::Rejected => {
            Decision::Contradiction("saga: was never begun, so nothing of it can be fulfilled")
        }
        State::Registered(case)
        | State::Unwinding { case, .. }
        | State::NeedsAttention { case, awaits: Some(_), .. } => completed(case, fulfilled, context),
        State::Completed(_) => Decision::Announce,
        State::Undoing { .. }
        | State::Cancelled(_)
        | State::NeedsAttention { awaits: None, .. }
        | State::Resolved(_) => Decision::Contradiction("saga: has failed, so nothing of it can be fulfilled"),
    }
}

fn completed(case: &Case, fulfilled: &fulfillment::Fulfilled, context: &Context<'_>) -> Decision<Booking> {
    let fulfillment::Fulfilled { purchase, charge, journey } = fulfilled.clone();
    let kind = case.purchase.kind();
    // The workshop's path of an order ends with its reservation, so no step completes an order.
    let step = context.reaction.and_then(|reaction| reaction.step(kind));
    let path = step.map_or_else(|| journey.path.clone(), |step| journey.path.and(step, true, context.now));
    let data = booking::Completed { purchase, charge, earlier: case.told, path };
    let event = EventType::telling(kind, Outcome::Completed).and_then(|told| Event::new(told, &data));
    let Some(event) = event else { return Decision::NotYet };
    let completed = case.clone().in_status(OrderStatus::Completed).having_told();
    Decision::Commit(State::Completed(completed), announce(case.told, event))
}

#[cfg(test)]
mod tests {
    use saga::Then;
    use testkit::fixtures;

    use super::*;
    use crate::tests::{context, registered};

    #[test]
    fn a_registered_fare_completes_once() {
        let credited = fixtures::account_credited("3");
        let decide = |state: &State| complete(state, &credited, &context(&[]));
        let State::Registered(case) = registered("3") else { panic!("a fixture") };
        assert!(matches!(decide(&registered("3")), Decision::Commit(State::Completed(_), Then::Announce(_))));
        assert!(matches!(decide(&State::Completed(case.clone())), Decision::Announce));
        assert!(matches!(decide(&State::Unseen), Decision::NotYet));
        assert!(matches!(decide(&State::Cancelled(case)), Decision::Contradiction(_)));
        assert!(matches!(decide(&State::Rejected), Decision::Contradiction(_)));
        assert!(matches!(decide(&registered("4")), Decision::Contradiction(_)));
    }
}
