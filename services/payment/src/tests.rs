//! Both steps, decision by decision.

use std::time::Duration;

use contracts::{Event, Events, Path, Purchase, effects, fulfillment, steps};
use jiff::SignedDuration;
use saga::declaration::TIMEOUT_SECS;
use saga::step::AT_WORK_MAX;
use testkit::{Decided, Trial};

use crate::{Effect, Known, Refusal, Reply, http, payment};

type Payment = Trial<Event, Effect, Reply>;

fn fare(customer: &str) -> Event {
    Event::FareRegistered(fixtures::fare_registered(customer))
}

fn order(id: &str) -> Event {
    Event::OrderCreated(fixtures::order_created(id))
}

/// The fare is not credited, as fulfillment says in this round; after it was charged, or before.
fn not_credited(round: u32, was_charged: bool) -> Event {
    let mut refused = fixtures::account_credit_refused("3");
    refused.journey.round = round;
    refused.charge = refused.charge.filter(|_| was_charged);
    Event::AccountCreditRefused(refused)
}

fn refusal() -> Refusal {
    Refusal { message: "no".to_owned() }
}

fn nothing() -> Reply {
    Reply::Known(Known::default())
}

fn held() -> Reply {
    Reply::Authorized { charge_token: "tok_1".to_owned() }
}

fn not_captured() -> Reply {
    Reply::CaptureRefused { charge_token: "tok_1".to_owned(), refusal: refusal() }
}

fn debited() -> Reply {
    Reply::Debited { charge_id: "ch_1".to_owned() }
}

fn refunded() -> Reply {
    Reply::Refunded { refund_id: "re_1".to_owned() }
}

/// Payment, which has put its intent to charge a fare on record.
fn charging() -> Payment {
    let mut payment = Trial::new(payment(true));
    assert!(matches!(payment.hears(fare("3")), Decided::Asks(Effect::Authorize { fresh: true, .. }, true)));
    payment
}

/// Payment, which has charged a fare.
fn charged() -> Payment {
    let mut payment = charging();
    payment.answers(&held());
    let captured = Reply::Captured { charge_token: "tok_1".to_owned(), charge_id: "ch_1".to_owned() };
    assert!(matches!(payment.answers(&captured).event(), Event::PaymentCaptured(_)));
    payment
}

/// Payment, which has put its intent to debit an order on record.
fn debiting(id: &str) -> Payment {
    let mut payment = Trial::new(payment(true));
    assert!(matches!(payment.hears(order(id)), Decided::Asks(Effect::Debit { fresh: true, .. }, true)));
    payment
}

#[test]
fn a_call_is_given_four_times_what_a_step_and_a_call_may_take() {
    let longest = Duration::from_secs(TIMEOUT_SECS.into()) + http::TIMEOUT;
    assert!(AT_WORK_MAX.unsigned_abs() >= longest * 4);
}

#[test]
fn an_intent_that_stood_already_looks_before_it_repeats() {
    assert!(matches!(charging().comes_again(), Decided::Asks(Effect::LookUp, false)));
    assert!(matches!(charging().answers(&nothing()), Decided::Asks(Effect::Authorize { .. }, false)));
    let held = Known { charge_token: Some("tok_1".to_owned()), ..Known::default() };
    assert!(matches!(charging().answers(&Reply::Known(held.clone())), Decided::Asks(Effect::Capture { .. }, false)));
    let charged = Reply::Known(Known { charge_id: Some("ch_1".to_owned()), ..held });
    assert!(matches!(charging().answers(&charged).event(), Event::PaymentCaptured(_)));
}

#[test]
fn nothing_at_the_gateway_is_believed_only_when_the_first_call_must_be_over() {
    for (later, over) in [(SignedDuration::ZERO, false), (AT_WORK_MAX, false), (SignedDuration::from_hours(1), true)] {
        let (mut fare, mut order) = (charging(), debiting("4"));
        (fare.now, order.now) = (fixtures::NOW + later, fixtures::NOW + later);
        let Effect::Authorize { fresh, .. } = fare.answers(&nothing()).asked() else { panic!("not held") };
        assert_eq!(fresh, over);
        let Effect::Debit { fresh, .. } = order.answers(&nothing()).asked() else { panic!("not debited") };
        assert_eq!(fresh, over);
    }
    assert!(matches!(charging().answers(&held()).asked(), Effect::Capture { fresh: false, .. }));
}

#[test]
fn a_refused_capture_is_voided_and_a_refused_void_is_left_standing() {
    for (reply, standing) in [(Reply::Voided, 0), (Reply::VoidRefused(refusal()), 1)] {
        let mut payment = charging();
        payment.answers(&held());
        assert!(matches!(
            payment.answers(&not_captured()),
            Decided::Asks(Effect::Void { round: 0, fresh: true, .. }, true)
        ));
        assert!(matches!(payment.comes_again(), Decided::Asks(Effect::Void { fresh: false, .. }, false)));
        let Event::PaymentDeclined(declined) = payment.answers(&reply).event() else { panic!("not declined") };
        assert_eq!(declined.error.name, "PaymentChargeException");
        assert_eq!((declined.standing.len(), declined.error.also.len()), (standing, standing));
        assert_eq!(declined.charge_token.as_deref(), Some("tok_1"));
        let steps = fixtures::taken(&declined.journey.path);
        assert_eq!(steps, [(steps::REGISTER_FARE, true), (steps::CHARGE_FARE, false)]);
        assert!(matches!(payment.comes_again(), Decided::Again));
    }
}

#[test]
fn an_order_is_debited_after_its_intent_and_without_a_card() {
    let Event::PaymentCaptured(captured) = debiting("4").answers(&debited()).event() else { panic!("not paid") };
    assert_eq!(captured.charge.charge_token, None);
}

#[test]
fn a_payment_that_fails_after_it_took_effect_is_given_back_by_itself() {
    let mut payment = debiting("2");
    assert!(matches!(payment.answers(&debited()), Decided::Asks(Effect::Refund { fresh: true, .. }, true)));
    assert_eq!(payment.state(), "ProcessPayment undoing");
    let Event::PaymentDeclined(declined) = payment.answers(&refunded()).event() else { panic!("not declined") };
    assert_eq!((declined.error.name.as_str(), declined.refund_id.as_deref()), ("ErrProcessPayment", Some("re_1")));
    let steps = fixtures::taken(&declined.journey.path);
    assert_eq!(steps[1..], [(steps::PROCESS_PAYMENT, false), (steps::PROCESS_REFUND, true)]);
}

#[test]
fn a_debit_that_cannot_be_given_back_is_tried_twice_more_and_then_stands() {
    let mut payment = debiting("22");
    let mut decided = payment.answers(&debited());
    let mut delays = Vec::new();
    while let Decided::Retries(secs) = decided {
        delays.push(secs);
        decided = payment.comes_again();
    }
    assert_eq!(delays, [1, 2]);
    let Event::PaymentDeclined(declined) = decided.event() else { panic!("not declined") };
    assert_eq!(declined.error.also[0].name, "ErrProcessRefund");
    assert_eq!(declined.standing[0].effect, effects::CAPTURE);
    let part = payment.on_record().part().expect("on record");
    assert_eq!(part.steps.get(steps::PROCESS_PAYMENT).expect("on record").attempts().len(), 3);
}

#[test]
fn what_is_late_is_declined_without_a_call() {
    for event in [fare("3"), order("4")] {
        let mut payment = Trial::new(payment(true));
        payment.now = fixtures::deadline() + SignedDuration::from_secs(1);
        let Event::PaymentDeclined(declined) = payment.hears(event).event() else { panic!("not declined") };
        assert_eq!(declined.error.name, "DeadlineExceeded");
    }
}

#[test]
fn a_refund_has_its_intent_first_and_before_its_time_nothing_happens() {
    let mut payment = charged();
    assert!(matches!(payment.hears(not_credited(0, true)), Decided::Asks(Effect::Refund { .. }, true)));
    assert!(matches!(Trial::new(crate::payment(true)).hears(not_credited(0, true)), Decided::NotYet));
    assert!(matches!(charging().hears(not_credited(0, true)), Decided::NotYet));
    let mut declined = charging();
    declined.answers(&Reply::AuthorizeRefused(refusal()));
    assert!(matches!(declined.hears(not_credited(0, true)), Decided::Contradicts(_)));
    let mut other = fixtures::account_credit_refused("3");
    other.charge = Some(fixtures::debit());
    assert!(matches!(charged().hears(Event::AccountCreditRefused(other)), Decided::Contradicts(_)));
}

#[test]
fn a_refused_refund_leaves_the_capture_standing_with_both_reasons() {
    let mut payment = charged();
    payment.hears(not_credited(0, true));
    let Event::PaymentRefundFailed(failed) = payment.answers(&Reply::RefundRefused(refusal())).event() else {
        panic!("not failed")
    };
    assert_eq!(
        (failed.error.name.as_str(), failed.error.also[0].name.as_str()),
        ("AccountCreditException", "RefundException")
    );
    assert_eq!(failed.standing[0].effect, effects::CAPTURE);
}

#[test]
fn a_refund_that_is_found_at_the_gateway_is_not_asked_for_again() {
    let mut payment = charged();
    payment.hears(not_credited(0, true));
    assert!(matches!(payment.comes_again(), Decided::Asks(Effect::LookUp, false)));
    let found = Reply::Known(Known { refund_id: Some("re_1".to_owned()), ..Known::default() });
    assert!(matches!(payment.answers(&found).event(), Event::PaymentRefunded(_)));
}

#[test]
fn a_refusal_without_a_charge_leaves_a_tombstone_or_gives_back_what_was_taken() {
    let mut payment = Trial::new(payment(true));
    assert!(matches!(payment.hears(not_credited(0, false)).event(), Event::PaymentDeclined(_)));
    assert!(matches!(payment.hears(fare("3")), Decided::Again), "the request for the money comes late");
    assert!(matches!(payment.hears(not_credited(0, false)), Decided::Again));
    assert!(matches!(charged().hears(not_credited(0, false)), Decided::Asks(Effect::Refund { .. }, true)));
}

#[test]
fn a_charge_that_the_refusal_knew_nothing_of_is_on_the_path_of_its_refund() {
    let mut refused = fixtures::account_credit_refused("3");
    refused.charge = None;
    refused.journey = refused.journey.on(Path::default().and(steps::CREDIT_CUSTOMER_ACCOUNT, false, fixtures::NOW));
    let mut payment = charged();
    payment.hears(Event::AccountCreditRefused(refused));
    // From here on, the intent has nothing to announce.
    let Event::PaymentRefunded(refunded) = payment.answers(&refunded()).event() else { panic!("not refunded") };
    let steps = fixtures::taken(&refunded.journey.path);
    assert!(steps.contains(&(steps::CHARGE_FARE, true)), "{steps:?}");
    assert!(steps.ends_with(&[(steps::REFUND_FARE, true)]), "{steps:?}");
}

#[test]
fn a_further_round_goes_on_with_the_call_that_is_under_way_under_its_own_key() {
    let mut payment = charging();
    payment.answers(&held());
    payment.answers(&not_captured());
    payment.answers(&Reply::VoidRefused(refusal()));
    assert!(matches!(payment.hears(not_credited(1, false)).asked(), Effect::Void { round: 1, fresh: true, .. }));
    assert!(matches!(
        payment.hears(not_credited(2, false)),
        Decided::Asks(Effect::Void { round: 1, fresh: false, .. }, false)
    ));
    assert_eq!(payment.answers(&Reply::Voided).event().data().nth(), 2);
    assert!(matches!(payment.hears(not_credited(1, false)), Decided::Again), "of an earlier round, late");

    let mut payment = charged();
    payment.hears(not_credited(1, true));
    assert!(matches!(payment.hears(not_credited(2, true)), Decided::Asks(Effect::LookUp, false)));
    assert!(matches!(payment.hears(not_credited(0, true)), Decided::Ignores), "of an earlier round, late");
    payment.hears(not_credited(2, true));
    assert_eq!(payment.answers(&refunded()).event().data().nth(), 2);
}

#[test]
fn another_round_tries_again_under_another_key_and_only_what_stands() {
    let mut payment = charged();
    payment.hears(not_credited(0, true));
    payment.answers(&Reply::RefundRefused(refusal()));
    let Effect::Refund { refusals, fresh, .. } = payment.hears(not_credited(1, true)).asked() else {
        panic!("no refund")
    };
    assert_eq!((refusals, fresh), (1, true));
    assert_eq!(payment.answers(&refunded()).event().data().nth(), 1);
    let Event::PaymentRefunded(told) = payment.hears(not_credited(2, true)).event() else { panic!("not told again") };
    assert_eq!((told.journey.round, told.refund_id.as_str()), (2, "re_1"));
}

#[test]
fn a_saga_is_paid_for_one_purchase_only() {
    let mut other = fixtures::account_credit_refused("4");
    other.purchase = Purchase::from(fixtures::fare("4"));
    assert!(matches!(
        charged().hears(Event::AccountCreditRefused(fulfillment::Refused { ..other })),
        Decided::Contradicts(_)
    ));
}
