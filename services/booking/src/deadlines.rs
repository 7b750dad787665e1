//! How long a saga may take, and how long its unwinding may.

use contracts::SagaKind;
use jiff::{SignedDuration, Timestamp};

/// How long sagas may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From a fare's registration until it is cancelled.
    pub fare_secs: u32,
    /// From an order's creation until it is cancelled.
    pub order_secs: u32,
    /// From the start of an unwinding until it needs attention.
    pub unwinding_secs: u32,
}

impl Default for Deadlines {
    /// A quarter of an hour each: longer than an outage that nobody has to hear of, shorter than a customer's patience.
    fn default() -> Self {
        Self { fare_secs: 900, order_secs: 900, unwinding_secs: 900 }
    }
}

impl Deadlines {
    /// When the time of a saga that begins now will be up.
    pub(crate) fn of(&self, kind: SagaKind, now: Timestamp) -> Timestamp {
        later(
            now,
            match kind {
                SagaKind::Fare => self.fare_secs,
                SagaKind::Order => self.order_secs,
            },
        )
    }

    /// Until when an unwinding that begins now is waited for.
    pub(crate) fn unwound_by(&self, now: Timestamp) -> Timestamp {
        later(now, self.unwinding_secs)
    }
}

fn later(now: Timestamp, secs: u32) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(i64::from(secs))).unwrap_or(Timestamp::MAX)
}
