//! The macro behind [`crate::vocabulary`]: it makes the types of a list of steps and events.

/// Makes `StepName`, `EventType` and `Event`, and all that the list says of them.
macro_rules! vocabulary {
    (
        steps {
            $($(#[doc = $step_doc:literal])+ $step:ident of $step_kind:ident $(undoes $undone:ident)?;)+
        }
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
        /// A step that a path can hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum StepName {
            $($(#[doc = $step_doc])+ $step,)+
        }

        impl StepName {
            /// Every step.
            pub const ALL: &[Self] = &[$(Self::$step),+];

            /// The name, as a path has it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$step => stringify!($step),)+
                }
            }

            /// The kind of saga that the step belongs to.
            #[must_use]
            pub const fn kind(self) -> SagaKind {
                match self {
                    $(Self::$step => SagaKind::$step_kind,)+
                }
            }

            /// The step that this one undoes; `None` for a step that goes forward.
            #[must_use]
            pub const fn undoes(self) -> Option<Self> {
                match self {
                    $(Self::$step => first!($(Some(Self::$undone),)? None),)+
                }
            }
        }

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

/// The first of one or two expressions: what a list says, or what holds where the list says nothing.
macro_rules! first {
    ($first:expr $(, $rest:expr)? $(,)?) => {
        $first
    };
}

pub(crate) use {first, vocabulary};
