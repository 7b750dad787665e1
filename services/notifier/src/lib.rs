//! Notifier: tells clients how their sagas ended.
//!
//! | | |
//! | --- | --- |
//! | reacts to | `…Completed`, `…Cancelled`, `…Rejected`, `…NeedsAttention`, of every kind of saga |
//! | decides | nothing: the outcome is booking's |
//! | publishes | a notification, routed by `IsSuccessful` to the success or the failure queue |
//! | undone by | nothing: it keeps no state |
//! | never | alters an outcome, or sends two different notifications for one |
//!
//! **Invariant:** a notification is a function of the outcome's event alone, so a duplicate of the one is a duplicate,
//! byte for byte, of the other.

mod notify;
mod service;

use std::sync::LazyLock;

use contracts::{EventType, Notification, Poison};
use saga::declaration::{PATIENT, TIMEOUT_SECS};
use saga::{Context, Decision, Declaration, Delivery, Input, NoEffect, Participant, Reaction, Received};
use serde::{Deserialize, Serialize};

pub use service::service;

/// The notifier service.
#[derive(Clone, Copy, Debug)]
pub struct Notifier;

/// What the notifier hears: an outcome, as the notification of it.
#[derive(Clone, Debug)]
pub struct Incoming(Notification);

/// The notifier keeps no state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
    /// Always.
    #[default]
    None,
}

/// The notifier's card, as data: it hears every outcome of every kind of saga.
pub static DECLARATION: LazyLock<Declaration> = LazyLock::new(|| {
    let outcomes = EventType::ALL.iter().copied().filter(|event| event.outcome().is_some());
    Declaration {
        name: "notifier",
        about: "routes each outcome to the success or the failure queue",
        stateful: false,
        looks: false,
        deadlines: false,
        stock: false,
        reactions: outcomes.map(reaction).collect::<Vec<_>>().leak(),
    }
});

/// A reaction to one kind of outcome.
fn reaction(to: EventType) -> Reaction {
    Reaction {
        to,
        reads: to.schema_version(),
        expects: Some("None"),
        steps: &[],
        answers: &[],
        undoes: &[],
        withdraws: &[],
        retry: PATIENT,
        timeout_secs: TIMEOUT_SECS,
    }
}

impl Participant for Notifier {
    type Incoming = Incoming;
    type State = State;
    type Effect = NoEffect;
    type Reply = NoEffect;

    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
        saga::delivery::read_envelope(delivery, |envelope| notify::notification(&envelope).map(Incoming))
    }

    fn expects(&self, _incoming: &Incoming) -> Option<State> {
        Some(State::None)
    }

    fn decide(&self, _state: &State, input: Input<'_, Self>, _context: &Context<'_>) -> Decision<Self> {
        let Input::Event(Incoming(notification)) = input else { return Decision::NotYet };
        Decision::Send(vec![notify::announce(notification)])
    }
}
