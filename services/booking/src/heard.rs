//! What booking hears in the events of other services.

use contracts::{Event, payment};

use crate::booking::{FailedPayment, Incoming};

/// What booking hears in an event of another service, if anything.
pub(crate) fn hear(event: &Event) -> Option<Incoming> {
    let fulfilled = || event.holds().cloned().map(Incoming::Fulfilled);
    let refused = || event.holds().cloned().map(Incoming::Refused);
    let declined = || event.holds::<payment::PaymentDeclined>().cloned().map(FailedPayment::from);
    let refunded = || event.holds::<payment::PaymentRefunded>().cloned().map(FailedPayment::from);
    let stands = || event.holds::<payment::PaymentRefundFailed>().cloned().map(FailedPayment::from);
    let failed = || declined().or_else(refunded).or_else(stands).map(Incoming::PaymentFailed);
    fulfilled().or_else(refused).or_else(failed)
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
