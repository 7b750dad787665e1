//! What is relied on of SQS: visibility, receipts, receive counts, batches, long polls and the dead-letter queue.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::types::MessageAttributeValue;
use runtime::Unavailable;
use runtime::tools::{Received, SettleError, clients, delete, explain};
use tokio::time::Instant;

use super::bench::{Bench, PATIENCE, RECEIVES_MAX, next, nothing_from};
use super::finding::{Finding, Group, Odd, Tried, holds};
use crate::depth::{Depth, depth, oldest};

/// A body that shows what is lost on the way.
pub(super) const BODY: &str = "{\"é\": \"漢字 😀 <&> \\\" %41+\",\n\t\"n\": 1.0 }";

/// So does the value of an attribute.
pub(super) const VALUE: &str = "é 漢字 😀 <&> \" %41+";

const SECOND: Duration = Duration::from_secs(1);

pub(super) async fn try_all(bench: &Bench, group: Group) -> Vec<Finding> {
    vec![
        group.tried("body and attributes arrive as they were sent", "semantics: Dead letters", intact(bench)).await,
        group.tried("a received message is hidden, comes back, and is counted", "ADR 0013", hidden(bench)).await,
        group.tried("a message that is given back comes at once", "semantics: Stopping", given_back(bench)).await,
        group
            .tried("a message that is held on to stays hidden", "semantics: Retries, timeouts and outages", held(bench))
            .await,
        group.tried("a deleted message never comes back", "ADR 0003", deleted(bench)).await,
        group
            .tried("each entry of a batch has its own result", "semantics: Commit, publish, delete", entries(bench))
            .await,
        group.tried("the receipt of a deleted message holds nothing", "ADR 0013", lost_receipt(bench)).await,
        group.tried("a waiting receive wakes when a message comes", "ADR 0013", woken(bench)).await,
        group.tried("a look with visibility 0 hides nothing", "semantics: What operators do", looked_at(bench)).await,
        group
            .tried("what is visible and what is hidden are counted", "semantics: What operators do", counted(bench))
            .await,
        group.tried("a message received too often is moved as it was", "semantics: Dead letters", moved(bench)).await,
    ]
}

/// Sends [`BODY`] with an attribute.
async fn send(bench: &Bench, queue: &str) -> Tried {
    let failed = |what: String| Odd::from(Unavailable::new("SQS", what));
    let value = MessageAttributeValue::builder().data_type("String").string_value(VALUE).build();
    let value = value.map_err(|error| failed(error.to_string()))?;
    let url = bench.aws.queue_url(&bench.name(queue));
    let send =
        clients(&bench.aws).sqs.send_message().queue_url(url).message_body(BODY).message_attributes("requestId", value);
    send.send().await.map(|_| ()).map_err(|error| failed(explain(&error)))
}

/// Holds a message to being as [`send`] sent it.
pub(super) fn is_intact(message: &Received, attributes: &[(&str, &str)]) -> Tried {
    holds(message.body == BODY, || format!("the body is {:?}", message.body))?;
    let sent: BTreeMap<_, _> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    holds(message.attributes == sent, || format!("the attributes are {:?}", message.attributes))
}

async fn intact(bench: &Bench) -> Tried {
    send(bench, "intact").await?;
    let found = next(&bench.queue("intact"), PATIENCE).await?;
    is_intact(&found, &[("requestId", VALUE)])?;
    holds(found.sent_at_ms.is_some_and(|at| at.parse::<u64>().is_ok()), || {
        "it does not say when it was sent".to_owned()
    })
}

async fn hidden(bench: &Bench) -> Tried {
    let queue = bench.queue("hidden");
    queue.send(BODY).await?;
    let first = next(&queue, 5 * SECOND).await?;
    nothing_from(&queue, 2 * SECOND).await?;
    let again = next(&queue, PATIENCE).await?;
    holds(again.message_id == first.message_id, || "it came back with another id".to_owned())?;
    let counts = (first.attempt, again.attempt);
    holds(counts == (1, 2), || format!("the receives were counted as {counts:?}"))
}

async fn given_back(bench: &Bench) -> Tried {
    let queue = bench.queue("given-back");
    queue.send(BODY).await?;
    // By itself it would come back when nobody waits for it any more.
    let first = next(&queue, 10 * PATIENCE).await?;
    queue.set_visibility(&first.receipt, Duration::ZERO).await?;
    next(&queue, PATIENCE).await.map(|_| ())
}

async fn held(bench: &Bench) -> Tried {
    let queue = bench.queue("held");
    queue.send(BODY).await?;
    let first = next(&queue, 3 * SECOND).await?;
    queue.set_visibility(&first.receipt, 10 * PATIENCE).await?;
    nothing_from(&queue, 5 * SECOND).await
}

async fn deleted(bench: &Bench) -> Tried {
    let queue = bench.queue("deleted");
    queue.send(BODY).await?;
    let first = next(&queue, 2 * SECOND).await?;
    queue.delete(&first.receipt).await?;
    nothing_from(&queue, 4 * SECOND).await
}

async fn entries(bench: &Bench) -> Tried {
    let queue = bench.queue("entries");
    queue.send(BODY).await?;
    let receipt = next(&queue, PATIENCE).await?.receipt;
    let url = bench.aws.queue_url(&bench.name("entries"));
    let results = delete(clients(&bench.aws).sqs.clone(), url, vec!["no receipt".to_owned(), receipt]).await;
    let right = matches!(results.as_slice(), [Err(SettleError::ReceiptLost(_)), Ok(())]);
    let said: Vec<_> = results.iter().map(in_words).collect();
    holds(right, || format!("of a bad and a good receipt, it said: {}", said.join("; ")))
}

async fn lost_receipt(bench: &Bench) -> Tried {
    let queue = bench.queue("deleted");
    queue.send(BODY).await?;
    let receipt = next(&queue, PATIENCE).await?.receipt;
    queue.delete(&receipt).await?;
    let renewed = queue.set_visibility(&receipt, PATIENCE).await;
    holds(matches!(renewed, Err(SettleError::ReceiptLost(_))), || {
        format!("of that receipt, it said: {}", in_words(&renewed))
    })
}

/// An answer for one entry, as the runtime takes it.
fn in_words(settled: &Result<(), SettleError>) -> String {
    settled.as_ref().err().map_or_else(|| "good".to_owned(), ToString::to_string)
}

async fn woken(bench: &Bench) -> Tried {
    let queue = bench.queue("woken");
    let began = Instant::now();
    let waits = async {
        let found = next(&queue, PATIENCE).await?;
        Ok::<_, Odd>((found, began.elapsed()))
    };
    let sends = async {
        tokio::time::sleep(SECOND).await;
        queue.send(BODY).await
    };
    let (found, sent) = tokio::join!(waits, sends);
    sent?;
    let (_, after) = found?;
    holds(after < PATIENCE / 2, || format!("what was sent after {SECOND:?} came after {after:?}"))
}

async fn looked_at(bench: &Bench) -> Tried {
    let queue = bench.queue("looked-at");
    queue.send(BODY).await?;
    for _ in 0..2 {
        let seen = oldest(&bench.aws, &bench.name("looked-at")).await?;
        holds(seen.is_some(), || "it was not seen".to_owned())?;
    }
    next(&queue, PATIENCE).await.map(|_| ())
}

async fn counted(bench: &Bench) -> Tried {
    let queue = bench.queue("counted");
    queue.send(BODY).await?;
    queue.send(BODY).await?;
    next(&queue, 10 * PATIENCE).await?;
    let expected = Depth { visible: 1, in_flight: 1, delayed: 0 };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = depth(&bench.aws, &bench.name("counted")).await?;
        if found == expected {
            return Ok(());
        }
        holds(Instant::now() < deadline, || format!("one of each was counted as {found:?}"))?;
        tokio::time::sleep(SECOND).await;
    }
}

async fn moved(bench: &Bench) -> Tried {
    let queue = bench.queue("dead");
    send(bench, "dead").await?;
    for _ in 0..RECEIVES_MAX {
        let received = next(&queue, PATIENCE).await?;
        queue.set_visibility(&received.receipt, Duration::ZERO).await?;
    }
    nothing_from(&queue, SECOND).await?;
    is_intact(&next(&bench.queue("dead-dlq"), PATIENCE).await?, &[("requestId", VALUE)])
}
