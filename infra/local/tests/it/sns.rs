//! Deliveries: what reaches which queue, and how it looks there.

use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use serde_json::Value;

use crate::code;
use crate::world::World;

pub(crate) const RAW: (&str, &str) = ("RawMessageDelivery", "true");

pub(crate) fn attribute(kind: &str, value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap()
}

#[tokio::test]
async fn an_envelope_says_where_the_message_comes_from() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    let subscription = world.subscribe(&topic, "q", &[]).await;
    let publish = world.sns.publish().topic_arn(&topic).subject("S").message("a \"quoted\" <text>");
    let publish = publish.message_attributes("kind", attribute("String", "order"));
    let id = publish.send().await.unwrap().message_id.unwrap();

    let received = world.receive(&queue, 0).await.remove(0);
    assert!(received.message_attributes().is_none());
    assert_ne!(received.message_id(), Some(id.as_str()));
    let envelope: Value = serde_json::from_str(received.body().unwrap()).unwrap();
    assert_eq!(envelope["Type"], "Notification");
    assert_eq!(envelope["MessageId"], id);
    assert_eq!(envelope["TopicArn"], topic);
    assert_eq!(envelope["Subject"], "S");
    assert_eq!(envelope["Message"], "a \"quoted\" <text>");
    assert_eq!(envelope["MessageAttributes"]["kind"], serde_json::json!({"Type": "String", "Value": "order"}));
    for key in ["Timestamp", "SignatureVersion", "Signature", "SigningCertURL"] {
        assert!(envelope[key].is_string(), "{key}");
    }
    let unsubscribe = envelope["UnsubscribeURL"].as_str().unwrap();
    assert!(unsubscribe.ends_with(&subscription));
    assert!(reqwest::get(unsubscribe).await.unwrap().status().is_success());
    assert!(world.sns.list_subscriptions().send().await.unwrap().subscriptions().is_empty());
}

#[tokio::test]
async fn an_envelope_leaves_out_what_was_not_given() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[]).await;
    world.sns.publish().topic_arn(&topic).message("m").send().await.unwrap();
    let envelope: Value = serde_json::from_str(&world.bodies(&queue).await[0]).unwrap();
    assert!(envelope.get("Subject").is_none());
    assert!(envelope.get("MessageAttributes").is_none());
}

#[tokio::test]
async fn a_raw_delivery_is_the_message_with_its_attributes() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[RAW]).await;
    let publish = world.sns.publish().topic_arn(&topic).message("m").subject("lost");
    let publish = publish.message_attributes("kind", attribute("String", "order"));
    publish.message_attributes("n", attribute("Number", "5")).send().await.unwrap();
    let received = world.receive(&queue, 0).await.remove(0);
    assert_eq!(received.body(), Some("m"));
    let attributes = received.message_attributes().unwrap();
    assert_eq!(attributes["kind"].string_value(), Some("order"));
    assert_eq!((attributes["n"].data_type(), attributes["n"].string_value()), ("Number", Some("5")));
}

#[tokio::test]
async fn every_subscription_gets_its_own_message() {
    let world = World::start();
    let (a, b, topic) = (world.queue("a").await, world.queue("b").await, world.topic("t").await);
    world.subscribe(&topic, "a", &[RAW]).await;
    world.subscribe(&topic, "b", &[RAW]).await;
    world.sns.publish().topic_arn(&topic).message("m").send().await.unwrap();
    let (to_a, to_b) = (world.receive(&a, 0).await.remove(0), world.receive(&b, 0).await.remove(0));
    assert_eq!((to_a.body(), to_b.body()), (Some("m"), Some("m")));
    assert_ne!(to_a.message_id(), to_b.message_id());
}

#[tokio::test]
async fn a_filter_on_attributes_can_be_set_changed_and_taken_away() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    let policy = ("FilterPolicy", r#"{"type":["order_placed","order_paid"]}"#);
    let subscription = world.subscribe(&topic, "q", &[RAW, policy]).await;
    let publish = async |kind: &str| {
        let publish = world.sns.publish().topic_arn(&topic).message(kind);
        publish.message_attributes("type", attribute("String", kind)).send().await.unwrap();
    };
    let set = async |value: &str| {
        let set = world.sns.set_subscription_attributes().subscription_arn(&subscription);
        set.attribute_name("FilterPolicy").attribute_value(value).send().await
    };
    publish("order_placed").await;
    publish("order_lost").await;
    assert_eq!(world.bodies(&queue).await, ["order_placed"]);

    set(r#"{"type":[{"anything-but":{"prefix":"order_p"}}]}"#).await.unwrap();
    publish("order_placed").await;
    publish("order_lost").await;
    assert_eq!(world.bodies(&queue).await, ["order_lost"]);

    assert!(set("[]").await.unwrap_err().into_service_error().is_invalid_parameter_exception());
    set("").await.unwrap();
    publish("order_placed").await;
    assert_eq!(world.bodies(&queue).await, ["order_placed"]);
}

#[tokio::test]
async fn a_filter_can_look_into_the_body() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    let policy = ("FilterPolicy", r#"{"order":{"amount":[{"numeric":[">=",100]}]}}"#);
    world.subscribe(&topic, "q", &[RAW, policy, ("FilterPolicyScope", "MessageBody")]).await;
    for message in [r#"{"order":{"amount":100}}"#, r#"{"order":{"amount":99}}"#, "no JSON"] {
        world.sns.publish().topic_arn(&topic).message(message).send().await.unwrap();
    }
    assert_eq!(world.bodies(&queue).await, [r#"{"order":{"amount":100}}"#]);
}

#[tokio::test]
async fn one_bad_entry_of_a_batch_is_its_own_result() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[RAW]).await;
    let entry = |id: &str, message: &str| PublishBatchRequestEntry::builder().id(id).message(message);
    let batch = world
        .sns
        .publish_batch()
        .topic_arn(&topic)
        .publish_batch_request_entries(entry("good", "m").build().unwrap())
        .publish_batch_request_entries(entry("empty", "").build().unwrap())
        .publish_batch_request_entries(
            entry("odd", "x").message_attributes("a", attribute("Odd", "v")).build().unwrap(),
        );
    let result = batch.send().await.unwrap();
    let [successful] = result.successful() else { panic!("one entry is good") };
    assert_eq!(successful.id(), Some("good"));
    assert!(successful.message_id().is_some());
    let failed: Vec<_> = result.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!(failed, [("empty", "InvalidParameter"), ("odd", "ParameterValueInvalid")]);
    assert_eq!(world.bodies(&queue).await, ["m"]);
}

#[tokio::test]
async fn a_message_with_a_text_for_each_protocol() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[RAW]).await;
    let publish =
        |message: &str| world.sns.publish().topic_arn(&topic).message(message).message_structure("json").send();
    publish(r#"{"default":"d","sqs":"for queues"}"#).await.unwrap();
    publish(r#"{"default":"d"}"#).await.unwrap();
    assert_eq!(world.bodies(&queue).await, ["for queues", "d"]);
    for bad in [r#"{"sqs":"s"}"#, "no JSON"] {
        assert_eq!(code!(publish(bad).await), "InvalidParameter");
    }
}
