//! Calls that fail because a test wants them to.
//!
//! **Invariant:** a call that fails here is not executed, and its answer is the one that `DynamoDB` gives.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use dynoxide::DynoxideError;
use dynoxide::errors::CancellationReason;
use serde_json::Value;

use crate::answer::JsonAnswer;
use crate::dynamodb::answer::{answer_of, refusal};
use crate::sync::lock;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailWith {
    /// Another transaction is at work on an item.
    ///
    /// A transaction is cancelled: the reason of its first item is `TransactionConflict`, that of the others `None`.
    /// Every other operation gets a `TransactionConflictException`.
    TransactionConflict,
    /// Too many requests: a `ThrottlingException`.
    Throttled,
    /// An `InternalServerError`, status 500.
    ServerError,
    /// No policy allows it: an `AccessDeniedException`.
    Refused,
}

/// Stands for every operation.
const ANY: &str = "*";

/// The failures to come, by operation.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<HashMap<String, VecDeque<(FailWith, u32)>>>);

impl Faults {
    /// Adds failures after those that are still to come.
    pub(super) fn add(&self, operation: &str, with: FailWith, times: u32) {
        lock(&self.0).entry(operation.to_owned()).or_default().push_back((with, times));
    }

    /// What this call fails with, if it does.
    pub(super) fn strike(&self, operation: &str) -> Option<FailWith> {
        let mut faults = lock(&self.0);
        [operation, ANY].into_iter().find_map(|name| next(faults.get_mut(name)?))
    }
}

/// The next failure of those that were asked for.
fn next(queue: &mut VecDeque<(FailWith, u32)>) -> Option<FailWith> {
    while let Some((with, times)) = queue.front_mut() {
        if let Some(less) = times.checked_sub(1) {
            *times = less;
            return Some(*with);
        }
        queue.pop_front();
    }
    None
}

/// The answer of a call that fails.
pub(super) fn answer(with: FailWith, operation: &str, body: &[u8]) -> JsonAnswer {
    match with {
        FailWith::TransactionConflict => conflict(operation, body),
        FailWith::Throttled => {
            let message = "Throughput exceeds the current capacity of your table or index.";
            refusal(400, "com.amazon.coral.availability#ThrottlingException", message)
        }
        FailWith::Refused => {
            refusal(400, "com.amazon.coral.service#AccessDeniedException", "no identity-based policy allows it")
        }
        FailWith::ServerError => {
            refusal(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error")
        }
    }
}

fn conflict(operation: &str, body: &[u8]) -> JsonAnswer {
    const ONGOING: &str = "Transaction is ongoing for the item";
    let items = match operation {
        "TransactWriteItems" | "TransactGetItems" => "TransactItems",
        "ExecuteTransaction" => "TransactStatements",
        _ => return refusal(400, "com.amazonaws.dynamodb.v20120810#TransactionConflictException", ONGOING),
    };
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let count = request.get(items).and_then(Value::as_array).map_or(1, Vec::len).max(1);
    let conflict = CancellationReason {
        code: "TransactionConflict".to_owned(),
        message: Some(ONGOING.to_owned()),
        ..CancellationReason::default()
    };
    let none = CancellationReason { code: "None".to_owned(), ..CancellationReason::default() };
    let reasons: Vec<_> = std::iter::once(conflict).chain(std::iter::repeat_n(none, count - 1)).collect();
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    answer_of(operation, DynoxideError::TransactionCanceledException(message, reasons))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_come_in_the_order_they_were_asked_for_and_then_no_more() {
        let faults = Faults::default();
        faults.add("PutItem", FailWith::Throttled, 2);
        faults.add("PutItem", FailWith::TransactionConflict, 0);
        faults.add("PutItem", FailWith::ServerError, 1);
        assert_eq!(faults.strike("GetItem"), None);
        let struck: Vec<_> = (0..4).map(|_| faults.strike("PutItem")).collect();
        let throttled = Some(FailWith::Throttled);
        assert_eq!(struck, [throttled, throttled, Some(FailWith::ServerError), None]);
        faults.add(ANY, FailWith::Throttled, 2);
        assert_eq!(
            ["GetItem", "PutItem", "GetItem"].map(|operation| faults.strike(operation)),
            [throttled, throttled, None]
        );
    }
}
