//! Writes of one table that travel together: conditional writes of different sagas in one `BatchExecuteStatement`.
//!
//! A batch is the short way, and the single write is the way that is proven: whatever is not a clean success in a batch
//! is written again alone, which brings back what stands. A write that has no company goes alone at once.
//!
//! **Invariant:** a batch holds no two writes of one saga. A write that a batch carried out and one that went alone leave
//! the same item.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::batch_execute_statement::BatchExecuteStatementError;
use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse,
};
use saga::Write;

use crate::error::{Unavailable, explain};
use crate::item::{Change, text};

/// Writes of one batch
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html>).
pub(crate) const WRITES_MAX: usize = 25;

/// What a batch says of one of its writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Travelled {
    /// It took place.
    Committed,
    /// It has to be written alone: its condition failed, or the batch cannot tell.
    Alone,
    /// The same, after a pause: the table is throttled.
    Throttled,
}

/// The statements of one table.
#[derive(Clone, Debug)]
pub(crate) struct Together {
    client: aws_sdk_dynamodb::Client,
    table: String,
    indexed: bool,
    /// Whether the endpoint, or what this service is allowed to do, has refused a batch as such.
    refused: Arc<AtomicBool>,
}

impl Together {
    pub(crate) fn new(client: aws_sdk_dynamodb::Client, table: String, indexed: bool) -> Self {
        Self { client, table, indexed, refused: Arc::default() }
    }

    /// Whether batches are carried out here, as far as is known.
    pub(crate) fn is_served(&self) -> bool {
        !self.refused.load(Ordering::Relaxed)
    }

    /// Carries out writes in one call; says of each, in order, what came of it.
    pub(crate) async fn write(&self, writes: &[Write]) -> Vec<Result<Travelled, Unavailable>> {
        let mut sagas = HashSet::new();
        // A batch with two writes of one item is refused whole.
        let statement = |write: &Write| sagas.insert(write.saga).then(|| self.statement(write).ok()).flatten();
        let statements: Vec<_> = writes.iter().map(statement).collect();
        let travels: Vec<bool> = statements.iter().map(Option::is_some).collect();
        let statements = statements.into_iter().flatten().collect();
        match self.client.batch_execute_statement().set_statements(Some(statements)).send().await {
            Ok(answer) => {
                let mut responses = answer.responses.unwrap_or_default().into_iter();
                let mut next = || responses.next().map_or(Travelled::Alone, |response| self.travelled(&response));
                travels.into_iter().map(|travels| Ok(if travels { next() } else { Travelled::Alone })).collect()
            }
            Err(error) if is_refusal(&error) => {
                self.refuse(&explain(&error));
                travels.into_iter().map(|_| Ok(Travelled::Alone)).collect()
            }
            // Each may have taken place or not.
            Err(error) => {
                let unavailable = Unavailable::of_table(&self.table, &explain(&error));
                let result = |travels| if travels { Err(unavailable.clone()) } else { Ok(Travelled::Alone) };
                travels.into_iter().map(result).collect()
            }
        }
    }

    fn travelled(&self, response: &BatchStatementResponse) -> Travelled {
        use BatchStatementErrorCodeEnum as Code;
        let Some(error) = response.error() else { return Travelled::Committed };
        match error.code() {
            Some(Code::ThrottlingError | Code::ProvisionedThroughputExceeded | Code::RequestLimitExceeded) => {
                Travelled::Throttled
            }
            // It would be so for every write.
            Some(code @ (Code::AccessDenied | Code::ValidationError)) => {
                self.refuse(&format!("{}: {}", code.as_str(), error.message().unwrap_or_default()));
                Travelled::Alone
            }
            _ => Travelled::Alone,
        }
    }

    fn refuse(&self, why: &str) {
        if !self.refused.swap(true, Ordering::Relaxed) {
            tracing::warn!(table = self.table, why, "WritesGoAlone");
        }
    }

    /// A write as a statement. Of each table there are as many texts as the table of a service that keeps deadlines has
    /// kinds of write: four.
    fn statement(&self, write: &Write) -> Result<BatchStatementRequest, aws_sdk_dynamodb::error::BuildError> {
        let Change { mut set, remove } = Change::of(write, self.indexed);
        let (table, key) = (&self.table, text(&write.saga.to_string()));
        let (statement, more) = match &write.expected {
            None => {
                set.extend([("saga", key), ("version", AttributeValue::N("1".to_owned()))]);
                let fields: Vec<_> = set.iter().map(|(name, _)| format!("'{name}': ?")).collect();
                (format!("INSERT INTO \"{table}\" VALUE {{{}}}", fields.join(", ")), vec![])
            }
            Some(expected) => {
                let sets: String = set.iter().map(|(name, _)| format!(" SET \"{name}\"=?")).collect();
                let removes: String = remove.iter().map(|name| format!(" REMOVE \"{name}\"")).collect();
                // The name of an operand cannot be quoted at every endpoint, and this one need not be.
                let changed = format!("UPDATE \"{table}\"{sets} SET version=version+1{removes}");
                let condition = "WHERE \"saga\"=? AND \"state\"=? AND \"facts\"=?";
                (format!("{changed} {condition}"), vec![key, text(&expected.state), text(&expected.facts)])
            }
        };
        let parameters = set.into_iter().map(|(_, value)| value).chain(more).collect();
        BatchStatementRequest::builder().statement(statement).set_parameters(Some(parameters)).build()
    }
}

/// Whether the endpoint, or what this service is allowed to do, refuses batches as such: they would never be carried
/// out, and each of their writes can be.
fn is_refusal<R>(error: &SdkError<BatchExecuteStatementError, R>) -> bool {
    const REFUSED: [&str; 4] =
        ["AccessDeniedException", "UnknownOperationException", "UnrecognizedOperation", "ValidationException"];
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| REFUSED.contains(&code))
}
