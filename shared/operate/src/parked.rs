//! Messages that wait for a person: dead letters of a service, and what SNS could not deliver.
//!
//! Reading hides: a message that was read is invisible to others, services and operators alike, until it is given back
//! or [`VISIBILITY`] is over. So two operators who look at the same time see a part each.
//!
//! **Invariant:** a message is deleted only after its destination has accepted it, or when an operator discards it.
//! What is left is made visible again.

mod letter;
mod settle;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use runtime::tools::{ENTRIES_MAX, SettleError, change, clients, receive};
use runtime::{Aws, CancellationToken, Unavailable};
use saga::Topology;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use letter::Letter;
pub use settle::{Act, Settled, settle_all};

/// How long a message that was read stays invisible, unless it is renewed: as long as nobody sees it after a crash.
const VISIBILITY: Duration = Duration::from_secs(60);

/// When what is held is renewed.
const RENEW_AFTER: Duration = Duration::from_secs(20);

/// How long one receive call waits. A call that does not wait asks only some of SQS's servers, and may find nothing
/// where there is something
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>).
const WAIT: Duration = Duration::from_secs(1);

/// Receives in a row that bring nothing new, after which all is taken to be read: what is held comes again when there
/// is too much of it to be renewed in time.
const REPEATS_MAX: u32 = 3;

/// Batches of visibility changes under way at a time.
const CHANGES_IN_FLIGHT_MAX: usize = 16;

/// A queue of messages that wait for a person.
///
/// # Examples
///
/// See the example of [`Held`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The queue that its messages were meant for.
    pub meant_for: String,
    /// Whether SNS put them there, as they were; otherwise a service did, or SQS.
    pub undelivered: bool,
}

/// Every such queue of a topology.
#[must_use]
pub fn places(topology: &Topology) -> Vec<Place> {
    let of_queue = |queue: &saga::topology::Queue| {
        let place =
            |name: &str, undelivered| Place { name: name.to_owned(), meant_for: queue.name.clone(), undelivered };
        let dead = queue.dlq.as_ref().map(|name| place(name, false));
        let undelivered = topology.undelivered(&queue.name).map(|name| place(name, true));
        dead.into_iter().chain(undelivered).collect::<Vec<_>>()
    };
    topology.queues.iter().flat_map(of_queue).collect()
}

/// What was read of one place, and is hidden from others.
///
/// # Examples
///
/// Dead letters are read, and sent back to the queue that they were meant for:
///
/// ```no_run
/// use ensemble_operate::parked::{Act, Held, places};
/// use runtime::{Aws, CancellationToken, Unavailable};
/// use saga::Topology;
///
/// async fn redrive(aws: &Aws, topology: &Topology, stop: &CancellationToken) -> Result<(), Unavailable> {
///     for mut held in Held::read(aws, places(topology), stop).await? {
///         let back = Act::Redrive(aws.queue_url(&held.place.meant_for));
///         let settled = held.settle(&back, 10, stop).await;
///         println!("{}: {} are sent back", held.place.name, settled.done.len());
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Held {
    /// The place.
    pub place: Place,
    letters: VecDeque<Letter>,
    client: aws_sdk_sqs::Client,
    url: String,
    renew_at: Instant,
}

impl Held {
    /// Reads these places, side by side, until each has given all that was visible; or until `stop`, and then what was
    /// read so far.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: what was read is given back.
    ///
    /// # Cancel safety
    ///
    /// Dropped, what was read is visible again in a minute.
    pub async fn read(aws: &Aws, places: Vec<Place>, stop: &CancellationToken) -> Result<Vec<Self>, Unavailable> {
        let mut tasks = JoinSet::new();
        for (index, place) in places.into_iter().enumerate() {
            let mut held = Self {
                client: clients(aws).sqs.clone(),
                url: aws.queue_url(&place.name),
                place,
                letters: VecDeque::new(),
                renew_at: Instant::now() + RENEW_AFTER,
            };
            let stop = stop.clone();
            tasks.spawn(async move {
                let failed = held.fill(&stop).await.err();
                (index, held, failed)
            });
        }
        let mut read = tasks.join_all().await;
        read.sort_by_key(|(index, ..)| *index);
        let (all, failed): (Vec<_>, Vec<_>) = read.into_iter().map(|(_, held, failed)| (held, failed)).unzip();
        match failed.into_iter().flatten().next() {
            None => Ok(all),
            Some(error) => {
                for held in all {
                    // What stands in the way is told; what cannot be given back now comes back by itself.
                    drop(held.give_back().await);
                }
                Err(error)
            }
        }
    }

    async fn fill(&mut self, stop: &CancellationToken) -> Result<(), Unavailable> {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut repeats = 0;
        while repeats < REPEATS_MAX && !stop.is_cancelled() {
            if Instant::now() >= self.renew_at {
                self.renew().await;
                known = self.letters.iter().enumerate().map(|(index, letter)| (letter.id.clone(), index)).collect();
            }
            let messages = receive(&self.client, &self.url, ENTRIES_MAX, WAIT, Some(VISIBILITY)).await?;
            if messages.is_empty() {
                return Ok(());
            }
            repeats += 1;
            for letter in messages.into_iter().filter_map(|message| Letter::of(message, self.place.undelivered)) {
                match known.get(&letter.id).and_then(|index| self.letters.get_mut(*index)) {
                    // Only the last receipt is worth anything.
                    Some(seen) => *seen = letter,
                    None => {
                        known.insert(letter.id.clone(), self.letters.len());
                        self.letters.push_back(letter);
                        repeats = 0;
                    }
                }
            }
        }
        Ok(())
    }

    /// What is held.
    pub fn letters(&self) -> impl ExactSizeIterator<Item = &Letter> {
        self.letters.iter()
    }

    /// Keeps hold of what is wanted, the oldest first, and gives back the rest at once.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: some of the rest is visible only in a minute.
    pub async fn keep(&mut self, wanted: impl Fn(&Letter) -> bool) -> Result<(), Unavailable> {
        let (mut kept, rest): (Vec<_>, Vec<_>) = self.letters.drain(..).partition(wanted);
        kept.sort_by_key(|letter| letter.first_seen);
        self.letters = kept.into();
        first_failure(self.hide(&rest, Duration::ZERO).await)
    }

    /// Makes all that is held visible again.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: some of it is visible only in a minute.
    pub async fn give_back(mut self) -> Result<(), Unavailable> {
        self.keep(|_| false).await
    }

    /// Holds on to what is held; lets go what is no longer ours.
    async fn renew(&mut self) {
        self.renew_at = Instant::now() + RENEW_AFTER;
        let letters: Vec<_> = self.letters.drain(..).collect();
        let results = self.hide(&letters, VISIBILITY).await;
        let is_ours = |result: &Result<(), SettleError>| !matches!(result, Err(SettleError::ReceiptLost(_)));
        let ours = letters.into_iter().zip(results).filter(|(_, result)| is_ours(result));
        self.letters = ours.map(|(letter, _)| letter).collect();
    }

    /// Hides these for this long from now; a result for each, in order.
    async fn hide(&self, letters: &[Letter], visibility: Duration) -> Vec<Result<(), SettleError>> {
        let secs = i32::try_from(visibility.as_secs()).unwrap_or(i32::MAX);
        let mut results: Vec<Vec<_>> = vec![Vec::new(); letters.len().div_ceil(ENTRIES_MAX)];
        let mut tasks: JoinSet<(usize, Vec<Result<(), SettleError>>)> = JoinSet::new();
        let mut note = |ended: Result<(usize, Vec<_>), tokio::task::JoinError>| {
            if let Ok((index, answered)) = ended
                && let Some(slot) = results.get_mut(index)
            {
                *slot = answered;
            }
        };
        for (index, chunk) in letters.chunks(ENTRIES_MAX).enumerate() {
            if tasks.len() >= CHANGES_IN_FLIGHT_MAX
                && let Some(ended) = tasks.join_next().await
            {
                note(ended);
            }
            let changes = chunk.iter().map(|letter| (letter.receipt.clone(), secs)).collect();
            let (client, url) = (self.client.clone(), self.url.clone());
            tasks.spawn(async move { (index, change(client, url, changes).await) });
        }
        while let Some(ended) = tasks.join_next().await {
            note(ended);
        }
        results.into_iter().flatten().collect()
    }
}

/// The first result that says that a call failed. A receipt that is lost leaves nothing to do: the message is visible,
/// another's, or gone.
fn first_failure(results: Vec<Result<(), SettleError>>) -> Result<(), Unavailable> {
    let failed = |result| match result {
        Err(SettleError::Unavailable(error)) => Some(error),
        Ok(()) | Err(SettleError::ReceiptLost(_)) => None,
    };
    results.into_iter().find_map(failed).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(aws: &Aws, count: usize) -> Held {
        for _ in 0..count {
            clients(aws).sqs.send_message().queue_url(aws.queue_url("dead")).message_body("{}").send().await.unwrap();
        }
        let place = Place { name: "dead".to_owned(), meant_for: "alive".to_owned(), undelivered: false };
        let mut all = Held::read(aws, vec![place], &CancellationToken::new()).await.unwrap();
        all.remove(0)
    }

    #[tokio::test]
    async fn what_is_held_for_long_is_renewed_and_what_is_lost_is_let_go() {
        let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
        let aws = Aws::at(&endpoint.url()).await.unwrap();
        clients(&aws).sqs.create_queue().queue_name("dead").send().await.unwrap();
        let renewals = || endpoint.calls().get("sqs:ChangeMessageVisibilityBatch");
        let stop = CancellationToken::new();

        let mut held = sent(&aws, 25).await;
        held.renew_at = Instant::now();
        let settled = held.settle(&Act::Discard, 1000, &stop).await;
        assert_eq!((settled.done.len(), settled.failed, renewals()), (25, None, 3));

        let mut held = sent(&aws, 5).await;
        clients(&aws).sqs.purge_queue().queue_url(aws.queue_url("dead")).send().await.unwrap();
        held.renew_at = Instant::now();
        let settled = held.settle(&Act::Discard, 1000, &stop).await;
        assert_eq!(settled, Settled::default(), "there is nothing left to discard");
        endpoint.stop();
    }

    #[tokio::test]
    async fn what_the_destination_does_not_take_is_still_held() {
        let endpoint = local::Endpoint::start(local::Options::default()).unwrap();
        let aws = Aws::at(&endpoint.url()).await.unwrap();
        clients(&aws).sqs.create_queue().queue_name("dead").send().await.unwrap();
        let mut held = sent(&aws, 12).await;
        let act = Act::Redrive(aws.queue_url("alive"));
        let settled = held.settle(&act, 1000, &CancellationToken::new()).await;
        assert_eq!((settled.done.len(), held.letters().len()), (0, 12));
        assert!(settled.failed.is_some_and(|error| error.what.contains("alive")));
        held.give_back().await.unwrap();
        assert_eq!(crate::depth::depth(&aws, "dead").await.unwrap().visible, 12);
        endpoint.stop();
    }
}
