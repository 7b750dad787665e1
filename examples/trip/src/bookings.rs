//! The steps of hotels, flights and cars. Each books what its agency has, and gives it back.

use std::convert::Infallible;
use std::sync::LazyLock;

use saga::step::{Acted, Forced, Heard, Signature, Step, StepList, Steps, Turn, Undone};
use saga::{Context, Declaration};
use serde::{Deserialize, Serialize};
use wire::{Failure, Standing, StepType};

use crate::vocabulary::events::{
    CAR_REFUSED, CAR_SETTLED, DEPOSIT_PAID, FLIGHT_BOOKED, FLIGHT_CANCELLED, FLIGHT_KEPT, FLIGHT_REFUSED,
    PLAN_ANSWERED, PLAN_APPROVED, ROOM_HELD, ROOM_KEPT, ROOM_REFUSED, ROOM_RELEASED, TRIP_REGISTERED,
    UNWINDING_STARTED,
};
use crate::vocabulary::{Event, Trip, effects, steps};

/// A service that books. It asks nothing of the world outside: what it books is its record.
pub type Bookings = Steps<Event, Infallible, Infallible>;

type List = StepList<Event, Infallible, Infallible>;
type Known<'a> = Turn<'a, Event, Infallible>;
type Saga<'a> = Context<'a, Event>;

/// What was booked, by the agency's number; `None` where nothing was wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Booked(Option<String>);

/// A traveller may ask for a failure, by the name of a step behind a point: `ann.BookFlight` finds no flight.
fn force(step: StepType, trip: &Trip) -> Option<Failure> {
    let asked = trip.trip.traveller.as_str().split('.').skip(1).any(|name| name == step.as_str());
    asked.then(|| Failure::new(&format!("No{}", step.as_str()), step, "sold out"))
}

/// A step that books, as data: its signature, what it leaves standing, and its answers.
macro_rules! booking {
    ($($(#[$doc:meta])+ $step:ident($signature:expr, $effect:expr);)+) => { $(
        $(#[$doc])+
        #[derive(Debug)]
        struct $step;

        impl Step for $step {
            type Vocabulary = Event;
            type Effect = Infallible;
            type Reply = Infallible;
            type Facts = Booked;

            const SIGNATURE: Signature = $signature;

            fn act(&self, _: &Heard<Event>, turn: &Known<'_>, saga: &Saga<'_>) -> Acted<Infallible, Booked> {
                let wanted = Self::SIGNATURE.step != steps::RENT_CAR || turn.subject.trip.car;
                let number = saga.saga.derive(Self::SIGNATURE.step.as_str()).to_string();
                Acted::done(Booked(wanted.then_some(number)))
            }

            fn undo(&self, booked: &Booked, _: &Known<'_>, _: &Saga<'_>) -> Undone<Infallible, Booked> {
                Undone::done(booked.clone())
            }

            fn standing(&self, Booked(number): &Booked, _: &Trip, _: &Saga<'_>) -> Option<Standing> {
                Some(Standing { effect: $effect, id: number.clone()?, amount: None })
            }

            fn is_left_out(&self, Booked(number): &Booked) -> bool {
                number.is_none()
            }
        }
    )+ };
}

booking! {
    /// Holds a room.
    HoldRoom(
        Signature::new(steps::HOLD_ROOM, TRIP_REGISTERED, ROOM_HELD)
            .refused(ROOM_REFUSED)
            .undone_by(steps::RELEASE_ROOM),
        effects::ROOM
    );
    /// Takes the deposit for the room that is held.
    PayDeposit(
        Signature::new(steps::PAY_DEPOSIT, ROOM_HELD, DEPOSIT_PAID)
            .refused(ROOM_REFUSED)
            .undone_by(steps::RETURN_DEPOSIT)
            .on(&[FLIGHT_REFUSED, FLIGHT_CANCELLED, FLIGHT_KEPT], &[ROOM_RELEASED, ROOM_KEPT]),
        effects::DEPOSIT
    );
    /// Books the flight.
    BookFlight(
        Signature::new(steps::BOOK_FLIGHT, PLAN_APPROVED, FLIGHT_BOOKED)
            .refused(FLIGHT_REFUSED)
            .undone_by(steps::CANCEL_FLIGHT)
            .on(&[CAR_REFUSED], &[FLIGHT_CANCELLED, FLIGHT_KEPT]),
        effects::FLIGHT
    );
    /// Rents a car, if one is wanted. After this nothing is undone.
    RentCar(
        Signature::new(steps::RENT_CAR, FLIGHT_BOOKED, CAR_SETTLED).refused(CAR_REFUSED).decides_on(UNWINDING_STARTED),
        effects::PLAN
    );
}

/// Waits until the traveller has approved the plan, for days if need be.
#[derive(Debug)]
struct ApprovePlan;

impl Step for ApprovePlan {
    type Vocabulary = Event;
    type Effect = Infallible;
    type Reply = Infallible;
    type Facts = ();

    const SIGNATURE: Signature = Signature::new(steps::APPROVE_PLAN, DEPOSIT_PAID, PLAN_APPROVED)
        .awaits(PLAN_ANSWERED)
        .refused(FLIGHT_REFUSED)
        .leaves_nothing();

    fn act(&self, _: &Heard<Event>, turn: &Known<'_>, _: &Saga<'_>) -> Acted<Infallible, ()> {
        match turn.answer {
            Some(Event::PlanAnswered(told)) if told.answer == "yes" => Acted::done(()),
            _ => Acted::Refused(Failure::new("PlanDeclined", Self::SIGNATURE.step, "the traveller declined"), None),
        }
    }
}

/// The steps of a service.
fn steps_of(service: &str) -> List {
    match service {
        "hotels" => List::default().with(Forced::new(HoldRoom, Some(force))).with(Forced::new(PayDeposit, Some(force))),
        "flights" => List::default().with(ApprovePlan).with(Forced::new(BookFlight, Some(force))),
        _ => List::default().with(Forced::new(RentCar, Some(force))),
    }
}

fn declared(service: &'static str, about: &'static str) -> Declaration {
    steps_of(service).declaration(service, about)
}

/// What hotels says of itself.
pub static HOTELS: LazyLock<Declaration> =
    LazyLock::new(|| declared("hotels", "holds a room, takes the deposit; gives both back"));
/// What flights says of itself.
pub static FLIGHTS: LazyLock<Declaration> = LazyLock::new(|| declared("flights", "books the flight; cancels it"));
/// What cars says of itself.
pub static CARS: LazyLock<Declaration> = LazyLock::new(|| declared("cars", "rents a car, if one is wanted"));

/// The service that has said this of itself.
#[must_use]
pub fn service(declaration: &'static Declaration) -> Bookings {
    Steps::new(declaration, steps_of(declaration.name))
}
