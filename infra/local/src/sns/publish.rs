//! Publishing: what SNS accepts, one by one and in batches.
//!
//! **Invariant:** a message is checked in full before it is delivered to anyone.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::caller::Caller;
use crate::query::Params;
use crate::sns::attributes;
use crate::sns::error::Error;
use crate::sns::fifo::Fifo;
use crate::sns::message::{Accepted, Message};
use crate::sns::parameters::required;
use crate::sns::service::Sns;
use crate::sns::topic::{Target, Topic};
use crate::sqs::{Attributes, is_id};
use crate::twins;
use crate::xml::{ALLOWED, Xml, forbidden};

const SUBJECT_LENGTH_MAX: usize = 100;
const ENTRIES_MAX: usize = 10;
const ID_LENGTH_MAX: usize = 80;

impl Message {
    /// Reads and checks a message.
    fn read(params: &Params, target: &Target, caller: &Caller) -> Result<Self, Error> {
        let text =
            params.get("Message").filter(|text| !text.is_empty()).ok_or_else(|| Error::invalid("Empty message"))?;
        let subject = params.get("Subject");
        if let Some(subject) = subject {
            check_subject(subject)?;
        }
        let attributes = attributes::read(params)?;
        if size(text, &attributes) > target.size_max {
            return Err(Error::invalid("Message too long"));
        }
        let body = match params.get("MessageStructure") {
            None | Some("") => text.to_owned(),
            Some("json") => body_for_sqs(text)?,
            Some(_) => return Err(Error::invalid("MessageStructure")),
        };
        // Of a text for each protocol, escapes have become characters by now.
        if let Some(c) = forbidden(&body) {
            return Err(Error::invalid(&format!(
                "Message Reason: invalid character {c} was found in the message, the set of allowed characters is {ALLOWED}"
            )));
        }
        let (group, deduplication) = ordering(params, target.fifo.as_ref(), &body)?;
        Ok(Self {
            id: Uuid::new_v4().to_string(),
            body,
            subject: subject.map(ToOwned::to_owned),
            attributes,
            group,
            deduplication,
            sequence: None,
            trace_header: caller.trace().map(ToOwned::to_owned),
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

/// The group of a message, and its deduplication id, which only FIFO topics need and take.
fn ordering(params: &Params, fifo: Option<&Fifo>, body: &str) -> Result<(Option<String>, Option<String>), Error> {
    let id = |name: &str| match params.get(name) {
        Some(id) if !is_id(id) => {
            Err(Error::invalid(&format!("{name} Reason: must be 1 to 128 alphanumeric and punctuation characters")))
        }
        id => Ok(id.map(ToOwned::to_owned)),
    };
    let (group, deduplication) = (id("MessageGroupId")?, id("MessageDeduplicationId")?);
    match (fifo, &group, deduplication) {
        (None, _, None) => Ok((group, None)),
        (None, _, Some(_)) => Err(Error::invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for \
             this topic type",
        )),
        (Some(_), None, _) => Err(Error::invalid("The MessageGroupId parameter is required for FIFO topics")),
        (Some(_), Some(_), Some(given)) => Ok((group, Some(given))),
        (Some(fifo), Some(_), None) if fifo.by_content => Ok((group, Some(twins::of_content(body)))),
        (Some(_), Some(_), None) => Err(Error::invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
             explicitly",
        )),
    }
}

/// `Publish`.
pub(super) fn publish(sns: &Sns, params: &Params, caller: &Caller) -> Result<Xml, Error> {
    if params.get("PhoneNumber").is_some() {
        return Err(Error::invalid("PhoneNumber: the embedded AWS endpoint delivers to queues only"));
    }
    let topic = params.get("TopicArn").or_else(|| params.get("TargetArn"));
    let topic = topic.ok_or_else(|| Error::invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
    let target = sns.topics.with(topic, Topic::target)?;
    let message = Message::read(params, &target, caller)?;
    sns.carried.payload("sns", size(&message.body, &message.attributes));
    Ok(accept(sns, message, &target).write(Xml::default()))
}

/// `PublishBatch`: what is wrong with one entry is that entry's result.
pub(super) fn publish_batch(sns: &Sns, params: &Params, caller: &Caller) -> Result<Xml, Error> {
    let target = sns.topics.with(required(params, "TopicArn")?, Topic::target)?;
    let entries = params.list("PublishBatchRequestEntries");
    let bytes = check_batch(&entries, target.size_max)?;
    sns.carried.batch("sns:PublishBatch", entries.len());
    sns.carried.payload("sns", bytes);
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for entry in &entries {
        let id = Xml::default().text("Id", entry.get("Id").unwrap_or_default());
        match Message::read(entry, &target, caller) {
            Ok(message) => successful.push(accept(sns, message, &target).write(id)),
            Err(error) => {
                failed.push(id.text("Code", error.code).text("Message", &error.message).text("SenderFault", "true"));
            }
        }
    }
    Ok(Xml::default().list("Successful", successful).list("Failed", failed))
}

/// Delivers a message that is in order.
fn accept(sns: &Sns, message: Message, target: &Target) -> Accepted {
    let deliver = |message: &Message| sns.fan_out.deliver(message, &target.subscriptions);
    match &target.fifo {
        Some(fifo) => fifo.publish(message, deliver),
        None => {
            deliver(&message);
            message.accepted()
        }
    }
}

/// Checks a batch as a whole; its size.
fn check_batch(entries: &[Params], size_max: usize) -> Result<usize, Error> {
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
    let bytes = sizes.sum::<usize>();
    if bytes > size_max {
        return Err(Error::new(
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ));
    }
    Ok(bytes)
}
