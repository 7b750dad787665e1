//! The list of all events.
//!
//! **Invariant:** a wire name, once published, is frozen, and so is the shape behind its schema version. A new event
//! is one line in `vocabulary!`; the compiler then shows every place that has to decide about it.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Poison, Purchase, Reason, SagaId, SagaKind, booking, fulfillment, payment};

/// Who publishes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Publisher {
    /// Whoever asks for a saga.
    Client,
    /// The booking service.
    Booking,
    /// The payment service.
    Payment,
    /// The fulfillment service.
    Fulfillment,
}

impl Publisher {
    /// The name: of the service, its queue, its table and the prefix of its topic.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Booking => "booking",
            Self::Payment => "payment",
            Self::Fulfillment => "fulfillment",
        }
    }
}

macro_rules! vocabulary {
    (
        asked { $($(#[doc = $asked_doc:literal])+ $asked:ident = $asked_wire:literal;)+ }
        $($(#[doc = $doc:literal])+ $name:ident = $wire:literal version $version:literal by $publisher:ident holds $data:ty;)+
    ) => {
        /// The type of an event, by its frozen wire name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType {
            $($(#[doc = $asked_doc])+ $asked,)+
            $($(#[doc = $doc])+ $name,)+
        }

        impl EventType {
            /// Every event type, in the order of the story.
            pub const ALL: &[Self] = &[$(Self::$asked,)+ $(Self::$name),+];

            /// The wire name: the `type` of the `CloudEvent` and the message attribute that subscriptions filter by.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$asked => $asked_wire,)+
                    $(Self::$name => $wire,)+
                }
            }

            /// The name in prose and pictures.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$asked => stringify!($asked),)+
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// What it says, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$asked => concat!($($asked_doc),+).trim_ascii(),)+
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// The schema of its data; `None` for a request, whose data is booking's to describe.
            #[cfg(feature = "schema")]
            pub(crate) fn data_schema(self, generator: &mut schemars::SchemaGenerator) -> Option<schemars::Schema> {
                match self {
                    $(Self::$asked => None,)+
                    $(Self::$name => Some(generator.subschema_for::<$data>()),)+
                }
            }

            /// The major version of the data that this build writes and reads.
            #[must_use]
            pub const fn schema_version(self) -> u32 {
                match self {
                    $(Self::$asked => 1,)+
                    $(Self::$name => $version,)+
                }
            }

            /// Who publishes it.
            #[must_use]
            pub const fn publisher(self) -> Publisher {
                match self {
                    $(Self::$asked => Publisher::Client,)+
                    $(Self::$name => Publisher::$publisher,)+
                }
            }
        }

        /// An event that a service published: its type and its data.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $($(#[doc = $doc])+ $name($data),)+
        }

        impl Event {
            /// Its type.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self {
                    $(Self::$name(_) => EventType::$name,)+
                }
            }

            /// What it is about; a rejection is about nothing that could be read.
            #[must_use]
            pub fn purchase(&self) -> Option<&Purchase> {
                match self {
                    $(Self::$name(data) => data.purchase(),)+
                }
            }

            /// Which of its type it is in its saga, from 0.
            #[must_use]
            pub fn nth(&self) -> u32 {
                match self {
                    $(Self::$name(data) => data.nth(),)+
                }
            }

            /// Reads the data of an event of this type.
            pub(crate) fn read(event_type: EventType, data: &RawValue) -> Result<Self, Poison> {
                let read = match event_type {
                    $(EventType::$asked)|+ => {
                        return Err(Poison::new(Reason::NotForUs, "a request belongs on the booking queue"));
                    }
                    $(EventType::$name => serde_json::from_str(data.get()).map(Self::$name),)+
                };
                let event: Self = read.map_err(|error| {
                    let rule = rule_of(&error);
                    Poison::new(Reason::Unreadable, format!("data: is not that of {}: {rule}", event_type.as_str()))
                })?;
                let kind = event.purchase().map(Purchase::kind);
                match event_type.kind() {
                    Some(expected) if kind.is_some_and(|kind| kind != expected) => {
                        let rule = format!("data: {} must hold a field `{expected}`", event_type.as_str());
                        Err(Poison::new(Reason::Unreadable, rule))
                    }
                    _ => Ok(event),
                }
            }
        }
    };
}

vocabulary! {
    asked {
        // Its data holds a card, so this crate has no type for it.
        /// A client asks for a fare, and gives the card that pays for it.
        FareRequested = "fare_requested";
        /// A client asks for an order.
        OrderRequested = "order_requested";
        /// A client asks that a saga be undone, as far as it may be.
        CancelRequested = "cancel_requested";
        /// An operator asks that what still stands be undone after all.
        RetryRequested = "retry_requested";
        /// An operator closes a saga that needed attention.
        ResolveRequested = "resolve_requested";
    }
    /// The fare is registered.
    FareRegistered = "fare_registered" version 1 by Booking holds booking::Registered;
    /// The order is created.
    OrderCreated = "order_created" version 1 by Booking holds booking::Registered;
    /// Whatever took effect is to be undone.
    UnwindingStarted = "unwinding_started" version 1 by Booking holds booking::UnwindingStarted;
    /// The customer is charged.
    PaymentCaptured = "payment_captured" version 1 by Payment holds payment::PaymentCaptured;
    /// The customer was not charged.
    PaymentDeclined = "payment_declined" version 1 by Payment holds payment::PaymentDeclined;
    /// The customer's account is credited.
    AccountCredited = "account_credited" version 1 by Fulfillment holds fulfillment::Fulfilled;
    /// The customer's account was not credited.
    AccountCreditRefused = "account_credit_refused" version 1 by Fulfillment holds fulfillment::Refused;
    /// The items are reserved.
    InventoryReserved = "inventory_reserved" version 1 by Fulfillment holds fulfillment::Fulfilled;
    /// The items are not reserved.
    InventoryRefused = "inventory_refused" version 1 by Fulfillment holds fulfillment::Refused;
    /// The charge was given back.
    PaymentRefunded = "payment_refunded" version 1 by Payment holds payment::PaymentRefunded;
    /// The charge could not be given back.
    PaymentRefundFailed = "payment_refund_failed" version 1 by Payment holds payment::PaymentRefundFailed;
    /// The fare's saga ended well.
    FareCompleted = "fare_completed" version 1 by Booking holds booking::Completed;
    /// The fare's saga failed and everything is undone.
    FareCancelled = "fare_cancelled" version 1 by Booking holds booking::Failed;
    /// The request for a fare broke a rule.
    FareRejected = "fare_rejected" version 1 by Booking holds booking::FareRejected;
    /// The fare's saga failed and something still stands, or nobody knows.
    FareNeedsAttention = "fare_needs_attention" version 1 by Booking holds booking::Failed;
    /// The order's saga ended well.
    OrderCompleted = "order_completed" version 1 by Booking holds booking::Completed;
    /// The order's saga failed and everything is undone.
    OrderCancelled = "order_cancelled" version 1 by Booking holds booking::Failed;
    /// The request for an order broke a rule.
    OrderRejected = "order_rejected" version 1 by Booking holds booking::OrderRejected;
    /// The order's saga failed and something still stands, or nobody knows.
    OrderNeedsAttention = "order_needs_attention" version 1 by Booking holds booking::Failed;
}

/// What is asked of the data of every event.
trait Data {
    fn purchase(&self) -> Option<&Purchase>;
    fn nth(&self) -> u32;
}

macro_rules! data {
    ($($data:ty: $purchase:expr, $nth:expr;)+) => {
        $(impl Data for $data {
            fn purchase(&self) -> Option<&Purchase> {
                let purchase: fn(&Self) -> Option<&Purchase> = $purchase;
                purchase(self)
            }

            fn nth(&self) -> u32 {
                let nth: fn(&Self) -> u32 = $nth;
                nth(self)
            }
        })+
    };
}

data! {
    booking::Registered: |data| Some(&data.purchase), |data| data.journey.round;
    booking::UnwindingStarted: |data| Some(&data.purchase), |data| data.journey.round;
    booking::Completed: |data| Some(&data.purchase), |data| data.earlier;
    booking::Failed: |data| Some(&data.purchase), |data| data.earlier;
    booking::FareRejected: |_| None, |_| 0;
    booking::OrderRejected: |_| None, |_| 0;
    payment::PaymentCaptured: |data| Some(&data.purchase), |data| data.journey.round;
    payment::PaymentDeclined: |data| Some(&data.purchase), |data| data.journey.round;
    payment::PaymentRefunded: |data| Some(&data.purchase), |data| data.journey.round;
    payment::PaymentRefundFailed: |data| Some(&data.purchase), |data| data.journey.round;
    fulfillment::Fulfilled: |data| Some(&data.purchase), |data| data.journey.round;
    fulfillment::Refused: |data| Some(&data.purchase), |data| data.journey.round;
}

impl EventType {
    /// Reads a wire name.
    #[must_use]
    pub fn parse(wire: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event_type| event_type.as_str() == wire)
    }

    /// The kind of saga that it belongs to; `None` for one that belongs to each.
    #[must_use]
    pub fn kind(self) -> Option<SagaKind> {
        match self {
            Self::FareRequested
            | Self::FareRegistered
            | Self::AccountCredited
            | Self::AccountCreditRefused
            | Self::FareCompleted
            | Self::FareCancelled
            | Self::FareRejected
            | Self::FareNeedsAttention => Some(SagaKind::Fare),
            Self::OrderRequested
            | Self::OrderCreated
            | Self::InventoryReserved
            | Self::InventoryRefused
            | Self::OrderCompleted
            | Self::OrderCancelled
            | Self::OrderRejected
            | Self::OrderNeedsAttention => Some(SagaKind::Order),
            Self::CancelRequested
            | Self::RetryRequested
            | Self::ResolveRequested
            | Self::UnwindingStarted
            | Self::PaymentCaptured
            | Self::PaymentDeclined
            | Self::PaymentRefunded
            | Self::PaymentRefundFailed => None,
        }
    }

    /// The id of this saga's *nth* event of this type: type and number are step, outcome and round.
    #[must_use]
    pub fn id_in(self, saga: SagaId, nth: u32) -> uuid::Uuid {
        match nth {
            0 => saga.derive(self.as_str()),
            _ => saga.derive(&format!("{}/{nth}", self.as_str())),
        }
    }
}

/// What a serde error may say aloud: the rule and the place, never the value that broke it.
#[must_use]
pub fn rule_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!("at line {} column {}", error.line(), error.column());
    // These two name a field of ours. All others can quote the input.
    if text.starts_with("missing field `") || text.starts_with("duplicate field `") {
        let rule = text.split(" at line ").next().unwrap_or_default();
        return format!("{rule} {place}");
    }
    match error.classify() {
        serde_json::error::Category::Data => {
            format!("a value breaks the rule of its field {place}")
        }
        serde_json::error::Category::Eof => format!("the JSON ends too early {place}"),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            format!("not JSON {place}")
        }
    }
}
