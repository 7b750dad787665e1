//! Several items at once: all or none of them written, many of them read.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, KeysAndAttributes, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};

use crate::dynamodb::{item, n, s};
use crate::world::World;

type Item = HashMap<String, AttributeValue>;

fn number(text: &str) -> AttributeValue {
    AttributeValue::N(text.to_owned())
}

/// The tables `accounts` and `stock`, with key `id`.
async fn world() -> World {
    let world = World::start();
    world.table("accounts").await;
    world.table("stock").await;
    world
}

async fn put(world: &World, table: &str, id: &str, available: &str) {
    let put = world.dynamodb.put_item().table_name(table).item("id", s(id));
    put.item("available", number(available)).send().await.unwrap();
}

async fn available(world: &World, table: &str, id: &str) -> String {
    let get = world.dynamodb.get_item().table_name(table).key("id", s(id)).consistent_read(true);
    get.send().await.unwrap().item.unwrap()["available"].as_n().unwrap().clone()
}

/// Takes so much, where there is so much.
fn take(table: &str, id: &str, quantity: &str) -> TransactWriteItem {
    let update = Update::builder().table_name(table).key("id", s(id));
    let update = update.update_expression("SET available = available - :q").condition_expression("available >= :q");
    let update = update.expression_attribute_values(":q", number(quantity));
    let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    TransactWriteItem::builder().update(update.build().unwrap()).build()
}

async fn transact(
    world: &World,
    items: Vec<TransactWriteItem>,
) -> Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError>> {
    world.dynamodb.transact_write_items().set_transact_items(Some(items)).send().await
}

/// The reasons for which it was cancelled, and the message.
fn cancelled<T: std::fmt::Debug>(
    outcome: Result<T, SdkError<TransactWriteItemsError>>,
) -> (Vec<CancellationReason>, String) {
    let error = outcome.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(error) = error else {
        panic!("the transaction is cancelled, not {error:?}");
    };
    (error.cancellation_reasons.unwrap(), error.message.unwrap())
}

#[tokio::test]
async fn a_cancelled_transaction_tells_which_conditions_failed_and_on_what() {
    let world = world().await;
    put(&world, "stock", "a", "5").await;
    put(&world, "stock", "b", "0.5").await;
    let before = world.endpoint.calls();

    let items = vec![take("stock", "a", "1"), take("stock", "b", "0.75"), take("accounts", "none", "1")];
    let (reasons, message) = cancelled(transact(&world, items).await);

    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
    assert!(message.ends_with("specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed]"), "{message}");
    let found: Vec<Option<&Item>> = reasons.iter().map(CancellationReason::item).collect();
    let old = item(&[("id", s("b")), ("available", number("0.5"))]);
    assert_eq!(found, [None, Some(&old), None], "what is not there has no old item");
    let messages: Vec<_> = reasons.iter().map(CancellationReason::message).collect();
    assert_eq!(messages, [None, Some("The conditional request failed"), Some("The conditional request failed")]);
    assert_eq!(available(&world, "stock", "a").await, "5");
    assert_eq!(world.endpoint.calls().since(&before).get("dynamodb:transacted-write"), 0);
}

#[tokio::test]
async fn the_old_item_comes_only_where_it_was_asked_for() {
    let world = world().await;
    put(&world, "stock", "a", "0").await;
    let update = Update::builder().table_name("stock").key("id", s("a"));
    let update = update.update_expression("SET available = :q").condition_expression("available > :q");
    let update = update.expression_attribute_values(":q", n(0)).build().unwrap();
    let item = TransactWriteItem::builder().update(update).build();
    let (reasons, _) = cancelled(transact(&world, vec![item]).await);
    assert_eq!((reasons[0].code(), reasons[0].item()), (Some("ConditionalCheckFailed"), None));
}

#[tokio::test]
async fn fractions_are_exact() {
    let world = world().await;
    put(&world, "stock", "a", "100").await;
    put(&world, "stock", "b", "0.3").await;
    put(&world, "accounts", "c", "12345678901234567890.12345678901234567").await;
    for _ in 0..3 {
        let items =
            vec![take("stock", "a", "0.5"), take("stock", "b", "0.1"), take("accounts", "c", "0.00000000000000001")];
        transact(&world, items).await.unwrap();
    }
    // In binary floating point, 0.3 - 0.1 - 0.1 - 0.1 is not zero.
    assert_eq!(available(&world, "stock", "a").await, "98.5");
    assert_eq!(available(&world, "stock", "b").await, "0");
    assert_eq!(available(&world, "accounts", "c").await, "12345678901234567890.12345678901234564");
    let (reasons, _) = cancelled(transact(&world, vec![take("stock", "b", "0.1")]).await);
    assert_eq!(reasons[0].item().unwrap()["available"], n(0));
}

#[tokio::test]
async fn items_written_by_transactions_are_counted() {
    let world = world().await;
    put(&world, "stock", "a", "5").await;
    put(&world, "stock", "b", "5").await;
    let before = world.endpoint.calls();
    let check = ConditionCheck::builder().table_name("stock").key("id", s("none"));
    let check = check.condition_expression("attribute_not_exists(id)").build().unwrap();
    let delete = Delete::builder().table_name("stock").key("id", s("b")).build().unwrap();
    let items = vec![
        take("stock", "a", "1"),
        TransactWriteItem::builder().condition_check(check).build(),
        TransactWriteItem::builder().delete(delete).build(),
    ];
    for _ in 0..2 {
        let write = world.dynamodb.transact_write_items().client_request_token("token");
        write.set_transact_items(Some(items.clone())).send().await.unwrap();
    }
    let calls = world.endpoint.calls().since(&before);
    let calls: Vec<_> = calls.iter().collect();
    assert_eq!(calls, [("dynamodb:TransactWriteItems", 2), ("dynamodb:transacted-write", 2)]);
}

#[tokio::test]
async fn two_actions_on_one_item_are_refused() {
    let world = world().await;
    put(&world, "stock", "a", "5").await;
    let twice = transact(&world, vec![take("stock", "a", "1"), take("stock", "a", "1")]).await;
    assert_eq!(crate::code!(twice), "ValidationException");
    assert_eq!(available(&world, "stock", "a").await, "5");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_at_once_never_take_more_than_there_is() {
    let world = world().await;
    put(&world, "stock", "a", "5").await;
    put(&world, "accounts", "a", "100").await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let items = vec![take("stock", "a", "0.5"), take("accounts", "a", "1")];
            let write = world.dynamodb.transact_write_items().set_transact_items(Some(items)).send();
            tokio::spawn(async move { write.await.is_ok() })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += usize::from(task.await.unwrap());
    }
    assert_eq!(taken, 10);
    assert_eq!(available(&world, "stock", "a").await, "0");
    assert_eq!(available(&world, "accounts", "a").await, "90");
}

fn keys(ids: &[String]) -> KeysAndAttributes {
    let keys = ids.iter().map(|id| item(&[("id", s(id))])).collect();
    KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap()
}

fn ids(items: &[Item]) -> BTreeSet<String> {
    items.iter().map(|item| item["id"].as_s().unwrap().clone()).collect()
}

#[tokio::test]
async fn a_hundred_keys_of_several_tables_are_read_at_once() {
    let world = world().await;
    let stock: Vec<String> = (0..60).map(|index| format!("s-{index}")).collect();
    let accounts: Vec<String> = (0..40).map(|index| format!("a-{index}")).collect();
    let mut expected = BTreeSet::new();
    for id in stock.iter().step_by(2) {
        put(&world, "stock", id, "1.5").await;
        expected.insert(id.clone());
    }
    put(&world, "accounts", "a-7", "3").await;

    let get = world.dynamodb.batch_get_item().request_items("stock", keys(&stock));
    let got = get.request_items("accounts", keys(&accounts)).send().await.unwrap();

    let responses = got.responses.unwrap();
    assert_eq!(ids(&responses["stock"]), expected);
    assert_eq!(responses["accounts"], [item(&[("id", s("a-7")), ("available", n(3))])]);
    assert!(got.unprocessed_keys.unwrap_or_default().is_empty());
    let none = world.dynamodb.batch_get_item().request_items("stock", keys(&["none".to_owned()]));
    assert!(none.send().await.unwrap().responses.unwrap()["stock"].is_empty());
}

#[tokio::test]
async fn a_batch_of_keys_has_its_limits() {
    let world = world().await;
    let get = async |ids: &[String]| world.dynamodb.batch_get_item().request_items("stock", keys(ids)).send().await;
    let many: Vec<String> = (0..101).map(|index| index.to_string()).collect();
    assert_eq!(crate::code!(get(&many).await), "ValidationException");
    assert_eq!(crate::code!(get(&["a".to_owned(), "a".to_owned()]).await), "ValidationException");
    let missing = world.dynamodb.batch_get_item().request_items("none", keys(&["a".to_owned()])).send().await;
    assert_eq!(crate::code!(missing), "ResourceNotFoundException");
}
