//! One SQS queue: receive, delete, give back, dead-letter.
//!
//! **Invariant:** a message is sent to the dead-letter queue before it is deleted here, and without what must not be kept.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message, MessageAttributeValue,
    MessageSystemAttributeName,
};
use saga::delivery::is_text;
use wire::Poison;

use crate::aws::Aws;
use crate::batch::{Batcher, ENTRIES_MAX};
use crate::cleaning::Cleaning;
use crate::error::{Unavailable, explain};

/// How much longer than the wait itself a receive call may take.
const RECEIVE_SLACK: Duration = Duration::from_secs(10);

/// The message attribute that identifies a request.
pub const REQUEST_ID: &str = "requestId";

/// A message, with the receipt that settles it.
pub struct Received {
    /// Its body, which may hold a secret.
    pub body: String,
    /// Its attributes, by their text; empty for one that has none. See [`saga::Delivery`].
    pub attributes: BTreeMap<String, String>,
    /// Its SQS message id.
    pub message_id: String,
    /// How often it was received, this time included.
    pub attempt: u32,
    /// When it was sent, in milliseconds since 1970, as SQS says it.
    pub sent_at_ms: Option<String>,
    /// What settles it.
    pub receipt: String,
}

impl std::fmt::Debug for Received {
    /// Without the body, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Received").field("id", &self.message_id).field("bytes", &self.body.len()).finish()
    }
}

/// Why a message could not be settled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The receipt is no longer ours: the message is another receiver's, or is gone.
    #[error("the receipt is lost ({0})")]
    ReceiptLost(String),
    /// The call failed.
    #[error("{0}")]
    Unavailable(Unavailable),
}

type Settled = Result<(), SettleError>;

/// Deletes messages of one queue, together where they meet.
#[derive(Clone, Debug)]
pub struct Deletes(Batcher<String, Settled>);

impl Deletes {
    /// Of the queue at this URL. Starts the task that gathers, so a runtime has to run.
    #[must_use]
    pub fn of(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self(Batcher::start(ENTRIES_MAX, |_| 0, move |receipts| delete(client.clone(), url.clone(), receipts)))
    }

    /// Deletes the message of this receipt.
    ///
    /// # Errors
    ///
    /// [`SettleError`]: the message will come again.
    pub async fn delete(&self, receipt: &str) -> Result<(), SettleError> {
        self.0.add(receipt.to_owned()).await.unwrap_or_else(|_gone| Err(died()))
    }
}

/// A service's queue and its dead-letter queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
    dlq_url: String,
    cleaning: Cleaning,
    deletes: Deletes,
    visibilities: Batcher<(String, i32), Settled>,
}

impl Queue {
    /// The queue of this name, and the one for what can never be handled. A dead letter is cleaned.
    #[must_use]
    pub fn new(aws: &Aws, name: &str, dlq: &str, cleaning: Cleaning) -> Self {
        let (client, url) = (aws.clients.sqs.clone(), aws.queue_url(name));
        let (change_client, change_url) = (client.clone(), url.clone());
        Self {
            deletes: Deletes::of(client.clone(), url.clone()),
            visibilities: Batcher::start(
                ENTRIES_MAX,
                |_| 0,
                move |batch| change(change_client.clone(), change_url.clone(), batch),
            ),
            client,
            url,
            dlq_url: aws.queue_url(dlq),
            cleaning,
        }
    }

    /// Waits for up to `most` messages.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, messages may have been received that nobody handles; they come back when their visibility ends.
    pub async fn receive(
        &self,
        most: usize,
        wait: Duration,
        visibility: Duration,
    ) -> Result<Vec<Received>, Unavailable> {
        let messages = receive(&self.client, &self.url, most, wait, Some(visibility)).await?;
        Ok(messages.into_iter().filter_map(Received::of).collect())
    }

    /// Deletes a message that was handled.
    ///
    /// # Errors
    ///
    /// [`SettleError`]: the message will come again.
    pub async fn delete(&self, receipt: &str) -> Settled {
        self.deletes.delete(receipt).await
    }

    /// Makes a message visible again after this long: gives it back, or holds on to it.
    ///
    /// # Errors
    ///
    /// [`SettleError`].
    pub async fn set_visibility(&self, receipt: &str, after: Duration) -> Settled {
        self.visibilities.add((receipt.to_owned(), secs(after))).await.unwrap_or_else(|_gone| Err(died()))
    }

    /// Sends the service a message of its own.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: it may have been sent.
    pub async fn send(&self, body: &str) -> Result<(), Unavailable> {
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| unavailable(&self.url, &explain(&error)))
    }

    /// Sends a message that can never be handled to the dead-letter queue, and deletes it here.
    ///
    /// # Errors
    ///
    /// [`SettleError`]: the message will come again.
    pub(crate) async fn dead_letter(&self, message: &Received, poison: &Poison, known: &[(&str, String)]) -> Settled {
        let body = (self.cleaning.body)(&message.body);
        let mut send = self.client.send_message().queue_url(&self.dlq_url).message_body(body);
        let own = [
            ("reason", poison.reason.as_str().to_owned()),
            ("detail", poison.detail.clone()),
            ("messageId", message.message_id.clone()),
            ("attempts", message.attempt.to_string()),
            ("firstSeen", message.sent_at_ms.clone().unwrap_or_default()),
            (REQUEST_ID, message.identity(self.cleaning).to_owned()),
        ];
        // SQS takes at most ten, and none that is empty.
        let known = known.iter().map(|(name, value)| (*name, value.clone()));
        for (name, value) in own.into_iter().chain(known).filter(|(_, value)| !value.is_empty()).take(10) {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            let value = value.map_err(|error| SettleError::Unavailable(Unavailable::new("SQS", error.to_string())))?;
            send = send.message_attributes(name, value);
        }
        let sent = send.send().await;
        sent.map_err(|error| SettleError::Unavailable(unavailable(&self.dlq_url, &explain(&error))))?;
        // Crash here: the dead letter stands and the message comes again; a dead letter may stand twice.
        self.delete(&message.receipt).await
    }
}

impl Received {
    /// What identifies a request that says nothing of it in its body. Redriven, it has another SQS message id, and must
    /// be the same request.
    fn identity(&self, cleaning: Cleaning) -> &str {
        // No attribute of a dead letter may hold what must not be kept; a request that bears such is none to redrive.
        let is_kept = |id: &&String| !id.is_empty() && (cleaning.text)(id) == id.as_str();
        let own = self.attributes.get(REQUEST_ID).filter(is_kept);
        own.unwrap_or(&self.message_id)
    }

    fn of(message: Message) -> Option<Self> {
        let system = message.attributes.unwrap_or_default();
        let attempt = system.get(&MessageSystemAttributeName::ApproximateReceiveCount);
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        Some(Self {
            body: wire::unmarked(&message.body.unwrap_or_default()).to_owned(),
            attributes: attributes
                .map(|(name, value)| {
                    let text = value.string_value.filter(|_| is_text(&value.data_type)).unwrap_or_default();
                    (name, text)
                })
                .collect(),
            message_id: message.message_id?,
            attempt: attempt.and_then(|count| count.parse().ok()).unwrap_or(1),
            sent_at_ms: system.get(&MessageSystemAttributeName::SentTimestamp).cloned(),
            receipt: message.receipt_handle?,
        })
    }
}

/// Waits for up to `most` messages of a queue; `visibility`: for how long they are hidden, else as the queue has it.
///
/// # Errors
///
/// [`Unavailable`].
///
/// # Cancel safety
///
/// Dropped, messages may have been received that nobody handles; they come back when their visibility ends.
pub async fn receive(
    client: &aws_sdk_sqs::Client,
    url: &str,
    most: usize,
    wait: Duration,
    visibility: Option<Duration>,
) -> Result<Vec<Message>, Unavailable> {
    // `receive_message` can hang for good when a connection dies silently, so an attempt has an end, and one that is
    // later than the longest wait.
    let timeout = TimeoutConfig::builder().operation_attempt_timeout(wait + RECEIVE_SLACK).build();
    let answer = client
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(i32::try_from(most).unwrap_or(10))
        .wait_time_seconds(secs(wait))
        .set_visibility_timeout(visibility.map(secs))
        .message_attribute_names("All")
        .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
        .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
        .customize()
        .config_override(aws_sdk_sqs::config::Builder::new().timeout_config(timeout))
        .send()
        .await
        .map_err(|error| unavailable(url, &explain(&error)))?;
    Ok(answer.messages.unwrap_or_default())
}

fn unavailable(url: &str, what: &str) -> Unavailable {
    Unavailable::new("SQS", format!("{url}: {what}"))
}

fn secs(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

fn died() -> SettleError {
    SettleError::Unavailable(Unavailable::new("SQS", "the batch died"))
}

/// One `DeleteMessageBatch`; a result for each entry, in order.
#[expect(clippy::disallowed_methods, reason = "this is the one place that deletes messages")]
pub async fn delete(client: aws_sdk_sqs::Client, url: String, receipts: Vec<String>) -> Vec<Settled> {
    let entry = |(index, receipt): (usize, &String)| {
        DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt).build()
    };
    let send = async |entries| {
        let answer = client.delete_message_batch().queue_url(&url).set_entries(Some(entries)).send().await;
        answer.map(|answer| answer.failed).map_err(|error| explain(&error))
    };
    settle(&url, receipts.iter().enumerate().map(entry), send).await
}

/// One `ChangeMessageVisibilityBatch`, of receipts and the seconds for which their messages stay hidden; a result for
/// each entry, in order.
pub async fn change(client: aws_sdk_sqs::Client, url: String, changes: Vec<(String, i32)>) -> Vec<Settled> {
    let entry = |(index, (receipt, after)): (usize, &(String, i32))| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
        entry.receipt_handle(receipt).visibility_timeout(*after).build()
    };
    let send = async |entries| {
        let answer = client.change_message_visibility_batch().queue_url(&url).set_entries(Some(entries)).send().await;
        answer.map(|answer| answer.failed).map_err(|error| explain(&error))
    };
    settle(&url, changes.iter().enumerate().map(entry), send).await
}

/// Sends a batch of these entries, and says what came of each.
async fn settle<E>(
    url: &str,
    entries: impl ExactSizeIterator<Item = Result<E, BuildError>>,
    send: impl AsyncFnOnce(Vec<E>) -> Result<Vec<Failed>, String>,
) -> Vec<Settled> {
    let count = entries.len();
    let answer = match entries.collect::<Result<Vec<_>, _>>() {
        Ok(entries) => send(entries).await,
        Err(error) => Err(error.to_string()),
    };
    results(url, count, answer)
}

type Failed = aws_sdk_sqs::types::BatchResultErrorEntry;

/// What the batch's answer says of each entry.
fn results(url: &str, entries: usize, answer: Result<Vec<Failed>, String>) -> Vec<Settled> {
    let failed = match answer {
        Ok(failed) => failed,
        Err(what) => {
            return vec![Err(SettleError::Unavailable(unavailable(url, &what))); entries];
        }
    };
    let result_of = |index: usize| {
        let id = index.to_string();
        match failed.iter().find(|entry| entry.id() == id) {
            None => Ok(()),
            // Sender's faults here are receipts that are not valid any more.
            Some(entry) if entry.sender_fault() => Err(SettleError::ReceiptLost(entry.code().to_owned())),
            Some(entry) => Err(SettleError::Unavailable(unavailable(url, entry.code()))),
        }
    };
    (0..entries).map(result_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(id: &str, code: &str, sender_fault: bool) -> Failed {
        Failed::builder().id(id).code(code).sender_fault(sender_fault).build().unwrap()
    }

    #[test]
    fn each_entry_of_a_batch_gets_its_own_result() {
        let answer = vec![failed("1", "ReceiptHandleIsInvalid", true), failed("2", "InternalError", false)];
        let results = results("q", 4, Ok(answer));
        assert_eq!(results[0], Ok(()));
        assert_eq!(results[1], Err(SettleError::ReceiptLost("ReceiptHandleIsInvalid".to_owned())));
        assert!(matches!(results[2], Err(SettleError::Unavailable(_))));
        assert_eq!(results[3], Ok(()));
    }

    #[test]
    fn a_batch_that_failed_as_a_whole_failed_for_each() {
        let results = results("q", 2, Err("timeout".to_owned()));
        assert_eq!(results.len(), 2);
        assert!(results.iter().all(|result| matches!(result, Err(SettleError::Unavailable(_)))));
    }
}
