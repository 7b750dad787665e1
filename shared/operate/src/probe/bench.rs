//! The probe's own tables, queues and topic: made as the real ones are, used as the real ones are, and deleted.

use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_table::DeleteTableError;
use runtime::settings::PREFIX;
use runtime::tools::{OPEN, Queue, Received, Store, clients, explain};
use runtime::{Aws, Cleaning, ConfigError, Counters, Settings, Unavailable};
use saga::topology::{Index, Names, Queue as QueueOf, Subscription, Table};
use saga::{Announcement, Channel, Topology};
use tokio::task::JoinSet;

use super::finding::{Odd, Tried, holds};
use crate::provision::{Change, provision};

/// How long something that should happen is waited for: the longest that one receive call of SQS waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How often a table that is still being made is asked to go.
const DELETES_MAX: u32 = 30;

/// The queues of what is tried of SQS. The last has a dead-letter queue, to which SQS moves what was received twice.
pub(super) const QUEUES: [&str; 10] =
    ["intact", "hidden", "given-back", "held", "deleted", "entries", "woken", "looked-at", "counted", "dead"];

/// The queues that hear the topic: as it is, in envelopes, only what is wanted, and not at all, because it is deleted.
pub(super) const RAW: &str = "raw";
pub(super) const ENVELOPED: &str = "enveloped";
pub(super) const FILTERED: &str = "filtered";
pub(super) const LOST: &str = "lost";

/// The only value of [`Announcement::TYPE`] that passes to [`FILTERED`].
pub(super) const WANTED: &str = "wanted";

/// The table of counters.
const COUNTERS: &str = "counters";

/// Receives after which SQS moves a message to the dead-letter queue.
pub(super) const RECEIVES_MAX: u32 = 2;

/// What the probe works on.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) aws: Aws,
    prefix: String,
    settings: Settings,
}

impl Bench {
    pub(super) fn new(aws: &Aws, settings: &Settings) -> Result<Self, ConfigError> {
        let prefix = settings.names.of_service(&format!("probe-{:08x}", fastrand::u32(..)));
        let names =
            Names::new(&prefix).map_err(|_invalid| PREFIX.error("leaves no room: a probe appends 15 characters"))?;
        Ok(Self { aws: aws.clone(), prefix, settings: Settings { names, ..settings.clone() } })
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    fn names(&self) -> &Names {
        &self.settings.names
    }

    /// The whole name of one of its queues.
    pub(super) fn name(&self, queue: &str) -> String {
        self.names().of_service(queue)
    }

    pub(super) fn topic_name(&self) -> String {
        self.names().topic(Channel::Notifications)
    }

    /// A queue of the runtime, which is one of the probe's.
    pub(super) fn queue(&self, queue: &str) -> Queue {
        Queue::new(&self.aws, &self.name(queue), &self.names().dlq(queue), Cleaning::NOTHING)
    }

    pub(super) fn counters(&self) -> Counters {
        Counters::new(&self.aws, &self.settings, COUNTERS)
    }

    pub(super) fn store(&self) -> Store {
        Store::new(clients(&self.aws).dynamodb.clone(), self.name("sagas"), Some(self.counters()), true)
    }

    /// Everything that it makes.
    pub(super) fn topology(&self) -> Topology {
        let (queues, topic) = (self.queues(), self.topic());
        let queues = [queues.queues, topic.queues].concat();
        Topology { queues, tables: self.tables().tables, topics: topic.topics, subscriptions: topic.subscriptions }
    }

    pub(super) fn tables(&self) -> Topology {
        let index = Index {
            name: OPEN.to_owned(),
            key: "openShard".to_owned(),
            sort: "dueAt".to_owned(),
            includes: vec!["state".to_owned()],
        };
        let sagas = Table { index: Some(index), ..Table::keyed(self.name("sagas"), "saga") };
        Topology { tables: vec![sagas, Table::keyed(self.name(COUNTERS), "item")], ..nothing() }
    }

    pub(super) fn queues(&self) -> Topology {
        let queues = QUEUES.map(|queue| self.queue_of(queue, (queue == "dead").then(|| self.names().dlq(queue))));
        Topology { queues: queues.to_vec(), ..nothing() }
    }

    pub(super) fn topic(&self) -> Topology {
        let subscribed = |queue: &str, raw, filter: Option<(String, Vec<String>)>| Subscription {
            topic: self.topic_name(),
            queue: self.name(queue),
            raw,
            filter,
            undelivered: self.names().undelivered(queue),
        };
        let wanted = (Announcement::TYPE.to_owned(), vec![WANTED.to_owned()]);
        Topology {
            topics: vec![self.topic_name()],
            queues: [RAW, ENVELOPED, FILTERED, LOST].map(|queue| self.queue_of(queue, None)).to_vec(),
            subscriptions: vec![
                subscribed(RAW, true, None),
                subscribed(ENVELOPED, false, None),
                subscribed(FILTERED, true, Some(wanted)),
                subscribed(LOST, true, None),
            ],
            ..nothing()
        }
    }

    fn queue_of(&self, queue: &str, dlq: Option<String>) -> QueueOf {
        QueueOf {
            name: self.name(queue),
            dlq,
            receives_max: RECEIVES_MAX,
            visibility_timeout_secs: 30,
            retention_secs: 3600,
        }
    }

    /// Makes a part of it.
    pub(super) async fn make(&self, part: Topology) -> Result<Vec<Change>, Unavailable> {
        Box::pin(provision(&self.aws, &part)).await
    }

    /// Deletes everything that may be there, and says what may still be.
    pub(super) async fn clear(&self) -> Vec<String> {
        let whole = self.topology();
        let mut deletes = JoinSet::new();
        for table in whole.tables.iter().map(|table| table.name.clone()) {
            let aws = self.aws.clone();
            deletes.spawn(async move { delete_table(&aws, &table).await.err().map(|why| (table, why)) });
        }
        for topic in whole.topics.iter().cloned() {
            let aws = self.aws.clone();
            deletes.spawn(async move { delete_topic(&aws, &topic).await.err().map(|why| (topic, why)) });
        }
        let undelivered = whole.subscriptions.iter().map(|subscription| &subscription.undelivered);
        let queues = whole.queues.iter().flat_map(|queue| std::iter::once(&queue.name).chain(&queue.dlq));
        for queue in queues.chain(undelivered).cloned() {
            let aws = self.aws.clone();
            deletes.spawn(async move { delete_queue(&aws, &queue).await.err().map(|why| (queue, why)) });
        }
        let mut left = Vec::new();
        while let Some(ended) = deletes.join_next().await {
            match ended {
                Ok(deleted) => left.extend(deleted.map(|(name, why)| format!("{name}: {why}"))),
                Err(died) => left.push(died.to_string()),
            }
        }
        left.sort();
        left
    }
}

/// A topology of nothing.
fn nothing() -> Topology {
    Topology { topics: vec![], queues: vec![], subscriptions: vec![], tables: vec![] }
}

async fn delete_table(aws: &Aws, table: &str) -> Result<(), String> {
    let mut asked = 0;
    loop {
        let Err(error) = clients(aws).dynamodb.delete_table().table_name(table).send().await else { return Ok(()) };
        asked += 1;
        match error.as_service_error() {
            Some(DeleteTableError::ResourceNotFoundException(_)) => return Ok(()),
            // It is being made, or being deleted, which an answer that was lost may have begun.
            Some(DeleteTableError::ResourceInUseException(_)) if asked < DELETES_MAX => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            _ => return Err(explain(&error)),
        }
    }
}

async fn delete_topic(aws: &Aws, topic: &str) -> Result<(), String> {
    match clients(aws).sns.delete_topic().topic_arn(aws.topic_arn(topic)).send().await {
        Err(error) if !error.as_service_error().is_some_and(|error| error.is_not_found_exception()) => {
            Err(explain(&error))
        }
        _ => Ok(()),
    }
}

pub(super) async fn delete_queue(aws: &Aws, queue: &str) -> Result<(), String> {
    match clients(aws).sqs.delete_queue().queue_url(aws.queue_url(queue)).send().await {
        Err(error) if !error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist()) => {
            Err(explain(&error))
        }
        _ => Ok(()),
    }
}

/// The next message of a queue, which is then hidden for this long.
pub(super) async fn next(queue: &Queue, hidden: Duration) -> Result<Received, Odd> {
    let found = queue.receive(1, PATIENCE, hidden).await?.into_iter().next();
    found.ok_or_else(|| Odd::Differs(format!("no message came within {} s", PATIENCE.as_secs())))
}

/// Holds a queue to giving nothing out for this long.
pub(super) async fn nothing_from(queue: &Queue, wait: Duration) -> Tried {
    let found = queue.receive(1, wait, PATIENCE).await?;
    holds(found.is_empty(), || "a message came that should not be visible".to_owned())
}

/// The message of a queue that holds this text; those before it are deleted, and so is it.
pub(super) async fn find(queue: &Queue, text: &str) -> Result<Received, Odd> {
    loop {
        let found = next(queue, PATIENCE).await?;
        queue.delete(&found.receipt).await?;
        if found.body.contains(text) {
            return Ok(found);
        }
    }
}
