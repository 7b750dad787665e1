//! The rules: which request is accepted, refused or turned away, and what has been done so far.
//!
//! **Invariant:** pure and without a clock. [`Payments::decide`] changes nothing, and [`Payments::apply`]
//! is the only way to change them, so the same records always give the same payments.

use std::collections::HashMap;

use axum::http::StatusCode;
use contracts::hooks::FareHooks;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::faults::Operation;
use crate::ledger::Ledger;
use crate::record::{Bar, Outcome, Record, Settled};
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
pub(crate) struct Payments {
    /// By authorisation, or by charge for a debit.
    by_id: HashMap<String, Payment>,
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
    status: Status,
}

#[derive(Debug)]
enum Status {
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

impl Payments {
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

    /// The customer whom the request is about, if the status of the payment allows it; otherwise what bars it, or
    /// nothing where there is no such payment.
    fn admit<'a>(&'a self, request: &'a Request) -> Result<&'a str, Option<Bar>> {
        let payment = match request {
            Request::Authorize { customer, .. } | Request::Debit { customer, .. } => return Ok(customer),
            Request::Capture { .. } | Request::Void { .. } | Request::Refund { .. } => self.payment(request),
        };
        let payment = payment.ok_or(None)?;
        Err(Some(match (request, &payment.status) {
            (Request::Capture { amount, .. }, Status::Authorized)
                if !payment.held.as_ref().is_some_and(|held| held.covers(amount)) =>
            {
                Bar::AmountNotHeld
            }
            (Request::Refund { amount, .. }, Status::Captured { amount: captured, .. }) if amount != captured => {
                Bar::AmountNotCaptured
            }
            (Request::Capture { .. } | Request::Void { .. }, Status::Authorized)
            | (Request::Refund { .. }, Status::Captured { .. }) => return Ok(&payment.customer),
            (_, Status::Captured { .. }) => Bar::AlreadyCaptured,
            (_, Status::Voided) => Bar::AlreadyVoided,
            (_, Status::Refunded { .. }) => Bar::AlreadyRefunded,
            // A charge id leads to a captured payment only; an authorisation and a debit are always new.
            (_, Status::Authorized) => Bar::NotCaptured,
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
                self.by_id.get(authorization).filter(|payment| payment.held.is_some())
            }
            Request::Refund { charge, .. } => self.by_id.get(self.charges.get(charge)?),
        }
    }

    /// Takes a record in; `false` for one that does not follow from what is there.
    #[must_use]
    pub(crate) fn apply(&mut self, record: Record) -> bool {
        let Record { saga, settled } = record;
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
                self.begin(id, Payment { reference, customer, held, status: Status::Authorized });
            }
            Request::Debit { reference, customer, amount } => {
                let status = Status::Captured { charge: id.to_owned(), amount: amount.clone() };
                self.charges.insert(id.to_owned(), id.to_owned());
                let (reference, customer) = (reference.clone(), customer.clone());
                self.begin(id, Payment { reference, customer, held: None, status });
            }
            Request::Capture { authorization, amount } => {
                self.charges.insert(id.to_owned(), authorization.clone());
                self.advance(authorization, Status::Captured { charge: id.to_owned(), amount: amount.clone() });
            }
            Request::Void { authorization } => self.advance(authorization, Status::Voided),
            Request::Refund { charge, amount } => {
                let status = Status::Refunded { charge: charge.clone(), amount: amount.clone(), refund: id.to_owned() };
                if let Some(payment) = self.charges.get(charge).cloned() {
                    self.advance(&payment, status);
                }
            }
        }
    }

    fn begin(&mut self, id: &str, payment: Payment) {
        self.sagas.entry(payment.reference.clone()).or_default().payment = Some(id.to_owned());
        self.by_id.insert(id.to_owned(), payment);
    }

    fn advance(&mut self, id: &str, status: Status) {
        if let Some(payment) = self.by_id.get_mut(id) {
            payment.status = status;
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
        let Some((id, payment)) = newest.and_then(|id| Some((id, self.by_id.get(id)?))) else {
            return json!({ "authorization": null, "charge": null, "refund": null });
        };
        let (status, charge, refund) = match &payment.status {
            Status::Authorized => ("authorized", Value::Null, Value::Null),
            Status::Voided => ("voided", Value::Null, Value::Null),
            Status::Captured { charge, amount } => {
                ("captured", json!({ "id": charge, "status": "captured", "amount": amount }), Value::Null)
            }
            Status::Refunded { charge, amount, refund } => (
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
