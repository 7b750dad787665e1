//! What SNS refuses.

use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};

use crate::code;
use crate::world::World;

const SIZE_MAX: usize = 262_144;

fn attribute(kind: &str, value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap()
}

fn entry(id: impl Into<String>, message: impl Into<String>) -> PublishBatchRequestEntry {
    PublishBatchRequestEntry::builder().id(id).message(message).build().unwrap()
}

#[tokio::test]
async fn a_message_may_be_as_large_as_the_limit_with_its_attributes() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[]).await;
    let publish = |message: String| {
        let publish = world.sns.publish().topic_arn(&topic).message(message);
        publish.message_attributes("k", attribute("String", "v")).send()
    };
    let fits = SIZE_MAX - "kStringv".len();
    publish("x".repeat(fits)).await.unwrap();
    let large = publish("x".repeat(fits + 1)).await;
    assert!(large.unwrap_err().into_service_error().is_invalid_parameter_exception());
    // The envelope is larger than the limit of SNS, and fits the queue.
    assert_eq!(world.bodies(&queue).await.len(), 1);
}

#[tokio::test]
async fn batches_that_are_refused_as_a_whole() {
    let world = World::start();
    let topic = world.topic("t").await;
    let error = async |entries: Vec<PublishBatchRequestEntry>| {
        let batch = world.sns.publish_batch().topic_arn(&topic).set_publish_batch_request_entries(Some(entries));
        batch.send().await.unwrap_err().into_service_error()
    };
    let eleven = (0..11).map(|index| entry(index.to_string(), "m")).collect();
    assert!(error(eleven).await.is_too_many_entries_in_batch_request_exception());
    assert!(error(vec![]).await.is_empty_batch_request_exception());
    assert!(error(vec![entry("a", "m"), entry("a", "m")]).await.is_batch_entry_ids_not_distinct_exception());
    assert!(error(vec![entry("not an id", "m")]).await.is_invalid_batch_entry_id_exception());
    let half = "x".repeat(SIZE_MAX / 2);
    let long = vec![entry("a", &half), entry("b", half.clone() + "x")];
    assert!(error(long).await.is_batch_request_too_long_exception());
}

#[tokio::test]
async fn bad_attributes_and_subjects_are_refused() {
    let world = World::start();
    let topic = world.topic("t").await;
    let publish = || world.sns.publish().topic_arn(&topic).message("m");
    for (name, kind, value) in [
        ("aws.x", "String", "v"),
        ("a b", "String", "v"),
        ("a", "Text", "v"),
        ("a", "String", ""),
        ("a", "Number", "x"),
        ("a", "String.Array", "x"),
        ("a", "Binary", "v"),
    ] {
        let outcome = publish().message_attributes(name, attribute(kind, value)).send().await;
        let error = outcome.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_value_exception(), "{name} {kind} {value}");
    }
    let long = "x".repeat(101);
    for subject in ["a\nb", long.as_str()] {
        assert_eq!(code!(publish().subject(subject).send().await), "InvalidParameter");
    }
    assert_eq!(code!(world.sns.publish().topic_arn(&topic).message("").send().await), "InvalidParameter");
    assert_eq!(code!(world.sns.publish().phone_number("+1").message("m").send().await), "InvalidParameter");
}

#[tokio::test]
async fn bad_settings_are_refused() {
    let world = World::start();
    let topic = world.topic("t").await;
    for (name, value) in [
        ("RawMessageDelivery", "maybe"),
        ("FilterPolicy", "no JSON"),
        ("FilterPolicyScope", "Elsewhere"),
        ("RedrivePolicy", "{}"),
        ("Nonsense", "1"),
    ] {
        let subscribe = world.sns.subscribe().topic_arn(&topic).protocol("sqs").attributes(name, value);
        let outcome = subscribe.endpoint("arn:aws:sqs:us-east-1:000000000000:q").send().await;
        assert_eq!(code!(outcome), "InvalidParameter", "{name}");
    }
    let set = world.sns.set_topic_attributes().topic_arn(&topic).attribute_name("Nonsense").attribute_value("1");
    assert_eq!(code!(set.send().await), "InvalidParameter");
    for name in ["", "a b", "orders.fifo"] {
        assert!(world.sns.create_topic().name(name).send().await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn an_operation_that_is_not_served_says_so() {
    let world = World::start();
    let outcome = world.sns.list_platform_applications().send().await;
    assert_eq!(code!(outcome), "InvalidAction");
    let outcome = world.sqs.add_permission().queue_url("q").label("l").aws_account_ids("1").actions("a").send().await;
    assert_eq!(code!(outcome), "InvalidAction");
}
