//! Delivery of one message to all subscriptions of a topic.
//!
//! **Invariant:** each delivery is a queue message of its own; a delivery that fails does not stop the others.

use std::sync::Arc;

use crate::sns::envelope::envelope;
use crate::sns::message::Message;
use crate::sns::subscription::Subscription;
use crate::sns::topic::is_fifo;
use crate::sqs::{Attributes, Error, NewMessage, Sqs};

/// SQS takes no more attributes, so SNS cannot deliver more of them raw.
const RAW_ATTRIBUTES_MAX: usize = 10;

/// Puts messages into queues.
#[derive(Debug)]
pub(super) struct FanOut {
    url: String,
    sqs: Arc<Sqs>,
}

impl FanOut {
    pub(super) fn new(url: &str, sqs: Arc<Sqs>) -> Self {
        Self { url: url.to_owned(), sqs }
    }

    /// Delivers to every subscription whose filter lets the message through.
    pub(super) fn deliver(&self, message: &Message, subscriptions: &[Arc<Subscription>]) {
        for subscription in subscriptions {
            let settings = &subscription.settings;
            if settings.filter.as_ref().is_some_and(|filter| !filter.matches(message)) {
                continue;
            }
            // More attributes than SQS takes are a failure on the client's side: no retry, as with AWS.
            let too_many = settings.raw && message.attributes.len() > RAW_ATTRIBUTES_MAX;
            let failure = if too_many {
                Some("a raw delivery carries at most ten attributes".to_owned())
            } else {
                let delivery = self.delivery(message, subscription, &subscription.queue_arn, settings.raw);
                self.sqs.deliver(&subscription.queue_arn, delivery).err().map(|error| error.to_string())
            };
            if let Some(reason) = failure {
                self.dead_letter(message, subscription, &reason, settings.raw && !too_many);
            }
        }
    }

    fn delivery(&self, message: &Message, subscription: &Subscription, queue_arn: &str, raw: bool) -> NewMessage {
        let (body, attributes) = if raw {
            (message.body.clone(), message.attributes.clone())
        } else {
            (envelope(message, &subscription.topic_arn, &subscription.arn, &self.url), Attributes::new())
        };
        // Standard queues tell no twins apart, and take no message that asks for it.
        let deduplication = message.deduplication.clone().filter(|_| is_fifo(queue_arn));
        let (group, trace_header) = (message.group.clone(), message.trace_header.clone());
        NewMessage { body, attributes, delay_secs: None, group, deduplication, trace_header }
    }

    fn dead_letter(&self, message: &Message, subscription: &Subscription, reason: &str, raw: bool) {
        let outcome: Option<Result<(), Error>> = subscription
            .settings
            .dead_letter_arn
            .as_ref()
            .map(|arn| self.sqs.deliver(arn, self.delivery(message, subscription, arn, raw)));
        match outcome {
            Some(Ok(())) => {
                tracing::warn!(reason, subscription = subscription.arn, "not delivered: sent to the dead-letter queue");
            }
            Some(Err(error)) => {
                tracing::error!(reason, %error, subscription = subscription.arn, "not delivered, nor dead-lettered");
            }
            None => tracing::error!(reason, subscription = subscription.arn, "not delivered: dropped"),
        }
    }
}
