//! Messages: sending, receiving, deleting, hiding.

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageAttributeValue,
    MessageSystemAttributeName, MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName,
};

use crate::world::{World, soon};

fn text(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
}

#[tokio::test]
async fn a_message_arrives_with_its_attributes_and_is_counted() {
    let world = World::start();
    let queue = world.queue("q").await;
    let binary = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([1, 255]));
    let sent = world
        .sqs
        .send_message()
        .queue_url(&queue)
        .message_body("h\u{e9}llo")
        .message_attributes("kind", text("order"))
        .message_attributes("raw", binary.build().unwrap())
        .message_system_attributes(
            MessageSystemAttributeNameForSends::AwsTraceHeader,
            MessageSystemAttributeValue::builder().data_type("String").string_value("Root=1").build().unwrap(),
        )
        .send()
        .await
        .unwrap();

    for count in ["1", "2"] {
        let received = world.receive(&queue, 0).await;
        let [message] = received.as_slice() else { panic!("one message, not {}", received.len()) };
        assert_eq!(message.body(), Some("h\u{e9}llo"));
        assert_eq!(message.message_id(), sent.message_id());
        assert_eq!(message.md5_of_body(), sent.md5_of_message_body());
        assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
        let attributes = message.message_attributes().unwrap();
        assert_eq!(attributes["kind"].string_value(), Some("order"));
        assert_eq!(attributes["raw"].binary_value().unwrap().as_ref(), [1, 255]);
        let system = message.attributes().unwrap();
        assert_eq!(system[&MessageSystemAttributeName::ApproximateReceiveCount], count);
        assert_eq!(system[&MessageSystemAttributeName::AwsTraceHeader], "Root=1");
        assert!(system.contains_key(&MessageSystemAttributeName::SentTimestamp));
        world.release(&queue, message).await;
    }
}

#[tokio::test]
async fn a_receiver_sees_only_the_attributes_it_asks_for() {
    let world = World::start();
    let queue = world.queue("q").await;
    let send = world.sqs.send_message().queue_url(&queue).message_body("m");
    let send = send.message_attributes("a.one", text("1")).message_attributes("a.two", text("2"));
    send.message_attributes("b", text("3")).send().await.unwrap();

    for (asked, seen) in [("a.*", vec!["a.one", "a.two"]), ("b", vec!["b"]), ("none", vec![])] {
        let request = world.sqs.receive_message().queue_url(&queue).message_attribute_names(asked);
        let message = request.visibility_timeout(0).send().await.unwrap().messages.unwrap().remove(0);
        assert!(message.attributes.is_none());
        let attributes = message.message_attributes.unwrap_or_default();
        let mut names: Vec<_> = attributes.keys().collect();
        names.sort();
        assert_eq!(names, seen);
    }
}

#[tokio::test]
async fn a_deleted_message_is_gone() {
    let world = World::start();
    let queue = world.queue("q").await;
    world.send(&queue, "m").await;
    let message = world.receive(&queue, 0).await.remove(0);
    let delete = || world.sqs.delete_message().queue_url(&queue).receipt_handle(message.receipt_handle().unwrap());
    delete().send().await.unwrap();
    // Deleting again is no error.
    delete().send().await.unwrap();
    assert!(world.endpoint.dump().is_empty());
}

#[tokio::test]
async fn the_handle_of_an_earlier_receive_deletes_nothing() {
    let world = World::start();
    let queue = world.queue("q").await;
    world.send(&queue, "m").await;
    let first = world.receive(&queue, 0).await.remove(0);
    world.release(&queue, &first).await;
    let second = world.receive(&queue, 0).await.remove(0);

    let delete = world.sqs.delete_message().queue_url(&queue);
    delete.receipt_handle(first.receipt_handle().unwrap()).send().await.unwrap();
    world.release(&queue, &second).await;
    assert_eq!(world.bodies(&queue).await, ["m"]);
}

#[tokio::test]
async fn a_waiting_receiver_gets_what_is_sent() {
    let world = World::start();
    let queue = world.queue("q").await;
    let (received, ()) = soon(Box::pin(async {
        tokio::join!(world.receive(&queue, 20), async {
            world.called("sqs:ReceiveMessage", 1).await;
            world.send(&queue, "m").await;
        })
    }))
    .await;
    assert_eq!(received[0].body(), Some("m"));
}

#[tokio::test]
async fn a_waiting_receiver_gets_what_is_released_or_times_out_elsewhere() {
    let world = World::start();
    let queue = world.queue("q").await;
    world.send(&queue, "m").await;
    let held = world.receive(&queue, 0).await.remove(0);
    let (received, ()) = soon(Box::pin(async {
        tokio::join!(world.receive(&queue, 20), async {
            world.called("sqs:ReceiveMessage", 2).await;
            world.release(&queue, &held).await;
        })
    }))
    .await;
    let hide = world.sqs.change_message_visibility().queue_url(&queue).visibility_timeout(1);
    hide.receipt_handle(received[0].receipt_handle().unwrap()).send().await.unwrap();
    let again = soon(world.receive(&queue, 20)).await;
    assert_eq!(again[0].attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount], "3");
}

#[tokio::test]
async fn a_delayed_message_comes_later_and_is_counted_apart() {
    let world = World::start();
    let queue = world.queue("q").await;
    let send = world.sqs.send_message().queue_url(&queue).message_body("m").delay_seconds(1);
    send.send().await.unwrap();
    let attributes = world.sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesDelayed], "1");
    assert_eq!(soon(world.receive(&queue, 20)).await[0].body(), Some("m"));
}

#[tokio::test]
async fn one_bad_entry_of_a_visibility_batch_is_its_own_result() {
    let world = World::start();
    let queue = world.queue("q").await;
    world.send(&queue, "a").await;
    world.send(&queue, "b").await;
    let received = world.receive(&queue, 0).await;
    let handle = |index: usize| received[index].receipt_handle().unwrap();
    world.sqs.delete_message().queue_url(&queue).receipt_handle(handle(1)).send().await.unwrap();

    let entry = |id: &str, handle: &str, secs: i32| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(handle);
        entry.visibility_timeout(secs).build().unwrap()
    };
    let batch = world.sqs.change_message_visibility_batch().queue_url(&queue);
    let batch = batch.entries(entry("good", handle(0), 0)).entries(entry("gone", handle(1), 0));
    let batch = batch.entries(entry("garbage", "x", 0)).entries(entry("long", handle(0), 43_201));
    let result = batch.send().await.unwrap();

    assert_eq!(result.successful().iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["good"]);
    let failed: Vec<_> = result.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!(
        failed,
        [("gone", "InvalidParameterValue"), ("garbage", "ReceiptHandleIsInvalid"), ("long", "InvalidParameterValue")]
    );
    assert_eq!(world.bodies(&queue).await, ["a"]);
}

#[tokio::test]
async fn one_bad_entry_of_a_delete_batch_is_its_own_result() {
    let world = World::start();
    let queue = world.queue("q").await;
    world.send(&queue, "a").await;
    let received = world.receive(&queue, 0).await;
    let entry = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let batch = world.sqs.delete_message_batch().queue_url(&queue).entries(entry("bad", "x"));
    let batch = batch.entries(entry("good", received[0].receipt_handle().unwrap()));
    let result = batch.send().await.unwrap();
    assert_eq!(result.successful()[0].id(), "good");
    assert_eq!((result.failed()[0].id(), result.failed()[0].code()), ("bad", "ReceiptHandleIsInvalid"));
    assert!(world.endpoint.dump().is_empty());
}

#[tokio::test]
async fn bad_receipt_handles_are_refused() {
    let world = World::start();
    let queue = world.queue("q").await;
    let other = world.queue("other").await;
    world.send(&queue, "m").await;
    let received = world.receive(&queue, 0).await.remove(0);

    for (queue, handle) in [(&queue, "garbage"), (&other, received.receipt_handle().unwrap())] {
        let delete = world.sqs.delete_message().queue_url(queue).receipt_handle(handle).send().await;
        assert!(delete.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
        let hide = world.sqs.change_message_visibility().queue_url(queue).receipt_handle(handle);
        let hide = hide.visibility_timeout(1).send().await;
        assert!(hide.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
    }
    world.release(&queue, &received).await;
    let hide = world.sqs.change_message_visibility().queue_url(&queue).visibility_timeout(1);
    let hide = hide.receipt_handle(received.receipt_handle().unwrap()).send().await;
    assert!(hide.unwrap_err().into_service_error().is_message_not_inflight());
}
