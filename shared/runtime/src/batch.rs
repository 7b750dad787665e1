//! Gathers single calls into batches, and gives each caller its own entry's result.
//!
//! No entry waits for company that may not come: a batch leaves at once when nothing is in flight, and what comes while
//! one is in flight leaves together when that lands. A full batch waits for no other. This is Nagle's rule (RFC 896)
//! without a timer.
//!
//! **Invariant:** an entry is answered exactly once: by its own result, or by [`Gone`] when the batch's task has died.
//! A batch holds at most what AWS allows.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

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
    /// A batcher that hands batches of at most so many entries to `flush`, which answers for each entry in order.
    pub fn start<F, R>(most: usize, size: fn(&E) -> usize, flush: F) -> Self
    where
        F: Fn(Vec<E>) -> R + Send + Sync + 'static,
        R: Future<Output = Vec<T>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(most * IN_FLIGHT_MAX);
        tokio::spawn(gather(receiver, Limits { most, size }, Arc::new(flush)));
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

/// What a batch may hold.
struct Limits<E> {
    most: usize,
    size: fn(&E) -> usize,
}

/// The entries that wait, each with whoever waits for its result.
type Waiting<E, T> = VecDeque<(E, oneshot::Sender<T>)>;

/// Runs until every [`Batcher`] is dropped and what they added is flushed.
async fn gather<E, T, F, R>(mut receiver: mpsc::Receiver<(E, oneshot::Sender<T>)>, limits: Limits<E>, flush: Arc<F>)
where
    E: Send + 'static,
    T: Send + 'static,
    F: Fn(Vec<E>) -> R + Send + Sync + 'static,
    R: Future<Output = Vec<T>> + Send + 'static,
{
    let mut flights = JoinSet::new();
    let mut waiting = VecDeque::new();
    let mut is_open = true;
    while is_open || !waiting.is_empty() {
        // Whoever is there already travels along.
        while waiting.len() < limits.most
            && let Ok(next) = receiver.try_recv()
        {
            waiting.push_back(next);
        }
        if leaves(&waiting, &limits, flights.len()) {
            let (entries, answers): (Vec<_>, Vec<_>) = next_batch(&mut waiting, &limits).into_iter().unzip();
            let flush = Arc::clone(&flush);
            flights.spawn(async move {
                for (answer, result) in answers.into_iter().zip(flush(entries).await) {
                    // A caller that went away needs no answer.
                    drop(answer.send(result));
                }
            });
            continue;
        }
        tokio::select! {
            next = receiver.recv(), if is_open && waiting.len() < limits.most => match next {
                Some(next) => waiting.push_back(next),
                None => is_open = false,
            },
            Some(_landed) = flights.join_next() => {}
        }
    }
    while flights.join_next().await.is_some() {}
}

/// Whether a batch leaves now: a full one while there is room, and any other once nothing is in flight.
fn leaves<E, T>(waiting: &Waiting<E, T>, limits: &Limits<E>, in_flight: usize) -> bool {
    match in_flight {
        0 => !waiting.is_empty(),
        1..IN_FLIGHT_MAX => {
            let bytes = || waiting.iter().map(|(entry, _)| (limits.size)(entry)).sum::<usize>();
            waiting.len() >= limits.most || bytes() > BYTES_MAX
        }
        _ => false,
    }
}

/// Takes as many entries as one batch may hold; at least one.
fn next_batch<E, T>(waiting: &mut Waiting<E, T>, limits: &Limits<E>) -> Vec<(E, oneshot::Sender<T>)> {
    let mut bytes = 0;
    let fits = |(entry, _): &&(E, oneshot::Sender<T>)| {
        bytes += (limits.size)(entry);
        bytes <= BYTES_MAX
    };
    let number = waiting.iter().take(limits.most).take_while(fits).count().max(1);
    waiting.drain(..number.min(waiting.len())).collect()
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;

    use super::*;

    /// A batcher whose batches land when they are told to, and answer each entry with the size of its batch; it refuses
    /// odd entries.
    fn held(land: &Arc<Notify>) -> Batcher<usize, (usize, Result<usize, ()>)> {
        let land = Arc::clone(land);
        Batcher::start(
            ENTRIES_MAX,
            |entry| *entry,
            move |entries: Vec<usize>| {
                let land = Arc::clone(&land);
                async move {
                    land.notified().await;
                    let len = entries.len();
                    entries.into_iter().map(|entry| (len, if entry % 2 == 0 { Ok(entry) } else { Err(()) })).collect()
                }
            },
        )
    }

    /// Adds entries, each by a task of its own, and waits until all of them are on their way.
    async fn add(
        batcher: &Batcher<usize, (usize, Result<usize, ()>)>,
        entries: impl IntoIterator<Item = usize>,
    ) -> JoinSet<(usize, (usize, Result<usize, ()>))> {
        let mut tasks = JoinSet::new();
        for entry in entries {
            let batcher = batcher.clone();
            tasks.spawn(async move { (entry, batcher.add(entry).await.unwrap()) });
            // Each runs until it waits for its result; then the batcher has taken it.
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        }
        tasks
    }

    #[tokio::test]
    async fn an_entry_without_company_leaves_at_once() {
        let land = Arc::new(Notify::new());
        land.notify_one();
        assert_eq!(held(&land).add(2).await, Ok((1, Ok(2))));
    }

    #[tokio::test]
    async fn what_comes_while_a_batch_is_in_flight_leaves_together_when_that_lands() {
        let land = Arc::new(Notify::new());
        let batcher = held(&land);
        let mut alone = add(&batcher, [0]).await;
        let others = add(&batcher, 1..=5).await;
        land.notify_one();
        assert_eq!(alone.join_next().await.unwrap().unwrap(), (0, (1, Ok(0))));
        land.notify_one();
        for (entry, (len, result)) in others.join_all().await {
            assert_eq!((len, result), (5, if entry % 2 == 0 { Ok(entry) } else { Err(()) }));
        }
    }

    #[tokio::test]
    async fn a_full_batch_waits_for_no_other() {
        let land = Arc::new(Notify::new());
        let batcher = held(&land);
        let _never_lands = add(&batcher, [0]).await;
        let full = add(&batcher, 1..=ENTRIES_MAX).await;
        // The first is told to land, and whichever is told, the full one was in flight by then.
        land.notify_waiters();
        for (_, (len, _)) in full.join_all().await {
            assert_eq!(len, ENTRIES_MAX);
        }
    }

    #[tokio::test]
    async fn a_batch_never_holds_more_bytes_than_allowed() {
        let land = Arc::new(Notify::new());
        let batcher = held(&land);
        let mut first = add(&batcher, [0]).await;
        let mut large = add(&batcher, [BYTES_MAX - 2, 4]).await;
        land.notify_waiters();
        assert_eq!(first.join_next().await.unwrap().unwrap(), (0, (1, Ok(0))));
        for _ in 0..2 {
            land.notify_one();
            let (_, (len, _)) = large.join_next().await.unwrap().unwrap();
            assert_eq!(len, 1);
        }
    }

    #[tokio::test]
    async fn a_flush_that_dies_leaves_no_caller_waiting() {
        let batcher: Batcher<u8, ()> =
            Batcher::start(ENTRIES_MAX, |_| 1, |_| async { panic!("the flush dies, as this test wants") });
        assert_eq!(batcher.add(1).await, Err(Gone));
    }
}
