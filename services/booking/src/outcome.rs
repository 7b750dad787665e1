//! How a saga ended, by the event of another service that says so.

use contracts::booking::{Completed, Failed, Paid};
use contracts::fulfillment::Fulfilled;
use contracts::payment::{PaymentDeclined, PaymentRefundFailed, PaymentRefunded};
use contracts::{Event, Events, Outcome, Path};

/// All is done: the event that tells that the saga completed.
pub(crate) fn completed(event: &Event, earlier: u32, path: Path) -> Option<Event> {
    let Fulfilled { purchase, charge, .. } = event.holds().cloned()?;
    let told = Event::LEXICON.telling(purchase.kind(), Outcome::Completed)?;
    Event::new(told, &Completed { purchase, charge, earlier, path })
}

/// The payment failed, or came back, or could not: what came of it.
pub(crate) fn failed(event: &Event) -> Option<Failed> {
    let declined = || event.holds::<PaymentDeclined>().cloned().map(of_declined);
    let refunded = || event.holds::<PaymentRefunded>().cloned().map(of_refunded);
    let stands = || event.holds::<PaymentRefundFailed>().cloned().map(of_standing);
    declined().or_else(refunded).or_else(stands)
}

fn of_declined(event: PaymentDeclined) -> Failed {
    let PaymentDeclined { purchase, charge_token, charge_id, refund_id, error, standing, journey } = event;
    Failed {
        details: Paid { charge_token, charge_id, refund_id },
        standing,
        ..Failed::new(purchase, error, journey.path)
    }
}

fn of_refunded(event: PaymentRefunded) -> Failed {
    let PaymentRefunded { purchase, charge, refund_id, error, standing, journey } = event;
    let (charge_token, charge_id, refund_id) = (charge.charge_token, Some(charge.charge_id), Some(refund_id));
    Failed {
        details: Paid { charge_token, charge_id, refund_id },
        standing,
        ..Failed::new(purchase, error, journey.path)
    }
}

fn of_standing(event: PaymentRefundFailed) -> Failed {
    let PaymentRefundFailed { purchase, charge, error, standing, journey } = event;
    let (charge_token, charge_id) = (charge.charge_token, Some(charge.charge_id));
    Failed {
        details: Paid { charge_token, charge_id, refund_id: None },
        standing,
        ..Failed::new(purchase, error, journey.path)
    }
}
