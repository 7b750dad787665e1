//! The steps of vans and couriers.

use std::convert::Infallible;
use std::sync::LazyLock;

use saga::step::{Acted, Heard, Signature, Step, StepList, Steps, Turn, Undone};
use saga::{Context, Declaration};
use serde::{Deserialize, Serialize};
use wire::{Failure, Standing};

use crate::vocabulary::events::{
    DELIVERY_REFUSED, LOADING_REFUSED, PARCEL_ACCEPTED, PARCEL_DELIVERED, PARCEL_KEPT, PARCEL_LOADED, PARCEL_UNLOADED,
    UNWINDING_STARTED,
};
use crate::vocabulary::{Event, Parcel, effects, steps};

/// A service that carries. It asks nothing of the world outside: what it carries is its record.
pub type Carrier = Steps<Event, Infallible, Infallible>;

/// On which van the parcel is, by its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Van(pub String);

/// Loads the parcel.
#[derive(Debug)]
pub struct Load;

impl Step for Load {
    type Vocabulary = Event;
    type Effect = Infallible;
    type Reply = Infallible;
    type Facts = Van;

    const SIGNATURE: Signature = Signature::new(steps::LOAD, PARCEL_ACCEPTED, PARCEL_LOADED)
        .refused(LOADING_REFUSED)
        .undone_by(steps::UNLOAD)
        .on(&[DELIVERY_REFUSED], &[PARCEL_UNLOADED, PARCEL_KEPT]);

    fn act(
        &self,
        _heard: &Heard<Event>,
        _turn: &Turn<'_, Event, Infallible>,
        context: &Context<'_, Event>,
    ) -> Acted<Infallible, Van> {
        Acted::done(Van(context.saga.derive("van").to_string()))
    }

    fn undo(
        &self,
        van: &Van,
        _turn: &Turn<'_, Event, Infallible>,
        _context: &Context<'_, Event>,
    ) -> Undone<Infallible, Van> {
        Undone::done(van.clone())
    }

    fn standing(&self, van: &Van, _parcel: &Parcel, _context: &Context<'_, Event>) -> Option<Standing> {
        Some(Standing { effect: effects::LOADED, id: van.0.clone(), amount: None })
    }
}

/// Delivers the parcel. After this nothing is undone.
#[derive(Debug)]
pub struct Deliver;

impl Step for Deliver {
    type Vocabulary = Event;
    type Effect = Infallible;
    type Reply = Infallible;
    type Facts = ();

    const SIGNATURE: Signature = Signature::new(steps::DELIVER, PARCEL_LOADED, PARCEL_DELIVERED)
        .refused(DELIVERY_REFUSED)
        .decides_on(UNWINDING_STARTED);

    fn act(
        &self,
        _heard: &Heard<Event>,
        turn: &Turn<'_, Event, Infallible>,
        _context: &Context<'_, Event>,
    ) -> Acted<Infallible, ()> {
        match turn.subject.parcel.address.as_str() {
            "nowhere" => Acted::Refused(Failure::new("NobodyThere", steps::DELIVER, "nobody took it"), None),
            _ => Acted::done(()),
        }
    }
}

fn of_vans() -> StepList<Event, Infallible, Infallible> {
    StepList::default().with(Load)
}

fn of_couriers() -> StepList<Event, Infallible, Infallible> {
    StepList::default().with(Deliver)
}

/// What vans says of itself.
pub static VANS: LazyLock<Declaration> =
    LazyLock::new(|| of_vans().declaration("vans", "loads the parcel; unloads it"));
/// What couriers says of itself.
pub static COURIERS: LazyLock<Declaration> =
    LazyLock::new(|| of_couriers().declaration("couriers", "delivers the parcel"));

/// The vans service.
#[must_use]
pub fn vans() -> Carrier {
    Steps::new(&VANS, of_vans())
}

/// The couriers service.
#[must_use]
pub fn couriers() -> Carrier {
    Steps::new(&COURIERS, of_couriers())
}
