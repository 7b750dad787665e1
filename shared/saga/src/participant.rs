//! What a service is, to the machinery: states, the events that it hears, and a pure decision.

use std::convert::Infallible;
use std::fmt::Debug;

use contracts::{Event, EventType, Poison};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Announcement, Declaration, Delivery, Received};

/// A service that takes part in sagas.
///
/// # Examples
///
/// `services/fulfillment` is the smallest whole participant.
pub trait Participant: Send + Sync + 'static {
    /// The events that it hears.
    type Incoming: Clone + Send + Sync;
    /// What it has on record of a saga. The default is "nothing yet"; each other variant implies what is announced.
    ///
    /// Serialised as `{"state": name, "facts": …}` (serde's adjacent tagging).
    type State: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync;
    /// What it asks of the world outside, such as a payment gateway.
    type Effect: Send + Sync;
    /// What the world outside answers.
    type Reply: Send + Sync;

    /// Its card.
    fn declaration(&self) -> &'static Declaration;

    /// Understands a message.
    ///
    /// # Errors
    ///
    /// [`Poison`] for a message that can never be handled.
    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Self::Incoming>, Poison>;

    /// The state in which this event is expected, with the facts that the event itself carries.
    ///
    /// The first write is conditional on exactly this state, which is why no read comes before it.
    fn expects(&self, incoming: &Self::Incoming) -> Self::State;

    /// Decides: pure and total. `now` is the time at which the input was received.
    ///
    /// Called with the expected state first and, if the store holds another, once more with that.
    fn decide(&self, state: &Self::State, input: Input<'_, Self>, now: Timestamp) -> Decision<Self>;

    /// The sealed card that travels beside an announced event of this type: taken from the message at hand, because
    /// it is stored nowhere.
    fn sealed_card<'a>(&self, incoming: &'a Self::Incoming, event_type: EventType) -> Option<&'a str> {
        let _ = (incoming, event_type);
        None
    }
}

/// What there is to decide about.
#[derive(Debug)]
pub enum Input<'a, P: Participant + ?Sized> {
    /// A message.
    Event(&'a P::Incoming),
    /// The answer from outside to the effect that this message led to.
    Reply(&'a P::Incoming, &'a P::Reply),
}

// Derived, these would ask the same of `P`.
impl<P: Participant + ?Sized> Clone for Input<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P: Participant + ?Sized> Copy for Input<'_, P> {}

/// What is to be done.
#[derive(Debug)]
pub enum Decision<P: Participant + ?Sized> {
    /// Move from the state that was decided on to this one, then go on.
    Commit(P::State, Then<P>),
    /// The state is an intent that stands already: carry on with it.
    Perform(P::Effect),
    /// All is on record: announce again what the state implies, which may be nothing.
    Announce,
    /// Keep no state; just send these.
    Send(Vec<Announcement>),
    /// What this event follows from has not arrived yet: give the message back for a moment.
    NotYet,
    /// The event contradicts the record; the text names the rule.
    Contradiction(&'static str),
}

/// What follows from a commit.
#[derive(Debug)]
pub enum Then<P: Participant + ?Sized> {
    /// Announce these events; they are stored with the state.
    Announce(Vec<Event>),
    /// The state is an intent: act outside.
    Perform(P::Effect),
}

/// The effect, and the reply, of a participant that asks nothing of the world outside.
pub type NoEffect = Infallible;
