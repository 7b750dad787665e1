//! Registers a fare, or rejects the request. Below it, its compensation: marking the fare failed.

use contracts::{Event, Fare, Journey, Path, Purchase, StepName, booking};
use jiff::Timestamp;
use saga::{Context, Decision, Then};

use crate::state::Case;
use crate::{Booking, Incoming, State, request, unwind};

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
        | State::Resolved(_) => repeated(state, &purchase, context),
    }
}

/// A request that was decided on already: the same is announced again, and whoever sends another is told so.
pub(crate) fn repeated(state: &State, purchase: &Purchase, context: &Context<'_>) -> Decision<Booking> {
    let rule = match state.purchase() {
        Some(known) if known == purchase => return Decision::Announce,
        Some(_) => "id: is used for another request already; send this one under another id",
        None => "id: is used for a request that was rejected; send this one under another id",
    };
    instead(context, purchase, request::of_purchase(purchase, rule))
}

/// A client asks and breaks a rule: say so, once.
pub(crate) fn reject(state: &State, rejected: &Event, context: &Context<'_>) -> Decision<Booking> {
    match state {
        // One that was cancelled before it came is rejected all the same: nothing of it was begun.
        State::Unseen | State::Withdrawn { .. } => {
            Decision::Commit(State::Rejected, Then::Announce(vec![at_its_step(rejected, context.now)]))
        }
        State::Rejected if context.said.iter().any(|said| without_path(said) == *rejected) => Decision::Announce,
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
fn instead(context: &Context<'_>, content: &impl serde::Serialize, rejected: Event) -> Decision<Booking> {
    let content = serde_json::to_string(content).expect("the vocabulary serialises: string keys, no foreign impls");
    Decision::Instead(context.saga.instead(&content), Incoming::BadRequest(Box::new(rejected)))
}

/// The rejection, with the step that failed at the end of its path.
fn at_its_step(rejected: &Event, now: Timestamp) -> Event {
    let mut rejected = rejected.clone();
    if let Some((path, step)) = request::path_of(&mut rejected) {
        *path = path.and(step, false, now);
    }
    rejected
}

/// The rejection as it was decided upon.
fn without_path(said: &Event) -> Event {
    let mut said = said.clone();
    if let Some((path, _)) = request::path_of(&mut said) {
        *path = Path::default();
    }
    said
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
    }

    #[test]
    fn whoever_sends_another_request_under_a_used_id_is_told_under_an_id_of_its_own() {
        let instead = |state: &State, customer: &str| {
            let decision = register(&booking(), state, &fixtures::fare(customer), &context(&[]));
            let Decision::Instead(saga, Incoming::BadRequest(rejected)) = decision else { panic!("{decision:?}") };
            let Event::FareRejected(rejected) = *rejected else { panic!("{rejected:?}") };
            assert_eq!(rejected.customer_id.map(String::from).as_deref(), Some(customer));
            (saga, rejected.error.message)
        };
        let (saga, message) = instead(&registered("4"), "3");
        assert_eq!(message, "id: is used for another request already; send this one under another id");
        assert_ne!(saga, context(&[]).saga);
        assert_eq!(instead(&registered("5"), "3").0, saga, "the same again is the same");
        assert_ne!(instead(&registered("4"), "5").0, saga, "and another is another");
        assert!(instead(&State::Rejected, "3").1.starts_with("id: is used for a request that was rejected"));
    }

    #[test]
    fn a_rejection_is_told_again_to_whoever_broke_the_same_rule_and_to_nobody_else() {
        let rejection = |rule: &str| request::of_purchase(&fixtures::fare("3").into(), rule);
        let said = [at_its_step(&rejection("one rule"), fixtures::NOW)];
        let decide = |state: &State, rule: &str| reject(state, &rejection(rule), &context(&said));
        assert!(matches!(decide(&State::Rejected, "one rule"), Decision::Announce));
        assert!(matches!(decide(&State::Rejected, "another"), Decision::Instead(..)));
        assert!(matches!(decide(&registered("3"), "one rule"), Decision::Instead(..)));
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
