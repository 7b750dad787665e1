//! Trips owns the saga: it reads requests, and answers for how each trip ends.

use std::convert::Infallible;

use saga::declaration::PATIENT;
use saga::owner::reactions::{asked, begins, completes, fails};
use saga::owner::request::whole;
use saga::owner::{Deadlines, Form, Owner};
use saga::topology::Names;
use saga::{Declaration, Reaction};
use wire::{EventType, Events, Standing};

use crate::vocabulary::events::{
    ANSWER_GIVEN, CANCEL_REQUESTED, CAR_REFUSED, CAR_SETTLED, PLAN_ANSWERED, RESOLVE_REQUESTED, RETRY_REQUESTED,
    ROOM_KEPT, ROOM_REFUSED, ROOM_RELEASED, TRIP_CANCELLED, TRIP_COMPLETED, TRIP_NEEDS_ATTENTION, TRIP_REGISTERED,
    TRIP_REJECTED, TRIP_REQUESTED, UNWINDING_STARTED,
};
use crate::vocabulary::{Event, Plan, Trip, effects, kinds, steps};

/// A reaction to the last of what undoes a trip.
const fn failing(to: EventType, answers: &'static [EventType]) -> Reaction {
    fails(to, &[steps::CALL_OFF_TRIP], &[steps::REGISTER_TRIP], answers, PATIENT)
}

const ENDS: &[EventType] = &[TRIP_CANCELLED, TRIP_NEEDS_ATTENTION];

/// What trips says of itself, as data.
pub(crate) static DECLARATION: Declaration = Declaration {
    name: "trips",
    about: "registers trips, owns the outcome",
    lexicon: Event::LEXICON,
    stateful: true,
    looks: true,
    deadlines: true,
    counters: None,
    reactions: &[
        begins(TRIP_REQUESTED, &[steps::REGISTER_TRIP], &[TRIP_REGISTERED, TRIP_REJECTED, TRIP_CANCELLED], PATIENT),
        completes(CAR_SETTLED, &[], &[TRIP_COMPLETED]),
        failing(ROOM_REFUSED, ENDS),
        failing(ROOM_RELEASED, ENDS),
        failing(ROOM_KEPT, &[TRIP_NEEDS_ATTENTION]),
        asked(ANSWER_GIVEN, &[PLAN_ANSWERED, TRIP_REGISTERED], PATIENT),
        asked(CANCEL_REQUESTED, &[UNWINDING_STARTED], PATIENT),
        asked(RETRY_REQUESTED, &[UNWINDING_STARTED, TRIP_NEEDS_ATTENTION], PATIENT),
        asked(RESOLVE_REQUESTED, &[TRIP_NEEDS_ATTENTION], PATIENT),
        asked(CAR_REFUSED, &[], PATIENT),
    ],
};

/// The fields of a request.
const FIELDS: &[&str] = &["traveller", "city", "nights", "car"];

/// How a request is read.
pub const FORMS: &[Form<Event, Infallible>] = &[Form {
    kind: kinds::TRIP,
    fields: FIELDS,
    read: |fields, broken| whole(fields, kinds::TRIP, FIELDS, broken, |trip| Trip { trip }),
    schema: ("TripRequest", || schemars::schema_for!(Plan).to_value()),
}];

/// The owner of trips.
#[derive(Debug)]
pub struct Trips {
    names: Names,
    deadlines: Deadlines,
}

impl Trips {
    /// The owner under these names, whose trips may take so long.
    #[must_use]
    pub fn new(names: &Names, deadlines: Deadlines) -> Self {
        Self { names: names.clone(), deadlines }
    }
}

impl Owner for Trips {
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

    fn standing(&self, trip: &Trip) -> Standing {
        Standing { effect: effects::PLAN, id: trip.trip.city.to_string(), amount: None }
    }
}
