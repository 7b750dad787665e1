//! What operators see of sagas, and ask of them: the lists of those that are not over, each service's item of one, and
//! messages to the services.
//!
//! **Invariant:** nothing here writes to a table, and nothing scans one: lists are read from the index, a shard at a
//! time and side by side, and items by their keys.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};
use jiff::Timestamp;
use runtime::tools::{Item, OPEN, clients, explain, record_of, text, text_of};
use runtime::{Aws, Settings, Unavailable};
use saga::topology::Names;
use saga::{Due, List, Record};
use tokio::task::JoinSet;
use wire::{SagaId, SagaKind};

pub use runtime::tools::Stuck;

/// Keys of one call (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const KEYS_MAX: usize = 100;

/// Calls under way at a time.
const CALLS_MAX: usize = 8;

/// How often keys that were not processed are asked for again.
const ASKS_MAX: u32 = 8;

/// The pause before they are asked for again, for the first time; it doubles.
const PAUSE: Duration = Duration::from_millis(20);

/// Which sagas that are not over.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    /// On which list.
    pub list: List,
    /// Of which kind; `None`: of each.
    pub kind: Option<SagaKind>,
    /// Due at this moment or before it; `None`: whenever they are due.
    pub due_by: Option<Timestamp>,
}

/// A saga as its list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub saga: SagaId,
    /// Of which kind.
    pub kind: String,
    /// The name of its state.
    pub state: String,
    /// Until or since when.
    pub due: Timestamp,
}

/// A service's item of a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// State, facts and what was announced.
    pub record: Record,
    /// How often it was written.
    pub version: u64,
    /// When it was written last.
    pub updated_at: Timestamp,
    /// What a message is stuck at there, if any is.
    pub stuck: Option<Stuck>,
}

/// The sagas of this prefix.
///
/// # Examples
///
/// The owner keeps the lists. An answer to what is to become of a saga is asked of it, by a message:
///
/// ```no_run
/// use ensemble_operate::sagas::{Sagas, Which};
/// use runtime::{Aws, Settings, Unavailable};
/// use saga::List;
///
/// async fn cancel_the_oldest(aws: &Aws, settings: &Settings) -> Result<(), Unavailable> {
///     let sagas = Sagas::new(aws, settings);
///     let open = Which { list: List::Open, kind: None, due_by: None };
///     println!("{} are under way", sagas.count("desk", open).await?);
///     for listed in sagas.list("desk", open, Some(1)).await? {
///         let body = format!(r#"{{"type":"cancel_requested","id":"1","sagaId":"{}"}}"#, listed.saga);
///         sagas.send("desk", &body).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Sagas {
    aws: Aws,
    names: Names,
}

impl Sagas {
    /// The sagas.
    #[must_use]
    pub fn new(aws: &Aws, settings: &Settings) -> Self {
        Self { aws: aws.clone(), names: settings.names.clone() }
    }

    /// How many there are on the list that `service` keeps.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn count(&self, service: &str, which: Which) -> Result<u64, Unavailable> {
        let mut shards = JoinSet::new();
        for shard in which.list.shards() {
            let look = self.look(service, shard, which);
            shards.spawn(async move { look.count().await });
        }
        let counts = joined(shards).await?;
        Ok(counts.into_iter().sum())
    }

    /// The first of them, those due longest first; `limit` at most, or all.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn list(&self, service: &str, which: Which, limit: Option<usize>) -> Result<Vec<Listed>, Unavailable> {
        let mut shards = JoinSet::new();
        for shard in which.list.shards() {
            let look = self.look(service, shard, which);
            shards.spawn(async move { look.list(limit).await });
        }
        let mut listed: Vec<Listed> = joined(shards).await?.into_iter().flatten().collect();
        listed.sort_by_key(|listed| (listed.due, listed.saga));
        listed.truncate(limit.unwrap_or(usize::MAX));
        Ok(listed)
    }

    /// What these services have on record of a saga, in their order, read consistently.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], also when an item is not of our making.
    pub async fn read(&self, services: &[&str], saga: SagaId) -> Result<Vec<Option<Kept>>, Unavailable> {
        let mut kept = Vec::new();
        for service in services {
            let table = self.names.of_service(service);
            let get = clients(&self.aws).dynamodb.get_item().table_name(&table).key("saga", text(&saga.to_string()));
            let found = get.consistent_read(true).send().await;
            let found = found.map_err(|error| Unavailable::of_table(&table, &explain(&error)))?;
            let item =
                found.item().map(|item| kept_of(item).ok_or_else(|| Unavailable::not_ours(&table))).transpose()?;
            kept.push(item);
        }
        Ok(kept)
    }

    /// What these services have on record of many sagas: for each saga, in the order of the services.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], also when an item is not of our making.
    pub async fn read_many(
        &self,
        services: &[&str],
        sagas: &[SagaId],
    ) -> Result<HashMap<SagaId, Vec<Option<Kept>>>, Unavailable> {
        let mut found: HashMap<SagaId, Vec<Option<Kept>>> =
            sagas.iter().map(|saga| (*saga, services.iter().map(|_| None).collect())).collect();
        let chunks = services.iter().enumerate().flat_map(|(place, service)| {
            let table = self.names.of_service(service);
            sagas.chunks(KEYS_MAX).map(move |chunk| (place, table.clone(), chunk.to_vec()))
        });
        let mut calls = JoinSet::new();
        let mut chunks = chunks.fuse();
        loop {
            while calls.len() < CALLS_MAX
                && let Some((place, table, chunk)) = chunks.next()
            {
                let client = clients(&self.aws).dynamodb.clone();
                calls.spawn(async move { (place, batch(&client, &table, &chunk).await) });
            }
            let Some(ended) = calls.join_next().await else {
                return Ok(found);
            };
            let (place, items) = ended.map_err(|error| Unavailable::new("DynamoDB", error.to_string()))?;
            for (saga, kept) in items? {
                if let Some(slot) = found.get_mut(&saga).and_then(|services| services.get_mut(place)) {
                    *slot = Some(kept);
                }
            }
        }
    }

    /// Sends a message straight to the queue of a service.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: it may be in the queue or not.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the same holds.
    pub async fn send(&self, service: &str, body: &str) -> Result<(), Unavailable> {
        let url = self.aws.queue_url(&self.names.of_service(service));
        let sent = clients(&self.aws).sqs.send_message().queue_url(&url).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| Unavailable::new("SQS", format!("{url}: {}", explain(&error))))
    }

    fn look(&self, service: &str, shard: String, which: Which) -> Look {
        Look { client: clients(&self.aws).dynamodb.clone(), table: self.names.of_service(service), shard, which }
    }
}

/// A look into one shard of a list.
struct Look {
    client: aws_sdk_dynamodb::Client,
    table: String,
    shard: String,
    which: Which,
}

type Query = aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

impl Look {
    fn query(&self) -> Query {
        let query = self.client.query().table_name(&self.table).index_name(OPEN);
        let query = query.expression_attribute_values(":shard", text(&self.shard));
        let query = match self.which.due_by {
            None => query.key_condition_expression("openShard = :shard"),
            Some(due_by) => query
                .key_condition_expression("openShard = :shard AND dueAt <= :due")
                .expression_attribute_values(":due", text(&Due::text(due_by))),
        };
        match self.which.kind {
            None => query,
            Some(kind) => query
                .filter_expression("#kind = :kind")
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_values(":kind", text(kind.as_str())),
        }
    }

    async fn count(self) -> Result<u64, Unavailable> {
        let mut pages = self.query().select(Select::Count).into_paginator().send();
        let mut count: u64 = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Unavailable::of_table(&self.table, &explain(&error)))?;
            count = count.saturating_add(u64::try_from(page.count()).unwrap_or_default());
        }
        Ok(count)
    }

    async fn list(self, limit: Option<usize>) -> Result<Vec<Listed>, Unavailable> {
        // A page holds as many as are wanted, before those of another kind are left out.
        let page_size = limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
        let mut pages = self.query().set_limit(page_size).into_paginator().send();
        let mut listed = Vec::new();
        while listed.len() < limit.unwrap_or(usize::MAX)
            && let Some(page) = pages.next().await
        {
            let page = page.map_err(|error| Unavailable::of_table(&self.table, &explain(&error)))?;
            for item in page.items() {
                listed.push(listed_of(item).ok_or_else(|| Unavailable::not_ours(&self.table))?);
            }
        }
        Ok(listed)
    }
}

/// Reads items of one table by their keys; at most [`KEYS_MAX`].
async fn batch(
    client: &aws_sdk_dynamodb::Client,
    table: &str,
    sagas: &[SagaId],
) -> Result<Vec<(SagaId, Kept)>, Unavailable> {
    let mut keys: Vec<Item> = sagas.iter().map(|saga| [("saga".to_owned(), text(&saga.to_string()))].into()).collect();
    let mut found = Vec::new();
    let mut pause = PAUSE;
    for _ in 0..ASKS_MAX {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let wanted = wanted.map_err(|error| Unavailable::of_table(table, &error.to_string()))?;
        let answer = client.batch_get_item().request_items(table, wanted).send().await;
        let answer = answer.map_err(|error| Unavailable::of_table(table, &explain(&error)))?;
        for item in answer.responses().and_then(|tables| tables.get(table)).into_iter().flatten() {
            let saga = text_of(item, "saga").and_then(|saga| saga.parse().ok());
            found.push(saga.zip(kept_of(item)).ok_or_else(|| Unavailable::not_ours(table))?);
        }
        let rest = answer.unprocessed_keys.unwrap_or_default().remove(table).map(|rest| rest.keys).unwrap_or_default();
        if rest.is_empty() {
            return Ok(found);
        }
        keys = rest;
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2);
    }
    Err(Unavailable::of_table(table, "not every item was answered"))
}

async fn joined<T: 'static>(mut tasks: JoinSet<Result<T, Unavailable>>) -> Result<Vec<T>, Unavailable> {
    let mut results = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        results.push(ended.map_err(|error| Unavailable::new("DynamoDB", error.to_string()))??);
    }
    Ok(results)
}

fn listed_of(item: &Item) -> Option<Listed> {
    Some(Listed {
        saga: text_of(item, "saga")?.parse().ok()?,
        kind: text_of(item, "kind")?,
        state: text_of(item, "state")?,
        due: text_of(item, "dueAt")?.parse().ok()?,
    })
}

fn kept_of(item: &Item) -> Option<Kept> {
    Some(Kept {
        record: record_of(item)?,
        version: item.get("version").map(AttributeValue::as_n)?.ok()?.parse().ok()?,
        updated_at: text_of(item, "updatedAt")?.parse().ok()?,
        // A word that a newer build left is passed over.
        stuck: text_of(item, "stuck").and_then(|stuck| serde_json::from_str(&stuck).ok()),
    })
}
