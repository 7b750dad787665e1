//! Writes the notification of an outcome. No compensation: what a client was told cannot be untold.

use contracts::journey::notification_id;
use contracts::{Charge, Envelope, Event, Notification, Outcome, Path, SagaId, SagaKind, Subject, booking};
use saga::{Announcement, Channel};

/// The notification of an outcome; `None` for an event that is none.
pub(crate) fn notification(envelope: &Envelope) -> Option<Notification> {
    let (saga, event) = (envelope.saga, &envelope.event);
    let outcome = event.event_type().outcome()?;
    let failed = || Some(of_failed(saga, event.holds()?, outcome));
    let completed = || Some(of_completed(saga, event.holds()?));
    let rejected = || of_rejected(saga, event);
    failed().or_else(completed).or_else(rejected)
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
            ("saga", notification.saga.as_str().to_owned()),
        ],
    }
}

fn of_completed(saga: SagaId, completed: &booking::Completed) -> Notification {
    let booking::Completed { purchase, charge, earlier, path } = completed.clone();
    let Charge { charge_token, charge_id } = charge;
    Notification {
        amount: Some(purchase.amount()),
        charge_token,
        charge_id: Some(charge_id),
        path,
        ..blank(saga, purchase.kind(), purchase.subject(), Outcome::Completed, earlier)
    }
}

fn of_failed(saga: SagaId, failed: &booking::Failed, outcome: Outcome) -> Notification {
    let booking::Failed { purchase, charge_token, charge_id, refund_id, error, standing, earlier, resolution, path } =
        failed.clone();
    Notification {
        amount: Some(purchase.amount()),
        charge_token,
        charge_id,
        refund_id,
        error: Some(error),
        standing,
        resolution,
        path,
        ..blank(saga, purchase.kind(), purchase.subject(), outcome, earlier)
    }
}

fn of_rejected(saga: SagaId, event: &Event) -> Option<Notification> {
    let ((subject, amount), kind) = (event.data().rejected()?, event.event_type().kind()?);
    let (error, path) = (event.data().failure().cloned(), event.path().clone());
    Some(Notification { amount, error, path, ..blank(saga, kind, subject, Outcome::Rejected, 0) })
}

/// A notification that `earlier` others went before: it resolves the last of them, which told that the saga needs
/// attention.
fn blank(saga: SagaId, kind: SagaKind, subject: Subject, outcome: Outcome, earlier: u32) -> Notification {
    let resolves = earlier.checked_sub(1).map(|last| notification_id(saga, Outcome::NeedsAttention, last));
    Notification {
        id: notification_id(saga, outcome, earlier),
        saga: kind,
        saga_id: saga,
        outcome,
        subject,
        amount: None,
        charge_token: None,
        charge_id: None,
        refund_id: None,
        error: None,
        standing: Vec::new(),
        resolves,
        resolution: None,
        path: Path::default(),
    }
}
