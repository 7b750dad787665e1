//! What a happy fare and a happy order cost, counted call by call.

use console::{Request, publish_requests};
use contracts::{Event, SagaKind, kinds};
use ensemble::prices::{Price, READ, SNS, SQS, WRITE};
use local::FailWith;
use runtime::Counters;
use rust_decimal::Decimal;

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

/// Items that a happy saga writes.
const WRITES: u64 = 5;

/// Entries of the index of open sagas that it writes: one is put there, and deleted again.
const INDEX_WRITES: u64 = 2;

/// What all of these take, at one unit each.
const WRITE_UNITS: u64 = WRITES + INDEX_WRITES;

/// Plays this many of one kind; holds what they cost to five conditional writes each and to these other calls of
/// `DynamoDB`, and their payment to what a happy saga is: authorized, captured, calls.
async fn cost(kind: SagaKind, body: &str, others: &[&str], paid: [u64; 3]) {
    let mut world = World::start().await;
    let (before, carried) = (world.endpoint().calls(), world.endpoint().carried());
    let requests = (0..SAGAS).map(|_| Request::new(kind, body)).collect();
    for published in publish_requests::<Event>(&world.stack.running.aws, &world.stack.running.settings, requests).await
    {
        published.unwrap();
    }
    world.watch_until(|world| world.found.len() == SAGAS).await;
    world.until("all is settled", async |world| is_empty(world)).await;
    let calls = world.endpoint().calls().since(&before);

    let sagas = u64::try_from(SAGAS).unwrap();
    assert_eq!(calls.get("dynamodb:conditional-write"), WRITES * sagas);
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

    // As the emulator counts them; `sizes.rs` holds the sizes by themselves.
    assert_eq!(world.endpoint().carried().since(&carried).get("dynamodb:write-unit-halves"), 2 * WRITE_UNITS * sagas);

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

/// What a million happy sagas cost, in dollars: nothing batched, and in batches of ten. `docs/deploy.md` shows this.
#[test]
fn the_price_of_a_million_happy_sagas_is_the_one_in_the_documentation() {
    let million = |count: u64, price: &Price| Decimal::from(count) * price.per_million();
    // The request, four events and the notification; each in one queue, received and deleted there.
    let (sns, sqs) = (million(6, &SNS), million(12, &SQS));
    let written = million(WRITE_UNITS, &WRITE);
    // Two items that are not there, read with strong consistency.
    let counted = million(2, &READ);
    let batched = (sns + sqs) / Decimal::TEN + written;
    assert!(batched <= Decimal::new(520, 2), "{batched}");

    let documentation = include_str!("../../../../docs/deploy.md");
    for figure in [
        format!(
            "| {WRITES} × 1 + {INDEX_WRITES} × 1 = {WRITE_UNITS} write units | ${} a million |",
            WRITE.per_million()
        ),
        format!("| ${written} |"),
        format!("| ${sns} |"),
        format!("| ${sqs} |"),
        format!("| **${}** |", sns + sqs + written),
        format!("| ${batched} |"),
        format!("${}", (batched + counted).normalize()),
    ] {
        assert!(documentation.contains(&figure), "docs/deploy.md does not say `{figure}`");
    }
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
