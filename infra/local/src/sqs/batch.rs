//! Batches: what is wrong with one entry is that entry's result.
//!
//! **Invariant:** every entry of an accepted batch is in exactly one of the two lists of the answer.

use rustack_sqs_core::message::{md5_of_body, md5_of_message_attributes};
use rustack_sqs_model::input::{ChangeMessageVisibilityBatchInput, DeleteMessageBatchInput, SendMessageBatchInput};
use rustack_sqs_model::output::{ChangeMessageVisibilityBatchOutput, DeleteMessageBatchOutput};
use rustack_sqs_model::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchResultEntry, DeleteMessageBatchResultEntry,
    SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};
use serde::Serialize;

use crate::caller::Caller;
use crate::sqs::error::Error;
use crate::sqs::limits::{check_batch, check_batch_size, size};
use crate::sqs::message::{NewMessage, sequence_text};
use crate::sqs::queue::Queue;
use crate::sqs::service::Sqs;
use crate::sqs::system;

/// As the service answers; `rustack`'s type does not have the last of the digests.
#[derive(Debug, Serialize)]
struct SentEntry {
    #[serde(flatten)]
    entry: SendMessageBatchResultEntry,
    #[serde(rename = "MD5OfMessageSystemAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_system_attributes: Option<String>,
}

/// The results of a batch that was sent.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SentBatch {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    successful: Vec<SentEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<BatchResultErrorEntry>,
}

pub(super) fn send(sqs: &Sqs, input: SendMessageBatchInput, caller: &Caller) -> Result<SentBatch, Error> {
    let queue = sqs.by_url(&input.queue_url)?;
    check_batch(input.entries.iter().map(|entry| entry.id.as_str()))?;
    let bytes = input.entries.iter().map(|entry| size(&entry.message_body, &entry.message_attributes)).sum();
    check_batch_size(bytes)?;
    sqs.carried.batch("sqs:SendMessageBatch", input.entries.len());
    sqs.carried.payload("sqs", bytes);
    let mut output = SentBatch::default();
    for entry in input.entries {
        let id = entry.id.clone();
        match send_entry(&queue, entry, caller) {
            Ok(sent) => output.successful.push(sent),
            Err(error) => output.failed.push(failed(id, error)),
        }
    }
    Ok(output)
}

fn send_entry(queue: &Queue, entry: SendMessageBatchRequestEntry, caller: &Caller) -> Result<SentEntry, Error> {
    let system = system::read(entry.message_system_attributes, caller)?;
    let md5_of_message_body = md5_of_body(&entry.message_body);
    let md5_of_message_attributes = md5_of_message_attributes(&entry.message_attributes);
    let sent = queue.send(NewMessage {
        body: entry.message_body,
        attributes: entry.message_attributes,
        delay_secs: entry.delay_seconds,
        group: entry.message_group_id,
        deduplication: entry.message_deduplication_id,
        trace_header: system.trace_header,
    })?;
    let entry = SendMessageBatchResultEntry {
        id: entry.id,
        message_id: sent.id.to_string(),
        md5_of_message_body,
        md5_of_message_attributes,
        sequence_number: sent.sequence.map(sequence_text),
    };
    Ok(SentEntry { entry, md5_of_message_system_attributes: system.md5 })
}

pub(super) fn delete(sqs: &Sqs, input: DeleteMessageBatchInput) -> Result<DeleteMessageBatchOutput, Error> {
    let queue = sqs.by_url(&input.queue_url)?;
    check_batch(input.entries.iter().map(|entry| entry.id.as_str()))?;
    sqs.carried.batch("sqs:DeleteMessageBatch", input.entries.len());
    let mut output = DeleteMessageBatchOutput::default();
    for entry in input.entries {
        match queue.delete(&entry.receipt_handle) {
            Ok(()) => output.successful.push(DeleteMessageBatchResultEntry { id: entry.id }),
            Err(error) => output.failed.push(failed(entry.id, error)),
        }
    }
    Ok(output)
}

pub(super) fn change_visibility(
    sqs: &Sqs,
    input: ChangeMessageVisibilityBatchInput,
) -> Result<ChangeMessageVisibilityBatchOutput, Error> {
    let queue = sqs.by_url(&input.queue_url)?;
    check_batch(input.entries.iter().map(|entry| entry.id.as_str()))?;
    sqs.carried.batch("sqs:ChangeMessageVisibilityBatch", input.entries.len());
    let mut output = ChangeMessageVisibilityBatchOutput::default();
    for entry in input.entries {
        match queue.change_visibility(&entry.receipt_handle, entry.visibility_timeout) {
            Ok(()) => output.successful.push(ChangeMessageVisibilityBatchResultEntry { id: entry.id }),
            Err(error) => output.failed.push(failed(entry.id, error)),
        }
    }
    Ok(output)
}

fn failed(id: String, error: Error) -> BatchResultErrorEntry {
    BatchResultErrorEntry { id, sender_fault: true, code: error.code().to_owned(), message: Some(error.message) }
}
