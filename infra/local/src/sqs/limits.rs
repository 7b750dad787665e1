//! What SQS accepts in a message and in a batch.
//!
//! **Invariant:** a message is checked before it touches a queue; a batch is checked as a whole before any entry is.

use std::collections::HashSet;

use rustack_sqs_model::types::MessageAttributeValue;

use crate::sqs::error::{Error, Kind};
use crate::sqs::message::{Attributes, NewMessage};
use crate::xml::{ALLOWED, forbidden};

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>: 1 MiB, for one
/// message and for a batch.
pub(super) const SIZE_MAX: usize = 1_048_576;

const ATTRIBUTES_MAX: usize = 10;
const ENTRIES_MAX: usize = 10;
const ID_LENGTH_MAX: usize = 80;
const NAME_LENGTH_MAX: usize = 256;
const ID_OF_MESSAGE_LENGTH_MAX: usize = 128;

/// The size that counts against the limits: the body and all of the attributes.
pub(super) fn size(body: &str, attributes: &Attributes) -> usize {
    let attributes = attributes.iter().map(|(name, value)| {
        let text = value.string_value.as_ref().map_or(0, String::len);
        let binary = value.binary_value.as_ref().map_or(0, Vec::len);
        name.len() + value.data_type.len() + text + binary
    });
    body.len() + attributes.sum::<usize>()
}

/// Checks a message against the limits and the size its queue allows.
pub(super) fn check_message(message: &NewMessage, size_max: usize) -> Result<(), Error> {
    if message.body.is_empty() {
        return Err(Error::new(Kind::MissingParameter, "The request must contain the parameter MessageBody."));
    }
    if let Some(c) = forbidden(&message.body) {
        return Err(Error::new(
            Kind::InvalidMessageContents,
            format!(
                "Invalid binary character '{c}' was found in the message body, the set of allowed characters is {ALLOWED}"
            ),
        ));
    }
    if message.attributes.len() > ATTRIBUTES_MAX {
        return Err(Error::invalid(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{ATTRIBUTES_MAX}].",
            message.attributes.len()
        )));
    }
    for (name, value) in &message.attributes {
        check_attribute(name, value)?;
    }
    if size(&message.body, &message.attributes) > size_max {
        return Err(Error::invalid(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {size_max} bytes."
        )));
    }
    check_id("MessageGroupId", message.group.as_deref())?;
    check_id("MessageDeduplicationId", message.deduplication.as_deref())?;
    in_range("DelaySeconds", message.delay_secs, 0, 900)
}

fn check_attribute(name: &str, value: &MessageAttributeValue) -> Result<(), Error> {
    let lower = name.to_ascii_lowercase();
    let named = !name.is_empty()
        && name.len() <= NAME_LENGTH_MAX
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.");
    if !named {
        return Err(Error::invalid(format!(
            "The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore, \
             hyphen, and period, must not start or end with a period, and must not start with AWS. or Amazon."
        )));
    }
    let kind = value.data_type.split('.').next().unwrap_or_default();
    let text = value.string_value.as_deref().unwrap_or_default();
    if let Some(c) = forbidden(text) {
        return Err(Error::invalid(format!(
            "Invalid binary character '{c}' was found in the message attribute '{name}' value, the set of allowed \
             characters is {ALLOWED}"
        )));
    }
    let filled = match kind {
        "String" => !text.is_empty(),
        "Number" => text.parse::<f64>().is_ok_and(f64::is_finite),
        "Binary" => value.binary_value.as_ref().is_some_and(|bytes| !bytes.is_empty()),
        _ => {
            return Err(Error::invalid(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type \
                 prefixes is Binary, Number, and String."
            )));
        }
    };
    if filled {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The message attribute '{name}' must contain a non-empty message attribute value of message attribute type \
         '{kind}'."
    )))
}

/// Checks a text by which messages are ordered or told apart, and which may be left out.
fn check_id(name: &str, id: Option<&str>) -> Result<(), Error> {
    match id {
        Some(id) if !is_id(id) => Err(Error::invalid(format!(
            "Value {id} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and punctuation \
             characters. 1 to {ID_OF_MESSAGE_LENGTH_MAX} in length."
        ))),
        _ => Ok(()),
    }
}

/// Whether this can be a group or a deduplication id; SNS takes the same.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=ID_OF_MESSAGE_LENGTH_MAX).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic())
}

/// Checks a number that may be left out.
pub(super) fn in_range(name: &str, value: Option<i32>, min: i32, max: i32) -> Result<(), Error> {
    match value {
        Some(value) if !(min..=max).contains(&value) => Err(Error::invalid(format!(
            "Value {value} for parameter {name} is invalid. Reason: Must be between {min} and {max}, if provided."
        ))),
        _ => Ok(()),
    }
}

/// Checks the ids of a batch's entries.
pub(super) fn check_batch<'a>(ids: impl Iterator<Item = &'a str> + Clone) -> Result<(), Error> {
    let count = ids.clone().count();
    if count == 0 {
        return Err(Error::new(Kind::EmptyBatchRequest, "The batch request doesn't contain any entries."));
    }
    if count > ENTRIES_MAX {
        return Err(Error::new(
            Kind::TooManyEntriesInBatchRequest,
            format!("Maximum number of entries per request are {ENTRIES_MAX}. You have sent {count}."),
        ));
    }
    let mut seen = HashSet::new();
    for id in ids {
        let valid = (1..=ID_LENGTH_MAX).contains(&id.len())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !valid {
            return Err(Error::new(
                Kind::InvalidBatchEntryId,
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at \
                 most 80 letters long.",
            ));
        }
        if !seen.insert(id) {
            return Err(Error::new(Kind::BatchEntryIdsNotDistinct, format!("Id {id} repeated.")));
        }
    }
    Ok(())
}

/// Checks the size of a batch as a whole.
pub(super) fn check_batch_size(size: usize) -> Result<(), Error> {
    if size <= SIZE_MAX {
        return Ok(());
    }
    Err(Error::new(
        Kind::BatchRequestTooLong,
        format!("Batch requests cannot be longer than {SIZE_MAX} bytes. You have sent {size} bytes."),
    ))
}
