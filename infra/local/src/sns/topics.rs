//! Topics and subscriptions.
//!
//! **Invariant:** a subscription belongs to a topic that exists; deleting the topic deletes it.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use uuid::Uuid;

use crate::sns::error::Error;
use crate::sns::subscription::{Settings, Subscription, Texts, same_queue, same_settings};
use crate::sns::topic::Topic;
use crate::sync::{read, write};
use crate::{ACCOUNT, REGION};

/// All topics, by ARN.
#[derive(Debug, Default)]
pub(super) struct Topics(RwLock<BTreeMap<String, Topic>>);

impl Topics {
    /// Creates a topic, or finds the one that is there with the same attributes.
    pub(super) fn create(&self, name: &str, attributes: Texts, tags: Texts) -> Result<String, Error> {
        let created = Topic::new(name, attributes, tags)?;
        let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}");
        let mut topics = write(&self.0);
        if let Some(topic) = topics.get(&arn) {
            if !topic.has(&created.attributes) {
                return Err(Error::invalid("Attributes Reason: Topic already exists with different attributes"));
            }
            return Ok(arn);
        }
        topics.insert(arn.clone(), created);
        Ok(arn)
    }

    /// Deletes a topic and its subscriptions; one that is not there is deleted already.
    pub(super) fn delete(&self, arn: &str) {
        write(&self.0).remove(&canonical(arn));
    }

    pub(super) fn arns(&self) -> Vec<String> {
        read(&self.0).keys().cloned().collect()
    }

    /// Looks at a topic.
    pub(super) fn with<T>(&self, arn: &str, look: impl FnOnce(&Topic) -> T) -> Result<T, Error> {
        read(&self.0).get(&canonical(arn)).map(look).ok_or_else(no_such_topic)
    }

    /// Changes a topic.
    pub(super) fn change<T>(&self, arn: &str, change: impl FnOnce(&mut Topic) -> T) -> Result<T, Error> {
        write(&self.0).get_mut(&canonical(arn)).map(change).ok_or_else(no_such_topic)
    }

    /// Subscribes a queue, or finds its subscription with the same attributes.
    pub(super) fn subscribe(&self, topic_arn: &str, queue_arn: &str, attributes: Texts) -> Result<String, Error> {
        let settings = Settings::read(&attributes)?;
        self.change(topic_arn, |topic| {
            let existing = topic.subscriptions.iter().find(|other| same_queue(&other.queue_arn, queue_arn));
            if let Some(existing) = existing {
                return if same_settings(&existing.attributes, &attributes) {
                    Ok(existing.arn.clone())
                } else {
                    Err(Error::invalid("Attributes Reason: Subscription already exists with different attributes"))
                };
            }
            topic.check_subscriber(queue_arn)?;
            let topic_arn = canonical(topic_arn);
            let arn = format!("{topic_arn}:{}", Uuid::new_v4());
            topic.subscriptions.push(Arc::new(Subscription {
                arn: arn.clone(),
                topic_arn,
                queue_arn: queue_arn.to_owned(),
                attributes,
                settings,
            }));
            Ok(arn)
        })?
    }

    /// Ends a subscription; one that is not there is ended already.
    pub(super) fn unsubscribe(&self, arn: &str) {
        let mut topics = write(&self.0);
        for topic in topics.values_mut() {
            let before = topic.subscriptions.len();
            topic.subscriptions.retain(|subscription| subscription.arn != arn);
            if topic.subscriptions.len() < before {
                topic.unsubscribed = topic.unsubscribed.saturating_add(1);
            }
        }
    }

    pub(super) fn subscription(&self, arn: &str) -> Result<Arc<Subscription>, Error> {
        self.subscriptions().into_iter().find(|subscription| subscription.arn == arn).ok_or_else(no_such_subscription)
    }

    pub(super) fn subscriptions(&self) -> Vec<Arc<Subscription>> {
        read(&self.0).values().flat_map(|topic| topic.subscriptions.iter().cloned()).collect()
    }

    /// Sets an attribute of a subscription.
    pub(super) fn set_subscription_attribute(&self, arn: &str, name: &str, value: &str) -> Result<(), Error> {
        let mut topics = write(&self.0);
        let mut all = topics.values_mut().flat_map(|topic| topic.subscriptions.iter_mut());
        let subscription = all.find(|subscription| subscription.arn == arn).ok_or_else(no_such_subscription)?;
        let mut attributes = subscription.attributes.clone();
        attributes.insert(name.to_owned(), value.to_owned());
        let settings = Settings::read(&attributes)?;
        // An empty policy takes the policy away.
        attributes.retain(|_, value| !value.is_empty());
        *subscription = Arc::new(Subscription {
            arn: subscription.arn.clone(),
            topic_arn: subscription.topic_arn.clone(),
            queue_arn: subscription.queue_arn.clone(),
            attributes,
            settings,
        });
        Ok(())
    }
}

/// The ARN under which a topic is kept: the region a client names does not matter.
fn canonical(arn: &str) -> String {
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", "aws", "sns", _, account, name] => format!("arn:aws:sns:{REGION}:{account}:{name}"),
        _ => arn.to_owned(),
    }
}

fn no_such_topic() -> Error {
    Error::new("NotFound", "Topic does not exist")
}

fn no_such_subscription() -> Error {
    Error::new("NotFound", "Subscription does not exist")
}
