//! What SNS does between a topic and a queue, as far as a topology uses it.
//!
//! **Invariant:** a filter that names an attribute lets nothing pass that lacks it.

use std::collections::BTreeMap;

use saga::topology::Subscription;
use serde_json::json;

/// Whether a subscription's filter lets a message pass.
pub(crate) fn passes(subscription: &Subscription, attributes: &BTreeMap<String, String>) -> bool {
    subscription
        .filter
        .as_ref()
        .is_none_or(|(name, values)| attributes.get(name).is_some_and(|value| values.contains(value)))
}

/// What SNS puts around a message where delivery is not raw
/// (<https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html>).
pub(crate) fn envelope(topic: &str, id: &str, body: &str, attributes: &BTreeMap<String, String>) -> String {
    let attributes: serde_json::Map<_, _> =
        attributes.iter().map(|(name, value)| (name.clone(), json!({"Type": "String", "Value": value}))).collect();
    json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": format!("arn:aws:sns:us-east-1:000000000000:{topic}"),
        "Message": body,
        "Timestamp": "2026-01-01T00:00:00.000Z",
        "MessageAttributes": attributes,
    })
    .to_string()
}
