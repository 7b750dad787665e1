//! Redrives: moving dead letters back to where they came from, or to any other queue.
//!
//! A task moves at once all that is visible when it starts; AWS does the same in the background, at a rate that can be
//! limited. A rate is accepted and changes nothing.
//!
//! **Invariant:** a message that was moved is a new one, with a new id and no receives; one that cannot be moved stays.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustack_sqs_model::input::{ListMessageMoveTasksInput, StartMessageMoveTaskInput};
use rustack_sqs_model::output::{ListMessageMoveTasksOutput, StartMessageMoveTaskOutput};
use rustack_sqs_model::types::ListMessageMoveTasksResultEntry;
use uuid::Uuid;

use crate::sqs::error::{Error, Kind};
use crate::sqs::limits::in_range;
use crate::sqs::message::{Held, Visibility};
use crate::sqs::queue::Queue;
use crate::sqs::service::Sqs;
use crate::sqs::time::now_ms;
use crate::sync::read;

/// AWS lists the latest ten of a queue.
const LISTED_MAX: i32 = 10;

pub(super) fn start(sqs: &Sqs, input: StartMessageMoveTaskInput) -> Result<StartMessageMoveTaskOutput, Error> {
    in_range("MaxNumberOfMessagesPerSecond", input.max_number_of_messages_per_second, 1, 500)?;
    let _moving = read(&sqs.transfers);
    let source = find(sqs, &input.source_arn)?;
    let destination = input.destination_arn.as_deref().map(|arn| find(sqs, arn)).transpose()?;
    let is_dead_letter_queue = sqs.all().iter().any(|queue| queue.dead_letter_arn().as_ref() == Some(&source.arn));
    if !is_dead_letter_queue {
        return Err(Error::invalid("Source queue must be configured as a Dead Letter Queue."));
    }
    if destination.as_ref().is_some_and(|destination| destination.arn == source.arn) {
        return Err(Error::invalid("Source and destination must not be the same queue."));
    }

    let (moved, stayed) = move_all(sqs, &source, destination.as_deref());
    let id = Uuid::new_v4();
    let handle = STANDARD.encode(serde_json::json!({ "taskId": id, "sourceArn": source.arn }).to_string());
    let failed = moved == 0 && stayed;
    sqs.tasks(|tasks| {
        tasks.push(ListMessageMoveTasksResultEntry {
            task_handle: None,
            source_arn: Some(source.arn.clone()),
            destination_arn: input.destination_arn,
            max_number_of_messages_per_second: input.max_number_of_messages_per_second,
            approximate_number_of_messages_moved: Some(moved),
            approximate_number_of_messages_to_move: Some(moved),
            failure_reason: failed.then(|| "CouldNotDetermineMessageSource".to_owned()),
            status: Some(if failed { "FAILED" } else { "COMPLETED" }.to_owned()),
            started_timestamp: i64::try_from(now_ms()).ok(),
        });
    });
    Ok(StartMessageMoveTaskOutput { task_handle: Some(handle) })
}

/// Moves what is visible; gives how many went, and whether some had to stay.
fn move_all(sqs: &Sqs, source: &Queue, destination: Option<&Queue>) -> (i64, bool) {
    let origins: HashMap<String, Arc<Queue>> = sqs.all().into_iter().map(|queue| (queue.arn.clone(), queue)).collect();
    let origin = |held: &Held| held.source_arn.as_ref().and_then(|arn| origins.get(arn));
    let held = source.drain(|held| destination.is_some() || origin(held).is_some());
    let mut moved: i64 = 0;
    for held in held {
        let Some(target) = destination.or_else(|| origin(&held).map(AsRef::as_ref)) else {
            continue;
        };
        moved = moved.saturating_add(1);
        target.accept(Held {
            id: Uuid::new_v4(),
            sent_at_ms: now_ms(),
            first_received_at_ms: None,
            received: 0,
            received_here: 0,
            source_arn: None,
            receipt: None,
            visibility: Visibility::Visible,
            ..held
        });
    }
    let stayed = source.attributes(&["ApproximateNumberOfMessages".to_owned()]);
    (moved, stayed.values().any(|count| count != "0"))
}

pub(super) fn list(sqs: &Sqs, input: &ListMessageMoveTasksInput) -> Result<ListMessageMoveTasksOutput, Error> {
    in_range("MaxResults", input.max_results, 1, LISTED_MAX)?;
    let source = find(sqs, &input.source_arn)?;
    // One is the service's default.
    let count = usize::try_from(input.max_results.unwrap_or(1)).unwrap_or(1);
    let results = sqs.tasks(|tasks| {
        let of_source = tasks.iter().rev().filter(|task| task.source_arn.as_ref() == Some(&source.arn));
        of_source.take(count).cloned().collect()
    });
    Ok(ListMessageMoveTasksOutput { results })
}

/// Tasks end before they can be cancelled.
pub(super) fn nothing_to_cancel() -> Error {
    Error::new(Kind::ResourceNotFound, "Only active tasks can be cancelled; this endpoint moves at once.")
}

fn find(sqs: &Sqs, arn: &str) -> Result<Arc<Queue>, Error> {
    let message = "The resource that you specified doesn't exist.";
    let found = sqs.by_arn(arn).ok();
    found.ok_or_else(|| Error::new(Kind::ResourceNotFound, message))
}
