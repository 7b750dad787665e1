//! Both steps, decision by decision.

use contracts::{Event, Events, Purchase, effects, payment, steps};
use jiff::SignedDuration;
use rust_decimal::Decimal;
use testkit::{Decided, Trial};

use crate::{Effect, Reply, fulfillment};

type Fulfillment = Trial<Event, Effect, Reply>;

fn trial() -> Fulfillment {
    Trial::new(fulfillment(true))
}

fn fare(customer: &str) -> Event {
    Event::PaymentCaptured(fixtures::payment_captured(customer))
}

fn order(id: &str) -> Event {
    Event::PaymentCaptured(fixtures::order_captured(id))
}

fn unwinding(purchase: impl Into<Purchase>, round: u32) -> Event {
    Event::UnwindingStarted(fixtures::unwinding_started(purchase.into(), round))
}

fn counted(there: &str) -> Reply {
    Reply::Counted(vec![("567".to_owned(), there.parse().expect("a number"))])
}

/// Fulfillment, which was asked to reserve an order and has counted so much.
fn counting(id: &str) -> Fulfillment {
    let mut fulfillment = trial();
    assert!(matches!(fulfillment.hears(order(id)), Decided::Asks(Effect::Count(_), false)));
    fulfillment
}

#[test]
fn a_captured_fare_is_credited_once_and_by_one_payment() {
    let mut fulfillment = trial();
    assert!(matches!(fulfillment.hears(fare("3")).event(), Event::AccountCredited(_)));
    assert!(matches!(fulfillment.comes_again(), Decided::Again));
    let other = payment::PaymentCaptured { charge: fixtures::debit(), ..fixtures::payment_captured("3") };
    assert!(matches!(fulfillment.hears(Event::PaymentCaptured(other)), Decided::Contradicts(_)));
}

#[test]
fn a_failure_is_forced_only_where_hooks_are_on_and_what_is_late_is_refused_always() {
    let late = SignedDuration::from_hours(24 * 365);
    for (hooks, customer, later, refused) in [
        (true, "3__fail_credit", SignedDuration::ZERO, true),
        (false, "3__fail_credit", SignedDuration::ZERO, false),
        (false, "3", late, true),
    ] {
        let mut fulfillment = Trial::new(fulfillment(hooks));
        fulfillment.now = fixtures::NOW + later;
        let event = fulfillment.hears(fare(customer)).event();
        assert_eq!(matches!(event, Event::AccountCreditRefused(_)), refused, "{event:?}");
        if let Event::AccountCreditRefused(event) = event {
            assert_eq!(event.charge, Some(fixtures::charge()), "payment is told what to refund");
        }
    }
}

#[test]
fn what_is_tracked_is_taken_and_what_is_not_is_reserved_all_the_same() {
    for reply in [counted("1"), Reply::Counted(Vec::new())] {
        assert!(matches!(counting("4").answers(&reply).event(), Event::InventoryReserved(_)));
    }
}

#[test]
fn a_shortage_names_the_items_that_are_short() {
    let Event::InventoryRefused(refused) = counting("4").answers(&counted("0.5")).event() else { panic!("reserved") };
    assert_eq!(refused.error.message, "short of stock: 567 (1 wanted, 0.5 available)");
}

#[test]
fn a_reservation_that_fails_after_it_took_effect_is_given_back() {
    let mut fulfillment = counting("3");
    let Decided::GoesOn(taken) = fulfillment.answers(&counted("2")) else { panic!("not taken") };
    assert_eq!((fulfillment.state().as_str(), taken[0].quantity), ("ReserveInventory undoing", Decimal::ONE));
    assert!(matches!(fulfillment.comes_again(), Decided::Asks(Effect::Count(_), false)));
    let Event::InventoryRefused(refused) = fulfillment.answers(&counted("1")).event() else { panic!("not released") };
    assert_eq!(fulfillment.state(), "ReserveInventory undone");
    let steps = fixtures::taken(&refused.journey.path);
    assert!(steps.ends_with(&[(steps::RESERVE_INVENTORY, false), (steps::RELEASE_INVENTORY, true)]), "{steps:?}");
}

#[test]
fn a_reservation_that_cannot_be_released_is_tried_twice_more_and_then_stands() {
    let mut fulfillment = counting("33");
    assert!(matches!(fulfillment.answers(&counted("2")), Decided::GoesOn(_)));
    let mut delays = Vec::new();
    let event = loop {
        let decided = fulfillment.comes_again();
        let Decided::Retries(secs) = decided else { break decided.event() };
        delays.push(secs);
    };
    assert_eq!((delays, fulfillment.state().as_str()), (vec![1, 2], "ReserveInventory stands"));
    let Event::InventoryRefused(refused) = event else { panic!("{event:?}") };
    assert_eq!(refused.standing[0].effect, effects::RESERVATION);
    assert_eq!(refused.error.also[0].name, "ErrReleaseInventory");
    let part = fulfillment.on_record().part().expect("on record");
    let progress = &part.steps.get(steps::RESERVE_INVENTORY).expect("on record");
    assert_eq!(progress.attempts().len(), 3);
    assert!(progress.facts().is_some_and(|facts| facts["taken"][0]["item"] == "567"), "what it holds is on record");

    // Another round tries again, and counts its attempts anew.
    assert!(matches!(fulfillment.hears(unwinding(fixtures::order("33"), 1)), Decided::Retries(1)));
}

#[test]
fn a_saga_is_refused_before_the_pivot_and_not_after_it() {
    let mut fulfillment = trial();
    let started = || unwinding(fixtures::fare("3"), 0);
    let Event::AccountCreditRefused(refused) = fulfillment.hears(started()).event() else { panic!("no tombstone") };
    assert_eq!((refused.charge.as_ref(), refused.error.name.as_str()), (None, "SagaCancelled"));
    assert!(matches!(fulfillment.comes_again(), Decided::Again));
    assert!(matches!(fulfillment.hears(fare("3")), Decided::Again), "a payment that comes late is not fulfilled");
    let mut credited = trial();
    credited.hears(fare("3"));
    assert!(matches!(credited.hears(started()), Decided::Again));
    assert_eq!(credited.state(), "CreditCustomerAccount done");
}

#[test]
fn another_round_says_so_where_nothing_stands() {
    let mut fulfillment = trial();
    fulfillment.hears(unwinding(fixtures::order("4"), 0));
    let event = fulfillment.hears(unwinding(fixtures::order("4"), 1)).event();
    assert!(matches!(event, Event::InventoryRefused(_)));
    assert_eq!(event.data().nth(), 1);
    assert_eq!(event.data().path().steps().len(), 1, "nothing of ours was to come");
}
