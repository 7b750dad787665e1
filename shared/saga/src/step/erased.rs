//! Steps with facts of different types in one list: the same methods, with facts as JSON.

use contracts::{Event, Purchase, Standing, StepName};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::card::Card;
use super::contract::{Acted, Answer, Ending, Step, Turn, Undone};
use super::heard::Heard;
use crate::Context;

/// The rule that facts break which another build wrote.
const UNKNOWN: &str = "facts: are not those that this build knows of the step";

/// A step whose facts are JSON. Facts that this build does not know never come here: [`Erased::knows`] is asked first.
pub(super) trait Erased<E, R>: std::fmt::Debug + Send + Sync {
    fn card(&self) -> &'static Card;
    fn knows(&self, facts: &Value) -> bool;
    fn act(&self, heard: &Heard, turn: &Turn<'_, R>, context: &Context<'_>) -> Acted<E, Value>;
    fn undo(&self, facts: &Value, turn: &Turn<'_, R>, context: &Context<'_>) -> Undone<E, Value>;
    fn answer(&self, answer: Answer<Value>) -> Option<Event>;
    fn standing(&self, facts: &Value, purchase: &Purchase, context: &Context<'_>) -> Option<Standing>;
    fn undone_by(&self, facts: &Value) -> Option<StepName>;
    fn repeated_in(&self, event: &Event) -> Option<Value>;
    fn begun_with(&self, heard: &Heard) -> Option<Value>;
    fn contradiction(&self, facts: Option<&Value>, event: &Event) -> Option<&'static str>;
}

impl<S: Step> Erased<S::Effect, S::Reply> for S {
    fn card(&self) -> &'static Card {
        &S::CARD
    }

    fn knows(&self, facts: &Value) -> bool {
        read::<S::Facts>(facts).is_some()
    }

    fn act(&self, heard: &Heard, turn: &Turn<'_, S::Reply>, context: &Context<'_>) -> Acted<S::Effect, Value> {
        Step::act(self, heard, turn, context).map(|facts| write(&facts))
    }

    fn undo(&self, facts: &Value, turn: &Turn<'_, S::Reply>, context: &Context<'_>) -> Undone<S::Effect, Value> {
        match read(facts) {
            Some(facts) => Step::undo(self, &facts, turn, context).map(|facts| write(&facts)),
            None => Undone::Contradiction(UNKNOWN),
        }
    }

    fn answer(&self, answer: Answer<Value>) -> Option<Event> {
        let Answer { purchase, journey, ending } = answer;
        let ending = match ending {
            Ending::Done(facts) => Ending::Done(read(&facts)?),
            Ending::Refused(facts, failed) => Ending::Refused(facts.as_ref().and_then(read), failed),
            Ending::Undone(facts, failed) => Ending::Undone(read(&facts)?, failed),
            Ending::Stands(facts, failed) => Ending::Stands(read(&facts)?, failed),
        };
        Step::answer(self, Answer { purchase, journey, ending })
    }

    fn standing(&self, facts: &Value, purchase: &Purchase, context: &Context<'_>) -> Option<Standing> {
        Step::standing(self, &read(facts)?, purchase, context)
    }

    fn undone_by(&self, facts: &Value) -> Option<StepName> {
        Step::undone_by(self, &read(facts)?)
    }

    fn repeated_in(&self, event: &Event) -> Option<Value> {
        Step::repeated_in(self, event).map(|facts| write(&facts))
    }

    fn begun_with(&self, heard: &Heard) -> Option<Value> {
        Step::begun_with(self, heard).map(|facts| write(&facts))
    }

    fn contradiction(&self, facts: Option<&Value>, event: &Event) -> Option<&'static str> {
        Step::contradiction(self, facts.and_then(read).as_ref(), event)
    }
}

fn read<F: DeserializeOwned>(facts: &Value) -> Option<F> {
    F::deserialize(facts).ok()
}

fn write<F: serde::Serialize>(facts: &F) -> Value {
    serde_json::to_value(facts).unwrap_or_default()
}
