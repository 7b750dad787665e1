//! State: one item per saga and service in `DynamoDB`, written conditionally and never read first.
//!
//! The item: `saga` (key), `state`, `facts` (JSON), `announced` (envelopes, byte for byte), `version` (writes so far),
//! `updatedAt`.
//!
//! **Invariant:** one call per write. A condition that fails brings back what stands there, which may be our own write
//! whose answer was lost.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use saga::{Record, Stored, Write};

use crate::error::{Unavailable, explain};

/// What came of a write.
#[derive(Debug)]
pub(crate) enum Written {
    /// It took place.
    Committed,
    /// Its condition failed; this is what stands there.
    Conflict(Option<Record>),
}

/// The table of one service.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

impl Store {
    pub(crate) fn new(client: aws_sdk_dynamodb::Client, table: String) -> Self {
        Self { client, table }
    }

    /// Carries out a conditional write.
    ///
    /// # Errors
    ///
    /// [`Unavailable`]: the write may have taken place or not.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the same holds.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that writes state")]
    pub(crate) async fn write(&self, write: &Write) -> Result<Written, Unavailable> {
        let Write { saga, expected, to, at } = write;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let announced = to.announced.iter().map(|body| text(body)).collect();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("saga", text(&saga.to_string()))
            .update_expression(
                "SET #state = :state, #facts = :facts, #announced = :announced, #at = :at ADD #version :one",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#facts", "facts")
            .expression_attribute_names("#announced", "announced")
            .expression_attribute_names("#at", "updatedAt")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":state", text(&to.stored.state))
            .expression_attribute_values(":facts", text(&to.stored.facts))
            .expression_attribute_values(":announced", AttributeValue::L(announced))
            .expression_attribute_values(":at", text(&at.to_string()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update = match expected {
            None => update.condition_expression("attribute_not_exists(saga)"),
            Some(expected) => update
                .condition_expression("#state = :expected_state AND #facts = :expected_facts")
                .expression_attribute_values(":expected_state", text(&expected.state))
                .expression_attribute_values(":expected_facts", text(&expected.facts)),
        };
        match update.send().await {
            Ok(_) => Ok(Written::Committed),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    failed.item().filter(|item| !item.is_empty()).map_or(Ok(Written::Conflict(None)), |item| {
                        record_of(item).map(|record| Written::Conflict(Some(record))).ok_or_else(|| {
                            Unavailable::new("DynamoDB", format!("table {}: an item is not of our making", self.table))
                        })
                    })
                }
                _ => Err(Unavailable::new("DynamoDB", format!("table {}: {}", self.table, explain(&error)))),
            },
        }
    }
}

fn record_of(item: &HashMap<String, AttributeValue>) -> Option<Record> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let announced = item.get("announced")?.as_l().ok()?;
    Some(Record {
        stored: Stored { state: text("state")?, facts: text("facts")? },
        announced: announced.iter().map(|value| value.as_s().ok().cloned()).collect::<Option<_>>()?,
    })
}
