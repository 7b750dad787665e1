//! Many at once.

use std::collections::HashSet;

use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, QueueAttributeName};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::world::{World, queue_arn, soon};

const SENDERS: usize = 4;
const BATCHES: usize = 50;
const TOTAL: usize = SENDERS * BATCHES * 10;

/// Publishes its share of all messages.
async fn publish(sns: aws_sdk_sns::Client, topic: String, sender: usize) {
    for batch in 0..BATCHES {
        let entries = (0..10).map(|index| {
            let entry = PublishBatchRequestEntry::builder().id(index.to_string());
            entry.message(format!("{sender}-{batch}-{index}")).build().unwrap()
        });
        let publish = sns.publish_batch().topic_arn(&topic);
        let publish = publish.set_publish_batch_request_entries(Some(entries.collect()));
        assert!(publish.send().await.unwrap().failed().is_empty());
    }
}

/// Receives and deletes for as long as it is left alone.
async fn consume(sqs: aws_sdk_sqs::Client, queue: String, seen: UnboundedSender<String>) {
    loop {
        let receive = sqs.receive_message().queue_url(&queue).max_number_of_messages(10);
        let received = receive.wait_time_seconds(20).send().await.unwrap();
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            continue;
        }
        let entries = messages.iter().enumerate().map(|(index, message)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            entry.receipt_handle(message.receipt_handle().unwrap()).build().unwrap()
        });
        let delete = sqs.delete_message_batch().queue_url(&queue);
        let delete = delete.set_entries(Some(entries.collect())).send().await.unwrap();
        assert!(delete.failed().is_empty());
        for message in messages {
            seen.send(message.body.unwrap()).unwrap();
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_or_doubled() {
    let world = World::start();
    let (queue, topic) = (world.queue("q").await, world.topic("t").await);
    world.subscribe(&topic, "q", &[("RawMessageDelivery", "true")]).await;
    let (seen, mut received) = tokio::sync::mpsc::unbounded_channel();
    let mut publishers = JoinSet::new();
    let mut consumers = JoinSet::new();
    for sender in 0..SENDERS {
        publishers.spawn(publish(world.sns.clone(), topic.clone(), sender));
        consumers.spawn(consume(world.sqs.clone(), queue.clone(), seen.clone()));
    }

    let mut bodies = HashSet::new();
    soon(async {
        for _ in 0..TOTAL {
            assert!(bodies.insert(received.recv().await.unwrap()), "received twice");
        }
    })
    .await;
    assert_eq!(bodies.len(), TOTAL);
    while let Some(ended) = publishers.join_next().await {
        ended.unwrap();
    }
    consumers.shutdown().await;
    assert!(world.endpoint.dump().is_empty());
}

#[tokio::test]
async fn a_dump_sees_each_message_once_while_they_move() {
    const MESSAGES: usize = 20;
    let world = World::start();
    world.queue("dlq").await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, queue_arn("dlq"));
    let attributes =
        [(QueueAttributeName::RedrivePolicy, policy.as_str()), (QueueAttributeName::VisibilityTimeout, "0")];
    let queue = world.queue_with("q", &attributes).await;
    for index in 0..MESSAGES {
        world.send(&queue, &index.to_string()).await;
    }

    let sqs = world.sqs.clone();
    let mut moving = tokio::spawn(async move {
        for _ in 0..100 {
            let receive = sqs.receive_message().queue_url(&queue).max_number_of_messages(10);
            receive.send().await.unwrap();
            sqs.start_message_move_task().source_arn(queue_arn("dlq")).send().await.unwrap();
        }
    });
    while !moving.is_finished() {
        assert_eq!(world.endpoint.dump().len(), MESSAGES);
        tokio::task::yield_now().await;
    }
    (&mut moving).await.unwrap();
    assert!(world.endpoint.calls().get("sqs:StartMessageMoveTask") >= 100);
}
