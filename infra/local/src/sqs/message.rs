//! One message: what is kept of it, and what a receiver is shown.
//!
//! **Invariant:** a message keeps its id, its time of sending and its count of receives when it goes to a dead-letter
//! queue; only a redrive makes a new message of it.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustack_sqs_core::message::{md5_of_body, md5_of_message_attributes};
use rustack_sqs_model::types::{Message, MessageAttributeValue};
use tokio::time::Instant;
use uuid::Uuid;

use crate::ACCOUNT;
use crate::sqs::error::{Error, Kind};

/// Attributes by name.
pub(crate) type Attributes = HashMap<String, MessageAttributeValue>;

/// A message that is to be put into a queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewMessage {
    pub(crate) body: String,
    pub(crate) attributes: Attributes,
    pub(crate) delay_secs: Option<i32>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication: Option<String>,
    pub(crate) trace_header: Option<String>,
}

/// A message in a queue.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) id: Uuid,
    pub(super) body: String,
    pub(super) attributes: Attributes,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
    pub(super) trace_header: Option<String>,
    /// FIFO queues number their messages.
    pub(super) sequence: Option<u64>,
    pub(super) sent_at_ms: u64,
    pub(super) first_received_at_ms: Option<u64>,
    /// Receives across all queues it was in.
    pub(super) received: u32,
    /// Receives in this queue, which its redrive policy limits.
    pub(super) received_here: u32,
    /// The queue whose dead letter this is.
    pub(super) source_arn: Option<String>,
    /// Names the latest receive: only its receipt handle is of effect.
    pub(super) receipt: Option<Uuid>,
    /// The order of delivery among the visible.
    pub(super) position: u64,
    pub(super) visibility: Visibility,
}

/// Whether a message of a queue can be received, or from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    Visible,
    /// Not to be seen before this.
    Delayed(Instant),
    /// Received at `since`, and visible again at `until`.
    InFlight {
        since: Instant,
        until: Instant,
    },
}

/// What a receiver wants to see of a message besides its body.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Names of system attributes, or `All`.
    pub(super) system: Vec<String>,
    /// Names of message attributes, `All`, or a prefix and `.*`.
    pub(super) attributes: Vec<String>,
}

impl View {
    fn shows_system(&self, name: &str) -> bool {
        self.system.iter().any(|wanted| wanted == name || wanted == "All")
    }

    fn shows(&self, name: &str) -> bool {
        self.attributes.iter().any(|wanted| {
            wanted == name
                || wanted == "All"
                || wanted.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
        })
    }
}

impl Held {
    /// As the receiver with this receipt sees it.
    pub(super) fn shown(&self, queue: &str, receipt: Uuid, view: &View) -> Message {
        let attributes: Attributes = self
            .attributes
            .iter()
            .filter(|(name, _)| view.shows(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Message {
            message_id: Some(self.id.to_string()),
            receipt_handle: Some(Handle { queue: queue.to_owned(), id: self.id, receipt }.encode()),
            body: Some(self.body.clone()),
            md5_of_body: Some(md5_of_body(&self.body)),
            md5_of_message_attributes: md5_of_message_attributes(&attributes),
            message_attributes: attributes,
            attributes: self.system(|name| view.shows_system(name)),
        }
    }

    /// Everything about it as one text.
    pub(super) fn text(&self) -> String {
        serde_json::json!({
            "MessageId": self.id,
            "Body": self.body,
            "MessageAttributes": self.attributes,
            "Attributes": self.system(|_| true),
        })
        .to_string()
    }

    fn system(&self, wanted: impl Fn(&str) -> bool) -> HashMap<String, String> {
        let all = [
            ("SenderId", Some(ACCOUNT.to_owned())),
            ("SentTimestamp", Some(self.sent_at_ms.to_string())),
            ("ApproximateReceiveCount", Some(self.received.to_string())),
            ("ApproximateFirstReceiveTimestamp", self.first_received_at_ms.map(|at| at.to_string())),
            ("SequenceNumber", self.sequence.map(sequence_text)),
            ("MessageGroupId", self.group.clone()),
            ("MessageDeduplicationId", self.deduplication.clone()),
            ("DeadLetterQueueSourceArn", self.source_arn.clone()),
            ("AWSTraceHeader", self.trace_header.clone()),
        ];
        all.into_iter()
            .filter(|(name, _)| wanted(name))
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

/// A FIFO queue's number of a message, as text that sorts.
pub(super) fn sequence_text(sequence: u64) -> String {
    format!("{sequence:020}")
}

/// A receipt handle: names one receive of one message in one queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Handle {
    queue: String,
    pub(super) id: Uuid,
    pub(super) receipt: Uuid,
}

impl Handle {
    fn encode(&self) -> String {
        STANDARD.encode(format!("{}/{}/{}", self.queue, self.id, self.receipt))
    }

    /// Reads a handle that this queue has given out.
    pub(super) fn decode(text: &str, queue: &str) -> Result<Self, Error> {
        let read = || {
            let bytes = STANDARD.decode(text).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let mut parts = text.split('/');
            let handle = Self {
                queue: parts.next()?.to_owned(),
                id: parts.next()?.parse().ok()?,
                receipt: parts.next()?.parse().ok()?,
            };
            (parts.next().is_none() && handle.queue == queue).then_some(handle)
        };
        read().ok_or_else(|| {
            Error::new(
                Kind::ReceiptHandleIsInvalid,
                format!("The input receipt handle \"{text}\" is not a valid receipt handle."),
            )
        })
    }
}

/// What was accepted.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) id: Uuid,
    pub(super) sequence: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_good_for_its_own_queue_only() {
        let handle = Handle { queue: "a".to_owned(), id: Uuid::new_v4(), receipt: Uuid::new_v4() };
        assert_eq!(Handle::decode(&handle.encode(), "a").unwrap(), handle);
        for bad in [Handle::decode(&handle.encode(), "b"), Handle::decode("garbage", "a"), Handle::decode("", "a")] {
            assert_eq!(bad.unwrap_err().kind, Kind::ReceiptHandleIsInvalid);
        }
    }
}
