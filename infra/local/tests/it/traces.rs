//! The trace of X-Ray that a message belongs to, from its sender to its receiver.

use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};

use crate::code;
use crate::sns::RAW;
use crate::world::{World, queue_arn};

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

/// The digest of the attribute `AWSTraceHeader` with [`TRACE`], computed elsewhere.
const MD5: &str = "62a56dd927315f2b2e12832b84617ea5";

/// Adds the header by which a trace travels over HTTP.
macro_rules! traced {
    ($request:expr, $trace:expr) => {
        $request.customize().mutate_request(|request| {
            request.headers_mut().insert("x-amzn-trace-id", $trace);
        })
    };
}

fn value(data_type: &str, text: &str) -> MessageSystemAttributeValue {
    MessageSystemAttributeValue::builder().data_type(data_type).string_value(text).build().unwrap()
}

fn trace(message: &Message) -> Option<&str> {
    let attributes = message.attributes()?;
    attributes.get(&MessageSystemAttributeName::AwsTraceHeader).map(String::as_str)
}

#[tokio::test]
async fn what_sns_hears_in_a_header_sqs_shows_as_an_attribute() {
    let world = World::start();
    let topic = world.topic("t").await;
    let queues = [world.queue("raw").await, world.queue("enveloped").await];
    world.subscribe(&topic, "raw", &[RAW]).await;
    world.subscribe(&topic, "enveloped", &[]).await;
    traced!(world.sns.publish().topic_arn(&topic).message("one"), TRACE).send().await.unwrap();
    let entry = PublishBatchRequestEntry::builder().id("a").message("two").build().unwrap();
    let batch = world.sns.publish_batch().topic_arn(&topic).publish_batch_request_entries(entry);
    traced!(batch, TRACE).send().await.unwrap();
    for queue in &queues {
        let traces = world.visible(queue).await;
        assert_eq!(traces.iter().map(trace).collect::<Vec<_>>(), [Some(TRACE), Some(TRACE)], "{queue}");
    }
    world.sns.publish().topic_arn(&topic).message("none").send().await.unwrap();
    for queue in &queues {
        assert_eq!(world.visible(queue).await.iter().map(trace).collect::<Vec<_>>(), [None], "{queue}");
    }
}

#[tokio::test]
async fn a_dead_letter_of_a_subscription_keeps_its_trace() {
    let world = World::start();
    let (topic, dlq) = (world.topic("t").await, world.queue("dlq").await);
    let policy = format!(r#"{{"deadLetterTargetArn":"{}"}}"#, queue_arn("dlq"));
    world.subscribe(&topic, "gone", &[("RedrivePolicy", &policy)]).await;
    traced!(world.sns.publish().topic_arn(&topic).message("m"), TRACE).send().await.unwrap();
    assert_eq!(trace(&world.visible(&dlq).await[0]), Some(TRACE));
}

#[tokio::test]
async fn what_a_sender_says_of_the_message_goes_before_the_header_of_its_request() {
    let world = World::start();
    let queue = world.queue("q").await;
    let send = || world.sqs.send_message().queue_url(&queue).message_body("m");
    let named = MessageSystemAttributeNameForSends::AwsTraceHeader;
    let header = traced!(send(), "Root=1-other").send().await.unwrap();
    assert_eq!(header.md5_of_message_system_attributes(), None);
    let both = traced!(send().message_system_attributes(named.clone(), value("String", TRACE)), "Root=1-other");
    assert_eq!(both.send().await.unwrap().md5_of_message_system_attributes(), Some(MD5));
    let entry = SendMessageBatchRequestEntry::builder().id("a").message_body("m");
    let entry = entry.message_system_attributes(named, value("String", TRACE)).build().unwrap();
    let batch = world.sqs.send_message_batch().queue_url(&queue).entries(entry).send().await.unwrap();
    assert_eq!(batch.successful()[0].md5_of_message_system_attributes(), Some(MD5));

    // Whichever of the two lists asks for it.
    for _ in 0..2 {
        let receive = world.sqs.receive_message().queue_url(&queue).visibility_timeout(60);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader);
        let messages = receive.send().await.unwrap().messages.unwrap();
        assert_eq!(messages[0].attributes().unwrap().len(), 1);
        assert!([Some("Root=1-other"), Some(TRACE)].contains(&trace(&messages[0])));
    }
    #[expect(deprecated, reason = "older clients know no other list")]
    let receive = world.sqs.receive_message().queue_url(&queue).attribute_names("All".into());
    assert_eq!(trace(&receive.send().await.unwrap().messages.unwrap()[0]), Some(TRACE));
}

#[tokio::test]
async fn other_system_attributes_and_other_types_are_refused() {
    let world = World::start();
    let queue = world.queue("q").await;
    for (name, value) in [
        ("SenderId", value("String", "me")),
        ("AWSTraceHeader", value("Number", "1")),
        ("AWSTraceHeader", value("String", "")),
        ("AWSTraceHeader", value("String", "\0")),
    ] {
        let send = world.sqs.send_message().queue_url(&queue).message_body("m");
        let send = send.message_system_attributes(name.into(), value).send().await;
        assert_eq!(code!(send), "InvalidParameterValue", "{name}");
    }
    assert!(world.endpoint.dump().is_empty());
}
