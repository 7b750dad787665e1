//! Failures that are forced upon a step, for demonstrations and tests.
//!
//! **Invariant:** no step knows of them. Where none is forced, nothing here decides anything.

use wire::{Failure, Standing, StepType};

use super::contract::{About, Acted, Answer, Step, Turn, Undone};
use super::heard::Heard;
use super::signature::Signature;
use crate::Context;

/// The failure that is forced upon a step, or upon the step that undoes it, in a saga about this; `None` where none is.
pub type Force<A> = fn(StepType, &A) -> Option<Failure>;

/// A step that fails where a failure is forced.
///
/// # Examples
///
/// No parcel for `nowhere` finds a van, for a demonstration. In production the second argument is `None`:
///
/// ```
/// use ensemble_saga::step::{Forced, StepList};
/// use parcel::{Event, Parcel, carriers::Load};
/// use wire::{Failure, StepType};
///
/// fn force(step: StepType, about: &Parcel) -> Option<Failure> {
///     (about.parcel.address.as_str() == "nowhere").then(|| Failure::new("NoVan", step, "forced"))
/// }
///
/// let steps = StepList::default().with(Forced::new(Load, Some(force)));
/// assert_eq!(steps.declaration("vans", "loads").name, "vans");
/// ```
#[derive(Debug)]
pub struct Forced<S: Step> {
    step: S,
    force: Option<Force<About<S>>>,
}

impl<S: Step> Forced<S> {
    /// This step; forced to fail where `force` says so. Without `force`, nothing is forced.
    #[must_use]
    pub const fn new(step: S, force: Option<Force<About<S>>>) -> Self {
        Self { step, force }
    }

    fn forced(&self, step: StepType, subject: &About<S>) -> Option<Failure> {
        self.force.and_then(|force| force(step, subject))
    }
}

impl<S: Step> Step for Forced<S> {
    type Vocabulary = S::Vocabulary;
    type Effect = S::Effect;
    type Reply = S::Reply;
    type Facts = S::Facts;

    const SIGNATURE: Signature = S::SIGNATURE;

    /// A step that can be undone fails after it took effect, and any other one before.
    fn act(
        &self,
        heard: &Heard<S::Vocabulary>,
        turn: &Turn<'_, S::Vocabulary, S::Reply>,
        context: &Context<'_, S::Vocabulary>,
    ) -> Acted<S::Effect, S::Facts> {
        let acted = self.step.act(heard, turn, context);
        let Acted::Done(facts, takes) = acted else { return acted };
        match self.forced(S::SIGNATURE.step, turn.subject) {
            Some(failure) if S::SIGNATURE.undone_by.is_some() => Acted::Failed(failure, facts, takes),
            Some(failure) => Acted::Refused(failure, self.step.begun_with(heard)),
            None => Acted::Done(facts, takes),
        }
    }

    fn undo(
        &self,
        facts: &S::Facts,
        turn: &Turn<'_, S::Vocabulary, S::Reply>,
        context: &Context<'_, S::Vocabulary>,
    ) -> Undone<S::Effect, S::Facts> {
        let undoing = self.step.undone_by(facts);
        match undoing.and_then(|undoing| self.forced(undoing, turn.subject)) {
            Some(failure) => Undone::Failed(failure),
            None => self.step.undo(facts, turn, context),
        }
    }

    fn answer(&self, answer: Answer<S::Vocabulary, S::Facts>) -> Option<S::Vocabulary> {
        self.step.answer(answer)
    }

    fn standing(&self, facts: &S::Facts, subject: &About<S>, context: &Context<'_, S::Vocabulary>) -> Option<Standing> {
        self.step.standing(facts, subject, context)
    }

    fn undone_by(&self, facts: &S::Facts) -> Option<StepType> {
        self.step.undone_by(facts)
    }

    fn is_left_out(&self, facts: &S::Facts) -> bool {
        self.step.is_left_out(facts)
    }

    fn begun_with(&self, heard: &Heard<S::Vocabulary>) -> Option<S::Facts> {
        self.step.begun_with(heard)
    }

    fn repeated_in(&self, event: &S::Vocabulary) -> Option<S::Facts> {
        self.step.repeated_in(event)
    }

    fn contradiction(&self, facts: Option<&S::Facts>, event: &S::Vocabulary) -> Option<&'static str> {
        self.step.contradiction(facts, event)
    }
}
