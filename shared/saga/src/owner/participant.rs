//! An owner as a participant: how each message is understood and decided upon, and what is waited for.

use wire::{EventType, Events, Poison, SagaId, Subject};

use super::contract::Owner;
use super::incoming::{Incoming, Meaning};
use super::state::{Case, CaseOf, HeardBy, State, StateOf};
use super::{awaited, complete, fail, register, request, unwind};
use crate::{Awaited, Context, Decision, Declaration, Delivery, Due, Input, List, NoEffect, Participant, Received};

impl<O: Owner> Participant for O {
    type Vocabulary = O::Vocabulary;
    type Incoming = Incoming<O::Vocabulary>;
    type State = StateOf<O>;
    type Effect = NoEffect;
    type Reply = NoEffect;

    fn declaration(&self) -> &'static Declaration {
        Owner::declaration(self)
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming<O::Vocabulary>>, Poison> {
        request::read(self, delivery)
    }

    fn expects(&self, incoming: &Incoming<O::Vocabulary>) -> Option<StateOf<O>> {
        match incoming {
            Incoming::Requested(..) | Incoming::BadRequest(_) => Some(State::Unseen),
            Incoming::Told(heard) => {
                match Owner::declaration(self).reaction_to(heard.event.event_type()).map(Meaning::of)? {
                    Meaning::Done => Some(registered(self, heard)),
                    Meaning::Failed if heard.journey.round == 0 => Some(registered(self, heard)),
                    // In any state.
                    Meaning::Failed | Meaning::Refused => None,
                }
            }
            Incoming::Asked(_) => None,
        }
    }

    fn decide(
        &self,
        state: &StateOf<O>,
        input: Input<'_, Self>,
        context: &Context<'_, O::Vocabulary>,
    ) -> Decision<Self> {
        let Input::Event(incoming) = input else {
            return Decision::NotYet;
        };
        match incoming {
            Incoming::Requested(subject, _beside) => register::register(self, state, subject, context),
            Incoming::BadRequest(rejected) => register::reject(self, state, rejected, context),
            Incoming::Told(heard) => match context.reaction.map(Meaning::of) {
                Some(Meaning::Done) => complete::complete(self, state, heard, context),
                Some(Meaning::Failed) => fail::fail(self, state, heard, context),
                Some(Meaning::Refused) => unwind::refused(state, heard),
                None => Decision::Ignore,
            },
            Incoming::Asked(ask) => unwind::act(self, state, ask, context),
        }
    }

    fn due(&self, state: &StateOf<O>) -> Option<Due> {
        let due = |list, case: &CaseOf<O>, at| Some(Due { list, kind: case.subject.kind(), at });
        match state {
            State::Registered(case) | State::Undoing { case, .. } => due(List::Open, case, case.deadline),
            State::Unwinding { case, until, .. } => due(List::Open, case, *until),
            State::NeedsAttention { case, since, .. } => due(List::Attention, case, *since),
            State::Unseen
            | State::Withdrawn { .. }
            | State::Rejected
            | State::Completed(_)
            | State::Cancelled(_)
            | State::Resolved(_) => None,
        }
    }

    fn overdue(&self, saga: SagaId) -> Option<String> {
        Some(request::ask::expired(Owner::declaration(self).name, saga))
    }

    fn awaited(&self, state: &StateOf<O>) -> Option<Awaited> {
        awaited::awaited(Owner::declaration(self), state)
    }

    fn beside<'a>(&self, incoming: &'a Incoming<O::Vocabulary>, event_type: EventType) -> Option<&'a str> {
        match incoming {
            Incoming::Requested(_, beside) if event_type.beside().is_some() => beside.as_deref(),
            Incoming::Requested(..) | Incoming::BadRequest(_) | Incoming::Told(_) | Incoming::Asked(_) => None,
        }
    }
}

/// The state of a saga of which nothing has been heard since its request.
fn registered<O: Owner>(owner: &O, heard: &HeardBy<O>) -> StateOf<O> {
    State::Registered(Case::new(owner, heard.subject.clone(), heard.journey.deadline))
}
