//! A service as the list of its steps.
//!
//! **Invariant:** the service keeps one item for a saga, whichever of its steps the saga has. So whatever a step has to
//! know of the others of its service stands in the same write.

use std::fmt::Debug;

use contracts::{EventType, Poison, Reason, SagaKind, StepName};
use serde_json::Value;

use super::card::{self, Card};
use super::contract::Step;
use super::erased::Erased;
use super::heard::Heard;
use super::progress::{Part, Progress, State};
use crate::{Context, Decision, Declaration, Delivery, Input, Participant, Received, Stored, delivery};

/// The steps that a service takes.
#[derive(Debug)]
pub struct StepList<E, R>(Vec<Box<dyn Erased<E, R>>>);

impl<E, R> Default for StepList<E, R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<E, R> StepList<E, R> {
    /// These steps and one more.
    #[must_use]
    pub fn with(mut self, step: impl Step<Effect = E, Reply = R>) -> Self {
        self.0.push(Box::new(step));
        self
    }

    /// What a service of this name says of itself that takes these steps.
    #[must_use]
    pub fn declaration(&self, name: &'static str, about: &'static str) -> Declaration {
        card::declaration(name, about, &self.cards())
    }

    fn cards(&self) -> Vec<&'static Card> {
        self.0.iter().map(|step| step.card()).collect()
    }
}

/// A service that is the list of its steps. `E`: what its steps ask of the world outside, `R`: what that answers.
#[derive(Debug)]
pub struct Steps<E, R> {
    declaration: &'static Declaration,
    pub(super) cards: Vec<&'static Card>,
    steps: StepList<E, R>,
}

impl<E, R> Steps<E, R> {
    /// A service that takes these steps, and has declared so.
    #[must_use]
    pub fn new(declaration: &'static Declaration, steps: StepList<E, R>) -> Self {
        Self { declaration, cards: steps.cards(), steps }
    }

    pub(super) fn name(&self) -> &'static str {
        self.declaration.name
    }

    pub(super) fn step(&self, name: StepName) -> Option<&dyn Erased<E, R>> {
        self.steps.0.iter().find(|step| step.card().step == name).map(AsRef::as_ref)
    }

    /// The step that begins on an event, in a saga of this kind.
    fn begun_by(&self, event: EventType, kind: SagaKind) -> Option<&'static Card> {
        self.of_kind(kind).find(|card| card.hears == event)
    }

    /// The step that is undone, or decides, on an event, in a saga of this kind.
    fn unwound_by(&self, event: EventType, kind: SagaKind) -> Option<&'static Card> {
        self.of_kind(kind).find(|card| card.unwinds_on(event))
    }

    fn of_kind(&self, kind: SagaKind) -> impl Iterator<Item = &'static Card> {
        self.cards.iter().copied().filter(move |card| card.step.kind() == kind)
    }

    /// The state in which these steps are done and no other step of their saga is known, as far as an event repeats all
    /// of it.
    fn all_done(&self, steps: &[&'static Card], heard: &Heard) -> Option<State> {
        let mut part = Part::new(heard.purchase.clone());
        for card in steps {
            let facts = self.step(card.step)?.repeated_in(&heard.event)?;
            part.steps.insert(card.step, Progress::Done(facts));
        }
        Some(if steps.is_empty() { State::Unseen } else { State::Known(part) })
    }

    /// Whether this build knows every step on record, and its facts.
    fn knows(&self, part: &Part) -> bool {
        let known = |(step, progress): (&StepName, &Progress<Value>)| {
            self.step(*step).is_some_and(|step| progress.facts().is_none_or(|facts| step.knows(facts)))
        };
        part.steps.iter().all(known)
    }
}

impl<E, R> Participant for Steps<E, R>
where
    E: Send + Sync + Debug + 'static,
    R: Send + Sync + Debug + 'static,
{
    type Incoming = Heard;
    type State = State;
    type Effect = E;
    type Reply = R;

    fn declaration(&self) -> &'static Declaration {
        self.declaration
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Heard>, Poison> {
        let received = delivery::read_event(delivery, |event, sealed_card| {
            self.declaration.reaction_to(event.event_type())?;
            Heard::new(event, sealed_card)
        })?;
        if received.event_type.carries_card() && received.incoming.sealed_card.is_none() {
            return Err(Poison::new(Reason::Unreadable, "sealedcard: is missing"));
        }
        Ok(received)
    }

    fn expects(&self, heard: &Heard) -> Option<State> {
        let (event, kind) = (heard.event.event_type(), heard.purchase.kind());
        if let Some(card) = self.begun_by(event, kind) {
            let mut before = card::chain(&self.cards, card.step);
            before.pop();
            return self.all_done(&before, heard);
        }
        let card = self.unwound_by(event, kind)?;
        if card.decides_on == Some(event) {
            return Some(State::Unseen);
        }
        (heard.journey.round == 0).then(|| self.all_done(&card::chain(&self.cards, card.step), heard)).flatten()
    }

    fn recall(&self, stored: &Stored) -> Result<State, String> {
        let state: State = stored.read()?;
        if state.part().is_none_or(|part| self.knows(part)) { Ok(state) } else { Err(stored.state.clone()) }
    }

    fn decide(&self, state: &State, input: Input<'_, Self>, context: &Context<'_>) -> Decision<Self> {
        let (heard, reply) = match input {
            Input::Event(heard) => (heard, None),
            Input::Reply(heard, reply) => (heard, Some(reply)),
        };
        if state.part().is_some_and(|part| part.purchase != heard.purchase) {
            return Decision::Contradiction("fare, order: is not the one on record for this saga");
        }
        let part = state.part().cloned().unwrap_or_else(|| Part::new(heard.purchase.clone()));
        let work = Work { service: self, heard, reply, context, part, is_changed: false };
        let (event, kind) = (heard.event.event_type(), heard.purchase.kind());
        match (self.begun_by(event, kind), self.unwound_by(event, kind)) {
            (Some(card), _) => work.forward(card),
            (None, Some(card)) => work.unwind(card),
            // An event of every kind of saga, in a saga of a kind that has no step here.
            (None, None) => Decision::Ignore,
        }
    }

    fn sealed_card<'a>(&self, heard: &'a Heard, event_type: EventType) -> Option<&'a str> {
        heard.sealed_card.as_deref().filter(|_| event_type.carries_card())
    }
}

/// A decision that is being made.
pub(super) struct Work<'a, E, R> {
    pub(super) service: &'a Steps<E, R>,
    pub(super) heard: &'a Heard,
    pub(super) reply: Option<&'a R>,
    pub(super) context: &'a Context<'a>,
    pub(super) part: Part,
    /// Whether the part is another than the one on record.
    pub(super) is_changed: bool,
}
