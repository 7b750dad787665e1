//! Per-saga order within a process: one message of a saga is handled at a time.
//!
//! **Invariant:** correctness never depends on it (two processes have two sets of locks); it only spares writes that
//! would lose against each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use wire::SagaId;

type Locks = Mutex<HashMap<SagaId, Arc<tokio::sync::Mutex<()>>>>;

/// The locks of one service.
#[derive(Debug, Default, Clone)]
pub(crate) struct SagaLocks(Arc<Locks>);

/// Holds one saga; dropped, the next message of the saga goes on.
#[derive(Debug)]
pub(crate) struct Held {
    locks: Arc<Locks>,
    saga: SagaId,
    guard: Option<OwnedMutexGuard<()>>,
}

impl SagaLocks {
    /// Waits until no other message of this saga is at work here.
    ///
    /// # Cancel safety
    ///
    /// Dropped, nothing is held.
    pub(crate) async fn hold(&self, saga: SagaId) -> Held {
        let lock = Arc::clone(lock(&self.0).entry(saga).or_default());
        // Made first, so that a wait that is dropped tidies up too.
        let mut held = Held { locks: Arc::clone(&self.0), saga, guard: None };
        held.guard = Some(lock.lock_owned().await);
        held
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut locks = lock(&self.locks);
        // The map's own reference is the last one: nobody holds it and nobody waits.
        if locks.get(&self.saga).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.saga);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_saga_waits_and_another_does_not_and_nothing_is_left_behind() {
        let locks = SagaLocks::default();
        let (a, b) = (SagaId::of_request("trip", "a"), SagaId::of_request("trip", "b"));
        let first = locks.hold(a).await;
        let other = locks.hold(b).await;
        let mut second = Box::pin(locks.hold(a));
        let waits = tokio::select! { biased; _held = &mut second => false, () = tokio::task::yield_now() => true };
        assert!(waits);
        drop(first);
        drop((second.await, other));
        let mut dropped = Box::pin(locks.hold(a));
        tokio::select! { biased; held = &mut dropped => drop(held), () = tokio::task::yield_now() => {} }
        drop(dropped);
        assert!(lock(&locks.0).is_empty());
    }
}
