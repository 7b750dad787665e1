//! What operators and clients do: publish messages, read outcomes.
//!
//! **Invariant:** an outcome is deleted only when the caller says that it was shown.

use std::sync::Arc;
use std::time::Duration;

use saga::Announcement;
use saga::topology::Names;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::announcer::Announcer;
use crate::aws::Aws;
use crate::batch::ENTRIES_MAX;
use crate::error::{Unavailable, explain};
use crate::queue::receive;
use crate::settings::Settings;

/// How long one look into a queue waits: the longest that SQS allows.
const WAIT: Duration = Duration::from_secs(20);

/// Publishes messages, in batches; a result for each, in order.
pub async fn publish(aws: &Aws, settings: &Settings, messages: Vec<Announcement>) -> Vec<Result<(), Unavailable>> {
    let announcer = Arc::new(Announcer::new(aws.clone(), settings.names.clone(), settings.linger));
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
#[derive(Clone, Debug)]
pub struct Outcomes {
    aws: Aws,
    names: Names,
}

impl Outcomes {
    /// The outcome queues.
    #[must_use]
    pub fn new(aws: &Aws, settings: &Settings) -> Self {
        Self { aws: aws.clone(), names: settings.names.clone() }
    }

    /// Watches both queues, for as long as the receiver is kept.
    ///
    /// Ends after the first error. What was received and not deleted is visible again in a while.
    #[must_use]
    pub fn watch(&self) -> mpsc::Receiver<Result<Found, Unavailable>> {
        let (sender, receiver) = mpsc::channel(1);
        for successful in [true, false] {
            let (outcomes, sender) = (self.clone(), sender.clone());
            tokio::spawn(async move { outcomes.look(successful, &sender).await });
        }
        receiver
    }

    /// Looks into one queue, again and again. A call that is under way is never dropped while somebody listens: it
    /// may have messages on the way.
    async fn look(&self, successful: bool, sender: &mpsc::Sender<Result<Found, Unavailable>>) {
        loop {
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
        let messages = receive(&self.aws.sqs, &self.url(successful), ENTRIES_MAX, WAIT, None).await?;
        let found = messages
            .into_iter()
            .filter_map(|message| Some(Found { successful, body: message.body?, receipt: message.receipt_handle? }));
        Ok(found.collect())
    }

    /// Deletes a notification that was shown.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: it will be found again.
    #[expect(clippy::disallowed_methods, reason = "a client's queue, not a service's")]
    pub async fn delete(&self, found: &Found) -> Result<(), Unavailable> {
        let url = self.url(found.successful);
        let deleted = self.aws.sqs.delete_message().queue_url(&url).receipt_handle(&found.receipt).send().await;
        deleted.map(|_| ()).map_err(|error| Unavailable::new("SQS", format!("{url}: {}", explain(&error))))
    }

    fn url(&self, successful: bool) -> String {
        self.aws.queue_url(&self.names.outcomes(successful))
    }
}
