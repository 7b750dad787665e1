//! Delays: before a message comes again, and before something is tried again.
//!
//! **Invariant:** an outage of any length makes no message come so often that it looks like poison.

use std::time::Duration;

use saga::{Delay, Jitter};

/// The longest delay of a message that could not be handled: how late, at most, it notices that an outage is over.
const BACKOFF_MAX_SECS: u32 = 600;

/// Receives after which a message is buried unread: it kills whoever handles it. An outage does not take as many: at
/// the longest delays, 450 s on average, the 4 days for which a queue keeps a message are 768 receives. Below the
/// queue's own `maxReceiveCount` of 1000, by which SQS would move it as it is, without a reason and with what must not be kept.
pub(crate) const RECEIVES_MAX: u32 = 900;

/// The delay before a message that could not be handled comes again: it doubles with each receive, and is drawn from
/// its upper half, so that many do not come at once and none comes too soon.
pub(crate) fn backoff(receive: u32) -> Duration {
    let most = 2_u32.saturating_pow(receive.saturating_sub(1)).min(BACKOFF_MAX_SECS);
    Duration::from_secs(fastrand::u32(most.div_ceil(2)..=most).into())
}

/// The delay that a policy asks for, in whole seconds as SQS takes them.
pub(crate) fn delay(delay: Delay) -> Duration {
    let secs = match delay.jitter {
        Jitter::None => delay.secs,
        Jitter::Full => fastrand::u32(0..=delay.secs),
    };
    Duration::from_secs(secs.into())
}

/// A pause, drawn evenly from its upper half: never so short that it is none.
pub(crate) fn jittered(ceiling: Duration) -> Duration {
    let half = ceiling / 2;
    half + half.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_fails_comes_again_later_each_time_and_never_too_late() {
        for (receive, least, most) in
            [(1, 1, 1), (2, 1, 2), (5, 8, 16), (10, 256, 512), (11, 300, 600), (900, 300, 600)]
        {
            let delays: Vec<_> = std::iter::repeat_with(|| backoff(receive).as_secs()).take(1_000).collect();
            assert!(delays.iter().all(|delay| (least..=most).contains(delay)), "{receive}: {delays:?}");
        }
    }

    #[test]
    fn no_outage_makes_a_message_come_as_often_as_one_that_is_buried_unread() {
        let four_days = 4 * 24 * 3600;
        for _ in 0..100 {
            let (mut receives, mut passed) = (1, 0);
            while passed < four_days {
                passed += backoff(receives).as_secs();
                receives += 1;
            }
            assert!(receives < RECEIVES_MAX, "{receives}");
        }
    }
}
