//! The rules: which request is accepted, refused or turned away, and what has been done so far.
//!
//! **Invariant:** pure and without a clock. [`Book::decide`] changes nothing, and [`Book::apply`]
//! is the only way to change a book, so the same lines always give the same book.

use std::collections::HashMap;

use axum::http::StatusCode;
use contracts::hooks::FareHooks;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::faults::Operation;
use crate::line::{Bar, Ledger, Line, Outcome, Settled};
use crate::request::{Amount, Request};

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is new and in order: write this down, then answer it.
    Settle(Settled),
    /// It settles nothing: a replay, a key that was used for something else, a payment that never was.
    Answer(Answer),
}

/// Everything that the gateway knows.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// By authorisation, or by charge for a debit.
    payments: HashMap<String, Payment>,
    /// From charge to payment.
    charges: HashMap<String, String>,
    settled: HashMap<String, Settled>,
    sagas: HashMap<String, Account>,
    totals: Ledger,
}

#[derive(Debug, Default)]
struct Account {
    ledger: Ledger,
    /// The newest authorisation or debit.
    payment: Option<String>,
}

#[derive(Debug)]
struct Payment {
    reference: String,
    customer: String,
    /// What was held on a card; `None` for a debit.
    held: Option<Amount>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Authorized,
    Voided,
    Captured { charge: String, amount: Amount },
    Refunded { charge: String, amount: Amount, refund: String },
}

/// Whether the customer's name forces the operation to be refused.
fn refuses(customer: &str, operation: Operation) -> bool {
    let hooks = FareHooks::of_customer(customer);
    match operation {
        Operation::Authorize => hooks.fail_auth,
        Operation::Capture => hooks.fail_charge,
        Operation::Refund => hooks.fail_refund,
        Operation::Void | Operation::Debit | Operation::Any => false,
    }
}

impl Book {
    /// Decides on a request, given all that was applied before it.
    pub(crate) fn decide(&self, key: &str, request: &Request, hooks: bool) -> Decision {
        if let Some(settled) = self.settled.get(key) {
            return Decision::Answer(if settled.request == *request {
                settled.answer().again()
            } else {
                let message = "This Idempotency-Key was used for another request";
                Answer::error(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", message)
            });
        }
        Decision::Settle(match self.admit(request) {
            Ok(customer) if hooks && refuses(customer, request.operation()) => Settled::refused(key, request),
            Ok(_customer) => Settled::accepted(key, request),
            Err(Some(bar)) => Settled::barred(key, request, bar),
            Err(None) => {
                let (code, message) = ("payment_unknown", "There is no such payment");
                return Decision::Answer(Answer::error(StatusCode::NOT_FOUND, code, message));
            }
        })
    }

    /// The customer whom the request is about, if the payment is at a stage that allows it; otherwise what bars it, or
    /// nothing where there is no such payment.
    fn admit<'a>(&'a self, request: &'a Request) -> Result<&'a str, Option<Bar>> {
        let payment = match request {
            Request::Authorize { customer, .. } | Request::Debit { customer, .. } => return Ok(customer),
            Request::Capture { .. } | Request::Void { .. } | Request::Refund { .. } => self.payment(request),
        };
        let payment = payment.ok_or(None)?;
        Err(Some(match (request, &payment.stage) {
            (Request::Capture { amount, .. }, Stage::Authorized)
                if !payment.held.as_ref().is_some_and(|held| held.covers(amount)) =>
            {
                Bar::AmountNotHeld
            }
            (Request::Refund { amount, .. }, Stage::Captured { amount: captured, .. }) if amount != captured => {
                Bar::AmountNotCaptured
            }
            (Request::Capture { .. } | Request::Void { .. }, Stage::Authorized)
            | (Request::Refund { .. }, Stage::Captured { .. }) => return Ok(&payment.customer),
            (_, Stage::Captured { .. }) => Bar::AlreadyCaptured,
            (_, Stage::Voided) => Bar::AlreadyVoided,
            (_, Stage::Refunded { .. }) => Bar::AlreadyRefunded,
            // A charge id leads to a captured payment only; an authorisation and a debit are always new.
            (_, Stage::Authorized) => Bar::NotCaptured,
        }))
    }

    /// The saga that a request belongs to, unless it names a payment that never was.
    pub(crate) fn saga<'a>(&'a self, request: &'a Request) -> Option<&'a str> {
        match request {
            Request::Authorize { reference, .. } | Request::Debit { reference, .. } => Some(reference),
            Request::Capture { .. } | Request::Void { .. } | Request::Refund { .. } => {
                self.payment(request).map(|payment| payment.reference.as_str())
            }
        }
    }

    /// The customer whom a request is about, unless it names a payment that never was.
    pub(crate) fn customer<'a>(&'a self, request: &'a Request) -> Option<&'a str> {
        match request {
            Request::Authorize { customer, .. } | Request::Debit { customer, .. } => Some(customer),
            Request::Capture { .. } | Request::Void { .. } | Request::Refund { .. } => {
                self.payment(request).map(|payment| payment.customer.as_str())
            }
        }
    }

    fn payment(&self, request: &Request) -> Option<&Payment> {
        match request {
            Request::Authorize { .. } | Request::Debit { .. } => None,
            // The charge of a debit is no authorisation.
            Request::Capture { authorization, .. } | Request::Void { authorization } => {
                self.payments.get(authorization).filter(|payment| payment.held.is_some())
            }
            Request::Refund { charge, .. } => self.payments.get(self.charges.get(charge)?),
        }
    }

    /// Takes a line into the book; `false` for one that does not follow from what is there.
    #[must_use]
    pub(crate) fn apply(&mut self, line: Line) -> bool {
        let Line { saga, settled } = line;
        let mut change = Ledger { calls: 1, ..Ledger::default() };
        if let Some(settled) = settled {
            let barred = self.admit(&settled.request).err();
            let follows = match settled.outcome {
                Outcome::Accepted { .. } | Outcome::Refused => barred.is_none(),
                Outcome::Barred(bar) => barred == Some(Some(bar)),
            };
            let follows = follows && self.saga(&settled.request) == Some(saga.as_str());
            if !follows || self.settled.contains_key(&settled.key) {
                return false;
            }
            if let Outcome::Accepted { id } = &settled.outcome {
                self.take_effect(id, &settled.request);
                match settled.request.operation() {
                    Operation::Authorize => change.authorized = 1,
                    Operation::Capture | Operation::Debit => change.captured = 1,
                    Operation::Void => change.voided = 1,
                    Operation::Refund => change.refunded = 1,
                    Operation::Any => {}
                }
            }
            self.settled.insert(settled.key.clone(), settled);
        }
        self.totals += change;
        self.sagas.entry(saga).or_default().ledger += change;
        true
    }

    fn take_effect(&mut self, id: &str, request: &Request) {
        match request {
            Request::Authorize { reference, customer, amount } => {
                let (reference, customer, held) = (reference.clone(), customer.clone(), Some(amount.clone()));
                self.begin(id, Payment { reference, customer, held, stage: Stage::Authorized });
            }
            Request::Debit { reference, customer, amount } => {
                let stage = Stage::Captured { charge: id.to_owned(), amount: amount.clone() };
                self.charges.insert(id.to_owned(), id.to_owned());
                let (reference, customer) = (reference.clone(), customer.clone());
                self.begin(id, Payment { reference, customer, held: None, stage });
            }
            Request::Capture { authorization, amount } => {
                self.charges.insert(id.to_owned(), authorization.clone());
                self.advance(authorization, Stage::Captured { charge: id.to_owned(), amount: amount.clone() });
            }
            Request::Void { authorization } => self.advance(authorization, Stage::Voided),
            Request::Refund { charge, amount } => {
                let stage = Stage::Refunded { charge: charge.clone(), amount: amount.clone(), refund: id.to_owned() };
                if let Some(payment) = self.charges.get(charge).cloned() {
                    self.advance(&payment, stage);
                }
            }
        }
    }

    fn begin(&mut self, id: &str, payment: Payment) {
        self.sagas.entry(payment.reference.clone()).or_default().payment = Some(id.to_owned());
        self.payments.insert(id.to_owned(), payment);
    }

    fn advance(&mut self, id: &str, stage: Stage) {
        if let Some(payment) = self.payments.get_mut(id) {
            payment.stage = stage;
        }
    }

    pub(crate) fn ledger(&self, saga: &str) -> Ledger {
        self.sagas.get(saga).map(|account| account.ledger).unwrap_or_default()
    }

    pub(crate) fn totals(&self) -> Ledger {
        self.totals
    }

    /// The newest authorisation or debit of a reference and what became of it.
    pub(crate) fn lookup(&self, reference: &str) -> Value {
        let newest = self.sagas.get(reference).and_then(|account| account.payment.as_ref());
        let Some((id, payment)) = newest.and_then(|id| Some((id, self.payments.get(id)?))) else {
            return json!({ "authorization": null, "charge": null, "refund": null });
        };
        let (status, charge, refund) = match &payment.stage {
            Stage::Authorized => ("authorized", Value::Null, Value::Null),
            Stage::Voided => ("voided", Value::Null, Value::Null),
            Stage::Captured { charge, amount } => {
                ("captured", json!({ "id": charge, "status": "captured", "amount": amount }), Value::Null)
            }
            Stage::Refunded { charge, amount, refund } => (
                "captured",
                json!({ "id": charge, "status": "refunded", "amount": amount }),
                json!({ "id": refund, "amount": amount }),
            ),
        };
        let held = payment.held.as_ref();
        let authorization = held.map(|amount| json!({ "id": id, "status": status, "amount": amount }));
        json!({ "authorization": authorization, "charge": charge, "refund": refund })
    }
}

impl Amount {
    fn covers(&self, other: &Self) -> bool {
        self.currency == other.currency && self.minor >= other.minor
    }
}

#[cfg(test)]
mod tests;
