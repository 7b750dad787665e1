//! What operators and clients do: publish messages, read outcomes.
//!
//! **Invariant:** an outcome is deleted only when the caller says that it was shown.

use std::sync::Arc;
use std::time::Duration;

use runtime::tools::{Announcer, Deletes, ENTRIES_MAX, SettleError, clients, explain, receive};
use runtime::{Aws, CancellationToken, Settings, Unavailable};
use saga::Announcement;
use saga::topology::Names;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How long one look into a queue waits: so long may [`Watching::close`] take. A look that is dropped goes on at SQS,
/// and hides what it finds from everybody for the queue's visibility timeout.
const WAIT: Duration = Duration::from_secs(1);

/// Publishes messages, in batches; a result for each, in order.
///
/// # Examples
///
/// See the example of [the crate](crate).
pub async fn publish(aws: &Aws, settings: &Settings, messages: Vec<Announcement>) -> Vec<Result<(), Unavailable>> {
    let announcer = Arc::new(Announcer::new(aws.clone(), settings.names.clone()));
    let mut results: Vec<_> = messages.iter().map(|_| Err(Unavailable::new("SNS", "it was not sent"))).collect();
    let mut tasks = JoinSet::new();
    for (index, message) in messages.into_iter().enumerate() {
        let announcer = Arc::clone(&announcer);
        tasks.spawn(async move { (index, announcer.announce(vec![message]).await) });
    }
    while let Some(ended) = tasks.join_next().await {
        if let Ok((index, result)) = ended
            && let Some(slot) = results.get_mut(index)
        {
            *slot = result;
        }
    }
    results
}

/// A notification as it was found in the success or the failure queue.
#[derive(Clone, Debug)]
pub struct Found {
    /// In the success queue.
    pub successful: bool,
    /// The body, byte for byte.
    pub body: String,
    receipt: String,
}

/// Reads and deletes what is in the success and failure queues.
///
/// # Examples
///
/// See the example of [the crate](crate). Whoever has shown an outcome deletes it:
///
/// ```no_run
/// use ensemble_operate::operator::Outcomes;
/// use runtime::{Aws, Settings, Unavailable};
///
/// async fn show(aws: &Aws, settings: &Settings) -> Result<(), Unavailable> {
///     let outcomes = Outcomes::new(aws, settings);
///     let mut arriving = outcomes.watch();
///     while let Some(found) = arriving.recv().await.transpose()? {
///         println!("{}", found.body);
///         outcomes.delete(&found).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Outcomes {
    aws: Aws,
    names: Names,
    deletes: [Deletes; 2],
}

impl Outcomes {
    /// The outcome queues. Starts the tasks that delete, so a runtime has to run.
    #[must_use]
    pub fn new(aws: &Aws, settings: &Settings) -> Self {
        let deletes = [true, false].map(|successful| {
            Deletes::of(clients(aws).sqs.clone(), aws.queue_url(&settings.names.outcomes(successful)))
        });
        Self { aws: aws.clone(), names: settings.names.clone(), deletes }
    }

    /// Watches both queues, until it is closed.
    ///
    /// Ends after the first error. What was received and not deleted is visible again in a while.
    #[must_use]
    pub fn watch(&self) -> Watching {
        let (sender, arriving) = mpsc::channel(1);
        let closing = CancellationToken::new();
        for successful in [true, false] {
            let (outcomes, sender, closing) = (self.clone(), sender.clone(), closing.clone());
            tokio::spawn(async move { outcomes.look(successful, &sender, &closing).await });
        }
        Watching { outcomes: self.clone(), arriving, closing }
    }

    /// Looks into one queue, again and again. A call that is under way is never dropped while somebody listens: it
    /// may have messages on the way.
    async fn look(
        &self,
        successful: bool,
        sender: &mpsc::Sender<Result<Found, Unavailable>>,
        closing: &CancellationToken,
    ) {
        while !closing.is_cancelled() {
            let received = tokio::select! {
                biased;
                () = sender.closed() => return,
                received = self.receive(successful) => received,
            };
            let (messages, failed) = match received {
                Ok(messages) => (messages.into_iter().map(Ok).collect::<Vec<_>>(), false),
                Err(error) => (vec![Err(error)], true),
            };
            for message in messages {
                if sender.send(message).await.is_err() {
                    return;
                }
            }
            if failed {
                return;
            }
        }
    }

    async fn receive(&self, successful: bool) -> Result<Vec<Found>, Unavailable> {
        let messages = receive(&clients(&self.aws).sqs, &self.url(successful), ENTRIES_MAX, WAIT, None).await?;
        let found = messages
            .into_iter()
            .filter_map(|message| Some(Found { successful, body: message.body?, receipt: message.receipt_handle? }));
        Ok(found.collect())
    }

    /// Deletes a notification that was shown; together with others that are deleted meanwhile.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: it will be found again.
    pub async fn delete(&self, found: &Found) -> Result<(), Unavailable> {
        let [successes, failures] = &self.deletes;
        let deletes = if found.successful { successes } else { failures };
        deletes.delete(&found.receipt).await.map_err(|error| match error {
            SettleError::Unavailable(error) => error,
            SettleError::ReceiptLost(code) => {
                Unavailable::new("SQS", format!("{}: {code}", self.url(found.successful)))
            }
        })
    }

    /// Makes a notification that was not shown visible again at once.
    async fn give_back(&self, found: &Found) -> Result<(), Unavailable> {
        let url = self.url(found.successful);
        let change = clients(&self.aws).sqs.change_message_visibility().queue_url(&url).receipt_handle(&found.receipt);
        let given = change.visibility_timeout(0).send().await;
        given.map(|_| ()).map_err(|error| Unavailable::new("SQS", format!("{url}: {}", explain(&error))))
    }

    fn url(&self, successful: bool) -> String {
        self.aws.queue_url(&self.names.outcomes(successful))
    }
}

/// Both outcome queues, while they are watched.
#[derive(Debug)]
pub struct Watching {
    outcomes: Outcomes,
    arriving: mpsc::Receiver<Result<Found, Unavailable>>,
    closing: CancellationToken,
}

impl Watching {
    /// The next notification; `None` after an error.
    pub async fn recv(&mut self) -> Option<Result<Found, Unavailable>> {
        self.arriving.recv().await
    }

    /// Ends the watching: lets the looks that are under way end, and makes what they bring visible again, so that
    /// nothing is hidden from whoever looks next.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: something is hidden until its visibility ends.
    ///
    /// # Cancel safety
    ///
    /// Dropped, what was received is hidden until its visibility ends.
    pub async fn close(mut self) -> Result<(), Unavailable> {
        self.closing.cancel();
        let mut result = Ok(());
        while let Some(found) = self.arriving.recv().await {
            let given_back = match found {
                Ok(found) => self.outcomes.give_back(&found).await,
                Err(error) => Err(error),
            };
            result = result.and(given_back);
        }
        result
    }
}
