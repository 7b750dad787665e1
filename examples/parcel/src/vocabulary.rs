//! What a parcel is, and every step and event of its saga.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::told::{Completed, Done, Failed, NoDetails, NotDone, Registered, Rejected, UnwindingStarted};
use wire::{Identifier, REMOVED, SagaKind, Subject, Vocabulary};

/// What a sender asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Where the parcel goes.
    pub address: Identifier,
}

/// The subject of the saga: on the wire, a field `parcel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parcel {
    /// What was asked for.
    pub parcel: Label,
}

impl Subject for Parcel {
    fn kind(&self) -> SagaKind {
        kinds::PARCEL
    }
}

/// What senders are told; nothing where a request could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// What was asked for.
    pub parcel: Option<Label>,
}

impl From<&Parcel> for Asked {
    fn from(parcel: &Parcel) -> Self {
        Self { parcel: Some(parcel.parcel.clone()) }
    }
}

wire::vocabulary! {
    /// The events of parcels.
    pub enum Event about Parcel, schemas;

    kinds {
        /// A parcel is accepted, loaded and delivered.
        PARCEL = "parcel";
    }

    steps {
        /// The desk puts the parcel on record.
        ACCEPT = "Accept" of PARCEL;
        /// Vans loads the parcel.
        LOAD = "Load" of PARCEL;
        /// A courier delivers the parcel.
        DELIVER = "Deliver" of PARCEL;
        /// Vans unloads the parcel.
        UNLOAD = "Unload" of PARCEL undoes LOAD;
        /// The desk gives the parcel back.
        GIVE_BACK = "GiveBack" of PARCEL undoes ACCEPT;
    }

    effects {
        /// A parcel that was not unloaded.
        LOADED = "loaded";
        /// A parcel that was not given back.
        ACCEPTED = "accepted";
    }

    requests {
        /// A sender asks for a delivery.
        PARCEL_REQUESTED = "ParcelRequested" "parcel_requested" of PARCEL;
    }

    events {
        /// The parcel is on record.
        PARCEL_ACCEPTED = ParcelAccepted(Registered<Parcel>) "parcel_accepted" of PARCEL by "desk";
        /// Whatever took effect is to be undone.
        UNWINDING_STARTED = UnwindingStarted(UnwindingStarted<Parcel>) "unwinding_started" of PARCEL by "desk", means Unwinding;
        /// The parcel is on a van.
        PARCEL_LOADED = ParcelLoaded(Done<Parcel>) "parcel_loaded" of PARCEL by "vans";
        /// No van has room for the parcel.
        LOADING_REFUSED = LoadingRefused(NotDone<Parcel>) "loading_refused" of PARCEL by "vans";
        /// The parcel is unloaded.
        PARCEL_UNLOADED = ParcelUnloaded(NotDone<Parcel>) "parcel_unloaded" of PARCEL by "vans";
        /// The parcel could not be unloaded.
        PARCEL_KEPT = ParcelKept(NotDone<Parcel>) "parcel_kept" of PARCEL by "vans";
        /// The parcel is delivered.
        PARCEL_DELIVERED = ParcelDelivered(Done<Parcel>) "parcel_delivered" of PARCEL by "couriers";
        /// Nobody took the parcel, or it was called back before.
        DELIVERY_REFUSED = DeliveryRefused(NotDone<Parcel>) "delivery_refused" of PARCEL by "couriers";
        /// The sender's parcel has arrived.
        PARCEL_COMPLETED = ParcelCompleted(Completed<Parcel, NoDetails>) "parcel_completed" of PARCEL by "desk", tells Completed;
        /// The sender has the parcel back.
        PARCEL_RETURNED = ParcelReturned(Failed<Parcel, NoDetails>) "parcel_returned" of PARCEL by "desk", tells Compensated;
        /// The request broke a rule.
        PARCEL_REJECTED = ParcelRejected(Rejected<Asked>) "parcel_rejected" of PARCEL by "desk", tells Rejected;
        /// Something still stands, or nobody knows.
        PARCEL_NEEDS_ATTENTION = ParcelNeedsAttention(Failed<Parcel, NoDetails>) "parcel_needs_attention" of PARCEL by "desk", tells NeedsAttention;
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

    /// The code of a door, which a sender may write into any text as `code:4711`, is not kept.
    fn cleaned(text: &str) -> Cow<'_, str> {
        let word = |word| if str::starts_with(word, "code:") { REMOVED } else { word };
        Cow::Owned(text.split(' ').map(word).collect::<Vec<_>>().join(" "))
    }
}
