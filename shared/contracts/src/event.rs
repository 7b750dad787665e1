//! The list of all events.
//!
//! **Invariant:** a wire name, once published, is frozen, and so is the shape behind its schema version. A new event
//! is one line in `vocabulary!`; the compiler then shows every place that has to decide about it.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Poison, Reason, SagaId, booking, fulfillment, payment};

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
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Booking => "booking",
            Self::Payment => "payment",
            Self::Fulfillment => "fulfillment",
        }
    }
}

macro_rules! vocabulary {
    ($($(#[$doc:meta])* $name:ident = $wire:literal version $version:literal by $publisher:ident holds $data:ty;)+) => {
        /// The type of an event, by its frozen wire name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType {
            /// A client asks for a fare. Its data holds a card, so this crate has no type for it.
            FareRequested,
            $($(#[$doc])* $name,)+
        }

        impl EventType {
            /// Every event type, in the order of the story.
            pub const ALL: &[Self] = &[Self::FareRequested, $(Self::$name),+];

            /// The wire name: the `type` of the `CloudEvent` and the message attribute that subscriptions filter by.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::FareRequested => "fare_requested",
                    $(Self::$name => $wire,)+
                }
            }

            /// The name in prose and pictures.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::FareRequested => "FareRequested",
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// The major version of the data that this build writes and reads.
            #[must_use]
            pub const fn schema_version(self) -> u32 {
                match self {
                    Self::FareRequested => 1,
                    $(Self::$name => $version,)+
                }
            }

            /// Who publishes it.
            #[must_use]
            pub const fn publisher(self) -> Publisher {
                match self {
                    Self::FareRequested => Publisher::Client,
                    $(Self::$name => Publisher::$publisher,)+
                }
            }
        }

        /// An event that a service published: its type and its data.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $($(#[$doc])* $name($data),)+
        }

        impl Event {
            /// Its type.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self {
                    $(Self::$name(_) => EventType::$name,)+
                }
            }

            /// Reads the data of an event of this type.
            pub(crate) fn read(event_type: EventType, data: &RawValue) -> Result<Self, Poison> {
                let read = match event_type {
                    EventType::FareRequested => {
                        return Err(Poison::new(Reason::NotForUs, "a request belongs on the booking queue"));
                    }
                    $(EventType::$name => serde_json::from_str(data.get()).map(Self::$name),)+
                };
                read.map_err(|error| {
                    let rule = rule_of(&error);
                    Poison::new(Reason::Unreadable, format!("data: is not that of {}: {rule}", event_type.as_str()))
                })
            }
        }
    };
}

vocabulary! {
    /// The fare is registered.
    FareRegistered = "fare_registered" version 1 by Booking holds booking::FareRegistered;
    /// The card is charged.
    PaymentCaptured = "payment_captured" version 1 by Payment holds payment::PaymentCaptured;
    /// The card was not charged.
    PaymentDeclined = "payment_declined" version 1 by Payment holds payment::PaymentDeclined;
    /// The customer's account is credited.
    AccountCredited = "account_credited" version 1 by Fulfillment holds fulfillment::AccountCredited;
    /// The customer's account was not credited.
    AccountCreditRefused = "account_credit_refused" version 1 by Fulfillment holds fulfillment::AccountCreditRefused;
    /// The charge was given back.
    PaymentRefunded = "payment_refunded" version 1 by Payment holds payment::PaymentRefunded;
    /// The charge could not be given back.
    PaymentRefundFailed = "payment_refund_failed" version 1 by Payment holds payment::PaymentRefundFailed;
    /// The saga ended well.
    FareCompleted = "fare_completed" version 1 by Booking holds booking::FareCompleted;
    /// The saga failed and everything is undone.
    FareCancelled = "fare_cancelled" version 1 by Booking holds booking::FareFailed;
    /// The request broke a rule.
    FareRejected = "fare_rejected" version 1 by Booking holds booking::FareRejected;
    /// The saga failed and something still stands.
    FareNeedsAttention = "fare_needs_attention" version 1 by Booking holds booking::FareFailed;
}

impl EventType {
    /// Reads a wire name.
    #[must_use]
    pub fn parse(wire: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event_type| event_type.as_str() == wire)
    }

    /// The id of this saga's event of this type: a saga has at most one of each, so the type is step and outcome.
    #[must_use]
    pub fn id_in(self, saga: SagaId) -> uuid::Uuid {
        saga.derive(self.as_str())
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
