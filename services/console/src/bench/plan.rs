//! Which row is played when.
//!
//! **Invariant:** the same options give the same rows in the same order.

use std::time::Duration;

use contracts::{Outcome, SagaKind};

use crate::cli::Mix;
use crate::rows::{self, Row};

/// How many sagas are open at most, where no rate is asked for.
pub(super) const OPEN_MAX: usize = 500;

/// Requests of one publish call, at most.
pub(super) const BATCH: usize = 10;

/// How long a request waits for others to share its publish call, where a rate is asked for.
const GATHERED: Duration = Duration::from_millis(10);

/// The places in ten of which a mix fails.
const FAILING: [usize; 3] = [2, 5, 8];

/// What is asked for.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) kind: SagaKind,
    pub(super) mix: Mix,
    pub(super) count: usize,
    /// Requests a second; without it, as many as [`OPEN_MAX`] allows.
    pub(super) rate: Option<u32>,
    good: Vec<&'static Row>,
    failing: Vec<&'static Row>,
}

impl Plan {
    pub(super) fn new(kind: SagaKind, mix: Mix, count: u32, rate: Option<u32>) -> Self {
        // To cancel takes a second message at the right moment, so such a row is left out.
        let rows = rows::of(kind).filter(|row| !row.cancelled);
        let (good, failing) = rows.partition(|row| row.outcome == Outcome::Completed);
        Self { kind, mix, count: usize::try_from(count).unwrap_or(usize::MAX), rate, good, failing }
    }

    /// The rows, in the order of their requests.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static Row> {
        let mut good = self.good.iter().cycle();
        let mut failing = self.failing.iter().cycle();
        let next = move |place: usize| match self.mix {
            Mix::Thirty if FAILING.contains(&(place % 10)) => failing.next().copied(),
            Mix::Happy | Mix::Thirty => good.next().copied(),
        };
        (0..self.count).map_while(next)
    }

    /// How many requests are to be published now: after this time, with so many sent, of which so many are open.
    pub(super) fn due(&self, after: Duration, sent: usize, open: usize) -> usize {
        let rest = self.count.saturating_sub(sent);
        let Some(rate) = self.rate else {
            let batch = rest.min(BATCH);
            return if open + batch <= OPEN_MAX { batch } else { 0 };
        };
        let due = after.as_micros() * u128::from(rate) / 1_000_000;
        let due = usize::try_from(due).unwrap_or(usize::MAX).saturating_add(1).saturating_sub(sent).min(rest);
        let all = due >= rest.min(BATCH) || after >= self.time_of(sent) + GATHERED;
        if all { due.min(BATCH) } else { 0 }
    }

    /// When a request is due next, whatever happens until then; nothing where outcomes decide.
    pub(super) fn next(&self, sent: usize) -> Option<Duration> {
        let last = sent.saturating_add(BATCH).min(self.count).saturating_sub(1);
        self.rate.filter(|_| sent < self.count)?;
        Some(self.time_of(last).min(self.time_of(sent) + GATHERED))
    }

    /// When this request is due.
    fn time_of(&self, place: usize) -> Duration {
        let micros = u64::try_from(place).unwrap_or(u64::MAX).saturating_mul(1_000_000);
        Duration::from_micros(self.rate.map_or(0, |rate| micros / u64::from(rate.max(1))))
    }
}

#[cfg(test)]
mod tests {
    use contracts::kinds;

    use super::*;

    #[test]
    fn a_mix_fails_in_thirty_of_a_hundred_at_each_row_in_turn() {
        for (kind, known) in [(kinds::FARE, 4), (kinds::ORDER, 6)] {
            let names = |mix| -> Vec<_> { Plan::new(kind, mix, 100, None).rows().map(|row| row.name).collect() };
            let failing: Vec<_> = Plan::new(kind, Mix::Thirty, 100, None)
                .rows()
                .filter(|row| row.outcome != Outcome::Completed)
                .map(|row| row.name)
                .collect();
            assert_eq!(failing.len(), 30);
            assert!(failing.iter().zip(&failing[known..]).all(|(one, other)| one == other), "{failing:?}");
            assert_eq!(names(Mix::Thirty), names(Mix::Thirty));
            assert!(names(Mix::Happy).iter().all(|name| *name == names(Mix::Happy)[0]));
        }
    }

    #[test]
    fn a_rate_gathers_what_is_due_within_a_moment_and_no_rate_keeps_sagas_open() {
        let ms = Duration::from_millis;
        let slow = Plan::new(kinds::FARE, Mix::Happy, 100, Some(20));
        assert_eq!([ms(0), ms(10), ms(49)].map(|after| slow.due(after, 0, 0)), [0, 1, 1]);
        assert_eq!((slow.due(ms(50), 1, 1), slow.due(ms(60), 1, 1), slow.next(1)), (0, 1, Some(ms(60))));
        assert_eq!((slow.due(ms(60_000), 99, 0), slow.due(ms(60_000), 100, 0), slow.next(100)), (1, 0, None));
        let fast = Plan::new(kinds::FARE, Mix::Happy, 100, Some(2000));
        assert_eq!((fast.due(ms(4), 0, 0), fast.due(ms(5), 0, 0), fast.due(ms(50), 0, 0)), (0, 10, 10));
        let most = Plan::new(kinds::FARE, Mix::Happy, 1005, None);
        assert_eq!(
            [(0, 0), (500, 490), (500, 491), (1000, 0)].map(|(sent, open)| most.due(ms(0), sent, open)),
            [10, 10, 0, 5]
        );
    }
}
