//! A saga of one's own: a trip with a room, a deposit, a flight and, if it is wanted, a car.
//!
//! Four services take part, and a notifier. `trips` owns the saga. `hotels` takes two steps, one after the other. `cars`
//! decides last: after its step, nothing is undone. What took effect before is undone in reverse, by three services'
//! worth of steps.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `vocabulary.rs` | the list of all steps and events, and what a trip is |
//! | `trips.rs` | the owner: how a request is read, how a trip ends |
//! | `bookings.rs` | the steps of hotels, flights and cars |

mod bookings;
mod trips;
pub mod vocabulary;

use std::sync::LazyLock;

use map::{Map, RequestForm};
use runtime::{NoEffects, Service};
use saga::owner::Deadlines;
use saga::owner::request::schema;
use saga::topology::Names;
use saga::{Declaration, notifier};

pub use bookings::{Bookings, CARS, FLIGHTS, HOTELS, service};
pub use trips::{FORMS, Trips};
pub use vocabulary::{Event, Plan, Trip};

/// The notifier of trips.
pub static NOTIFIER: LazyLock<Declaration> =
    LazyLock::new(|| notifier::declaration::<Event>("notifier", "tells travellers how their trips ended"));

/// The choreography: drawn, checked and deployed from this.
#[must_use]
pub fn map() -> Map {
    let participants: [&Declaration; 5] = [&trips::DECLARATION, &HOTELS, &FLIGHTS, &CARS, &NOTIFIER];
    Map::of::<Event>(&participants, |event| {
        let (name, schema) = schema::fields(FORMS, event)?;
        Some(RequestForm { name, schema, example: None })
    })
}

/// All services, ready to run side by side or each by itself.
#[must_use]
pub fn services(names: &Names) -> Vec<Service> {
    vec![
        Service::new(Trips::new(names, Deadlines::default()), NoEffects),
        Service::new(service(&HOTELS), NoEffects),
        Service::new(service(&FLIGHTS), NoEffects),
        Service::new(service(&CARS), NoEffects),
        Service::new(notifier::Notifier::<Event>::new(&NOTIFIER), NoEffects),
    ]
}
