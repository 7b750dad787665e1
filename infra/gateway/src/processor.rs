//! The processor: where a request is decided, written and applied under one lock.
//!
//! **Invariant:** between deciding and applying nobody else decides, so requests with one key act
//! once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use serde_json::Value;

use crate::answer::Answer;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::payments::{Decision, Payments};
use crate::record::Record;
use crate::request::Request;

/// The payments and their journal, shared by all connections.
#[derive(Debug)]
pub(crate) struct Processor {
    open: Mutex<Open>,
    hooks: bool,
}

#[derive(Debug)]
struct Open {
    payments: Payments,
    journal: Journal,
}

impl Processor {
    pub(crate) fn new(payments: Payments, journal: Journal, hooks: bool) -> Self {
        Self { open: Mutex::new(Open { payments, journal }), hooks }
    }

    pub(crate) fn hooks(&self) -> bool {
        self.hooks
    }

    /// Acts on a request, at most once for its key; blocks while the journal is flushed.
    pub(crate) fn act(&self, key: &str, request: &Request) -> Answer {
        let mut open = self.lock();
        let (settled, answer) = match open.payments.decide(key, request, self.hooks) {
            Decision::Settle(settled) => {
                let answer = settled.answer();
                (Some(settled), answer)
            }
            Decision::Answer(answer) => (None, answer),
        };
        // A call about a payment that never was belongs to no saga.
        let Some(saga) = open.payments.saga(request).map(str::to_owned) else {
            return answer;
        };
        open.enter(Record { saga, settled }).err().unwrap_or(answer)
    }

    /// Counts a call and does nothing.
    pub(crate) fn fail(&self, request: &Request) -> Answer {
        self.turn_away(request, unavailable("unavailable", "Injected failure"))
    }

    /// Counts a call that does nothing, as its key is being worked on.
    pub(crate) fn in_use(&self, request: &Request) -> Answer {
        let message = "A request with this Idempotency-Key is still being worked on";
        self.turn_away(request, Answer::error(StatusCode::CONFLICT, "idempotency_key_in_use", message))
    }

    fn turn_away(&self, request: &Request, answer: Answer) -> Answer {
        let mut open = self.lock();
        match open.payments.saga(request).map(str::to_owned) {
            Some(saga) => open.enter(Record { saga, settled: None }).err().unwrap_or(answer),
            None => answer,
        }
    }

    /// The customer whom a request is about, unless it names a payment that never was.
    pub(crate) fn customer(&self, request: &Request) -> Option<String> {
        self.lock().payments.customer(request).map(str::to_owned)
    }

    pub(crate) fn ledger(&self, saga: &str) -> Ledger {
        self.lock().payments.ledger(saga)
    }

    pub(crate) fn totals(&self) -> Ledger {
        self.lock().payments.totals()
    }

    pub(crate) fn lookup(&self, reference: &str) -> Value {
        self.lock().payments.lookup(reference)
    }

    /// Lets go of the ledger file; whoever comes later is told that the ledger is unavailable.
    pub(crate) fn close(&self) {
        self.lock().journal = Journal::Closed;
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Writes a record, then applies it: an effect that is not durable was never there.
    fn enter(&mut self, record: Record) -> Result<(), Answer> {
        let entered = self.journal.append(&record).map(|()| self.payments.apply(record));
        match entered {
            Ok(true) => Ok(()),
            Ok(false) => Err(lost("the record does not follow from the payments before it")),
            Err(error) => Err(lost(&error.to_string())),
        }
    }
}

fn lost(reason: &str) -> Answer {
    tracing::error!(reason, "the ledger took no record");
    unavailable("ledger_unavailable", "The ledger could not be written; nothing was done")
}

fn unavailable(code: &str, message: &str) -> Answer {
    Answer::error(StatusCode::SERVICE_UNAVAILABLE, code, message)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::request::Amount;

    fn authorize() -> Request {
        let amount = Amount { minor: 1, currency: "EUR".to_owned() };
        Request::Authorize { reference: "s".to_owned(), customer: "3".to_owned(), amount }
    }

    #[test]
    fn what_cannot_be_written_is_not_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger.jsonl");
        fs::write(&path, "").expect("a file");
        // A file that was opened for reading only takes no record and cannot be repaired.
        let file = File::open(&path).expect("a file");
        let processor = Processor::new(Payments::default(), Journal::File { file, length: 0 }, false);
        for _ in 0..2 {
            assert_eq!(processor.act("k", &authorize()).status(), StatusCode::SERVICE_UNAVAILABLE);
        }
        assert_eq!(processor.totals(), Ledger::default());
        assert!(matches!(processor.lock().journal, Journal::Closed));
    }

    #[test]
    fn a_closed_processor_does_nothing_more() {
        let processor = Processor::new(Payments::default(), Journal::Memory, false);
        assert_eq!(processor.act("k", &authorize()).status(), StatusCode::CREATED);
        processor.close();
        assert_eq!(processor.act("l", &authorize()).status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(processor.ledger("s").authorized, 1);
    }
}
