//! The desk owns the saga: it reads requests, and answers for what becomes of each parcel.

use std::convert::Infallible;

use saga::declaration::PATIENT;
use saga::owner::reactions::{asked, begins, completes, fails};
use saga::owner::request::whole;
use saga::owner::{Deadlines, Fields, Form, Owner, Reading};
use saga::topology::Names;
use saga::{Declaration, Reaction};
use wire::{EventType, Events, Standing};

use crate::vocabulary::events::{
    CANCEL_REQUESTED, DELIVERY_REFUSED, LOADING_REFUSED, PARCEL_ACCEPTED, PARCEL_COMPLETED, PARCEL_DELIVERED,
    PARCEL_KEPT, PARCEL_NEEDS_ATTENTION, PARCEL_REJECTED, PARCEL_REQUESTED, PARCEL_RETURNED, PARCEL_UNLOADED,
    RESOLVE_REQUESTED, RETRY_REQUESTED, UNWINDING_STARTED,
};
use crate::vocabulary::{Event, Label, Parcel, effects, kinds, steps};

/// A reaction to the last of what undoes a saga.
const fn failing(to: EventType, answers: &'static [EventType]) -> Reaction {
    fails(to, &[steps::GIVE_BACK], &[steps::ACCEPT], answers, PATIENT)
}

const ENDS: &[EventType] = &[PARCEL_RETURNED, PARCEL_NEEDS_ATTENTION];

/// What the desk says of itself, as data.
pub static DECLARATION: Declaration = Declaration {
    name: "desk",
    about: "accepts parcels, owns the outcome",
    lexicon: Event::LEXICON,
    stateful: true,
    looks: true,
    deadlines: true,
    counters: None,
    reactions: &[
        begins(PARCEL_REQUESTED, &[steps::ACCEPT], &[PARCEL_ACCEPTED, PARCEL_REJECTED, PARCEL_RETURNED], PATIENT),
        completes(PARCEL_DELIVERED, &[], &[PARCEL_COMPLETED]),
        failing(LOADING_REFUSED, ENDS),
        failing(PARCEL_UNLOADED, ENDS),
        failing(PARCEL_KEPT, &[PARCEL_NEEDS_ATTENTION]),
        asked(CANCEL_REQUESTED, &[UNWINDING_STARTED], PATIENT),
        asked(RETRY_REQUESTED, &[UNWINDING_STARTED, PARCEL_NEEDS_ATTENTION], PATIENT),
        asked(RESOLVE_REQUESTED, &[PARCEL_NEEDS_ATTENTION], PATIENT),
        asked(DELIVERY_REFUSED, &[], PATIENT),
    ],
};

const FIELDS: &[&str] = &["address"];

/// How a request is read.
pub const FORMS: &[Form<Event, Infallible>] = &[Form {
    kind: kinds::PARCEL,
    fields: FIELDS,
    read,
    schema: ("ParcelRequest", || schemars::schema_for!(Label).to_value()),
}];

/// Reads the fields of a request, which has broken these rules already.
///
/// # Errors
///
/// The rules that the request breaks.
pub fn read(fields: &Fields<'_>, broken: Vec<String>) -> Reading<Event, Infallible> {
    whole(fields, kinds::PARCEL, FIELDS, broken, |parcel| Parcel { parcel })
}

/// The owner of parcels.
#[derive(Debug)]
pub struct Desk {
    names: Names,
    deadlines: Deadlines,
}

impl Desk {
    /// The owner under these names, with a quarter of an hour for each parcel.
    #[must_use]
    pub fn new(names: &Names) -> Self {
        Self { names: names.clone(), deadlines: Deadlines::default() }
    }

    /// The same, with other deadlines.
    #[must_use]
    pub fn within(self, deadlines: Deadlines) -> Self {
        Self { deadlines, ..self }
    }
}

impl Owner for Desk {
    type Vocabulary = Event;
    type Secret = Infallible;

    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn forms(&self) -> &'static [Form<Event, Infallible>] {
        FORMS
    }

    fn names(&self) -> &Names {
        &self.names
    }

    fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    fn standing(&self, parcel: &Parcel) -> Standing {
        Standing { effect: effects::ACCEPTED, id: parcel.parcel.address.to_string(), amount: None }
    }
}
