//! What clients are told of a saga, and what is kept from everybody.

use std::borrow::Cow;

use wire::{Events, Failure, SagaKind, Vocabulary};

use crate::booking::{self, Paid};
use crate::notification::About;
use crate::rejection::{self, Asked};
use crate::{Charge, Event, Purchase, Subject, redact};

impl Vocabulary for Event {
    type Asked = Asked;
    type Details = Paid;
    type About = About;

    fn unread(kind: SagaKind) -> Asked {
        Asked { subject: Subject::unknown(kind), amount: None }
    }

    fn rejected(kind: SagaKind, asked: Asked, error: Failure) -> Option<Self> {
        rejection::rejected(kind, asked, error)
    }

    fn told(&self) -> Option<About> {
        About::of(self)
    }

    fn cleaned(text: &str) -> Cow<'_, str> {
        redact::text(text)
    }

    fn cleaned_body(body: &str) -> String {
        redact::body(body)
    }
}

impl About {
    /// What the client is told of this outcome; `None` for an event that tells none.
    fn of(event: &Event) -> Option<Self> {
        let completed = || event.holds().map(Self::of_completed);
        let failed = || event.holds().map(Self::of_failed);
        completed().or_else(failed).or_else(|| rejection::about(event))
    }

    fn of_purchase(purchase: &Purchase) -> Self {
        Self::unpaid(purchase.subject(), Some(purchase.amount()))
    }

    fn of_completed(completed: &booking::Completed) -> Self {
        let Charge { charge_token, charge_id } = completed.charge.clone();
        Self { charge_token, charge_id: Some(charge_id), ..Self::of_purchase(&completed.purchase) }
    }

    fn of_failed(failed: &booking::Failed) -> Self {
        let Paid { charge_token, charge_id, refund_id } = failed.details.clone();
        Self { charge_token, charge_id, refund_id, ..Self::of_purchase(&failed.subject) }
    }
}
