//! Topics, queues, subscriptions, and who may send where.
//!
//! **Invariant:** only the topics that a queue is subscribed to may send to it, only those of this account, and nobody
//! in the clear.

use saga::topology::{DLQ_RETENTION_SECS, Queue, Subscription};
use serde_json::{Value, json};

use super::parts::{Drawn, Resources, arn, camel, reference, set, sub};
use super::storage::KEY;

pub(super) fn draw(drawn: &Drawn<'_>, all: &mut Resources) {
    let topics = drawn.topology.topics.iter().map(|topic| (drawn.topic_id(topic), topic));
    for (id, topic) in topics.clone() {
        all.add(&id, "AWS::SNS::Topic", json!({ "TopicName": sub(topic), "KmsMasterKeyId": arn(KEY) }));
    }
    let topics: Vec<Value> = topics.map(|(id, _)| reference(&id)).collect();
    let policy = policy(&[in_the_clear("sns:Publish")]);
    all.add("TopicsPolicy", "AWS::SNS::TopicPolicy", json!({ "Topics": topics, "PolicyDocument": policy }));
    for queue in &drawn.topology.queues {
        draw_queue(drawn, queue, all);
        draw_fed(drawn, queue, all);
    }
    let dlqs = drawn.topology.queues.iter().filter_map(|queue| queue.dlq.as_deref());
    let dlqs: Vec<String> = dlqs.map(|dlq| drawn.queue_id(dlq)).collect();
    draw_policy(all, "DeadLetters", &dlqs, &[in_the_clear("sqs:*")]);
    for subscription in &drawn.topology.subscriptions {
        let short = |name| camel(drawn.names.short(name));
        let id = format!("{}Hears{}", short(&subscription.queue), short(&subscription.topic));
        // Until the policy is there, the queue takes nothing.
        let policy = format!("{}Policy", drawn.queue_id(&subscription.queue));
        all.add_after(&policy, &id, "AWS::SNS::Subscription", subscribed(drawn, subscription));
    }
}

fn draw_queue(drawn: &Drawn<'_>, queue: &Queue, all: &mut Resources) {
    let mut properties = json!({
        "QueueName": sub(&queue.name),
        "VisibilityTimeout": queue.visibility_timeout_secs,
        "MessageRetentionPeriod": queue.retention_secs,
        "KmsMasterKeyId": arn(KEY),
    });
    if let Some(dlq) = &queue.dlq {
        let id = drawn.queue_id(dlq);
        set(
            &mut properties,
            "RedrivePolicy",
            json!({ "deadLetterTargetArn": arn(&id), "maxReceiveCount": queue.receives_max }),
        );
        // By name: the queue refers to its dead-letter queue already, and nothing may refer back.
        let source = sub(&format!("arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{}", queue.name));
        let mut kept = kept(dlq);
        set(&mut kept, "RedriveAllowPolicy", json!({ "redrivePermission": "byQueue", "sourceQueueArns": [source] }));
        all.add(&id, QUEUE, kept);
    }
    all.add(&drawn.queue_id(&queue.name), QUEUE, properties);
}

/// Lets topics send to a queue, and to the one for what they could not deliver to it.
fn draw_fed(drawn: &Drawn<'_>, queue: &Queue, all: &mut Resources) {
    let mut ids = vec![drawn.queue_id(&queue.name)];
    if let Some(undelivered) = drawn.topology.undelivered(&queue.name) {
        let id = drawn.queue_id(undelivered);
        all.add(&id, QUEUE, kept(undelivered));
        ids.push(id);
    }
    let subscriptions = drawn.topology.subscriptions.iter().filter(|subscription| subscription.queue == queue.name);
    let topics: Vec<Value> =
        subscriptions.map(|subscription| reference(&drawn.topic_id(&subscription.topic))).collect();
    let send = json!({
        "Sid": "TopicsMaySend",
        "Effect": "Allow",
        "Principal": { "Service": "sns.amazonaws.com" },
        "Action": "sqs:SendMessage",
        "Resource": ITSELF,
        "Condition": {
            "ArnEquals": { "aws:SourceArn": topics },
            "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") },
        },
    });
    draw_policy(all, &drawn.queue_id(&queue.name), &ids, &[send, in_the_clear("sqs:*")]);
}

fn draw_policy(all: &mut Resources, of: &str, queues: &[String], statements: &[Value]) {
    let queues: Vec<Value> = queues.iter().map(|id| reference(id)).collect();
    let policy = json!({ "Queues": queues, "PolicyDocument": policy(statements) });
    all.add(&format!("{of}Policy"), "AWS::SQS::QueuePolicy", policy);
}

const QUEUE: &str = "AWS::SQS::Queue";

/// In a policy that is attached to a queue or a topic, that queue or topic and nothing else.
const ITSELF: &str = "*";

/// A queue in which messages wait for a person.
fn kept(name: &str) -> Value {
    json!({
        "QueueName": sub(name),
        "MessageRetentionPeriod": DLQ_RETENTION_SECS,
        "KmsMasterKeyId": arn(KEY),
    })
}

fn policy(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What nobody may do without TLS.
fn in_the_clear(action: &str) -> Value {
    json!({
        "Sid": "NobodyInTheClear",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": ITSELF,
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

fn subscribed(drawn: &Drawn<'_>, subscription: &Subscription) -> Value {
    let mut properties = json!({
        "Protocol": "sqs",
        "TopicArn": reference(&drawn.topic_id(&subscription.topic)),
        "Endpoint": arn(&drawn.queue_id(&subscription.queue)),
        "RawMessageDelivery": subscription.raw,
        "RedrivePolicy": { "deadLetterTargetArn": arn(&drawn.queue_id(&subscription.undelivered)) },
    });
    if let Some((attribute, values)) = &subscription.filter {
        set(&mut properties, "FilterPolicy", json!({ attribute: values }));
    }
    properties
}
