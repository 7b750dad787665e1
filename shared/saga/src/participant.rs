//! What a service is, to the machinery: states, the events that it hears, and a pure decision.

use std::convert::Infallible;
use std::fmt::Debug;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::{Attempt, EventType, Poison, Reason, SagaId, Vocabulary};

use crate::declaration::Delay;
use crate::delivery::{Delivery, Received};
use crate::door::Door;
use crate::record::{Announcement, Due, Stored, Take};
use crate::{Declaration, Reaction};

/// A service that takes part in sagas.
///
/// # Examples
///
/// A service that is a list of [steps](crate::step), an [owner](crate::owner) and the [notifier](crate::notifier) are
/// participants already. Whoever drives one asks it for decisions, and does what they say:
///
/// ```
/// use ensemble_saga::step::{Heard, State};
/// use ensemble_saga::{Context, Decision, Input, Participant, Then};
/// use jiff::Timestamp;
/// use parcel::{Event, parcel};
/// use wire::{Journey, SagaId, told::Done};
///
/// let couriers = parcel::couriers();
/// let done = Done { subject: parcel("Elm.Street"), journey: Journey::until(Timestamp::MAX) };
/// let heard = Heard::new(Event::ParcelLoaded(done), None).unwrap();
/// let saga = SagaId::of_request("parcel", "request-1");
/// let context = Context { saga, now: Timestamp::UNIX_EPOCH, receive: 1, said: &[], reaction: None };
///
/// let decision = couriers.decide(&State::Unseen, Input::Event(&heard), &context);
/// let Decision::Commit(_state, Then::Announce(events)) = decision else { panic!("{decision:?}") };
/// assert!(matches!(events[..], [Event::ParcelDelivered(_)]));
/// ```
pub trait Participant: Send + Sync + 'static {
    /// The events of its choreography.
    type Vocabulary: Vocabulary;
    /// The events that it hears.
    type Incoming: Clone + Send + Sync;
    /// What it has on record of a saga. The default is "nothing yet"; each other variant implies what is announced.
    ///
    /// Serialised as `{"state": name, "facts": …}` (serde's adjacent tagging).
    type State: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync;
    /// What it asks of the world outside, such as a gateway.
    type Effect: Send + Sync;
    /// What the world outside answers.
    type Reply: Debug + Send + Sync;

    /// What it says of itself, as data.
    fn declaration(&self) -> &'static Declaration;

    /// Understands a message, by whichever door it came: [`Door::read`](crate::Door::read) holds it to that.
    ///
    /// # Errors
    ///
    /// [`Poison`] for a message that can never be handled.
    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Self::Incoming>, Poison>;

    /// Understands what stands on record.
    ///
    /// # Errors
    ///
    /// The name of the state, when this build does not know it or its facts: an older process beside a newer one.
    fn recall(&self, stored: &Stored) -> Result<Self::State, String> {
        stored.read()
    }

    /// The state in which this event is expected, with the facts that the event itself carries.
    ///
    /// The first write is conditional on exactly this state, which is why no read comes before it. `None` where the
    /// event cannot say: then what stands is read first. No step of a saga that goes well does that.
    fn expects(&self, incoming: &Self::Incoming) -> Option<Self::State>;

    /// Decides: pure and total.
    ///
    /// Called with the expected state first and, if the store holds another, once more with that.
    fn decide(
        &self,
        state: &Self::State,
        input: Input<'_, Self>,
        context: &Context<'_, Self::Vocabulary>,
    ) -> Decision<Self>;

    /// Until when a saga in this state is waited for, and on which list it stands meanwhile; `None` for one that has
    /// ended. Only for a participant whose declaration says that it keeps deadlines.
    fn due(&self, state: &Self::State) -> Option<Due> {
        let _ = state;
        None
    }

    /// The message that this participant sends itself when a saga's time is up.
    ///
    /// A message, so that what follows from it is announced however often the process dies.
    fn overdue(&self, saga: SagaId) -> Option<String> {
        let _ = saga;
        None
    }

    /// What a saga in this state waits for, as far as this participant can know.
    fn awaited(&self, state: &Self::State) -> Option<Awaited> {
        let _ = state;
        None
    }

    /// The text that travels beside an announced event of this type: taken from the message at hand, because it is
    /// stored nowhere.
    fn beside<'a>(&self, incoming: &'a Self::Incoming, event_type: EventType) -> Option<&'a str> {
        let _ = (incoming, event_type);
        None
    }
}

impl Door {
    /// Has a participant understand a message that came by this door.
    ///
    /// # Errors
    ///
    /// [`Poison`] for a message that can never be handled, or that nobody who may send it here may say.
    pub fn read<P: Participant>(
        self,
        participant: &P,
        delivery: &Delivery<'_>,
    ) -> Result<Received<P::Incoming>, Poison> {
        let received = participant.read(delivery)?;
        if Self::of(received.event_type) == self {
            return Ok(received);
        }
        let rule = match self {
            Self::Clients => "type: an event of a service came by the queue for requests",
            Self::Services => "type: a request came by the queue for events of services",
        };
        Err(Poison::new(Reason::WrongQueue, rule))
    }
}

/// What is known besides state and input.
///
/// # Examples
///
/// See the example of [`Participant`].
#[derive(Debug)]
pub struct Context<'a, V> {
    /// The saga.
    pub saga: SagaId,
    /// When the input was received.
    pub now: Timestamp,
    /// How often the message has been received, from 1.
    pub receive: u32,
    /// What the state on record has announced; empty while the state is merely expected.
    pub said: &'a [V],
    /// The reaction that the message is for.
    pub reaction: Option<&'static Reaction>,
}

// Derived, these would ask the same of `V`.
impl<V> Clone for Context<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<V> Copy for Context<'_, V> {}

impl<V> Context<'_, V> {
    /// Puts an attempt of this round that failed with this error on record. The delay before it is tried again; `None`: no
    /// more.
    #[must_use]
    pub fn attempt_failed(&self, attempts: &mut Vec<Attempt>, error: &str, round: u32) -> Option<Delay> {
        Attempt::put_on_record(attempts, Attempt::new(error, round, self.now, self.receive));
        let failed = Attempt::in_round(attempts, round);
        self.reaction?.retry(error, u32::try_from(failed).unwrap_or(u32::MAX))
    }
}

/// An answer that has not come yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// Who owes it.
    pub service: String,
    /// To what.
    pub to: String,
    /// The events, any of which would do.
    pub events: Vec<String>,
}

impl Awaited {
    /// Any of these events, owed by their publishers, in answer to that one.
    #[must_use]
    pub fn of(events: &[EventType], to: EventType) -> Self {
        let mut owing: Vec<&str> = events.iter().map(|event| event.publisher().as_str()).collect();
        owing.dedup();
        Self {
            service: if owing.is_empty() { "nobody".to_owned() } else { owing.join(" or ") },
            to: to.name().to_owned(),
            events: events.iter().map(|event| event.name().to_owned()).collect(),
        }
    }
}

impl std::fmt::Display for Awaited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} owes {} in answer to {}", self.service, self.events.join(" or "), self.to)
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
///
/// # Examples
///
/// See the example of [`Participant`].
#[derive(Debug)]
pub enum Decision<P: Participant + ?Sized> {
    /// Move from the state that was decided on to this one, then go on.
    Commit(P::State, Then<P>),
    /// The same, together with taking from shared counters, all or nothing. Where there is not enough by then, the
    /// message is decided upon anew.
    Transact(P::State, Vec<Take>, Then<P>),
    /// The state is an intent that stands already, or something has to be looked up first: carry on with it.
    Perform(P::Effect),
    /// All is on record: announce again what the state implies, which may be nothing.
    Announce,
    /// Nothing follows from it.
    Ignore,
    /// Keep no state; just send these.
    Send(Vec<Announcement>),
    /// What this event follows from has not arrived yet: give the message back for a moment.
    NotYet,
    /// What stands is about something else: decide anew, on this instead, as a saga of its own.
    Instead(SagaId, P::Incoming),
    /// The event contradicts the record; the text names the rule.
    Contradiction(&'static str),
}

/// What follows from a commit.
#[derive(Debug)]
pub enum Then<P: Participant + ?Sized> {
    /// Announce these events; they are stored with the state.
    Announce(Vec<P::Vocabulary>),
    /// The same, behind what the state that is left has on record of these types: it may not have been announced yet,
    /// and whoever hears the one must have been told the other.
    AnnounceBehind(Vec<EventType>, Vec<P::Vocabulary>),
    /// Announce these events, and keep on record what the state that is left has announced, or will: the messages that led
    /// to that announce it. A [step that waits](crate::step::waits) is left so.
    AnnounceBeside(Vec<P::Vocabulary>),
    /// The state is an intent: act outside.
    Perform(P::Effect),
    /// The state is an intent: decide on the same message once more, from there.
    Continue,
    /// An attempt failed, and is on record: give the message back for this long.
    Retry(Delay),
}

/// The effect, and the reply, of a participant that asks nothing of the world outside.
pub type NoEffect = Infallible;
