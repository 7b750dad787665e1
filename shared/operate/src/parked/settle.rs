//! Redrives or discards what is held, at a steady rate.
//!
//! **Invariant:** a message is sent before it is deleted, and is deleted only when the destination has accepted it.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use runtime::tools::{Batcher, Deletes, ENTRIES_MAX, SettleError, explain};
use runtime::{CancellationToken, Unavailable};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::{Held, Letter};

/// Messages at work at a time.
const AT_WORK_MAX: usize = 100;

/// What is done with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Send it to this queue, by URL, then delete it.
    Redrive(String),
    /// Delete it.
    Discard,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The message ids of those that it was done with.
    pub done: Vec<String>,
    /// Why it ended early, if a call failed. A message whose deletion failed was sent, and stands in both queues.
    pub failed: Option<Unavailable>,
}

/// Settles what is held of several places, side by side: each with its own act, each at this rate. Gives all back as it
/// came, with what was done.
///
/// # Cancel safety
///
/// Not cancel safe: see [`Held::settle`].
pub async fn settle_all(all: Vec<Held>, acts: Vec<Act>, rate: u32, stop: &CancellationToken) -> Vec<(Held, Settled)> {
    let mut tasks = JoinSet::new();
    for (index, (mut held, act)) in all.into_iter().zip(acts).enumerate() {
        let stop = stop.clone();
        tasks.spawn(async move {
            let settled = held.settle(&act, rate, &stop).await;
            (index, held, settled)
        });
    }
    let mut settled = tasks.join_all().await;
    settled.sort_by_key(|(index, ..)| *index);
    settled.into_iter().map(|(_, held, settled)| (held, settled)).collect()
}

type Sends = Batcher<Letter, Result<(), Unavailable>>;

impl Held {
    /// Does this with everything that is held, at most `rate` messages a second, until `stop` or the first call that fails.
    /// What is not done then is still held.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped, nobody knows what was done. Use `stop`.
    pub async fn settle(&mut self, act: &Act, rate: u32, stop: &CancellationToken) -> Settled {
        let sends = match act {
            Act::Redrive(to) => Some(sends(self.client.clone(), to.clone())),
            Act::Discard => None,
        };
        let deletes = Deletes::of(self.client.clone(), self.url.clone());
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
        // Never faster than asked for, not even to catch up.
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut settled = Settled::default();
        let mut at_work = JoinSet::new();
        while settled.failed.is_none() && !(self.letters.is_empty() && at_work.is_empty()) {
            let may_begin = !self.letters.is_empty() && at_work.len() < AT_WORK_MAX;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = at_work.join_next(), if !at_work.is_empty() => self.note(ended, &mut settled),
                () = tokio::time::sleep_until(self.renew_at), if !self.letters.is_empty() => self.renew().await,
                _ = pace.tick(), if may_begin => {
                    if let Some(letter) = self.letters.pop_front() {
                        at_work.spawn(settle(letter, sends.clone(), deletes.clone()));
                    }
                }
            }
        }
        // Only what was not begun is left undone.
        while let Some(ended) = at_work.join_next().await {
            self.note(ended, &mut settled);
        }
        settled
    }

    fn note(&mut self, ended: Result<Ended, tokio::task::JoinError>, settled: &mut Settled) {
        match ended {
            Ok(Ended::Done(id, failed)) => {
                settled.done.push(id);
                settled.failed = settled.failed.take().or(failed);
            }
            Ok(Ended::NotDone(letter, error)) => {
                self.letters.push_back(*letter);
                settled.failed = settled.failed.take().or(Some(error));
            }
            Ok(Ended::Lost) => {}
            Err(error) => {
                let died = Unavailable::new("SQS", format!("{}: a task died: {error}", self.url));
                settled.failed = settled.failed.take().or(Some(died));
            }
        }
    }
}

/// How it went with one message.
enum Ended {
    /// It was sent, if it had to be; what went wrong with the deletion, if anything did.
    Done(String, Option<Unavailable>),
    /// Nothing was done that is known of.
    NotDone(Box<Letter>, Unavailable),
    /// It was visible to others before it could be discarded, and is another's now, or gone.
    Lost,
}

async fn settle(letter: Letter, sends: Option<Sends>, deletes: Deletes) -> Ended {
    let is_sent = sends.is_some();
    if let Some(sends) = sends
        && let Err(error) =
            sends.add(letter.clone()).await.unwrap_or_else(|_gone| Err(Unavailable::new("SQS", "the batch died")))
    {
        return Ended::NotDone(Box::new(letter), error);
    }
    // Crash here: the message stands in both queues. Redriven again it is a duplicate, which every service recognises.
    let failed = match deletes.delete(&letter.receipt).await {
        Ok(()) => None,
        // Visible already, it will be read and redriven again: a duplicate too.
        Err(SettleError::ReceiptLost(_)) if is_sent => None,
        Err(SettleError::ReceiptLost(_)) => return Ended::Lost,
        Err(SettleError::Unavailable(error)) => Some(error),
    };
    match failed {
        Some(error) if !is_sent => Ended::NotDone(Box::new(letter), error),
        failed => Ended::Done(letter.id, failed),
    }
}

/// Sends to a queue, in batches.
fn sends(client: aws_sdk_sqs::Client, url: String) -> Sends {
    let size = |letter: &Letter| {
        let of_attribute = |(name, value): (&String, &String)| name.len() + value.len() + 6;
        letter.body.len() + letter.attributes.iter().map(of_attribute).sum::<usize>()
    };
    Batcher::start(ENTRIES_MAX, size, move |batch| send(client.clone(), url.clone(), batch))
}

/// One `SendMessageBatch`; a result for each entry, in order.
async fn send(client: aws_sdk_sqs::Client, url: String, batch: Vec<Letter>) -> Vec<Result<(), Unavailable>> {
    let entry = |(index, letter): (usize, &Letter)| {
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_body(&letter.body)
            .set_message_attributes(Some(letter.attributes_to_send()))
            .build()
            .map_err(|error| error.to_string())
    };
    let entries: Result<Vec<_>, _> = batch.iter().enumerate().map(entry).collect();
    let answer = match entries {
        Err(what) => Err(what),
        Ok(entries) => {
            let send = client.send_message_batch().queue_url(&url).set_entries(Some(entries)).send().await;
            send.map_err(|error| explain(&error))
        }
    };
    let failed = |what: &str| Err(Unavailable::new("SQS", format!("{url}: {what}")));
    let result_of = |index: usize| match &answer {
        Err(what) => failed(what),
        Ok(answer) => {
            let id = index.to_string();
            // Accepted is only what is named as accepted.
            if answer.successful().iter().any(|entry| entry.id() == id) {
                return Ok(());
            }
            let refused = answer.failed().iter().find(|entry| entry.id() == id);
            failed(refused.map_or("an entry was not answered for", |entry| entry.code()))
        }
    };
    (0..batch.len()).map(result_of).collect()
}
