//! A message that was published, and what its publisher is told.

use crate::sqs::Attributes;
use crate::xml::Xml;

/// A message that was accepted.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) subject: Option<String>,
    pub(super) attributes: Attributes,
    pub(super) group: Option<String>,
    /// Of a message to a FIFO topic, given or derived from its content.
    pub(super) deduplication: Option<String>,
    /// FIFO topics number their messages.
    pub(super) sequence: Option<String>,
    /// The trace that the request belonged to; queues show it as `AWSTraceHeader`.
    pub(super) trace_header: Option<String>,
    pub(super) timestamp: String,
}

/// What the publisher is told of a message.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    id: String,
    sequence: Option<String>,
}

impl Accepted {
    /// Writes it into the answer.
    pub(super) fn write(&self, xml: Xml) -> Xml {
        let xml = xml.text("MessageId", &self.id);
        self.sequence.iter().fold(xml, |xml, sequence| xml.text("SequenceNumber", sequence))
    }
}

impl Message {
    pub(super) fn accepted(&self) -> Accepted {
        Accepted { id: self.id.clone(), sequence: self.sequence.clone() }
    }
}
