//! One saga in one service that is a list of steps, decision by decision: for the tests of a step.

#![expect(clippy::panic, reason = "a test that expects another decision has to stop")]

use std::fmt::Debug;

use jiff::Timestamp;
use saga::step::{Heard, State, Steps};
use saga::{Context, Decision, Input, Participant, Stored, Take, Then};
use wire::{SagaId, Vocabulary};

use crate::NOW;

/// One saga in a service, and the message that the service has at hand.
///
/// # Examples
///
/// ```
/// use ensemble_testkit::{NOW, Trial};
/// use parcel::{Event, parcel};
/// use wire::{Journey, told::Done};
///
/// let mut trial = Trial::new(parcel::couriers());
/// let loaded = Done { subject: parcel("nowhere"), journey: Journey::until(NOW) };
/// assert!(matches!(trial.hears(Event::ParcelLoaded(loaded)).event(), Event::DeliveryRefused(_)));
/// ```
#[derive(Debug)]
pub struct Trial<V: Vocabulary, E, R> {
    service: Steps<V, E, R>,
    state: State<V::Subject>,
    said: Vec<V>,
    at_hand: Option<Heard<V>>,
    /// When the next decision is made.
    pub now: Timestamp,
}

/// What a service decided.
#[derive(Debug)]
pub enum Decided<V, E> {
    /// It asks the world outside. `true`: the intent was put on record for it.
    Asks(E, bool),
    /// It put its state on record and announces these.
    Announces(Vec<V>),
    /// It put its state on record, with these taken from counters, and goes on from there.
    GoesOn(Vec<Take>),
    /// It put a failed attempt on record, and tries again after so many seconds.
    Retries(u32),
    /// It announces again what is on record.
    Again,
    /// It gives the message back.
    NotYet,
    /// It passes over the message.
    Ignores,
    /// The message breaks this rule.
    Contradicts(&'static str),
}

impl<V, E, R> Trial<V, E, R>
where
    V: Vocabulary,
    E: Send + Sync + Debug + 'static,
    R: Send + Sync + Debug + 'static,
{
    /// A saga of which nothing is on record.
    #[must_use]
    pub fn new(service: Steps<V, E, R>) -> Self {
        Self { service, state: State::Unseen, said: Vec::new(), at_hand: None, now: NOW }
    }

    /// A message comes, with a text beside it where its type has one.
    ///
    /// # Panics
    ///
    /// For an event that tells no journey.
    pub fn hears(&mut self, event: V) -> Decided<V, E> {
        let beside = event.event_type().beside().is_some().then(|| "sealed".to_owned());
        self.at_hand = Some(Heard::new(event, beside).expect("steps hear events with a journey"));
        self.decide(None)
    }

    /// The world outside answers what was asked for the message at hand.
    pub fn answers(&mut self, reply: &R) -> Decided<V, E> {
        self.decide(Some(reply))
    }

    /// The message at hand comes once more.
    pub fn comes_again(&mut self) -> Decided<V, E> {
        self.decide(None)
    }

    /// The name of the state on record.
    #[must_use]
    pub fn state(&self) -> String {
        Stored::of(&self.state).state
    }

    /// What a newer message finds on record of it: the state, as a part.
    #[must_use]
    pub fn on_record(&self) -> &State<V::Subject> {
        &self.state
    }

    fn decide(&mut self, reply: Option<&R>) -> Decided<V, E> {
        let heard = self.at_hand.clone().expect("a message is at hand");
        let context = Context {
            saga: SagaId::of_request("trip", "a"),
            now: self.now,
            receive: 1,
            said: &self.said,
            reaction: self.service.declaration().reaction_to(heard.event.event_type()),
        };
        let input = reply.map_or(Input::Event(&heard), |reply| Input::Reply(&heard, reply));
        let (state, takes, then) = match self.service.decide(&self.state, input, &context) {
            Decision::Commit(state, then) => (state, Vec::new(), then),
            Decision::Transact(state, takes, then) => (state, takes, then),
            Decision::Perform(effect) => return Decided::Asks(effect, false),
            Decision::Announce => return Decided::Again,
            Decision::Ignore | Decision::Send(_) | Decision::Instead(..) => return Decided::Ignores,
            Decision::NotYet => return Decided::NotYet,
            Decision::Contradiction(rule) => return Decided::Contradicts(rule),
        };
        // As the next message finds it.
        self.state = self.service.recall(&Stored::of(&state)).expect("a service knows what it wrote");
        self.said = Vec::new();
        match then {
            Then::Announce(events) | Then::AnnounceBehind(_, events) | Then::AnnounceBeside(events) => {
                self.said.clone_from(&events);
                Decided::Announces(events)
            }
            Then::Perform(effect) => Decided::Asks(effect, true),
            Then::Continue => Decided::GoesOn(takes),
            Then::Retry(delay) => Decided::Retries(delay.secs),
        }
    }
}

impl<V: Debug, E: Debug> Decided<V, E> {
    /// The one event that is announced.
    ///
    /// # Panics
    ///
    /// Where the service decided otherwise.
    #[must_use]
    pub fn event(self) -> V {
        let decided = format!("{self:?}");
        let one = if let Self::Announces(events) = self { <[V; 1]>::try_from(events).ok() } else { None };
        let [event] = one.unwrap_or_else(|| panic!("announces no event: {decided}"));
        event
    }

    /// What the world outside is asked.
    ///
    /// # Panics
    ///
    /// Where the service decided otherwise.
    #[must_use]
    pub fn asked(self) -> E {
        let decided = format!("{self:?}");
        let asked = if let Self::Asks(effect, _) = self { Some(effect) } else { None };
        asked.unwrap_or_else(|| panic!("asks nothing: {decided}"))
    }
}
