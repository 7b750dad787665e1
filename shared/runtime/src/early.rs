//! Counts how often messages came before their time.
//!
//! Receives do not count: in an outage there may be any number of them, and an outage is no message's fault.
//!
//! **Invariant:** what is forgotten, by a restart or for want of space, only gives a message more time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Messages that are remembered at a time.
const MESSAGES_MAX: usize = 10_000;

/// The count of one process, by SQS message id.
#[derive(Debug, Default)]
pub(crate) struct Early(Mutex<HashMap<String, u32>>);

impl Early {
    /// A message came before its time; answers with how often it has by now.
    pub(crate) fn count(&self, message_id: &str) -> u32 {
        let mut counts = self.lock();
        if counts.len() >= MESSAGES_MAX && !counts.contains_key(message_id) {
            counts.clear();
        }
        let count = counts.entry(message_id.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// A message is settled for good.
    pub(crate) fn forget(&self, message_id: &str) {
        self.lock().remove(message_id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_is_counted_by_itself_and_no_more_are_remembered_than_there_is_space_for() {
        let early = Early::default();
        assert_eq!([early.count("a"), early.count("a"), early.count("b")], [1, 2, 1]);
        early.forget("a");
        assert_eq!(early.count("a"), 1);
        for index in 0..2 * MESSAGES_MAX {
            early.count(&index.to_string());
        }
        assert!(early.lock().len() <= MESSAGES_MAX);
    }
}
