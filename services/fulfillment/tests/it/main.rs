//! Fulfillment, held to what every participant has to hold.

use contracts::{Event, Purchase, SagaId};
use fulfillment::{Effect, Fulfillment, Reply, fulfillment};
use rust_decimal::Decimal;
use testkit::{Conformance, Counters, Message, Node, Outside, Story};

/// The world outside fulfillment: a look at the stock.
struct Shelf(Counters);

impl Outside<Fulfillment> for Shelf {
    fn perform(&self, _saga: SagaId, effect: Effect) -> Reply {
        match effect {
            Effect::Count(items) => Reply::Counted(self.0.count(&items)),
        }
    }

    /// What is left is what was taken once.
    fn effects(&self) -> Vec<String> {
        vec![format!("{:?}", self.0.get("567"))]
    }
}

fn node() -> Node<Fulfillment, Shelf> {
    let stock = Counters::default();
    stock.set("567", Decimal::TEN);
    Node::beside(fulfillment(true), Shelf(stock.clone()), stock)
}

fn saga(name: &str) -> SagaId {
    SagaId::of_request("any", name)
}

fn captured(name: &str, event: contracts::payment::PaymentCaptured) -> Message {
    Message::of_event(saga(name), Event::PaymentCaptured(event), None)
}

fn unwound(name: &str, purchase: Purchase, round: u32) -> Message {
    Message::of_event(saga(name), Event::UnwindingStarted(fixtures::unwinding_started(purchase, round)), None)
}

fn fare(name: &'static str, customer: &str) -> Story {
    Story::new(name, vec![captured(name, fixtures::payment_captured(customer))])
}

fn order(name: &'static str, order_id: &str) -> Story {
    Story::new(name, vec![captured(name, fixtures::order_captured(order_id))])
}

#[test]
fn fulfillment_conforms() {
    let (fare_3, order_4, order_33) = (fixtures::fare("3"), fixtures::order("4"), fixtures::order("33"));
    let report = Conformance {
        node: &node,
        stories: vec![
            fare("credited", "3"),
            fare("not credited", "3__fail_credit"),
            order("reserved", "4"),
            order("reserved, failed and released", "3"),
            order("reserved, failed and not released", "33"),
            Story::in_order(
                "too late to unwind a fare",
                vec![captured("a", fixtures::payment_captured("3")), unwound("a", fare_3.clone().into(), 0)],
            ),
            Story::in_order(
                "too late to unwind an order",
                vec![captured("b", fixtures::order_captured("4")), unwound("b", order_4.clone().into(), 0)],
            ),
            Story::in_order(
                "a fare unwound before it was paid",
                vec![unwound("c", fare_3.into(), 0), captured("c", fixtures::payment_captured("3"))],
            ),
            Story::in_order(
                "an order unwound before it was paid",
                vec![unwound("d", order_4.into(), 0), captured("d", fixtures::order_captured("4"))],
            ),
            Story::in_order(
                "not released, and not in another round either",
                vec![captured("e", fixtures::order_captured("33")), unwound("e", order_33.into(), 1)],
            ),
        ],
        secrets: &["2424 2424 2424 2424"],
        opens: &|_, _| false,
        tolerates: &["data.charge.chargeToken", "data.deadline", "data.round"],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 60 && report.interleavings >= 200, "{report:?}");
}
