//! A message that comes right after somebody has stopped receiving is not hidden by a receive call that was given up.

use serde_json::json;

use crate::clients::Endpoint;
use crate::emulator::{Emulator, on_both_endpoints};
use crate::harness::wait_for;
use crate::service_processes::ServiceProcesses;

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

async fn a_notification_right_after_a_watch_has_ended_is_received_once(emulator: Emulator) {
    let services = ServiceProcesses::at(emulator, &[]).await;
    for queue in ["success", "failure"] {
        send(&services.aws, queue).await;
        let watched = services.ensemble(&["watch", "--once", "1"]).await;
        assert_eq!((watched.code, watched.out.as_str()), (Some(0), "{}\n"), "{watched:?}");
        for queue in ["success", "failure"] {
            assert_eq!(receives_of_a_new_message(&services.aws, queue).await, 1, "in the {queue} queue");
        }
    }
}

async fn a_message_right_after_a_service_has_stopped_is_received_once(emulator: Emulator) {
    let mut services = ServiceProcesses::at(emulator, &[]).await;
    for service in ["payment", "notifier"] {
        services.run(service, &[service], &[]);
        // What is no event shows that it receives; it goes on to look for more.
        send(&services.aws, service).await;
        let buried = || (!services.logged(service, "MessageDeadLettered").is_empty()).then_some(());
        wait_for("a dead letter", async || buried()).await;
        services.stop(service).await;
        assert_eq!(receives_of_a_new_message(&services.aws, service).await, 1, "in the queue of {service}");
    }
}

on_both_endpoints!(
    a_notification_right_after_a_watch_has_ended_is_received_once,
    a_message_right_after_a_service_has_stopped_is_received_once,
);
