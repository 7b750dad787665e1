//! How much the calls carried: what AWS bills, and what it does not say.
//!
//! **Invariant:** what was refused carried nothing.

use crate::calls::{Calls, Counter};

/// What SNS and SQS bill as one request, in bytes (<https://aws.amazon.com/sqs/pricing/>).
const REQUEST: usize = 64 * 1024;

/// Halves of read units: half a unit is the least that a read consumes.
pub(crate) const READ_HALVES: &str = "dynamodb:read-unit-halves";

/// Halves of write units, of which no write consumes one alone.
pub(crate) const WRITE_HALVES: &str = "dynamodb:write-unit-halves";

/// Where it is added up.
#[derive(Debug, Default)]
pub(crate) struct Carried(Counter);

impl Carried {
    /// A batch of this many entries.
    pub(crate) fn batch(&self, operation: &str, entries: usize) {
        self.add(operation, entries);
    }

    /// What a receive call found, of this many bytes together.
    pub(crate) fn received(&self, messages: usize, bytes: usize) {
        self.add("sqs:ReceiveMessage", messages);
        self.add("sqs:empty-receive", usize::from(messages == 0));
        self.payload("sqs", bytes);
    }

    /// The payload of one call.
    pub(crate) fn payload(&self, service: &str, bytes: usize) {
        self.add(&format!("{service}:more-64-KiB"), bytes.div_ceil(REQUEST).saturating_sub(1));
    }

    /// So many halves of capacity units.
    pub(crate) fn halves(&self, name: &str, halves: u64) {
        self.0.add(name, halves);
    }

    /// What was carried until now.
    pub(crate) fn snapshot(&self) -> Calls {
        self.0.snapshot()
    }

    fn add(&self, name: &str, more: usize) {
        self.0.add(name, u64::try_from(more).unwrap_or(u64::MAX));
    }
}
