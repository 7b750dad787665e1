//! Publishes announcements to SNS, in batches.
//!
//! **Invariant:** [`Announcer::announce`] returns `Ok` only when SNS has accepted every one of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use saga::topology::Names;
use saga::{Announcement, Channel};

use crate::aws::Aws;
use crate::batch::{Batcher, ENTRIES_MAX};
use crate::error::{Unavailable, explain};

type Result = std::result::Result<(), Unavailable>;

/// Publishes to any channel.
#[derive(Debug)]
pub struct Announcer {
    aws: Aws,
    names: Names,
    batchers: Mutex<BTreeMap<Channel, Batcher<Announcement, Result>>>,
}

impl Announcer {
    /// An announcer for the topics of these names.
    #[must_use]
    pub fn new(aws: Aws, names: Names) -> Self {
        Self { aws, names, batchers: Mutex::default() }
    }

    /// Publishes all of these.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when any was not accepted; others may have been.
    ///
    /// # Cancel safety
    ///
    /// Dropped, any of them may have been published.
    pub async fn announce(&self, announcements: Vec<Announcement>) -> Result {
        for announcement in announcements {
            let batcher = self.batcher(announcement.channel);
            batcher.add(announcement).await.map_err(|_gone| Unavailable::new("SNS", "the batch died"))??;
        }
        Ok(())
    }

    fn batcher(&self, channel: Channel) -> Batcher<Announcement, Result> {
        let mut batchers = self.batchers.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let (client, topic) = (self.aws.clients.sns.clone(), self.aws.channel_arn(&self.names, channel));
            Batcher::start(ENTRIES_MAX, size, move |batch| publish_batch(client.clone(), topic.clone(), batch))
        };
        batchers.entry(channel).or_insert_with(start).clone()
    }
}

fn size(announcement: &Announcement) -> usize {
    let attributes: usize = announcement.attributes.iter().map(|(name, value)| name.len() + value.len() + 6).sum();
    announcement.body.len() + attributes
}

/// One `PublishBatch` to the topic of this ARN; a result for each entry, in order.
#[expect(clippy::disallowed_methods, reason = "this is the one place that publishes events")]
pub async fn publish_batch(client: aws_sdk_sns::Client, topic: String, batch: Vec<Announcement>) -> Vec<Result> {
    let entries: std::result::Result<Vec<_>, _> = batch.iter().enumerate().map(entry).collect();
    let answer = match entries {
        Err(what) => Err(what),
        Ok(entries) => client
            .publish_batch()
            .topic_arn(&topic)
            .set_publish_batch_request_entries(Some(entries))
            .send()
            .await
            .map_err(|error| explain(&error)),
    };
    let result_of = |index: usize| match &answer {
        Err(what) => Err(Unavailable::new("SNS", format!("{topic}: {what}"))),
        Ok(answer) => {
            let id = index.to_string();
            // Accepted is only what is named as accepted: an entry that is in neither list was lost.
            if answer.successful().iter().any(|entry| entry.id() == Some(id.as_str())) {
                return Ok(());
            }
            let failed = answer.failed().iter().find(|entry| entry.id() == id);
            let what = failed.map_or("an entry was not answered for", |entry| entry.code());
            Err(Unavailable::new("SNS", format!("{topic}: {what}")))
        }
    };
    (0..batch.len()).map(result_of).collect()
}

fn entry((index, announcement): (usize, &Announcement)) -> std::result::Result<PublishBatchRequestEntry, String> {
    let mut entry = PublishBatchRequestEntry::builder().id(index.to_string()).message(&announcement.body);
    for (name, value) in &announcement.attributes {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
        entry = entry.message_attributes(*name, value.map_err(|error| error.to_string())?);
    }
    entry.build().map_err(|error| error.to_string())
}
