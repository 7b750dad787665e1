//! Publishing: what SNS accepts, one by one and in batches.
//!
//! **Invariant:** a message is checked in full before it is delivered to anyone.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::sns::Sns;
use crate::sns::error::Error;
use crate::sns::query::Params;
use crate::sns::topics::Subscription;
use crate::sns::xml::Xml;
use crate::sns::{attributes, operations};
use crate::sqs::Attributes;

/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>: 256 KiB with attributes, for one message and for a
/// batch.
const SIZE_MAX: usize = 262_144;

const SUBJECT_LENGTH_MAX: usize = 100;
const ENTRIES_MAX: usize = 10;
const ID_LENGTH_MAX: usize = 80;

/// A message that was accepted.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) subject: Option<String>,
    pub(super) attributes: Attributes,
    pub(super) group: Option<String>,
    pub(super) timestamp: String,
}

impl Message {
    /// Reads and checks a message.
    fn read(params: &Params) -> Result<Self, Error> {
        let text =
            params.get("Message").filter(|text| !text.is_empty()).ok_or_else(|| Error::invalid("Empty message"))?;
        let subject = params.get("Subject");
        if let Some(subject) = subject {
            check_subject(subject)?;
        }
        let attributes = attributes::read(params)?;
        if size(text, &attributes) > SIZE_MAX {
            return Err(Error::invalid("Message too long"));
        }
        let body = match params.get("MessageStructure") {
            None | Some("") => text.to_owned(),
            Some("json") => body_for_sqs(text)?,
            Some(_) => return Err(Error::invalid("MessageStructure")),
        };
        Ok(Self {
            id: Uuid::new_v4().to_string(),
            body,
            subject: subject.map(ToOwned::to_owned),
            attributes,
            group: params.get("MessageGroupId").map(ToOwned::to_owned),
            timestamp: format!("{:.3}", Timestamp::now()),
        })
    }
}

/// Of a message with a text for each protocol, the one for queues.
fn body_for_sqs(text: &str) -> Result<String, Error> {
    let texts: BTreeMap<String, Value> = serde_json::from_str(text)
        .map_err(|error| Error::invalid(&format!("Message Structure - JSON message body failed to parse: {error}")))?;
    let default = texts
        .get("default")
        .and_then(Value::as_str)
        .ok_or_else(|| Error::invalid("Message Structure - No default entry in JSON message body"))?;
    Ok(texts.get("sqs").and_then(Value::as_str).unwrap_or(default).to_owned())
}

fn check_subject(subject: &str) -> Result<(), Error> {
    let valid =
        !subject.is_empty() && subject.chars().count() <= SUBJECT_LENGTH_MAX && !subject.chars().any(char::is_control);
    if valid { Ok(()) } else { Err(Error::invalid("Subject")) }
}

fn size(text: &str, attributes: &Attributes) -> usize {
    let attributes = attributes.iter().map(|(name, value)| {
        let string = value.string_value.as_ref().map_or(0, String::len);
        let binary = value.binary_value.as_ref().map_or(0, Vec::len);
        name.len() + value.data_type.len() + string + binary
    });
    text.len() + attributes.sum::<usize>()
}

/// `Publish`.
pub(super) fn publish(sns: &Sns, params: &Params) -> Result<Xml, Error> {
    if params.get("PhoneNumber").is_some() {
        return Err(Error::invalid("PhoneNumber: the embedded AWS endpoint delivers to queues only"));
    }
    let topic = params.get("TopicArn").or_else(|| params.get("TargetArn"));
    let topic = topic.ok_or_else(|| Error::invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
    let subscriptions = subscriptions(sns, topic)?;
    let message = Message::read(params)?;
    sns.fan_out.deliver(&message, &subscriptions);
    Ok(Xml::default().text("MessageId", &message.id))
}

/// `PublishBatch`: what is wrong with one entry is that entry's result.
pub(super) fn publish_batch(sns: &Sns, params: &Params) -> Result<Xml, Error> {
    let subscriptions = subscriptions(sns, operations::required(params, "TopicArn")?)?;
    let entries = params.list("PublishBatchRequestEntries");
    check_batch(&entries)?;
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for entry in &entries {
        let id = Xml::default().text("Id", entry.get("Id").unwrap_or_default());
        match Message::read(entry) {
            Ok(message) => {
                sns.fan_out.deliver(&message, &subscriptions);
                successful.push(id.text("MessageId", &message.id));
            }
            Err(error) => {
                failed.push(id.text("Code", error.code).text("Message", &error.message).text("SenderFault", "true"));
            }
        }
    }
    Ok(Xml::default().list("Successful", successful).list("Failed", failed))
}

fn subscriptions(sns: &Sns, topic: &str) -> Result<Vec<Arc<Subscription>>, Error> {
    sns.topics.with(topic, |topic| topic.subscriptions.clone())
}

fn check_batch(entries: &[Params]) -> Result<(), Error> {
    if entries.is_empty() {
        return Err(Error::new("EmptyBatchRequest", "The batch request doesn't contain any entries."));
    }
    if entries.len() > ENTRIES_MAX {
        return Err(Error::new(
            "TooManyEntriesInBatchRequest",
            format!("The batch request contains more entries than permissible: {ENTRIES_MAX}."),
        ));
    }
    let mut seen = HashSet::new();
    for entry in entries {
        let id = entry.get("Id").unwrap_or_default();
        let valid = (1..=ID_LENGTH_MAX).contains(&id.len())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !valid {
            return Err(Error::new(
                "InvalidBatchEntryId",
                "The Id of a batch entry in a batch request doesn't abide by the specification.",
            ));
        }
        if !seen.insert(id) {
            return Err(Error::new(
                "BatchEntryIdsNotDistinct",
                "Two or more batch entries in the request have the same Id.",
            ));
        }
    }
    // Entries with attributes nobody can read count with their text and are refused one by one later.
    let sizes = entries
        .iter()
        .map(|entry| size(entry.get("Message").unwrap_or_default(), &attributes::read(entry).unwrap_or_default()));
    if sizes.sum::<usize>() > SIZE_MAX {
        return Err(Error::new(
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ));
    }
    Ok(())
}
