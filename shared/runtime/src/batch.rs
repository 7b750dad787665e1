//! Gathers single calls into batches, and gives each caller its own entry's result.
//!
//! **Invariant:** an entry is answered exactly once: by its own result, or by [`Gone`] when the batch's task has died.
//! A batch holds at most what AWS allows.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Entries of one batch, for SQS and SNS alike
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
pub const ENTRIES_MAX: usize = 10;

/// Bytes of one batch: 256 KiB (<https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html>), less what
/// attributes and framing may take.
const BYTES_MAX: usize = 240 * 1024;

/// Batches under way at a time.
const IN_FLIGHT_MAX: usize = 8;

/// The task behind a batcher has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Takes single entries.
#[derive(Debug)]
pub struct Batcher<E, T> {
    sender: mpsc::Sender<(E, oneshot::Sender<T>)>,
}

impl<E, T> Clone for Batcher<E, T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<E: Send + 'static, T: Send + 'static> Batcher<E, T> {
    /// A batcher that hands batches to `flush`, which answers for each entry in order.
    pub fn start<F, R>(linger: Duration, size: fn(&E) -> usize, flush: F) -> Self
    where
        F: Fn(Vec<E>) -> R + Send + Sync + 'static,
        R: Future<Output = Vec<T>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(ENTRIES_MAX * IN_FLIGHT_MAX);
        tokio::spawn(gather(receiver, linger, size, Arc::new(flush)));
        Self { sender }
    }

    /// Adds an entry to the next batch and waits for its result.
    ///
    /// # Errors
    ///
    /// [`Gone`]: the entry may have been carried out.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the entry may be carried out or not.
    pub async fn add(&self, entry: E) -> Result<T, Gone> {
        let (answer, answered) = oneshot::channel();
        self.sender.send((entry, answer)).await.map_err(|_closed| Gone)?;
        answered.await.map_err(|_dropped| Gone)
    }
}

/// Runs until every [`Batcher`] is dropped and what they added is flushed.
async fn gather<E, T, F, R>(
    mut receiver: mpsc::Receiver<(E, oneshot::Sender<T>)>,
    linger: Duration,
    size: fn(&E) -> usize,
    flush: Arc<F>,
) where
    E: Send + 'static,
    T: Send + 'static,
    F: Fn(Vec<E>) -> R + Send + Sync + 'static,
    R: Future<Output = Vec<T>> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let mut flights = JoinSet::new();
    let mut carried = None;
    loop {
        let first = match carried.take() {
            Some(first) => first,
            None => match receiver.recv().await {
                Some(first) => first,
                None => break,
            },
        };
        let mut bytes = size(&first.0);
        let mut batch = vec![first];
        let deadline = Instant::now() + linger;
        while batch.len() < ENTRIES_MAX {
            match tokio::time::timeout_at(deadline, receiver.recv()).await {
                Ok(Some(next)) if bytes + size(&next.0) > BYTES_MAX => {
                    carried = Some(next);
                    break;
                }
                Ok(Some(next)) => {
                    bytes += size(&next.0);
                    batch.push(next);
                }
                Ok(None) | Err(_) => break,
            }
        }
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            break;
        };
        let flush = Arc::clone(&flush);
        flights.spawn(async move {
            let (entries, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            for (answer, result) in answers.into_iter().zip(flush(entries).await) {
                // A caller that went away needs no answer.
                drop(answer.send(result));
            }
            drop(slot);
        });
        while flights.try_join_next().is_some() {}
    }
    while flights.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Echoes each entry with the size of its batch; refuses odd ones.
    fn echo(linger_ms: u64) -> Batcher<usize, (usize, Result<usize, ()>)> {
        Batcher::start(
            Duration::from_millis(linger_ms),
            |entry| *entry,
            |entries| async move {
                let len = entries.len();
                entries.into_iter().map(|entry| (len, if entry % 2 == 0 { Ok(entry) } else { Err(()) })).collect()
            },
        )
    }

    #[tokio::test]
    async fn entries_travel_together_and_each_gets_its_own_result() {
        // A linger that no test waits for: only full batches leave.
        let batcher = echo(3_600_000);
        let mut tasks = JoinSet::new();
        for entry in 0..20 {
            let batcher = batcher.clone();
            tasks.spawn(async move { (entry, batcher.add(entry).await) });
        }
        while let Some(Ok((entry, result))) = tasks.join_next().await {
            let (len, result) = result.unwrap();
            assert_eq!(result, if entry % 2 == 0 { Ok(entry) } else { Err(()) });
            assert_eq!(len, ENTRIES_MAX);
        }
    }

    #[tokio::test]
    async fn an_entry_without_company_leaves_when_its_linger_is_over() {
        assert_eq!(echo(1).add(2).await, Ok((1, Ok(2))));
    }

    #[tokio::test]
    async fn a_batch_never_holds_more_bytes_than_allowed() {
        let batcher = echo(5);
        let (one, two) = tokio::join!(batcher.add(BYTES_MAX - 2), batcher.add(4));
        assert_eq!((one.unwrap().0, two.unwrap().0), (1, 1));
    }

    #[tokio::test]
    async fn a_flush_that_dies_leaves_no_caller_waiting() {
        let batcher: Batcher<u8, ()> =
            Batcher::start(Duration::ZERO, |_| 1, |_| async { panic!("the flush dies, as this test wants") });
        assert_eq!(batcher.add(1).await, Err(Gone));
    }
}
