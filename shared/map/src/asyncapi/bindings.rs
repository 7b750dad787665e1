//! What `AsyncAPI` does not know of SNS and SQS: <https://github.com/asyncapi/bindings>, `sns` and `sqs`.

use saga::topology::{Queue, Subscription, Topology};
use serde_json::{Value, json};

use super::document::present;

/// The newest versions for which `AsyncAPI` 3 has JSON Schemas (<https://github.com/asyncapi/spec-json-schemas>); later
/// ones change nothing that is used here.
const SNS: &str = "0.1.0";
const SQS: &str = "0.2.0";

/// A topic.
pub(super) fn of_topic(topic: &str) -> Value {
    json!({ "sns": { "name": topic, "bindingVersion": SNS } })
}

/// A queue, and its dead-letter queue.
pub(super) fn of_queue(queue: &Queue) -> Value {
    let dlq = queue.dlq.as_ref().map(|name| json!({ "name": name, "fifoQueue": false }));
    let redrive = queue
        .dlq
        .as_ref()
        .map(|name| json!({ "deadLetterQueue": { "name": name }, "maxReceiveCount": queue.receives_max }));
    let queue = present(json!({
        "name": queue.name,
        "fifoQueue": false,
        "visibilityTimeout": queue.visibility_timeout_secs,
        "messageRetentionPeriod": queue.retention_secs,
        "redrivePolicy": redrive,
    }));
    json!({ "sqs": present(json!({ "queue": queue, "deadLetterQueue": dlq, "bindingVersion": SQS })) })
}

/// Whom SNS gives what is sent to a topic.
pub(super) fn of_sending(topic: &str, topology: &Topology) -> Value {
    let subscriptions = topology.subscriptions.iter().filter(|subscription| subscription.topic == topic);
    let consumers: Vec<Value> = subscriptions.map(consumer).collect();
    json!({ "sns": { "topic": { "name": topic }, "consumers": consumers, "bindingVersion": SNS } })
}

fn consumer(subscription: &Subscription) -> Value {
    let filter = subscription.filter.as_ref();
    present(json!({
        "protocol": "sqs",
        "endpoint": { "name": subscription.queue },
        "rawMessageDelivery": subscription.raw,
        "filterPolicy": filter.map(|(attribute, values)| json!({ attribute: values })),
        "filterPolicyScope": filter.map(|_| "MessageAttributes"),
        "redrivePolicy": { "deadLetterQueue": { "name": subscription.undelivered } },
    }))
}
