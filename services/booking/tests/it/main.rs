//! Booking, held to what every participant has to hold.

#![cfg(test)]

mod decisions;
mod requests;

use booking::Booking;
use contracts::{Event, SagaId, SagaKind, kinds};
use saga::topology::Names;
use testkit::{Conformance, Message, Node, Nothing, Story};

const CARD: [&str; 3] = ["2424 2424 2424 2424", "12/22", "111"];

fn request(name: &str, body: String) -> Message {
    let mut message = Message::new("message-1", body);
    message.attributes.insert("requestId".to_owned(), name.to_owned());
    message
}

fn fare(name: &str, amount: &str) -> Message {
    let [number, expiry, cvv] = CARD;
    let body = format!(
        r#"{{"customerId": "3", "fareId": "wr_563", "fareAmount": "{amount}",
            "cc": "{number}", "expiryDate": "{expiry}", "cvv": "{cvv}"}}"#
    );
    request(name, body)
}

fn order(name: &str, order_id: &str, price: &str) -> Message {
    let body = format!(
        r#"{{"order_id": "{order_id}", "order_date": "2018-10-19T10:50:16+08:00",
            "customer_id": "8d04ea6f-c6b2-4422-8550-839a16f01feb",
            "items": [{{"item_id": "567", "qty": 1.0, "description": "Cart item 1", "unit_price": {price}}}]}}"#
    );
    request(name, body)
}

/// What is asked of a saga, as an operator's command sends it.
fn asked(what: &str, saga: SagaId) -> Message {
    let body = format!(
        r#"{{"specversion":"1.0","id":"{what}","source":"/test","type":"{what}",
            "data":{{"sagaId":"{saga}","by":"ada","reason":"a test"}}}}"#
    );
    Message::new("message-2", body)
}

/// A request for a fare, and the events that end its saga.
fn of_fare(name: &'static str, events: Vec<Event>) -> Story {
    let saga = SagaId::of_request("fare", name);
    let events = events.into_iter().map(|event| Message::of_event(saga, event, None));
    Story::new(name, std::iter::once(fare(name, "$20.00")).chain(events).collect())
}

/// A request for an order, and the events that end its saga.
fn of_order(name: &'static str, order_id: &str, events: Vec<Event>) -> Story {
    let saga = SagaId::of_request("order", name);
    let events = events.into_iter().map(|event| Message::of_event(saga, event, None));
    Story::new(name, std::iter::once(order(name, order_id, "199.99")).chain(events).collect())
}

/// The same story, with more that is asked of its saga; the order counts.
fn and_asked(mut story: Story, kind: SagaKind, what: &[&str]) -> Story {
    let saga = SagaId::of_request(kind.as_str(), story.name);
    story.messages.extend(what.iter().map(|what| asked(what, saga)));
    Story { any_order: false, ..story }
}

fn fare_saga(name: &str) -> SagaId {
    SagaId::of_request("fare", name)
}

/// Ids that are used for more than one request.
fn used_ids() -> Vec<Story> {
    vec![
        Story::in_order("used for another", ["$20.00", "$21.00", "twenty"].map(|amount| fare("used", amount)).into()),
        Story::in_order(
            "used and rejected",
            ["twenty", "$20.00", "thirty", "$0"].map(|amount| fare("bad", amount)).into(),
        ),
        Story::in_order(
            "used and withdrawn",
            vec![asked("cancel_requested", fare_saga("gone")), fare("gone", "$1"), fare("gone", "$2")],
        ),
        Story::in_order("an order used", ["199.99", "1", "-1"].map(|price| order("an order used", "4", price)).into()),
    ]
}

fn stories() -> Vec<Story> {
    let mut hold_stands = fixtures::payment_declined("3");
    hold_stands.standing = fixtures::payment_refund_failed("3").standing;
    let mut credit_stands = fixtures::payment_refunded("3");
    credit_stands.standing = hold_stands.standing.clone();
    let mut order_declined = fixtures::payment_declined("3");
    order_declined.purchase = fixtures::order("2").into();
    let order_hold =
        contracts::payment::PaymentDeclined { standing: hold_stands.standing.clone(), ..order_declined.clone() };
    let mut partly = fixtures::order_refunded("4");
    partly.standing = hold_stands.standing.clone();
    let mut order_not_refunded = fixtures::payment_refund_failed("3");
    order_not_refunded.purchase = fixtures::order("4").into();
    let not_refunded = || Event::PaymentRefundFailed(fixtures::payment_refund_failed("3"));
    vec![
        of_fare("completed", vec![Event::AccountCredited(fixtures::account_credited("3"))]),
        of_fare("declined", vec![Event::PaymentDeclined(fixtures::payment_declined("3"))]),
        of_fare("declined, and a hold stands", vec![Event::PaymentDeclined(hold_stands)]),
        of_fare("refunded", vec![Event::PaymentRefunded(fixtures::payment_refunded("3"))]),
        of_fare("refunded, and a credit stands", vec![Event::PaymentRefunded(credit_stands)]),
        of_fare("not refunded", vec![not_refunded()]),
        of_fare(
            "refused on the way",
            vec![
                Event::AccountCreditRefused(fixtures::account_credit_refused("3")),
                Event::PaymentRefunded(fixtures::payment_refunded("3")),
            ],
        ),
        Story::new("rejected", vec![fare("rejected", "twenty")]),
        of_order("an order completed", "4", vec![Event::InventoryReserved(fixtures::inventory_reserved("4"))]),
        of_order("an order declined", "2", vec![Event::PaymentDeclined(order_declined)]),
        of_order("an order declined, and a debit stands", "2", vec![Event::PaymentDeclined(order_hold)]),
        of_order(
            "an order refunded",
            "4",
            vec![
                Event::InventoryRefused(fixtures::inventory_refused("4")),
                Event::PaymentRefunded(fixtures::order_refunded("4")),
            ],
        ),
        of_order("an order refunded, and a reservation stands", "4", vec![Event::PaymentRefunded(partly)]),
        of_order("an order not refunded", "4", vec![Event::PaymentRefundFailed(order_not_refunded)]),
        of_order("an order not created", "1", Vec::new()),
        of_order("an order not created, and its status stands", "11", Vec::new()),
        Story::new("an order rejected", vec![order("an order rejected", "4", "-1")]),
        and_asked(of_fare("cancelled", Vec::new()), kinds::FARE, &["cancel_requested"]),
        Story::in_order("withdrawn", vec![asked("cancel_requested", fare_saga("withdrawn")), fare("withdrawn", "$1")]),
        and_asked(of_fare("tried again", vec![not_refunded()]), kinds::FARE, &["retry_requested"]),
        and_asked(of_order("an order tried again", "11", Vec::new()), kinds::ORDER, &["retry_requested"]),
        and_asked(of_fare("resolved", vec![not_refunded()]), kinds::FARE, &["resolve_requested"]),
        and_asked(of_order("an order resolved", "11", Vec::new()), kinds::ORDER, &["resolve_requested"]),
    ]
}

#[test]
fn booking_conforms() {
    let (private, key) = card::key_pair();
    let names = Names::default();
    let booking = || Booking { hooks: true, ..Booking::new(key.clone(), &names) };
    let report = Conformance {
        node: &|| Node::new(booking(), Nothing),
        stories: [stories(), used_ids()].concat(),
        // Three bare digits would be found in any id.
        secrets: &["2424 2424 2424 2424", "12/22", "\"111\""],
        opens: &|saga, sealed| {
            card::open(sealed, &private, saga)
                .is_ok_and(|card| [card.expose_number(), card.expose_expiry(), card.expose_cvv()] == CARD)
        },
        // Absent where nothing was held, where no compensation failed, and where nobody says who or why.
        tolerates: &[
            "data.by",
            "data.charge",
            "data.charge.chargeToken",
            "data.chargeToken",
            "data.deadline",
            "data.error.also",
            // An effect that is no money has no amount.
            "data.standing.0.amount",
            "data.reason",
        ],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 200 && report.interleavings >= 500, "{report:?}");
}
