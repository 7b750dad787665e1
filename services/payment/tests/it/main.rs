//! Payment, held to what every participant has to hold; and its adapter, to the gateway.

#![cfg(test)]

mod adapter;
mod till;

use card::{Card, PublicKey};
use contracts::fulfillment::Refused;
use contracts::{Charge, Event, SagaId, kinds};
use fixtures::{Kind, Ledger};
use payment::payment;
use testkit::{Conformance, Message, Node, Story};
use till::{CARD, Opener, Till};
use zeroize::Zeroizing;

/// The event of a saga, with what the ledger will have made of it.
fn refused(saga: SagaId, mut refused: Refused) -> Refused {
    let token = refused.charge.take().and_then(|charge| charge.charge_token).map(|_| Ledger::id_of(saga, Kind::Hold));
    refused.charge = Some(Charge { charge_token: token, charge_id: Ledger::id_of(saga, Kind::Capture) });
    refused
}

/// A customer's fare, and its refund where it is charged and then not credited.
fn story(name: &'static str, customer: &str, not_credited: bool, key: &PublicKey) -> Story {
    let saga = SagaId::of_request("fare", customer);
    let mut messages = vec![registered(saga, customer, key)];
    if not_credited {
        let event = refused(saga, fixtures::account_credit_refused(customer));
        messages.push(Message::of_event(saga, Event::AccountCreditRefused(event), None));
    }
    Story::new(name, messages)
}

fn registered(saga: SagaId, customer: &str, key: &PublicKey) -> Message {
    let [number, expiry, cvv] = CARD.map(|field| Zeroizing::new(field.to_owned()));
    let card = Card::new(number, expiry, cvv).expect("a good card");
    let sealed = card::seal(&card, key, saga).expect("it can be sealed");
    Message::of_event(saga, Event::FareRegistered(fixtures::fare_registered(customer)), Some(&sealed))
}

/// An order, and its refund where it is debited and then not reserved: in which round, if at all.
fn order(name: &'static str, order_id: &str, not_reserved: Option<u32>) -> Story {
    let saga = SagaId::of_request("order", order_id);
    let mut messages = vec![Message::of_event(saga, Event::OrderCreated(fixtures::order_created(order_id)), None)];
    if let Some(round) = not_reserved {
        let mut event = refused(saga, fixtures::inventory_refused(order_id));
        event.journey.round = round;
        messages.push(Message::of_event(saga, Event::InventoryRefused(event), None));
    }
    // Another round follows from the answer to the first.
    if not_reserved.is_some_and(|round| round > 0) {
        Story::in_order(name, messages)
    } else {
        Story::new(name, messages)
    }
}

/// A saga that is unwound before its payment was heard of: the payment comes late, or not at all.
fn unwound(name: &'static str, refused: Refused, late: Message, saga: SagaId) -> Story {
    let refused = Refused { charge: None, ..refused };
    let is_fare = refused.purchase.kind() == kinds::FARE;
    let event = if is_fare { Event::AccountCreditRefused(refused) } else { Event::InventoryRefused(refused) };
    Story::in_order(name, vec![Message::of_event(saga, event, None), late])
}

#[test]
fn payment_conforms() {
    let (private, key) = card::key_pair();
    let opener = Opener::new(private);
    let (fare_saga, order_saga) = (SagaId::of_request("fare", "u"), SagaId::of_request("order", "u"));
    let late_order = Message::of_event(order_saga, Event::OrderCreated(fixtures::order_created("4")), None);
    let report = Conformance {
        node: &|| Node::new(payment(true), Till::new(&opener)),
        stories: vec![
            story("charged", "3", false, &key),
            story("not authorised", "3_fail_auth", false, &key),
            story("not captured, so voided", "_fail_charge", false, &key),
            story("refunded", "3__fail_credit", true, &key),
            story("not refunded", "3_fail_credit_fail_refund", true, &key),
            order("debited", "4", None),
            order("debited and given back by itself", "2", None),
            order("debited and not given back", "22", None),
            order("not given back in another round", "22b", Some(1)),
            order("given back", "5", Some(0)),
            unwound(
                "a fare unwound before its payment",
                fixtures::account_credit_refused("3"),
                registered(fare_saga, "3", &key),
                fare_saga,
            ),
            unwound("an order unwound before its payment", fixtures::inventory_refused("4"), late_order, order_saga),
        ],
        secrets: &["2424 2424 2424 2424", "12/22", "\"111\""],
        opens: &|saga, sealed| opener.opens(saga, sealed),
        tolerates: &["data.charge", "data.charge.chargeToken", "data.deadline", "data.round"],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 150 && report.interleavings >= 2_000, "{report:?}");
    assert!(report.turned_away >= 30, "too few calls met one that was at work: {report:?}");
}
