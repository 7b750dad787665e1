//! Filter policies of subscriptions.
//!
//! All keys of a policy must match, each by any one of its rules; `$or` adds alternatives. A value that is a list
//! matches when any of its elements does, also for `anything-but`.
//!
//! **Invariant:** a policy is checked when it is set; evaluating one cannot fail.

mod cidr;
mod rule;

use serde_json::{Map, Number, Value};

use crate::sns::attributes::STRING_ARRAY;
use crate::sns::error::Error;
use crate::sns::filter::rule::Rule;
use crate::sns::message::Message;
use crate::sqs::Attributes;

/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
const KEYS_MAX: usize = 5;
const COMBINATIONS_MAX: usize = 150;

/// A policy that was accepted.
#[derive(Debug)]
pub(super) struct Filter {
    policy: Policy,
    on_body: bool,
}

/// Keys that must all match, and lists of alternatives of each of which one must.
#[derive(Debug, Default)]
struct Policy {
    keys: Vec<(String, Test)>,
    alternatives: Vec<Vec<Policy>>,
}

/// What is asked of the value of a key.
#[derive(Debug)]
enum Test {
    /// Any of these.
    Rules(Vec<Rule>),
    /// The value is an object, or a list of objects, of which one matches.
    Nested(Policy),
}

impl Filter {
    /// Reads and checks a policy.
    pub(super) fn parse(text: &str, on_body: bool) -> Result<Self, Error> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| refused(&format!("failed to parse JSON. {error}")))?;
        let Value::Object(object) = json else {
            return Err(refused("Filter policy must be an object"));
        };
        let policy = Policy::read(&object, on_body)?;
        if policy.key_count() > KEYS_MAX {
            return Err(refused(&format!("Filter policy can not have more than {KEYS_MAX} keys")));
        }
        if policy.combinations() > COMBINATIONS_MAX {
            return Err(refused("Filter policy is too complex"));
        }
        Ok(Self { policy, on_body })
    }

    /// Whether the subscription gets this message.
    pub(super) fn matches(&self, message: &Message) -> bool {
        if !self.on_body {
            return self.policy.matches(&values(&message.attributes));
        }
        match serde_json::from_str(&message.body) {
            Ok(Value::Object(body)) => self.policy.matches(&body),
            _ => false,
        }
    }
}

impl Policy {
    fn read(object: &Map<String, Value>, on_body: bool) -> Result<Self, Error> {
        let mut policy = Self::default();
        for (key, value) in object {
            match value {
                Value::Array(members) if key == "$or" && are_alternatives(members) => {
                    let read = members.iter().filter_map(Value::as_object).map(|member| Self::read(member, on_body));
                    policy.alternatives.push(read.collect::<Result<_, _>>()?);
                }
                Value::Array(rules) if !rules.is_empty() => {
                    let rules = rules.iter().map(|rule| Rule::read(rule).map_err(|reason| refused(&reason)));
                    policy.keys.push((key.clone(), Test::Rules(rules.collect::<Result<_, _>>()?)));
                }
                Value::Array(_) => return Err(refused("Empty arrays are not allowed")),
                Value::Object(nested) if on_body && !nested.is_empty() => {
                    policy.keys.push((key.clone(), Test::Nested(Self::read(nested, on_body)?)));
                }
                Value::Object(_) if on_body => {
                    return Err(refused("Empty objects are not allowed"));
                }
                Value::Object(_) => {
                    return Err(refused("Filter policy scope MessageAttributes does not support nested filter policy"));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    return Err(refused(&format!("\"{key}\" must be an object or an array")));
                }
            }
        }
        Ok(policy)
    }

    fn matches(&self, object: &Map<String, Value>) -> bool {
        self.keys.iter().all(|(key, test)| test.matches(object.get(key)))
            && self.alternatives.iter().all(|any| any.iter().any(|policy| policy.matches(object)))
    }

    fn key_count(&self) -> usize {
        let keys = self.keys.iter().map(|(_, test)| match test {
            Test::Rules(_) => 1,
            Test::Nested(policy) => policy.key_count(),
        });
        let alternatives = self.alternatives.iter().filter_map(|any| any.iter().map(Self::key_count).max());
        keys.sum::<usize>().saturating_add(alternatives.sum())
    }

    fn combinations(&self) -> usize {
        let keys = self.keys.iter().map(|(_, test)| match test {
            Test::Rules(rules) => rules.iter().map(Rule::combinations).sum(),
            Test::Nested(policy) => policy.combinations(),
        });
        let alternatives = self.alternatives.iter().map(|any| any.iter().map(Self::combinations).sum());
        keys.chain(alternatives).fold(1, usize::saturating_mul)
    }
}

impl Test {
    fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Rules(rules), None) => rules.iter().any(Rule::matches_absence),
            (Self::Rules(rules), Some(value)) => rules.iter().any(|rule| rule.matches(value)),
            (Self::Nested(policy), Some(Value::Object(object))) => policy.matches(object),
            (Self::Nested(policy), Some(Value::Array(elements))) => {
                elements.iter().any(|element| matches!(element, Value::Object(object) if policy.matches(object)))
            }
            // Nothing below this key is there, which is what a nested `"exists": false` asks for.
            (Self::Nested(policy), _) => policy.matches(&Map::new()),
        }
    }
}

/// `$or` is an operator only over two or more objects, none of which is itself a rule.
fn are_alternatives(members: &[Value]) -> bool {
    let is_policy = |member: &Value| {
        member.as_object().is_some_and(|object| !object.keys().any(|key| rule::OPERATORS.contains(&key.as_str())))
    };
    members.len() >= 2 && members.iter().all(is_policy)
}

/// Attributes as the values that rules look at. Binary attributes take no part.
fn values(attributes: &Attributes) -> Map<String, Value> {
    let values = attributes.iter().filter_map(|(name, attribute)| {
        let text = attribute.string_value.as_deref()?;
        let value = match attribute.data_type.as_str() {
            STRING_ARRAY => serde_json::from_str(text).ok()?,
            kind if kind.starts_with("Number") => Value::Number(Number::from_f64(text.parse().ok()?)?),
            _ => Value::String(text.to_owned()),
        };
        Some((name.clone(), value))
    });
    values.collect()
}

fn refused(reason: &str) -> Error {
    Error::invalid(&format!("Attributes Reason: FilterPolicy: {reason}"))
}

#[cfg(test)]
mod tests;
