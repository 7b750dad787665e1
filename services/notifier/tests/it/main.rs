//! The notifier, held to what every participant has to hold.

use contracts::{Event, Failure, Money, SagaId, StepName, booking};
use notifier::Notifier;
use testkit::{Conformance, Message, Node, Nothing, Story, fixtures};

fn story(name: &'static str, event: Event) -> Story {
    let saga = SagaId::of_request("fare", name);
    let messages = vec![Message::of_event(saga, event, None)];
    Story { name, messages }
}

fn completed() -> Event {
    let credited = fixtures::account_credited("3");
    Event::FareCompleted(booking::FareCompleted { fare: credited.fare, charge: credited.charge, path: credited.path })
}

fn failed() -> booking::FareFailed {
    let failed = fixtures::payment_refund_failed("3_fail_credit_fail_refund");
    booking::FareFailed {
        fare: failed.fare,
        charge_token: Some(failed.charge.charge_token),
        charge_id: Some(failed.charge.charge_id),
        refund_id: None,
        error: failed.error,
        standing: failed.standing,
        path: failed.path,
    }
}

fn rejected() -> Event {
    Event::FareRejected(booking::FareRejected {
        customer_id: None,
        fare_id: None,
        fare_amount: Some("$20.00".to_owned()),
        amount: Money::parse_usd("$20.00").ok(),
        error: Failure::new("InvalidRequest", StepName::RegisterFare, "customerId: is missing"),
        path: fixtures::path(&[(StepName::RegisterFare, false)]),
    })
}

#[test]
fn the_notifier_conforms() {
    let cancelled = booking::FareFailed { standing: Vec::new(), ..failed() };
    let report = Conformance {
        node: &|| Node::new(Notifier, Nothing),
        stories: vec![
            story("completed", completed()),
            story("cancelled", Event::FareCancelled(cancelled)),
            story("needs attention", Event::FareNeedsAttention(failed())),
            story("rejected", rejected()),
        ],
        secrets: &["2424 2424 2424 2424"],
        opens: &|_, _| false,
        // What a failed saga may lack, and what a request may not have said.
        tolerates: &[
            "data.amount",
            "data.chargeId",
            "data.chargeToken",
            "data.customerId",
            "data.error.also",
            "data.fareAmount",
            "data.fareId",
            "data.refundId",
        ],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 16 && report.interleavings >= 24, "{report:?}");
}
