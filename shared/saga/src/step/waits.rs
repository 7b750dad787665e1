//! What has come of the events for which a step waits.
//!
//! # Examples
//!
//! This courier waits for two events, the parcel on a van and the word of the desk. Whichever comes first is kept, and the
//! step begins with the second. Here the word of the desk is the answer, which `act` finds in
//! [`Turn::answer`](super::Turn::answer):
//!
//! ```
//! use std::convert::Infallible;
//! use std::sync::LazyLock;
//!
//! use ensemble_saga::step::{Acted, Heard, Signature, State, Step, StepList, Steps, Turn};
//! use ensemble_saga::{Context, Decision, Declaration, Input, Participant, Then};
//! use jiff::Timestamp;
//! use parcel::vocabulary::{events::*, steps};
//! use parcel::{Event, parcel};
//! use wire::told::{Done, Registered};
//! use wire::{Failure, Journey, SagaId};
//!
//! #[derive(Debug)]
//! struct Deliver;
//!
//! impl Step for Deliver {
//!     type Vocabulary = Event;
//!     type Effect = Infallible;
//!     type Reply = Infallible;
//!     type Facts = ();
//!
//!     const SIGNATURE: Signature = Signature::new(steps::DELIVER, PARCEL_LOADED, PARCEL_DELIVERED)
//!         .awaits(PARCEL_ACCEPTED)
//!         .refused(DELIVERY_REFUSED);
//!
//!     fn act(
//!         &self,
//!         _loaded: &Heard<Event>,
//!         turn: &Turn<'_, Event, Infallible>,
//!         _context: &Context<'_, Event>,
//!     ) -> Acted<Infallible, ()> {
//!         match turn.answer {
//!             Some(Event::ParcelAccepted(_)) => Acted::done(()),
//!             _ => Acted::Refused(Failure::new("NotAccepted", steps::DELIVER, "nobody accepted it"), None),
//!         }
//!     }
//! }
//!
//! let list = || StepList::default().with(Deliver);
//! static COURIERS: LazyLock<Declaration> =
//!     LazyLock::new(|| StepList::default().with(Deliver).declaration("couriers", "delivers"));
//! let couriers = Steps::new(&COURIERS, list());
//! let (saga, now) = (SagaId::of_request("parcel", "request-1"), Timestamp::UNIX_EPOCH);
//! let context = Context { saga, now, receive: 1, said: &[], reaction: None };
//! let (subject, journey) = (parcel("Elm.Street"), Journey::until(Timestamp::MAX));
//!
//! let accepted = Event::ParcelAccepted(Registered { subject: subject.clone(), journey: journey.clone() });
//! let accepted = Heard::new(accepted, None).unwrap();
//! let first = couriers.decide(&State::Unseen, Input::Event(&accepted), &context);
//! let Decision::Commit(kept, Then::AnnounceBeside(events)) = first else { panic!("{first:?}") };
//! let State::Known(part) = &kept else { panic!("{kept:?}") };
//! let waits = part.waits.values().next().unwrap();
//! assert!(waits.answer.is_some() && waits.heard.is_none() && events.is_empty());
//!
//! let loaded = Heard::new(Event::ParcelLoaded(Done { subject, journey }), None).unwrap();
//! let second = couriers.decide(&kept, Input::Event(&loaded), &context);
//! let Decision::Commit(_, Then::Announce(events)) = second else { panic!("{second:?}") };
//! assert!(matches!(events[..], [Event::ParcelDelivered(_)]));
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::{EventType, Events};

/// An event on record: its wire name and its data.
///
/// # Examples
///
/// See the example of [the module](self).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The wire name.
    r#type: String,
    /// The data, as the event has it.
    data: Value,
}

/// What has come of the two events for which a step waits.
///
/// # Examples
///
/// See the example of [the module](self).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// The event on which the step begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Kept>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Kept>,
}

impl Kept {
    pub(super) fn of<V: Events>(event: &V) -> Self {
        let data = serde_json::to_value(event).expect("the vocabulary serialises: string keys, no foreign impls");
        Self { r#type: event.event_type().as_str().to_owned(), data }
    }

    /// The type of the event; `None` where this build does not know it.
    #[must_use]
    pub fn event_type<V: Events>(&self) -> Option<EventType> {
        V::LEXICON.event(&self.r#type)
    }

    /// The event; `None` where this build cannot read it.
    pub(super) fn read<V: Events>(&self) -> Option<V> {
        V::parse(self.event_type::<V>()?, &self.data.to_string())?.ok()
    }
}
