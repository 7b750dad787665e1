//! The failures that the two workshops force, around any step.
//!
//! **Invariant:** no step knows of them. Where they are off, nothing here decides anything.

use contracts::{Event, Purchase, Standing, StepName, hooks};

use super::card::Card;
use super::contract::{Acted, Answer, Step, Turn, Undone};
use super::heard::Heard;
use crate::Context;

/// A step that fails where its fare or its order asks for a failure.
#[derive(Clone, Copy, Debug)]
pub struct Forced<S> {
    step: S,
    hooks: bool,
}

impl<S> Forced<S> {
    /// This step; forced to fail where hooks are on.
    #[must_use]
    pub const fn new(step: S, hooks: bool) -> Self {
        Self { step, hooks }
    }
}

impl<S: Step> Step for Forced<S> {
    type Effect = S::Effect;
    type Reply = S::Reply;
    type Facts = S::Facts;

    const CARD: Card = S::CARD;

    /// A step that can be undone fails after it took effect, and any other one before.
    fn act(&self, heard: &Heard, turn: &Turn<'_, S::Reply>, context: &Context<'_>) -> Acted<S::Effect, S::Facts> {
        let acted = self.step.act(heard, turn, context);
        let Acted::Done(facts, takes) = acted else { return acted };
        match hooks::forced(self.hooks, S::CARD.step, turn.purchase) {
            Some(failure) if S::CARD.undone_by.is_some() => Acted::Failed(failure, facts, takes),
            Some(failure) => Acted::Refused(failure, self.step.begun_with(heard)),
            None => Acted::Done(facts, takes),
        }
    }

    fn undo(&self, facts: &S::Facts, turn: &Turn<'_, S::Reply>, context: &Context<'_>) -> Undone<S::Effect, S::Facts> {
        let undoing = self.step.undone_by(facts);
        match undoing.and_then(|undoing| hooks::forced(self.hooks, undoing, turn.purchase)) {
            Some(failure) => Undone::Failed(failure),
            None => self.step.undo(facts, turn, context),
        }
    }

    fn answer(&self, answer: Answer<S::Facts>) -> Option<Event> {
        self.step.answer(answer)
    }

    fn standing(&self, facts: &S::Facts, purchase: &Purchase, context: &Context<'_>) -> Option<Standing> {
        self.step.standing(facts, purchase, context)
    }

    fn undone_by(&self, facts: &S::Facts) -> Option<StepName> {
        self.step.undone_by(facts)
    }

    fn begun_with(&self, heard: &Heard) -> Option<S::Facts> {
        self.step.begun_with(heard)
    }

    fn repeated_in(&self, event: &Event) -> Option<S::Facts> {
        self.step.repeated_in(event)
    }

    fn contradiction(&self, facts: Option<&S::Facts>, event: &Event) -> Option<&'static str> {
        self.step.contradiction(facts, event)
    }
}
