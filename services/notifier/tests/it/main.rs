//! The notifier, held to what every participant has to hold.

use contracts::fare::RejectedFare;
use contracts::order::RejectedOrder;
use contracts::{Action, ActionKind, Event, Failure, Money, Path, Purchase, SagaId, booking, steps};
use notifier::notifier;
use testkit::{Conformance, Message, Node, Nothing, Story};

fn story(name: &'static str, event: Event) -> Story {
    let saga = SagaId::of_request("any", name);
    Story::new(name, vec![Message::of_event(saga, event, None)])
}

fn completed(purchase: Purchase) -> booking::Completed {
    let credited = fixtures::account_credited("3");
    booking::Completed { purchase, charge: credited.charge, earlier: 0, path: credited.journey.path }
}

fn failed(purchase: Purchase) -> booking::Failed {
    let failed = fixtures::payment_refund_failed("3_fail_credit_fail_refund");
    booking::Failed {
        subject: purchase,
        details: booking::Paid {
            charge_token: failed.charge.charge_token,
            charge_id: Some(failed.charge.charge_id),
            refund_id: None,
        },
        error: failed.error,
        standing: failed.standing,
        earlier: 0,
        resolution: None,
        path: failed.journey.path,
    }
}

/// The same, closed by hand after it had needed attention.
fn resolved(purchase: Purchase) -> booking::Failed {
    let (by, reason) = ("ada".into(), "paid back by cheque".into());
    let action = Action { what: ActionKind::Resolve, by, reason, at: fixtures::NOW, request: None };
    booking::Failed { earlier: 1, resolution: Some(action), ..failed(purchase) }
}

fn rejected_fare() -> Event {
    Event::FareRejected(booking::Rejected {
        subject: RejectedFare { fare_amount: Some("$20.00".to_owned()), ..RejectedFare::default() },
        amount: Money::parse_usd("$20.00").ok(),
        error: Failure::new("InvalidRequest", steps::REGISTER_FARE, "customerId: is missing"),
        path: fixtures::path(&[(steps::REGISTER_FARE, false)]),
    })
}

fn rejected_order() -> Event {
    Event::OrderRejected(booking::Rejected {
        subject: RejectedOrder::default(),
        amount: None,
        error: Failure::new("InvalidRequest", steps::PROCESS_ORDER, "items: is missing"),
        path: Path::default(),
    })
}

#[test]
fn the_notifier_conforms() {
    let (fare, order) = (|| Purchase::Fare(fixtures::fare("3")), || Purchase::Order(fixtures::order("4")));
    let clean = |failed: booking::Failed| booking::Failed { standing: Vec::new(), ..failed };
    let report = Conformance {
        node: &|| Node::new(notifier(), Nothing),
        stories: vec![
            story("completed", Event::FareCompleted(completed(fare()))),
            story("cancelled", Event::FareCancelled(clean(failed(fare())))),
            story("needs attention", Event::FareNeedsAttention(failed(fare()))),
            story("resolved", Event::FareNeedsAttention(resolved(fare()))),
            story("rejected", rejected_fare()),
            story("an order completed", Event::OrderCompleted(completed(order()))),
            story("an order cancelled", Event::OrderCancelled(clean(failed(order())))),
            story("an order needs attention", Event::OrderNeedsAttention(failed(order()))),
            story("an order rejected", rejected_order()),
        ],
        secrets: &["2424 2424 2424 2424"],
        opens: &|_, _| false,
        // What a failed saga may lack, and what a request may not have said.
        tolerates: &[
            "data.amount",
            "data.charge.chargeToken",
            "data.chargeId",
            "data.chargeToken",
            "data.customerId",
            "data.earlier",
            "data.error.also",
            // An effect that is no money has no amount.
            "data.standing.0.amount",
            "data.fareAmount",
            "data.fareId",
            "data.orderId",
            "data.refundId",
            "data.resolution",
        ],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 36 && report.interleavings >= 50, "{report:?}");
}
