//! What an owner of sagas is: its trait, and the form of its requests.

use serde_json::Value;
use wire::told::{Completed, Failed};
use wire::{Events, Failure, Outcome, Path, SagaId, SagaKind, Standing, StepType, Subject, Vocabulary};

use super::deadlines::Deadlines;
use super::request::fields::Fields;
use crate::Declaration;
use crate::topology::Names;

/// A service that owns the outcome of sagas; it is a [`Participant`](crate::Participant) by that.
///
/// # Examples
///
/// The desk owns the sagas of parcels. Its forms are shown at [`Form`], and what it declares at [`reactions`](super::reactions):
///
/// ```
/// use std::convert::Infallible;
///
/// use ensemble_saga::owner::{Deadlines, Form, Owner};
/// use ensemble_saga::topology::Names;
/// use ensemble_saga::Declaration;
/// use parcel::desk::FORMS;
/// use parcel::vocabulary::effects;
/// use parcel::{Event, Parcel};
/// use wire::Standing;
///
/// /// The owner of parcels.
/// #[derive(Debug)]
/// pub struct Desk {
///     names: Names,
///     deadlines: Deadlines,
/// }
///
/// impl Desk {
///     /// The owner under these names, with a quarter of an hour for each parcel.
///     #[must_use]
///     pub fn new(names: &Names) -> Self {
///         Self { names: names.clone(), deadlines: Deadlines::default() }
///     }
/// }
///
/// impl Owner for Desk {
///     type Vocabulary = Event;
///     type Secret = Infallible;
///
///     fn declaration(&self) -> &'static Declaration {
///         &parcel::desk::DECLARATION
///     }
///
///     fn forms(&self) -> &'static [Form<Event, Infallible>] {
///         FORMS
///     }
///
///     fn names(&self) -> &Names {
///         &self.names
///     }
///
///     fn deadlines(&self) -> &Deadlines {
///         &self.deadlines
///     }
///
///     fn standing(&self, parcel: &Parcel) -> Standing {
///         Standing { effect: effects::ACCEPTED, id: parcel.parcel.address.to_string(), amount: None }
///     }
/// }
/// # Desk::new(&Names::default());
/// ```
pub trait Owner: Send + Sync + Sized + 'static {
    /// The events of its choreography.
    type Vocabulary: Vocabulary;

    /// What may come with a request that is stored nowhere: it is sealed while the request is read.
    type Secret: 'static;

    /// What the owner says of itself as data: the reactions are made by [`reactions`](super::reactions).
    fn declaration(&self) -> &'static Declaration;

    /// The form of the requests of each kind of saga.
    fn forms(&self) -> &'static [Form<Self::Vocabulary, Self::Secret>];

    /// Seals the secret of a request for this saga. An owner whose requests have none leaves this as it is.
    ///
    /// # Errors
    ///
    /// The fields of the secret, and the rule that they break.
    fn seal(&self, secret: &Self::Secret, saga: SagaId) -> Result<String, String> {
        let _ = (secret, saga);
        Err("body: has a secret that nobody here seals".to_owned())
    }

    /// The names of topics: by the topic that carries a bare request is known which kind of saga it asks for.
    fn names(&self) -> &Names;

    /// How long sagas may take.
    fn deadlines(&self) -> &Deadlines;

    /// Carries out a step of the owner's own: the first step of a saga, or the step that undoes that one. The failure,
    /// if the step fails.
    fn fails(&self, step: StepType, subject: &AboutBy<Self>) -> Option<Failure> {
        let _ = (step, subject);
        None
    }

    /// What the record of a saga of this kind says at this stage, besides the name of its state.
    fn status(&self, kind: SagaKind, stage: Stage) -> Option<&'static str> {
        let _ = (kind, stage);
        None
    }

    /// The effect that stands where the first step could not be undone.
    fn standing(&self, subject: &AboutBy<Self>) -> Standing;

    /// The event that tells that a saga completed, by the event that says so to the owner; `earlier` notifications went
    /// before. `None` for an event that says no such thing.
    ///
    /// Without a method of its own, an owner tells nothing of what was done.
    fn completed(&self, event: &Self::Vocabulary, earlier: u32, path: Path) -> Option<Self::Vocabulary> {
        let subject = event.data().subject()?.clone();
        let telling = Self::Vocabulary::LEXICON.telling(subject.kind(), Outcome::Completed)?;
        let details = <Self::Vocabulary as Vocabulary>::Details::default();
        Self::Vocabulary::new(telling, &Completed { subject, details, earlier, path })
    }

    /// How a saga failed, by the event that says so to the owner. `None` for an event that says no such thing.
    ///
    /// Without a method of its own, an owner tells nothing of what was done.
    fn failed(&self, event: &Self::Vocabulary) -> Option<FailedOf<Self>> {
        let data = event.data();
        let (subject, error) = (data.subject()?.clone(), data.failure()?.clone());
        Some(Failed { standing: data.standing().to_vec(), ..Failed::new(subject, error, data.path().clone()) })
    }
}

/// What the sagas of this owner are about.
pub type AboutBy<O> = <<O as Owner>::Vocabulary as Events>::Subject;

/// How a saga of this owner failed.
pub type FailedOf<O> = Failed<AboutBy<O>, <<O as Owner>::Vocabulary as Vocabulary>::Details>;

/// How far a saga is, for the record of what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The request is on record, and the saga runs.
    Registered,
    /// The saga completed.
    Completed,
    /// The saga failed, and its first step is undone.
    Undone,
}

/// What a client asks for, once it is read.
///
/// # Examples
///
/// See the example of [`Form`].
#[expect(missing_debug_implementations, reason = "it may hold a secret")]
pub struct Requested<V: Events, C> {
    /// What the saga is about.
    pub subject: V::Subject,
    /// The secret that came with the request.
    pub secret: Option<C>,
}

/// A request that broke rules: what its client is told.
///
/// # Examples
///
/// See the example of [`Form`].
#[derive(Clone, Debug, PartialEq)]
pub struct Broken<V: Vocabulary> {
    /// What was asked for, as far as it could be read.
    pub asked: V::Asked,
    /// The rules, each with its field; never a value.
    pub rules: Vec<String>,
}

impl<V: Vocabulary> Broken<V> {
    /// A request that breaks these rules, and of which all could be read.
    #[must_use]
    pub fn whole(subject: &V::Subject, rules: Vec<String>) -> Self {
        Self { asked: subject.into(), rules }
    }
}

/// How a request was read.
pub type Reading<V, C> = Result<Requested<V, C>, Box<Broken<V>>>;

/// The form of a request: of one kind of saga. `C`: the secret that may come with it.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use ensemble_saga::owner::{Broken, Fields, Form, Reading, Requested, request};
/// use parcel::vocabulary::{Label, kinds};
/// use parcel::{Asked, Event, Parcel};
///
/// const FIELDS: &[&str] = &["address"];
///
/// /// How a request is read.
/// const FORMS: &[Form<Event, Infallible>] = &[Form {
///     kind: kinds::PARCEL,
///     fields: FIELDS,
///     read,
///     schema: ("ParcelRequest", || schemars::schema_for!(Label).to_value()),
/// }];
///
/// /// Reads the fields of a request, which has broken these rules already.
/// fn read(fields: &Fields<'_>, mut broken: Vec<String>) -> Reading<Event, Infallible> {
///     broken.extend(fields.rule_of_unknown::<Event>(FIELDS).map(|rule| format!("body: {rule}")));
///     if broken.is_empty() {
///         match fields.parse() {
///             Ok(parcel) => return Ok(Requested { subject: Parcel { parcel }, secret: None }),
///             Err(rule) => broken.push(rule),
///         }
///     }
///     Err(Box::new(Broken { asked: Asked::default(), rules: broken }))
/// }
///
/// // Whoever wants to know before sending it asks the same reader.
/// assert_eq!(request::check(FORMS, kinds::PARCEL, r#"{"address":"Elm.Street"}"#), Ok(()));
/// assert_eq!(request::check(FORMS, kinds::PARCEL, "{}"), Err("address: is missing".to_owned()));
/// ```
#[expect(missing_debug_implementations, reason = "it is functions, which say nothing")]
pub struct Form<V: Vocabulary, C> {
    /// The kind of saga that is asked for.
    pub kind: SagaKind,
    /// The names of the fields, all of them required.
    pub fields: &'static [&'static str],
    /// Reads the fields of a request that has broken these rules already.
    pub read: fn(&Fields<'_>, Vec<String>) -> Reading<V, C>,
    /// What the schema of the fields is called, and that JSON Schema.
    pub schema: (&'static str, fn() -> Value),
}
