//! What a step is: its trait, and how it answers.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::{Events, Failure, Journey, Standing, StepType, Vocabulary, told};

use super::heard::Heard;
use super::signature::Signature;
use crate::{Context, Take};

/// How long after a call was asked for the call may still be at work, at the other end or on the way there.
///
/// A step is abandoned after [`TIMEOUT_SECS`](crate::declaration::TIMEOUT_SECS), and its last call was asked for at most
/// that late; a caller that hangs up after 15 s tells the other end nothing. As long again, and twice as long, are for
/// another end that goes on by itself and for clocks that differ.
pub const AT_WORK_MAX: SignedDuration = SignedDuration::from_secs(300);

/// One step of a saga, in one service.
///
/// Both methods decide and do nothing: they are called again with the same input after a crash, and must decide the
/// same.
///
/// # Examples
///
/// Vans loads a parcel, and unloads it when nobody takes it. It asks nothing of the world outside:
///
/// ```
/// use std::convert::Infallible;
///
/// use ensemble_saga::Context;
/// use ensemble_saga::step::{Acted, Heard, Signature, Step, Turn, Undone};
/// use parcel::vocabulary::events::*;
/// use parcel::vocabulary::{effects, steps};
/// use parcel::{Event, Parcel};
/// use serde::{Deserialize, Serialize};
/// use wire::Standing;
///
/// /// On which van the parcel is, by its number.
/// #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
/// pub struct Van(pub String);
///
/// /// Loads the parcel.
/// #[derive(Debug)]
/// pub struct Load;
///
/// impl Step for Load {
///     type Vocabulary = Event;
///     type Effect = Infallible;
///     type Reply = Infallible;
///     type Facts = Van;
///
///     const SIGNATURE: Signature = Signature::new(steps::LOAD, PARCEL_ACCEPTED, PARCEL_LOADED)
///         .refused(LOADING_REFUSED)
///         .undone_by(steps::UNLOAD)
///         .on(&[DELIVERY_REFUSED], &[PARCEL_UNLOADED, PARCEL_KEPT]);
///
///     fn act(
///         &self,
///         _heard: &Heard<Event>,
///         _turn: &Turn<'_, Event, Infallible>,
///         context: &Context<'_, Event>,
///     ) -> Acted<Infallible, Van> {
///         Acted::done(Van(context.saga.derive("van").to_string()))
///     }
///
///     fn undo(
///         &self,
///         van: &Van,
///         _turn: &Turn<'_, Event, Infallible>,
///         _context: &Context<'_, Event>,
///     ) -> Undone<Infallible, Van> {
///         Undone::done(van.clone())
///     }
///
///     fn standing(&self, van: &Van, _parcel: &Parcel, _context: &Context<'_, Event>) -> Option<Standing> {
///         Some(Standing { effect: effects::LOADED, id: van.0.clone(), amount: None })
///     }
/// }
/// # ensemble_saga::step::StepList::default().with(Load);
/// ```
///
/// What is done outside is asked for first ([`Acted::Ask`]), and decided by the answer, which comes back in [`Turn::reply`].
pub trait Step: Debug + Send + Sync + 'static {
    /// The events of its choreography.
    type Vocabulary: Vocabulary;
    /// What the service asks of the world outside, such as a gateway.
    type Effect;
    /// What the world outside answers.
    type Reply;
    /// What stands on record once the step took effect: all that its undoing and its answers need.
    type Facts: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// What the step hears and what it answers.
    const SIGNATURE: Signature;

    /// Takes effect.
    fn act(
        &self,
        heard: &Heard<Self::Vocabulary>,
        turn: &Turn<'_, Self::Vocabulary, Self::Reply>,
        context: &Context<'_, Self::Vocabulary>,
    ) -> Acted<Self::Effect, Self::Facts>;

    /// The event that tells how the step ended. `None` only for an ending that this step never has.
    ///
    /// A step whose events hold [`told::Done`] and [`told::NotDone`], and so nothing of its own, leaves this as it is.
    fn answer(&self, answer: Answer<Self::Vocabulary, Self::Facts>) -> Option<Self::Vocabulary> {
        answer.plainly(&Self::SIGNATURE)
    }

    /// Undoes what took effect. A step that nothing undoes leaves this as it is: either its signature says that it leaves
    /// nothing, or the step never comes here.
    fn undo(
        &self,
        facts: &Self::Facts,
        turn: &Turn<'_, Self::Vocabulary, Self::Reply>,
        context: &Context<'_, Self::Vocabulary>,
    ) -> Undone<Self::Effect, Self::Facts> {
        let _ = (turn, context);
        if Self::SIGNATURE.leaves_nothing {
            return Undone::done(facts.clone());
        }
        Undone::Contradiction("step: is not one that can be undone")
    }

    /// How the effect is called that stands because it could not be undone; `None` for a step that nothing undoes.
    fn standing(
        &self,
        facts: &Self::Facts,
        subject: &About<Self>,
        context: &Context<'_, Self::Vocabulary>,
    ) -> Option<Standing> {
        let _ = (facts, subject, context);
        None
    }

    /// The compensation as the path names it; `None` for one that no path names.
    fn undone_by(&self, facts: &Self::Facts) -> Option<StepType> {
        let _ = facts;
        Self::SIGNATURE.undone_by
    }

    /// Whether no path names the step, though it is done: there was nothing to do. The compensation is named by
    /// [`Step::undone_by`].
    ///
    /// # Examples
    ///
    /// A parcel that a neighbour takes from the desk needs no van, and its path does not say that it was loaded:
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use ensemble_saga::Context;
    /// # use ensemble_saga::step::{Acted, Heard, Signature, Step, Turn};
    /// # use parcel::Event;
    /// # use parcel::vocabulary::{events::*, steps};
    /// /// On which van the parcel is, if on any.
    /// type Van = Option<String>;
    ///
    /// # #[derive(Debug)]
    /// # struct Load;
    /// impl Step for Load {
    ///     // …
    /// #     type Vocabulary = Event;
    /// #     type Effect = Infallible;
    /// #     type Reply = Infallible;
    ///     type Facts = Van;
    /// #     const SIGNATURE: Signature = Signature::new(steps::LOAD, PARCEL_ACCEPTED, PARCEL_LOADED).leaves_nothing();
    /// #     fn act(
    /// #         &self,
    /// #         _heard: &Heard<Event>,
    /// #         _turn: &Turn<'_, Event, Infallible>,
    /// #         _context: &Context<'_, Event>,
    /// #     ) -> Acted<Infallible, Van> {
    /// #         Acted::done(None)
    /// #     }
    ///
    ///     fn is_left_out(&self, van: &Van) -> bool {
    ///         van.is_none()
    ///     }
    /// }
    /// # ensemble_saga::step::StepList::default().with(Load);
    /// ```
    fn is_left_out(&self, facts: &Self::Facts) -> bool {
        let _ = facts;
        false
    }

    /// The facts of this step that an event of a later step repeats. Where it repeats them, what stands need not be
    /// read before the first write.
    fn repeated_in(&self, event: &Self::Vocabulary) -> Option<Self::Facts> {
        let _ = event;
        None
    }

    /// What is known before the step takes effect, and told where it is refused.
    fn begun_with(&self, heard: &Heard<Self::Vocabulary>) -> Option<Self::Facts> {
        let _ = heard;
        None
    }

    /// The rule that an event breaks which is about other facts than those on record; `None` on record: the step ended
    /// without any.
    fn contradiction(&self, facts: Option<&Self::Facts>, event: &Self::Vocabulary) -> Option<&'static str> {
        let _ = (facts, event);
        None
    }
}

/// What the sagas of a step are about.
pub type About<S> = <<S as Step>::Vocabulary as Events>::Subject;

/// What is known when a step acts or is undone.
///
/// # Examples
///
/// See the example of [`Step`].
#[derive(Debug)]
pub struct Turn<'a, V: Events, R> {
    /// What the step is about.
    pub subject: &'a V::Subject,
    /// The answer for which the step waited, where its signature says that it waits for one; shown at
    /// [`waits`](super::waits).
    pub answer: Option<&'a V>,
    /// What the world outside answered to the step's last [`Acted::Look`] or [`Acted::Ask`].
    pub reply: Option<&'a R>,
    /// Since when the intent stands on record; `None` before the first [`Acted::Ask`]. An intent that stood already may
    /// have been carried out, so a step looks before it repeats.
    pub since: Option<Timestamp>,
    /// Whether no earlier call can still be at work: see [`AT_WORK_MAX`].
    pub fresh: bool,
    /// How often the undoing has failed already.
    pub failed: usize,
    /// In which round of unwinding, from 0.
    pub round: u32,
}

/// How a step acts.
///
/// # Examples
///
/// See the example of [`Step`].
#[derive(Debug)]
pub enum Acted<E, F> {
    /// Ask the world outside something that changes nothing.
    Look(E),
    /// Ask the world outside for something. The intent is put on record first.
    Ask(E),
    /// It took effect. What is taken from counters is taken with the write that says so.
    Done(F, Vec<Take>),
    /// It did not take effect.
    Refused(Failure, Option<F>),
    /// It took effect, or a part of it did, and fails all the same: that is undone at once.
    Failed(Failure, F, Vec<Take>),
    /// The world outside contradicts the record; the text names the rule.
    Contradiction(&'static str),
}

/// How a step is undone.
///
/// # Examples
///
/// See the example of [`Step`].
#[derive(Debug)]
pub enum Undone<E, F> {
    /// Ask the world outside something that changes nothing.
    Look(E),
    /// Ask the world outside for something. The intent is put on record first.
    Ask(E),
    /// It is undone. What is given back to counters has a negative quantity.
    Done(F, Vec<Take>),
    /// This attempt failed. It is tried again as the signature's policy says, and then the effect stands.
    Failed(Failure),
    /// The world outside contradicts the record; the text names the rule.
    Contradiction(&'static str),
}

/// What the event that tells how a step ended is made of.
///
/// # Examples
///
/// A step that has more to tell than [`told::Done`] and [`told::NotDone`] makes its event in [`Step::answer`]. This is how
/// the step `Load` would tell the same:
///
/// ```
/// use ensemble_saga::step::{Answer, Ending, Failed};
/// use parcel::carriers::Van;
/// use parcel::{Event, Parcel};
/// use wire::told::{Done, NotDone};
///
/// fn told(answer: Answer<Event, Van>) -> Event {
///     let Answer { subject, journey, ending } = answer;
///     let (tell, Failed { error, standing }): (fn(NotDone<Parcel>) -> Event, Failed) = match ending {
///         Ending::Done(_van) => return Event::ParcelLoaded(Done { subject, journey }),
///         Ending::Refused(_, failed) => (Event::LoadingRefused, failed),
///         Ending::Undone(_, failed) => (Event::ParcelUnloaded, failed),
///         Ending::Stands(_, failed) => (Event::ParcelKept, failed),
///     };
///     tell(NotDone { subject, error, standing, journey })
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Answer<V: Events, F> {
    /// What the step is about.
    pub subject: V::Subject,
    /// The way so far.
    pub journey: Journey,
    /// How it ended.
    pub ending: Ending<F>,
}

/// How a step ended.
///
/// # Examples
///
/// See the example of [`Answer`].
#[derive(Clone, Debug)]
pub enum Ending<F> {
    /// It took effect.
    Done(F),
    /// It was not begun, or refused, or failed and was undone by itself.
    Refused(Option<F>, Failed),
    /// It took effect and was undone because a later step failed.
    Undone(F, Failed),
    /// It took effect, and could not be undone when a later step failed.
    Stands(F, Failed),
}

/// That a saga fails.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Why.
    pub error: Failure,
    /// The effects that could not be undone, of this step and of later ones.
    pub standing: Vec<Standing>,
}

impl<V: Events, F> Answer<V, F> {
    /// The event of this signature that tells the ending, with nothing of the facts.
    fn plainly(self, signature: &Signature) -> Option<V> {
        let Self { subject, journey, ending } = self;
        let mut undone = signature.undone.iter().copied();
        let (event, Failed { error, standing }) = match ending {
            Ending::Done(_) => return V::new(signature.done, &told::Done { subject, journey }),
            Ending::Refused(_, failed) => (signature.refused, failed),
            Ending::Undone(_, failed) => (undone.next(), failed),
            Ending::Stands(_, failed) => (undone.nth(1), failed),
        };
        V::new(event?, &told::NotDone { subject, error, standing, journey })
    }
}

impl<E, F> Acted<E, F> {
    /// It took effect, with nothing taken from counters.
    #[must_use]
    pub fn done(facts: F) -> Self {
        Self::Done(facts, Vec::new())
    }

    /// The same, with other facts.
    pub fn map<G>(self, with: impl FnOnce(F) -> G) -> Acted<E, G> {
        match self {
            Self::Look(effect) => Acted::Look(effect),
            Self::Ask(effect) => Acted::Ask(effect),
            Self::Done(facts, takes) => Acted::Done(with(facts), takes),
            Self::Refused(failure, facts) => Acted::Refused(failure, facts.map(with)),
            Self::Failed(failure, facts, takes) => Acted::Failed(failure, with(facts), takes),
            Self::Contradiction(rule) => Acted::Contradiction(rule),
        }
    }
}

impl<E, F> Undone<E, F> {
    /// It is undone, with nothing given back to counters.
    #[must_use]
    pub fn done(facts: F) -> Self {
        Self::Done(facts, Vec::new())
    }

    /// The same, with other facts.
    pub fn map<G>(self, with: impl FnOnce(F) -> G) -> Undone<E, G> {
        match self {
            Self::Look(effect) => Undone::Look(effect),
            Self::Ask(effect) => Undone::Ask(effect),
            Self::Done(facts, given) => Undone::Done(with(facts), given),
            Self::Failed(failure) => Undone::Failed(failure),
            Self::Contradiction(rule) => Undone::Contradiction(rule),
        }
    }
}

/// Whether a call that was first asked for at this time can still be at work at another.
#[must_use]
pub fn is_at_work(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) <= AT_WORK_MAX
}
