//! Attributes of a queue: `rustack`'s rules, with what it is stricter or older than AWS in put right before.
//!
//! **Invariant:** `maxReceiveCount` may come as a number or as a string, and is a number from here on.

use std::collections::HashMap;

use rustack_sqs_core::queue::QueueAttributes;
use serde_json::Value;

use crate::sqs::error::{Error, Kind};
use crate::sqs::limits::SIZE_MAX;

const FIFO_QUEUE: &str = "FifoQueue";
const MAXIMUM_MESSAGE_SIZE: &str = "MaximumMessageSize";
const REDRIVE_POLICY: &str = "RedrivePolicy";

/// `rustack` knows the former limit only.
const RUSTACK_SIZE_MAX: i32 = 262_144;

/// Attributes of a new queue.
pub(super) fn create(given: HashMap<String, String>, fifo: bool) -> Result<QueueAttributes, Error> {
    let mut attributes = QueueAttributes { maximum_message_size: size_max_i32(), ..QueueAttributes::default() };
    let given = given.into_iter().filter(|(name, _)| name != FIFO_QUEUE).collect();
    apply(&mut attributes, given, fifo)?;
    Ok(attributes)
}

/// Applies a change in full or not at all.
pub(super) fn apply(
    attributes: &mut QueueAttributes,
    mut given: HashMap<String, String>,
    fifo: bool,
) -> Result<(), Error> {
    normalise(&mut given)?;
    let size = given.remove(MAXIMUM_MESSAGE_SIZE).map(|text| message_size(&text)).transpose()?;
    let mut changed = attributes.clone();
    changed.update_from_map(&given, fifo)?;
    if let Some(size) = size {
        changed.maximum_message_size = size;
    }
    *attributes = changed;
    Ok(())
}

/// The first of the attributes asked for that an existing queue has otherwise.
pub(super) fn difference(
    existing: &HashMap<String, String>,
    mut asked: HashMap<String, String>,
) -> Result<Option<String>, Error> {
    normalise(&mut asked)?;
    // The name of the queue says it already.
    asked.remove(FIFO_QUEUE);
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let mut differing: Vec<String> = asked
        .into_iter()
        .filter(|(name, value)| match existing.get(name) {
            // A policy may be spelled in another way.
            Some(has) => has != value && (json(has).is_none() || json(has) != json(value)),
            None => !value.is_empty(),
        })
        .map(|(name, _)| name)
        .collect();
    differing.sort();
    Ok(differing.into_iter().next())
}

/// The queue that a redrive policy names.
pub(super) fn dead_letter_target(given: &HashMap<String, String>) -> Option<String> {
    let policy: Value = serde_json::from_str(given.get(REDRIVE_POLICY)?).ok()?;
    Some(policy.get("deadLetterTargetArn")?.as_str()?.to_owned())
}

fn normalise(given: &mut HashMap<String, String>) -> Result<(), Error> {
    let Some(text) = given.get_mut(REDRIVE_POLICY) else {
        return Ok(());
    };
    if text.is_empty() {
        return Ok(());
    }
    let invalid =
        |reason: &str| Error::invalid(format!("Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"));
    let policy: Value = serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
    let target = policy
        .get("deadLetterTargetArn")
        .and_then(Value::as_str)
        .ok_or_else(|| invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."))?;
    let count = match policy.get("maxReceiveCount") {
        Some(Value::String(digits)) => digits.parse::<u64>().ok(),
        Some(number) => number.as_u64(),
        None => {
            return Err(invalid("Redrive policy does not contain mandatory attribute: maxReceiveCount."));
        }
    };
    let count = count
        .filter(|count| (1..=1000).contains(count))
        .ok_or_else(|| invalid("Invalid value for maxReceiveCount. Valid values are from 1 to 1000 both inclusive."))?;
    *text = serde_json::json!({ "deadLetterTargetArn": target, "maxReceiveCount": count }).to_string();
    Ok(())
}

fn message_size(text: &str) -> Result<i32, Error> {
    let size = text.parse().ok().filter(|size| (1024..=size_max_i32()).contains(size));
    size.ok_or_else(|| Error::new(Kind::InvalidAttributeValue, "Invalid value for the parameter MaximumMessageSize."))
}

fn size_max_i32() -> i32 {
    i32::try_from(SIZE_MAX).unwrap_or(RUSTACK_SIZE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(count: &str) -> HashMap<String, String> {
        let policy = format!(r#"{{"maxReceiveCount":{count},"deadLetterTargetArn":"arn:d"}}"#);
        HashMap::from([(REDRIVE_POLICY.to_owned(), policy)])
    }

    #[test]
    fn a_receive_count_may_be_a_string_or_a_number() {
        for count in ["3", r#""3""#] {
            let attributes = create(policy(count), false).unwrap();
            assert_eq!(attributes.redrive_policy.unwrap().max_receive_count, 3);
        }
        for count in ["0", "1001", r#""many""#, "null"] {
            assert_eq!(create(policy(count), false).unwrap_err().kind, Kind::InvalidParameterValue);
        }
    }

    #[test]
    fn a_bad_change_changes_nothing() {
        let mut attributes = create(HashMap::new(), false).unwrap();
        let change = HashMap::from([
            ("VisibilityTimeout".to_owned(), "5".to_owned()),
            ("DelaySeconds".to_owned(), "901".to_owned()),
        ]);
        apply(&mut attributes, change, false).unwrap_err();
        assert_eq!(attributes.visibility_timeout, 30);
    }
}
