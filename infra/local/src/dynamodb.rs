//! `DynamoDB`: `dynoxide` behind the JSON protocol.
//!
//! The engine works synchronously under one lock. What is quick runs at once, on the thread of the request, unless
//! another thread has the engine. All else runs on the runtime's blocking threads, so that it holds up no other request.
//!
//! Tokens of transactions are kept by [`tokens`], not by the engine, which looks through all of ten minutes on each call.
//!
//! **Invariant:** a request is either executed once or answered with an error; nothing here retries.

mod answer;
mod faults;
mod file;
mod operations;
mod tokens;
mod units;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use dynoxide::Database;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::list_tables::ListTablesRequest;
use dynoxide::actions::scan::ScanRequest;

use crate::answer::JsonAnswer;
use crate::calls::{Counter, TRANSACTED_WRITE};
use crate::carried::Carried;
use crate::dynamodb::answer::{answer_of, refusal};
use crate::dynamodb::faults::Faults;
use crate::dynamodb::tokens::Tokens;
use crate::sync::{lock, try_lock};

pub use crate::dynamodb::faults::FailWith;

/// What writes or reads one item or a few. On tables in memory, that costs little more than to wake a thread for it.
const QUICK: [&str; 5] = ["DeleteItem", "GetItem", "PutItem", "TransactWriteItems", "UpdateItem"];

/// Why the tables could not be opened.
#[derive(Debug)]
pub(crate) struct OpenError {
    pub(crate) folder: String,
    pub(crate) reason: String,
}

/// The tables, and how requests reach them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct DynamoDb {
    database: Database,
    tokens: Arc<Tokens>,
    faults: Arc<Faults>,
    calls: Arc<Counter>,
    carried: Arc<Carried>,
    /// Of tables in memory: held by whoever is at work in the engine, whose own lock nobody can try.
    turn: Option<Arc<Mutex<()>>>,
    /// Of the data folder: held for as long as the tables are open.
    _lock: Option<Arc<File>>,
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamoDb").finish_non_exhaustive()
    }
}

impl DynamoDb {
    /// Opens the tables in this folder, or empty ones in memory.
    pub(crate) fn open(folder: Option<&Path>, calls: Arc<Counter>, carried: Arc<Carried>) -> Result<Self, OpenError> {
        let failed = |reason: String| OpenError {
            folder: folder.map_or_else(|| "memory".to_owned(), |folder| folder.display().to_string()),
            reason,
        };
        let opened = match folder {
            None => (Database::memory().map_err(|error| failed(error.to_string()))?, None),
            Some(folder) => file::open(folder).map_err(failed)?,
        };
        let (database, lock) = opened;
        let (tokens, faults) = (Arc::default(), Arc::default());
        // A write to a file waits for the disk, and never runs at once.
        let turn = lock.is_none().then(Arc::default);
        Ok(Self { database, tokens, faults, calls, carried, turn, _lock: lock.map(Arc::new) })
    }

    /// Lets the next calls of an operation fail, after those that were asked for before.
    pub(crate) fn fail_next(&self, operation: &str, with: FailWith, times: u32) {
        self.faults.add(operation, with, times);
    }

    /// Executes one request, unless it is to fail.
    pub(crate) async fn answer(&self, operation: &str, body: Bytes) -> JsonAnswer {
        if let Some(with) = self.faults.strike(operation) {
            tracing::debug!(operation, ?with, "a DynamoDB request failed as asked for");
            return faults::answer(with, operation, &body);
        }
        let quick = self.turn.as_ref().filter(|_| QUICK.contains(&operation));
        if let Some(_turn) = quick.and_then(|turn| try_lock(turn)) {
            // A panic of the engine is an answer here, too.
            let executed = catch_unwind(AssertUnwindSafe(|| self.execute(operation, &body)));
            return executed.unwrap_or_else(|_panic| not_ended());
        }
        let this = self.clone();
        let operation = operation.to_owned();
        let executed = tokio::task::spawn_blocking(move || {
            let _turn = this.turn.as_ref().map(|turn| lock(turn));
            this.execute(&operation, &body)
        });
        executed.await.unwrap_or_else(|_panic| not_ended())
    }

    fn execute(&self, operation: &str, body: &[u8]) -> JsonAnswer {
        let outcome = match operation {
            "TransactWriteItems" => return self.transact(body),
            _ => operations::execute(&self.database, &self.calls, &self.carried, operation, body),
        };
        outcome.map_or_else(|error| answer_of(operation, error), JsonAnswer::ok)
    }

    /// `TransactWriteItems` with its token, if it has one.
    fn transact(&self, body: &[u8]) -> JsonAnswer {
        let (token, fingerprint, request) = match operations::transaction(body) {
            Ok(parts) => parts,
            Err(error) => return answer_of("TransactWriteItems", error),
        };
        let writes = operations::writes(&request);
        let run = || {
            let execute = |request| self.database.transact_write_items(request);
            let outcome = units::metered(&self.carried, request, execute);
            if outcome.is_ok() {
                self.calls.add(TRANSACTED_WRITE, writes);
            }
            outcome
        };
        let outcome = match token {
            None => run(),
            Some(token) => match self.tokens.claim(&token, fingerprint) {
                tokens::Claim::New(claim) => {
                    let outcome = run();
                    claim.settle(outcome.is_ok());
                    outcome
                }
                tokens::Claim::Done => return JsonAnswer::ok("{}".to_owned()),
                tokens::Claim::Running => {
                    return refusal(
                        400,
                        "com.amazonaws.dynamodb.v20120810#TransactionInProgressException",
                        "The transaction with the given request token is already in progress.",
                    );
                }
                tokens::Claim::Differs => {
                    return refusal(
                        400,
                        "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
                        "The request uses the same client token as a previous, but non-identical request.",
                    );
                }
            },
        };
        match outcome.and_then(|response| operations::to_json(&response)) {
            Ok(json) => JsonAnswer::ok(json),
            Err(error) => answer_of("TransactWriteItems", error),
        }
    }

    /// Every table, its items and their bytes.
    pub(crate) fn tables(&self) -> Vec<(String, u64, u64)> {
        let described = |name: String| {
            let request = DescribeTableRequest { table_name: name.clone() };
            let table = self.database.describe_table(request).ok()?.table;
            let number = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
            // The engine adds no overhead of storage to the size of an item.
            Some((name, number(table.item_count), number(table.table_size_bytes)))
        };
        self.table_names().into_iter().filter_map(described).collect()
    }

    /// Every item of every table.
    pub(crate) fn dump(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for table in self.table_names() {
            self.dump_table(&table, &mut all);
        }
        all
    }

    fn table_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let request = ListTablesRequest { exclusive_start_table_name: after, limit: None };
            let Ok(page) = self.database.list_tables(request) else {
                tracing::error!("the tables could not be listed");
                return names;
            };
            names.extend(page.table_names);
            after = page.last_evaluated_table_name;
            if after.is_none() {
                return names;
            }
        }
    }

    fn dump_table(&self, table: &str, all: &mut Vec<(String, String)>) {
        let mut after = None;
        loop {
            let request = ScanRequest {
                table_name: table.to_owned(),
                exclusive_start_key: after,
                consistent_read: Some(true),
                ..ScanRequest::default()
            };
            let Ok(page) = self.database.scan(request) else {
                tracing::error!(table, "the table could not be scanned");
                return;
            };
            let items = page.items.unwrap_or_default();
            let texts = items.iter().filter_map(|item| serde_json::to_string(item).ok());
            all.extend(texts.map(|text| (format!("table {table}"), text)));
            after = page.last_evaluated_key;
            if after.is_none() {
                return;
            }
        }
    }
}

fn not_ended() -> JsonAnswer {
    tracing::error!("a DynamoDB request did not end");
    refusal(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error")
}
