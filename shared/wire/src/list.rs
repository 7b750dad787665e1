//! The macro that makes a vocabulary of a list.

/// Makes the events of a choreography of a list: every kind of saga, every step, every effect and every event, one line
/// each.
///
/// With `, schemas` behind the subject, every type of data derives `JsonSchema`, and the events have the schemas of which
/// documents are rendered; with `, schemas if "feature"`, they do so under that feature of the crate.
///
/// It makes the enum of the events, with its [`Events`](crate::Events), and the modules `kinds`, `steps`, `effects` and
/// `events` with a constant for each line.
///
/// # Examples
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use ensemble_wire::told::{Registered, UnwindingStarted};
/// use ensemble_wire::{Events, SagaKind};
///
/// /// What is asked for.
/// #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
/// pub struct Parcel {
///     address: String,
/// }
///
/// impl ensemble_wire::Subject for Parcel {
///     fn kind(&self) -> SagaKind {
///         kinds::PARCEL
///     }
/// }
///
/// ensemble_wire::vocabulary! {
///     /// The events of a parcel service.
///     pub enum Event about Parcel, schemas;
///     kinds {
///         /// A parcel is accepted and delivered.
///         PARCEL = "parcel";
///     }
///     steps {
///         /// The parcel is accepted.
///         ACCEPT = "Accept" of PARCEL;
///         /// The parcel is given back: undoes its acceptance.
///         GIVE_BACK = "GiveBack" of PARCEL undoes ACCEPT;
///     }
///     effects {
///         /// A parcel that was not given back.
///         PARCEL_KEPT = "parcel";
///     }
///     requests {
///         /// A client asks for a delivery.
///         PARCEL_REQUESTED = "ParcelRequested" "parcel_requested" of PARCEL;
///     }
///     events {
///         /// The parcel is accepted.
///         PARCEL_ACCEPTED = ParcelAccepted(Registered<Parcel>) "parcel_accepted" of PARCEL by "desk";
///         /// Whatever took effect is to be undone.
///         UNWINDING_STARTED = UnwindingStarted(UnwindingStarted<Parcel>) "unwinding_started" by "desk", means Unwinding;
///     }
/// }
///
/// fn main() {
///     assert_eq!(events::PARCEL_ACCEPTED.publisher().as_str(), "desk");
///     assert_eq!(Event::LEXICON.event("parcel_requested"), Some(events::PARCEL_REQUESTED));
///     assert!(events::UNWINDING_STARTED.unwinds());
/// }
/// ```
#[macro_export]
macro_rules! vocabulary {
    (
        $(#[$doc:meta])* $vis:vis enum $event:ident about $subject:ty $(, $schemas:ident $(if $feature:literal)?)?;
        kinds { $($(#[doc = $kind_doc:literal])+ $kind:ident = $kind_name:literal;)+ }
        steps { $($(#[doc = $step_doc:literal])+ $step:ident = $step_name:literal of $step_kind:ident $(undoes $undone:ident)?;)+ }
        effects { $($(#[doc = $effect_doc:literal])+ $effect:ident = $effect_name:literal;)* }
        requests { $($(#[doc = $asked_doc:literal])+ $asked:ident = $asked_name:literal $asked_wire:literal of $asked_kind:ident;)+ }
        events {
            $(
                $(#[doc = $event_doc:literal])+
                $constant:ident = $variant:ident($data:ty) $wire:literal $(version $version:literal)? $(of $of:ident)?
                    by $publisher:literal $(, beside $beside:literal)? $(, tells $outcome:ident)? $(, means $means:ident)?;
            )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, ::serde::Serialize)]
        #[serde(untagged)]
        $vis enum $event {
            $($(#[doc = $event_doc])+ $variant($data),)+
        }

        /// The kinds of saga.
        $vis mod kinds {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Nth { $($kind,)+ }
            $(
                $(#[doc = $kind_doc])+
                pub const $kind: $crate::SagaKind = $crate::SagaKind::of(&$crate::declared::KindDeclaration {
                    nth: Nth::$kind as u16,
                    name: $kind_name,
                    about: concat!($($kind_doc),+),
                });
            )+
        }

        /// The steps.
        $vis mod steps {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Nth { $($step,)+ }
            $(
                $(#[doc = $step_doc])+
                pub const $step: $crate::StepType = $crate::StepType::of(&$crate::declared::StepDeclaration {
                    nth: Nth::$step as u16,
                    name: $step_name,
                    about: concat!($($step_doc),+),
                    kind: super::kinds::$step_kind,
                    undoes: $crate::first!($(Some($undone),)? None),
                });
            )+
        }

        /// The kinds of effects that can be left standing.
        $vis mod effects {
            $($(#[doc = $effect_doc])+ pub const $effect: $crate::EffectName = $crate::EffectName::new($effect_name);)*
        }

        /// The types of events.
        $vis mod events {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Nth { $($asked,)+ $($constant,)+ }

            pub use $crate::declared::{ANSWER_GIVEN, CANCEL_REQUESTED, RESOLVE_REQUESTED, RETRY_REQUESTED};

            $(
                $(#[doc = $asked_doc])+
                pub const $asked: $crate::EventType = $crate::EventType::of(&$crate::declared::EventDeclaration {
                    nth: Nth::$asked as u16,
                    wire: $asked_wire,
                    name: $asked_name,
                    about: concat!($($asked_doc),+),
                    kind: Some(super::kinds::$asked_kind),
                    version: 1,
                    publisher: $crate::Publisher::CLIENT,
                    beside: None,
                    means: $crate::declared::Means::Step,
                });
            )+
            $(
                $(#[doc = $event_doc])+
                pub const $constant: $crate::EventType = $crate::EventType::of(&$crate::declared::EventDeclaration {
                    // Behind the questions about a saga.
                    nth: 2_000 + Nth::$constant as u16,
                    wire: $wire,
                    name: stringify!($variant),
                    about: concat!($($event_doc),+),
                    kind: $crate::first!($(Some(super::kinds::$of),)? None),
                    version: $crate::first!($($version,)? 1),
                    publisher: $crate::Publisher::service($publisher),
                    beside: $crate::first!($(Some($beside),)? None),
                    means: $crate::first!(
                        $($crate::declared::Means::End($crate::Outcome::$outcome),)?
                        $($crate::declared::Means::$means,)?
                        $crate::declared::Means::Step
                    ),
                });
            )+
        }

        impl $crate::Events for $event {
            type Subject = $subject;

            const LEXICON: &'static $crate::Lexicon = &$crate::Lexicon {
                kinds: &[$(kinds::$kind),+],
                steps: &[$(steps::$step),+],
                effects: &[$(($effect_name, concat!($($effect_doc),+))),*],
                events: if $crate::declared::has_answers(&[$(events::$constant),+]) {
                    $crate::all_events! { ($(events::$asked,)+) ($crate::declared::ANSWER_GIVEN,) ($(events::$constant,)+) }
                } else {
                    $crate::all_events! { ($(events::$asked,)+) () ($(events::$constant,)+) }
                },
            };

            fn event_type(&self) -> $crate::EventType {
                match self {
                    $(Self::$variant(_) => events::$constant,)+
                }
            }

            fn data(&self) -> &dyn $crate::Data<$subject> {
                match self {
                    $(Self::$variant(data) => data,)+
                }
            }

            fn data_mut(&mut self) -> &mut dyn $crate::Data<$subject> {
                match self {
                    $(Self::$variant(data) => data,)+
                }
            }

            fn new<D: $crate::Data<$subject> + Clone>(event_type: $crate::EventType, data: &D) -> Option<Self> {
                let data: &dyn ::std::any::Any = data;
                match event_type.as_str() {
                    $($wire => data.downcast_ref::<$data>().cloned().map(Self::$variant),)+
                    _ => None,
                }
            }

            fn parse(event_type: $crate::EventType, data: &str) -> Option<::serde_json::Result<Self>> {
                match event_type.as_str() {
                    $($wire => Some(::serde_json::from_str(data).map(Self::$variant)),)+
                    _ => None,
                }
            }

        }

        $crate::data_schemas! { ($($schemas $(if $feature)?)?) $event $($wire => $data,)+ }
    };
}

/// The types of all events: requests, questions about a saga, and the events of services.
#[doc(hidden)]
#[macro_export]
macro_rules! all_events {
    (($($asked:tt)+) ($($answer:tt)*) ($($told:tt)+)) => {
        &[
            $($asked)+
            $crate::declared::CANCEL_REQUESTED,
            $crate::declared::RETRY_REQUESTED,
            $crate::declared::RESOLVE_REQUESTED,
            $($answer)*
            $($told)+
        ]
    };
}

/// The first of some expressions: what a list says, or what holds where the list says nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! first {
    ($first:expr $(, $rest:expr)* $(,)?) => {
        $first
    };
}

/// The schemas of the data, where the list asks for them.
#[doc(hidden)]
#[macro_export]
macro_rules! data_schemas {
    (() $($rest:tt)*) => {};
    ((schemas $(if $feature:literal)?) $event:ident $($wire:literal => $data:ty,)+) => {
        $(#[cfg(feature = $feature)])?
        impl $crate::schema::DataSchemas for $event {
            fn data_schema(
                event_type: $crate::EventType,
                generator: &mut $crate::schema::schemars::SchemaGenerator,
            ) -> Option<$crate::schema::schemars::Schema> {
                match event_type.as_str() {
                    $($wire => Some(generator.subschema_for::<$data>()),)+
                    _ => None,
                }
            }
        }
    };
}
