//! What an owner declares: the reactions of which its [`Declaration`] is made.
//!
//! # Examples
//!
//! ```
//! use ensemble_saga::declaration::PATIENT;
//! use ensemble_saga::owner::reactions::{asked, begins, completes, fails};
//! use ensemble_saga::{Declaration, Door};
//! use parcel::Event;
//! use parcel::vocabulary::{events::*, steps};
//! use wire::{EventType, Events};
//!
//! const ENDS: &[EventType] = &[PARCEL_RETURNED, PARCEL_NEEDS_ATTENTION];
//!
//! static DESK: Declaration = Declaration {
//!     name: "desk",
//!     about: "accepts parcels, owns the outcome",
//!     lexicon: Event::LEXICON,
//!     stateful: true,
//!     looks: true,
//!     deadlines: true,
//!     counters: None,
//!     reactions: &[
//!         begins(PARCEL_REQUESTED, &[steps::ACCEPT], &[PARCEL_ACCEPTED, PARCEL_REJECTED, PARCEL_RETURNED], PATIENT),
//!         completes(PARCEL_DELIVERED, &[], &[PARCEL_COMPLETED]),
//!         fails(LOADING_REFUSED, &[steps::GIVE_BACK], &[steps::ACCEPT], ENDS, PATIENT),
//!         fails(PARCEL_UNLOADED, &[steps::GIVE_BACK], &[steps::ACCEPT], ENDS, PATIENT),
//!         fails(PARCEL_KEPT, &[steps::GIVE_BACK], &[steps::ACCEPT], &[PARCEL_NEEDS_ATTENTION], PATIENT),
//!         asked(CANCEL_REQUESTED, &[UNWINDING_STARTED], PATIENT),
//!         asked(RETRY_REQUESTED, &[UNWINDING_STARTED, PARCEL_NEEDS_ATTENTION], PATIENT),
//!         asked(RESOLVE_REQUESTED, &[PARCEL_NEEDS_ATTENTION], PATIENT),
//!         asked(DELIVERY_REFUSED, &[], PATIENT),
//!     ],
//! };
//!
//! // It hears clients on one queue, and services on another.
//! assert_eq!(DESK.queue(Door::Clients), "desk");
//! assert_eq!(DESK.queue(Door::Services), "desk-answers");
//! ```

use wire::{EventType, SagaKind, StepType};

use crate::declaration::{PATIENT, TIMEOUT_SECS};
use crate::{Declaration, Reaction, RetryPolicy};

/// A reaction to the request for a kind of saga: the first step, and the events that the owner may answer with. The
/// first of them says that the step took effect.
#[must_use]
pub const fn begins(
    to: EventType,
    step: &'static [StepType],
    answers: &'static [EventType],
    retry: &'static [RetryPolicy],
) -> Reaction {
    Reaction { expects: Some("Unseen"), steps: step, ..asked(to, answers, retry) }
}

/// A reaction to the event that says that all is done; `step`: the step that marks it, where a path names one.
#[must_use]
pub const fn completes(to: EventType, step: &'static [StepType], answers: &'static [EventType]) -> Reaction {
    Reaction { expects: Some("Registered"), steps: step, ..asked(to, answers, PATIENT) }
}

/// A reaction to an event that says that the others have nothing more to undo: by these steps the owner undoes those
/// first steps, one of each kind of saga.
#[must_use]
pub const fn fails(
    to: EventType,
    steps: &'static [StepType],
    undoes: &'static [StepType],
    answers: &'static [EventType],
    retry: &'static [RetryPolicy],
) -> Reaction {
    Reaction { expects: Some("Registered"), steps, undoes, ..asked(to, answers, retry) }
}

/// A reaction, in any state, to what is asked of a saga; without answers, to a refusal of the pivot.
#[must_use]
pub const fn asked(to: EventType, answers: &'static [EventType], retry: &'static [RetryPolicy]) -> Reaction {
    Reaction {
        to,
        reads: 1,
        expects: None,
        steps: &[],
        answers,
        undoes: &[],
        withdraws: &[],
        retry,
        timeout_secs: TIMEOUT_SECS,
    }
}

/// The first step of a saga of this kind, and the event that says that the step took effect.
pub(super) fn first_step(declaration: &Declaration, kind: SagaKind) -> Option<(StepType, EventType)> {
    let mut requests = declaration.reactions.iter().filter(|reaction| reaction.to.kind() == Some(kind));
    requests.find_map(|reaction| Some((reaction.step(kind)?, reaction.done(kind)?)))
}
