//! Stops the polling while a dependency is down.
//!
//! Without it, an outage would look like poison: every message would be received, fail, and be counted as received,
//! over and over. While it is open, a message that fails is held and tried again in place, so that it is received once
//! however long the outage is; and a further one is received only after a pause, one at a time.
//!
//! **Invariant:** the first message that is handled closes it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Failures in a row that open it.
const THRESHOLD: u32 = 3;

/// The longest pause: how late, at most, the end of an outage is noticed.
const PAUSE_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    pauses: u32,
}

/// One per service.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

impl Breaker {
    /// A dependency failed while a message was handled.
    pub(crate) fn failed(&self, why: &dyn std::fmt::Display) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures == THRESHOLD {
            tracing::warn!(%why, "PollingPaused");
        }
    }

    /// A message was handled.
    pub(crate) fn succeeded(&self) {
        let mut state = self.lock();
        if state.failures >= THRESHOLD {
            tracing::info!("PollingResumed");
        }
        *state = State::default();
    }

    /// Whether to pause before the next message, at most this long; `None` while all is well.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let mut state = self.lock();
        if state.failures < THRESHOLD {
            return None;
        }
        let ceiling = ceiling(state.pauses);
        state.pauses = state.pauses.saturating_add(1);
        Some(ceiling)
    }

    /// Whether a message that fails is to be held rather than given back.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().failures >= THRESHOLD
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest that the next of these pauses may be.
pub(crate) fn ceiling(pauses: u32) -> Duration {
    Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(pauses)).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_with_the_first_success() {
        let breaker = Breaker::default();
        breaker.failed(&"x");
        breaker.failed(&"x");
        assert_eq!(breaker.pause(), None);
        breaker.failed(&"x");
        let pauses: Vec<_> = (0..10).filter_map(|_| breaker.pause()).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
        assert!(breaker.is_open());
        breaker.succeeded();
        assert!(!breaker.is_open());
        assert_eq!(breaker.pause(), None);
        breaker.failed(&"x");
        assert_eq!(breaker.pause(), None, "the count starts anew");
    }
}
