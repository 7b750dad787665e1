//! Every row of the workshop's table: what is asked, and how it has to end.

use contracts::outcome::Effect;
use contracts::{Notification, Outcome, StepName};
use testkit::Kind;

use crate::cast::{Cast, Keys, body, saga};
use crate::oracle;

use StepName::{
    ChargeFare, CreditCustomerAccount, RefundFare, RegisterFare, SetFareStatusCompleted, SetFareStatusFailed,
};

/// A request and its end.
pub(crate) struct Row {
    pub(crate) customer: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) outcome: Outcome,
    errors: &'static [(&'static str, &'static str)],
    path: &'static [(StepName, bool)],
    standing: &'static [Effect],
    /// Holds, captures, voids, refunds.
    effects: [usize; 4],
}

const AUTH: (&str, &str) = ("PaymentAuthException", "Forced auth transaction failure");
const CHARGE: (&str, &str) = ("PaymentChargeException", "Forced charge transaction failure");
const CREDIT: (&str, &str) = ("AccountCreditException", "Forced account credit transaction failure");
const REFUND: (&str, &str) = ("RefundException", "Forced refund transaction failure");

const COMPLETED: Row = Row {
    customer: "3",
    amount: "$20.00",
    outcome: Outcome::Completed,
    errors: &[],
    path: &[(RegisterFare, true), (ChargeFare, true), (CreditCustomerAccount, true), (SetFareStatusCompleted, true)],
    standing: &[],
    effects: [1, 1, 0, 0],
};

const NOT_AUTHORISED: Row = Row {
    customer: "3_fail_auth",
    outcome: Outcome::Compensated,
    errors: &[AUTH],
    path: &[(RegisterFare, true), (ChargeFare, false), (SetFareStatusFailed, true)],
    effects: [0, 0, 0, 0],
    ..COMPLETED
};

const REFUNDED: Row = Row {
    customer: "3__fail_credit",
    outcome: Outcome::Compensated,
    errors: &[CREDIT],
    path: &[
        (RegisterFare, true),
        (ChargeFare, true),
        (CreditCustomerAccount, false),
        (RefundFare, true),
        (SetFareStatusFailed, true),
    ],
    effects: [1, 1, 0, 1],
    ..COMPLETED
};

/// The rows.
pub(crate) const ROWS: &[Row] = &[
    COMPLETED,
    NOT_AUTHORISED,
    Row { customer: "_fail_charge", errors: &[CHARGE], effects: [1, 0, 1, 0], ..NOT_AUTHORISED },
    REFUNDED,
    // Nothing is refunded that was credited.
    Row { customer: "3_fail_refund", ..COMPLETED },
    Row {
        customer: "3_fail_credit_fail_refund",
        outcome: Outcome::NeedsAttention,
        errors: &[CREDIT, REFUND],
        path: &[
            (RegisterFare, true),
            (ChargeFare, true),
            (CreditCustomerAccount, false),
            (RefundFare, false),
            (SetFareStatusFailed, true),
        ],
        standing: &[Effect::Capture],
        effects: [1, 1, 0, 0],
        ..COMPLETED
    },
    Row {
        amount: "twenty",
        outcome: Outcome::Rejected,
        errors: &[(
            "InvalidRequest",
            "fareAmount: must be an amount such as $20.00, $1,234.50, 20 or 20.5: no sign, no exponent, at most two decimals",
        )],
        path: &[(RegisterFare, false)],
        effects: [0, 0, 0, 0],
        ..COMPLETED
    },
];

impl Row {
    pub(crate) fn body(&self) -> String {
        body(self.customer, self.amount)
    }

    /// What the notification and the gateway's ledger must say.
    pub(crate) fn holds(&self, cast: &Cast, request_id: &str, told: &Notification) -> Result<(), String> {
        let steps: Vec<_> = told.path.steps().iter().map(|step| (step.step, step.ok)).collect();
        let error = told.error.iter();
        let errors: Vec<_> = error
            .flat_map(|error| std::iter::once(error).chain(&error.also))
            .map(|error| (error.name.as_str(), error.message.as_str()))
            .collect();
        let standing: Vec<_> = told.standing.iter().map(|standing| standing.effect).collect();
        let ledger = cast.ledger();
        let kinds = [Kind::Hold, Kind::Capture, Kind::Void, Kind::Refund];
        let effects = kinds.map(|kind| ledger.count(saga(request_id), kind));
        let is = (told.outcome, errors.as_slice(), steps.as_slice(), standing.as_slice(), effects);
        let shall_be = (self.outcome, self.errors, self.path, self.standing, self.effects);
        let ids = [(Kind::Hold, &told.charge_token), (Kind::Capture, &told.charge_id), (Kind::Refund, &told.refund_id)];
        let wrong_id = ids.iter().find(|(kind, id)| ledger.id(saga(request_id), *kind) != **id);
        let says = told.customer_id.as_ref().map(contracts::Identifier::as_str) == Some(self.customer);
        if is == shall_be && wrong_id.is_none() && says {
            Ok(())
        } else {
            Err(format!("{}: {is:?} and not {shall_be:?}; {wrong_id:?}, {:?}", self.customer, told.customer_id))
        }
    }
}

#[test]
fn every_row_ends_as_the_workshop_says() {
    let keys = Keys::new();
    for row in ROWS {
        let cast = Cast::new(&keys);
        let mut world = cast.world();
        world.request(&row.body(), "r");
        world.run(&[]);
        assert_eq!(oracle::at_rest(&keys, &cast, &world, &[("r".to_owned(), row)]), Ok(()));
    }
}

#[test]
fn one_request_delivered_five_times_is_one_saga_and_one_capture() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let mut world = cast.world();
    // A client that repeats itself twice, and SQS, which delivers the first of these four times in all.
    world.request(&COMPLETED.body(), "r");
    world.request(&COMPLETED.body(), "r");
    for _ in 0..3 {
        world.redeliver(0);
    }
    assert_eq!(world.waiting(), 5);
    world.run(&[]);
    assert_eq!(oracle::at_rest(&keys, &cast, &world, &[("r".to_owned(), &COMPLETED)]), Ok(()));
    assert_eq!(world.service("booking").store().records().len(), 1);
    assert_eq!(cast.ledger().entries().len(), 2);
}

#[test]
fn one_fare_requested_twice_is_two_sagas() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let mut world = cast.world();
    world.request(&COMPLETED.body(), "r1");
    world.request(&COMPLETED.body(), "r2");
    world.run(&[]);
    let asked = ["r1", "r2"].map(|id| (id.to_owned(), &COMPLETED));
    assert_eq!(oracle::at_rest(&keys, &cast, &world, &asked), Ok(()));
    assert_eq!(world.notifications(true).len(), 2);
}
