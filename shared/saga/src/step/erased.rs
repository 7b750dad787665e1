//! Steps with facts of different types in one list: the same methods, with facts as JSON.

use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::{Standing, StepType, Vocabulary};

use super::contract::{About, Acted, Answer, Ending, Step, Turn, Undone};
use super::heard::Heard;
use super::signature::Signature;
use crate::Context;

/// The rule that facts break which another build wrote.
const UNKNOWN: &str = "facts: are not those that this build knows of the step";

/// A step whose facts are JSON. Facts that this build does not know never come here: [`Erased::knows`] is asked first.
pub(super) trait Erased<V: Vocabulary, E, R>: std::fmt::Debug + Send + Sync {
    fn signature(&self) -> &'static Signature;
    fn knows(&self, facts: &Value) -> bool;
    fn act(&self, heard: &Heard<V>, turn: &Turn<'_, V, R>, context: &Context<'_, V>) -> Acted<E, Value>;
    fn undo(&self, facts: &Value, turn: &Turn<'_, V, R>, context: &Context<'_, V>) -> Undone<E, Value>;
    fn answer(&self, answer: Answer<V, Value>) -> Option<V>;
    fn standing(&self, facts: &Value, subject: &V::Subject, context: &Context<'_, V>) -> Option<Standing>;
    fn undone_by(&self, facts: &Value) -> Option<StepType>;
    fn is_left_out(&self, facts: &Value) -> bool;
    fn repeated_in(&self, event: &V) -> Option<Value>;
    fn begun_with(&self, heard: &Heard<V>) -> Option<Value>;
    fn contradiction(&self, facts: Option<&Value>, event: &V) -> Option<&'static str>;
}

impl<S: Step> Erased<S::Vocabulary, S::Effect, S::Reply> for S {
    fn signature(&self) -> &'static Signature {
        &S::SIGNATURE
    }

    fn knows(&self, facts: &Value) -> bool {
        read::<S::Facts>(facts).is_some()
    }

    fn act(
        &self,
        heard: &Heard<S::Vocabulary>,
        turn: &Turn<'_, S::Vocabulary, S::Reply>,
        context: &Context<'_, S::Vocabulary>,
    ) -> Acted<S::Effect, Value> {
        Step::act(self, heard, turn, context).map(|facts| write(&facts))
    }

    fn undo(
        &self,
        facts: &Value,
        turn: &Turn<'_, S::Vocabulary, S::Reply>,
        context: &Context<'_, S::Vocabulary>,
    ) -> Undone<S::Effect, Value> {
        match read(facts) {
            Some(facts) => Step::undo(self, &facts, turn, context).map(|facts| write(&facts)),
            None => Undone::Contradiction(UNKNOWN),
        }
    }

    fn answer(&self, answer: Answer<S::Vocabulary, Value>) -> Option<S::Vocabulary> {
        let Answer { subject, journey, ending } = answer;
        let ending = match ending {
            Ending::Done(facts) => Ending::Done(read(&facts)?),
            Ending::Refused(facts, failed) => Ending::Refused(facts.as_ref().and_then(read), failed),
            Ending::Undone(facts, failed) => Ending::Undone(read(&facts)?, failed),
            Ending::Stands(facts, failed) => Ending::Stands(read(&facts)?, failed),
        };
        Step::answer(self, Answer { subject, journey, ending })
    }

    fn standing(&self, facts: &Value, subject: &About<S>, context: &Context<'_, S::Vocabulary>) -> Option<Standing> {
        Step::standing(self, &read(facts)?, subject, context)
    }

    fn undone_by(&self, facts: &Value) -> Option<StepType> {
        Step::undone_by(self, &read(facts)?)
    }

    fn is_left_out(&self, facts: &Value) -> bool {
        read(facts).is_some_and(|facts| Step::is_left_out(self, &facts))
    }

    fn repeated_in(&self, event: &S::Vocabulary) -> Option<Value> {
        Step::repeated_in(self, event).map(|facts| write(&facts))
    }

    fn begun_with(&self, heard: &Heard<S::Vocabulary>) -> Option<Value> {
        Step::begun_with(self, heard).map(|facts| write(&facts))
    }

    fn contradiction(&self, facts: Option<&Value>, event: &S::Vocabulary) -> Option<&'static str> {
        Step::contradiction(self, facts.and_then(read).as_ref(), event)
    }
}

fn read<F: DeserializeOwned>(facts: &Value) -> Option<F> {
    F::deserialize(facts).ok()
}

fn write<F: serde::Serialize>(facts: &F) -> Value {
    serde_json::to_value(facts).unwrap_or_default()
}
