//! Queues as such: creating, finding, configuring, emptying.

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};

use crate::code;
use crate::world::{World, queue_arn, soon};

#[tokio::test]
async fn creating_a_queue_again_finds_it_unless_it_differs() {
    let world = World::start();
    let first = world.queue_with("q", &[(QueueAttributeName::VisibilityTimeout, "5")]).await;
    assert_eq!(first, format!("{}/000000000000/q", world.endpoint.url()));
    assert_eq!(world.queue_with("q", &[(QueueAttributeName::VisibilityTimeout, "5")]).await, first);
    assert_eq!(world.queue("q").await, first);
    let differing = world.sqs.create_queue().queue_name("q").attributes(QueueAttributeName::VisibilityTimeout, "6");
    assert!(differing.send().await.unwrap_err().into_service_error().is_queue_name_exists());

    let found = world.sqs.get_queue_url().queue_name("q").send().await.unwrap();
    assert_eq!(found.queue_url(), Some(first.as_str()));
    let listed = world.sqs.list_queues().queue_name_prefix("q").send().await.unwrap();
    assert_eq!(listed.queue_urls(), [first]);
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_a_typed_error() {
    let world = World::start();
    let url = format!("{}/000000000000/none", world.endpoint.url());
    let found = world.sqs.get_queue_url().queue_name("none").send().await;
    assert!(found.unwrap_err().into_service_error().is_queue_does_not_exist());
    let sent = world.sqs.send_message().queue_url(&url).message_body("m").send().await;
    assert!(sent.unwrap_err().into_service_error().is_queue_does_not_exist());
    let received = world.sqs.receive_message().queue_url(&url).send().await;
    assert!(received.unwrap_err().into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn deleting_a_queue_ends_the_wait_of_its_receivers() {
    let world = World::start();
    let queue = world.queue("q").await;
    let waiting = world.sqs.receive_message().queue_url(&queue).wait_time_seconds(20).send();
    let (received, ()) = soon(Box::pin(async {
        tokio::join!(waiting, async {
            world.called("sqs:ReceiveMessage", 1).await;
            world.sqs.delete_queue().queue_url(&queue).send().await.unwrap();
        })
    }))
    .await;
    assert!(received.unwrap_err().into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn attributes_can_be_set_and_read_and_bad_ones_are_refused() {
    let world = World::start();
    let queue = world.queue("q").await;
    let set = |name: QueueAttributeName, value: &str| {
        world.sqs.set_queue_attributes().queue_url(&queue).attributes(name, value).send()
    };
    set(QueueAttributeName::VisibilityTimeout, "7").await.unwrap();
    let get = world.sqs.get_queue_attributes().queue_url(&queue);
    let get = get.attribute_names(QueueAttributeName::VisibilityTimeout).attribute_names(QueueAttributeName::QueueArn);
    let attributes = get.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "7");
    assert_eq!(attributes[&QueueAttributeName::QueueArn], queue_arn("q"));
    assert_eq!(attributes.len(), 2);

    assert_eq!(code!(set(QueueAttributeName::VisibilityTimeout, "43201").await), "InvalidParameterValue");
    assert_eq!(code!(set("Nonsense".into(), "1").await), "InvalidAttributeName");
}

#[tokio::test]
async fn a_policy_may_be_spelled_in_another_way_when_a_queue_is_created_again() {
    let world = World::start();
    let policy = |text| [(QueueAttributeName::Policy, text)];
    let first = world.queue_with("q", &policy(r#"{"Version":"2012-10-17","Statement":[]}"#)).await;
    let again = world.queue_with("q", &policy("{ \"Statement\": [],\n\"Version\": \"2012-10-17\" }")).await;
    assert_eq!(again, first);
    let differing = world.sqs.create_queue().queue_name("q").attributes(QueueAttributeName::Policy, "{}");
    assert!(differing.send().await.unwrap_err().into_service_error().is_queue_name_exists());
}

#[tokio::test]
async fn a_queue_is_named_by_the_host_it_was_asked_for_by() {
    let world = World::start();
    let dlq = world.queue("dlq").await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, queue_arn("dlq"));
    world.queue_with("q", &[(QueueAttributeName::RedrivePolicy, &policy)]).await;
    let host = format!("localhost:{}", world.endpoint.port());
    let ask = async |operation: &str, request: serde_json::Value| {
        let post = reqwest::Client::new().post(world.endpoint.url()).header("host", &host);
        let post = post.header("x-amz-target", format!("AmazonSQS.{operation}")).body(request.to_string());
        post.send().await.unwrap().json::<serde_json::Value>().await.unwrap()
    };
    let url = |name: &str| format!("http://{host}/000000000000/{name}");
    let named = |name: &str| serde_json::json!({ "QueueName": name });
    assert_eq!(ask("GetQueueUrl", named("q")).await["QueueUrl"], url("q"));
    assert_eq!(ask("CreateQueue", named("new")).await["QueueUrl"], url("new"));
    let listed = ask("ListQueues", serde_json::json!({})).await;
    assert_eq!(listed["QueueUrls"], serde_json::json!([url("dlq"), url("new"), url("q")]));
    let sources = ask("ListDeadLetterSourceQueues", serde_json::json!({ "QueueUrl": dlq })).await;
    assert_eq!(sources["queueUrls"], serde_json::json!([url("q")]));
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_url_does_not_matter() {
    let world = World::start();
    let queue = world.queue("q").await;
    let slashed = format!("{queue}/");
    world.send(&slashed, "m").await;
    let received = world.receive(&slashed, 0).await;
    let delete = world.sqs.delete_message().queue_url(&slashed).receipt_handle(received[0].receipt_handle().unwrap());
    delete.send().await.unwrap();
    assert!(world.endpoint.dump().is_empty());
    let nameless = world.sqs.send_message().queue_url("/").message_body("m").send().await;
    assert!(nameless.unwrap_err().into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn tags_come_and_go() {
    let world = World::start();
    let create = world.sqs.create_queue().queue_name("q").tags("a", "1").tags("c", "3");
    let queue = create.send().await.unwrap().queue_url.unwrap();
    world.sqs.tag_queue().queue_url(&queue).tags("b", "2").send().await.unwrap();
    world.sqs.untag_queue().queue_url(&queue).tag_keys("a").send().await.unwrap();
    let tags = world.sqs.list_queue_tags().queue_url(&queue).send().await.unwrap().tags.unwrap();
    assert_eq!(tags, [("b", "2"), ("c", "3")].map(|(key, value)| (key.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn a_purge_empties_the_queue_and_may_not_be_repeated_at_once() {
    let world = World::start();
    let queue = world.queue("q").await;
    world.send(&queue, "a").await;
    world.send(&queue, "b").await;
    world.sqs.receive_message().queue_url(&queue).send().await.unwrap();
    world.sqs.purge_queue().queue_url(&queue).send().await.unwrap();
    assert!(world.endpoint.dump().is_empty());
    let again = world.sqs.purge_queue().queue_url(&queue).send().await;
    assert!(again.unwrap_err().into_service_error().is_purge_queue_in_progress());
}

#[tokio::test]
async fn a_group_is_accepted_on_a_standard_queue() {
    let world = World::start();
    let queue = world.queue("q").await;
    let send = world.sqs.send_message().queue_url(&queue).message_body("m").message_group_id("tenant");
    send.send().await.unwrap();
    let received = world.receive(&queue, 0).await;
    assert_eq!(received[0].attributes().unwrap()[&MessageSystemAttributeName::MessageGroupId], "tenant");
}

#[tokio::test]
async fn a_fifo_queue_keeps_the_order_of_a_group_and_drops_twins() {
    let world = World::start();
    let queue = world.queue_with("q.fifo", &[(QueueAttributeName::FifoQueue, "true")]).await;
    for (group, key) in [("a", "1"), ("a", "2"), ("b", "3"), ("a", "1")] {
        let send = world.sqs.send_message().queue_url(&queue).message_body(format!("{group}{key}"));
        send.message_group_id(group).message_deduplication_id(key).send().await.unwrap();
    }
    let one = world.sqs.receive_message().queue_url(&queue).send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(one.body(), Some("a1"));
    // The rest of the group waits for the first.
    assert_eq!(world.bodies(&queue).await, ["b3"]);
    world.release(&queue, &one).await;
    assert_eq!(world.bodies(&queue).await, ["a1", "a2"]);
}
