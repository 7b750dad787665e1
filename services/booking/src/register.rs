//! Registers a fare, or rejects the request. Below it, its compensation: marking the fare failed.

use contracts::{Event, Fare, Journey, Purchase, StepName, booking};
use jiff::Timestamp;
use saga::{Context, Decision, Then};

use crate::state::Case;
use crate::unwind;
use crate::{Booking, State};

/// A client asks for a fare: register it, once.
pub(crate) fn register(booking: &Booking, state: &State, fare: &Fare, context: &Context<'_>) -> Decision<Booking> {
    let purchase = Purchase::Fare(fare.clone());
    match state {
        State::Unseen => {
            let deadline = booking.deadlines.of(purchase.kind(), context.now);
            let journey = Journey::until(deadline).and(StepName::RegisterFare, true, context.now);
            let event = Event::FareRegistered(booking::Registered { purchase: purchase.clone(), journey });
            Decision::Commit(State::Registered(Case::new(purchase, deadline)), Then::Announce(vec![event]))
        }
        State::Withdrawn { action } => unwind::withdrawn(purchase, action, StepName::RegisterFare, context.now),
        State::Rejected
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => repeated(state, &purchase),
    }
}

/// A request that was decided on already: the same is announced again, another is a contradiction.
pub(crate) fn repeated(state: &State, purchase: &Purchase) -> Decision<Booking> {
    match state.purchase() {
        None => Decision::Contradiction("request: one with this id was rejected; use another id"),
        Some(known) if known == purchase => Decision::Announce,
        Some(_) => Decision::Contradiction("request: one with this id asked for something else"),
    }
}

/// A client asks and breaks a rule: say so, once.
pub(crate) fn reject(state: &State, rejected: &Event, now: Timestamp) -> Decision<Booking> {
    match state {
        // One that was cancelled before it came is rejected all the same: nothing of it was begun.
        State::Unseen | State::Withdrawn { .. } => {
            Decision::Commit(State::Rejected, Then::Announce(vec![at_its_step(rejected, now)]))
        }
        State::Rejected => Decision::Announce,
        State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => {
            Decision::Contradiction("request: one with this id was accepted, and this one breaks a rule")
        }
    }
}

/// The rejection, with the step that failed at the end of its path.
fn at_its_step(rejected: &Event, now: Timestamp) -> Event {
    let mut rejected = rejected.clone();
    if let Event::FareRejected(fare) = &mut rejected {
        fare.path = fare.path.and(StepName::RegisterFare, false, now);
    } else if let Event::OrderRejected(order) = &mut rejected {
        order.path = order.path.and(StepName::ProcessOrder, false, now);
    }
    rejected
}

/// Compensates [`register`]: the fare is marked failed, which is a write of our own and cannot be refused.
pub(crate) const UNDONE_BY: StepName = StepName::SetFareStatusFailed;

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;
    use crate::tests::{booking, context, registered};

    #[test]
    fn a_request_is_registered_once_and_only_for_one_fare() {
        let fare = fixtures::fare("3");
        let decide = |state: &State| register(&booking(), state, &fare, &context(&[]));
        let Decision::Commit(State::Registered(case), Then::Announce(events)) = decide(&State::Unseen) else {
            panic!("not registered")
        };
        let [Event::FareRegistered(event)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(case.deadline, event.journey.deadline, "the deadline travels with the event");
        assert_eq!(case.deadline.as_second() - fixtures::NOW.as_second(), 900);
        assert!(matches!(decide(&State::Completed(case)), Decision::Announce));
        assert!(matches!(decide(&registered("4")), Decision::Contradiction(_)));
    }

    #[test]
    fn a_request_that_was_withdrawn_before_it_came_is_cancelled_and_nothing_is_begun() {
        let State::Withdrawn { .. } = crate::tests::withdrawn() else { panic!("a fixture") };
        let decision = register(&booking(), &crate::tests::withdrawn(), &fixtures::fare("3"), &context(&[]));
        let Decision::Commit(State::Cancelled(_), Then::Announce(events)) = decision else { panic!("not cancelled") };
        let [Event::FareCancelled(failed)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(failed.error.name, "SagaCancelled");
        assert_eq!(failed.path.steps().len(), 1);
    }
}
