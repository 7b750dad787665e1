//! What a step says of itself as data, and what a list of steps says of the service that takes them.

use wire::{EventType, Lexicon, StepType};

use crate::declaration::{PATIENT, TIMEOUT_SECS};
use crate::{Declaration, Reaction, RetryPolicy};

/// What a step hears, and what it answers.
///
/// No signature names another service. A step follows another in the same service where it hears what that one answers when
/// it is done; then both are undone together, the later one first, and one event tells of both.
///
/// # Examples
///
/// Couriers takes the last step, after which nothing is undone. So it decides whether a saga still can be unwound:
///
/// ```
/// use ensemble_saga::step::Signature;
/// use parcel::vocabulary::{events::*, steps};
///
/// const DELIVER: Signature = Signature::new(steps::DELIVER, PARCEL_LOADED, PARCEL_DELIVERED)
///     .refused(DELIVERY_REFUSED)
///     .decides_on(UNWINDING_STARTED);
/// assert!(DELIVER.unwinds_on(UNWINDING_STARTED));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// The step.
    pub step: StepType,
    /// The event on which it begins.
    pub hears: EventType,
    /// The answer for which the step waits besides, for as long as it takes. The step begins when both events have come,
    /// in either order.
    pub awaits: Option<EventType>,
    /// The event that says that it took effect.
    pub done: EventType,
    /// The event that says that it did not, or that it is undone by itself; `None` for a step that cannot be refused.
    pub refused: Option<EventType>,
    /// The compensation, as a path names it.
    pub undone_by: Option<StepType>,
    /// Whether the step takes nothing into effect that would have to be undone, such as one that only decides.
    pub leaves_nothing: bool,
    /// The events on which the step is undone: a later step of another service was refused. None where a step of the
    /// same service follows.
    pub undone_on: &'static [EventType],
    /// The events that tell how undoing it went: that it is undone, and that it stands, in this order.
    pub undone: &'static [EventType],
    /// The event by which a saga is to be unwound, where this step decides whether the saga still can be: a step that is
    /// done says so, and one that is not refuses from then on.
    pub decides_on: Option<EventType>,
    /// The errors of the compensation that are tried again, by [`RetryPolicy::of_compensation`].
    pub retried: &'static [&'static str],
    /// The table of counters that it takes from; `None`: it takes from none.
    pub counters: Option<&'static str>,
}

impl Signature {
    /// A step that begins on this event, and says by that one that it took effect.
    #[must_use]
    pub const fn new(step: StepType, hears: EventType, done: EventType) -> Self {
        Self {
            step,
            hears,
            awaits: None,
            done,
            refused: None,
            undone_by: None,
            leaves_nothing: false,
            undone_on: &[],
            undone: &[],
            decides_on: None,
            retried: &[],
            counters: None,
        }
    }

    /// The step waits for this answer before it begins.
    ///
    /// # Panics
    ///
    /// While it is compiled, for a step that hears a text beside an event: the text is stored nowhere, so that it would be
    /// lost while the step waits.
    ///
    /// # Examples
    ///
    /// The answer may be any event of a service, such as one that tells what a person [answered](wire::told::Answered).
    /// [`waits`](super::waits) shows the step itself.
    ///
    /// ```
    /// use ensemble_saga::step::Signature;
    /// use parcel::vocabulary::{events::*, steps};
    ///
    /// const DELIVER: Signature =
    ///     Signature::new(steps::DELIVER, PARCEL_LOADED, PARCEL_DELIVERED).awaits(PARCEL_ACCEPTED);
    /// assert_eq!((DELIVER.hears, DELIVER.awaits), (PARCEL_LOADED, Some(PARCEL_ACCEPTED)));
    /// ```
    #[must_use]
    pub const fn awaits(self, awaits: EventType) -> Self {
        assert!(self.hears.beside().is_none(), "a step that waits hears no text beside an event");
        Self { awaits: Some(awaits), ..self }
    }

    /// The step can be refused, and says so by this event.
    #[must_use]
    pub const fn refused(self, refused: EventType) -> Self {
        Self { refused: Some(refused), ..self }
    }

    /// The step can be undone, by this compensation.
    #[must_use]
    pub const fn undone_by(self, undone_by: StepType) -> Self {
        Self { undone_by: Some(undone_by), ..self }
    }

    /// The step takes nothing into effect that would have to be undone.
    ///
    /// # Examples
    ///
    /// Vans that only look whether there is room have nothing to unload, and the step needs no compensation:
    ///
    /// ```
    /// use ensemble_saga::step::Signature;
    /// use parcel::vocabulary::{events::*, steps};
    ///
    /// const LOOK: Signature = Signature::new(steps::LOAD, PARCEL_ACCEPTED, PARCEL_LOADED)
    ///     .refused(LOADING_REFUSED)
    ///     .leaves_nothing();
    /// assert!(LOOK.undone_by.is_none());
    /// ```
    #[must_use]
    pub const fn leaves_nothing(self) -> Self {
        Self { leaves_nothing: true, ..self }
    }

    /// The step is undone on these events, and tells by those how that went.
    #[must_use]
    pub const fn on(self, undone_on: &'static [EventType], undone: &'static [EventType]) -> Self {
        Self { undone_on, undone, ..self }
    }

    /// The step decides on this event whether its saga can still be unwound.
    #[must_use]
    pub const fn decides_on(self, decides_on: EventType) -> Self {
        Self { decides_on: Some(decides_on), ..self }
    }

    /// A compensation that fails with one of these errors is tried again.
    #[must_use]
    pub const fn retried(self, retried: &'static [&'static str]) -> Self {
        Self { retried, ..self }
    }

    /// The step takes from the counters in this table.
    #[must_use]
    pub const fn takes_from(self, counters: &'static str) -> Self {
        Self { counters: Some(counters), ..self }
    }

    /// Whether nothing of the step is left where what follows it in its service is undone.
    fn is_undone(&self) -> bool {
        self.undone_by.is_some() || self.leaves_nothing
    }

    /// Whether the step is undone, or decides, on an event of this type.
    #[must_use]
    pub fn unwinds_on(&self, event: EventType) -> bool {
        self.undone_on.contains(&event) || self.decides_on == Some(event)
    }
}

/// The steps that follow each other in one service, up to and with this one: each hears what the one before it answers
/// when it is done. In the order in which they take effect.
#[must_use]
pub fn chain(signatures: &[&'static Signature], last: StepType) -> Vec<&'static Signature> {
    let mut chain: Vec<&'static Signature> =
        signatures.iter().copied().filter(|signature| signature.step == last).collect();
    while let Some(first) = chain.first() {
        let before = signatures
            .iter()
            .find(|signature| signature.done == first.hears && signature.step.kind() == first.step.kind());
        match before {
            Some(before) if chain.iter().all(|signature| signature.step != before.step) => chain.insert(0, *before),
            Some(_) | None => break,
        }
    }
    chain
}

/// What a service says of itself that takes these steps.
#[must_use]
pub fn declaration(
    lexicon: &'static Lexicon,
    name: &'static str,
    about: &'static str,
    signatures: &[&'static Signature],
) -> Declaration {
    let mut reactions: Vec<Reaction> = Vec::new();
    let begins = signatures.iter().flat_map(|signature| [Some(signature.hears), signature.awaits]).flatten();
    let unwinds =
        signatures.iter().flat_map(|signature| signature.undone_on.iter().copied().chain(signature.decides_on));
    let mut heard: Vec<EventType> = Vec::new();
    for event in begins.chain(unwinds) {
        if !heard.contains(&event) {
            heard.push(event);
            reactions.push(reaction(signatures, event));
        }
    }
    Declaration {
        name,
        about,
        lexicon,
        stateful: true,
        // What stands is read first where an event does not repeat all of it.
        looks: signatures.iter().any(|signature| {
            !signature.undone_on.is_empty() || signature.awaits.is_some() || chain(signatures, signature.step).len() > 1
        }),
        deadlines: false,
        counters: signatures.iter().find_map(|signature| signature.counters),
        reactions: reactions.leak(),
    }
}

/// How steps react to an event: those that begin on it or wait for it, or else those that are undone on it.
fn reaction(signatures: &[&'static Signature], to: EventType) -> Reaction {
    let begins = |signature: &&'static Signature| signature.hears == to || signature.awaits == Some(to);
    let begin: Vec<&'static Signature> = signatures.iter().copied().filter(begins).collect();
    let last: Vec<&'static Signature> =
        signatures.iter().copied().filter(|signature| signature.unwinds_on(to)).collect();
    let unwound: Vec<&'static Signature> =
        last.iter().flat_map(|signature| chain(signatures, signature.step).into_iter().rev()).collect();
    let before: Vec<&'static Signature> =
        begin.iter().flat_map(|signature| chain(signatures, signature.step)).collect();
    let before = before.into_iter().filter(|signature| begin.iter().all(|begun| begun.step != signature.step));
    let withdraws: Vec<StepType> =
        before.filter(|signature| signature.is_undone()).map(|signature| signature.step).collect();
    let expects = match (begin.first(), last.first()) {
        (Some(first), _) => match chain(signatures, first.step).as_slice() {
            [.., before, _] => done(before.step),
            _ => "Unseen",
        },
        (None, Some(last)) if last.decides_on == Some(to) => "Unseen",
        (None, Some(last)) => done(last.step),
        (None, None) => "Unseen",
    };
    let mut answers: Vec<EventType> = Vec::new();
    for signature in &begin {
        answers.extend([Some(signature.done), signature.refused].into_iter().flatten());
    }
    for signature in &last {
        answers.extend(signature.undone);
        let decides = signature.decides_on == Some(to);
        answers.extend([decides.then_some(signature.done), signature.refused].into_iter().flatten());
    }
    let mut once: Vec<EventType> = Vec::new();
    answers.retain(|answer| {
        !once.contains(answer) && {
            once.push(*answer);
            true
        }
    });
    let undone: Vec<&'static Signature> = unwound.iter().copied().filter(|signature| signature.is_undone()).collect();
    let steps: Vec<StepType> = match begin.is_empty() {
        false => begin.iter().map(|signature| signature.step).collect(),
        true => undone.iter().filter_map(|signature| signature.undone_by).collect(),
    };
    let errors: Vec<&'static [&'static str]> = begin
        .iter()
        .flat_map(|signature| chain(signatures, signature.step))
        .chain(unwound)
        .map(|signature| signature.retried)
        .collect();
    Reaction {
        to,
        reads: to.schema_version(),
        // An answer comes before the step that waits for it, or behind it.
        expects: begin.iter().all(|signature| signature.awaits != Some(to)).then_some(expects),
        steps: steps.leak(),
        answers: answers.leak(),
        undoes: undone.into_iter().map(|signature| signature.step).collect::<Vec<_>>().leak(),
        withdraws: withdraws.leak(),
        retry: retry(&errors),
        timeout_secs: TIMEOUT_SECS,
    }
}

/// The state of a service in which this step is the last that took effect.
fn done(step: StepType) -> &'static str {
    String::leak(format!("{} done", step.as_str()))
}

/// A policy for each list of errors that is not empty, and patience for every breakdown.
fn retry(errors: &[&'static [&'static str]]) -> &'static [RetryPolicy] {
    let mut policies: Vec<RetryPolicy> = Vec::new();
    for errors in errors.iter().filter(|errors| !errors.is_empty()) {
        let policy = RetryPolicy::of_compensation(errors);
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    if policies.is_empty() {
        return PATIENT;
    }
    policies.push(RetryPolicy::PATIENT);
    policies.leak()
}
