//! The operations by name, from a form to XML.
//!
//! **Invariant:** an operation this endpoint does not serve is refused by name, never silently accepted.

use crate::ACCOUNT;
use crate::caller::Caller;
use crate::query::Params;
use crate::sns::error::Error;
use crate::sns::parameters::required;
use crate::sns::permissions;
use crate::sns::publish::{publish, publish_batch};
use crate::sns::service::Sns;
use crate::sns::subscription::{Subscription, Texts};
use crate::sns::topic::Topic;
use crate::xml::Xml;

/// What can be asked for.
pub(crate) const SERVED: [&str; 19] = [
    "AddPermission",
    "CreateTopic",
    "DeleteTopic",
    "GetSubscriptionAttributes",
    "GetTopicAttributes",
    "ListSubscriptions",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "ListTopics",
    "Publish",
    "PublishBatch",
    "RemovePermission",
    "SetSubscriptionAttributes",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "Unsubscribe",
    "UntagResource",
    "ConfirmSubscription",
];

/// A page of a list.
const PAGE: usize = 100;

/// Executes one operation.
pub(super) fn execute(sns: &Sns, action: &str, params: &Params, caller: &Caller) -> Result<Xml, Error> {
    if let Some(name) = params.not_text() {
        return Err(Error::invalid(&format!("{name} Reason: must be UTF-8")));
    }
    match action {
        "Publish" => publish(sns, params, caller),
        "PublishBatch" => publish_batch(sns, params, caller),
        "CreateTopic" => {
            let name = required(params, "Name")?;
            let arn = sns.topics.create(name, params.map("Attributes"), tags(params))?;
            Ok(Xml::default().text("TopicArn", &arn))
        }
        "DeleteTopic" => {
            sns.topics.delete(required(params, "TopicArn")?);
            Ok(Xml::default())
        }
        "ListTopics" => {
            let (page, next) = page(sns.topics.arns(), params, String::as_str);
            let topics = page.iter().map(|arn| Xml::default().text("TopicArn", arn));
            Ok(with_next(Xml::default().list("Topics", topics), next))
        }
        "GetTopicAttributes" => get_topic_attributes(sns, required(params, "TopicArn")?),
        "SetTopicAttributes" => {
            let value = params.get("AttributeValue").unwrap_or_default();
            let (arn, name) = (required(params, "TopicArn")?, required(params, "AttributeName")?);
            sns.topics.change(arn, |topic| topic.set(name, value))??;
            Ok(Xml::default())
        }
        "AddPermission" => permissions::add(sns, params).map(|()| Xml::default()),
        "RemovePermission" => permissions::remove(sns, params).map(|()| Xml::default()),
        "TagResource" => {
            let added = tags(params);
            sns.topics
                .change(required(params, "ResourceArn")?, |topic| {
                    topic.tags.extend(added);
                })
                .map_err(no_resource)?;
            Ok(Xml::default())
        }
        "UntagResource" => {
            let keys = params.list("TagKeys");
            let gone = |key: &String| keys.iter().any(|gone| gone.get("") == Some(key));
            let arn = required(params, "ResourceArn")?;
            sns.topics.change(arn, |topic| topic.tags.retain(|key, _| !gone(key))).map_err(no_resource)?;
            Ok(Xml::default())
        }
        "ListTagsForResource" => {
            let arn = required(params, "ResourceArn")?;
            let tags = sns.topics.with(arn, |topic| topic.tags.clone()).map_err(no_resource)?;
            let tags = tags.iter().map(|(key, value)| Xml::default().text("Key", key).text("Value", value));
            Ok(Xml::default().list("Tags", tags))
        }
        _ => subscription_operation(sns, action, params),
    }
}

/// Operations on subscriptions.
fn subscription_operation(sns: &Sns, action: &str, params: &Params) -> Result<Xml, Error> {
    match action {
        "Subscribe" => subscribe(sns, params),
        "Unsubscribe" => {
            sns.topics.unsubscribe(required(params, "SubscriptionArn")?);
            Ok(Xml::default())
        }
        "ListSubscriptions" => Ok(list_subscriptions(sns.topics.subscriptions(), params)),
        "ListSubscriptionsByTopic" => {
            let of_topic = |topic: &Topic| topic.subscriptions.clone();
            Ok(list_subscriptions(sns.topics.with(required(params, "TopicArn")?, of_topic)?, params))
        }
        "GetSubscriptionAttributes" => {
            let subscription = sns.topics.subscription(required(params, "SubscriptionArn")?)?;
            let attributes = subscription_attributes(&subscription);
            let pairs = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Ok(Xml::default().map("Attributes", pairs))
        }
        "SetSubscriptionAttributes" => {
            let (arn, name) = (required(params, "SubscriptionArn")?, required(params, "AttributeName")?);
            let value = params.get("AttributeValue").unwrap_or_default();
            sns.topics.set_subscription_attribute(arn, name, value)?;
            Ok(Xml::default())
        }
        "ConfirmSubscription" => Err(Error::invalid("Token: subscriptions of queues are confirmed when they are made")),
        _ => Err(Error::new(
            "InvalidAction",
            format!("the embedded AWS endpoint does not serve {action} by the query protocol"),
        )),
    }
}

fn subscribe(sns: &Sns, params: &Params) -> Result<Xml, Error> {
    let topic = required(params, "TopicArn")?;
    let protocol = required(params, "Protocol")?;
    if protocol != "sqs" {
        return Err(Error::invalid(&format!(
            "Protocol: {protocol} is not served by the embedded AWS endpoint, which delivers to sqs only"
        )));
    }
    let queue = params.get("Endpoint").unwrap_or_default();
    let is_queue = matches!(queue.split(':').collect::<Vec<_>>().as_slice(),
        ["arn", _, "sqs", _, _, name] if !name.is_empty());
    if !is_queue {
        return Err(Error::invalid("SQS endpoint ARN"));
    }
    let arn = sns.topics.subscribe(topic, queue, params.map("Attributes"))?;
    Ok(Xml::default().text("SubscriptionArn", &arn))
}

fn get_topic_attributes(sns: &Sns, arn: &str) -> Result<Xml, Error> {
    let attributes = sns.topics.with(arn, |topic| {
        let mut all = Texts::from([
            ("DisplayName".to_owned(), String::new()),
            ("EffectiveDeliveryPolicy".to_owned(), "{}".to_owned()),
            ("Owner".to_owned(), ACCOUNT.to_owned()),
            ("Policy".to_owned(), "{}".to_owned()),
            ("SubscriptionsConfirmed".to_owned(), topic.subscriptions.len().to_string()),
            ("SubscriptionsDeleted".to_owned(), topic.unsubscribed.to_string()),
            ("SubscriptionsPending".to_owned(), "0".to_owned()),
            ("TopicArn".to_owned(), arn.to_owned()),
        ]);
        all.extend(topic.attributes.clone());
        all
    })?;
    let pairs = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(Xml::default().map("Attributes", pairs))
}

fn subscription_attributes(subscription: &Subscription) -> Texts {
    let mut all = Texts::from([
        ("ConfirmationWasAuthenticated".to_owned(), "true".to_owned()),
        ("Endpoint".to_owned(), subscription.queue_arn.clone()),
        ("Owner".to_owned(), ACCOUNT.to_owned()),
        ("PendingConfirmation".to_owned(), "false".to_owned()),
        ("Protocol".to_owned(), "sqs".to_owned()),
        ("RawMessageDelivery".to_owned(), "false".to_owned()),
        ("SubscriptionArn".to_owned(), subscription.arn.clone()),
        ("SubscriptionPrincipal".to_owned(), format!("arn:aws:iam::{ACCOUNT}:root")),
        ("TopicArn".to_owned(), subscription.topic_arn.clone()),
    ]);
    if subscription.attributes.contains_key("FilterPolicy") {
        all.insert("FilterPolicyScope".to_owned(), "MessageAttributes".to_owned());
    }
    all.extend(subscription.attributes.clone());
    all
}

fn list_subscriptions(subscriptions: Vec<std::sync::Arc<Subscription>>, params: &Params) -> Xml {
    let mut subscriptions = subscriptions;
    subscriptions.sort_by(|a, b| a.arn.cmp(&b.arn));
    let (page, next) = page(subscriptions, params, |subscription| subscription.arn.as_str());
    let members = page.iter().map(|subscription| {
        Xml::default()
            .text("SubscriptionArn", &subscription.arn)
            .text("Owner", ACCOUNT)
            .text("Protocol", "sqs")
            .text("Endpoint", &subscription.queue_arn)
            .text("TopicArn", &subscription.topic_arn)
    });
    with_next(Xml::default().list("Subscriptions", members), next)
}

/// The page after `NextToken`, which is the key of the last entry of the page before.
fn page<T>(all: Vec<T>, params: &Params, key: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
    let after = params.get("NextToken").unwrap_or_default();
    let mut rest = all.into_iter().filter(|entry| key(entry) > after);
    let page: Vec<T> = rest.by_ref().take(PAGE).collect();
    let more = rest.next().is_some();
    let next = page.last().filter(|_| more).map(|last| key(last).to_owned());
    (page, next)
}

fn with_next(list: Xml, next: Option<String>) -> Xml {
    match next {
        Some(token) => list.text("NextToken", &token),
        None => list,
    }
}

fn tags(params: &Params) -> Texts {
    let tags = params.list("Tags").into_iter();
    tags.map(|tag| {
        let of = |side| tag.get(side).unwrap_or_default().to_owned();
        (of("Key"), of("Value"))
    })
    .collect()
}

fn no_resource(error: Error) -> Error {
    Error::new("ResourceNotFound", error.message)
}
