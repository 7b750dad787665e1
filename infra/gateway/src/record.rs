//! The record of one call: a line of the ledger file.
//!
//! **Invariant:** a record is the idempotency record and the effect in one, so neither can be kept
//! without the other; the answer is derived from it, the same each time.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::Answer;
use crate::faults::Operation;
use crate::request::Request;

/// Ids are derived in this namespace, so that a key makes the same id in every life of the gateway.
const IDS: Uuid = Uuid::from_u128(0x8d0c_2f61_5b7e_4c39_9a44_1f6e_02b7_d35a);

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) saga: String,
    /// Absent where the call settled nothing: a replay, a key that is in use, an injected failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settled: Option<Settled>,
}

/// A request and what came of it, for good: the idempotency record and the effect in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settled {
    pub(crate) key: String,
    pub(crate) request: Request,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Accepted { id: String },
    Refused,
    Barred(Bar),
}

/// Why the status of a payment does not allow what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bar {
    AlreadyCaptured,
    AlreadyVoided,
    AlreadyRefunded,
    NotCaptured,
    AmountNotHeld,
    AmountNotCaptured,
}

impl Bar {
    fn answer(self) -> Answer {
        let (code, message) = match self {
            Self::AlreadyCaptured => ("already_captured", "The authorization was captured"),
            Self::AlreadyVoided => ("already_voided", "The authorization was voided"),
            Self::AlreadyRefunded => ("already_refunded", "The charge was refunded"),
            Self::NotCaptured => ("not_captured", "The authorization was not captured"),
            Self::AmountNotHeld => ("amount_mismatch", "The amount is not covered by the authorization"),
            Self::AmountNotCaptured => ("amount_mismatch", "The amount is not the captured amount"),
        };
        Answer::error(StatusCode::PAYMENT_REQUIRED, code, message)
    }
}

impl Settled {
    pub(crate) fn accepted(key: &str, request: &Request) -> Self {
        let id = id(request.operation(), key);
        Self { key: key.to_owned(), request: request.clone(), outcome: Outcome::Accepted { id } }
    }

    pub(crate) fn refused(key: &str, request: &Request) -> Self {
        Self { key: key.to_owned(), request: request.clone(), outcome: Outcome::Refused }
    }

    pub(crate) fn barred(key: &str, request: &Request, bar: Bar) -> Self {
        Self { key: key.to_owned(), request: request.clone(), outcome: Outcome::Barred(bar) }
    }

    /// The answer, the same each time.
    pub(crate) fn answer(&self) -> Answer {
        match &self.outcome {
            Outcome::Accepted { id } => Answer::created(id),
            Outcome::Barred(bar) => bar.answer(),
            Outcome::Refused => {
                let (code, what) = match self.request.operation() {
                    Operation::Authorize | Operation::Any => ("card_declined", "auth"),
                    Operation::Capture => ("charge_declined", "charge"),
                    Operation::Void => ("void_declined", "void"),
                    Operation::Refund => ("refund_declined", "refund"),
                    Operation::Debit => ("debit_declined", "debit"),
                };
                let message = format!("Forced {what} transaction failure");
                Answer::error(StatusCode::PAYMENT_REQUIRED, code, message)
            }
        }
    }
}

fn id(operation: Operation, key: &str) -> String {
    let prefix = match operation {
        Operation::Authorize | Operation::Any => "tok",
        // Either way the amount is taken, and given back under this id.
        Operation::Capture | Operation::Debit => "ch",
        Operation::Void => "void",
        Operation::Refund => "re",
    };
    format!("{prefix}_{}", Uuid::new_v5(&IDS, key.as_bytes()).simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Amount;

    #[test]
    fn a_key_makes_the_same_id_in_every_life() {
        assert_eq!(id(Operation::Authorize, "s:authorize"), "tok_f618ad1c7c795fee92f892140c652074");
        assert_eq!(id(Operation::Refund, "s:refund"), "re_f533fac7efc85f24997f220020c892c0");
    }

    #[test]
    fn a_record_has_this_form() {
        let amount = Amount { minor: 2000, currency: "USD".to_owned() };
        let request = Request::Void { authorization: "tok_1".to_owned() };
        let form =
            |settled| serde_json::to_string(&Record { saga: "s".to_owned(), settled }).expect("a record is JSON");
        assert_eq!(form(None), r#"{"saga":"s"}"#);
        assert_eq!(
            form(Some(Settled::refused("k", &request))),
            r#"{"saga":"s","settled":{"key":"k","request":{"void":{"authorization":"tok_1"}},"outcome":"refused"}}"#
        );
        assert_eq!(
            form(Some(Settled::barred("k", &request, Bar::AlreadyCaptured))),
            concat!(
                r#"{"saga":"s","settled":{"key":"k","request":{"void":{"authorization":"tok_1"}},"#,
                r#""outcome":{"barred":"already_captured"}}}"#
            )
        );
        let request = Request::Capture { authorization: "tok_1".to_owned(), amount };
        let outcome = Outcome::Accepted { id: "ch_1".to_owned() };
        assert_eq!(
            form(Some(Settled { key: "k".to_owned(), request, outcome })),
            concat!(
                r#"{"saga":"s","settled":{"key":"k","request":{"capture":{"authorization":"tok_1","#,
                r#""amount":{"minor":2000,"currency":"USD"}}},"outcome":{"accepted":{"id":"ch_1"}}}}"#
            )
        );
    }

    #[test]
    fn a_debit_has_this_form() {
        let amount = Amount { minor: 2000, currency: "USD".to_owned() };
        let request = Request::Debit { reference: "s".to_owned(), customer: "3".to_owned(), amount };
        let record = Record { saga: "s".to_owned(), settled: Some(Settled::accepted("s:debit", &request)) };
        assert_eq!(
            serde_json::to_string(&record).expect("a record is JSON"),
            concat!(
                r#"{"saga":"s","settled":{"key":"s:debit","request":{"debit":{"reference":"s","customer":"3","#,
                r#""amount":{"minor":2000,"currency":"USD"}}},"#,
                r#""outcome":{"accepted":{"id":"ch_ce046b5ab12b59c6839da61f7de3bb9c"}}}}"#
            )
        );
    }
}
