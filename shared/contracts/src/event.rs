//! The events of the vocabulary, and what any event can be asked.

use std::any::Any;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::data::{Beside, Data, Publisher};
use crate::json::rule_of;
use crate::vocabulary::{first, vocabulary};
use crate::{Outcome, Path, Poison, Purchase, Reason, SagaId, SagaKind, booking, fulfillment, payment};

macro_rules! events {
    (
        steps { $($steps:tt)* }
        requests {
            $($(#[doc = $asked_doc:literal])+ $asked:ident $(of $asked_kind:ident)? = $asked_wire:literal;)+
        }
        events {
            $(
                $(#[doc = $doc:literal])+
                $name:ident $(of $kind:ident)? = $wire:literal version $version:literal
                    by $publisher:ident holds $data:ty $(, beside $beside:ident)? $(, tells $outcome:ident)?;
            )+
        }
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

            /// What the event says, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$asked => concat!($($asked_doc),+).trim_ascii(),)+
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// The kind of saga that the event belongs to; `None` for an event of every kind.
            #[must_use]
            pub const fn kind(self) -> Option<SagaKind> {
                match self {
                    $(Self::$asked => first!($(Some(SagaKind::$asked_kind),)? None),)+
                    $(Self::$name => first!($(Some(SagaKind::$kind),)? None),)+
                }
            }

            /// The outcome that the event tells; `None` for an event after which the saga goes on.
            #[must_use]
            pub const fn outcome(self) -> Option<Outcome> {
                match self {
                    $(Self::$asked => None,)+
                    $(Self::$name => first!($(Some(Outcome::$outcome),)? None),)+
                }
            }

            /// Whether a sealed card travels beside the event. A card is stored nowhere.
            #[must_use]
            pub const fn carries_card(self) -> bool {
                match self {
                    $(Self::$asked => false,)+
                    $(Self::$name => first!($(Beside::$beside.is_card(),)? false),)+
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

            /// Who publishes the event.
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

            /// What every event's data can be asked for.
            #[must_use]
            pub fn data(&self) -> &dyn Data {
                match self {
                    $(Self::$name(data) => data,)+
                }
            }

            /// The same, with another way so far.
            #[must_use]
            pub fn with_path(mut self, path: Path) -> Self {
                let data: &mut dyn Data = match &mut self {
                    $(Self::$name(data) => data,)+
                };
                *data.path_mut() = path;
                self
            }

            /// The event of this type with this data; `None` where such an event holds other data.
            #[must_use]
            pub fn new<D: Data + Clone>(event_type: EventType, data: &D) -> Option<Self> {
                let data: &dyn Any = data;
                match event_type {
                    $(EventType::$asked)|+ => None,
                    $(EventType::$name => data.downcast_ref::<$data>().cloned().map(Self::$name),)+
                }
            }

            /// Reads the data of an event of this type.
            fn parse(event_type: EventType, data: &str) -> Option<serde_json::Result<Self>> {
                match event_type {
                    $(EventType::$asked)|+ => None,
                    $(EventType::$name => Some(serde_json::from_str(data).map(Self::$name)),)+
                }
            }
        }
    };
}

vocabulary!(events);

impl Event {
    /// Its data, where an event of this type holds such data.
    #[must_use]
    pub fn holds<D: Data>(&self) -> Option<&D> {
        let data: &dyn Any = self.data();
        data.downcast_ref()
    }

    /// The fare or the order; a rejection is about nothing that could be read.
    #[must_use]
    pub fn purchase(&self) -> Option<&Purchase> {
        self.data().purchase()
    }

    /// The way so far.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.data().path()
    }

    /// Which of its type the event is in its saga, from 0.
    #[must_use]
    pub fn nth(&self) -> u32 {
        self.data().nth()
    }
}

impl EventType {
    /// Reads a wire name.
    #[must_use]
    pub fn parse(wire: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event_type| event_type.as_str() == wire)
    }

    /// Whether the event occurs in sagas of this kind.
    #[must_use]
    pub fn is_of(self, kind: SagaKind) -> bool {
        self.kind().is_none_or(|of| of == kind)
    }

    /// The event by which a client asks for a saga of this kind.
    #[must_use]
    pub fn requesting(kind: SagaKind) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.publisher() == Publisher::Client && event.kind() == Some(kind))
    }

    /// The event that tells this outcome of a saga of this kind.
    #[must_use]
    pub fn telling(kind: SagaKind, outcome: Outcome) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.kind() == Some(kind) && event.outcome() == Some(outcome))
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

impl Event {
    /// Reads the data of an event of this type.
    pub(crate) fn read(event_type: EventType, data: &RawValue) -> Result<Self, Poison> {
        let unreadable = |rule: String| Poison::new(Reason::Unreadable, rule);
        let name = event_type.as_str();
        let read = Self::parse(event_type, data.get())
            .ok_or_else(|| Poison::new(Reason::NotForUs, "a request belongs on the booking queue"))?;
        let event = read.map_err(|error| unreadable(format!("data: is not that of {name}: {}", rule_of(&error))))?;
        match (event_type.kind(), event.purchase().map(Purchase::kind)) {
            (Some(expected), Some(kind)) if kind != expected => {
                Err(unreadable(format!("data: {name} must hold a field `{expected}`")))
            }
            _ => Ok(event),
        }
    }
}
