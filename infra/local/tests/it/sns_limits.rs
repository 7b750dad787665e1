//! What SNS refuses.

use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};

use crate::code;
use crate::sns::RAW;
use crate::world::{World, queue_arn};

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
async fn a_topic_takes_up_to_a_mebibyte_where_it_says_so() {
    let world = World::start();
    let create = world.sns.create_topic().name("t").attributes("MaximumMessageSize", "1048576");
    let topic = create.send().await.unwrap().topic_arn.unwrap();
    let queue = world.queue("q").await;
    world.subscribe(&topic, "q", &[RAW]).await;
    let large = "x".repeat(4 * SIZE_MAX);
    let publish = |message: &str| world.sns.publish().topic_arn(&topic).message(message).send();
    publish(&large).await.unwrap();
    assert_eq!(world.bodies(&queue).await.as_slice(), std::slice::from_ref(&large));
    assert_eq!(code!(publish(&(large.clone() + "x")).await), "InvalidParameter");
    let batch = async |of: &str| {
        let batch = world.sns.publish_batch().topic_arn(&topic);
        let batch = batch.publish_batch_request_entries(entry("a", of)).publish_batch_request_entries(entry("b", of));
        batch.send().await
    };
    let half = "x".repeat(2 * SIZE_MAX);
    assert_eq!(batch(&half).await.unwrap().successful().len(), 2);
    assert_eq!(code!(batch(&(half + "x")).await), "BatchRequestTooLong");

    let set = |size: &str| {
        let set = world.sns.set_topic_attributes().topic_arn(&topic).attribute_name("MaximumMessageSize");
        set.attribute_value(size).send()
    };
    set("1024").await.unwrap();
    let attributes = world.sns.get_topic_attributes().topic_arn(&topic).send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes["MaximumMessageSize"], "1024");
    publish(&"x".repeat(1024)).await.unwrap();
    assert_eq!(code!(publish(&"x".repeat(1025)).await), "InvalidParameter");
    for size in ["1023", "1048577", "large", "", "1e3"] {
        assert_eq!(code!(set(size).await), "InvalidParameter", "{size}");
        let create = world.sns.create_topic().name("other").attributes("MaximumMessageSize", size);
        assert_eq!(code!(create.send().await), "InvalidParameter", "{size}");
    }
}

#[tokio::test]
async fn a_topic_for_large_messages_has_a_hundred_subscriptions_at_most() {
    let world = World::start();
    let topic = world.topic("t").await;
    let set = |size: &str| {
        let set = world.sns.set_topic_attributes().topic_arn(&topic).attribute_name("MaximumMessageSize");
        set.attribute_value(size).send()
    };
    for index in 0..100 {
        world.subscribe(&topic, &format!("q{index}"), &[]).await;
    }
    set("262145").await.unwrap();
    let one_more = || world.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue_arn("more")).send();
    assert_eq!(code!(one_more().await), "InvalidParameter");
    set("262144").await.unwrap();
    one_more().await.unwrap();
    assert_eq!(code!(set("262145").await), "InvalidParameter");
}

#[tokio::test]
async fn a_character_that_no_queue_takes_is_refused_when_it_is_published() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[]).await;
    let publish = || world.sns.publish().topic_arn(&topic);
    for bad in ["\0", "a\u{b}", "\u{1f}b", "\u{fffe}", "\u{ffff}"] {
        assert_eq!(code!(publish().message(bad).send().await), "InvalidParameter", "{bad:?}");
        let named = publish().message("m").message_attributes("k", attribute("String", bad));
        assert_eq!(code!(named.send().await), "ParameterValueInvalid", "{bad:?}");
        let by_protocol = serde_json::json!({ "default": "m", "sqs": bad }).to_string();
        let by_protocol = publish().message(by_protocol).message_structure("json");
        assert_eq!(code!(by_protocol.send().await), "InvalidParameter", "{bad:?}");
    }
    let batch = world.sns.publish_batch().topic_arn(&topic);
    let batch = batch.publish_batch_request_entries(entry("bad", "\0"));
    let result = batch.publish_batch_request_entries(entry("good", "m")).send().await.unwrap();
    assert_eq!((result.failed()[0].id(), result.failed()[0].code()), ("bad", "InvalidParameter"));
    publish().message("\t\n\r \u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}").send().await.unwrap();
    assert_eq!(world.bodies(&queue).await.len(), 2);
}

#[tokio::test]
async fn an_answer_can_be_read_whatever_it_repeats() {
    let world = World::start();
    let topic = world.topic("t").await;
    let set = world.sns.set_topic_attributes().topic_arn(&topic).attribute_name("DisplayName").attribute_value("a\0b");
    set.send().await.unwrap();
    let attributes = world.sns.get_topic_attributes().topic_arn(&topic).send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes["DisplayName"], "a\u{fffd}b");
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
    let request = reqwest::Client::new().post(world.endpoint.url()).header("X-Amz-Target", "AmazonSQS.Nonsense");
    let answer = request.body("{}").send().await.unwrap();
    assert_eq!(answer.headers()["x-amzn-query-error"], "InvalidAction;Sender");
    assert!(answer.text().await.unwrap().contains("Nonsense"));
}
