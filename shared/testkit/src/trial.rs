//! One saga in one service that is a list of steps, decision by decision: for the tests of a step.

#![expect(clippy::panic, reason = "a test that expects another decision has to stop")]

use std::fmt::Debug;

use contracts::{Event, SagaId};
use jiff::Timestamp;
use saga::step::{Heard, State, Steps};
use saga::{Context, Decision, Input, Participant, Stored, Take, Then};

use crate::fixtures;

/// One saga in a service, and the message that the service has at hand.
#[derive(Debug)]
pub struct Trial<E, R> {
    service: Steps<E, R>,
    state: State,
    said: Vec<Event>,
    at_hand: Option<Heard>,
    /// When the next decision is made.
    pub now: Timestamp,
}

/// What a service decided.
#[derive(Debug)]
pub enum Decided<E> {
    /// It asks the world outside. `true`: the intent was put on record for it.
    Asks(E, bool),
    /// It put its state on record and announces these.
    Announces(Vec<Event>),
    /// It put its state on record, with these taken from the stock, and goes on from there.
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

impl<E, R> Trial<E, R>
where
    E: Send + Sync + Debug + 'static,
    R: Send + Sync + Debug + 'static,
{
    /// A saga of which nothing is on record.
    #[must_use]
    pub fn new(service: Steps<E, R>) -> Self {
        Self { service, state: State::Unseen, said: Vec::new(), at_hand: None, now: fixtures::NOW }
    }

    /// A message comes, with a sealed card where its type carries one.
    ///
    /// # Panics
    ///
    /// For an event that tells no journey.
    pub fn hears(&mut self, event: Event) -> Decided<E> {
        let sealed_card = event.event_type().carries_card().then(|| "sealed".to_owned());
        self.at_hand = Some(Heard::new(event, sealed_card).expect("steps hear events with a journey"));
        self.decide(None)
    }

    /// The world outside answers what was asked for the message at hand.
    pub fn answers(&mut self, reply: &R) -> Decided<E> {
        self.decide(Some(reply))
    }

    /// The message at hand comes once more.
    pub fn comes_again(&mut self) -> Decided<E> {
        self.decide(None)
    }

    /// The name of the state on record.
    #[must_use]
    pub fn state(&self) -> String {
        Stored::of(&self.state).state
    }

    /// What a newer message finds on record of it: the state, as a part.
    #[must_use]
    pub fn on_record(&self) -> &State {
        &self.state
    }

    fn decide(&mut self, reply: Option<&R>) -> Decided<E> {
        let heard = self.at_hand.clone().expect("a message is at hand");
        let context = Context {
            saga: SagaId::of_request("fare", "a"),
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
            Then::Announce(events) | Then::AnnounceBehind(_, events) => {
                self.said.clone_from(&events);
                Decided::Announces(events)
            }
            Then::Perform(effect) => Decided::Asks(effect, true),
            Then::Continue => Decided::GoesOn(takes),
            Then::Retry(delay) => Decided::Retries(delay.secs),
        }
    }
}

impl<E: Debug> Decided<E> {
    /// The one event that is announced.
    ///
    /// # Panics
    ///
    /// Where the service decided otherwise.
    #[must_use]
    pub fn event(self) -> Event {
        let decided = format!("{self:?}");
        let one = if let Self::Announces(events) = self { <[Event; 1]>::try_from(events).ok() } else { None };
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
