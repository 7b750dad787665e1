//! What a choreography gives to the operator's command.

use runtime::{Cleaning, ConfigError, Environment, Service, Settings};
use saga::Declaration;
use saga::owner::{Form, request};
use saga::topology::Topology;
use serde_json::{Map as Fields, Value, json};
use wire::{Notification, SagaKind, Subject, Vocabulary};

use map::Map;

use crate::Error;

/// Makes services: at least those of these names, as far as the application has them.
type Build = Box<dyn Fn(&[&str], &Settings, &Environment) -> Result<Vec<Service>, ConfigError> + Send + Sync>;

/// Checks a bare request for a saga of this kind.
type Check = Box<dyn Fn(SagaKind, &str) -> Result<(), String> + Send + Sync>;

/// The operator's command of a choreography. `V`: its events.
///
/// Only the name, the map and the services have to be given. What can be given besides has a default.
///
/// # Examples
///
/// The parcel service gives all that can be given:
///
/// ```
/// use ensemble_console::Console;
/// use map::Map;
/// use parcel::{Event, desk, vocabulary::kinds};
///
/// # fn services(names: &saga::topology::Names) -> Vec<runtime::Service> {
/// #     vec![runtime::Service::new(parcel::Desk::new(names), runtime::NoEffects)]
/// # }
/// let map = Map::of::<Event>(&parcel::participants(), |_event| None);
/// let console = Console::<Event>::new("parcels", map, |_names, settings, _environment| Ok(services(&settings.names)))
///     .about("Parcels, from the desk to the door.")
///     .version("1.0.0")
///     .logs(&["parcel"])
///     .forms(desk::FORMS)
///     .removed("door codes")
///     .notification_title(|told| match &told.about.parcel {
///         Some(label) => format!("to {}", label.address),
///         None => "to an address that could not be read".to_owned(),
///     })
///     .subject_title(|parcel| format!("to {}", parcel.parcel.address))
///     .subject_fields(|parcel| {
///         let address = parcel.map(|parcel| parcel.parcel.address.to_string());
///         [("address".to_owned(), address.into())].into_iter().collect()
///     });
/// assert_eq!(console.kind("parcel").unwrap(), kinds::PARCEL);
/// ```
pub struct Console<V: Vocabulary> {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) version: Option<&'static str>,
    pub(crate) map: Map,
    pub(crate) logs: runtime::telemetry::Crates,
    pub(crate) removed: &'static str,
    build: Build,
    check: Check,
    notification_title: fn(&Notification<V::About>) -> String,
    subject_title: fn(&V::Subject) -> String,
    subject_fields: fn(Option<&V::Subject>) -> Fields<String, Value>,
}

impl<V: Vocabulary> std::fmt::Debug for Console<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<V: Vocabulary> Console<V> {
    /// The command of this name, of this map and of the services that `services` makes.
    ///
    /// `services` is given the names of the services that are to run, as their declarations have them. It may leave out
    /// the others, whose settings may be missing; if it makes them, they do not run.
    #[must_use]
    pub fn new(
        name: &'static str,
        map: Map,
        services: impl Fn(&[&str], &Settings, &Environment) -> Result<Vec<Service>, ConfigError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            about: "Choreographed sagas on Amazon SNS and SQS.",
            version: None,
            map,
            logs: &[],
            removed: "what must not be kept",
            build: Box::new(services),
            check: Box::new(|_, _| Ok(())),
            notification_title: |notification| notification.saga.clone(),
            subject_title: |subject| subject.kind().as_str().to_owned(),
            subject_fields: |subject| [("subject".to_owned(), json!(subject))].into_iter().collect(),
        }
    }

    /// What the help says of the program; unless given, that it runs choreographed sagas.
    #[must_use]
    pub fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// What `--version` says, such as `env!("CARGO_PKG_VERSION")`; unless given, there is no such option.
    #[must_use]
    pub fn version(self, version: &'static str) -> Self {
        Self { version: Some(version), ..self }
    }

    /// The crates of the application that may log below INFO because they log no body; unless given, none.
    #[must_use]
    pub fn logs(self, crates: runtime::telemetry::Crates) -> Self {
        Self { logs: crates, ..self }
    }

    /// The forms by which `publish` checks a request before it sends any, as the owner of the sagas reads them; unless
    /// given, a request is sent as it is, and its owner rejects what breaks a rule.
    #[must_use]
    pub fn forms<C>(self, forms: &'static [Form<V, C>]) -> Self {
        Self { check: Box::new(move |kind, body| request::check(forms, kind, body)), ..self }
    }

    /// What the vocabulary takes out of texts and dead letters, in a word, such as `passport numbers`; unless given, it is
    /// called what must not be kept.
    #[must_use]
    pub fn removed(self, removed: &'static str) -> Self {
        Self { removed, ..self }
    }

    /// Whom or what a notification is about, for a person; unless given, the kind of its saga.
    #[must_use]
    pub fn notification_title(self, title: fn(&Notification<V::About>) -> String) -> Self {
        Self { notification_title: title, ..self }
    }

    /// What a saga is about, for a person who traces it; unless given, its kind.
    #[must_use]
    pub fn subject_title(self, title: fn(&V::Subject) -> String) -> Self {
        Self { subject_title: title, ..self }
    }

    /// What a saga is about, for a program that traces it: fields of the document that `trace --json` prints, also
    /// where nothing is known of it. Unless given, one field `subject`.
    #[must_use]
    pub fn subject_fields(self, fields: fn(Option<&V::Subject>) -> Fields<String, Value>) -> Self {
        Self { subject_fields: fields, ..self }
    }

    /// The kind of saga of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] names the kinds that there are.
    pub fn kind(&self, name: &str) -> Result<SagaKind, Error> {
        let known = || V::LEXICON.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        V::LEXICON.kind(name).ok_or_else(|| Error::Usage(format!("`{name}` is no kind of saga; there are {}", known())))
    }

    /// A notification as a block of lines: what it is about, how its saga ended, a remark on that, the path, the
    /// reasons.
    #[must_use]
    pub fn drawn(&self, notification: &Notification<V::About>, remark: Option<&str>) -> String {
        crate::draw::block::<V>(&(self.notification_title)(notification), notification, remark)
    }

    /// What must not be kept, and is not shown.
    #[must_use]
    pub fn cleaning(&self) -> Cleaning {
        Cleaning::of::<V>()
    }

    /// Everything that has to exist in AWS for the map, under the prefix of these settings.
    pub(crate) fn topology(&self, settings: &Settings) -> Topology {
        map::topology(&self.map, &settings.names)
    }

    /// The names of all services.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.map.participants.iter().map(|declaration| declaration.name).collect()
    }

    /// The services of these names.
    pub(crate) fn services(
        &self,
        names: &[&str],
        settings: &Settings,
        environment: &Environment,
    ) -> Result<Vec<Service>, Error> {
        let mut services = (self.build)(names, settings, environment)?;
        services.retain(|service| names.contains(&service.name()));
        match names.iter().find(|name| services.iter().all(|service| service.name() != **name)) {
            None => Ok(services),
            Some(name) => Err(Error::Failed(format!("`{}` makes no service of the name `{name}`", self.name))),
        }
    }

    /// The service that owns the sagas: the one that keeps their deadlines.
    pub(crate) fn owner(&self) -> Result<&Declaration, Error> {
        let owner = self.map.participants.iter().find(|declaration| declaration.deadlines);
        owner.ok_or_else(|| {
            Error::Failed("no service of this choreography keeps deadlines, so none owns sagas".to_owned())
        })
    }

    pub(crate) fn check_request(&self, kind: SagaKind, body: &str) -> Result<(), String> {
        (self.check)(kind, body)
    }

    pub(crate) fn title_of(&self, subject: &V::Subject) -> String {
        (self.subject_title)(subject)
    }

    pub(crate) fn fields_of(&self, subject: Option<&V::Subject>) -> Fields<String, Value> {
        (self.subject_fields)(subject)
    }
}
