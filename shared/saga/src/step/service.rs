//! A service as the list of its steps.
//!
//! **Invariant:** the service keeps one item for a saga, whichever of its steps the saga has. So whatever a step has to
//! know of the others of its service stands in the same write.

use std::fmt::Debug;

use serde_json::Value;
use wire::{EventType, Poison, Reason, SagaKind, StepName, StepType, Subject, Vocabulary};

use super::contract::Step;
use super::erased::Erased;
use super::heard::Heard;
use super::progress::{Part, Progress, State};
use super::signature::{self, Signature};
use crate::{Context, Decision, Declaration, Delivery, Input, Participant, Received, Stored, delivery};

/// The steps that a service takes.
///
/// # Examples
///
/// See the example of [`Steps`].
#[derive(Debug)]
pub struct StepList<V, E, R>(Vec<Box<dyn Erased<V, E, R>>>);

impl<V, E, R> Default for StepList<V, E, R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Vocabulary, E, R> StepList<V, E, R> {
    /// These steps and one more.
    #[must_use]
    pub fn with(mut self, step: impl Step<Vocabulary = V, Effect = E, Reply = R>) -> Self {
        self.0.push(Box::new(step));
        self
    }

    /// What a service of this name says of itself that takes these steps.
    #[must_use]
    pub fn declaration(&self, name: &'static str, about: &'static str) -> Declaration {
        signature::declaration(V::LEXICON, name, about, &self.signatures())
    }

    fn signatures(&self) -> Vec<&'static Signature> {
        self.0.iter().map(|step| step.signature()).collect()
    }
}

/// A service that is the list of its steps. `V`: the events of its choreography, `E`: what its steps ask of the world
/// outside, `R`: what that answers.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use std::sync::LazyLock;
///
/// use ensemble_saga::Declaration;
/// use ensemble_saga::step::{StepList, Steps};
/// use parcel::{Event, carriers::Load};
///
/// fn steps() -> StepList<Event, Infallible, Infallible> {
///     StepList::default().with(Load)
/// }
///
/// static VANS: LazyLock<Declaration> =
///     LazyLock::new(|| steps().declaration("vans", "loads the parcel; unloads it"));
///
/// let vans = Steps::new(&VANS, steps());
/// # drop(vans);
/// assert_eq!(VANS.queues().collect::<Vec<_>>(), ["vans"]);
/// ```
#[derive(Debug)]
pub struct Steps<V, E, R> {
    declaration: &'static Declaration,
    pub(super) signatures: Vec<&'static Signature>,
    steps: StepList<V, E, R>,
}

impl<V: Vocabulary, E, R> Steps<V, E, R> {
    /// A service that takes these steps, and has declared so.
    #[must_use]
    pub fn new(declaration: &'static Declaration, steps: StepList<V, E, R>) -> Self {
        Self { declaration, signatures: steps.signatures(), steps }
    }

    pub(super) fn name(&self) -> &'static str {
        self.declaration.name
    }

    pub(super) fn step(&self, name: StepType) -> Option<&dyn Erased<V, E, R>> {
        self.steps.0.iter().find(|step| step.signature().step == name).map(AsRef::as_ref)
    }

    /// The step that begins on an event, in a saga of this kind.
    fn begun_by(&self, event: EventType, kind: SagaKind) -> Option<&'static Signature> {
        self.of_kind(kind).find(|signature| signature.hears == event)
    }

    /// The step that waits for an answer by an event, in a saga of this kind.
    fn answered_by(&self, event: EventType, kind: SagaKind) -> Option<&'static Signature> {
        self.of_kind(kind).find(|signature| signature.awaits == Some(event))
    }

    /// The step that is undone, or decides, on an event, in a saga of this kind.
    fn unwound_by(&self, event: EventType, kind: SagaKind) -> Option<&'static Signature> {
        self.of_kind(kind).find(|signature| signature.unwinds_on(event))
    }

    fn of_kind(&self, kind: SagaKind) -> impl Iterator<Item = &'static Signature> {
        self.signatures.iter().copied().filter(move |signature| signature.step.kind() == kind)
    }

    /// The state in which these steps are done and no other step of their saga is known, as far as an event repeats all
    /// of it.
    fn all_done(&self, steps: &[&'static Signature], heard: &Heard<V>) -> Option<State<V::Subject>> {
        let mut part = Part::new(heard.subject.clone());
        for signature in steps {
            let facts = self.step(signature.step)?.repeated_in(&heard.event)?;
            part.steps.insert(signature.step, Progress::Done(facts));
        }
        part.steps.sort(&self.order());
        Some(if steps.is_empty() { State::Unseen } else { State::Known(part) })
    }

    /// Whether this build knows every step on record, and its facts.
    fn knows(&self, part: &Part<V::Subject>) -> bool {
        let known = |(name, progress): (&StepName, &Progress<Value>)| {
            let step = self.steps.0.iter().find(|step| *name == step.signature().step);
            step.is_some_and(|step| progress.facts().is_none_or(|facts| step.knows(facts)))
        };
        part.steps.iter().all(known)
    }

    /// The steps, in the order of the list.
    pub(super) fn order(&self) -> impl Iterator<Item = StepType> + Clone {
        self.signatures.iter().map(|signature| signature.step)
    }
}

impl<V, E, R> Participant for Steps<V, E, R>
where
    V: Vocabulary,
    E: Send + Sync + Debug + 'static,
    R: Send + Sync + Debug + 'static,
{
    type Vocabulary = V;
    type Incoming = Heard<V>;
    type State = State<V::Subject>;
    type Effect = E;
    type Reply = R;

    fn declaration(&self) -> &'static Declaration {
        self.declaration
    }

    fn read(&self, delivery: &Delivery<'_>) -> Result<Received<Heard<V>>, Poison> {
        let received = delivery::read_event(delivery, |event: V, beside| {
            self.declaration.reaction_to(event.event_type())?;
            Heard::new(event, beside)
        })?;
        match received.event_type.beside() {
            Some(attribute) if received.incoming.beside.is_none() => {
                Err(Poison::new(Reason::Unreadable, format!("{attribute}: is missing")))
            }
            Some(_) | None => Ok(received),
        }
    }

    fn expects(&self, heard: &Heard<V>) -> Option<State<V::Subject>> {
        let (event, kind) = (heard.event.event_type(), heard.subject.kind());
        if let Some(signature) = self.begun_by(event, kind) {
            let mut before = signature::chain(&self.signatures, signature.step);
            before.pop();
            return self.all_done(&before, heard);
        }
        let signature = self.unwound_by(event, kind)?;
        if signature.decides_on == Some(event) {
            return Some(State::Unseen);
        }
        (heard.journey.round == 0)
            .then(|| self.all_done(&signature::chain(&self.signatures, signature.step), heard))
            .flatten()
    }

    fn recall(&self, stored: &Stored) -> Result<State<V::Subject>, String> {
        match stored.read()? {
            State::Unseen => Ok(State::Unseen),
            State::Known(mut part) if self.knows(&part) => {
                part.steps.sort(&self.order());
                Ok(State::Known(part))
            }
            State::Known(_) => Err(stored.state.clone()),
        }
    }

    fn decide(&self, state: &State<V::Subject>, input: Input<'_, Self>, context: &Context<'_, V>) -> Decision<Self> {
        let (heard, reply) = match input {
            Input::Event(heard) => (heard, None),
            Input::Reply(heard, reply) => (heard, Some(reply)),
        };
        if state.part().is_some_and(|part| part.subject != heard.subject) {
            return Decision::Contradiction("subject: is not the one on record for this saga");
        }
        let part = state.part().cloned().unwrap_or_else(|| Part::new(heard.subject.clone()));
        let work = Work { service: self, heard, reply, context, answer: None, part, is_changed: false };
        let (event, kind) = (heard.event.event_type(), heard.subject.kind());
        let begun = self.begun_by(event, kind).or_else(|| self.answered_by(event, kind));
        match (begun, self.unwound_by(event, kind)) {
            (Some(signature), _) if signature.awaits.is_some() => work.join(signature),
            (Some(signature), _) => work.forward(signature),
            (None, Some(signature)) => work.unwind(signature),
            // An event of every kind of saga, in a saga of a kind that has no step here.
            (None, None) => Decision::Ignore,
        }
    }

    fn beside<'a>(&self, heard: &'a Heard<V>, event_type: EventType) -> Option<&'a str> {
        heard.beside.as_deref().filter(|_| event_type.beside().is_some())
    }
}

/// A decision that is being made.
pub(super) struct Work<'a, V: Vocabulary, E, R> {
    pub(super) service: &'a Steps<V, E, R>,
    pub(super) heard: &'a Heard<V>,
    pub(super) reply: Option<&'a R>,
    pub(super) context: &'a Context<'a, V>,
    /// The answer for which the step has waited.
    pub(super) answer: Option<&'a V>,
    pub(super) part: Part<V::Subject>,
    /// Whether the part is another than the one on record.
    pub(super) is_changed: bool,
}
