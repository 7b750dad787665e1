//! The data of events that are the same in any choreography: those of whoever owns a saga, and those of a step that has
//! nothing of its own to tell.
//!
//! `S`: what the saga is about. An outcome that tells more has a field `details` of its own type, `D` or `A`.
//!
//! # Examples
//!
//! The data of an event needs no type of its own where it tells no more than this:
//!
//! ```
//! use ensemble_wire::{Events, Journey, told::Registered};
//! use parcel::{Event, Parcel, parcel};
//!
//! let journey = Journey::until(jiff::Timestamp::MAX);
//! let event = Event::ParcelAccepted(Registered { subject: parcel("Elm.Street"), journey });
//! assert!(event.holds::<Registered<Parcel>>().is_some());
//! ```
//!
//! A step tells by [`Done`] that it took effect, and by [`NotDone`] that it did not, that it is undone, or that it stands:
//!
//! ```
//! use ensemble_wire::{Failure, Journey, told::Done, told::NotDone};
//! use parcel::{Event, parcel, vocabulary::steps};
//!
//! let (subject, journey) = (parcel("Elm.Street"), Journey::until(jiff::Timestamp::MAX));
//! let loaded = Event::ParcelLoaded(Done { subject: subject.clone(), journey: journey.clone() });
//!
//! let error = Failure::new("NobodyThere", steps::DELIVER, "nobody took it");
//! let unloaded = Event::ParcelUnloaded(NotDone { subject, error, standing: Vec::new(), journey });
//! # assert_ne!(loaded, unloaded);
//! ```
//!
//! What a person answered is told by [`Answered`], whatever the question was:
//!
//! ```
//! use ensemble_wire::{Data, Journey, told::Answered};
//! use parcel::parcel;
//!
//! let (subject, journey) = (parcel("Elm.Street"), Journey::until(jiff::Timestamp::MAX));
//! let told = Answered { subject, by: "ann".to_owned(), answer: "yes".to_owned(), journey };
//! assert_eq!(told.subject(), Some(&parcel("Elm.Street")));
//! ```

use serde::{Deserialize, Serialize};

use crate::journey::is_zero;
use crate::{Action, Data, Failure, Journey, Path, Standing};

/// The request is on record, and its saga runs.
///
/// Durable: what was asked for, in the owner's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Registered"))]
#[serde(rename_all = "camelCase")]
pub struct Registered<S> {
    /// What the saga is about.
    #[serde(flatten)]
    pub subject: S,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// Of an outcome that tells nothing of what was done: as details, no field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoDetails {}

/// Whatever of the saga has taken effect is to be undone: it was cancelled, its deadline has passed, or an operator
/// has what still stands tried again.
///
/// Durable: the reason, in the owner's table. Whether it will be undone is decided at the pivot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "UnwindingStarted"))]
#[serde(rename_all = "camelCase")]
pub struct UnwindingStarted<S> {
    /// What the saga is about.
    #[serde(flatten)]
    pub subject: S,
    /// Why.
    pub error: Failure,
    /// The way so far; its round tells this unwinding from an earlier one.
    #[serde(flatten)]
    pub journey: Journey,
}

/// A step took effect.
///
/// Durable: the effect, in the table of the service that took the step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Done"))]
#[serde(rename_all = "camelCase")]
pub struct Done<S> {
    /// What the saga is about.
    #[serde(flatten)]
    pub subject: S,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// A step did not take effect, or is undone, or could not be undone.
///
/// Durable: the end of the step, in the table of its service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "NotDone"))]
#[serde(rename_all = "camelCase")]
pub struct NotDone<S> {
    /// What the saga is about.
    #[serde(flatten)]
    pub subject: S,
    /// Why the saga fails.
    pub error: Failure,
    /// The effects that could not be undone, of this step and of later ones.
    pub standing: Vec<Standing>,
    /// The way so far.
    #[serde(flatten)]
    pub journey: Journey,
}

/// A person has answered what the saga asked.
///
/// Durable: who answered, and when, in the owner's table. The first answer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Answered"))]
#[serde(rename_all = "camelCase")]
pub struct Answered<S> {
    /// What the saga is about.
    #[serde(flatten)]
    pub subject: S,
    /// Who answered.
    pub by: String,
    /// The answer, as the person gave it.
    pub answer: String,
    /// The way so far, as the owner knows it.
    #[serde(flatten)]
    pub journey: Journey,
}

/// A request broke a rule and was never registered. A final outcome.
///
/// Durable: the rejection. Nothing took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "{A}Request"))]
#[serde(rename_all = "camelCase")]
pub struct Rejected<A> {
    /// What was asked for, as far as it could be read.
    #[serde(flatten)]
    pub asked: A,
    /// The field and the rule that it breaks.
    pub error: Failure,
    /// The way so far.
    pub path: Path,
}

/// The saga ended well. A final outcome.
///
/// Durable: the effect of every step, each in the table of its service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Completed"))]
#[serde(rename_all = "camelCase")]
pub struct Completed<S, D> {
    /// What the saga was about.
    #[serde(flatten)]
    pub subject: S,
    /// What was done.
    #[serde(flatten)]
    pub details: D,
    /// How many notifications went before this one; it resolves the last of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier: u32,
    /// The whole way.
    pub path: Path,
}

/// How a saga ended that failed, its reason and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Failed"))]
#[serde(rename_all = "camelCase")]
pub struct Failed<S, D> {
    /// What the saga was about.
    #[serde(flatten)]
    pub subject: S,
    /// What was done.
    #[serde(flatten)]
    pub details: D,
    /// Why the saga failed.
    pub error: Failure,
    /// Effects that could not be undone; empty when the saga was compensated, or when nobody knows yet.
    pub standing: Vec<Standing>,
    /// How many notifications went before this one; it resolves the last of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier: u32,
    /// How a person closed it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Action>,
    /// The whole way.
    pub path: Path,
}

impl<S, D: Default> Failed<S, D> {
    /// A saga that failed before anything was done, as the first outcome that is told of it.
    #[must_use]
    pub fn new(subject: S, error: Failure, path: Path) -> Self {
        let (details, standing) = (D::default(), Vec::new());
        Self { subject, details, error, standing, earlier: 0, resolution: None, path }
    }
}

impl<S: 'static> Data<S> for Registered<S> {
    crate::field!(S, subject);
    crate::field!(S, journey);
}

impl<S: 'static> Data<S> for Done<S> {
    crate::field!(S, subject);
    crate::field!(S, journey);
}

impl<S: 'static> Data<S> for NotDone<S> {
    crate::field!(S, subject);
    crate::field!(S, journey);
    crate::field!(S, error);
    crate::field!(S, standing);
}

impl<S: 'static> Data<S> for Answered<S> {
    crate::field!(S, subject);
    crate::field!(S, journey);
}

impl<S: 'static> Data<S> for UnwindingStarted<S> {
    crate::field!(S, subject);
    crate::field!(S, journey);
    crate::field!(S, error);
}

impl<S: 'static, A: 'static> Data<S> for Rejected<A> {
    crate::field!(S, path);
    crate::field!(S, error);
}

impl<S: 'static, D: 'static> Data<S> for Completed<S, D> {
    crate::field!(S, subject);
    crate::field!(S, path);
    crate::field!(S, earlier);
}

impl<S: 'static, D: 'static> Data<S> for Failed<S, D> {
    crate::field!(S, subject);
    crate::field!(S, path);
    crate::field!(S, earlier);
    crate::field!(S, error);
    crate::field!(S, standing);
}
