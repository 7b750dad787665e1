//! Counters: rows of items and how much of each is available, shared by all sagas.
//!
//! A row: `item` (key), `available` (a number), `updatedAt`. An item without a row is not tracked.
//!
//! **Invariant:** a saga changes a row only in one transaction with its item, and never below zero; an operator sets it.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update as TransactUpdate,
};
use rust_decimal::Decimal;
use saga::Take;

use crate::aws::Aws;
use crate::error::{Unavailable, explain};
use crate::item::{Item, Update, Written, stands, text, text_of};
use crate::settings::Settings;

/// How often a transaction that met another one is sent, before the message is decided upon anew.
const SENDS_MAX: u32 = 3;

/// The longest pause before a transaction that met another one is sent again.
const PAUSE_MAX_MS: u64 = 50;

/// A table of counters.
///
/// # Examples
///
/// How many places each van has, set and read by an operator:
///
/// ```no_run
/// use ensemble_runtime::{Aws, Counters, Settings, Unavailable};
/// use rust_decimal::Decimal;
///
/// async fn set(aws: &Aws, settings: &Settings) -> Result<(), Unavailable> {
///     let places = Counters::new(aws, settings, "places");
///     let before = places.set("van-7", Some(Decimal::TEN)).await?;
///     println!("{before:?}, and now {:?}", places.all().await?);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Counters {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

impl Counters {
    /// The counters in this table of the settings' prefix: the name that a declaration gives.
    #[must_use]
    pub fn new(aws: &Aws, settings: &Settings, table: &str) -> Self {
        Self { client: aws.clients.dynamodb.clone(), table: settings.names.of_service(table) }
    }

    /// How much is available of those of these items that are tracked. At most 100 items.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], also when only some rows were answered.
    pub async fn count(&self, items: &[String]) -> Result<Vec<(String, Decimal)>, Unavailable> {
        let keys: Vec<Item> = items.iter().map(|item| [("item".to_owned(), text(item))].into()).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let keys = keys.map_err(|error| self.unavailable(&error.to_string()))?;
        let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await;
        let answer = answer.map_err(|error| self.unavailable(&explain(&error)))?;
        if answer.unprocessed_keys().is_some_and(|keys| !keys.is_empty()) {
            return Err(self.unavailable("not every row was answered"));
        }
        let rows = answer.responses().and_then(|tables| tables.get(&self.table)).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|row| self.row(row)).collect()
    }

    /// Every row, by item.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], also when a row is not of our making: it would look as if its item were not tracked.
    pub async fn all(&self) -> Result<Vec<(String, Decimal)>, Unavailable> {
        let rows = self.client.scan().table_name(&self.table).into_paginator().items().send();
        let rows: Vec<Item> = rows.try_collect().await.map_err(|error| self.unavailable(&explain(&error)))?;
        let mut rows: Vec<_> = rows.iter().map(|row| self.row(row)).collect::<Result<_, _>>()?;
        rows.sort();
        Ok(rows)
    }

    /// Sets how much is available of an item; `None`: it is not tracked any more. Answers with what was there before.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    #[expect(clippy::disallowed_methods, reason = "an operator's write, and not of a saga's state")]
    pub async fn set(&self, item: &str, available: Option<Decimal>) -> Result<Option<Decimal>, Unavailable> {
        let before = match available {
            Some(available) => {
                let put = self.client.put_item().table_name(&self.table).item("item", text(item));
                let put = put
                    .item("available", AttributeValue::N(available.normalize().to_string()))
                    .item("updatedAt", text(&jiff::Timestamp::now().to_string()))
                    .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
                put.send().await.map_err(|error| self.unavailable(&explain(&error)))?.attributes
            }
            None => {
                let delete = self.client.delete_item().table_name(&self.table).key("item", text(item));
                let delete = delete.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
                delete.send().await.map_err(|error| self.unavailable(&explain(&error)))?.attributes
            }
        };
        Ok(before.as_ref().and_then(row_of).map(|(_, available)| available))
    }

    /// Writes a saga's item and takes from counters, all or nothing.
    pub(crate) async fn write(&self, update: Update, takes: &[Take]) -> Result<Written, Unavailable> {
        let table = update.table.clone();
        let writes = self.writes(update, takes).map_err(|what| self.unavailable(&what))?;
        for _ in 0..SENDS_MAX {
            // Each with a token of its own, which the SDK draws: the condition on the saga's item, not the token, is
            // what makes a transaction that is sent twice take place once.
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
            let Err(error) = sent else {
                return Ok(Written::Committed);
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
            else {
                return Err(self.unavailable(&explain(&error)));
            };
            let reasons = cancelled.cancellation_reasons();
            let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
            if let Some(saga) = reasons.first().filter(|reason| failed(reason)) {
                return stands(&table, saga.item()).map(Written::Conflict);
            }
            if reasons.iter().any(failed) {
                return Ok(Written::Short);
            }
            if !reasons.iter().any(|reason| reason.code() == Some("TransactionConflict")) {
                return Err(self.unavailable(&explain(&error)));
            }
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=PAUSE_MAX_MS))).await;
        }
        Ok(Written::Short)
    }

    fn writes(&self, update: Update, takes: &[Take]) -> Result<Vec<TransactWriteItem>, String> {
        let of_saga = TransactUpdate::builder()
            .table_name(update.table)
            .set_key(Some(update.key))
            .update_expression(update.update)
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let of_counters = takes.iter().map(|take| {
            let quantity = AttributeValue::N(take.quantity.normalize().to_string());
            TransactUpdate::builder()
                .table_name(&self.table)
                .key("item", text(&take.item))
                // What is given back is a negative amount taken, which any row that exists allows.
                .update_expression("SET available = available - :quantity")
                .condition_expression("attribute_exists(available) AND available >= :quantity")
                .expression_attribute_values(":quantity", quantity)
                .build()
        });
        std::iter::once(of_saga)
            .chain(of_counters)
            .map(|update| update.map(|update| TransactWriteItem::builder().update(update).build()))
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())
    }

    fn row(&self, row: &Item) -> Result<(String, Decimal), Unavailable> {
        row_of(row).ok_or_else(|| {
            let item = text_of(row, "item").unwrap_or_else(|| "without a name".to_owned());
            self.unavailable(&format!("the row of item {} is not of our making", item.escape_debug()))
        })
    }

    fn unavailable(&self, what: &str) -> Unavailable {
        Unavailable::of_table(&self.table, what)
    }
}

fn row_of(row: &Item) -> Option<(String, Decimal)> {
    let item = text_of(row, "item")?;
    let available = row.get("available")?.as_n().ok()?;
    let available = Decimal::from_str_exact(available).or_else(|_err| Decimal::from_scientific(available));
    Some((item, available.ok()?))
}
