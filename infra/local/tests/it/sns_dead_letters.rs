//! The dead-letter queue of a subscription: what could not be delivered goes there.

use aws_sdk_sns::primitives::Blob;
use aws_sdk_sns::types::MessageAttributeValue;
use serde_json::{Value, json};

use crate::sns::{RAW, attribute};
use crate::world::{World, queue_arn};

fn redrive_to(queue: &str) -> String {
    json!({ "deadLetterTargetArn": queue_arn(queue) }).to_string()
}

/// Publishes a message with two attributes; gives its id.
async fn publish(world: &World, topic: &str, text: &str) -> String {
    let bytes = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([2, 3, 4]));
    let publish = world.sns.publish().topic_arn(topic).message(text).subject("S");
    let publish = publish.message_attributes("n", attribute("Number", "111"));
    publish.message_attributes("b", bytes.build().unwrap()).send().await.unwrap().message_id.unwrap()
}

async fn delete_queue(world: &World, url: &str) {
    world.sqs.delete_queue().queue_url(url).send().await.unwrap();
}

#[tokio::test]
async fn a_dead_letter_is_raw_where_the_delivery_would_have_been() {
    let world = World::start();
    let (queue, dlq, topic) = (world.queue("q").await, world.queue("dlq").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[RAW, ("RedrivePolicy", &redrive_to("dlq"))]).await;
    publish(&world, &topic, "delivered").await;
    assert_eq!(world.bodies(&queue).await, ["delivered"]);
    assert!(world.visible(&dlq).await.is_empty());

    delete_queue(&world, &queue).await;
    publish(&world, &topic, "dead").await;
    let [dead] = world.visible(&dlq).await.try_into().unwrap();
    assert_eq!(dead.body(), Some("dead"));
    let attributes = dead.message_attributes().unwrap();
    assert_eq!(attributes.len(), 2, "AWS adds none of its own");
    assert_eq!((attributes["n"].data_type(), attributes["n"].string_value()), ("Number", Some("111")));
    assert_eq!(attributes["b"].binary_value().unwrap().as_ref(), [2, 3, 4]);
}

#[tokio::test]
async fn a_dead_letter_has_its_envelope_where_the_delivery_would_have_had_one() {
    let world = World::start();
    let (queue, dlq, topic) = (world.queue("q").await, world.queue("dlq").await, world.topic("t").await);
    let subscription = world.subscribe(&topic, "q", &[("RedrivePolicy", &redrive_to("dlq"))]).await;
    delete_queue(&world, &queue).await;
    let id = publish(&world, &topic, "dead").await;
    let [dead] = world.visible(&dlq).await.try_into().unwrap();
    assert!(dead.message_attributes().is_none());
    let envelope: Value = serde_json::from_str(dead.body().unwrap()).unwrap();
    assert_eq!(envelope["Type"], "Notification");
    assert_eq!(envelope["MessageId"], id);
    assert_eq!(envelope["TopicArn"], topic);
    assert_eq!(envelope["Subject"], "S");
    assert_eq!(envelope["Message"], "dead");
    let attributes = json!({ "n": { "Type": "Number", "Value": "111" }, "b": { "Type": "Binary", "Value": "AgME" } });
    assert_eq!(envelope["MessageAttributes"], attributes);
    assert!(envelope["UnsubscribeURL"].as_str().unwrap().ends_with(&subscription));
}

#[tokio::test]
async fn a_policy_can_be_set_later_shown_and_taken_away() {
    let world = World::start();
    let (dlq, topic) = (world.queue("dlq").await, world.topic("t").await);
    let subscription = world.subscribe(&topic, "none", &[RAW]).await;
    let set = async |value: &str| {
        let set = world.sns.set_subscription_attributes().subscription_arn(&subscription);
        set.attribute_name("RedrivePolicy").attribute_value(value).send().await
    };
    let shown = async || {
        let get = world.sns.get_subscription_attributes().subscription_arn(&subscription).send().await.unwrap();
        get.attributes.unwrap().remove("RedrivePolicy")
    };
    publish(&world, &topic, "lost").await;
    assert_eq!(shown().await, None);
    set(&redrive_to("dlq")).await.unwrap();
    assert_eq!(shown().await, Some(redrive_to("dlq")));
    publish(&world, &topic, "dead").await;
    assert_eq!(world.bodies(&dlq).await, ["dead"]);
    for bad in ["{}", "no JSON", r#"{"deadLetterTargetArn":"arn:aws:sns:us-east-1:000000000000:t"}"#] {
        assert!(set(bad).await.unwrap_err().into_service_error().is_invalid_parameter_exception(), "{bad}");
    }
    set("").await.unwrap();
    assert_eq!(shown().await, None);
    publish(&world, &topic, "lost").await;
    assert!(world.visible(&dlq).await.is_empty());
}

#[tokio::test]
async fn each_subscription_has_its_own_and_a_filter_comes_first() {
    let world = World::start();
    let (good, dlq, topic) = (world.queue("good").await, world.queue("dlq").await, world.topic("t").await);
    let policy = ("RedrivePolicy", &*redrive_to("dlq"));
    world.subscribe(&topic, "gone", &[RAW, policy]).await;
    world.subscribe(&topic, "gone-too", &[RAW]).await;
    world.subscribe(&topic, "gone-and-filtered", &[RAW, policy, ("FilterPolicy", r#"{"kind":["x"]}"#)]).await;
    world.subscribe(&topic, "good", &[RAW, policy]).await;
    publish(&world, &topic, "m").await;
    assert_eq!(world.bodies(&good).await, ["m"]);
    assert_eq!(world.bodies(&dlq).await, ["m"]);
    // Where both queues are gone, the publisher is none the wiser, and the others get theirs.
    delete_queue(&world, &dlq).await;
    publish(&world, &topic, "n").await;
    assert_eq!(world.bodies(&good).await, ["n"]);
}

#[tokio::test]
async fn what_a_queue_is_too_small_for_is_a_dead_letter() {
    let world = World::start();
    let small = [(aws_sdk_sqs::types::QueueAttributeName::MaximumMessageSize, "1024")];
    let (queue, dlq, topic) = (world.queue_with("q", &small).await, world.queue("dlq").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[RAW, ("RedrivePolicy", &redrive_to("dlq"))]).await;
    let large = "x".repeat(2000);
    publish(&world, &topic, &large).await;
    assert!(world.visible(&queue).await.is_empty());
    assert_eq!(world.bodies(&dlq).await, [large]);
}

#[tokio::test]
async fn what_a_missing_queue_should_have_got_goes_to_the_dead_letter_queue() {
    let world = World::start();
    let (dlq, topic) = (world.queue("dlq").await, world.topic("t").await);
    let policy = redrive_to("dlq");
    world.subscribe(&topic, "none", &[RAW, ("RedrivePolicy", &policy)]).await;
    world.subscribe(&topic, "nor-this", &[]).await;
    world.sns.publish().topic_arn(&topic).message("m").send().await.unwrap();
    assert_eq!(world.bodies(&dlq).await, ["m"]);
}

#[tokio::test]
async fn a_raw_delivery_with_too_many_attributes_is_a_dead_letter() {
    let world = World::start();
    let (queue, dlq, topic) = (world.queue("q").await, world.queue("dlq").await, world.topic("t").await);
    let policy = redrive_to("dlq");
    world.subscribe(&topic, "q", &[RAW, ("RedrivePolicy", &policy)]).await;
    let mut publish = world.sns.publish().topic_arn(&topic).message("m");
    for index in 0..11 {
        publish = publish.message_attributes(format!("a{index}"), attribute("Number", "1"));
    }
    publish.send().await.unwrap();
    assert!(world.visible(&queue).await.is_empty());
    let dead: Value = serde_json::from_str(&world.bodies(&dlq).await[0]).unwrap();
    assert_eq!(dead["Message"], "m");
    assert_eq!(dead["MessageAttributes"].as_object().unwrap().len(), 11);
}
