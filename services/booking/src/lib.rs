//! Booking: takes requests, puts purchases on record, and owns the outcome.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `FareRequested`, `OrderRequested`; `AccountCredited`, `InventoryReserved`; `PaymentDeclined`, `PaymentRefunded`, `PaymentRefundFailed`; `CancelRequested`, `RetryRequested`, `ResolveRequested`; `AccountCreditRefused`, `InventoryRefused`; and to time |
//! | decides | whether a request is good; how a saga ended; when it has taken too long |
//! | publishes | `FareRegistered`, `OrderCreated`, `UnwindingStarted`; `…Completed`, `…Cancelled`, `…Rejected`, `…NeedsAttention` |
//! | undone by | marking the fare failed, setting the order `Pending` |
//! | never | stores or prints a card, ends a saga before its compensations have answered, or announces a second outcome but to resolve one that needed attention |
//!
//! **Invariant:** the card is sealed to payment's key while the request is read, before anything is decided.

mod booking;
mod declaration;
mod fare;
mod order;
mod outcome;
mod service;

use card::Card;
use contracts::booking::Failed;
use contracts::{Event, Failure, Path, Purchase, SagaId, SagaKind, Standing, StepType, hooks, kinds};
use saga::Declaration;
use saga::owner::{Deadlines, Form, Owner, Stage, request};
use saga::topology::Names;

pub use booking::Booking;
pub use declaration::{DECLARATION, FORMS};
pub use service::{CARD_KEY, CARD_KEY_FILE, VARIABLES, deadlines_of, service};

impl Owner for Booking {
    type Vocabulary = Event;
    type Secret = Card;

    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn forms(&self) -> &'static [Form<Event, Card>] {
        FORMS
    }

    fn seal(&self, card: &Card, saga: SagaId) -> Result<String, String> {
        card::seal(card, &self.key, saga).map_err(|error| format!("cc, expiryDate, cvv: {error}"))
    }

    fn names(&self) -> &Names {
        &self.names
    }

    fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    fn fails(&self, step: StepType, purchase: &Purchase) -> Option<Failure> {
        if self.hooks { hooks::forced(step, purchase) } else { None }
    }

    fn status(&self, kind: SagaKind, stage: Stage) -> Option<&'static str> {
        (kind == kinds::ORDER).then(|| order::status(stage))
    }

    fn standing(&self, purchase: &Purchase) -> Standing {
        Standing { effect: purchase.status(), id: purchase.id().to_string(), amount: Some(purchase.amount()) }
    }

    fn completed(&self, event: &Event, earlier: u32, path: Path) -> Option<Event> {
        outcome::completed(event, earlier, path)
    }

    fn failed(&self, event: &Event) -> Option<Failed> {
        outcome::failed(event)
    }
}

/// Checks the bare request for a saga of this kind, for whoever wants to know before sending it.
///
/// # Errors
///
/// The fields and the rules that they break.
pub fn check(kind: SagaKind, body: &str) -> Result<(), String> {
    request::check(FORMS, kind, body)
}
