//! How often each operation was called.
//!
//! **Invariant:** counts are exact: a request is counted once, before it is answered, whatever the answer.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::sync::lock;

/// A write of one item that carried a condition.
pub(crate) const CONDITIONAL_WRITE: &str = "dynamodb:conditional-write";

/// A write of one item whose condition did not hold.
pub(crate) const CONDITION_FAILED: &str = "dynamodb:condition-failed";

/// An item that a transaction wrote.
pub(crate) const TRANSACTED_WRITE: &str = "dynamodb:transacted-write";

/// Counts by operation since the start, as they were at one moment.
///
/// A name is `<service>:<operation>`, for instance `dynamodb:UpdateItem`, `sqs:ReceiveMessage` or `sns:PublishBatch`.
/// Three more are counted besides:
///
/// - `dynamodb:conditional-write`, a `PutItem`, `UpdateItem` or `DeleteItem` with a `ConditionExpression`, or a statement
///   that writes of a `BatchExecuteStatement`;
/// - `dynamodb:condition-failed`, one of those whose condition did not hold;
/// - `dynamodb:transacted-write`, an item that a `TransactWriteItems` put, updated or deleted. What a transaction only
///   checks does not count, nor does one that was cancelled or is repeated under its token.
///
/// A call that [`Endpoint::fail_next`](crate::Endpoint::fail_next) lets fail counts as a call and as nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calls(BTreeMap<String, u64>);

impl Calls {
    /// How often this operation was called; 0 if never.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// All operations that were called, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// What was called after `earlier` was taken; operations without a call in between are left out.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let calls = self.iter().map(|(name, count)| {
            let more = count.saturating_sub(earlier.get(name));
            (name.to_owned(), more)
        });
        Self(calls.filter(|(_, count)| *count > 0).collect())
    }
}

/// Where calls are counted.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<BTreeMap<String, u64>>);

impl Counter {
    /// Counts one call.
    pub(crate) fn count(&self, name: &str) {
        self.add(name, 1);
    }

    /// Counts this many at once.
    pub(crate) fn add(&self, name: &str, more: u64) {
        let mut counts = lock(&self.0);
        if let Some(count) = counts.get_mut(name) {
            *count = count.saturating_add(more);
        } else if more > 0 {
            counts.insert(name.to_owned(), more);
        }
    }

    /// The counts as they are now.
    pub(crate) fn snapshot(&self) -> Calls {
        Calls(lock(&self.0).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_holds_only_what_was_called_in_between() {
        let counter = Counter::default();
        counter.count("sqs:SendMessage");
        counter.count("sqs:ReceiveMessage");
        let before = counter.snapshot();
        counter.count("sqs:SendMessage");
        counter.count("sns:Publish");

        let between = counter.snapshot().since(&before);

        let called: Vec<_> = between.iter().collect();
        assert_eq!(called, [("sns:Publish", 1), ("sqs:SendMessage", 1)]);
        assert_eq!(between.get("sqs:ReceiveMessage"), 0);
    }
}
