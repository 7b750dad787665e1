//! State: one item per saga and service in `DynamoDB`, written conditionally and, on the way of a saga that goes well,
//! never read first.
//!
//! The item: `saga` (key), `state`, `facts` (JSON), `announced` (envelopes in their [compact form](wire::compact), which
//! leaves out what the item says besides), `version` (writes so far), `updatedAt`; and, where a service keeps deadlines,
//! `openShard`, `dueAt` and `kind` while the saga is not over, which the index `open` holds. Besides, `stuck` (JSON)
//! where a message has failed again and again: no condition looks at it, and the next write removes it.
//!
//! Writes that meet travel together ([`crate::together`]); one that has no company goes alone at once.
//!
//! **Invariant:** a condition that fails brings back what stands there, which may be our own write whose answer was lost.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use saga::{Due, Record, Write};
use wire::SagaId;

use crate::batch::Batcher;
use crate::counters::Counters;
use crate::delays::jittered;
use crate::error::{Unavailable, explain};
use crate::item::{Change, Update, Written, stands, text};
use crate::stuck::Stuck;
use crate::together::{Together, Travelled, WRITES_MAX};

/// The longest pause before a write that was throttled in a batch goes alone.
const THROTTLED_PAUSE: Duration = Duration::from_millis(100);

/// The index of sagas that are not over.
pub const OPEN: &str = "open";

/// Where a page of sagas ended, as `DynamoDB` tells it.
pub(crate) type Place = crate::item::Item;

/// The table of one service.
#[derive(Clone, Debug)]
pub struct Store {
    table: Table,
    counters: Option<Counters>,
    together: Together,
    writes: Batcher<Write, Result<Carried, Unavailable>>,
}

/// What came of a write that was given to a batch.
#[derive(Debug)]
enum Carried {
    /// It went alone, for want of company.
    Alone(Written),
    /// It went with others.
    Together(Travelled),
}

/// The table itself, where each write goes alone.
#[derive(Clone, Debug)]
struct Table {
    client: aws_sdk_dynamodb::Client,
    name: String,
    /// Whether it has the index of sagas that are not over.
    indexed: bool,
}

impl Store {
    /// This table; `indexed`: whether it has the index of sagas that are not over. Starts the task that gathers writes, so
    /// a runtime has to run.
    #[must_use]
    pub fn new(client: aws_sdk_dynamodb::Client, table: String, counters: Option<Counters>, indexed: bool) -> Self {
        let together = Together::new(client.clone(), table.clone(), indexed);
        let table = Table { client, name: table, indexed };
        let (alone, batches) = (table.clone(), together.clone());
        let writes = Batcher::start(WRITES_MAX, bytes, move |writes| {
            let (alone, batches) = (alone.clone(), batches.clone());
            async move {
                match writes.as_slice() {
                    [write] => vec![alone.write(write).await.map(Carried::Alone)],
                    writes => {
                        let travelled = batches.write(writes).await.into_iter();
                        travelled.map(|travelled| travelled.map(Carried::Together)).collect()
                    }
                }
            }
        });
        Self { table, counters, together, writes }
    }

    /// Whether writes may travel together here, as far as is known: no batch was refused as such.
    #[must_use]
    pub fn writes_travel_together(&self) -> bool {
        self.together.is_served()
    }

    /// Carries out a conditional write; with what is taken from counters, if anything is, all or nothing.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: the write may have taken place or not.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the same holds.
    pub async fn write(&self, write: &Write) -> Result<Written, Unavailable> {
        if !write.takes.is_empty() {
            return match &self.counters {
                Some(counters) => counters.write(self.table.update(write), &write.takes).await,
                None => Err(self.table.unavailable("its service declares no counters to take from")),
            };
        }
        if !self.together.is_served() {
            return self.table.write(write).await;
        }
        let carried = self.writes.add(write.clone()).await;
        match carried.unwrap_or_else(|_gone| Err(self.table.unavailable("the batch died")))? {
            Carried::Alone(written) => Ok(written),
            Carried::Together(Travelled::Committed) => Ok(Written::Committed),
            Carried::Together(Travelled::Alone) => self.table.write(write).await,
            Carried::Together(Travelled::Throttled) => {
                tokio::time::sleep(jittered(THROTTLED_PAUSE)).await;
                self.table.write(write).await
            }
        }
    }

    /// Reads what stands.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn read(&self, saga: SagaId) -> Result<Option<Record>, Unavailable> {
        let get =
            self.table.client.get_item().table_name(&self.table.name).set_key(Some(key(saga))).consistent_read(true);
        let found = get.send().await.map_err(|error| self.table.unavailable(&explain(&error)))?;
        stands(&self.table.name, found.item())
    }

    /// Leaves word of what a message of this saga is stuck at, where there is a record of the saga.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub(crate) async fn note(&self, saga: SagaId, stuck: &Stuck) -> Result<(), Unavailable> {
        let note = serde_json::to_string(stuck).map_err(|error| self.table.unavailable(&error.to_string()))?;
        self.write_note(saga, "SET stuck = :stuck", "attribute_exists(saga)", Some(note)).await
    }

    /// Takes that back.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub(crate) async fn forget(&self, saga: SagaId) -> Result<(), Unavailable> {
        self.write_note(saga, "REMOVE stuck", "attribute_exists(stuck)", None).await
    }

    #[expect(clippy::disallowed_methods, reason = "no state, and no condition on one: a word beside it")]
    async fn write_note(
        &self,
        saga: SagaId,
        update: &str,
        condition: &str,
        note: Option<String>,
    ) -> Result<(), Unavailable> {
        let call = self.table.client.update_item().table_name(&self.table.name).set_key(Some(key(saga)));
        let values = note.map(|note| [(":stuck".to_owned(), AttributeValue::S(note))].into());
        let call = call.update_expression(update).condition_expression(condition);
        match call.set_expression_attribute_values(values).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // There is nothing to leave it at, or nothing to take back.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(self.table.unavailable(&explain(&error))),
            },
        }
    }

    /// The sagas of one shard whose time was up at `now`, those due longest first: at most so many, from where another
    /// page ended. The index lags, so what stands may say otherwise.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn overdue(
        &self,
        shard: &str,
        now: Timestamp,
        limit: i32,
        after: Option<Place>,
    ) -> Result<(Vec<SagaId>, Option<Place>), Unavailable> {
        let found = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(OPEN)
            .key_condition_expression("openShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", text(shard))
            .expression_attribute_values(":now", text(&Due::text(now)))
            .limit(limit)
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(|error| self.table.unavailable(&explain(&error)))?;
        let sagas = found.items().iter().filter_map(|item| item.get("saga")?.as_s().ok()?.parse().ok()).collect();
        Ok((sagas, found.last_evaluated_key))
    }
}

/// About how many bytes a write takes in a batch.
fn bytes(write: &Write) -> usize {
    let announced = write.to.announced.iter().map(String::len).sum::<usize>();
    let expected = write.expected.as_ref().map_or(0, |expected| expected.facts.len());
    write.to.stored.facts.len() + announced + expected
}

impl Table {
    fn update(&self, write: &Write) -> Update {
        let Change { set, remove } = Change::of(write, self.indexed);
        let assigned: Vec<_> = set.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
        let removed: Vec<_> = remove.iter().map(|name| format!("#{name}")).collect();
        let names = set.iter().map(|(name, _)| name).chain(remove).chain(&["version"]);
        let names = names.map(|name| (format!("#{name}"), (*name).to_owned())).collect();
        let mut values: HashMap<_, _> = set.into_iter().map(|(name, value)| (format!(":{name}"), value)).collect();
        values.insert(":one".to_owned(), AttributeValue::N("1".to_owned()));
        let condition = match &write.expected {
            None => "attribute_not_exists(saga)",
            Some(expected) => {
                values.insert(":expected_state".to_owned(), text(&expected.state));
                values.insert(":expected_facts".to_owned(), text(&expected.facts));
                "#state = :expected_state AND #facts = :expected_facts"
            }
        };
        Update {
            table: self.name.clone(),
            key: key(write.saga),
            update: format!("SET {} ADD #version :one REMOVE {}", assigned.join(", "), removed.join(", ")),
            condition,
            names,
            values,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that writes state")]
    async fn write(&self, write: &Write) -> Result<Written, Unavailable> {
        let update = self.update(write);
        let sent = self
            .client
            .update_item()
            .table_name(&update.table)
            .set_key(Some(update.key))
            .update_expression(update.update)
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Written::Committed),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    stands(&self.name, failed.item()).map(Written::Conflict)
                }
                // Another worker's transaction has the item.
                Some(UpdateItemError::TransactionConflictException(_)) => Ok(Written::Short),
                _ => Err(self.unavailable(&explain(&error))),
            },
        }
    }

    fn unavailable(&self, what: &str) -> Unavailable {
        Unavailable::of_table(&self.name, what)
    }
}

fn key(saga: SagaId) -> HashMap<String, AttributeValue> {
    [("saga".to_owned(), text(&saga.to_string()))].into()
}
