//! Calls that fail because a test asked for it.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use ensemble_local_aws::FailWith;

use crate::dynamodb::s;
use crate::world::World;

async fn world() -> World {
    let world = World::start();
    world.table("orders").await;
    world
}

async fn transact(world: &World) -> Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError>> {
    let put = |id: &str| {
        let put = Put::builder().table_name("orders").item("id", s(id)).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let write = world.dynamodb.transact_write_items().client_request_token("token");
    write.transact_items(put("a")).transact_items(put("b")).transact_items(put("c")).send().await
}

async fn update(world: &World, attempts: u32) -> Result<UpdateItemOutput, SdkError<UpdateItemError>> {
    let update = world.dynamodb.update_item().table_name("orders").key("id", s("a")).customize();
    let retry = aws_sdk_dynamodb::config::retry::RetryConfig::standard().with_max_attempts(attempts);
    update.config_override(aws_sdk_dynamodb::Config::builder().retry_config(retry)).send().await
}

async fn count(world: &World) -> i32 {
    world.dynamodb.scan().table_name("orders").send().await.unwrap().count()
}

#[tokio::test]
async fn a_transaction_is_cancelled_by_a_conflict_and_not_executed() {
    let world = world().await;
    world.endpoint.fail_next("dynamodb:TransactWriteItems", FailWith::TransactionConflict, 2);
    for _ in 0..2 {
        let error = transact(&world).await.unwrap_err().into_service_error();
        let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
            panic!("the transaction is cancelled, not {error:?}");
        };
        let reasons = cancelled.cancellation_reasons();
        let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap()).collect();
        assert_eq!(codes, ["TransactionConflict", "None", "None"]);
        assert_eq!(reasons[0].message(), Some("Transaction is ongoing for the item"));
        assert!(cancelled.message().unwrap().ends_with("[TransactionConflict, None, None]"));
        assert_eq!(count(&world).await, 0);
    }
    // The token was not used up.
    transact(&world).await.unwrap();
    assert_eq!(count(&world).await, 3);
    assert_eq!(world.endpoint.calls().get("dynamodb:TransactWriteItems"), 3);
    assert_eq!(world.endpoint.calls().get("dynamodb:transacted-write"), 3);
}

#[tokio::test]
async fn a_single_write_meets_a_conflict_as_an_error_of_its_own() {
    let world = world().await;
    world.endpoint.fail_next("dynamodb:UpdateItem", FailWith::TransactionConflict, 1);
    let error = update(&world, 1).await.unwrap_err().into_service_error();
    assert!(error.is_transaction_conflict_exception(), "{error:?}");
    assert_eq!(count(&world).await, 0);
    update(&world, 1).await.unwrap();
}

#[tokio::test]
async fn a_throttled_call_and_one_that_met_a_server_error_are_told_apart() {
    let world = world().await;
    world.endpoint.fail_next("dynamodb:UpdateItem", FailWith::Throttled, 1);
    world.endpoint.fail_next("dynamodb:UpdateItem", FailWith::ServerError, 1);
    world.endpoint.fail_next("dynamodb:GetItem", FailWith::ServerError, 1);
    let throttled = update(&world, 1).await.unwrap_err();
    assert_eq!(throttled.code(), Some("ThrottlingException"));
    assert_eq!(throttled.raw_response().unwrap().status().as_u16(), 400);
    let failed = update(&world, 1).await.unwrap_err();
    assert_eq!(failed.raw_response().unwrap().status().as_u16(), 500);
    assert!(failed.into_service_error().is_internal_server_error());
    update(&world, 1).await.unwrap();
}

#[tokio::test]
async fn a_client_repeats_what_was_throttled_by_itself() {
    let world = world().await;
    world.endpoint.fail_next("dynamodb:UpdateItem", FailWith::Throttled, 1);
    world.endpoint.fail_next("dynamodb:UpdateItem", FailWith::ServerError, 1);
    update(&world, 3).await.unwrap();
    assert_eq!(world.endpoint.calls().get("dynamodb:UpdateItem"), 3);
}
