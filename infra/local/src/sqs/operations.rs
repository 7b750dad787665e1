//! The operations by name, from JSON to JSON.
//!
//! **Invariant:** every argument is checked here or in [`limits`](super::limits) before a queue is touched.

use std::collections::HashMap;

use rustack_sqs_core::message::{md5_of_body, md5_of_message_attributes};
use rustack_sqs_model::input::{
    ChangeMessageVisibilityInput, DeleteMessageInput, DeleteQueueInput, GetQueueAttributesInput, GetQueueUrlInput,
    ListDeadLetterSourceQueuesInput, ListQueueTagsInput, ListQueuesInput, PurgeQueueInput, ReceiveMessageInput,
    SendMessageInput, SetQueueAttributesInput, TagQueueInput, UntagQueueInput,
};
use rustack_sqs_model::output::{
    CreateQueueOutput, GetQueueAttributesOutput, GetQueueUrlOutput, ListQueueTagsOutput, ListQueuesOutput,
    ReceiveMessageOutput, SendMessageOutput,
};
use rustack_sqs_model::types::{Message, QueueAttributeName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::caller::Caller;
use crate::sqs::error::{Error, Kind};
use crate::sqs::limits::{in_range, size};
use crate::sqs::message::{NewMessage, View, sequence_text};
use crate::sqs::queue::ReceiveRequest;
use crate::sqs::service::Sqs;
use crate::sqs::{attributes, batch, moves, permissions, system};

/// What can be asked for.
pub(crate) const SERVED: [&str; 23] = [
    "AddPermission",
    "CancelMessageMoveTask",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "CreateQueue",
    "DeleteMessage",
    "DeleteMessageBatch",
    "DeleteQueue",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "ListQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "RemovePermission",
    "SendMessage",
    "SendMessageBatch",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
];

/// Queues listed at most at once.
const PAGE: usize = 1000;

/// Executes one operation.
pub(super) async fn execute(sqs: &Sqs, operation: &str, body: &[u8], caller: &Caller) -> Result<String, Error> {
    match operation {
        "SendMessage" => to_json(&send(sqs, parse(body)?, caller)?),
        "ReceiveMessage" => to_json(&receive(sqs, parse(body)?).await?),
        "DeleteMessage" => {
            let input: DeleteMessageInput = parse(body)?;
            sqs.by_url(&input.queue_url)?.delete(&input.receipt_handle)?;
            Ok(done())
        }
        "ChangeMessageVisibility" => {
            let input: ChangeMessageVisibilityInput = parse(body)?;
            let queue = sqs.by_url(&input.queue_url)?;
            queue.change_visibility(&input.receipt_handle, input.visibility_timeout)?;
            Ok(done())
        }
        "SendMessageBatch" => to_json(&batch::send(sqs, parse(body)?, caller)?),
        "DeleteMessageBatch" => to_json(&batch::delete(sqs, parse(body)?)?),
        "ChangeMessageVisibilityBatch" => to_json(&batch::change_visibility(sqs, parse(body)?)?),
        "StartMessageMoveTask" => to_json(&moves::start(sqs, parse(body)?)?),
        "ListMessageMoveTasks" => to_json(&moves::list(sqs, &parse(body)?)?),
        "CancelMessageMoveTask" => Err(moves::nothing_to_cancel()),
        _ => queue_operation(sqs, operation, body, caller),
    }
}

/// Operations on queues as a whole.
fn queue_operation(sqs: &Sqs, operation: &str, body: &[u8], caller: &Caller) -> Result<String, Error> {
    match operation {
        "CreateQueue" => {
            let input: NewQueue = parse(body)?;
            let queue = sqs.create(&input.queue_name, input.attributes, input.tags)?;
            to_json(&CreateQueueOutput { queue_url: Some(queue.url(caller)) })
        }
        "DeleteQueue" => {
            let input: DeleteQueueInput = parse(body)?;
            let queue = sqs.by_url(&input.queue_url)?;
            sqs.delete(&queue);
            Ok(done())
        }
        "PurgeQueue" => {
            let input: PurgeQueueInput = parse(body)?;
            sqs.by_url(&input.queue_url)?.purge()?;
            Ok(done())
        }
        "GetQueueUrl" => {
            let input: GetQueueUrlInput = parse(body)?;
            let queue = sqs.by_name(&input.queue_name)?;
            to_json(&GetQueueUrlOutput { queue_url: Some(queue.url(caller)) })
        }
        "ListQueues" => to_json(&list(sqs, &parse(body)?, caller)),
        "GetQueueAttributes" => to_json(&get_attributes(sqs, &parse(body)?)?),
        "SetQueueAttributes" => {
            let input: SetQueueAttributesInput = parse(body)?;
            let queue = sqs.by_url(&input.queue_url)?;
            sqs.check_dead_letter_target(&queue.name, &input.attributes)?;
            queue.configure(|state| attributes::apply(&mut state.attributes, input.attributes, queue.fifo))?;
            Ok(done())
        }
        "TagQueue" => {
            let input: TagQueueInput = parse(body)?;
            sqs.by_url(&input.queue_url)?.configure(|state| state.tags.extend(input.tags));
            Ok(done())
        }
        "UntagQueue" => {
            let input: UntagQueueInput = parse(body)?;
            let keep = |key: &String| !input.tag_keys.contains(key);
            sqs.by_url(&input.queue_url)?.configure(|state| state.tags.retain(|key, _| keep(key)));
            Ok(done())
        }
        "ListQueueTags" => {
            let input: ListQueueTagsInput = parse(body)?;
            to_json(&ListQueueTagsOutput { tags: sqs.by_url(&input.queue_url)?.tags() })
        }
        "ListDeadLetterSourceQueues" => to_json(&list_sources(sqs, &parse(body)?, caller)?),
        "AddPermission" => permissions::add(sqs, &parse(body)?).map(|()| done()),
        "RemovePermission" => permissions::remove(sqs, &parse(body)?).map(|()| done()),
        _ => {
            Err(Error::new(Kind::UnknownOperation, format!("the embedded AWS endpoint does not serve SQS {operation}")))
        }
    }
}

fn send(sqs: &Sqs, input: SendMessageInput, caller: &Caller) -> Result<SendMessageOutput, Error> {
    let queue = sqs.by_url(&input.queue_url)?;
    let body_md5 = md5_of_body(&input.message_body);
    let system = system::read(input.message_system_attributes, caller)?;
    let attributes_md5 = md5_of_message_attributes(&input.message_attributes);
    let bytes = size(&input.message_body, &input.message_attributes);
    let sent = queue.send(NewMessage {
        body: input.message_body,
        attributes: input.message_attributes,
        delay_secs: input.delay_seconds,
        group: input.message_group_id,
        deduplication: input.message_deduplication_id,
        trace_header: system.trace_header,
    })?;
    sqs.carried.payload("sqs", bytes);
    Ok(SendMessageOutput {
        message_id: Some(sent.id.to_string()),
        md5_of_message_body: Some(body_md5),
        md5_of_message_attributes: attributes_md5,
        md5_of_message_system_attributes: system.md5,
        sequence_number: sent.sequence.map(sequence_text),
    })
}

async fn receive(sqs: &Sqs, input: ReceiveMessageInput) -> Result<ReceiveMessageOutput, Error> {
    let queue = sqs.by_url(&input.queue_url)?;
    in_range("MaxNumberOfMessages", input.max_number_of_messages, 1, 10)?;
    in_range("WaitTimeSeconds", input.wait_time_seconds, 0, 20)?;
    in_range("VisibilityTimeout", input.visibility_timeout, 0, 43_200)?;
    let mut system = input.attribute_names;
    system.extend(input.message_system_attribute_names);
    let request = ReceiveRequest {
        count: input.max_number_of_messages.and_then(|count| usize::try_from(count).ok()).unwrap_or(1),
        visibility_secs: input.visibility_timeout,
        view: View { system, attributes: input.message_attribute_names },
    };
    let wait_secs = input.wait_time_seconds.unwrap_or_else(|| queue.wait_secs());
    let messages = sqs.receive(&queue, &request, wait_secs).await?;
    let bytes = |message: &Message| size(message.body.as_deref().unwrap_or_default(), &message.message_attributes);
    sqs.carried.received(messages.len(), messages.iter().map(bytes).sum());
    Ok(ReceiveMessageOutput { messages })
}

fn list(sqs: &Sqs, input: &ListQueuesInput, caller: &Caller) -> ListQueuesOutput {
    let prefix = input.queue_name_prefix.as_deref().unwrap_or_default();
    let page = input.max_results.and_then(|max| usize::try_from(max).ok()).unwrap_or(PAGE).clamp(1, PAGE);
    let after = input.next_token.as_deref().unwrap_or_default();
    let queues = sqs.all();
    let mut rest = queues.iter().filter(|queue| queue.name.starts_with(prefix) && queue.name.as_str() > after);
    let listed: Vec<_> = rest.by_ref().take(page).collect();
    // AWS gives a token only to those who asked for pages.
    let more = input.max_results.is_some() && rest.next().is_some();
    let next_token = listed.last().filter(|_| more).map(|queue| queue.name.clone());
    ListQueuesOutput { queue_urls: listed.into_iter().map(|queue| queue.url(caller)).collect(), next_token }
}

fn get_attributes(sqs: &Sqs, input: &GetQueueAttributesInput) -> Result<GetQueueAttributesOutput, Error> {
    let queue = sqs.by_url(&input.queue_url)?;
    if let Some(unknown) = input.attribute_names.iter().find(|name| QueueAttributeName::from_str_name(name).is_none()) {
        return Err(Error::new(Kind::InvalidAttributeName, format!("Unknown Attribute {unknown}.")));
    }
    let attributes =
        if input.attribute_names.is_empty() { HashMap::new() } else { queue.attributes(&input.attribute_names) };
    Ok(GetQueueAttributesOutput { attributes })
}

/// As the service spells it: it is the one request with a field in small letters, which `rustack`'s type does not know.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NewQueue {
    queue_name: String,
    #[serde(default)]
    attributes: HashMap<String, String>,
    #[serde(default, alias = "tags")]
    tags: HashMap<String, String>,
}

/// As the service spells it; `rustack`'s type has the key in another case, which SDKs read as "none".
#[derive(Serialize)]
struct Sources {
    #[serde(rename = "queueUrls")]
    queue_urls: Vec<String>,
}

fn list_sources(sqs: &Sqs, input: &ListDeadLetterSourceQueuesInput, caller: &Caller) -> Result<Sources, Error> {
    let queue = sqs.by_url(&input.queue_url)?;
    let sources = sqs.all().into_iter().filter(|source| source.dead_letter_arn().as_ref() == Some(&queue.arn));
    Ok(Sources { queue_urls: sources.map(|source| source.url(caller)).collect() })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).or_else(|_error| without_nulls(body)).map_err(|error| {
        let text = error.to_string();
        let kind = if text.contains("missing field") { Kind::MissingParameter } else { Kind::InvalidParameterValue };
        Error::new(kind, format!("The request cannot be read: {text}"))
    })
}

/// Reads the request with its nulls left out: to AWS a null is a field that is absent, to the model it is an error.
fn without_nulls<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let mut fields: serde_json::Map<String, Value> = serde_json::from_slice(body)?;
    fields.retain(|_, value| !value.is_null());
    serde_json::from_value(fields.into())
}

fn to_json<T: Serialize>(output: &T) -> Result<String, Error> {
    serde_json::to_string(output).map_err(|error| unwritten(&error))
}

/// An answer as a tree, for the protocol that has it in another form.
pub(super) fn reread(json: &str) -> Result<Value, Error> {
    serde_json::from_str(json).map_err(|error| unwritten(&error))
}

fn unwritten(error: &serde_json::Error) -> Error {
    Error::invalid(format!("The answer cannot be written: {error}"))
}

/// The answer of an operation that has nothing to say.
fn done() -> String {
    "{}".to_owned()
}
