//! Fulfillment, held to what every participant has to hold.

use contracts::{Event, SagaId};
use fulfillment::Fulfillment;
use testkit::{Conformance, Message, Node, Nothing, Story, fixtures};

fn story(name: &'static str, customer: &str) -> Story {
    let saga = SagaId::of_request("fare", customer);
    let captured = Event::PaymentCaptured(fixtures::payment_captured(customer));
    let messages = vec![Message::of_event(saga, captured, None)];
    Story { name, messages }
}

#[test]
fn fulfillment_conforms() {
    let report = Conformance {
        node: &|| Node::new(Fulfillment { hooks: true }, Nothing),
        stories: vec![story("credited", "3"), story("not credited", "3__fail_credit")],
        secrets: &["2424 2424 2424 2424"],
        opens: &|_, _| false,
        tolerates: &[],
    }
    .check();
    println!("{report:?}");
    assert!(report.faults >= 12 && report.interleavings >= 20, "{report:?}");
}
