//! The saga of the examples in the library's documentation: a parcel is accepted, loaded on a van and delivered.
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
//!
//! `ensemble new` writes these files into a new package, with a `lib.rs` that has the map and the services
//! (`services/console/template`). Here is what the examples in the documentation need besides.

pub mod carriers;
pub mod desk;
pub mod notifier;
pub mod vocabulary;

use saga::{Announcement, Channel, Declaration};
use wire::{Identifier, SagaId};

pub use carriers::{COURIERS, Carrier, VANS, couriers, vans};
pub use desk::Desk;
pub use notifier::{NOTIFIER, notifier};
pub use vocabulary::{Asked, Event, Parcel};

/// Everybody who takes part, by what each says of itself.
#[must_use]
pub fn participants() -> [&'static Declaration; 4] {
    [&desk::DECLARATION, &VANS, &COURIERS, &NOTIFIER]
}

/// A parcel to this address. Nobody takes one that is sent to `nowhere`.
///
/// # Panics
///
/// For an address that is no [`Identifier`].
#[must_use]
pub fn parcel(address: &str) -> Parcel {
    Parcel { parcel: vocabulary::Label { address: Identifier::parse(address).expect("an example has an address") } }
}

/// The request for a delivery to this address, as a message.
#[must_use]
pub fn request(address: &str) -> Announcement {
    Announcement {
        channel: Channel::Requests(vocabulary::kinds::PARCEL),
        id: SagaId::of_request("parcel", address).uuid(),
        name: vocabulary::events::PARCEL_REQUESTED.as_str().to_owned(),
        body: format!(r#"{{"address":"{address}"}}"#),
        attributes: vec![("requestId", address.to_owned())],
    }
}
