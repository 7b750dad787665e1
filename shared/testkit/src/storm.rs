//! A seeded adversary over a world: any order, many workers, duplicates, old messages, crashes, lost answers, calls that
//! go on when nobody hears of them.
//!
//! **Invariant:** it only does what SQS, SNS, `DynamoDB` and the operating system may do, and it tires: then everything
//! that is still under way is carried out.

use fastrand::Rng;

use crate::World;
use crate::world::Hand;

/// Acts after which a storm that has not ended never will.
const ACTS_MAX: usize = 1_000_000;

/// What the adversary may do, or did.
///
/// # Examples
///
/// See the example of [the crate](crate).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Storm {
    /// Messages that it gives to a second worker.
    pub duplicates: usize,
    /// Old messages that it delivers again.
    pub redeliveries: usize,
    /// Crashes.
    pub crashes: usize,
    /// Answers that it loses.
    pub losses: usize,
    /// Calls that take effect which it lets go on for a while, whatever becomes of their callers.
    pub slow_calls: usize,
    /// Messages in hand at the same time, at most.
    pub workers: usize,
}

impl Storm {
    /// Lets the adversary loose until all is at rest. `watch` sees the world after every act. Answers with what it did.
    ///
    /// # Panics
    ///
    /// When the world does not come to rest.
    pub fn rage(self, world: &mut World<'_>, rng: &mut Rng, mut watch: impl FnMut(&World<'_>)) -> Self {
        let mut left = self;
        let mut hands = Vec::new();
        for act in 0.. {
            assert!(act < ACTS_MAX, "the world does not come to rest");
            let waiting = world.waiting();
            if hands.is_empty() && waiting == 0 {
                break;
            }
            if spend(&mut left.redeliveries, rng, 16) {
                world.redeliver(rng.usize(..world.delivered().len()));
            }
            let may_receive = waiting > 0 && hands.len() < self.workers;
            if hands.is_empty() || (may_receive && rng.u8(..3) == 0) {
                left.receive(world, rng, &mut hands);
            } else {
                left.work(world, rng, &mut hands);
            }
            watch(world);
        }
        Self {
            duplicates: self.duplicates - left.duplicates,
            redeliveries: self.redeliveries - left.redeliveries,
            crashes: self.crashes - left.crashes,
            losses: self.losses - left.losses,
            slow_calls: self.slow_calls - left.slow_calls,
            workers: self.workers,
        }
    }

    fn receive<'n>(&mut self, world: &mut World<'n>, rng: &mut Rng, hands: &mut Vec<Hand<'n>>) {
        let mut nth = rng.usize(..world.waiting().max(1));
        let mut chosen = None;
        for (queue, waiting) in world.waiting_queues() {
            if nth < waiting {
                chosen = Some((queue.clone(), nth));
                break;
            }
            nth -= waiting;
        }
        let Some((queue, index)) = chosen else {
            return;
        };
        let stays = spend(&mut self.duplicates, rng, 4);
        hands.extend(world.receive(&queue, index, stays));
    }

    fn work<'n>(&mut self, world: &mut World<'n>, rng: &mut Rng, hands: &mut Vec<Hand<'n>>) {
        let mut hand = hands.swap_remove(rng.usize(..hands.len()));
        if spend(&mut self.crashes, rng, 12) {
            world.crash(hand);
        } else if self.slow_calls > 0 && rng.bool() && world.begin(&mut hand, rng.usize(2..8)) {
            self.slow_calls -= 1;
            hands.push(hand);
        } else {
            let lost = spend(&mut self.losses, rng, 12);
            if !world.step(&mut hand, lost) {
                hands.push(hand);
            }
        }
    }
}

/// Takes one of a budget, once in `in_every` times.
fn spend(budget: &mut usize, rng: &mut Rng, in_every: usize) -> bool {
    let spent = *budget > 0 && rng.usize(..in_every) == 0;
    if spent {
        *budget -= 1;
    }
    spent
}
