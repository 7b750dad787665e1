//! What is relied on of SNS: delivery as it was published, envelopes, filters, batches and what cannot be delivered.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_sns::types::MessageAttributeValue;
use runtime::Unavailable;
use runtime::tools::{ENTRIES_MAX, clients, explain, publish_batch};
use saga::{Announcement, Channel};
use serde_json::Value;
use uuid::Uuid;

use super::bench::{Bench, ENVELOPED, FILTERED, LOST, PATIENCE, RAW, WANTED, delete_queue, find, next, nothing_from};
use super::finding::{Finding, Group, Odd, Tried, holds};
use super::sqs::{BODY, VALUE, is_intact};
use crate::provision::Did;

/// How long what should not come is waited for.
const LATE: Duration = Duration::from_secs(2);

/// A full batch is this large, and as large as the runtime makes one.
const BATCH_BYTES: usize = 239 * 1024;

/// How often a queue that is gone is published to: SQS may know it for another minute
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html>).
const PUBLISHES_MAX: u32 = 6;

pub(super) async fn try_all(bench: &Bench, group: Group) -> Vec<Finding> {
    vec![
        group.tried("raw delivery keeps body and attributes", "ADR 0005", raw(bench)).await,
        group.tried("an envelope says its id, its topic and the attributes", "ADR 0006", enveloped(bench)).await,
        group.tried("a filter lets through what it lists, and nothing else", "ADR 0005", filtered(bench)).await,
        group.tried("each queue that is subscribed gets a copy", "ADR 0005", copies(bench)).await,
        group.tried("a full batch is taken, and each entry is named", "ADR 0003", batch(bench)).await,
        group.tried("what is provisioned again is found as it was", "ADR 0011", found_again(bench)).await,
        group.tried("a subscription that is taken away brings nothing more", "ADR 0028", taken_away(bench)).await,
        group.tried("what cannot be delivered is kept as it was", "semantics: Dead letters", undelivered(bench)).await,
    ]
}

/// Publishes as a client does; answers with the message's id.
#[expect(clippy::disallowed_methods, reason = "requests are published by clients, one by one")]
async fn publish(bench: &Bench, body: &str, event_type: &str) -> Result<String, Odd> {
    let failed = |what: String| Odd::from(Unavailable::new("SNS", what));
    let mut publish =
        clients(&bench.aws).sns.publish().topic_arn(bench.aws.topic_arn(&bench.topic_name())).message(body);
    for (name, value) in [(Announcement::TYPE, event_type), ("requestId", VALUE)] {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
        publish = publish.message_attributes(name, value.map_err(|error| failed(error.to_string()))?);
    }
    let answer = publish.send().await.map_err(|error| failed(explain(&error)))?;
    answer.message_id.ok_or_else(|| Odd::Differs("publishing answered without an id".to_owned()))
}

/// A text that no other message has.
fn marker() -> String {
    format!("probe-{:032x}", fastrand::u128(..))
}

async fn raw(bench: &Bench) -> Tried {
    publish(bench, BODY, "raw").await?;
    is_intact(&find(&bench.queue(RAW), BODY).await?, &[(Announcement::TYPE, "raw"), ("requestId", VALUE)])
}

async fn enveloped(bench: &Bench) -> Tried {
    let body = format!("{BODY} {}", marker());
    let id = publish(bench, &body, "enveloped").await?;
    let queue = bench.queue(ENVELOPED);
    let envelope = loop {
        let found = next(&queue, PATIENCE).await?;
        queue.delete(&found.receipt).await?;
        let envelope: Value = serde_json::from_str(&found.body).unwrap_or_default();
        if envelope.get("Message").is_some_and(|message| *message == body.as_str()) {
            break envelope;
        }
    };
    for (field, expected) in [
        ("/Type", "Notification"),
        ("/MessageId", &id),
        ("/TopicArn", &bench.aws.topic_arn(&bench.topic_name())),
        ("/MessageAttributes/requestId/Value", VALUE),
    ] {
        let found = envelope.pointer(field).and_then(Value::as_str);
        holds(found == Some(expected), || format!("{field} is {found:?}, not {expected}"))?;
    }
    Ok(())
}

async fn filtered(bench: &Bench) -> Tried {
    let queue = bench.queue(FILTERED);
    let body = marker();
    publish(bench, &format!("{body} unwanted"), "unwanted").await?;
    publish(bench, &format!("{body} wanted"), WANTED).await?;
    let first = find(&queue, &body).await?;
    holds(first.body.ends_with(" wanted"), || format!("{:?} came through", first.attributes))?;
    // It may also be late.
    let late = queue.receive(1, LATE, PATIENCE).await?;
    holds(late.is_empty(), || "what is not listed came through".to_owned())
}

async fn copies(bench: &Bench) -> Tried {
    let body = marker();
    publish(bench, &body, WANTED).await?;
    for queue in [RAW, ENVELOPED, FILTERED] {
        find(&bench.queue(queue), &body).await?;
    }
    Ok(())
}

async fn batch(bench: &Bench) -> Tried {
    let text = marker();
    let filling = "x".repeat(BATCH_BYTES / ENTRIES_MAX - text.len() - 16);
    let announcement = |nth| Announcement {
        channel: Channel::Notifications,
        id: Uuid::nil(),
        name: "probe".to_owned(),
        body: format!("{text}-{nth}-{filling}"),
        attributes: vec![(Announcement::TYPE, "batch".to_owned())],
    };
    let topic = bench.aws.topic_arn(&bench.topic_name());
    let published =
        publish_batch(clients(&bench.aws).sns.clone(), topic, (0..ENTRIES_MAX).map(announcement).collect()).await;
    published.into_iter().collect::<Result<(), Unavailable>>()?;
    let queue = bench.queue(RAW);
    let mut delivered = BTreeSet::new();
    while delivered.len() < ENTRIES_MAX {
        delivered.insert(find(&queue, &text).await?.body);
    }
    Ok(())
}

async fn found_again(bench: &Bench) -> Tried {
    let mut changes = bench.make(bench.topic()).await?;
    changes.retain(|change| change.did != Did::Found);
    let changed: Vec<_> =
        changes.iter().map(|change| format!("{} {} was {}", change.kind, change.name, change.did)).collect();
    holds(changed.is_empty(), || changed.join(", "))
}

async fn taken_away(bench: &Bench) -> Tried {
    let mut less = bench.topic();
    less.subscriptions.retain(|subscription| subscription.queue != bench.name(FILTERED));
    let changes = bench.make(less).await?;
    let removed = changes.iter().filter(|change| change.did == Did::Removed).count();
    holds(removed == 1, || format!("{removed} subscriptions were removed, not the one"))?;
    let body = marker();
    publish(bench, &body, WANTED).await?;
    find(&bench.queue(RAW), &body).await?;
    nothing_from(&bench.queue(FILTERED), LATE).await
}

async fn undelivered(bench: &Bench) -> Tried {
    delete_queue(&bench.aws, &bench.name(LOST)).await.map_err(|what| Unavailable::new("SQS", what))?;
    let kept = bench.queue(&format!("{LOST}-undelivered"));
    for _ in 0..PUBLISHES_MAX {
        publish(bench, BODY, "undelivered").await?;
        if let Some(found) = kept.receive(1, PATIENCE, PATIENCE).await?.first() {
            return is_intact(found, &[(Announcement::TYPE, "undelivered"), ("requestId", VALUE)]);
        }
    }
    Err(Odd::Differs("it was kept nowhere".to_owned()))
}
