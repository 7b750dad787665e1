//! One topic, and what its attributes mean.
//!
//! **Invariant:** an attribute that was accepted has a name that topics have, and a value that can be obeyed.

use std::sync::{Arc, Mutex};

use crate::sns::error::Error;
use crate::sns::fifo::{Fifo, FifoState};
use crate::sns::subscription::{Subscription, Texts, same};

/// <https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html>: with attributes, for one message and for a
/// batch.
const SIZE_DEFAULT: usize = 262_144;

/// What a topic can be set to take.
const SIZE_MIN: usize = 1024;
const SIZE_MAX: usize = 1_048_576;

/// A topic that takes more than [`SIZE_DEFAULT`] has no more subscriptions than this.
const SUBSCRIPTIONS_OF_LARGE_MAX: usize = 100;

const MAXIMUM_MESSAGE_SIZE: &str = "MaximumMessageSize";
const FIFO_TOPIC: &str = "FifoTopic";
const CONTENT_BASED_DEDUPLICATION: &str = "ContentBasedDeduplication";
const FIFO_THROUGHPUT_SCOPE: &str = "FifoThroughputScope";

/// Names a topic may have attributes under, besides those above.
const STORED: [&str; 8] = [
    "ArchivePolicy",
    "DataProtectionPolicy",
    "DeliveryPolicy",
    "DisplayName",
    "KmsMasterKeyId",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
];

/// A topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) attributes: Texts,
    pub(super) tags: Texts,
    pub(super) subscriptions: Vec<Arc<Subscription>>,
    pub(super) unsubscribed: u64,
    /// Of a FIFO topic.
    fifo: Option<Arc<Mutex<FifoState>>>,
}

/// Where a message that is published goes, and what it has to obey.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) subscriptions: Vec<Arc<Subscription>>,
    pub(super) size_max: usize,
    pub(super) fifo: Option<Fifo>,
}

impl Topic {
    /// A topic of this name, if it and the attributes are good.
    pub(super) fn new(name: &str, attributes: Texts, tags: Texts) -> Result<Self, Error> {
        let stem = name.strip_suffix(".fifo").unwrap_or(name);
        let valid = !stem.is_empty()
            && name.len() <= 256
            && stem.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !valid {
            return Err(Error::invalid("Topic Name"));
        }
        let is_fifo_topic = is_true(&attributes, FIFO_TOPIC);
        if is_fifo_topic != is_fifo(name) {
            return Err(Error::invalid(
                "Topic Name Reason: the name of a FIFO topic ends with .fifo, and only a topic with the attribute \
                 FifoTopic may be named so",
            ));
        }
        let fifo = is_fifo_topic.then(Arc::default);
        let topic = Self { attributes: Texts::new(), tags, subscriptions: Vec::new(), unsubscribed: 0, fifo };
        attributes.iter().try_for_each(|(name, value)| topic.check(name, value))?;
        Ok(Self { attributes, ..topic })
    }

    /// Whether it has these attributes, however they are spelled.
    pub(super) fn has(&self, attributes: &Texts) -> bool {
        attributes.iter().all(|(name, value)| self.attributes.get(name).is_some_and(|has| same(has, value)))
    }

    /// Sets an attribute.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if name == FIFO_TOPIC {
            return Err(Error::invalid("FifoTopic Reason: it can be set only when the topic is created"));
        }
        self.check(name, value)?;
        self.attributes.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    fn check(&self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            MAXIMUM_MESSAGE_SIZE => {
                let size = value.parse().ok().filter(|size| (SIZE_MIN..=SIZE_MAX).contains(size));
                let size = size.ok_or_else(|| {
                    Error::invalid(&format!(
                        "{MAXIMUM_MESSAGE_SIZE} Reason: must be an integer from {SIZE_MIN} to {SIZE_MAX}"
                    ))
                })?;
                check_count(size, self.subscriptions.len())
            }
            FIFO_TOPIC => is_flag(name, value),
            CONTENT_BASED_DEDUPLICATION | FIFO_THROUGHPUT_SCOPE if self.fifo.is_none() => {
                Err(Error::invalid(&format!("{name} Reason: it can be set on FIFO topics only")))
            }
            CONTENT_BASED_DEDUPLICATION => is_flag(name, value),
            FIFO_THROUGHPUT_SCOPE if !matches!(value, "Topic" | "MessageGroup") => {
                Err(Error::invalid(&format!("{name} Reason: must be Topic or MessageGroup")))
            }
            FIFO_THROUGHPUT_SCOPE => Ok(()),
            _ => {
                // Besides, there are feedback settings by protocol: `SQSSuccessFeedbackRoleArn` and so on.
                let feedback = ["FeedbackRoleArn", "FeedbackSampleRate"].iter().any(|end| name.ends_with(end));
                if feedback || STORED.contains(&name) { Ok(()) } else { Err(Error::invalid("AttributeName")) }
            }
        }
    }

    /// Whether one more queue may subscribe.
    pub(super) fn check_subscriber(&self, queue_arn: &str) -> Result<(), Error> {
        if self.fifo.is_none() && is_fifo(queue_arn) {
            return Err(Error::invalid(
                "Endpoint Reason: FIFO SQS queues can not be subscribed to standard SNS topics",
            ));
        }
        check_count(self.size_max(), self.subscriptions.len().saturating_add(1))
    }

    /// What is needed to publish.
    pub(super) fn target(&self) -> Target {
        let by_group = self.attributes.get(FIFO_THROUGHPUT_SCOPE).is_some_and(|scope| scope == "MessageGroup");
        let by_content = is_true(&self.attributes, CONTENT_BASED_DEDUPLICATION);
        Target {
            subscriptions: self.subscriptions.clone(),
            size_max: self.size_max(),
            fifo: self.fifo.as_ref().map(|state| Fifo { by_content, by_group, state: Arc::clone(state) }),
        }
    }

    fn size_max(&self) -> usize {
        self.attributes.get(MAXIMUM_MESSAGE_SIZE).and_then(|text| text.parse().ok()).unwrap_or(SIZE_DEFAULT)
    }
}

/// Whether this names a FIFO queue or a FIFO topic.
pub(super) fn is_fifo(name: &str) -> bool {
    name.strip_suffix(".fifo").is_some()
}

fn is_true(attributes: &Texts, name: &str) -> bool {
    attributes.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn is_flag(name: &str, value: &str) -> Result<(), Error> {
    if ["true", "false"].iter().any(|flag| value.eq_ignore_ascii_case(flag)) {
        return Ok(());
    }
    Err(Error::invalid(&format!("{name} Reason: must be true or false")))
}

fn check_count(size_max: usize, subscriptions: usize) -> Result<(), Error> {
    if size_max <= SIZE_DEFAULT || subscriptions <= SUBSCRIPTIONS_OF_LARGE_MAX {
        return Ok(());
    }
    Err(Error::invalid(&format!(
        "{MAXIMUM_MESSAGE_SIZE} Reason: a topic that takes more than {SIZE_DEFAULT} bytes has at most \
         {SUBSCRIPTIONS_OF_LARGE_MAX} subscriptions"
    )))
}
