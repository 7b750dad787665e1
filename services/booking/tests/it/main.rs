//! Booking, held to what every participant has to hold.

use booking::Booking;
use contracts::{Event, SagaId};
use testkit::{Conformance, Message, Node, Nothing, Story, fixtures};

const CARD: [&str; 3] = ["2424 2424 2424 2424", "12/22", "111"];

fn request(name: &str, amount: &str) -> Message {
    let [number, expiry, cvv] = CARD;
    let body = format!(
        r#"{{"customerId": "3", "fareId": "wr_563", "fareAmount": "{amount}",
            "cc": "{number}", "expiryDate": "{expiry}", "cvv": "{cvv}"}}"#
    );
    let mut message = Message::new("message-1", body);
    message.attributes.insert("requestId".to_owned(), name.to_owned());
    message
}

/// A request, and the event that ends its saga.
fn story(name: &'static str, end: Event) -> Story {
    let saga = SagaId::of_request("fare", name);
    let messages = vec![request(name, "$20.00"), Message::of_event(saga, end, None)];
    Story { name, messages }
}

#[test]
fn booking_conforms() {
    let (private, key) = card::key_pair();
    let booking = || Booking { key: key.clone(), requests_topic: "ensemble-fare-requests".to_owned() };
    let mut standing = fixtures::payment_declined("3");
    standing.standing = fixtures::payment_refund_failed("3").standing;
    let mut partly = fixtures::payment_refunded("3");
    partly.standing = standing.standing.clone();
    let report = Conformance {
        node: &|| Node::new(booking(), Nothing),
        stories: vec![
            story("completed", Event::AccountCredited(fixtures::account_credited("3"))),
            story("declined", Event::PaymentDeclined(fixtures::payment_declined("3"))),
            story("declined, and a hold stands", Event::PaymentDeclined(standing)),
            story("refunded", Event::PaymentRefunded(fixtures::payment_refunded("3"))),
            story("refunded, and a credit stands", Event::PaymentRefunded(partly)),
            story("not refunded", Event::PaymentRefundFailed(fixtures::payment_refund_failed("3"))),
            Story { name: "rejected", messages: vec![request("rejected", "twenty")] },
        ],
        // Three bare digits would be found in any id.
        secrets: &["2424 2424 2424 2424", "12/22", "\"111\""],
        opens: &|saga, sealed| {
            card::open(sealed, &private, saga)
                .is_ok_and(|card| [card.expose_number(), card.expose_expiry(), card.expose_cvv()] == CARD)
        },
        // Absent where nothing was held, and where no compensation failed.
        tolerates: &["data.chargeToken", "data.error.also"],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 70 && report.interleavings >= 200, "{report:?}");
}
