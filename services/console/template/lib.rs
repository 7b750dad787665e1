//! A saga of your own: a parcel is accepted, loaded on a van and delivered.
//!
//! Three services take part, and a notifier. `desk` owns the saga. `vans` loads the parcel, and unloads it when nobody
//! takes it. `couriers` decides last: after its step, nothing is undone.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `vocabulary.rs` | the list of all steps and events, and what a parcel is |
//! | `desk.rs` | the owner: how a request is read, how a saga ends |
//! | `carriers.rs` | the steps of vans and couriers |
//! | `notifier.rs` | the notifier of senders |
//! | `main.rs` | the operator's command |

pub mod carriers;
pub mod desk;
pub mod notifier;
pub mod vocabulary;

use map::{Map, RequestForm};
use runtime::{NoEffects, Service};
use saga::Declaration;
use saga::owner::request::schema;
use saga::topology::Names;

use crate::carriers::{COURIERS, VANS, couriers, vans};
use crate::desk::Desk;
use crate::notifier::{NOTIFIER, notifier};
use crate::vocabulary::Event;

/// The choreography: drawn, checked and deployed from this.
#[must_use]
pub fn map() -> Map {
    let participants: [&Declaration; 4] = [&desk::DECLARATION, &VANS, &COURIERS, &NOTIFIER];
    Map::of::<Event>(&participants, |event| {
        let (name, schema) = schema::fields(desk::FORMS, event)?;
        Some(RequestForm { name, schema, example: None })
    })
}

/// All services, ready to run side by side or each by itself.
#[must_use]
pub fn services(names: &Names) -> Vec<Service> {
    vec![
        Service::new(Desk::new(names), NoEffects),
        Service::new(vans(), NoEffects),
        Service::new(couriers(), NoEffects),
        Service::new(notifier(), NoEffects),
    ]
}
