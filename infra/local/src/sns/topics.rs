//! Topics and subscriptions.
//!
//! **Invariant:** a subscription belongs to a topic that exists; deleting the topic deletes it.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use uuid::Uuid;

use crate::sns::error::Error;
use crate::sns::filter::Filter;
use crate::sns::topic::Topic;
use crate::sync::{read, write};
use crate::{ACCOUNT, REGION};

/// Text by name.
pub(super) type Texts = BTreeMap<String, String>;

/// A queue's wish to get what is published to a topic.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) arn: String,
    pub(super) topic_arn: String,
    pub(super) queue_arn: String,
    /// As they were set.
    pub(super) attributes: Texts,
    /// What they mean.
    pub(super) settings: Settings,
}

/// What the attributes of a subscription mean.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) raw: bool,
    pub(super) filter: Option<Filter>,
    pub(super) dead_letter_arn: Option<String>,
}

impl Settings {
    fn read(attributes: &Texts) -> Result<Self, Error> {
        let mut settings = Self::default();
        let mut policy = None;
        let mut on_body = false;
        for (name, value) in attributes {
            match name.as_str() {
                "RawMessageDelivery" => settings.raw = flag(name, value)?,
                "FilterPolicy" => policy = Some(value.as_str()).filter(|policy| !policy.is_empty()),
                "FilterPolicyScope" => {
                    on_body = match value.as_str() {
                        "MessageBody" => true,
                        "MessageAttributes" | "" => false,
                        _ => {
                            return Err(Error::invalid("FilterPolicyScope: must be MessageAttributes or MessageBody"));
                        }
                    };
                }
                "RedrivePolicy" => settings.dead_letter_arn = dead_letter_arn(value)?,
                "DeliveryPolicy" | "SubscriptionRoleArn" | "ReplayPolicy" => {}
                _ => return Err(Error::invalid(&format!("AttributeName: {name}"))),
            }
        }
        settings.filter = policy.map(|policy| Filter::parse(policy, on_body)).transpose()?;
        Ok(settings)
    }
}

fn flag(name: &str, value: &str) -> Result<bool, Error> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => {
            Err(Error::invalid(&format!("Attributes Reason: {name}: Invalid value [{value}]. Must be true or false.")))
        }
    }
}

fn dead_letter_arn(policy: &str) -> Result<Option<String>, Error> {
    if policy.is_empty() {
        return Ok(None);
    }
    let json: Option<serde_json::Value> = serde_json::from_str(policy).ok();
    let arn = json.as_ref().and_then(|json| json.get("deadLetterTargetArn")?.as_str());
    match arn {
        Some(arn) if arn.split(':').nth(2) == Some("sqs") => Ok(Some(arn.to_owned())),
        _ => {
            Err(Error::invalid("RedrivePolicy: failed to parse JSON, or deadLetterTargetArn is not the ARN of a queue"))
        }
    }
}

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

/// Settings of a subscription that mean the same when they are left out.
const DEFAULTS: [(&str, &str); 2] = [("FilterPolicyScope", "MessageAttributes"), ("RawMessageDelivery", "false")];

/// Whether the attributes of two subscriptions mean the same.
fn same_settings(a: &Texts, b: &Texts) -> bool {
    let stated = |attributes: &Texts| {
        let mut stated = attributes.clone();
        stated.retain(|name, value| {
            !value.is_empty() && !DEFAULTS.iter().any(|(of, usual)| of == name && same(usual, value))
        });
        stated
    };
    let (a, b) = (stated(a), stated(b));
    a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
}

/// Whether two values of an attribute mean the same: flags and JSON may be spelled in more than one way.
pub(super) fn same(a: &str, b: &str) -> bool {
    let is_flag = |text: &str| ["true", "false"].iter().any(|flag| text.eq_ignore_ascii_case(flag));
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok().map(plain_numbers);
    a == b || (is_flag(a) && a.eq_ignore_ascii_case(b)) || json(a).is_some_and(|a| json(b) == Some(a))
}

/// JSON in which 1 and 1.0 are one number.
fn plain_numbers(json: serde_json::Value) -> serde_json::Value {
    use serde_json::{Number, Value};
    match json {
        Value::Number(number) => {
            number.as_f64().and_then(Number::from_f64).map_or(Value::Number(number), Value::Number)
        }
        Value::Array(all) => all.into_iter().map(plain_numbers).collect(),
        Value::Object(all) => all.into_iter().map(|(name, value)| (name, plain_numbers(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => json,
    }
}

/// Whether two ARNs name one queue: the region a client names does not matter.
fn same_queue(a: &str, b: &str) -> bool {
    let without_region = |arn: &str| {
        arn.split(':').enumerate().filter(|(at, _)| *at != 3).map(|(_, part)| part.to_owned()).collect::<Vec<_>>()
    };
    without_region(a) == without_region(b)
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
