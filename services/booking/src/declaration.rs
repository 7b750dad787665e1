//! What booking says of itself, as data: the forms of its requests, the settings of its deadlines, its reactions.

use card::Card;
use contracts::events::{
    ACCOUNT_CREDIT_REFUSED, ACCOUNT_CREDITED, CANCEL_REQUESTED, FARE_CANCELLED, FARE_COMPLETED, FARE_NEEDS_ATTENTION,
    FARE_REGISTERED, FARE_REJECTED, FARE_REQUESTED, INVENTORY_REFUSED, INVENTORY_RESERVED, ORDER_CANCELLED,
    ORDER_COMPLETED, ORDER_CREATED, ORDER_NEEDS_ATTENTION, ORDER_REJECTED, ORDER_REQUESTED, PAYMENT_DECLINED,
    PAYMENT_REFUND_FAILED, PAYMENT_REFUNDED, RESOLVE_REQUESTED, RETRY_REQUESTED, UNWINDING_STARTED,
};
use contracts::{Event, EventType, Events, SagaKind, StepType, kinds, steps};
use runtime::Variable;
use saga::owner::Form;
use saga::owner::reactions::{asked, begins, completes, fails};
use saga::{Declaration, Reaction, RetryPolicy};

use crate::{fare, order};

/// The forms of requests.
pub const FORMS: &[Form<Event, Card>] = &[fare::FORM, order::FORM];

/// For each kind of saga, the variable that sets how long the saga may take.
pub(crate) static DEADLINES: [(SagaKind, Variable); Event::LEXICON.kinds.len()] = [
    (
        kinds::FARE,
        seconds("ENSEMBLE_FARE_DEADLINE_SECS", "how long a fare's saga may take before booking has it undone"),
    ),
    (
        kinds::ORDER,
        seconds("ENSEMBLE_ORDER_DEADLINE_SECS", "how long an order's saga may take before booking has it undone"),
    ),
];

/// The variable that sets how long undoing may take.
pub(crate) static UNWINDING: Variable =
    seconds("ENSEMBLE_UNWINDING_SECS", "how long undoing a saga may take before it needs attention");

const fn seconds(name: &'static str, about: &'static str) -> Variable {
    Variable { name, default: Some("900"), allowed: "a whole number from 1 to 604800", about }
}

/// The error of a status that cannot be set; retried by policy.
const STATUS_ERROR: &str = "ErrUpdateOrderStatus";

/// How setting an order's status is tried again.
const STATUS: &[RetryPolicy] = &[RetryPolicy::of_compensation(&[STATUS_ERROR]), RetryPolicy::PATIENT];

/// A reaction to the end of a failed payment, of either kind of saga.
const fn failing(to: EventType, answers: &'static [EventType]) -> Reaction {
    const STEPS: &[StepType] = &[steps::SET_FARE_STATUS_FAILED, steps::UPDATE_ORDER_STATUS];
    fails(to, STEPS, &[steps::REGISTER_FARE, steps::PROCESS_ORDER], answers, STATUS)
}

const ENDS: &[EventType] = &[FARE_CANCELLED, FARE_NEEDS_ATTENTION, ORDER_CANCELLED, ORDER_NEEDS_ATTENTION];

/// Booking's card, as data.
pub const DECLARATION: Declaration = Declaration {
    name: "booking",
    about: "registers the fare, creates the order, owns the outcome",
    lexicon: Event::LEXICON,
    stateful: true,
    looks: true,
    deadlines: true,
    counters: None,
    reactions: &[
        begins(FARE_REQUESTED, &[steps::REGISTER_FARE], &[FARE_REGISTERED, FARE_REJECTED, FARE_CANCELLED], STATUS),
        begins(
            ORDER_REQUESTED,
            &[steps::PROCESS_ORDER],
            &[ORDER_CREATED, ORDER_REJECTED, ORDER_CANCELLED, ORDER_NEEDS_ATTENTION],
            STATUS,
        ),
        completes(ACCOUNT_CREDITED, &[steps::SET_FARE_STATUS_COMPLETED], &[FARE_COMPLETED]),
        completes(INVENTORY_RESERVED, &[], &[ORDER_COMPLETED]),
        failing(PAYMENT_DECLINED, ENDS),
        failing(PAYMENT_REFUNDED, ENDS),
        failing(PAYMENT_REFUND_FAILED, &[FARE_NEEDS_ATTENTION, ORDER_NEEDS_ATTENTION]),
        asked(CANCEL_REQUESTED, &[UNWINDING_STARTED], STATUS),
        asked(RETRY_REQUESTED, &[UNWINDING_STARTED, FARE_NEEDS_ATTENTION, ORDER_NEEDS_ATTENTION], STATUS),
        asked(RESOLVE_REQUESTED, &[FARE_NEEDS_ATTENTION, ORDER_NEEDS_ATTENTION], STATUS),
        asked(ACCOUNT_CREDIT_REFUSED, &[], STATUS),
        asked(INVENTORY_REFUSED, &[], STATUS),
    ],
};
