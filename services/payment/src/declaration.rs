//! Payment's card, as data.

use contracts::{EventType, StepName};
use saga::declaration::{PATIENT, TIMEOUT_SECS};
use saga::{Declaration, Reaction, RetryPolicy};

use crate::debit::REFUND_ERROR;

/// How giving a debit back is tried again.
const REFUND: &[RetryPolicy] = &[RetryPolicy::of_compensation(&[REFUND_ERROR]), RetryPolicy::PATIENT];

use EventType::{
    AccountCreditRefused, FareRegistered, InventoryRefused, OrderCreated, PaymentCaptured, PaymentDeclined,
    PaymentRefundFailed, PaymentRefunded,
};

/// A reaction to a refusal; where payment had not begun, it declines.
const fn refunding(to: EventType, step: &'static [StepName], undoes: &'static [StepName]) -> Reaction {
    Reaction {
        to,
        reads: 1,
        expects: Some("Captured"),
        steps: step,
        answers: &[PaymentRefunded, PaymentRefundFailed, PaymentDeclined],
        undoes,
        retry: REFUND,
        timeout_secs: TIMEOUT_SECS,
    }
}

/// Payment's card, as data.
pub const DECLARATION: Declaration = Declaration {
    name: "payment",
    about: "charges the card, debits the account; voids, refunds",
    stateful: true,
    looks: true,
    deadlines: false,
    stock: false,
    reactions: &[
        Reaction {
            to: FareRegistered,
            reads: 1,
            expects: Some("Unseen"),
            steps: &[StepName::ChargeFare],
            answers: &[PaymentCaptured, PaymentDeclined],
            undoes: &[],
            retry: PATIENT,
            timeout_secs: TIMEOUT_SECS,
        },
        Reaction {
            to: OrderCreated,
            reads: 1,
            expects: Some("Unseen"),
            steps: &[StepName::ProcessPayment],
            answers: &[PaymentCaptured, PaymentDeclined],
            undoes: &[],
            retry: REFUND,
            timeout_secs: TIMEOUT_SECS,
        },
        refunding(AccountCreditRefused, &[StepName::RefundFare], &[StepName::ChargeFare]),
        refunding(InventoryRefused, &[StepName::ProcessRefund], &[StepName::ProcessPayment]),
    ],
};
