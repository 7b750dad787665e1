//! Booking's decisions, one by one.

use booking::{Booking, DECLARATION};
use contracts::{
    Action, ActionKind, Event, EventType, Events, Failure, Purchase, SagaId, Vocabulary, effects, events, steps,
};
use saga::owner::{Case, Incoming};
use saga::step::Heard;
use saga::topology::Names;
use saga::{Context, Decision, Input, Participant, Stored, Then};

type State = saga::owner::State<Event>;

fn booking() -> Booking {
    Booking { hooks: true, ..Booking::new(card::key_pair().1, &Names::default()) }
}

fn of_test() -> SagaId {
    SagaId::of_request("fare", "a")
}

fn registered(customer: &str) -> State {
    State::Registered(Case::new(&booking(), fixtures::fare(customer).into(), fixtures::deadline()))
}

/// Decides on a message of this type, in a state that has announced these events.
fn decide_on(state: &State, incoming: &Incoming<Event>, event: EventType, said: &[Event]) -> Decision<Booking> {
    let reaction = DECLARATION.reaction_to(event);
    let context = Context { saga: of_test(), now: fixtures::NOW, receive: 1, said, reaction };
    booking().decide(state, Input::Event(incoming), &context)
}

/// Decides on the request for this.
fn request(state: &State, purchase: impl Into<Purchase>) -> Decision<Booking> {
    let purchase = purchase.into();
    let event = Event::LEXICON.requesting(purchase.kind()).expect("each kind of saga can be requested");
    decide_on(state, &Incoming::Requested(purchase, None), event, &[])
}

/// Decides on an event of another service.
fn told(state: &State, event: Event) -> Decision<Booking> {
    let event_type = event.event_type();
    let heard = Heard::new(event, None).expect("the event tells a journey");
    decide_on(state, &Incoming::Told(Box::new(heard)), event_type, &[])
}

#[test]
fn a_request_is_registered_once_and_only_for_one_fare() {
    let decide = |state: &State| request(state, fixtures::fare("3"));
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
        let decision = request(state, fixtures::fare(customer));
        let Decision::Instead(saga, Incoming::BadRequest(rejected)) = decision else { panic!("{decision:?}") };
        let Event::FareRejected(rejected) = *rejected else { panic!("{rejected:?}") };
        assert_eq!(rejected.subject.customer_id.map(String::from).as_deref(), Some(customer));
        (saga, rejected.error.message)
    };
    let (saga, message) = instead(&registered("4"), "3");
    assert_eq!(message, "id: is used for another request already; send this one under another id");
    assert_ne!(saga, of_test());
    assert_eq!(instead(&registered("5"), "3").0, saga, "the same again is the same");
    assert_ne!(instead(&registered("4"), "5").0, saga, "and another is another");
    assert!(instead(&State::Rejected, "3").1.starts_with("id: is used for a request that was rejected"));
}

#[test]
fn a_rejection_is_told_again_to_whoever_broke_the_same_rule_and_to_nobody_else() {
    let (one, other) = (fixtures::fare("3").into(), fixtures::fare("4").into());
    let failure = || Failure::new("InvalidRequest", steps::REGISTER_FARE, "a rule");
    let rejection = |purchase: &Purchase| {
        Event::rejected(purchase.kind(), purchase.into(), failure()).expect("a fare can be rejected")
    };
    let decide = |state: &State, purchase: &Purchase, said: &[Event]| {
        decide_on(state, &Incoming::BadRequest(Box::new(rejection(purchase))), events::FARE_REQUESTED, said)
    };
    let Decision::Commit(State::Rejected, Then::Announce(said)) = decide(&State::Unseen, &one, &[]) else {
        panic!("not rejected")
    };
    assert_eq!(said[0].data().path().steps().len(), 1, "the path ends at the step that was not begun");
    assert!(matches!(decide(&State::Rejected, &one, &said), Decision::Announce));
    assert!(matches!(decide(&State::Rejected, &other, &said), Decision::Instead(..)));
    assert!(matches!(decide(&registered("3"), &one, &said), Decision::Instead(..)));
}

#[test]
fn a_request_that_was_withdrawn_before_it_came_is_cancelled_and_nothing_is_begun() {
    let (by, reason) = ("a client".into(), "changed my mind".into());
    let action = Action { what: ActionKind::Cancel, by, reason, at: fixtures::NOW, request: None };
    let decision = request(&State::Withdrawn { action }, fixtures::fare("3"));
    let Decision::Commit(State::Cancelled(_), Then::Announce(events)) = decision else { panic!("not cancelled") };
    let [Event::FareCancelled(failed)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(failed.error.name, "SagaCancelled");
    assert_eq!(failed.path.steps().len(), 1);
}

fn create(state: &State, order: &str) -> Decision<Booking> {
    request(state, fixtures::order(order))
}

#[test]
fn an_order_is_created_new_and_with_its_amount() {
    let Decision::Commit(State::Registered(case), Then::Announce(events)) = create(&State::Unseen, "4") else {
        panic!("not created")
    };
    assert_eq!(case.status.as_deref(), Some("New"));
    assert_eq!(case.subject.amount().minor, 19_999);
    assert!(matches!(events.as_slice(), [Event::OrderCreated(_)]));
    assert!(matches!(create(&State::Registered(case.clone()), "4"), Decision::Announce));
    assert!(matches!(create(&State::Registered(case), "5"), Decision::Instead(..)));
}

#[test]
fn an_order_that_cannot_be_created_is_pending_at_once() {
    let Decision::Commit(State::Cancelled(case), Then::Announce(events)) = create(&State::Unseen, "1") else {
        panic!("not cancelled")
    };
    assert_eq!(case.status.as_deref(), Some("Pending"));
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
    assert_eq!((case.attempts.len(), case.status.as_deref()), (3, Some("New")));
    assert_eq!(delays, [1, 2]);
    let [Event::OrderNeedsAttention(failed)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(failed.error.also[0].name, "ErrUpdateOrderStatus");
    assert_eq!(failed.standing[0].effect, effects::ORDER_STATUS);
}

#[test]
fn a_registered_fare_completes_once() {
    let decide = |state: &State| told(state, Event::AccountCredited(fixtures::account_credited("3")));
    let State::Registered(case) = registered("3") else { panic!("a fixture") };
    assert!(matches!(decide(&registered("3")), Decision::Commit(State::Completed(_), Then::Announce(_))));
    assert!(matches!(decide(&State::Completed(case.clone())), Decision::Announce));
    assert!(matches!(decide(&State::Unseen), Decision::NotYet));
    assert!(matches!(decide(&State::Cancelled(case)), Decision::Contradiction(_)));
    assert!(matches!(decide(&State::Rejected), Decision::Contradiction(_)));
    assert!(matches!(decide(&registered("4")), Decision::Contradiction(_)));
}

#[test]
fn what_still_stands_needs_attention_and_nothing_standing_is_compensated() {
    let decide = |event: Event| told(&registered("3"), event);
    let decision = decide(Event::PaymentRefunded(fixtures::payment_refunded("3")));
    assert!(matches!(decision, Decision::Commit(State::Cancelled(_), Then::Announce(_))));
    let decision = decide(Event::PaymentRefundFailed(fixtures::payment_refund_failed("3")));
    let Decision::Commit(State::NeedsAttention { awaits: None, .. }, Then::Announce(events)) = decision else {
        panic!("no commit")
    };
    let [Event::FareNeedsAttention(failed)] = events.as_slice() else { panic!("not needing attention") };
    assert_eq!(failed.details.charge_id, Some(fixtures::charge().charge_id));
    assert_eq!(failed.details.refund_id, None);
}

#[test]
fn a_completed_fare_is_not_cancelled() {
    let State::Registered(case) = registered("3") else { panic!("a fixture") };
    let decision = told(&State::Completed(case), Event::PaymentRefunded(fixtures::payment_refunded("3")));
    assert!(matches!(decision, Decision::Contradiction(_)));
}

#[test]
fn what_a_build_without_deadlines_put_on_record_is_read() {
    let fare = r#"{"customerId":"3","fareId":"wr_563","fareAmount":"$20.00","amount":{"minor":2000,"currency":"USD"}}"#;
    for state in ["Registered", "Completed", "Cancelled", "NeedsAttention"] {
        let stored = Stored { state: state.to_owned(), facts: format!(r#"{{"fare":{fare}}}"#) };
        let read: State = stored.read().unwrap_or_else(|state| panic!("{state} cannot be read"));
        assert_eq!(read.case().map(|case| case.deadline), Some(jiff::Timestamp::MAX), "{state}");
    }
}
