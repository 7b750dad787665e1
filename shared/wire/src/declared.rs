//! The types of events, steps and kinds of saga, as a vocabulary declares them.
//!
//! **Invariant:** a wire name, once published, is frozen, and so is the shape behind its schema version. All that is
//! known of a step or an event stands in its declaration, and the code asks that instead of matching names.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{Outcome, SagaId, StepName};

/// Who publishes an event, by name: of the service, its queue, its table and the prefix of its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Publisher(&'static str);

impl Publisher {
    /// Whoever asks for a saga.
    pub const CLIENT: Self = Self("client");

    /// The service of this name.
    #[must_use]
    pub const fn service(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether it is a client, and no service.
    #[must_use]
    pub fn is_client(self) -> bool {
        self == Self::CLIENT
    }
}

/// What a vocabulary says of a kind of saga.
#[derive(Debug)]
pub struct KindDeclaration {
    /// Its place in the list.
    pub nth: u16,
    /// The wire name.
    pub name: &'static str,
    /// What happens in a saga that goes well, in a sentence.
    pub about: &'static str,
}

/// A kind of saga.
///
/// # Examples
///
/// ```
/// use parcel::vocabulary::kinds;
///
/// assert_eq!(kinds::PARCEL.as_str(), "parcel");
/// assert_eq!(kinds::PARCEL.about(), "A parcel is accepted, loaded and delivered.");
/// ```
#[derive(Clone, Copy)]
pub struct SagaKind(&'static KindDeclaration);

/// What a vocabulary says of a step.
#[derive(Debug)]
pub struct StepDeclaration {
    /// Its place in the list.
    pub nth: u16,
    /// The name, as a path has it.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// The kind of saga that it belongs to.
    pub kind: SagaKind,
    /// The step that it undoes; `None` for a step that goes forward.
    pub undoes: Option<StepType>,
}

/// A step that a path can hold.
///
/// # Examples
///
/// ```
/// use parcel::vocabulary::{kinds, steps};
///
/// assert_eq!(steps::UNLOAD.as_str(), "Unload");
/// assert_eq!(steps::UNLOAD.undoes(), Some(steps::LOAD));
/// assert_eq!(steps::LOAD.kind(), kinds::PARCEL);
/// ```
#[derive(Clone, Copy)]
pub struct StepType(&'static StepDeclaration);

/// What a vocabulary says of an event.
#[derive(Debug)]
pub struct EventDeclaration {
    /// Its place in the story.
    pub nth: u16,
    /// The frozen wire name: the `type` of the `CloudEvent` and the message attribute that subscriptions filter by.
    pub wire: &'static str,
    /// The name in prose and pictures.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub about: &'static str,
    /// The kind of saga that it belongs to; `None` for an event of every kind.
    pub kind: Option<SagaKind>,
    /// The major version of its data.
    pub version: u32,
    /// Who publishes it.
    pub publisher: Publisher,
    /// The extension attribute beside it that is stored nowhere, such as a sealed secret.
    pub beside: Option<&'static str>,
    /// What it means to the owner of the saga, besides a step of the way.
    pub means: Means,
}

/// What an event means to the owner of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A step of the way, or a request.
    Step,
    /// Whatever of the saga took effect is to be undone.
    Unwinding,
    /// A person has answered what the saga asked.
    Answer,
    /// The saga ended so.
    End(Outcome),
}

/// The type of an event.
///
/// # Examples
///
/// ```
/// use ensemble_wire::Outcome;
/// use parcel::vocabulary::events;
///
/// assert_eq!((events::PARCEL_LOADED.as_str(), events::PARCEL_LOADED.name()), ("parcel_loaded", "ParcelLoaded"));
/// assert_eq!(events::PARCEL_LOADED.publisher().as_str(), "vans");
/// assert!(events::PARCEL_REQUESTED.is_request());
/// assert_eq!(events::PARCEL_COMPLETED.outcome(), Some(Outcome::Completed));
/// ```
#[derive(Clone, Copy)]
pub struct EventType(&'static EventDeclaration);

/// A handle is its name: compared by it, ordered as the list has it, and printed by it.
macro_rules! handle {
    ($($handle:ident of $declaration:ident by $name:ident;)+) => { $(
        impl $handle {
            /// The handle of this declaration.
            #[must_use]
            pub const fn of(declaration: &'static $declaration) -> Self {
                Self(declaration)
            }

            /// The frozen wire name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                self.0.$name
            }

            /// What the vocabulary says of it, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                self.0.about.trim_ascii()
            }
        }

        impl PartialEq for $handle {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $handle {}

        impl Hash for $handle {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl Ord for $handle {
            fn cmp(&self, other: &Self) -> Ordering {
                (self.0.nth, self.as_str()).cmp(&(other.0.nth, other.as_str()))
            }
        }

        impl PartialOrd for $handle {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Display for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $handle {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+ };
}

handle! {
    SagaKind of KindDeclaration by name;
    StepType of StepDeclaration by name;
    EventType of EventDeclaration by wire;
}

impl StepType {
    /// The kind of saga that the step belongs to.
    #[must_use]
    pub const fn kind(self) -> SagaKind {
        self.0.kind
    }

    /// The step that this one undoes; `None` for a step that goes forward.
    #[must_use]
    pub const fn undoes(self) -> Option<Self> {
        self.0.undoes
    }

    /// The name, as it travels.
    #[must_use]
    pub const fn name(self) -> StepName {
        StepName::new(self.0.name)
    }
}

impl From<StepType> for StepName {
    fn from(step: StepType) -> Self {
        step.name()
    }
}

impl PartialEq<StepType> for StepName {
    fn eq(&self, other: &StepType) -> bool {
        self.as_str() == other.as_str()
    }
}

impl EventType {
    /// The name in prose and pictures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The kind of saga that the event belongs to; `None` for an event of every kind.
    #[must_use]
    pub const fn kind(self) -> Option<SagaKind> {
        self.0.kind
    }

    /// Whether the event occurs in sagas of this kind.
    #[must_use]
    pub fn is_of(self, kind: SagaKind) -> bool {
        self.kind().is_none_or(|of| of == kind)
    }

    /// The outcome that the event tells; `None` for an event after which the saga goes on.
    #[must_use]
    pub const fn outcome(self) -> Option<Outcome> {
        match self.0.means {
            Means::End(outcome) => Some(outcome),
            Means::Step | Means::Unwinding | Means::Answer => None,
        }
    }

    /// Whether the event says that whatever of the saga took effect is to be undone.
    #[must_use]
    pub const fn unwinds(self) -> bool {
        matches!(self.0.means, Means::Unwinding)
    }

    /// Whether the event tells what a person answered.
    #[must_use]
    pub const fn answers(self) -> bool {
        matches!(self.0.means, Means::Answer)
    }

    /// The extension attribute beside the event that is stored nowhere.
    #[must_use]
    pub const fn beside(self) -> Option<&'static str> {
        self.0.beside
    }

    /// The major version of the data that this build writes and reads.
    #[must_use]
    pub const fn schema_version(self) -> u32 {
        self.0.version
    }

    /// Who publishes the event.
    #[must_use]
    pub const fn publisher(self) -> Publisher {
        self.0.publisher
    }

    /// Whether clients publish the event.
    #[must_use]
    pub fn is_request(self) -> bool {
        self.publisher().is_client()
    }

    /// The id of this saga's *nth* event of this type: type and number are step, outcome and round.
    #[must_use]
    pub fn id_in(self, saga: SagaId, nth: u32) -> Uuid {
        match nth {
            0 => saga.derive(self.as_str()),
            _ => saga.derive(&format!("{}/{nth}", self.as_str())),
        }
    }
}

/// A question about a saga, whatever its kind: declared here, because whoever owns sagas answers it.
const fn question(nth: u16, wire: &'static str, name: &'static str, about: &'static str) -> EventDeclaration {
    EventDeclaration {
        nth,
        wire,
        name,
        about,
        kind: None,
        version: 1,
        publisher: Publisher::CLIENT,
        beside: None,
        means: Means::Step,
    }
}

/// A client asks that a saga be undone, as far as it may be.
pub const CANCEL_REQUESTED: EventType = EventType::of(&question(
    1_000,
    "cancel_requested",
    "CancelRequested",
    "A client asks that a saga be undone, as far as it may be.",
));

/// A person answers what a saga asks. Only a vocabulary that has an event for answers knows it.
pub const ANSWER_GIVEN: EventType =
    EventType::of(&question(1_003, "answer_given", "AnswerGiven", "A person answers what a saga asks."));

/// Whether one of these events tells what a person answered.
#[must_use]
pub const fn has_answers(events: &[EventType]) -> bool {
    let mut rest = events;
    while let [event, others @ ..] = rest {
        if event.answers() {
            return true;
        }
        rest = others;
    }
    false
}

/// An operator asks that what still stands be undone after all.
pub const RETRY_REQUESTED: EventType = EventType::of(&question(
    1_001,
    "retry_requested",
    "RetryRequested",
    "An operator asks that what still stands be undone after all.",
));

/// An operator closes a saga that needed attention.
pub const RESOLVE_REQUESTED: EventType = EventType::of(&question(
    1_002,
    "resolve_requested",
    "ResolveRequested",
    "An operator closes a saga that needed attention.",
));
