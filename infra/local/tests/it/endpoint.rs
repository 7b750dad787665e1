//! The endpoint itself: starting, stopping, counting, looking inside.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use ensemble_local_aws::{Endpoint, Options, StartError};
use serde_json::Value;

use crate::world::{World, queue_arn, soon};

#[test]
fn a_port_in_use_is_named() {
    let first = Endpoint::start(Options::default()).unwrap();
    let options = Options { port: first.port(), ..Options::default() };
    let error = Endpoint::start(options.clone()).unwrap_err();
    assert!(matches!(error, StartError::PortInUse { port } if port == first.port()));
    assert!(error.to_string().contains(&first.port().to_string()));
    first.stop();
    let second = Endpoint::start(options).unwrap();
    assert_eq!(second.url(), format!("http://127.0.0.1:{}", second.port()));
}

#[test]
fn a_data_folder_that_cannot_be_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = Options { data: Some(file.path().to_owned()), ..Options::default() };
    let error = Endpoint::start(options).unwrap_err();
    assert!(error.to_string().contains(file.path().to_str().unwrap()));
}

#[test]
fn a_data_folder_belongs_to_one_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().to_owned()), ..Options::default() };
    let first = Endpoint::start(options.clone()).unwrap();
    let error = Endpoint::start(options.clone()).unwrap_err().to_string();
    assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
    assert!(error.contains("another embedded endpoint has them open"), "{error}");
    first.stop();
    Endpoint::start(options).unwrap();
}

#[test]
fn tables_that_are_damaged_are_named_with_what_to_do_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().to_owned()), ..Options::default() };
    Endpoint::start(options.clone()).unwrap().stop();
    let file = folder.path().join("dynamodb.sqlite");
    let good = std::fs::read(&file).unwrap();
    // The magic words; the size of a page; all of the header.
    for (from, to) in [(0, 16), (16, 18), (0, 100)] {
        let mut bytes = good.clone();
        bytes[from..to].fill(0x5a);
        std::fs::write(&file, &bytes).unwrap();
        let error = Endpoint::start(options.clone()).unwrap_err().to_string();
        assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
        assert!(error.contains("dynamodb.sqlite is damaged") && error.contains("move it away"), "{error}");
        assert!(!error.contains("encrypt"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
    }
    std::fs::write(&file, good).unwrap();
    Endpoint::start(options).unwrap();
}

#[tokio::test]
async fn health_and_calls_are_served() {
    let world = World::start();
    world.queue("q").await;
    let get = async |path: &str| {
        let url = format!("{}{path}", world.endpoint.url());
        reqwest::get(url).await.unwrap().json::<Value>().await.unwrap()
    };
    let services = ["sqs", "sns", "dynamodb"];
    assert_eq!(get("/_ensemble/health").await, serde_json::json!({"status": "ok", "services": services}));
    assert_eq!(get("/_ensemble/calls").await, serde_json::json!({"sqs:CreateQueue": 1}));
    let lost = reqwest::get(format!("{}/elsewhere", world.endpoint.url())).await.unwrap();
    assert_eq!(lost.status(), 404);
}

#[tokio::test]
async fn a_null_is_a_field_that_is_absent() {
    let world = World::start();
    let queue = world.queue("q").await;
    let request = serde_json::json!({"QueueUrl": queue, "MessageBody": "m", "MessageAttributes": null});
    let client = reqwest::Client::new().post(world.endpoint.url()).header("X-Amz-Target", "AmazonSQS.SendMessage");
    let answer = client.body(request.to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    assert_eq!(world.bodies(&queue).await, ["m"]);
}

#[tokio::test]
async fn calls_are_counted_by_operation() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    let before = world.endpoint.calls();
    world.send(&queue, "m").await;
    world.sns.publish().topic_arn(&topic).message("m").send().await.unwrap();
    world.sqs.get_queue_url().queue_name("none").send().await.unwrap_err();
    let calls = world.endpoint.calls().since(&before);
    let counted: Vec<_> = calls.iter().collect();
    assert_eq!(counted, [("sns:Publish", 1), ("sqs:GetQueueUrl", 1), ("sqs:SendMessage", 1)]);
    assert_eq!(calls.get("sqs:CreateQueue"), 0);
}

#[tokio::test]
async fn what_calls_carry_is_told_as_aws_bills_it() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[]).await;
    world.table("items").await;
    let before = world.endpoint.carried();
    let entry = |id: &str, bytes: usize| {
        let entry = aws_sdk_sns::types::PublishBatchRequestEntry::builder().id(id).message("m".repeat(bytes));
        entry.build().unwrap()
    };
    let batch = world.sns.publish_batch().topic_arn(&topic);
    batch
        .publish_batch_request_entries(entry("1", 65_536))
        .publish_batch_request_entries(entry("2", 1))
        .send()
        .await
        .unwrap();
    assert_eq!(world.visible(&queue).await.len(), 2, "and a third look finds nothing");
    let put = || {
        let put = world.dynamodb.put_item().table_name("items").item("id", AttributeValue::S("1".to_owned()));
        put.item("a", AttributeValue::S("a".repeat(1024)))
    };
    assert_eq!(put().send().await.unwrap().consumed_capacity, None, "only who asks is told");
    put().condition_expression("attribute_not_exists(id)").send().await.unwrap_err();
    world.dynamodb.get_item().table_name("items").key("id", AttributeValue::S("1".to_owned())).send().await.unwrap();

    let carried = world.endpoint.carried().since(&before);
    assert_eq!(
        carried.iter().collect::<Vec<_>>(),
        [
            ("dynamodb:read-unit-halves", 1),
            ("dynamodb:write-unit-halves", 4),
            ("sns:PublishBatch", 2),
            ("sns:more-64-KiB", 1),
            ("sqs:ReceiveMessage", 2),
            ("sqs:empty-receive", 1),
            ("sqs:more-64-KiB", 1),
        ]
    );
    assert_eq!(world.endpoint.tables(), [("items".to_owned(), 1, 1028)]);
}

#[tokio::test]
async fn stopping_answers_the_receivers_that_wait() {
    let world = World::start();
    let queue = world.queue("q").await;
    let sqs = world.sqs.clone();
    let waiting =
        tokio::spawn(async move { sqs.receive_message().queue_url(queue).wait_time_seconds(20).send().await });
    world.called("sqs:ReceiveMessage", 1).await;
    soon(tokio::task::spawn_blocking(move || world.endpoint.stop())).await.unwrap();
    assert!(soon(waiting).await.unwrap().unwrap().messages.is_none());
}

#[tokio::test]
async fn a_dump_shows_everything_and_changes_nothing() {
    let world = World::start();
    let dlq = world.queue("dlq").await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, queue_arn("dlq"));
    let queue = world.queue_with("q", &[(QueueAttributeName::RedrivePolicy, &policy)]).await;
    world.send(&queue, "dead").await;
    let dead = world.receive(&queue, 0).await.remove(0);
    world.release(&queue, &dead).await;
    world.send(&queue, "in flight").await;
    assert_eq!(world.receive(&queue, 0).await.len(), 1);
    let delayed = world.sqs.send_message().queue_url(&queue).message_body("delayed").delay_seconds(900);
    delayed.send().await.unwrap();
    world.send(&queue, "visible").await;
    create_small_table(&world).await;

    let dump = world.endpoint.dump();
    let found: HashSet<(&str, &str)> = dump
        .iter()
        .filter_map(|(place, text)| {
            let words = ["dead", "in flight", "delayed", "visible", "kept"];
            let word = words.into_iter().find(|word| text.contains(&format!("\"{word}\"")))?;
            Some((place.as_str(), word))
        })
        .collect();
    let expected = [
        ("queue dlq", "dead"),
        ("queue q", "in flight"),
        ("queue q", "delayed"),
        ("queue q", "visible"),
        ("table small", "kept"),
    ];
    assert_eq!(found, HashSet::from(expected));
    assert_eq!(world.endpoint.dump().len(), 5);
    assert_eq!(world.bodies(&queue).await, ["visible"]);
    assert_eq!(world.bodies(&dlq).await, ["dead"]);
}

async fn create_small_table(world: &World) {
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let attribute = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let create = world.dynamodb.create_table().table_name("small").billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    let put = world.dynamodb.put_item().table_name("small").item("pk", AttributeValue::S("kept".to_owned()));
    put.send().await.unwrap();
}
