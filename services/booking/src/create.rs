//! Creates an order, in status `New`. Below it, its compensation: setting the status to `Pending`.

use contracts::booking::{Failed, Registered};
use contracts::hooks::OrderHooks;
use contracts::{Event, Failure, Journey, Order, Purchase, StepName};
use saga::{Context, Decision, Then};

use crate::state::Case;
use crate::{Booking, State, fail, register, unwind};

/// The error of an order that cannot be created.
const ERROR: &str = "ErrProcessOrder";

/// The error of a status that cannot be set; retried by policy.
pub(crate) const STATUS_ERROR: &str = "ErrUpdateOrderStatus";

/// A client asks for an order: create it, once.
pub(crate) fn create(booking: &Booking, state: &State, order: &Order, context: &Context<'_>) -> Decision<Booking> {
    let purchase = Purchase::Order(order.clone());
    match state {
        State::Unseen => {
            let deadline = booking.deadlines.of(purchase.kind(), context.now);
            let journey = Journey::until(deadline);
            let case = Case::new(purchase.clone(), deadline);
            if booking.hooks && OrderHooks::of_order(order.order_id.as_str()).fail_order {
                // The step has taken effect when it fails, so it undoes itself.
                let error = Failure::new(ERROR, StepName::ProcessOrder, "Forced order failure");
                let path = journey.and(StepName::ProcessOrder, false, context.now).path;
                let failed = Failed::unpaid(purchase, error, path);
                return fail::end(booking, case, failed, context);
            }
            let journey = journey.and(StepName::ProcessOrder, true, context.now);
            let event = Event::OrderCreated(Registered { purchase, journey });
            Decision::Commit(State::Registered(case), Then::Announce(vec![event]))
        }
        State::Withdrawn { action } => unwind::withdrawn(purchase, action, StepName::ProcessOrder, context.now),
        // This message may be the one by which the status is tried again.
        State::Undoing { case, failed } if case.purchase == purchase => {
            fail::end(booking, case.clone(), *failed.clone(), context)
        }
        State::Rejected
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => register::repeated(state, &purchase, context),
    }
}

/// Compensates [`create`]: why the status cannot be set to `Pending`, if it cannot.
pub(crate) fn set_pending(booking: &Booking, order: &Order) -> Result<(), Failure> {
    if booking.hooks && OrderHooks::of_order(order.order_id.as_str()).fail_status {
        return Err(Failure::new(STATUS_ERROR, StepName::UpdateOrderStatus, "Forced order status failure"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contracts::OrderStatus;
    use contracts::outcome::Effect;
    use testkit::fixtures;

    use super::*;
    use crate::tests::{booking, context};

    fn decide(state: &State, order: &str) -> Decision<Booking> {
        create(&booking(), state, &fixtures::order(order), &context(&[]))
    }

    #[test]
    fn an_order_is_created_new_and_with_its_amount() {
        let Decision::Commit(State::Registered(case), Then::Announce(events)) = decide(&State::Unseen, "4") else {
            panic!("not created")
        };
        assert_eq!(case.status, Some(OrderStatus::New));
        assert_eq!(case.purchase.amount().minor, 19_999);
        assert!(matches!(events.as_slice(), [Event::OrderCreated(_)]));
        assert!(matches!(decide(&State::Registered(case.clone()), "4"), Decision::Announce));
        assert!(matches!(decide(&State::Registered(case), "5"), Decision::Instead(..)));
    }

    #[test]
    fn an_order_that_cannot_be_created_is_pending_at_once() {
        let Decision::Commit(State::Cancelled(case), Then::Announce(events)) = decide(&State::Unseen, "1") else {
            panic!("not cancelled")
        };
        assert_eq!(case.status, Some(OrderStatus::Pending));
        let [Event::OrderCancelled(failed)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(failed.error.name, "ErrProcessOrder");
        assert_eq!(failed.path.steps().len(), 2);
    }

    #[test]
    fn a_status_that_cannot_be_set_is_tried_twice_more_and_then_stands() {
        let mut state = State::Unseen;
        let mut delays = Vec::new();
        let (case, events) = loop {
            let decision = decide(&state, "11");
            if let Decision::Commit(to, Then::Retry(delay)) = decision {
                delays.push(delay.secs);
                state = to;
                continue;
            }
            let Decision::Commit(State::NeedsAttention { case, .. }, Then::Announce(events)) = decision else {
                panic!("{decision:?}")
            };
            break (case, events);
        };
        assert_eq!((case.attempts.len(), case.status), (3, Some(OrderStatus::New)));
        assert_eq!(delays, [1, 2]);
        let [Event::OrderNeedsAttention(failed)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(failed.error.also[0].name, "ErrUpdateOrderStatus");
        assert_eq!(failed.standing[0].effect, Effect::Order);
    }
}
