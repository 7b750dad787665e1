//! Tables: conditions, transactions, indexes, persistence.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::{CreateTableError, CreateTableOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection, ProjectionType, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, ScalarAttributeType,
    TransactWriteItem, Update,
};
use ensemble_local_aws::Options;

use crate::world::World;

pub(crate) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn item(pairs: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// A table `sagas` with key `pk` and an index `by-state` on `state`.
async fn create_table(world: &World) -> Result<CreateTableOutput, SdkError<CreateTableError>> {
    let attribute = |name: &str| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let key = |name: &str| KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash).build().unwrap();
    let all = Projection::builder().projection_type(ProjectionType::All).build();
    let index = GlobalSecondaryIndex::builder().index_name("by-state").key_schema(key("state")).projection(all);
    let create = world.dynamodb.create_table().table_name("sagas").billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute("pk")).attribute_definitions(attribute("state"));
    create.key_schema(key("pk")).global_secondary_indexes(index.build().unwrap()).send().await
}

async fn world() -> World {
    let world = World::start();
    create_table(&world).await.unwrap();
    world
}

async fn get(world: &World, pk: &str) -> Option<HashMap<String, AttributeValue>> {
    let get = world.dynamodb.get_item().table_name("sagas").key("pk", s(pk)).consistent_read(true);
    get.send().await.unwrap().item
}

#[tokio::test]
async fn a_table_is_created_once() {
    let world = world().await;
    let again = create_table(&world).await;
    assert!(again.unwrap_err().into_service_error().is_resource_in_use_exception());
    let listed = world.dynamodb.list_tables().send().await.unwrap();
    assert_eq!(listed.table_names(), ["sagas"]);
    let missing = world.dynamodb.describe_table().table_name("none").send().await;
    assert!(missing.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn an_item_is_put_only_where_none_is() {
    let world = world().await;
    let put = |state: &str| {
        world
            .dynamodb
            .put_item()
            .table_name("sagas")
            .set_item(Some(item(&[("pk", s("1")), ("state", s(state))])))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    put("new").await.unwrap();
    let error = put("newer").await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) = error else {
        panic!("the condition fails, not {error:?}");
    };
    assert_eq!(failed.item().unwrap()["state"], s("new"));
    assert_eq!(get(&world, "1").await.unwrap()["state"], s("new"));
}

#[tokio::test]
async fn an_update_holds_to_its_condition_and_counts_versions() {
    let world = world().await;
    let update = |from: &str, to: &str| {
        world
            .dynamodb
            .update_item()
            .table_name("sagas")
            .key("pk", s("1"))
            .update_expression("SET #s = :to ADD version :one")
            .condition_expression("attribute_not_exists(pk) OR #s = :from")
            .expression_attribute_names("#s", "state")
            .expression_attribute_values(":to", s(to))
            .expression_attribute_values(":from", s(from))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    assert_eq!(update("", "new").await.unwrap().attributes().unwrap()["version"], n(1));
    assert_eq!(update("new", "paid").await.unwrap().attributes().unwrap()["version"], n(2));
    let error = update("new", "lost").await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed) = error
    else {
        panic!("the condition fails, not {error:?}");
    };
    assert_eq!(failed.item().unwrap(), &item(&[("pk", s("1")), ("state", s("paid")), ("version", n(2))]));
}

#[tokio::test]
async fn conditions_are_counted() {
    let world = world().await;
    let before = world.endpoint.calls();
    let put = || world.dynamodb.put_item().table_name("sagas").item("pk", s("1")).item("state", s("new"));
    put().send().await.unwrap();
    put().condition_expression("attribute_not_exists(pk)").send().await.unwrap_err();
    let update = world.dynamodb.update_item().table_name("sagas").key("pk", s("1")).update_expression("SET a = :a");
    let update = update.expression_attribute_values(":a", n(1)).condition_expression("attribute_exists(pk)");
    update.send().await.unwrap();
    let delete = world.dynamodb.delete_item().table_name("sagas").key("pk", s("1"));
    delete.condition_expression("attribute_exists(b)").send().await.unwrap_err();

    let calls = world.endpoint.calls().since(&before);
    assert_eq!(
        calls.iter().collect::<Vec<_>>(),
        [
            ("dynamodb:DeleteItem", 1),
            ("dynamodb:PutItem", 2),
            ("dynamodb:UpdateItem", 1),
            ("dynamodb:condition-failed", 2),
            ("dynamodb:conditional-write", 3),
        ]
    );
}

fn put(pk: &str) -> TransactWriteItem {
    let put = Put::builder().table_name("sagas").set_item(Some(item(&[("pk", s(pk)), ("state", s("new"))])));
    let put = put.condition_expression("attribute_not_exists(pk)").build().unwrap();
    TransactWriteItem::builder().put(put).build()
}

fn add(pk: &str) -> TransactWriteItem {
    let update = Update::builder().table_name("sagas").key("pk", s(pk)).update_expression("ADD version :one");
    let update = update.expression_attribute_values(":one", n(1)).build().unwrap();
    TransactWriteItem::builder().update(update).build()
}

async fn transact(
    world: &World,
    token: &str,
    items: Vec<TransactWriteItem>,
) -> Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError>> {
    let request = world.dynamodb.transact_write_items().client_request_token(token);
    request.set_transact_items(Some(items)).send().await
}

#[tokio::test]
async fn a_cancelled_transaction_gives_its_reasons_and_changes_nothing() {
    let world = world().await;
    transact(&world, "first", vec![put("1")]).await.unwrap();
    let check = ConditionCheck::builder()
        .table_name("sagas")
        .key("pk", s("3"))
        .condition_expression("attribute_not_exists(pk)");
    let check = TransactWriteItem::builder().condition_check(check.build().unwrap()).build();
    let error = transact(&world, "second", vec![put("2"), put("1"), check]).await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("the transaction is cancelled, not {error:?}");
    };
    let reasons: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(reasons, ["None", "ConditionalCheckFailed", "None"]);
    assert_eq!(get(&world, "2").await, None);
}

#[tokio::test]
async fn a_repeated_transaction_has_no_second_effect() {
    let world = world().await;
    for _ in 0..3 {
        transact(&world, "token", vec![add("1"), put("2")]).await.unwrap();
    }
    assert_eq!(get(&world, "1").await.unwrap()["version"], n(1));
    let other = transact(&world, "token", vec![add("1"), add("2")]).await;
    assert!(other.unwrap_err().into_service_error().is_idempotent_parameter_mismatch_exception());
    let too_long = transact(&world, &"x".repeat(37), vec![add("1")]).await;
    assert!(too_long.is_err());
    transact(&world, "another", vec![add("1")]).await.unwrap();
    assert_eq!(get(&world, "1").await.unwrap()["version"], n(2));
}

#[tokio::test]
async fn a_cancelled_transaction_can_be_tried_again_under_its_token() {
    let world = world().await;
    transact(&world, "first", vec![put("1")]).await.unwrap();
    transact(&world, "token", vec![put("1")]).await.unwrap_err();
    world.dynamodb.delete_item().table_name("sagas").key("pk", s("1")).send().await.unwrap();
    transact(&world, "token", vec![put("1")]).await.unwrap();
    assert!(get(&world, "1").await.is_some());
}

#[tokio::test]
async fn an_index_is_queried() {
    let world = world().await;
    for (pk, state) in [("1", "new"), ("2", "paid"), ("3", "new")] {
        let put = world.dynamodb.put_item().table_name("sagas").item("pk", s(pk)).item("state", s(state));
        put.send().await.unwrap();
    }
    let query = world.dynamodb.query().table_name("sagas").index_name("by-state");
    let query = query.key_condition_expression("#s = :s").expression_attribute_names("#s", "state");
    let found = query.expression_attribute_values(":s", s("new")).send().await.unwrap();
    let mut keys: Vec<_> = found.items().iter().map(|item| item["pk"].as_s().unwrap().as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["1", "3"]);
}

#[tokio::test]
async fn tables_in_a_data_folder_outlive_the_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().join("new")), ..Options::default() };
    let world = World::with(options.clone());
    create_table(&world).await.unwrap();
    transact(&world, "token", vec![put("1")]).await.unwrap();
    world.endpoint.stop();

    let world = World::with(options);
    assert_eq!(get(&world, "1").await.unwrap()["state"], s("new"));
    assert!(create_table(&world).await.unwrap_err().into_service_error().is_resource_in_use_exception());
}

#[tokio::test]
async fn bad_requests_are_validation_errors() {
    let world = world().await;
    let put = world.dynamodb.put_item().table_name("sagas").item("state", s("no key")).send().await;
    assert_eq!(crate::code!(put), "ValidationException");
    let unserved = world.dynamodb.list_backups().send().await;
    assert_eq!(crate::code!(unserved), "ValidationException");
}
