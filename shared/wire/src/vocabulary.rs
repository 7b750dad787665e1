//! The vocabulary of a choreography: its events, and what its sagas are about.

use std::any::Any;
use std::borrow::Cow;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::json::rule_of;
use crate::told::Rejected;
use crate::{Data, EventType, Failure, Outcome, Path, Poison, Reason, SagaKind, StepType};

/// What a saga is about: what was asked for, once its request is read.
///
/// It is written as an object, whose fields stand among those of records and events. A field of the name of the kind of
/// saga, with all of the rest in it, meets no other.
///
/// # Examples
///
/// The parcel stands in a field `parcel`, because that is the kind of its saga:
///
/// ```
/// use ensemble_wire::Subject;
/// use parcel::{parcel, vocabulary::kinds};
///
/// let subject = parcel("Elm.Street");
/// assert_eq!(subject.kind(), kinds::PARCEL);
/// assert_eq!(serde_json::to_string(&subject)?, r#"{"parcel":{"address":"Elm.Street"}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub trait Subject: Clone + Debug + PartialEq + Eq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Which kind of saga it is the subject of.
    fn kind(&self) -> SagaKind;
}

/// The events of a choreography: an enum, with a variant for each type of event that services publish. The macro
/// [`vocabulary!`](crate::vocabulary!) makes one of a list.
///
/// # Examples
///
/// ```
/// use ensemble_wire::{Events, Journey, told::Done};
/// use parcel::{Event, parcel, vocabulary::events};
///
/// let done = Done { subject: parcel("Elm.Street"), journey: Journey::until(jiff::Timestamp::MAX) };
/// let event = Event::ParcelLoaded(done.clone());
/// assert_eq!(event.event_type(), events::PARCEL_LOADED);
/// assert_eq!(event.data().subject(), Some(&parcel("Elm.Street")));
/// assert_eq!(event.holds(), Some(&done));
/// assert_eq!(Event::new(events::PARCEL_LOADED, &done), Some(event));
/// ```
pub trait Events: Clone + Debug + PartialEq + Serialize + Send + Sync + Sized + 'static {
    /// What sagas are about.
    type Subject: Subject;

    /// The list of all kinds of saga, steps, effects and events.
    const LEXICON: &'static Lexicon;

    /// The type of the event.
    fn event_type(&self) -> EventType;

    /// What every event's data can be asked for.
    fn data(&self) -> &dyn Data<Self::Subject>;

    /// The same, to be altered.
    fn data_mut(&mut self) -> &mut dyn Data<Self::Subject>;

    /// The event of this type with this data; `None` where such an event holds other data.
    fn new<D: Data<Self::Subject> + Clone>(event_type: EventType, data: &D) -> Option<Self>;

    /// Reads the data of an event of this type; `None` for a request, whose data its reader knows.
    fn parse(event_type: EventType, data: &str) -> Option<serde_json::Result<Self>>;

    /// The data, where an event of this type holds such data.
    fn holds<D: Data<Self::Subject>>(&self) -> Option<&D> {
        let data: &dyn Any = self.data();
        data.downcast_ref()
    }

    /// Reads the data of an event of this type.
    ///
    /// # Errors
    ///
    /// [`Poison`] names the rule that the data breaks.
    fn read(event_type: EventType, data: &RawValue) -> Result<Self, Poison> {
        let unreadable = |rule: String| Poison::new(Reason::Unreadable, rule);
        let name = event_type.as_str();
        let read = Self::parse(event_type, data.get())
            .ok_or_else(|| Poison::new(Reason::NotForUs, "a request belongs on the queue for requests"))?;
        let event = read.map_err(|error| unreadable(format!("data: is not that of {name}: {}", rule_of(&error))))?;
        match (event_type.kind(), event.data().subject().map(Subject::kind)) {
            (Some(expected), Some(kind)) if kind != expected => {
                Err(unreadable(format!("data: {name} must hold a field `{expected}`")))
            }
            _ => Ok(event),
        }
    }
}

/// What a choreography says besides its events: what its clients are told, and what must not be kept.
///
/// # Examples
///
/// Clients of the parcel service are told of which parcel, and people's texts are kept without what looks like a code:
///
/// ```
/// # use std::borrow::Cow;
/// # use ensemble_wire::told::{NoDetails, Rejected, UnwindingStarted};
/// # use ensemble_wire::{Events, Failure, Outcome, Path, SagaKind, Subject, Vocabulary};
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
/// # pub struct Parcel {
/// #     parcel: String,
/// # }
/// # impl Subject for Parcel {
/// #     fn kind(&self) -> SagaKind {
/// #         kinds::PARCEL
/// #     }
/// # }
/// # ensemble_wire::vocabulary! {
/// #     /// The events of a parcel service.
/// #     pub enum Event about Parcel;
/// #     kinds {
/// #         /// A parcel is accepted and delivered.
/// #         PARCEL = "parcel";
/// #     }
/// #     steps {
/// #         /// The parcel is accepted.
/// #         ACCEPT = "Accept" of PARCEL;
/// #     }
/// #     effects {}
/// #     requests {
/// #         /// A client asks for a delivery.
/// #         PARCEL_REQUESTED = "ParcelRequested" "parcel_requested" of PARCEL;
/// #     }
/// #     events {
/// #         /// Whatever took effect is to be undone.
/// #         UNWINDING_STARTED = UnwindingStarted(UnwindingStarted<Parcel>) "unwinding_started" by "desk", means Unwinding;
/// #         /// The request broke a rule.
/// #         PARCEL_REJECTED = ParcelRejected(Rejected<Asked>) "parcel_rejected" of PARCEL by "desk", tells Rejected;
/// #     }
/// # }
/// #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
/// pub struct Asked {
///     parcel: Option<String>,
/// }
///
/// impl From<&Parcel> for Asked {
///     fn from(parcel: &Parcel) -> Self {
///         Self { parcel: Some(parcel.parcel.clone()) }
///     }
/// }
///
/// impl Vocabulary for Event {
///     type Asked = Asked;
///     type Details = NoDetails;
///     type About = Asked;
///
///     fn unread(_kind: SagaKind) -> Asked {
///         Asked::default()
///     }
///
///     fn rejected(kind: SagaKind, asked: Asked, error: Failure) -> Option<Self> {
///         let rejected = Rejected { asked, error, path: Path::default() };
///         Self::new(Self::LEXICON.telling(kind, Outcome::Rejected)?, &rejected)
///     }
///
///     fn told(&self) -> Option<Asked> {
///         let rejected: Option<&Rejected<Asked>> = self.holds();
///         rejected.map(|rejected| rejected.asked.clone()).or_else(|| self.data().subject().map(Asked::from))
///     }
///
///     fn cleaned(text: &str) -> Cow<'_, str> {
///         let word = |word| if str::starts_with(word, "code:") { ensemble_wire::REMOVED } else { word };
///         Cow::Owned(text.split(' ').map(word).collect::<Vec<_>>().join(" "))
///     }
/// }
///
/// # fn main() {
/// let error = Failure::new("BadRequest", steps::ACCEPT, "address: is missing");
/// let rejected = Event::rejected(kinds::PARCEL, Event::unread(kinds::PARCEL), error).unwrap();
/// assert_eq!(rejected.told(), Some(Asked::default()));
/// assert_eq!(Event::cleaned("leave it at the door, code:4711"), "leave it at the door, [removed]");
/// # }
/// ```
pub trait Vocabulary: Events {
    /// What a request was for, as far as it could be read.
    type Asked: Clone + Debug + PartialEq + for<'a> From<&'a Self::Subject> + 'static;

    /// What the outcome of a saga that failed tells of what was done, besides what still stands: as fields of the event.
    type Details: Clone + Debug + Default + PartialEq + Eq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// What a notification tells besides how the saga ended: as fields of the notification.
    type About: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// What a request for a saga of this kind was for, of which nothing could be read.
    fn unread(kind: SagaKind) -> Self::Asked;

    /// The rejection of a request for a saga of this kind. `None` where the vocabulary has no such event.
    #[must_use]
    fn rejected(kind: SagaKind, asked: Self::Asked, error: Failure) -> Option<Self> {
        let rejected = Rejected { asked, error, path: Path::default() };
        Self::new(Self::LEXICON.telling(kind, Outcome::Rejected)?, &rejected)
    }

    /// What was asked for, by an event that says so: a rejection, or one that says what its saga is about.
    ///
    /// # Examples
    ///
    /// ```
    /// use ensemble_wire::{Journey, Vocabulary, told::Done};
    /// use parcel::{Asked, Event, parcel};
    ///
    /// let (subject, journey) = (parcel("Elm.Street"), Journey::until(jiff::Timestamp::MAX));
    /// let event = Event::ParcelLoaded(Done { subject, journey });
    /// assert_eq!(event.asked(), Some(Asked::from(&parcel("Elm.Street"))));
    /// ```
    fn asked(&self) -> Option<Self::Asked> {
        let rejected: Option<&Rejected<Self::Asked>> = self.holds();
        rejected.map(|rejected| rejected.asked.clone()).or_else(|| self.data().subject().map(Self::Asked::from))
    }

    /// What the client is told of this outcome; `None` for an event that tells none.
    fn told(&self) -> Option<Self::About>;

    /// A text that people wrote, without what must not be kept.
    #[must_use]
    fn cleaned(text: &str) -> Cow<'_, str> {
        Cow::Borrowed(text)
    }

    /// The body of a dead letter, without what must not be kept; one that was altered holds the field
    /// [`MARK`](crate::MARK).
    #[must_use]
    fn cleaned_body(body: &str) -> String {
        body.to_owned()
    }
}

/// The list of all that a vocabulary declares, each in the order of the list.
///
/// # Examples
///
/// ```
/// use ensemble_wire::Events;
/// use parcel::{Event, vocabulary::events, vocabulary::kinds, vocabulary::steps};
///
/// assert_eq!(Event::LEXICON.event("parcel_loaded"), Some(events::PARCEL_LOADED));
/// assert_eq!(Event::LEXICON.undone_by(steps::LOAD), Some(steps::UNLOAD));
/// assert_eq!(Event::LEXICON.requesting(kinds::PARCEL), Some(events::PARCEL_REQUESTED));
/// assert_eq!(Event::LEXICON.unwinding(), Some(events::UNWINDING_STARTED));
/// ```
#[derive(Debug)]
pub struct Lexicon {
    /// The kinds of saga.
    pub kinds: &'static [SagaKind],
    /// The steps.
    pub steps: &'static [StepType],
    /// The kinds of effects that can be left standing: their names, and what they are.
    pub effects: &'static [(&'static str, &'static str)],
    /// The events, in the order of the story.
    pub events: &'static [EventType],
}

impl Lexicon {
    /// The kind of saga of this wire name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<SagaKind> {
        self.kinds.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// The step of this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<StepType> {
        self.steps.iter().copied().find(|step| step.as_str() == name)
    }

    /// The event of this wire name.
    #[must_use]
    pub fn event(&self, wire: &str) -> Option<EventType> {
        self.events.iter().copied().find(|event| event.as_str() == wire)
    }

    /// The step that undoes this one, if one does.
    #[must_use]
    pub fn undone_by(&self, step: StepType) -> Option<StepType> {
        self.steps.iter().copied().find(|other| other.undoes() == Some(step))
    }

    /// The event by which a client asks for a saga of this kind.
    #[must_use]
    pub fn requesting(&self, kind: SagaKind) -> Option<EventType> {
        self.events.iter().copied().find(|event| event.is_request() && event.kind() == Some(kind))
    }

    /// The event that tells this outcome of a saga of this kind.
    #[must_use]
    pub fn telling(&self, kind: SagaKind, outcome: Outcome) -> Option<EventType> {
        self.events.iter().copied().find(|event| event.kind() == Some(kind) && event.outcome() == Some(outcome))
    }

    /// The event that tells what a person answered in a saga of this kind.
    #[must_use]
    pub fn answering(&self, kind: SagaKind) -> Option<EventType> {
        self.events.iter().copied().find(|event| event.answers() && event.is_of(kind))
    }

    /// The event that says that whatever of a saga took effect is to be undone.
    #[must_use]
    pub fn unwinding(&self) -> Option<EventType> {
        self.events.iter().copied().find(|event| event.unwinds())
    }
}
