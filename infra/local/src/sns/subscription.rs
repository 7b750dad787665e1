//! One subscription: what its attributes mean, and when two say the same.
//!
//! **Invariant:** attributes that were accepted can be obeyed.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::sns::error::Error;
use crate::sns::filter::Filter;

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
    /// Reads and checks attributes.
    pub(super) fn read(attributes: &Texts) -> Result<Self, Error> {
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
    let json: Option<Value> = serde_json::from_str(policy).ok();
    let arn = json.as_ref().and_then(|json| json.get("deadLetterTargetArn")?.as_str());
    match arn {
        Some(arn) if arn.split(':').nth(2) == Some("sqs") => Ok(Some(arn.to_owned())),
        _ => {
            Err(Error::invalid("RedrivePolicy: failed to parse JSON, or deadLetterTargetArn is not the ARN of a queue"))
        }
    }
}

/// Settings of a subscription that mean the same when they are left out.
const DEFAULTS: [(&str, &str); 2] = [("FilterPolicyScope", "MessageAttributes"), ("RawMessageDelivery", "false")];

/// Whether the attributes of two subscriptions mean the same.
pub(super) fn same_settings(a: &Texts, b: &Texts) -> bool {
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
    let json = |text: &str| {
        let json = serde_json::from_str(text).ok().filter(|json: &Value| json.is_object() || json.is_array());
        json.map(plain_numbers)
    };
    a == b || (is_flag(a) && a.eq_ignore_ascii_case(b)) || json(a).is_some_and(|a| json(b) == Some(a))
}

/// JSON in which 1 and 1.0 are one number.
fn plain_numbers(json: Value) -> Value {
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
pub(super) fn same_queue(a: &str, b: &str) -> bool {
    let without_region = |arn: &str| {
        arn.split(':').enumerate().filter(|(at, _)| *at != 3).map(|(_, part)| part.to_owned()).collect::<Vec<_>>()
    };
    without_region(a) == without_region(b)
}
