//! The service that tells clients how their sagas ended: the last of any choreography.
//!
//! **Invariant:** a notification is a function of the outcome's event alone, so a duplicate of the one is a duplicate,
//! byte for byte, of the other.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use wire::journey::notification_id;
use wire::told::Failed;
use wire::{Envelope, Events, Notification, Outcome, Poison, Vocabulary};

use crate::declaration::{PATIENT, TIMEOUT_SECS};
use crate::{
    Announcement, Channel, Context, Decision, Declaration, Delivery, Input, NoEffect, Participant, Reaction, Received,
};

/// The notifier: hears every outcome of every kind of saga, and keeps no state.
///
/// # Examples
///
/// ```
/// use std::sync::LazyLock;
///
/// use ensemble_saga::Declaration;
/// use ensemble_saga::notifier::{self, Notifier};
/// use parcel::{Event, vocabulary::events};
///
/// static NOTIFIER: LazyLock<Declaration> =
///     LazyLock::new(|| notifier::declaration::<Event>("notifier", "tells senders how their parcels fared"));
///
/// let _notifier = Notifier::<Event>::new(&NOTIFIER);
/// assert!(NOTIFIER.tells_clients() && NOTIFIER.reaction_to(events::PARCEL_COMPLETED).is_some());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Notifier<V> {
    declaration: &'static Declaration,
    vocabulary: PhantomData<V>,
}

/// What the notifier hears: an outcome, as the notification of it.
#[derive(Clone, Debug)]
pub struct Incoming<V: Vocabulary>(Notification<V::About>);

/// The notifier keeps no state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "facts")]
pub enum State {
    /// Always.
    #[default]
    None,
}

impl<V: Vocabulary> Notifier<V> {
    /// The notifier that has declared so: see [`declaration`].
    #[must_use]
    pub const fn new(declaration: &'static Declaration) -> Self {
        Self { declaration, vocabulary: PhantomData }
    }
}

/// What a notifier of this name says of itself as data: it hears every outcome of the vocabulary.
#[must_use]
pub fn declaration<V: Events>(name: &'static str, about: &'static str) -> Declaration {
    let outcomes = V::LEXICON.events.iter().copied().filter(|event| event.outcome().is_some());
    let reaction = |to: wire::EventType| Reaction {
        to,
        reads: to.schema_version(),
        expects: Some("None"),
        steps: &[],
        answers: &[],
        undoes: &[],
        withdraws: &[],
        retry: PATIENT,
        timeout_secs: TIMEOUT_SECS,
    };
    Declaration {
        name,
        about,
        lexicon: V::LEXICON,
        stateful: false,
        looks: false,
        deadlines: false,
        counters: None,
        reactions: outcomes.map(reaction).collect::<Vec<_>>().leak(),
    }
}

impl<V: Vocabulary> Participant for Notifier<V> {
    type Vocabulary = V;
    type Incoming = Incoming<V>;
    type State = State;
    type Effect = NoEffect;
    type Reply = NoEffect;

    fn declaration(&self) -> &'static Declaration {
        self.declaration
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming<V>>, Poison> {
        crate::delivery::read_envelope(delivery, |envelope: Envelope<V>| notification(&envelope).map(Incoming))
    }

    fn expects(&self, _incoming: &Incoming<V>) -> Option<State> {
        Some(State::None)
    }

    fn decide(&self, _state: &State, input: Input<'_, Self>, _context: &Context<'_, V>) -> Decision<Self> {
        let Input::Event(Incoming(notification)) = input else { return Decision::NotYet };
        Decision::Send(vec![announce(notification)])
    }
}

/// The notification of an outcome; `None` for an event that is none.
///
/// One that others went before resolves the last of them, which told that the saga needs attention.
fn notification<V: Vocabulary>(envelope: &Envelope<V>) -> Option<Notification<V::About>> {
    let (saga_id, event) = (envelope.saga, &envelope.event);
    let (event_type, data) = (event.event_type(), event.data());
    let (outcome, earlier) = (event_type.outcome()?, data.nth());
    let failed = event.holds::<Failed<V::Subject, V::Details>>();
    let resolves = earlier.checked_sub(1).map(|last| notification_id(saga_id, Outcome::NeedsAttention, last));
    Some(Notification {
        id: notification_id(saga_id, outcome, earlier),
        saga: event_type.kind()?.as_str().to_owned(),
        saga_id,
        outcome,
        about: event.told()?,
        error: data.failure().cloned(),
        standing: data.standing().to_vec(),
        resolves,
        resolution: failed.and_then(|failed| failed.resolution.clone()),
        path: data.path().clone(),
    })
}

/// The notification as a message: raw, with the attributes that clients' subscriptions filter by.
fn announce<A: Serialize>(notification: &Notification<A>) -> Announcement {
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
