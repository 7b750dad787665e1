//! What SQS refuses.

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};

use crate::code;
use crate::world::World;

const MIB: usize = 1_048_576;

fn entry(id: impl Into<String>, body: impl Into<String>) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
}

#[tokio::test]
async fn good_and_bad_entries_of_one_batch() {
    let world = World::start();
    let queue = world.queue_with("q", &[(QueueAttributeName::MaximumMessageSize, "1024")]).await;
    let batch = world.sqs.send_message_batch().queue_url(&queue);
    let batch = batch.entries(entry("good", "m")).entries(entry("large", "x".repeat(1025)));
    let batch = batch.entries(entry("control", "\u{1}")).entries(entry("empty", ""));
    let result = batch.send().await.unwrap();
    assert_eq!(result.successful().iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["good"]);
    let failed: Vec<_> = result.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!(
        failed,
        [("large", "InvalidParameterValue"), ("control", "InvalidMessageContents"), ("empty", "MissingParameter")]
    );
    assert!(result.failed().iter().all(|entry| entry.sender_fault()));
    assert_eq!(world.bodies(&queue).await, ["m"]);
}

#[tokio::test]
async fn batches_that_are_refused_as_a_whole() {
    let world = World::start();
    let queue = world.queue("q").await;
    let send = |entries: Vec<SendMessageBatchRequestEntry>| {
        world.sqs.send_message_batch().queue_url(&queue).set_entries(Some(entries)).send()
    };
    let error = async |entries| send(entries).await.unwrap_err().into_service_error();

    let eleven = (0..11).map(|index| entry(index.to_string(), "m")).collect();
    assert!(error(eleven).await.is_too_many_entries_in_batch_request());
    assert!(error(vec![]).await.is_empty_batch_request());
    assert!(error(vec![entry("a", "m"), entry("a", "m")]).await.is_batch_entry_ids_not_distinct());
    assert!(error(vec![entry("not an id", "m")]).await.is_invalid_batch_entry_id());
    let half = "x".repeat(MIB / 2);
    assert!(error(vec![entry("a", &half), entry("b", half.clone() + "x")]).await.is_batch_request_too_long());
    assert!(world.endpoint.dump().is_empty());

    send(vec![entry("a", &half), entry("b", &half)]).await.unwrap();
    assert_eq!(world.endpoint.dump().len(), 2);
}

#[tokio::test]
async fn a_message_may_be_as_large_as_the_limit_with_its_attributes() {
    let world = World::start();
    let queue = world.queue("q").await;
    let send = |body: String| {
        let attribute = MessageAttributeValue::builder().data_type("String").string_value("v").build().unwrap();
        world.sqs.send_message().queue_url(&queue).message_body(body).message_attributes("k", attribute).send()
    };
    let fits = MIB - "kStringv".len();
    send("x".repeat(fits)).await.unwrap();
    assert_eq!(code!(send("x".repeat(fits + 1)).await), "InvalidParameterValue");
}

#[tokio::test]
async fn bad_attributes_are_refused() {
    let world = World::start();
    let queue = world.queue("q").await;
    for (name, kind, value) in [
        ("aws.x", "String", "v"),
        ("a b", "String", "v"),
        ("a", "Text", "v"),
        ("a", "String", ""),
        ("a", "Number", "x"),
        ("a", "Binary", "v"),
        ("a", "String", "\0"),
    ] {
        let attribute = MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap();
        let send = world.sqs.send_message().queue_url(&queue).message_body("m").message_attributes(name, attribute);
        assert_eq!(code!(send.send().await), "InvalidParameterValue", "{name} {kind} {value}");
    }
    let mut send = world.sqs.send_message().queue_url(&queue).message_body("m");
    for index in 0..11 {
        let attribute = MessageAttributeValue::builder().data_type("Number").string_value("1").build().unwrap();
        send = send.message_attributes(format!("a{index}"), attribute);
    }
    assert_eq!(code!(send.send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn a_receive_has_limits() {
    let world = World::start();
    let queue = world.queue("q").await;
    let receive = || world.sqs.receive_message().queue_url(&queue);
    assert_eq!(code!(receive().max_number_of_messages(11).send().await), "InvalidParameterValue");
    assert_eq!(code!(receive().max_number_of_messages(0).send().await), "InvalidParameterValue");
    assert_eq!(code!(receive().wait_time_seconds(21).send().await), "InvalidParameterValue");
    assert_eq!(code!(receive().visibility_timeout(43_201).send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn names_of_queues_have_limits() {
    let world = World::start();
    let long = "x".repeat(81);
    for name in ["", "a b", "a.b", "a.fifo", long.as_str()] {
        let outcome = world.sqs.create_queue().queue_name(name).send().await;
        assert_eq!(code!(outcome), "InvalidParameterValue", "{name}");
    }
}
