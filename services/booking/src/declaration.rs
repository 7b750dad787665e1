//! What booking says of itself, as data: the forms of its requests, the settings of its deadlines, its reactions.

use card::Card;
use contracts::{EventType, SagaKind, StepName};
use runtime::Variable;
use saga::owner::Form;
use saga::owner::card::{asked, begins, completes, fails};
use saga::{Declaration, Reaction, RetryPolicy};

use crate::{fare, order};

/// The forms of requests.
pub const FORMS: &[Form<Card>] = &[fare::FORM, order::FORM];

/// For each kind of saga, the variable that sets how long the saga may take.
pub(crate) static DEADLINES: [(SagaKind, Variable); SagaKind::ALL.len()] = [
    (
        SagaKind::Fare,
        seconds("ENSEMBLE_FARE_DEADLINE_SECS", "how long a fare's saga may take before booking has it undone"),
    ),
    (
        SagaKind::Order,
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
    const STEPS: &[StepName] = &[StepName::SetFareStatusFailed, StepName::UpdateOrderStatus];
    fails(to, STEPS, &[StepName::RegisterFare, StepName::ProcessOrder], answers, STATUS)
}

use EventType::{
    AccountCreditRefused, AccountCredited, CancelRequested, FareCancelled, FareCompleted, FareNeedsAttention,
    FareRegistered, FareRejected, FareRequested, InventoryRefused, InventoryReserved, OrderCancelled, OrderCompleted,
    OrderCreated, OrderNeedsAttention, OrderRejected, OrderRequested, PaymentDeclined, PaymentRefundFailed,
    PaymentRefunded, ResolveRequested, RetryRequested, UnwindingStarted,
};

const ENDS: &[EventType] = &[FareCancelled, FareNeedsAttention, OrderCancelled, OrderNeedsAttention];

/// Booking's card, as data.
pub const DECLARATION: Declaration = Declaration {
    name: "booking",
    about: "registers the fare, creates the order, owns the outcome",
    stateful: true,
    looks: true,
    deadlines: true,
    stock: false,
    reactions: &[
        begins(FareRequested, &[StepName::RegisterFare], &[FareRegistered, FareRejected, FareCancelled], STATUS),
        begins(
            OrderRequested,
            &[StepName::ProcessOrder],
            &[OrderCreated, OrderRejected, OrderCancelled, OrderNeedsAttention],
            STATUS,
        ),
        completes(AccountCredited, &[StepName::SetFareStatusCompleted], &[FareCompleted]),
        completes(InventoryReserved, &[], &[OrderCompleted]),
        failing(PaymentDeclined, ENDS),
        failing(PaymentRefunded, ENDS),
        failing(PaymentRefundFailed, &[FareNeedsAttention, OrderNeedsAttention]),
        asked(CancelRequested, &[UnwindingStarted], STATUS),
        asked(RetryRequested, &[UnwindingStarted, FareNeedsAttention, OrderNeedsAttention], STATUS),
        asked(ResolveRequested, &[FareNeedsAttention, OrderNeedsAttention], STATUS),
        asked(AccountCreditRefused, &[], STATUS),
        asked(InventoryRefused, &[], STATUS),
    ],
};
