//! Creates a subscription or brings it into line, and removes those that must not be.
//!
//! **Invariant:** only a subscription of one of our queues to one of our topics is ever removed. What somebody else has
//! subscribed is theirs.

use runtime::tools::{clients, explain};
use runtime::{Aws, Unavailable};
use saga::Topology;
use saga::topology::Subscription;
use serde_json::{Value, json};

use super::attributes::{as_text, same};
use super::change::Did;

/// What a person calls a subscription.
pub(super) fn name(topic: &str, queue: &str) -> String {
    format!("{topic} → {queue}")
}

/// Brings a subscription into line.
pub(super) async fn subscription(aws: &Aws, wanted: &Subscription) -> Result<Did, Unavailable> {
    let (topic, queue) = (aws.topic_arn(&wanted.topic), aws.queue_arn(&wanted.queue));
    let failed = |what: String| Unavailable::new("SNS", format!("subscription {queue} of {topic}: {what}"));
    let arn = listed(aws, &topic)
        .await
        .map_err(failed)?
        .into_iter()
        .find(|subscription| subscription.endpoint.as_deref() == Some(&queue))
        .and_then(|subscription| subscription.subscription_arn);
    let raw = ("RawMessageDelivery", json!(wanted.raw.to_string()));
    // An empty policy takes a filter away that must not be there.
    let policy = wanted.filter_policy().and_then(|policy| serde_json::from_str(&policy).ok()).unwrap_or(json!({}));
    let filter = ("FilterPolicy", policy);
    let redrive = ("RedrivePolicy", json!({ "deadLetterTargetArn": aws.queue_arn(&wanted.undelivered) }));
    if let Some(arn) = arn {
        return converge(aws, &arn, [raw, filter, redrive]).await.map_err(failed);
    }
    let mut subscribe = clients(aws).sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(&queue);
    for (name, value) in [Some(raw), wanted.filter.as_ref().map(|_| filter), Some(redrive)].into_iter().flatten() {
        subscribe = subscribe.attributes(name, as_text(&value));
    }
    subscribe.send().await.map(|_| Did::Created).map_err(|error| failed(explain(&error)))
}

/// Sets what differs of a subscription's attributes.
async fn converge(aws: &Aws, arn: &str, wanted: [(&str, Value); 3]) -> Result<Did, String> {
    let found = clients(aws).sns.get_subscription_attributes().subscription_arn(arn).send().await;
    let found = found.map_err(|error| explain(&error))?.attributes.unwrap_or_default();
    let mut did = Did::Found;
    for (name, value) in wanted {
        if !same(found.get(name).map_or("{}", String::as_str), &value) {
            let set = clients(aws).sns.set_subscription_attributes().subscription_arn(arn).attribute_name(name);
            set.attribute_value(as_text(&value)).send().await.map_err(|error| explain(&error))?;
            did = Did::Updated;
        }
    }
    Ok(did)
}

/// Removes what an earlier version had subscribed: what still came by it would be dead-lettered. Answers with the names.
pub(super) async fn remove_stale(aws: &Aws, topology: &Topology) -> Result<Vec<String>, Unavailable> {
    let mut removed = Vec::new();
    for topic in &topology.topics {
        let failed = |what: String| Unavailable::new("SNS", format!("subscriptions of {topic}: {what}"));
        for found in listed(aws, &aws.topic_arn(topic)).await.map_err(failed)? {
            let is_ours = |name: &&String| found.endpoint.as_deref() == Some(&*aws.queue_arn(name));
            let Some(queue) = topology.queues.iter().map(|queue| &queue.name).find(is_ours) else { continue };
            let is_wanted = |wanted: &Subscription| wanted.topic == *topic && wanted.queue == *queue;
            if topology.subscriptions.iter().any(is_wanted) {
                continue;
            }
            let unsubscribe =
                clients(aws).sns.unsubscribe().subscription_arn(found.subscription_arn.unwrap_or_default());
            unsubscribe.send().await.map_err(|error| failed(explain(&error)))?;
            removed.push(name(topic, queue));
        }
    }
    Ok(removed)
}

/// Every subscription of a topic.
async fn listed(aws: &Aws, topic: &str) -> Result<Vec<aws_sdk_sns::types::Subscription>, String> {
    let listed = clients(aws).sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
    listed.try_collect().await.map_err(|error| explain(&error))
}
