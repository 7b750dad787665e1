//! FIFO topics: order within a group, and each message once.

use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use serde_json::Value;

use crate::code;
use crate::sns::RAW;
use crate::world::{World, queue_arn};

/// The SHA-256 of `m`, computed elsewhere.
const SHA256_OF_M: &str = "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a";

impl World {
    async fn fifo_topic(&self, attributes: &[(&str, &str)]) -> String {
        let create = self.sns.create_topic().name("t.fifo").attributes("FifoTopic", "true");
        let create = attributes.iter().fold(create, |create, (name, value)| create.attributes(*name, *value));
        create.send().await.unwrap().topic_arn.unwrap()
    }

    async fn fifo_queue(&self, name: &str) -> String {
        self.queue_with(name, &[(QueueAttributeName::FifoQueue, "true")]).await
    }
}

#[tokio::test]
async fn a_group_arrives_in_order_and_each_message_once() {
    let world = World::start();
    let topic = world.fifo_topic(&[]).await;
    let (fifo, standard) = (world.fifo_queue("q.fifo").await, world.queue("q").await);
    world.subscribe(&topic, "q.fifo", &[RAW]).await;
    world.subscribe(&topic, "q", &[RAW]).await;
    let publish = |group: &str, id: &str| {
        let publish = world.sns.publish().topic_arn(&topic).message(format!("{group}{id}"));
        publish.message_group_id(group).message_deduplication_id(id).send()
    };
    let first = publish("a", "1").await.unwrap();
    publish("a", "2").await.unwrap();
    let third = publish("b", "3").await.unwrap();
    assert!(first.sequence_number() < third.sequence_number());
    let twin = publish("a", "1").await.unwrap();
    assert_eq!((twin.message_id(), twin.sequence_number()), (first.message_id(), first.sequence_number()));
    // The topic tells twins apart by the id alone, unless its scope is the group.
    assert_eq!(publish("b", "1").await.unwrap().message_id(), first.message_id());

    let received = world.receive(&fifo, 0).await;
    let bodies: Vec<_> = received.iter().map(|message| message.body().unwrap()).collect();
    assert_eq!(bodies, ["a1", "a2", "b3"]);
    let system = received[0].attributes().unwrap();
    assert_eq!(system[&MessageSystemAttributeName::MessageGroupId], "a");
    assert_eq!(system[&MessageSystemAttributeName::MessageDeduplicationId], "1");
    // A standard queue hears the topic too, in any order that it likes.
    let mut bodies = world.bodies(&standard).await;
    bodies.sort();
    assert_eq!(bodies, ["a1", "a2", "b3"]);
}

#[tokio::test]
async fn twins_are_told_by_content_and_by_group_where_the_topic_says_so() {
    let world = World::start();
    let settings = [("ContentBasedDeduplication", "true"), ("FifoThroughputScope", "MessageGroup")];
    let topic = world.fifo_topic(&settings).await;
    let queue = world.fifo_queue("q.fifo").await;
    let scope = world.sqs.set_queue_attributes().queue_url(&queue);
    scope.attributes(QueueAttributeName::DeduplicationScope, "messageGroup").send().await.unwrap();
    world.subscribe(&topic, "q.fifo", &[]).await;
    for (group, message) in [("a", "m"), ("a", "m"), ("b", "m"), ("a", "n")] {
        let publish = world.sns.publish().topic_arn(&topic).message(message);
        publish.message_group_id(group).send().await.unwrap();
    }
    let received = world.visible(&queue).await;
    let texts = received.iter().map(|message| {
        let envelope: Value = serde_json::from_str(message.body().unwrap()).unwrap();
        assert!(envelope["SequenceNumber"].is_string());
        let group = &message.attributes().unwrap()[&MessageSystemAttributeName::MessageGroupId];
        format!("{group}{}", envelope["Message"].as_str().unwrap())
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["am", "bm", "an"]);
    let system = received[0].attributes().unwrap();
    assert_eq!(system[&MessageSystemAttributeName::MessageDeduplicationId], SHA256_OF_M);
}

#[tokio::test]
async fn a_batch_keeps_its_order_and_drops_its_twins() {
    let world = World::start();
    let topic = world.fifo_topic(&[]).await;
    let queue = world.fifo_queue("q.fifo").await;
    world.subscribe(&topic, "q.fifo", &[RAW]).await;
    let mut batch = world.sns.publish_batch().topic_arn(&topic);
    for (id, deduplication) in [("one", "1"), ("two", "2"), ("twin", "1")] {
        let entry = PublishBatchRequestEntry::builder().id(id).message(id).message_group_id("g");
        batch = batch.publish_batch_request_entries(entry.message_deduplication_id(deduplication).build().unwrap());
    }
    let bare = PublishBatchRequestEntry::builder().id("bare").message("m").build().unwrap();
    let result = batch.publish_batch_request_entries(bare).send().await.unwrap();
    let sent = result.successful();
    assert_eq!(sent.iter().filter_map(|entry| entry.id()).collect::<Vec<_>>(), ["one", "two", "twin"]);
    assert_eq!(sent[0].sequence_number(), sent[2].sequence_number());
    assert_eq!((result.failed()[0].id(), result.failed()[0].code()), ("bare", "InvalidParameter"));
    assert_eq!(world.bodies(&queue).await, ["one", "two"]);
}

#[tokio::test]
async fn fifo_and_standard_are_not_mixed_up() {
    let world = World::start();
    let (fifo, standard) = (world.fifo_topic(&[]).await, world.topic("t").await);
    for (name, is_fifo) in [("a.fifo", "false"), ("a", "true"), (".fifo", "true"), ("a.fifo", "maybe")] {
        let create = world.sns.create_topic().name(name).attributes("FifoTopic", is_fifo);
        assert_eq!(code!(create.send().await), "InvalidParameter", "{name} {is_fifo}");
    }
    let set = |topic: &str, name: &str, value: &str| {
        world.sns.set_topic_attributes().topic_arn(topic).attribute_name(name).attribute_value(value).send()
    };
    for (topic, name, value) in [
        (&fifo, "FifoTopic", "false"),
        (&fifo, "ContentBasedDeduplication", "maybe"),
        (&fifo, "FifoThroughputScope", "Queue"),
        (&standard, "ContentBasedDeduplication", "true"),
        (&standard, "FifoThroughputScope", "Topic"),
    ] {
        assert_eq!(code!(set(topic, name, value).await), "InvalidParameter", "{name} {value}");
    }
    let publish = |topic: &str| world.sns.publish().topic_arn(topic).message("m");
    let long = "x".repeat(129);
    for publish in [
        publish(&fifo),
        publish(&fifo).message_group_id("g"),
        publish(&fifo).message_deduplication_id("d"),
        publish(&fifo).message_group_id(&long).message_deduplication_id("d"),
        publish(&standard).message_deduplication_id("d"),
    ] {
        assert_eq!(code!(publish.send().await), "InvalidParameter");
    }
    let subscribe = world.sns.subscribe().topic_arn(&standard).protocol("sqs").endpoint(queue_arn("q.fifo"));
    assert_eq!(code!(subscribe.send().await), "InvalidParameter");
}
