//! Creates the topology, or brings what is there into line with it.
//!
//! **Invariant:** run twice, the second run changes nothing. No service calls this: services run without any
//! permission to create or to list.

mod attributes;
mod change;
mod subscription;
mod table;

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName;
use runtime::tools::{clients, explain};
use runtime::{Aws, Unavailable};
use saga::Topology;
use saga::topology::{DLQ_RETENTION_SECS, Queue};
use serde_json::{Value, json};

use crate::provision::attributes::{as_text, same};

pub use crate::provision::change::{Change, Did};

/// Creates what is missing, updates what differs, and removes the subscriptions of our queues to our topics that must
/// not be; says what it did, resource by resource.
///
/// # Examples
///
/// See the example of [the crate](crate).
///
/// # Errors
///
/// [`Unavailable`] at the first call that fails; what was done until then stands, and the next run goes on from it.
pub async fn provision(aws: &Aws, topology: &Topology) -> Result<Vec<Change>, Unavailable> {
    let mut changes = Vec::new();
    let mut note = |did, kind, name: &str| {
        changes.push(Change { did, kind, name: name.to_owned() });
    };
    for table in &topology.tables {
        note(table::table(aws, table).await?, "table", &table.name);
    }
    for topic in &topology.topics {
        // An emulator is spoken to in the clear.
        let policy = aws.endpoint().is_none().then(topic_policy);
        note(self::topic(aws, topic, policy.as_ref()).await?, "topic", topic);
    }
    for queue in &topology.queues {
        if let Some(dlq) = &queue.dlq {
            note(self::queue(aws, dlq, dlq_attributes(aws, queue)).await?, "queue", dlq);
        }
        if let Some(undelivered) = topology.undelivered(&queue.name) {
            let attributes = undelivered_attributes(aws, queue, topology);
            note(self::queue(aws, undelivered, attributes).await?, "queue", undelivered);
        }
        note(self::queue(aws, &queue.name, queue_attributes(aws, queue, topology)).await?, "queue", &queue.name);
    }
    // What is missing first: an event goes to both queues for a moment, rather than to none.
    for subscription in &topology.subscriptions {
        let name = subscription::name(&subscription.topic, &subscription.queue);
        note(subscription::subscription(aws, subscription).await?, "subscription", &name);
    }
    for name in subscription::remove_stale(aws, topology).await? {
        note(Did::Removed, "subscription", &name);
    }
    Ok(changes)
}

async fn topic(aws: &Aws, name: &str, policy: Option<&Value>) -> Result<Did, Unavailable> {
    let failed = |what: String| Unavailable::new("SNS", format!("topic {name}: {what}"));
    let arn = aws.topic_arn(name);
    let (did, attributes) = match clients(aws).sns.get_topic_attributes().topic_arn(&arn).send().await {
        Ok(found) => (Did::Found, found.attributes.unwrap_or_default()),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found_exception()) => {
            clients(aws).sns.create_topic().name(name).send().await.map_err(|error| failed(explain(&error)))?;
            (Did::Created, HashMap::new())
        }
        Err(error) => return Err(failed(explain(&error))),
    };
    let Some(policy) = policy.filter(|policy| !attributes.get(POLICY).is_some_and(|found| same(found, policy))) else {
        return Ok(did);
    };
    let set = clients(aws).sns.set_topic_attributes().topic_arn(&arn).attribute_name(POLICY);
    set.attribute_value(as_text(policy)).send().await.map_err(|error| failed(explain(&error)))?;
    Ok(if did == Did::Found { Did::Updated } else { did })
}

/// The attribute of a topic that holds its policy.
const POLICY: &str = "Policy";

/// The policy of every topic, in place of the one that SNS gives it. It allows nobody to publish, so IAM alone does.
fn topic_policy() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [in_the_clear("sns:Publish")] })
}

type Attributes = Vec<(QueueAttributeName, Value)>;

fn dlq_attributes(aws: &Aws, queue: &Queue) -> Attributes {
    let allow = json!({ "redrivePermission": "byQueue", "sourceQueueArns": [aws.queue_arn(&queue.name)] });
    let mut attributes = vec![
        (QueueAttributeName::MessageRetentionPeriod, json!(DLQ_RETENTION_SECS.to_string())),
        (QueueAttributeName::RedriveAllowPolicy, allow),
    ];
    // An emulator is spoken to in the clear, and takes no policy without a statement.
    if aws.endpoint().is_none() {
        attributes.push((QueueAttributeName::Policy, queue_policy(aws, &[])));
    }
    attributes
}

fn undelivered_attributes(aws: &Aws, queue: &Queue, topology: &Topology) -> Attributes {
    vec![
        (QueueAttributeName::MessageRetentionPeriod, json!(DLQ_RETENTION_SECS.to_string())),
        (QueueAttributeName::Policy, queue_policy(aws, &topics_of(aws, queue, topology))),
    ]
}

fn queue_attributes(aws: &Aws, queue: &Queue, topology: &Topology) -> Attributes {
    let mut attributes = vec![
        (QueueAttributeName::VisibilityTimeout, json!(queue.visibility_timeout_secs.to_string())),
        (QueueAttributeName::MessageRetentionPeriod, json!(queue.retention_secs.to_string())),
        (QueueAttributeName::Policy, queue_policy(aws, &topics_of(aws, queue, topology))),
    ];
    if let Some(dlq) = &queue.dlq {
        let redrive = json!({ "deadLetterTargetArn": aws.queue_arn(dlq), "maxReceiveCount": queue.receives_max });
        attributes.push((QueueAttributeName::RedrivePolicy, redrive));
    }
    attributes
}

/// The topics that a queue is subscribed to, by ARN.
fn topics_of(aws: &Aws, queue: &Queue, topology: &Topology) -> Vec<String> {
    let of_queue = topology.subscriptions.iter().filter(|subscription| subscription.queue == queue.name);
    of_queue.map(|subscription| aws.topic_arn(&subscription.topic)).collect()
}

/// In the policy of a queue or a topic, that queue or topic and nothing else.
const ITSELF: &str = "*";

/// Lets these topics of this account send to a queue, and nobody in the clear
/// (<https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html>). A queue for what they could
/// not deliver needs the same (<https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html>).
fn queue_policy(aws: &Aws, topics: &[String]) -> Value {
    let mut statements = Vec::new();
    if !topics.is_empty() {
        statements.push(json!({
            "Sid": "TopicsMaySend",
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": ITSELF,
            "Condition": {
                "ArnEquals": { "aws:SourceArn": topics },
                "StringEquals": { "aws:SourceAccount": aws.account() },
            },
        }));
    }
    if aws.endpoint().is_none() {
        statements.push(in_the_clear("sqs:*"));
    }
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

async fn queue(aws: &Aws, name: &str, wanted: Attributes) -> Result<Did, Unavailable> {
    let failed = |what: String| Unavailable::new("SQS", format!("queue {name}: {what}"));
    let url = aws.queue_url(name);
    let found =
        clients(aws).sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All).send().await;
    let found = match found {
        Ok(found) => found.attributes.unwrap_or_default(),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()) => {
            let attributes = wanted.into_iter().map(|(name, value)| (name, as_text(&value))).collect();
            let created =
                clients(aws).sqs.create_queue().queue_name(name).set_attributes(Some(attributes)).send().await;
            return created.map(|_| Did::Created).map_err(|error| failed(explain(&error)));
        }
        Err(error) => return Err(failed(explain(&error))),
    };
    let differing: HashMap<_, _> = wanted
        .into_iter()
        .filter(|(name, value)| !found.get(name).is_some_and(|found| same(found, value)))
        .map(|(name, value)| (name, as_text(&value)))
        .collect();
    if differing.is_empty() {
        return Ok(Did::Found);
    }
    let set = clients(aws).sqs.set_queue_attributes().queue_url(&url).set_attributes(Some(differing)).send().await;
    set.map(|_| Did::Updated).map_err(|error| failed(explain(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_policy_that_a_topic_must_have_is_set_once() {
        let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
        let aws = Aws::at(&endpoint.url()).await.unwrap();
        let policy = topic_policy();
        assert_eq!(topic(&aws, "old", None).await.unwrap(), Did::Created);
        for (name, first) in [("old", Did::Updated), ("new", Did::Created)] {
            assert_eq!(topic(&aws, name, Some(&policy)).await.unwrap(), first);
            assert_eq!(topic(&aws, name, Some(&policy)).await.unwrap(), Did::Found);
        }
        endpoint.stop();
    }
}
