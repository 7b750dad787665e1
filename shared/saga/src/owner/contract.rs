//! What an owner of sagas is: its trait, and the form of its requests.

use contracts::booking::Failed;
use contracts::{Event, Failure, Money, Path, Purchase, SagaId, SagaKind, Standing, StepName, Subject};
use serde_json::Value;

use super::deadlines::Deadlines;
use super::request::fields::Fields;
use crate::Declaration;

/// A service that owns the outcome of sagas; it is a [`Participant`](crate::Participant) by that.
///
/// # Examples
///
/// `services/booking` owns two kinds of saga.
pub trait Owner: Send + Sync + 'static {
    /// What may come with a request that is stored nowhere: it is sealed while the request is read.
    type Card: 'static;

    /// What the owner says of itself as data: the reactions are made by [`card`](super::card).
    fn declaration(&self) -> &'static Declaration;

    /// The form of the requests of each kind of saga.
    fn forms(&self) -> &'static [Form<Self::Card>];

    /// Seals the card of a request for this saga.
    ///
    /// # Errors
    ///
    /// The fields of the card, and the rule that they break.
    fn seal(&self, card: &Self::Card, saga: SagaId) -> Result<String, String>;

    /// The kind of saga that clients ask for by the topic of this name, if requests come by it.
    fn requested_by(&self, topic: &str) -> Option<SagaKind>;

    /// How long sagas may take.
    fn deadlines(&self) -> &Deadlines;

    /// Carries out a step of the owner's own: the first step of a saga, or the step that undoes that one. The failure,
    /// if the step fails.
    fn fails(&self, step: StepName, purchase: &Purchase) -> Option<Failure>;

    /// What the record of a saga of this kind says at this stage, besides the name of its state.
    fn status(&self, kind: SagaKind, stage: Stage) -> Option<&'static str> {
        let _ = (kind, stage);
        None
    }

    /// The effect that stands where the first step could not be undone.
    fn standing(&self, purchase: &Purchase) -> Standing;

    /// The event that tells that a saga completed, by the event that says so to the owner; `earlier` notifications went
    /// before. `None` for an event that says no such thing.
    fn completed(&self, event: &Event, earlier: u32, path: Path) -> Option<Event>;

    /// How a saga failed, by the event that says so to the owner. `None` for an event that says no such thing.
    fn failed(&self, event: &Event) -> Option<Failed>;
}

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
#[expect(missing_debug_implementations, reason = "it may hold a card")]
pub struct Requested<C> {
    /// What the saga is about.
    pub purchase: Purchase,
    /// The card that came with the request.
    pub card: Option<C>,
}

/// A request that broke rules: what its client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What was asked for, as far as it could be read.
    pub subject: Subject,
    /// The amount, where it could be read.
    pub amount: Option<Money>,
    /// The rules, each with its field; never a value.
    pub rules: Vec<String>,
}

impl Broken {
    /// A request that breaks these rules, and of which all could be read.
    #[must_use]
    pub fn whole(purchase: &Purchase, rules: Vec<String>) -> Self {
        Self { subject: purchase.subject(), amount: Some(purchase.amount()), rules }
    }
}

/// How a request was read.
pub type Reading<C> = Result<Requested<C>, Box<Broken>>;

/// The form of a request: of one kind of saga. `C`: the card that may come with it.
#[expect(missing_debug_implementations, reason = "it is functions, which say nothing")]
pub struct Form<C> {
    /// The kind of saga that is asked for.
    pub kind: SagaKind,
    /// The names of the fields, all of them required.
    pub fields: &'static [&'static str],
    /// Reads the fields of a request that has broken these rules already.
    pub read: fn(&Fields<'_>, Vec<String>) -> Reading<C>,
    /// What the schema of the fields is called, and that JSON Schema.
    pub schema: (&'static str, fn() -> Value),
}
