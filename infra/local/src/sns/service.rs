//! What all operations of SNS share: the topics, and the way into the queues.

use std::sync::Arc;

use crate::carried::Carried;
use crate::sns::fan_out::FanOut;
use crate::sns::topics::Topics;
use crate::sqs::Sqs;

/// All topics.
#[derive(Debug)]
pub(crate) struct Sns {
    pub(super) topics: Topics,
    pub(super) fan_out: FanOut,
    pub(super) carried: Arc<Carried>,
}

impl Sns {
    /// No topics yet. `url` is where subscribers can unsubscribe.
    pub(crate) fn new(url: &str, sqs: Arc<Sqs>, carried: Arc<Carried>) -> Self {
        Self { topics: Topics::default(), fan_out: FanOut::new(url, sqs), carried }
    }
}
