//! A message that comes right after somebody has stopped receiving is not hidden by a receive call that was given up.

use serde_json::json;

use crate::clients::Endpoint;
use crate::harness::wait_for;
use crate::place::{Place, on_both_endpoints};
use crate::troupe::Troupe;

async fn send(aws: &Endpoint, queue: &str) {
    let send = json!({ "QueueUrl": aws.queue_url(&aws.name(queue)), "MessageBody": "{}" });
    aws.sqs("SendMessage", &send).await;
}

/// Sends a message, takes it out of the queue, and says how often it has been received by then.
async fn receives_of_a_new_message(aws: &Endpoint, queue: &str) -> u32 {
    send(aws, queue).await;
    let url = aws.queue_url(&aws.name(queue));
    let asked = json!({ "QueueUrl": url, "WaitTimeSeconds": 20, "AttributeNames": ["ApproximateReceiveCount"] });
    let found = wait_for("the message", async || {
        let answer = aws.sqs("ReceiveMessage", &asked).await;
        answer["Messages"].as_array().and_then(|messages| messages.first().cloned())
    })
    .await;
    aws.sqs("DeleteMessage", &json!({ "QueueUrl": url, "ReceiptHandle": found["ReceiptHandle"] })).await;
    found["Attributes"]["ApproximateReceiveCount"].as_str().unwrap().parse().unwrap()
}

async fn a_notification_right_after_a_watch_has_ended_is_received_once(place: Place) {
    let troupe = Troupe::at(place, &[]).await;
    for queue in ["success", "failure"] {
        send(&troupe.aws, queue).await;
        let watched = troupe.ensemble(&["watch", "--once", "1"]).await;
        assert_eq!((watched.code, watched.out.as_str()), (Some(0), "{}\n"), "{watched:?}");
        for queue in ["success", "failure"] {
            assert_eq!(receives_of_a_new_message(&troupe.aws, queue).await, 1, "in the {queue} queue");
        }
    }
}

async fn a_message_right_after_a_service_has_stopped_is_received_once(place: Place) {
    let mut troupe = Troupe::at(place, &[]).await;
    for service in ["payment", "notifier"] {
        troupe.run(service, &[service], &[]);
        // What is no event shows that it receives; it goes on to look for more.
        send(&troupe.aws, service).await;
        let buried = || (!troupe.logged(service, "MessageDeadLettered").is_empty()).then_some(());
        wait_for("a dead letter", async || buried()).await;
        troupe.stop(service).await;
        assert_eq!(receives_of_a_new_message(&troupe.aws, service).await, 1, "in the queue of {service}");
    }
}

on_both_endpoints!(
    a_notification_right_after_a_watch_has_ended_is_received_once,
    a_message_right_after_a_service_has_stopped_is_received_once,
);
