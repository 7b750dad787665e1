//! How much is in a queue, and for how long it has been there.
//!
//! **Invariant:** a look takes nothing out and hides nothing. But SQS counts every receive, so only [`oldest`], which
//! has to receive, adds to the receive counts of what it sees.

use std::time::Duration;

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use jiff::Timestamp;
use runtime::tools::{ENTRIES_MAX, clients, explain, receive};
use runtime::{Aws, Unavailable};

/// What SQS says of a queue; all numbers are approximate, and late by up to a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait to be received.
    pub visible: u64,
    /// Messages that were received and are not deleted.
    pub in_flight: u64,
    /// Messages that are not visible yet.
    pub delayed: u64,
}

impl Depth {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.visible + self.in_flight + self.delayed
    }
}

/// How much is in a queue.
///
/// # Errors
///
/// [`Unavailable`].
pub async fn depth(aws: &Aws, queue: &str) -> Result<Depth, Unavailable> {
    let failed = |what: String| Unavailable::new("SQS", format!("queue {queue}: {what}"));
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let asked = clients(aws)
        .sqs
        .get_queue_attributes()
        .queue_url(aws.queue_url(queue))
        .set_attribute_names(Some(names.to_vec()));
    let found = asked.send().await.map_err(|error| failed(explain(&error)))?.attributes.unwrap_or_default();
    let [visible, in_flight, delayed] = names.map(|name| {
        let count = found.get(&name).and_then(|text| text.parse().ok());
        count.ok_or_else(|| failed(format!("{} is missing", name.as_str())))
    });
    Ok(Depth { visible: visible?, in_flight: in_flight?, delayed: delayed? })
}

/// When the oldest of up to ten visible messages was sent: the queue's oldest message is that old or older. `None` when
/// none is visible.
///
/// It adds one to the receive counts of those ten.
///
/// # Errors
///
/// [`Unavailable`].
pub async fn oldest(aws: &Aws, queue: &str) -> Result<Option<Timestamp>, Unavailable> {
    let seen =
        receive(&clients(aws).sqs, &aws.queue_url(queue), ENTRIES_MAX, Duration::ZERO, Some(Duration::ZERO)).await?;
    let sent = seen.iter().filter_map(|message| {
        let ms = message.attributes()?.get(&MessageSystemAttributeName::SentTimestamp)?;
        Timestamp::from_millisecond(ms.parse().ok()?).ok()
    });
    Ok(sent.min())
}

/// Whether there is a queue of this name.
///
/// # Errors
///
/// [`Unavailable`].
pub async fn exists(aws: &Aws, queue: &str) -> Result<bool, Unavailable> {
    match clients(aws).sqs.get_queue_attributes().queue_url(aws.queue_url(queue)).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()) => Ok(false),
        Err(error) => Err(Unavailable::new("SQS", format!("queue {queue}: {}", explain(&error)))),
    }
}
