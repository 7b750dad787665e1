//! How many messages a service has in hand, and who may hold how much of that.
//!
//! **Invariant:** a message is received for a free slot only, and is held under a permit until it is settled; so memory
//! is bounded, and what returns never holds more than its share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many messages may wait for something slow, for each slot.
const ROOM: usize = 4;

/// The part of the slots that messages may hold which were received before: one of so many.
const SHARE: usize = 4;

/// What holds a message in hand.
pub(crate) type Permit = OwnedSemaphorePermit;

/// The slots of a service.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    slots: Arc<Semaphore>,
    room: Arc<Semaphore>,
    returning: Arc<Semaphore>,
}

impl Slots {
    /// So many slots.
    pub(crate) fn new(concurrency: usize) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            slots: semaphore(concurrency),
            room: semaphore(concurrency.saturating_mul(ROOM)),
            returning: semaphore((concurrency / SHARE).max(1)),
        }
    }

    /// Waits for a free slot; answers with one to `most` of them.
    ///
    /// # Cancel safety
    ///
    /// Dropped, nothing is held.
    pub(crate) async fn free(&self, most: usize) -> Option<Vec<Permit>> {
        let first = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        let more = std::iter::repeat_with(|| Arc::clone(&self.slots).try_acquire_owned().ok()).map_while(|slot| slot);
        Some(std::iter::once(first).chain(more.take(most - 1)).collect())
    }

    /// A part of the share of those that return, if one is free.
    pub(crate) fn share(&self) -> Option<Permit> {
        Arc::clone(&self.returning).try_acquire_owned().ok()
    }

    /// Waits for a place in the waiting room, which a message takes in exchange for its slot.
    ///
    /// # Cancel safety
    ///
    /// Dropped, nothing is held.
    pub(crate) async fn room(&self) -> Option<Permit> {
        Arc::clone(&self.room).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_returns_holds_a_quarter_of_the_slots_and_at_least_one() {
        for (concurrency, share) in [(1, 1), (4, 1), (7, 1), (64, 16)] {
            let slots = Slots::new(concurrency);
            let held: Vec<_> = std::iter::repeat_with(|| slots.share()).map_while(|permit| permit).collect();
            assert_eq!(held.len(), share, "{concurrency}");
            assert_eq!(slots.free(1_000).await.unwrap().len(), concurrency, "the slots are free");
        }
    }
}
