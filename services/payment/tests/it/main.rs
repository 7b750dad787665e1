//! Payment, held to what every participant has to hold; and its adapter, to the gateway.

#![cfg(test)]

mod adapter;
mod till;

use card::{Card, PublicKey};
use contracts::{Charge, Event, SagaId};
use payment::Payment;
use testkit::{Conformance, Kind, Ledger, Message, Node, Story, fixtures};
use till::{CARD, Opener, Till};
use zeroize::Zeroizing;

/// A customer's fare, and its refund where it is charged and then not credited.
fn story(name: &'static str, customer: &str, refused: bool, key: &PublicKey) -> Story {
    let saga = SagaId::of_request("fare", customer);
    let [number, expiry, cvv] = CARD.map(|field| Zeroizing::new(field.to_owned()));
    let card = Card::new(number, expiry, cvv).expect("a good card");
    let sealed = card::seal(&card, key, saga).expect("it can be sealed");
    let registered = Event::FareRegistered(fixtures::fare_registered(customer));
    let mut messages = vec![Message::of_event(saga, registered, Some(&sealed))];
    if refused {
        let mut event = fixtures::account_credit_refused(customer);
        event.charge =
            Charge { charge_token: Ledger::id_of(saga, Kind::Hold), charge_id: Ledger::id_of(saga, Kind::Capture) };
        messages.push(Message::of_event(saga, Event::AccountCreditRefused(event), None));
    }
    Story { name, messages }
}

#[test]
fn payment_conforms() {
    let (private, key) = card::key_pair();
    let opener = Opener::new(private);
    let report = Conformance {
        node: &|| Node::new(Payment, Till::new(&opener)),
        stories: vec![
            story("charged", "3", false, &key),
            story("not authorised", "3_fail_auth", false, &key),
            story("not captured, so voided", "_fail_charge", false, &key),
            story("refunded", "3__fail_credit", true, &key),
            story("not refunded", "3_fail_credit_fail_refund", true, &key),
        ],
        secrets: &["2424 2424 2424 2424", "12/22", "\"111\""],
        opens: &|saga, sealed| opener.opens(saga, sealed),
        tolerates: &[],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 80 && report.interleavings >= 1_000, "{report:?}");
}
