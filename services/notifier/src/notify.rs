//! Writes the notification of an outcome. No compensation: what a client was told cannot be untold.

use contracts::{Charge, Envelope, Event, Notification, Outcome, booking};
use saga::{Announcement, Channel};

/// The notification of an outcome; `None` for an event that is none.
pub(crate) fn notification(envelope: &Envelope) -> Option<Notification> {
    match &envelope.event {
        Event::FareCompleted(completed) => Some(of_completed(envelope, completed)),
        Event::FareCancelled(failed) => Some(of_failed(envelope, failed, Outcome::Compensated)),
        Event::FareNeedsAttention(failed) => Some(of_failed(envelope, failed, Outcome::NeedsAttention)),
        Event::FareRejected(rejected) => Some(of_rejected(envelope, rejected)),
        Event::FareRegistered(_)
        | Event::PaymentCaptured(_)
        | Event::PaymentDeclined(_)
        | Event::PaymentRefunded(_)
        | Event::PaymentRefundFailed(_)
        | Event::AccountCredited(_)
        | Event::AccountCreditRefused(_) => None,
    }
}

/// The notification as a message: raw, with the attributes that clients' subscriptions filter by.
pub(crate) fn announce(notification: &Notification) -> Announcement {
    Announcement {
        channel: Channel::Notifications,
        id: notification.id,
        name: format!("notification:{}", notification.outcome.as_str()),
        body: serde_json::to_string(notification).unwrap_or_default(),
        attributes: vec![
            ("IsSuccessful", notification.outcome.is_successful().to_string()),
            ("outcome", notification.outcome.as_str().to_owned()),
            ("saga", notification.saga.clone()),
        ],
    }
}

fn of_completed(envelope: &Envelope, completed: &booking::FareCompleted) -> Notification {
    let booking::FareCompleted { fare, charge, path } = completed.clone();
    let Charge { charge_token, charge_id } = charge;
    Notification {
        customer_id: Some(fare.customer_id),
        fare_id: Some(fare.fare_id),
        fare_amount: Some(fare.fare_amount),
        amount: Some(fare.amount),
        charge_token: Some(charge_token),
        charge_id: Some(charge_id),
        path,
        ..blank(envelope, Outcome::Completed)
    }
}

fn of_failed(envelope: &Envelope, failed: &booking::FareFailed, outcome: Outcome) -> Notification {
    let booking::FareFailed { fare, charge_token, charge_id, refund_id, error, standing, path } = failed.clone();
    Notification {
        customer_id: Some(fare.customer_id),
        fare_id: Some(fare.fare_id),
        fare_amount: Some(fare.fare_amount),
        amount: Some(fare.amount),
        charge_token,
        charge_id,
        refund_id,
        error: Some(error),
        standing,
        path,
        ..blank(envelope, outcome)
    }
}

fn of_rejected(envelope: &Envelope, rejected: &booking::FareRejected) -> Notification {
    let booking::FareRejected { customer_id, fare_id, fare_amount, amount, error, path } = rejected.clone();
    Notification {
        customer_id,
        fare_id,
        fare_amount,
        amount,
        error: Some(error),
        path,
        ..blank(envelope, Outcome::Rejected)
    }
}

fn blank(envelope: &Envelope, outcome: Outcome) -> Notification {
    Notification {
        id: envelope.saga.derive(&format!("notification/{}", outcome.as_str())),
        saga: "fare".to_owned(),
        saga_id: envelope.saga,
        outcome,
        customer_id: None,
        fare_id: None,
        fare_amount: None,
        amount: None,
        charge_token: None,
        charge_id: None,
        refund_id: None,
        error: None,
        standing: Vec::new(),
        path: contracts::Path::default(),
    }
}
