//! The rules, call by call.

use super::*;

/// Payments with hooks and the calls made on it.
#[derive(Default)]
struct Case {
    payments: Payments,
    keys: u32,
}

impl Case {
    /// Decides on a request under a fresh key, and applies what is settled.
    fn call(&mut self, request: &Request) -> Answer {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        self.call_as(&key, request)
    }

    fn call_as(&mut self, key: &str, request: &Request) -> Answer {
        match self.payments.decide(key, request, true) {
            Decision::Answer(answer) => answer,
            Decision::Settle(settled) => {
                let saga = self.payments.saga(request).expect("settled requests have a saga").to_owned();
                let answer = settled.answer();
                assert!(self.payments.apply(Record { saga, settled: Some(settled) }));
                answer
            }
        }
    }

    /// The ids of the newest authorisation and its charge.
    fn ids(&self) -> (String, String) {
        let found = self.payments.lookup("s");
        let id = |what: &str| text(&found, what).to_owned();
        (id("/authorization/id"), id("/charge/id"))
    }

    fn authorized(customer: &str) -> Self {
        let mut case = Self::default();
        assert_eq!(case.call(&authorize(customer)).status(), StatusCode::CREATED);
        case
    }

    fn captured(customer: &str) -> Self {
        let mut case = Self::authorized(customer);
        let capture = capture(&case, 2000);
        assert_eq!(case.call(&capture).status(), StatusCode::CREATED);
        case
    }
}

fn usd(minor: i64) -> Amount {
    Amount { minor, currency: "USD".to_owned() }
}

fn authorize(customer: &str) -> Request {
    Request::Authorize { reference: "s".to_owned(), customer: customer.to_owned(), amount: usd(2000) }
}

fn debit(customer: &str) -> Request {
    Request::Debit { reference: "s".to_owned(), customer: customer.to_owned(), amount: usd(2000) }
}

fn capture(case: &Case, minor: i64) -> Request {
    Request::Capture { authorization: case.ids().0, amount: usd(minor) }
}

fn void(case: &Case) -> Request {
    Request::Void { authorization: case.ids().0 }
}

fn refund(case: &Case, minor: i64) -> Request {
    Request::Refund { charge: case.ids().1, amount: usd(minor) }
}

fn text<'a>(found: &'a Value, pointer: &str) -> &'a str {
    found.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn code(answer: &Answer) -> &str {
    text(answer.body(), "/error/code")
}

#[test]
fn a_key_replays_its_answer_and_refuses_another_request() {
    let mut case = Case::default();
    let first = case.call_as("k", &authorize("3"));
    assert_eq!(case.call_as("k", &authorize("3")), first.again());
    assert_eq!(code(&case.call_as("k", &authorize("4"))), "idempotency_key_reused");
    assert_eq!(case.payments.ledger("s").authorized, 1);
}

#[test]
fn a_refusal_is_settled_and_counts_as_no_effect() {
    let mut case = Case::default();
    let first = case.call_as("k", &authorize("3_fail_auth"));
    assert_eq!(code(&first), "card_declined");
    assert_eq!(case.call_as("k", &authorize("3_fail_auth")), first.again());
    assert_eq!(case.payments.ledger("s"), Ledger { calls: 1, ..Ledger::default() });
    assert_eq!(text(&case.payments.lookup("s"), "/authorization/id"), "");
}

#[test]
fn a_captured_payment_can_be_refunded_whole_and_once() {
    let mut case = Case::captured("3");
    for request in [capture(&case, 2000), void(&case)] {
        assert_eq!(code(&case.call(&request)), "already_captured");
    }
    let part = refund(&case, 1999);
    assert_eq!(code(&case.call(&part)), "amount_mismatch");
    let whole = refund(&case, 2000);
    assert_eq!(case.call(&whole).status(), StatusCode::CREATED);
    assert_eq!(code(&case.call(&whole)), "already_refunded");
    assert_eq!(case.payments.ledger("s"), Ledger { authorized: 1, captured: 1, voided: 0, refunded: 1, calls: 7 });
}

#[test]
fn a_voided_authorization_takes_nothing_more() {
    let mut case = Case::authorized("3");
    let (void, capture) = (void(&case), capture(&case, 2000));
    assert_eq!(case.call(&void).status(), StatusCode::CREATED);
    assert_eq!(code(&case.call(&void)), "already_voided");
    assert_eq!(code(&case.call(&capture)), "already_voided");
}

#[test]
fn a_capture_stays_within_the_authorization() {
    let mut case = Case::authorized("3");
    let more = capture(&case, 2001);
    assert_eq!(code(&case.call(&more)), "amount_mismatch");
    let less = capture(&case, 1500);
    assert_eq!(case.call(&less).status(), StatusCode::CREATED);
    assert_eq!(case.payments.lookup("s").pointer("/charge/amount/minor"), Some(&json!(1500)));
}

#[test]
fn a_refused_capture_leaves_the_authorization_to_be_voided() {
    let mut case = Case::authorized("3_fail_charge");
    let (void, capture) = (void(&case), capture(&case, 2000));
    assert_eq!(code(&case.call(&capture)), "charge_declined");
    assert_eq!(case.call(&void).status(), StatusCode::CREATED);
    assert_eq!(text(&case.payments.lookup("s"), "/authorization/status"), "voided");
}

#[test]
fn a_debit_is_captured_at_once_and_can_be_refunded() {
    let mut case = Case::default();
    assert_eq!(case.call_as("k", &debit("3")).status(), StatusCode::CREATED);
    assert_eq!(code(&case.call_as("k", &authorize("3"))), "idempotency_key_reused");
    let found = case.payments.lookup("s");
    assert_eq!(found.pointer("/authorization"), Some(&Value::Null));
    assert_eq!(text(&found, "/charge/status"), "captured");
    let part = refund(&case, 1999);
    assert_eq!(code(&case.call(&part)), "amount_mismatch");
    let whole = refund(&case, 2000);
    assert_eq!(case.call(&whole).status(), StatusCode::CREATED);
    assert_eq!(code(&case.call(&whole)), "already_refunded");
    assert_eq!(case.payments.ledger("s"), Ledger { authorized: 0, captured: 1, voided: 0, refunded: 1, calls: 4 });
}

#[test]
fn no_suffix_refuses_a_debit() {
    for customer in ["3_fail_auth", "3_fail_charge", "3_fail_refund"] {
        assert_eq!(Case::default().call(&debit(customer)).status(), StatusCode::CREATED);
    }
}

#[test]
fn the_charge_of_a_debit_is_no_authorization() {
    let mut case = Case::default();
    case.call(&debit("3"));
    let charge = case.ids().1;
    let capture = Request::Capture { authorization: charge.clone(), amount: usd(2000) };
    for request in [capture, Request::Void { authorization: charge }] {
        assert_eq!(code(&case.call(&request)), "payment_unknown");
    }
}

#[test]
fn a_refused_refund_stays_refused_under_its_key_and_is_decided_anew_under_another() {
    let mut case = Case::default();
    case.call(&debit("3_fail_refund"));
    let refund = refund(&case, 2000);
    let refused = case.call_as("first", &refund);
    assert_eq!(code(&refused), "refund_declined");
    assert_eq!(case.call_as("second", &refund), refused, "and not marked as given before");
    // Whoever refused has changed their mind.
    let Decision::Settle(settled) = case.payments.decide("third", &refund, false) else {
        panic!("it is a new request")
    };
    assert!(case.payments.apply(Record { saga: "s".to_owned(), settled: Some(settled) }));
    assert_eq!(case.call_as("first", &refund), refused.again());
    assert_eq!(case.payments.ledger("s"), Ledger { captured: 1, refunded: 1, calls: 4, ..Ledger::default() });
}

#[test]
fn a_payment_that_never_was_belongs_to_no_saga() {
    let mut case = Case::default();
    let stray = Request::Void { authorization: "tok_none".to_owned() };
    assert_eq!(code(&case.call(&stray)), "payment_unknown");
    assert_eq!(case.payments.totals(), Ledger::default());
}

#[test]
fn a_line_that_does_not_follow_is_refused() {
    let settled =
        |request: Request| Settled { key: "k".to_owned(), request, outcome: Outcome::Accepted { id: "x".to_owned() } };
    let mut payments = Payments::default();
    let stray = settled(Request::Void { authorization: "tok_none".to_owned() });
    assert!(!payments.apply(Record { saga: "s".to_owned(), settled: Some(stray) }));
    assert!(!payments.apply(Record { saga: "other".to_owned(), settled: Some(settled(authorize("3"))) }));
    assert!(payments.apply(Record { saga: "s".to_owned(), settled: Some(settled(authorize("3"))) }));
    assert!(
        !payments.apply(Record { saga: "s".to_owned(), settled: Some(settled(authorize("3"))) }),
        "one key, two records"
    );
}
