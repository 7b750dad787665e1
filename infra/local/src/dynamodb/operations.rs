//! From JSON to the engine's typed calls and back.
//!
//! **Invariant:** one operation, one call. Only single-item writes are looked into, to count their conditions.

use std::hash::{DefaultHasher, Hash, Hasher};

use dynoxide::actions::batch_execute_statement::{BatchExecuteStatementRequest, BatchStatementError};
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::calls::{CONDITION_FAILED, CONDITIONAL_WRITE, Counter};
use crate::carried::Carried;
use crate::dynamodb::units::{Metered, metered};

/// Executes any operation but `TransactWriteItems`.
pub(super) fn execute(
    db: &Database,
    calls: &Counter,
    carried: &Carried,
    operation: &str,
    body: &[u8],
) -> Result<String> {
    match operation {
        "PutItem" => {
            let request: dynoxide::actions::put_item::PutItemRequest = parse(body)?;
            conditional(calls, request.condition_expression.is_some(), || {
                metered(carried, request, |request| db.put_item(request))
            })
        }
        "UpdateItem" => {
            let request: dynoxide::actions::update_item::UpdateItemRequest = parse(body)?;
            conditional(calls, request.condition_expression.is_some(), || {
                metered(carried, request, |request| db.update_item(request))
            })
        }
        "DeleteItem" => {
            let request: dynoxide::actions::delete_item::DeleteItemRequest = parse(body)?;
            conditional(calls, request.condition_expression.is_some(), || {
                metered(carried, request, |request| db.delete_item(request))
            })
        }
        "GetItem" => read(carried, body, |request| db.get_item(request)),
        "Query" => read(carried, body, |request| db.query(request)),
        "Scan" => read(carried, body, |request| db.scan(request)),
        "BatchGetItem" => read(carried, body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| db.batch_write_item(request)),
        "TransactGetItems" => call(body, |request| db.transact_get_items(request)),
        "ExecuteStatement" => call(body, |request| db.execute_statement(request)),
        "BatchExecuteStatement" => statements(db, calls, carried, parse(body)?),
        "ExecuteTransaction" => call(body, |request| db.execute_transaction(request)),
        _ => table_operation(db, operation, body),
    }
}

/// A batch of statements. Writes of a saga's item are conditions too: an `INSERT` that nothing is there, an `UPDATE` that
/// what its `WHERE` says stands. A batch of reads is executed and not metered.
fn statements(
    db: &Database,
    calls: &Counter,
    carried: &Carried,
    request: BatchExecuteStatementRequest,
) -> Result<String> {
    let is_read = request.statements.iter().any(|one| one.statement.trim_start().starts_with(['S', 's']));
    if is_read {
        return to_json(&db.batch_execute_statement(request)?);
    }
    let writes = request.statements.len();
    let answer = metered(carried, request, |request| db.batch_execute_statement(request))?;
    carried.batch("dynamodb:BatchExecuteStatement", writes);
    let failed = answer.responses.iter().filter(|one| one.error.as_ref().is_some_and(is_condition)).count();
    calls.add(CONDITIONAL_WRITE, u64::try_from(writes).unwrap_or(u64::MAX));
    calls.add(CONDITION_FAILED, u64::try_from(failed).unwrap_or(u64::MAX));
    to_json(&answer)
}

fn is_condition(error: &BatchStatementError) -> bool {
    ["ConditionalCheckFailed", "DuplicateItem"].contains(&error.code.as_str())
}

/// Operations on tables and streams.
fn table_operation(db: &Database, operation: &str, body: &[u8]) -> Result<String> {
    match operation {
        "CreateTable" => call(body, |request| db.create_table(request)),
        "DeleteTable" => call(body, |request| db.delete_table(request)),
        "DescribeTable" => call(body, |request| db.describe_table(request)),
        "ListTables" => call(body, |request| db.list_tables(request)),
        "UpdateTable" => call(body, |request| db.update_table(request)),
        "UpdateTimeToLive" => call(body, |request| db.update_time_to_live(request)),
        "DescribeTimeToLive" => call(body, |request| db.describe_time_to_live(request)),
        "TagResource" => call(body, |request| db.tag_resource(request)),
        "UntagResource" => call(body, |request| db.untag_resource(request)),
        "ListTagsOfResource" => call(body, |request| db.list_tags_of_resource(request)),
        "ListStreams" => call(body, |request| db.list_streams(request)),
        "DescribeStream" => call(body, |request| db.describe_stream(request)),
        "GetShardIterator" => call(body, |request| db.get_shard_iterator(request)),
        "GetRecords" => call(body, |request| db.get_records(request)),
        _ => Err(DynoxideError::ValidationException(format!("the embedded AWS endpoint does not serve {operation}"))),
    }
}

/// The parts of a `TransactWriteItems`: its token, what identifies its content, and the request without the token.
pub(super) fn transaction(body: &[u8]) -> Result<(Option<String>, u64, TransactWriteItemsRequest)> {
    let mut request: TransactWriteItemsRequest = parse(body)?;
    let token = request.client_request_token.take();
    let Some(token) = token else {
        return Ok((None, 0, request));
    };
    if token.is_empty() || token.chars().count() > 36 {
        return Err(DynoxideError::ValidationException(format!(
            "1 validation error detected: Value '{token}' at 'clientRequestToken' failed to satisfy constraint: \
             Member must have length greater than or equal to 1 and less than or equal to 36"
        )));
    }
    // Of the JSON, not of the request: the maps in the latter have no stable order.
    let content: Value = parse(body)?;
    let mut hasher = DefaultHasher::new();
    content.get("TransactItems").map(Value::to_string).hash(&mut hasher);
    Ok((Some(token), hasher.finish(), request))
}

/// How many items a transaction writes; what it only checks does not count.
pub(super) fn writes(request: &TransactWriteItemsRequest) -> u64 {
    request.transact_items.iter().filter(|item| item.condition_check.is_none()).map(|_| 1).sum()
}

/// An engine's response as JSON.
pub(super) fn to_json<T: Serialize>(response: &T) -> Result<String> {
    serde_json::to_string(response).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn call<Request: DeserializeOwned, Response: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Request) -> Result<Response>,
) -> Result<String> {
    to_json(&operation(parse(body)?)?)
}

/// The same of a read, which is metered.
fn read<Request: DeserializeOwned + Metered<Answer: Serialize>>(
    carried: &Carried,
    body: &[u8],
    operation: impl FnOnce(Request) -> Result<Request::Answer>,
) -> Result<String> {
    to_json(&metered(carried, parse(body)?, operation)?)
}

fn conditional<Response: Serialize>(
    calls: &Counter,
    has_condition: bool,
    write: impl FnOnce() -> Result<Response>,
) -> Result<String> {
    if has_condition {
        calls.count(CONDITIONAL_WRITE);
    }
    let outcome = write();
    if let Err(DynoxideError::ConditionalCheckFailedException(..)) = &outcome {
        calls.count(CONDITION_FAILED);
    }
    to_json(&outcome?)
}

/// Reads a request; what the engine's readers say about a bad one is sorted as the service sorts it.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or(&text);
        for (mark, make) in MARKS {
            if let Some(message) = text.strip_prefix(mark) {
                return make(message.to_owned());
            }
        }
        if ["missing field", "unknown variant", "invalid type: null", "AttributeValue"]
            .iter()
            .any(|validated| text.contains(validated))
        {
            DynoxideError::ValidationException(text.to_owned())
        } else {
            DynoxideError::SerializationException(text.to_owned())
        }
    })
}

type MakeError = fn(String) -> DynoxideError;

/// How the engine's readers mark the kind of error they want reported.
const MARKS: [(&str, MakeError); 5] = [
    ("SERIALIZATION_AS_READ:", DynoxideError::SerializationException),
    ("VALIDATION_AS_READ:", DynoxideError::ValidationException),
    ("SERIALIZATION:", DynoxideError::SerializationException),
    ("VALIDATION_REQUEST:", DynoxideError::EnvelopedValidation),
    ("VALIDATION:", DynoxideError::ValidationException),
];
