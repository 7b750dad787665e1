//! How many messages a service has in hand, and who may hold how much of that.
//!
//! **Invariant:** a message is received for a free slot only, and is held under a permit until it is settled; so memory
//! is bounded, and what returns never holds more than its share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many messages may wait for something slow, for each slot.
const ROOM: usize = 4;

/// The part of the slots that messages which were received before may hold at least: one of so many.
const SHARE: usize = 4;

/// What holds a message in hand.
pub(crate) type Permit = OwnedSemaphorePermit;

/// The slots of a service.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    slots: Arc<Semaphore>,
    room: Arc<Semaphore>,
    returning: Arc<Mutex<Returning>>,
}

/// The messages at work that were received before.
///
/// Where they succeed, as after a crash or an outage, each that does makes room for one more; the first that fails takes
/// all of that back.
#[derive(Debug)]
struct Returning {
    held: usize,
    allowed: usize,
    least: usize,
    most: usize,
}

/// A place among those that return; dropped, it is free.
#[derive(Debug)]
pub(crate) struct Share(Arc<Mutex<Returning>>);

impl Share {
    /// The message was handled, or it could not be.
    pub(crate) fn ended(&self, well: bool) {
        let mut returning = lock(&self.0);
        returning.allowed = if well { returning.most.min(returning.allowed + 1) } else { returning.least };
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        lock(&self.0).held -= 1;
    }
}

fn lock(returning: &Mutex<Returning>) -> MutexGuard<'_, Returning> {
    returning.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slots {
    /// So many slots.
    pub(crate) fn new(concurrency: usize) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        let least = (concurrency / SHARE).max(1);
        let returning = Returning { held: 0, allowed: least, least, most: concurrency };
        Self {
            slots: semaphore(concurrency),
            room: semaphore(concurrency.saturating_mul(ROOM)),
            returning: Arc::new(Mutex::new(returning)),
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

    /// A place among those that return, if one is free.
    pub(crate) fn share(&self) -> Option<Share> {
        let mut returning = lock(&self.returning);
        (returning.held < returning.allowed).then(|| {
            returning.held += 1;
            Share(Arc::clone(&self.returning))
        })
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
    async fn what_returns_holds_a_quarter_of_the_slots_and_more_where_it_succeeds() {
        for (concurrency, share) in [(1, 1), (4, 1), (7, 1), (64, 16)] {
            let slots = Slots::new(concurrency);
            let held: Vec<_> = std::iter::repeat_with(|| slots.share()).map_while(|permit| permit).collect();
            assert_eq!(held.len(), share, "{concurrency}");
            assert_eq!(slots.free(1_000).await.unwrap().len(), concurrency, "the slots are free");
            for share in &held {
                share.ended(true);
            }
            let more: Vec<_> = std::iter::repeat_with(|| slots.share()).map_while(|permit| permit).collect();
            assert_eq!(more.len(), share.min(concurrency - share), "as many more as have succeeded");
            held[0].ended(false);
            drop(more);
            assert!(slots.share().is_none(), "one has failed");
            drop(held);
            assert!(slots.share().is_some());
        }
    }
}
