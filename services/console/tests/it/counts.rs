//! What a happy fare and a happy order cost, counted call by call.

use console::{Request, publish_requests};
use contracts::{Event, SagaKind, kinds};
use local::FailWith;
use runtime::Counters;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::world::{World, fare, order};

/// How many of each.
const SAGAS: usize = 200;

/// What is called for a saga, besides what `DynamoDB` is asked.
const AROUND: [&str; 5] = [
    "sns:PublishBatch",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibilityBatch",
    // The client that watches.
    "sqs:DeleteMessage",
];

/// The sweeper's look at the lists, which is no part of any saga.
const SWEEP: &str = "dynamodb:Query";

/// Whether no queue holds anything; a call that asks would be counted.
fn is_empty(world: &World) -> bool {
    !world.endpoint().dump().iter().any(|(place, _)| place.starts_with("queue "))
}

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

/// Plays this many of one kind; holds what they cost to five conditional writes each and to these other calls of
/// `DynamoDB`, and their payment to what a happy saga is: authorized, captured, calls.
async fn cost(kind: SagaKind, body: &str, others: &[&str], paid: [u64; 3]) {
    let mut world = World::start().await;
    let before = world.endpoint().calls();
    let requests = (0..SAGAS).map(|_| Request::new(kind, body)).collect();
    for published in publish_requests::<Event>(&world.stack.running.aws, &world.stack.running.settings, requests).await
    {
        published.unwrap();
    }
    world.watch_until(|world| world.found.len() == SAGAS).await;
    world.until("all is settled", async |world| is_empty(world)).await;
    let calls = world.endpoint().calls().since(&before);

    let sagas = u64::try_from(SAGAS).unwrap();
    assert_eq!(calls.get("dynamodb:conditional-write"), 5 * sagas);
    assert_eq!(calls.get("dynamodb:condition-failed"), 0);
    let writes = [
        "dynamodb:UpdateItem",
        "dynamodb:BatchExecuteStatement",
        "dynamodb:conditional-write",
        "dynamodb:condition-failed",
        SWEEP,
    ];
    let allowed = |name: &str| [&writes[..], &AROUND, others].concat().contains(&name);
    let more: Vec<_> = calls.iter().filter(|(name, count)| *count > 0 && !allowed(name)).collect();
    assert_eq!(more, [], "no other read, no transaction, no call of the control plane");
    for other in others {
        assert_eq!(calls.get(other), sagas, "{other}");
    }

    // So that a write takes two write units at most.
    for service in ["booking", "payment", "fulfillment"] {
        let found = world.aws.dynamodb("Scan", &json!({ "TableName": world.aws.name(service) })).await;
        let items = found["Items"].as_array().unwrap();
        assert_eq!(items.len(), SAGAS);
        for item in items {
            assert!(size(item) <= 2 * WRITE_UNIT, "{} bytes: {item}", size(item));
        }
    }

    let gateway = world.stack.gateway.totals();
    let [authorized, captured, called] = paid.map(|count| count * sagas);
    assert_eq!([gateway.authorized, gateway.captured, gateway.voided, gateway.refunded], [authorized, captured, 0, 0]);
    assert_eq!(gateway.calls, called);
    world.stack.stop().await;
}

#[tokio::test]
async fn a_happy_fare_costs_five_conditional_writes_no_read_and_one_charge() {
    cost(kinds::FARE, &fare("3"), &[], [1, 1, 2]).await;
}

#[tokio::test]
async fn a_happy_order_of_untracked_items_costs_five_conditional_writes_one_count_and_one_debit() {
    cost(kinds::ORDER, &order("4"), &["dynamodb:BatchGetItem"], [0, 1, 1]).await;
}

/// Another transaction, or another writer, has what a saga needs: it is sent again, and nothing is taken twice.
#[tokio::test]
async fn a_stock_that_others_write_at_the_same_time_is_taken_once() {
    let mut world = World::start().await;
    let stock = Counters::new(&world.stack.running.aws, &world.stack.running.settings, fulfillment::STOCK);
    stock.set("567", Some(Decimal::TEN)).await.unwrap();
    let before = world.endpoint().calls();
    // More than one handling of the message sends it; and then the single write that registers meets one, too.
    world.endpoint().fail_next("dynamodb:TransactWriteItems", FailWith::TransactionConflict, 4);
    world.endpoint().fail_next("dynamodb:UpdateItem", FailWith::TransactionConflict, 1);
    let requests = vec![Request::new(kinds::ORDER, order("4"))];
    for published in publish_requests::<Event>(&world.stack.running.aws, &world.stack.running.settings, requests).await
    {
        published.unwrap();
    }
    world.watch_until(|world| world.found.len() == 1).await;
    let calls = world.endpoint().calls().since(&before);
    assert_eq!(calls.get("dynamodb:TransactWriteItems"), 5);
    assert_eq!(calls.get("dynamodb:transacted-write"), 2, "the saga's item and one row");
    assert_eq!(stock.count(&["567".to_owned()]).await.unwrap(), [("567".to_owned(), Decimal::from(9))]);
    assert!(world.found.values().flatten().all(|(successful, _)| *successful), "{:?}", world.found);
    world.stack.stop().await;
}
