//! Every row of the two workshops' tables: what is asked, and how it has to end.

use contracts::{EffectName, Notification, Outcome, SagaKind, StepType, effects, kinds, steps};
use fixtures::Kind;
use saga::Channel;
use testkit::World;

use crate::cast::{Cast, Keys, fare, order, saga};
use crate::oracle;

/// A request and its end.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) kind: SagaKind,
    /// The customer of a fare, or the id of an order.
    pub(crate) id: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) errors: &'static [(&'static str, &'static str)],
    pub(crate) path: &'static [(StepType, bool)],
    pub(crate) standing: &'static [EffectName],
    /// Holds, captures, voids, refunds.
    pub(crate) effects: [usize; 4],
}

const AUTH: (&str, &str) = ("PaymentAuthException", "Forced auth transaction failure");
const CHARGE: (&str, &str) = ("PaymentChargeException", "Forced charge transaction failure");
const CREDIT: (&str, &str) = ("AccountCreditException", "Forced account credit transaction failure");
const REFUND: (&str, &str) = ("RefundException", "Forced refund transaction failure");

pub(crate) const COMPLETED: Row = Row {
    kind: kinds::FARE,
    id: "3",
    amount: "$20.00",
    outcome: Outcome::Completed,
    errors: &[],
    path: &[
        (steps::REGISTER_FARE, true),
        (steps::CHARGE_FARE, true),
        (steps::CREDIT_CUSTOMER_ACCOUNT, true),
        (steps::SET_FARE_STATUS_COMPLETED, true),
    ],
    standing: &[],
    effects: [1, 1, 0, 0],
};

const NOT_AUTHORISED: Row = Row {
    id: "3_fail_auth",
    outcome: Outcome::Compensated,
    errors: &[AUTH],
    path: &[(steps::REGISTER_FARE, true), (steps::CHARGE_FARE, false), (steps::SET_FARE_STATUS_FAILED, true)],
    effects: [0, 0, 0, 0],
    ..COMPLETED
};

const REFUNDED: Row = Row {
    id: "3__fail_credit",
    outcome: Outcome::Compensated,
    errors: &[CREDIT],
    path: &[
        (steps::REGISTER_FARE, true),
        (steps::CHARGE_FARE, true),
        (steps::CREDIT_CUSTOMER_ACCOUNT, false),
        (steps::REFUND_FARE, true),
        (steps::SET_FARE_STATUS_FAILED, true),
    ],
    effects: [1, 1, 0, 1],
    ..COMPLETED
};

pub(crate) const ORDERED: Row = Row {
    kind: kinds::ORDER,
    id: "40063fe3-56d9-4c51-b91f-71929834ce03",
    amount: "199.99",
    outcome: Outcome::Completed,
    errors: &[],
    path: &[(steps::PROCESS_ORDER, true), (steps::PROCESS_PAYMENT, true), (steps::RESERVE_INVENTORY, true)],
    standing: &[],
    effects: [0, 1, 0, 0],
};

const ORDER: (&str, &str) = ("ErrProcessOrder", "Forced order failure");
const STATUS: (&str, &str) = ("ErrUpdateOrderStatus", "Forced order status failure");
const PAYMENT: (&str, &str) = ("ErrProcessPayment", "Forced payment failure");
const ORDER_REFUND: (&str, &str) = ("ErrProcessRefund", "Forced refund failure");
const RESERVE: (&str, &str) = ("ErrReserveInventory", "Forced reservation failure");
const RELEASE: (&str, &str) = ("ErrReleaseInventory", "Forced release failure");

const NOT_CREATED: Row = Row {
    id: "1c3a",
    outcome: Outcome::Compensated,
    errors: &[ORDER],
    path: &[(steps::PROCESS_ORDER, false), (steps::UPDATE_ORDER_STATUS, true)],
    effects: [0, 0, 0, 0],
    ..ORDERED
};

const NOT_PAID: Row = Row {
    id: "2c3a",
    outcome: Outcome::Compensated,
    errors: &[PAYMENT],
    path: &[
        (steps::PROCESS_ORDER, true),
        (steps::PROCESS_PAYMENT, false),
        (steps::PROCESS_REFUND, true),
        (steps::UPDATE_ORDER_STATUS, true),
    ],
    effects: [0, 1, 0, 1],
    ..ORDERED
};

const NOT_RESERVED: Row = Row {
    id: "3c3a",
    outcome: Outcome::Compensated,
    errors: &[RESERVE],
    path: &[
        (steps::PROCESS_ORDER, true),
        (steps::PROCESS_PAYMENT, true),
        (steps::RESERVE_INVENTORY, false),
        (steps::RELEASE_INVENTORY, true),
        (steps::PROCESS_REFUND, true),
        (steps::UPDATE_ORDER_STATUS, true),
    ],
    effects: [0, 1, 0, 1],
    ..ORDERED
};

pub(crate) const STANDING_CAPTURE: Row = Row {
    id: "3_fail_credit_fail_refund",
    outcome: Outcome::NeedsAttention,
    errors: &[CREDIT, REFUND],
    path: &[
        (steps::REGISTER_FARE, true),
        (steps::CHARGE_FARE, true),
        (steps::CREDIT_CUSTOMER_ACCOUNT, false),
        (steps::REFUND_FARE, false),
        (steps::SET_FARE_STATUS_FAILED, true),
    ],
    standing: &[effects::CAPTURE],
    effects: [1, 1, 0, 0],
    ..COMPLETED
};

/// The rows.
pub(crate) const ROWS: &[Row] = &[
    COMPLETED,
    NOT_AUTHORISED,
    Row { id: "_fail_charge", errors: &[CHARGE], effects: [1, 0, 1, 0], ..NOT_AUTHORISED },
    REFUNDED,
    // Nothing is refunded that was credited.
    Row { id: "3_fail_refund", ..COMPLETED },
    STANDING_CAPTURE,
    Row {
        amount: "twenty",
        outcome: Outcome::Rejected,
        errors: &[(
            "InvalidRequest",
            "fareAmount: must be an amount such as $20.00, $1,234.50, 20 or 20.5: no sign, no exponent, at most two decimals",
        )],
        path: &[(steps::REGISTER_FARE, false)],
        effects: [0, 0, 0, 0],
        ..COMPLETED
    },
    ORDERED,
    Row { id: "a", ..ORDERED },
    NOT_CREATED,
    Row {
        id: "11",
        outcome: Outcome::NeedsAttention,
        errors: &[ORDER, STATUS],
        path: &[(steps::PROCESS_ORDER, false), (steps::UPDATE_ORDER_STATUS, false)],
        standing: &[effects::ORDER_STATUS],
        ..NOT_CREATED
    },
    NOT_PAID,
    Row {
        id: "22-2",
        outcome: Outcome::NeedsAttention,
        errors: &[PAYMENT, ORDER_REFUND],
        path: &[
            (steps::PROCESS_ORDER, true),
            (steps::PROCESS_PAYMENT, false),
            (steps::PROCESS_REFUND, false),
            (steps::UPDATE_ORDER_STATUS, true),
        ],
        standing: &[effects::CAPTURE],
        effects: [0, 1, 0, 0],
        ..NOT_PAID
    },
    NOT_RESERVED,
    STANDING_RESERVATION,
    Row {
        amount: "0.001",
        outcome: Outcome::Rejected,
        errors: &[("InvalidRequest", "items[0]: qty × unit_price must not be rounded to zero")],
        path: &[(steps::PROCESS_ORDER, false)],
        effects: [0, 0, 0, 0],
        ..ORDERED
    },
];

pub(crate) const STANDING_RESERVATION: Row = Row {
    id: "33",
    outcome: Outcome::NeedsAttention,
    errors: &[RESERVE, RELEASE],
    path: &[
        (steps::PROCESS_ORDER, true),
        (steps::PROCESS_PAYMENT, true),
        (steps::RESERVE_INVENTORY, false),
        (steps::RELEASE_INVENTORY, false),
        (steps::PROCESS_REFUND, true),
        (steps::UPDATE_ORDER_STATUS, true),
    ],
    standing: &[effects::RESERVATION],
    ..NOT_RESERVED
};

impl Row {
    pub(crate) fn body(&self) -> String {
        if self.kind == kinds::FARE { fare(self.id, self.amount) } else { order(self.id, self.amount) }
    }

    /// A client asks for it.
    pub(crate) fn request(&self, world: &mut World<'_>, request_id: &str) {
        world.request(Channel::Requests(self.kind), &self.body(), request_id);
    }

    /// What the notification and the gateway's ledger must say.
    pub(crate) fn holds(&self, cast: &Cast, request_id: &str, told: &Notification) -> Result<(), String> {
        let steps = fixtures::taken(&told.path);
        let error = told.error.iter();
        let errors: Vec<_> = error
            .flat_map(|error| std::iter::once(error).chain(&error.also))
            .map(|error| (error.name.as_str(), error.message.as_str()))
            .collect();
        let standing: Vec<_> = told.standing.iter().map(|standing| standing.effect.clone()).collect();
        let ledger = cast.ledger();
        let kinds = [Kind::Hold, Kind::Capture, Kind::Void, Kind::Refund];
        let saga = saga(self.kind, request_id);
        let effects = kinds.map(|kind| ledger.count(saga, kind));
        let is = (told.outcome, errors.as_slice(), steps.as_slice(), standing.as_slice(), effects);
        let shall_be = (self.outcome, self.errors, self.path, self.standing, self.effects);
        let ids = [
            (Kind::Hold, &told.about.charge_token),
            (Kind::Capture, &told.about.charge_id),
            (Kind::Refund, &told.about.refund_id),
        ];
        let wrong_id = ids.iter().find(|(kind, id)| ledger.id(saga, *kind) != **id);
        let subject = &told.about.subject;
        let named = if self.kind == kinds::FARE { subject.customer_id() } else { subject.id() };
        let says = named.map(contracts::Identifier::as_str) == Some(self.id) && told.saga == self.kind.as_str();
        if is == shall_be && wrong_id.is_none() && says {
            Ok(())
        } else {
            Err(format!("{}: {is:?} and not {shall_be:?}; {wrong_id:?}, {:?}", self.id, told.about.subject))
        }
    }
}

#[test]
fn every_row_ends_as_the_workshops_say() {
    let keys = Keys::new();
    for row in ROWS {
        let cast = Cast::new(&keys);
        let mut world = cast.world();
        row.request(&mut world, "r");
        world.run(&[]);
        assert_eq!(oracle::at_rest(&keys, &cast, &world, &[("r".to_owned(), row)]), Ok(()));
    }
}

#[test]
fn one_request_delivered_five_times_is_one_saga_and_one_capture() {
    let keys = Keys::new();
    for (row, effects) in [(&COMPLETED, 2), (&ORDERED, 1)] {
        let cast = Cast::new(&keys);
        let mut world = cast.world();
        // A client that repeats itself twice, and SQS, which delivers the first of these four times in all.
        row.request(&mut world, "r");
        row.request(&mut world, "r");
        for _ in 0..3 {
            world.redeliver(0);
        }
        assert_eq!(world.waiting(), 5);
        world.run(&[]);
        assert_eq!(oracle::at_rest(&keys, &cast, &world, &[("r".to_owned(), row)]), Ok(()));
        assert_eq!(world.service("booking").store().records().len(), 1);
        assert_eq!(cast.ledger().entries().len(), effects);
    }
}

#[test]
fn one_fare_requested_twice_is_two_sagas() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let mut world = cast.world();
    COMPLETED.request(&mut world, "r1");
    COMPLETED.request(&mut world, "r2");
    world.run(&[]);
    let asked = ["r1", "r2"].map(|id| (id.to_owned(), &COMPLETED));
    assert_eq!(oracle::at_rest(&keys, &cast, &world, &asked), Ok(()));
    assert_eq!(world.notifications(true).len(), 2);
}
