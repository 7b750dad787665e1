//! Puts a purchase on record, or rejects the request for it. How the purchase is undone stands in `fail`.

use contracts::booking::{Failed, Registered};
use contracts::{Event, EventType, Journey, Path, Purchase, StepName, hooks};
use jiff::Timestamp;
use saga::{Context, Decision, Then};

use crate::booking::{Booking, Incoming};
use crate::declaration::first_step;
use crate::state::{Case, State};
use crate::{fail, request, unwind};

/// A client asks for a purchase: put it on record, once.
pub(crate) fn register(
    booking: &Booking,
    state: &State,
    purchase: &Purchase,
    context: &Context<'_>,
) -> Decision<Booking> {
    let Some((step, registered)) = first_step(purchase) else { return Decision::NotYet };
    match state {
        State::Unseen => begin(booking, purchase, step, registered, context),
        State::Withdrawn { action } => unwind::withdrawn(purchase.clone(), action, step, context.now),
        // This message may be the one by which the status is tried again.
        State::Undoing { case, failed } if case.purchase == *purchase => {
            fail::end(booking, case.clone(), *failed.clone(), context)
        }
        State::Rejected
        | State::Registered(_)
        | State::Unwinding { .. }
        | State::Undoing { .. }
        | State::Completed(_)
        | State::Cancelled(_)
        | State::NeedsAttention { .. }
        | State::Resolved(_) => repeated(state, purchase, context),
    }
}

fn begin(
    booking: &Booking,
    purchase: &Purchase,
    step: StepName,
    registered: EventType,
    context: &Context<'_>,
) -> Decision<Booking> {
    let deadline = booking.deadlines.of(purchase.kind(), context.now);
    let (journey, case) = (Journey::until(deadline), Case::new(purchase.clone(), deadline));
    if let Some(failure) = hooks::forced(booking.hooks, step, purchase) {
        // The step has taken effect when it fails, so it undoes itself.
        let path = journey.and(step, false, context.now).path;
        return fail::end(booking, case, Failed::unpaid(purchase.clone(), failure, path), context);
    }
    let data = Registered { purchase: purchase.clone(), journey: journey.and(step, true, context.now) };
    match Event::new(registered, &data) {
        Some(event) => Decision::Commit(State::Registered(case), Then::Announce(vec![event])),
        None => Decision::NotYet,
    }
}

/// A request that was decided on already: the same is announced again, and whoever sends another is told so.
fn repeated(state: &State, purchase: &Purchase, context: &Context<'_>) -> Decision<Booking> {
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

#[cfg(test)]
mod tests {
    use contracts::OrderStatus;
    use contracts::outcome::Effect;
    use testkit::fixtures;

    use super::*;
    use crate::tests::{booking, context, registered};

    #[test]
    fn a_request_is_registered_once_and_only_for_one_fare() {
        let fare = fixtures::fare("3").into();
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
            let decision = register(&booking(), state, &fixtures::fare(customer).into(), &context(&[]));
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
        let decision = register(&booking(), &crate::tests::withdrawn(), &fixtures::fare("3").into(), &context(&[]));
        let Decision::Commit(State::Cancelled(_), Then::Announce(events)) = decision else { panic!("not cancelled") };
        let [Event::FareCancelled(failed)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(failed.error.name, "SagaCancelled");
        assert_eq!(failed.path.steps().len(), 1);
    }

    fn create(state: &State, order: &str) -> Decision<Booking> {
        register(&booking(), state, &fixtures::order(order).into(), &context(&[]))
    }

    #[test]
    fn an_order_is_created_new_and_with_its_amount() {
        let Decision::Commit(State::Registered(case), Then::Announce(events)) = create(&State::Unseen, "4") else {
            panic!("not created")
        };
        assert_eq!(case.status, Some(OrderStatus::New));
        assert_eq!(case.purchase.amount().minor, 19_999);
        assert!(matches!(events.as_slice(), [Event::OrderCreated(_)]));
        assert!(matches!(create(&State::Registered(case.clone()), "4"), Decision::Announce));
        assert!(matches!(create(&State::Registered(case), "5"), Decision::Instead(..)));
    }

    #[test]
    fn an_order_that_cannot_be_created_is_pending_at_once() {
        let Decision::Commit(State::Cancelled(case), Then::Announce(events)) = create(&State::Unseen, "1") else {
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
            let decision = create(&state, "11");
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
