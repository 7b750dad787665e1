//! How large the items of happy sagas are, at each of their writes, by the rule of `DynamoDB`.

use serde_json::{Value, json};

use crate::harness::wait_for;
use crate::world::{World, cloud_event_of, fare, order};

/// What one write unit writes, in bytes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>).
const WRITE_UNIT: usize = 1024;

/// The size of an item: of the names of its attributes and of their values, no number of which is longer than a text
/// of it (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
fn size(item: &Value) -> usize {
    let value = |value: &Value| match (&value["L"], &value["S"], &value["N"]) {
        (Value::Array(items), _, _) => {
            3 + items.iter().map(|item| 1 + item["S"].as_str().unwrap().len()).sum::<usize>()
        }
        (_, Value::String(text), _) | (_, _, Value::String(text)) => text.len(),
        other => panic!("{other:?}"),
    };
    item.as_object().unwrap().iter().map(|(name, of)| name.len() + value(of)).sum()
}

impl World {
    /// The item of the one saga that a service has, once its state ends so. Without a note that a message failed.
    async fn item(&self, service: &str, state: &str) -> Value {
        let what = format!("{service}: {state}");
        let found = wait_for(&what, async || {
            let found = self.aws.dynamodb("Scan", &json!({ "TableName": self.aws.name(service) })).await;
            let item = found["Items"].get(0)?.clone();
            item["state"]["S"].as_str()?.ends_with(state).then_some(item)
        });
        let mut item = found.await;
        item.as_object_mut().unwrap().remove("stuck");
        item
    }
}

/// Plays one saga that goes well. The items as each write leaves them; the gateway is away until two of them stand.
async fn items(topic: &str, request: &str) -> [Value; 5] {
    let mut world = World::start().await;
    world.stack.gateway.set_faults(vec!["fail:any".parse().unwrap()]);
    world.publish_to(topic, request, None).await;
    let (registered, doing) = (world.item("booking", "Registered").await, world.item("payment", "doing").await);
    world.stack.gateway.set_faults(Vec::new());
    world.watch_until(|world| !world.found.is_empty()).await;
    let [paid, fulfilled] = [world.item("payment", "done").await, world.item("fulfillment", "done").await];
    let completed = world.item("booking", "Completed").await;
    world.stack.stop().await;
    [registered, doing, paid, fulfilled, completed]
}

/// Holds each item to one unit.
async fn takes_one_unit_a_write(topic: &str, request: &str) {
    let items = items(topic, request).await;
    let sizes = items.each_ref().map(size);
    assert!(sizes.iter().all(|size| *size <= WRITE_UNIT), "{sizes:?} bytes: {items:#?}");
}

/// A request as a `CloudEvent` of a client that traces its calls.
fn traced(event_type: &str, data: &str) -> String {
    let id = "6f1c9a52-93f5-4a53-8a6b-2f1f0a9e7d11";
    let traced = r#"{"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "#;
    cloud_event_of(event_type, id, data).replacen('{', traced, 1)
}

/// A request for an order of two items, with these descriptions.
fn two_items(descriptions: [&str; 2]) -> String {
    let [first, second] = descriptions
        .map(|text| format!(r#"{{"item_id": "567", "qty": 1.0, "description": "{text}", "unit_price": 199.99}}"#));
    let ordered = order("40063fe3-56d9-4c51-b91f-71929834ce03");
    let (head, _) = ordered.split_once('[').unwrap();
    format!("{head}[{first}, {second}]}}")
}

#[tokio::test]
async fn every_write_of_a_happy_fare_takes_one_unit() {
    takes_one_unit_a_write("fare-requests", &fare("3")).await;
}

/// The longest ids that the wire allows.
#[tokio::test]
async fn every_write_of_a_happy_fare_with_the_longest_ids_takes_one_unit() {
    let longest = fare(&"c".repeat(128)).replace("wr_563", &"f".repeat(128));
    takes_one_unit_a_write("fare-requests", &longest).await;
}

#[tokio::test]
async fn every_write_of_a_happy_fare_that_is_traced_takes_one_unit() {
    let long = fare("8d04ea6f-c6b2-4422-8550-839a16f01feb").replace("wr_563", "40063fe3-56d9-4c51-b91f-71929834ce03");
    takes_one_unit_a_write("fare-requests", &traced("fare_requested", &long)).await;
}

#[tokio::test]
async fn every_write_of_a_happy_order_of_two_items_takes_one_unit() {
    takes_one_unit_a_write("order-requests", &two_items(["Cart item 1", "Cart item 2"])).await;
}

#[tokio::test]
async fn every_write_of_a_happy_order_of_two_items_that_is_traced_takes_one_unit() {
    let order = two_items(["Cart item 1", "Cart item 2"]);
    takes_one_unit_a_write("order-requests", &traced("order_requested", &order)).await;
}
