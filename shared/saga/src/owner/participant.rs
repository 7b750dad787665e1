//! An owner as a participant: how each message is understood and decided upon, and what is waited for.

use contracts::{EventType, Poison, SagaId};

use super::contract::Owner;
use super::incoming::{Incoming, Meaning};
use super::state::{Case, State};
use super::{awaited, complete, fail, register, request, unwind};
use crate::step::Heard;
use crate::{Awaited, Context, Decision, Declaration, Delivery, Due, Input, List, NoEffect, Participant, Received};

impl<O: Owner> Participant for O {
    type Incoming = Incoming;
    type State = State;
    type Effect = NoEffect;
    type Reply = NoEffect;

    fn declaration(&self) -> &'static Declaration {
        Owner::declaration(self)
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
        request::read(self, delivery)
    }

    fn expects(&self, incoming: &Incoming) -> Option<State> {
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

    fn decide(&self, state: &State, input: Input<'_, Self>, context: &Context<'_>) -> Decision<Self> {
        let Input::Event(incoming) = input else {
            return Decision::NotYet;
        };
        match incoming {
            Incoming::Requested(purchase, _sealed_card) => register::register(self, state, purchase, context),
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

    fn due(&self, state: &State) -> Option<Due> {
        let due = |list, case: &Case, at| Some(Due { list, kind: case.purchase.kind(), at });
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

    fn awaited(&self, state: &State) -> Option<Awaited> {
        awaited::awaited(Owner::declaration(self), state)
    }

    fn sealed_card<'a>(&self, incoming: &'a Incoming, event_type: EventType) -> Option<&'a str> {
        match incoming {
            Incoming::Requested(_, sealed_card) if event_type.carries_card() => sealed_card.as_deref(),
            Incoming::Requested(..) | Incoming::BadRequest(_) | Incoming::Told(_) | Incoming::Asked(_) => None,
        }
    }
}

/// The state of a saga of which nothing has been heard since its request.
fn registered<O: Owner>(owner: &O, heard: &Heard) -> State {
    State::Registered(Case::new(owner, heard.purchase.clone(), heard.journey.deadline))
}
