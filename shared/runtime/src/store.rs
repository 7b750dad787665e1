//! State: one item per saga and service in `DynamoDB`, written conditionally and, on the way of a saga that goes well,
//! never read first.
//!
//! The item: `saga` (key), `state`, `facts` (JSON), `announced` (envelopes, byte for byte), `version` (writes so far),
//! `updatedAt`; and, where a service keeps deadlines, `openShard`, `dueAt` and `kind` while the saga is not over, which
//! the index `open` holds. Besides, `stuck` (JSON) where a message has failed again and again: no condition looks at it,
//! and the next write removes it.
//!
//! **Invariant:** one call per write. A condition that fails brings back what stands there, which may be our own write
//! whose answer was lost.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use saga::{Due, Record, Write};
use wire::SagaId;

use crate::counters::Counters;
use crate::error::{Unavailable, explain};
use crate::item::{Update, Written, stands, text};
use crate::stuck::Stuck;

/// The index of sagas that are not over.
pub const OPEN: &str = "open";

/// Where a page of sagas ended, as `DynamoDB` tells it.
pub(crate) type Place = crate::item::Item;

/// The table of one service.
#[derive(Clone, Debug)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: String,
    counters: Option<Counters>,
    /// Whether the table has the index of sagas that are not over.
    indexed: bool,
}

impl Store {
    /// This table; `indexed`: whether it has the index of sagas that are not over.
    #[must_use]
    pub fn new(client: aws_sdk_dynamodb::Client, table: String, counters: Option<Counters>, indexed: bool) -> Self {
        Self { client, table, counters, indexed }
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
        let update = self.update(write);
        match &self.counters {
            _ if write.takes.is_empty() => self.write_alone(update).await,
            Some(counters) => counters.write(update, &write.takes).await,
            None => Err(self.unavailable("its service declares no counters to take from")),
        }
    }

    fn update(&self, write: &Write) -> Update {
        let Write { saga, expected, to, due, at, .. } = write;
        let announced = to.announced.iter().map(|body| text(body)).collect();
        let mut values: HashMap<_, _> = [
            (":state", text(&to.stored.state)),
            (":facts", text(&to.stored.facts)),
            (":announced", AttributeValue::L(announced)),
            (":at", text(&at.to_string())),
            (":one", AttributeValue::N("1".to_owned())),
        ]
        .into();
        let mut names: HashMap<_, _> = [
            ("#state", "state"),
            ("#facts", "facts"),
            ("#announced", "announced"),
            ("#at", "updatedAt"),
            ("#version", "version"),
        ]
        .into();
        let mut set = "SET #state = :state, #facts = :facts, #announced = :announced, #at = :at".to_owned();
        // What a message was stuck at before this write does not matter any more.
        let mut remove = " REMOVE stuck";
        if self.indexed {
            match due {
                Some(Due { list, kind, at }) => {
                    set.push_str(", openShard = :shard, dueAt = :due, #kind = :kind");
                    names.insert("#kind", "kind");
                    values.insert(":shard", text(&list.shard_of(*saga)));
                    values.insert(":due", text(&Due::text(*at)));
                    values.insert(":kind", text(kind.as_str()));
                }
                None => remove = " REMOVE stuck, openShard, dueAt",
            }
        }
        let condition = match expected {
            None => "attribute_not_exists(saga)",
            Some(expected) => {
                values.insert(":expected_state", text(&expected.state));
                values.insert(":expected_facts", text(&expected.facts));
                "#state = :expected_state AND #facts = :expected_facts"
            }
        };
        let owned = |map: HashMap<&str, AttributeValue>| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        Update {
            table: self.table.clone(),
            key: key(*saga),
            update: format!("{set} ADD #version :one{remove}"),
            condition,
            names: names.into_iter().map(|(name, stands_for)| (name.to_owned(), stands_for.to_owned())).collect(),
            values: owned(values),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that writes state")]
    async fn write_alone(&self, update: Update) -> Result<Written, Unavailable> {
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
                    stands(&self.table, failed.item()).map(Written::Conflict)
                }
                // Another worker's transaction has the item.
                Some(UpdateItemError::TransactionConflictException(_)) => Ok(Written::Short),
                _ => Err(self.unavailable(&explain(&error))),
            },
        }
    }

    /// Reads what stands.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn read(&self, saga: SagaId) -> Result<Option<Record>, Unavailable> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(saga))).consistent_read(true);
        let found = get.send().await.map_err(|error| self.unavailable(&explain(&error)))?;
        stands(&self.table, found.item())
    }

    /// Leaves word of what a message of this saga is stuck at, where there is a record of the saga.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub(crate) async fn note(&self, saga: SagaId, stuck: &Stuck) -> Result<(), Unavailable> {
        let note = serde_json::to_string(stuck).map_err(|error| self.unavailable(&error.to_string()))?;
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
        let call = self.client.update_item().table_name(&self.table).set_key(Some(key(saga)));
        let values = note.map(|note| [(":stuck".to_owned(), AttributeValue::S(note))].into());
        let call = call.update_expression(update).condition_expression(condition);
        match call.set_expression_attribute_values(values).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // There is nothing to leave it at, or nothing to take back.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(self.unavailable(&explain(&error))),
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
            .client
            .query()
            .table_name(&self.table)
            .index_name(OPEN)
            .key_condition_expression("openShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", text(shard))
            .expression_attribute_values(":now", text(&Due::text(now)))
            .limit(limit)
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(|error| self.unavailable(&explain(&error)))?;
        let sagas = found.items().iter().filter_map(|item| item.get("saga")?.as_s().ok()?.parse().ok()).collect();
        Ok((sagas, found.last_evaluated_key))
    }

    fn unavailable(&self, what: &str) -> Unavailable {
        Unavailable::of_table(&self.table, what)
    }
}

fn key(saga: SagaId) -> HashMap<String, AttributeValue> {
    [("saga".to_owned(), text(&saga.to_string()))].into()
}
