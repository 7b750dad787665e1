//! Fulfillment's card, as data.

use contracts::{EventType, StepName};
use saga::declaration::TIMEOUT_SECS;
use saga::{Declaration, Reaction, RetryPolicy};

use crate::reserve::RELEASE_ERROR;

/// How releasing a reservation is tried again.
const RELEASE: &[RetryPolicy] = &[RetryPolicy::of_compensation(&[RELEASE_ERROR]), RetryPolicy::PATIENT];

/// Both of these for each kind of saga: it is fulfilled, it is refused.
const ANSWERS: &[EventType] = &[
    EventType::AccountCredited,
    EventType::AccountCreditRefused,
    EventType::InventoryReserved,
    EventType::InventoryRefused,
];

/// Fulfillment's card, as data.
pub const DECLARATION: Declaration = Declaration {
    name: "fulfillment",
    about: "credits the customer's account, reserves the inventory",
    stateful: true,
    looks: false,
    deadlines: false,
    stock: true,
    reactions: &[
        Reaction {
            to: EventType::PaymentCaptured,
            reads: 1,
            expects: Some("Unseen"),
            steps: &[StepName::CreditCustomerAccount, StepName::ReserveInventory],
            answers: ANSWERS,
            undoes: &[],
            retry: RELEASE,
            timeout_secs: TIMEOUT_SECS,
        },
        Reaction {
            to: EventType::UnwindingStarted,
            reads: 1,
            expects: Some("Unseen"),
            steps: &[StepName::ReleaseInventory],
            answers: ANSWERS,
            undoes: &[StepName::ReserveInventory],
            retry: RELEASE,
            timeout_secs: TIMEOUT_SECS,
        },
    ],
};
