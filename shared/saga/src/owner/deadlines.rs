//! How long a saga may take, and how long its unwinding may.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use wire::SagaKind;

/// A quarter of an hour: longer than an outage that nobody has to hear of, shorter than a customer's patience.
const SECS: u32 = 900;

/// How long sagas may take.
///
/// # Examples
///
/// ```
/// use ensemble_saga::owner::Deadlines;
/// use parcel::vocabulary::kinds;
///
/// let two_days = Deadlines::default().of_kind(kinds::PARCEL, 172_800).of_unwinding(3_600);
/// assert_ne!(two_days, Deadlines::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines {
    secs: BTreeMap<SagaKind, u32>,
    unwinding_secs: u32,
}

impl Default for Deadlines {
    /// A quarter of an hour each.
    fn default() -> Self {
        Self { secs: BTreeMap::new(), unwinding_secs: SECS }
    }
}

impl Deadlines {
    /// The same, with another time in seconds from the request for a saga of this kind until the saga is undone.
    #[must_use]
    pub fn of_kind(mut self, kind: SagaKind, secs: u32) -> Self {
        self.secs.insert(kind, secs);
        self
    }

    /// The same, with another time in seconds from the start of an unwinding until the saga needs attention.
    #[must_use]
    pub fn of_unwinding(self, secs: u32) -> Self {
        Self { unwinding_secs: secs, ..self }
    }

    /// When the time of a saga that begins now will be up.
    pub(super) fn of(&self, kind: SagaKind, now: Timestamp) -> Timestamp {
        later(now, self.secs.get(&kind).copied().unwrap_or(SECS))
    }

    /// Until when an unwinding that begins now is waited for.
    pub(super) fn unwound_by(&self, now: Timestamp) -> Timestamp {
        later(now, self.unwinding_secs)
    }
}

fn later(now: Timestamp, secs: u32) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(i64::from(secs))).unwrap_or(Timestamp::MAX)
}
