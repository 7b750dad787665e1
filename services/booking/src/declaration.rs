//! Booking's card, as data.

use contracts::{EventType, Purchase, StepName};
use saga::declaration::{PATIENT, TIMEOUT_SECS};
use saga::{Declaration, Reaction, RetryPolicy};

/// The error of a status that cannot be set; retried by policy.
const STATUS_ERROR: &str = "ErrUpdateOrderStatus";

/// How setting an order's status is tried again.
const STATUS: &[RetryPolicy] = &[RetryPolicy::of_compensation(&[STATUS_ERROR]), RetryPolicy::PATIENT];

/// A reaction to a request.
const fn beginning(to: EventType, steps: &'static [StepName], answers: &'static [EventType]) -> Reaction {
    Reaction {
        to,
        reads: 1,
        expects: Some("Unseen"),
        steps,
        answers,
        undoes: &[],
        withdraws: &[],
        retry: STATUS,
        timeout_secs: TIMEOUT_SECS,
    }
}

/// A reaction to the end of a saga that went well.
const fn completing(to: EventType, steps: &'static [StepName], answers: &'static [EventType]) -> Reaction {
    Reaction {
        to,
        reads: 1,
        expects: Some("Registered"),
        steps,
        answers,
        undoes: &[],
        withdraws: &[],
        retry: PATIENT,
        timeout_secs: TIMEOUT_SECS,
    }
}

/// A reaction to the end of a failed payment, of either kind of saga.
const fn failing(to: EventType, answers: &'static [EventType]) -> Reaction {
    Reaction {
        to,
        reads: 1,
        expects: Some("Registered"),
        steps: &[StepName::SetFareStatusFailed, StepName::UpdateOrderStatus],
        answers,
        undoes: &[StepName::RegisterFare, StepName::ProcessOrder],
        withdraws: &[],
        retry: STATUS,
        timeout_secs: TIMEOUT_SECS,
    }
}

/// A reaction to what is asked of a saga, or heard of it, in any state.
const fn asked(to: EventType, answers: &'static [EventType]) -> Reaction {
    Reaction {
        to,
        reads: 1,
        expects: None,
        steps: &[],
        answers,
        undoes: &[],
        withdraws: &[],
        retry: STATUS,
        timeout_secs: TIMEOUT_SECS,
    }
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
        beginning(FareRequested, &[StepName::RegisterFare], &[FareRegistered, FareRejected, FareCancelled]),
        beginning(
            OrderRequested,
            &[StepName::ProcessOrder],
            &[OrderCreated, OrderRejected, OrderCancelled, OrderNeedsAttention],
        ),
        completing(AccountCredited, &[StepName::SetFareStatusCompleted], &[FareCompleted]),
        completing(InventoryReserved, &[], &[OrderCompleted]),
        failing(PaymentDeclined, ENDS),
        failing(PaymentRefunded, ENDS),
        failing(PaymentRefundFailed, &[FareNeedsAttention, OrderNeedsAttention]),
        asked(CancelRequested, &[UnwindingStarted]),
        asked(RetryRequested, &[UnwindingStarted, FareNeedsAttention, OrderNeedsAttention]),
        asked(ResolveRequested, &[FareNeedsAttention, OrderNeedsAttention]),
        asked(AccountCreditRefused, &[]),
        asked(InventoryRefused, &[]),
    ],
};

/// The step by which a purchase is put on record, and the event that says so.
pub(crate) fn first_step(purchase: &Purchase) -> Option<(StepName, EventType)> {
    let kind = purchase.kind();
    let mut requests = DECLARATION.reactions.iter().filter(|reaction| reaction.to.kind() == Some(kind));
    requests.find_map(|reaction| Some((reaction.step(kind)?, reaction.done(kind)?)))
}
