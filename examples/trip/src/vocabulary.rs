//! What a trip is, and every step and event of its saga.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::told::{self, Answered, Completed, Failed, NoDetails, Registered, Rejected, UnwindingStarted};
use wire::{Identifier, SagaKind, Subject, Vocabulary};

/// What a traveller asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Who travels.
    pub traveller: Identifier,
    /// Where to.
    pub city: Identifier,
    /// For how many nights.
    pub nights: u16,
    /// Whether a car is wanted.
    pub car: bool,
}

/// The subject of the saga: on the wire, a field `trip`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trip {
    /// What was asked for.
    pub trip: Plan,
}

impl Subject for Trip {
    fn kind(&self) -> SagaKind {
        kinds::TRIP
    }
}

/// What clients are told; nothing where a request could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// What was asked for.
    pub trip: Option<Plan>,
}

impl From<&Trip> for Asked {
    fn from(trip: &Trip) -> Self {
        Self { trip: Some(trip.trip.clone()) }
    }
}

/// What a step says that took effect.
pub type Done = told::Done<Trip>;

/// What a step says that did not take effect, or is undone, or could not be undone.
pub type NotDone = told::NotDone<Trip>;

wire::vocabulary! {
    /// The events of trips.
    pub enum Event about Trip, schemas;

    kinds {
        /// A room, a deposit, a flight and a car are booked.
        TRIP = "trip";
    }

    steps {
        /// Trips puts the request on record.
        REGISTER_TRIP = "RegisterTrip" of TRIP;
        /// Hotels holds a room.
        HOLD_ROOM = "HoldRoom" of TRIP;
        /// Hotels takes a deposit for the room.
        PAY_DEPOSIT = "PayDeposit" of TRIP;
        /// Flights waits until the traveller has approved the plan.
        APPROVE_PLAN = "ApprovePlan" of TRIP;
        /// Flights books the flight.
        BOOK_FLIGHT = "BookFlight" of TRIP;
        /// Cars rents a car, if one is wanted.
        RENT_CAR = "RentCar" of TRIP;
        /// Flights cancels the flight.
        CANCEL_FLIGHT = "CancelFlight" of TRIP undoes BOOK_FLIGHT;
        /// Hotels gives the deposit back.
        RETURN_DEPOSIT = "ReturnDeposit" of TRIP undoes PAY_DEPOSIT;
        /// Hotels releases the room.
        RELEASE_ROOM = "ReleaseRoom" of TRIP undoes HOLD_ROOM;
        /// Trips marks the trip as called off.
        CALL_OFF_TRIP = "CallOffTrip" of TRIP undoes REGISTER_TRIP;
    }

    effects {
        /// A room that was not released.
        ROOM = "room";
        /// A deposit that was not given back.
        DEPOSIT = "deposit";
        /// A flight that was not cancelled.
        FLIGHT = "flight";
        /// A trip that was not called off.
        PLAN = "trip";
    }

    requests {
        /// A traveller asks for a trip.
        TRIP_REQUESTED = "TripRequested" "trip_requested" of TRIP;
    }

    events {
        /// The trip is on record.
        TRIP_REGISTERED = TripRegistered(Registered<Trip>) "trip_registered" of TRIP by "trips";
        /// Whatever took effect is to be undone.
        UNWINDING_STARTED = UnwindingStarted(UnwindingStarted<Trip>) "unwinding_started" of TRIP by "trips", means Unwinding;
        /// The traveller has approved the plan, or has not.
        PLAN_ANSWERED = PlanAnswered(Answered<Trip>) "plan_answered" of TRIP by "trips", means Answer;
        /// A room is held.
        ROOM_HELD = RoomHeld(Done) "room_held" of TRIP by "hotels";
        /// The deposit is paid.
        DEPOSIT_PAID = DepositPaid(Done) "deposit_paid" of TRIP by "hotels";
        /// There is no room, or no deposit was paid for it.
        ROOM_REFUSED = RoomRefused(NotDone) "room_refused" of TRIP by "hotels";
        /// The room is released, and its deposit given back.
        ROOM_RELEASED = RoomReleased(NotDone) "room_released" of TRIP by "hotels";
        /// The room, or its deposit, could not be given back.
        ROOM_KEPT = RoomKept(NotDone) "room_kept" of TRIP by "hotels";
        /// The plan is approved, and the flight can be booked.
        PLAN_APPROVED = PlanApproved(Done) "plan_approved" of TRIP by "flights";
        /// The flight is booked.
        FLIGHT_BOOKED = FlightBooked(Done) "flight_booked" of TRIP by "flights";
        /// There is no flight, or the plan was not approved.
        FLIGHT_REFUSED = FlightRefused(NotDone) "flight_refused" of TRIP by "flights";
        /// The flight is cancelled.
        FLIGHT_CANCELLED = FlightCancelled(NotDone) "flight_cancelled" of TRIP by "flights";
        /// The flight could not be cancelled.
        FLIGHT_KEPT = FlightKept(NotDone) "flight_kept" of TRIP by "flights";
        /// A car is rented, or none is wanted.
        CAR_SETTLED = CarSettled(Done) "car_settled" of TRIP by "cars";
        /// There is no car, or the trip was called off before it was rented.
        CAR_REFUSED = CarRefused(NotDone) "car_refused" of TRIP by "cars";
        /// Everything is booked.
        TRIP_COMPLETED = TripCompleted(Completed<Trip, NoDetails>) "trip_completed" of TRIP by "trips", tells Completed;
        /// The trip is called off, and everything is undone.
        TRIP_CANCELLED = TripCancelled(Failed<Trip, NoDetails>) "trip_cancelled" of TRIP by "trips", tells Compensated;
        /// The request broke a rule.
        TRIP_REJECTED = TripRejected(Rejected<Asked>) "trip_rejected" of TRIP by "trips", tells Rejected;
        /// The trip is called off, and something still stands, or nobody knows.
        TRIP_NEEDS_ATTENTION = TripNeedsAttention(Failed<Trip, NoDetails>) "trip_needs_attention" of TRIP by "trips", tells NeedsAttention;
    }
}

impl Vocabulary for Event {
    type Asked = Asked;
    type Details = NoDetails;
    type About = Asked;

    fn unread(_kind: SagaKind) -> Asked {
        Asked::default()
    }

    fn told(&self) -> Option<Asked> {
        self.asked()
    }
}
