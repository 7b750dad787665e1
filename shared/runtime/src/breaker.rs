//! Keeps a dependency that does not answer from being asked by everybody: a breaker for each kind of call.
//!
//! One opens after failures in a row, and the first answer closes it. While one is open that every message needs, the
//! polling pauses, and a further message is received after each pause. Any other keeps calls of its own kind only from
//! being repeated, but for one after each pause; so whatever can go on does.
//!
//! **Invariant:** a kind of call of which half succeed practically never opens its breaker.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::delays::jittered;

/// Failures in a row that open a breaker: where every other call fails, one run in 65,536 is as long.
const THRESHOLD: u32 = 16;

/// The longest pause: how late, at most, the end of an outage is noticed.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A first attempt of a kind of call that has timed out lately is cut short after this long.
pub(crate) const CUT_SHORT: Duration = Duration::from_secs(3);

/// For how long that is lately.
const LATELY: Duration = Duration::from_secs(60);

/// A kind of call: what is asked of which dependency.
///
/// # Examples
///
/// See the example of [`Perform`](crate::Perform).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Who is asked.
    pub dependency: &'static str,
    /// For what.
    pub what: &'static str,
}

impl Call {
    /// The write of a saga's state.
    pub(crate) const WRITE: Self = Self::new("DynamoDB", "write the state");
    /// The same, together with what is taken from counters.
    pub(crate) const TAKE: Self = Self::new("DynamoDB", "write the state and the counters");
    /// A look at what stands.
    pub(crate) const READ: Self = Self::new("DynamoDB", "read the state");
    /// To the one topic that is the service's own.
    pub(crate) const PUBLISH: Self = Self::new("SNS", "publish");

    /// A kind of call.
    #[must_use]
    pub const fn new(dependency: &'static str, what: &'static str) -> Self {
        Self { dependency, what }
    }

    /// Whether every message of a service needs it.
    fn is_vital(self) -> bool {
        self == Self::WRITE || self == Self::PUBLISH
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.dependency, self.what)
    }
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    pauses: u32,
    /// What came of the last failure.
    why: String,
    /// When the next call may be made, where it is open.
    probe_at: Option<Instant>,
    timed_out_at: Option<Instant>,
}

impl State {
    fn is_open(&self) -> bool {
        self.failures >= THRESHOLD
    }

    fn is_slow(&self, now: Instant) -> bool {
        self.timed_out_at.is_some_and(|at| now.saturating_duration_since(at) < LATELY)
    }

    /// The longest that the next pause may be; each is longer than the one before.
    fn next_ceiling(&mut self) -> Duration {
        let ceiling = Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(self.pauses)).min(PAUSE_MAX);
        self.pauses = self.pauses.saturating_add(1);
        ceiling
    }
}

/// All breakers of one service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakers(Arc<Mutex<BTreeMap<Call, State>>>);

impl Breakers {
    /// Whether such a call may be made now. Where one is made after a pause, the next pause begins.
    ///
    /// A first attempt is made at any time, for it may be one of those that succeed among many that do not; unless such
    /// calls hang.
    pub(crate) fn admits(&self, call: Call, is_first: bool) -> bool {
        self.admits_at(call, is_first, Instant::now())
    }

    fn admits_at(&self, call: Call, is_first: bool, now: Instant) -> bool {
        let mut states = self.lock();
        let Some(state) = states.get_mut(&call).filter(|state| state.is_open() && !call.is_vital()) else {
            return true;
        };
        if is_first && !state.is_slow(now) {
            return true;
        }
        let admits = state.probe_at.is_none_or(|at| at <= now);
        if admits {
            state.probe_at = Some(now + jittered(state.next_ceiling()));
        }
        admits
    }

    /// What came of the last such call that failed, where none has succeeded since.
    pub(crate) fn why(&self, call: Call) -> String {
        self.lock().get(&call).map(|state| state.why.clone()).unwrap_or_default()
    }

    /// Such a call failed, after this long.
    pub(crate) fn failed(&self, call: Call, why: &dyn fmt::Display, took: Duration) {
        let mut states = self.lock();
        let state = states.entry(call).or_default();
        state.failures = state.failures.saturating_add(1);
        state.why = why.to_string();
        if took >= CUT_SHORT {
            state.timed_out_at = Some(Instant::now());
        }
        if state.failures == THRESHOLD {
            if call.is_vital() {
                tracing::warn!(%call, %why, "PollingPaused");
            } else {
                state.probe_at = Some(Instant::now() + jittered(state.next_ceiling()));
                tracing::warn!(%call, %why, "CallsPaused");
            }
        }
    }

    /// Such a call was answered.
    pub(crate) fn succeeded(&self, call: Call) {
        let mut states = self.lock();
        let Some(state) = states.get_mut(&call) else { return };
        if state.is_open() {
            tracing::info!(%call, "{}", if call.is_vital() { "PollingResumed" } else { "CallsResumed" });
        }
        *state = State { timed_out_at: state.timed_out_at, ..State::default() };
    }

    /// Whether to pause before the next message, at most this long; `None` while nothing fails that every message needs.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let mut states = self.lock();
        let open = states.iter_mut().filter(|(call, state)| call.is_vital() && state.is_open());
        open.map(|(_, state)| state.next_ceiling()).max()
    }

    /// Whether the polling is paused.
    pub(crate) fn is_polling_paused(&self) -> bool {
        self.lock().iter().any(|(call, state)| call.is_vital() && state.is_open())
    }

    /// Whether such a call has timed out lately.
    pub(crate) fn is_slow(&self, call: Call) -> bool {
        self.lock().get(&call).is_some_and(|state| state.is_slow(Instant::now()))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Call, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASK: Call = Call::new("the gateway", "ask");

    fn fail(breakers: &Breakers, call: Call, times: u32) {
        for _ in 0..times {
            breakers.failed(call, &"x", Duration::ZERO);
        }
    }

    #[test]
    fn what_every_message_needs_pauses_the_polling_until_its_first_success() {
        let breakers = Breakers::default();
        fail(&breakers, Call::WRITE, THRESHOLD - 1);
        assert_eq!(breakers.pause(), None);
        fail(&breakers, Call::WRITE, 1);
        let pauses: Vec<_> = (0..7).filter_map(|_| breakers.pause()).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        assert!(
            breakers.is_polling_paused() && breakers.admits(Call::WRITE, false),
            "a message that is received is tried"
        );
        breakers.succeeded(Call::PUBLISH);
        assert!(breakers.is_polling_paused(), "another call says nothing of it");
        breakers.succeeded(Call::WRITE);
        assert!(!breakers.is_polling_paused() && breakers.pause().is_none());
        fail(&breakers, Call::WRITE, 1);
        assert_eq!(breakers.pause(), None, "the count starts anew");
    }

    #[test]
    fn any_other_kind_of_call_is_made_once_after_each_pause_and_pauses_nothing_else() {
        let breakers = Breakers::default();
        fail(&breakers, ASK, THRESHOLD);
        assert!(!breakers.admits(ASK, false) && breakers.admits(Call::new("the gateway", "ask otherwise"), false));
        assert!(breakers.admits(ASK, true), "a first attempt");
        assert_eq!(breakers.pause(), None);
        let mut now = Instant::now();
        for _ in 0..3 {
            now += PAUSE_MAX;
            assert!(breakers.admits_at(ASK, false, now), "a probe");
            assert!(!breakers.admits_at(ASK, false, now), "one probe");
            fail(&breakers, ASK, 1);
        }
        breakers.failed(ASK, &"x", CUT_SHORT);
        assert!(!breakers.admits(ASK, true), "it hangs");
        breakers.succeeded(ASK);
        assert!(breakers.admits(ASK, false) && breakers.admits(ASK, false));
    }

    #[test]
    fn a_call_that_timed_out_lately_is_slow_for_a_while_whatever_succeeds_since() {
        let breakers = Breakers::default();
        fail(&breakers, ASK, 1);
        assert!(!breakers.is_slow(ASK), "it failed at once");
        breakers.failed(ASK, &"x", CUT_SHORT);
        breakers.succeeded(ASK);
        assert!(breakers.is_slow(ASK));
        let states = breakers.lock();
        assert!(states.values().all(|state| !state.is_slow(Instant::now() + LATELY)));
    }

    #[test]
    fn a_call_of_which_half_fail_opens_nothing() {
        let breakers = Breakers::default();
        for _ in 0..1_000 {
            fail(&breakers, ASK, THRESHOLD / 2);
            breakers.succeeded(ASK);
            assert!(breakers.admits(ASK, false));
        }
    }
}
