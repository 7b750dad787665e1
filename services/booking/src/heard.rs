//! What booking hears in the events of other services.

use contracts::{Event, payment};

use crate::{FailedPayment, Incoming};

/// What booking hears in an event of another service, if anything.
pub(crate) fn hear(event: Event) -> Option<Incoming> {
    match event {
        Event::AccountCredited(event) | Event::InventoryReserved(event) => Some(Incoming::Fulfilled(event)),
        Event::AccountCreditRefused(event) | Event::InventoryRefused(event) => Some(Incoming::Refused(event)),
        Event::PaymentDeclined(event) => Some(Incoming::PaymentFailed(event.into())),
        Event::PaymentRefunded(event) => Some(Incoming::PaymentFailed(event.into())),
        Event::PaymentRefundFailed(event) => Some(Incoming::PaymentFailed(event.into())),
        Event::FareRegistered(_)
        | Event::OrderCreated(_)
        | Event::UnwindingStarted(_)
        | Event::FareRejected(_)
        | Event::FareCompleted(_)
        | Event::FareCancelled(_)
        | Event::FareNeedsAttention(_)
        | Event::OrderRejected(_)
        | Event::OrderCompleted(_)
        | Event::OrderCancelled(_)
        | Event::OrderNeedsAttention(_)
        | Event::PaymentCaptured(_) => None,
    }
}

impl From<payment::PaymentDeclined> for FailedPayment {
    fn from(event: payment::PaymentDeclined) -> Self {
        let payment::PaymentDeclined { purchase, charge_token, charge_id, refund_id, error, standing, journey } = event;
        Self { purchase, charge_token, charge_id, refund_id, error, standing, journey }
    }
}

impl From<payment::PaymentRefunded> for FailedPayment {
    fn from(event: payment::PaymentRefunded) -> Self {
        let payment::PaymentRefunded { purchase, charge, refund_id, error, standing, journey } = event;
        let (charge_token, charge_id, refund_id) = (charge.charge_token, Some(charge.charge_id), Some(refund_id));
        Self { purchase, charge_token, charge_id, refund_id, error, standing, journey }
    }
}

impl From<payment::PaymentRefundFailed> for FailedPayment {
    fn from(event: payment::PaymentRefundFailed) -> Self {
        let payment::PaymentRefundFailed { purchase, charge, error, standing, journey } = event;
        let (charge_token, charge_id) = (charge.charge_token, Some(charge.charge_id));
        Self { purchase, charge_token, charge_id, refund_id: None, error, standing, journey }
    }
}
