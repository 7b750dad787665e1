//! The smallest choreography with a text beside an event and with an answer: a parcel, and the code of a door.

use std::convert::Infallible;
use std::sync::LazyLock;

use saga::declaration::PATIENT;
use saga::owner::reactions::{asked, begins, completes, fails};
use saga::owner::{Deadlines, Fields, Form, Owner, Reading, Requested};
use saga::step::{Acted, Heard, Signature, Step, StepList, Steps, Turn};
use saga::topology::Names;
use saga::{Context, Declaration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::told::{Answered, Completed, Done, Failed, NoDetails, NotDone, Registered, Rejected, UnwindingStarted};
use wire::{Events, Failure, SagaId, SagaKind, Standing, Subject, Vocabulary};

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Parcel {
    parcel: String,
}

impl Subject for Parcel {
    fn kind(&self) -> SagaKind {
        kinds::PARCEL
    }
}

impl From<&Parcel> for Parcel {
    fn from(parcel: &Parcel) -> Self {
        parcel.clone()
    }
}

wire::vocabulary! {
    /// The events of parcels.
    pub(crate) enum Event about Parcel, schemas;
    kinds {
        /// A parcel is accepted and handed over.
        PARCEL = "parcel";
    }
    steps {
        /// The desk accepts the parcel.
        ACCEPT = "Accept" of PARCEL;
        /// The courier learns the code of the door.
        LEARN_CODE = "LearnCode" of PARCEL;
        /// The courier hands the parcel over, once somebody is at home.
        HAND_OVER = "HandOver" of PARCEL;
        /// The desk gives the parcel back.
        GIVE_BACK = "GiveBack" of PARCEL undoes ACCEPT;
    }
    effects {
        /// A parcel that was not given back.
        PARCEL_KEPT = "parcel";
    }
    requests {
        /// A client asks for a delivery.
        PARCEL_REQUESTED = "ParcelRequested" "parcel_requested" of PARCEL;
    }
    events {
        /// The parcel is accepted; beside this event, the code of the door.
        PARCEL_ACCEPTED = ParcelAccepted(Registered<Parcel>) "parcel_accepted" of PARCEL by "desk", beside "doorcode";
        /// Whatever took effect is to be undone.
        UNWINDING_STARTED = UnwindingStarted(UnwindingStarted<Parcel>) "unwinding_started" of PARCEL by "desk", means Unwinding;
        /// Somebody is at home, or nobody.
        HOME_ANSWERED = HomeAnswered(Answered<Parcel>) "home_answered" of PARCEL by "desk", means Answer;
        /// The courier knows the code.
        CODE_LEARNT = CodeLearnt(Done<Parcel>) "code_learnt" of PARCEL by "courier";
        /// The parcel is handed over.
        HANDED_OVER = HandedOver(Done<Parcel>) "handed_over" of PARCEL by "courier";
        /// The parcel is not handed over.
        NOT_HANDED_OVER = NotHandedOver(NotDone<Parcel>) "not_handed_over" of PARCEL by "courier";
        /// The parcel has arrived.
        PARCEL_COMPLETED = ParcelCompleted(Completed<Parcel, NoDetails>) "parcel_completed" of PARCEL by "desk", tells Completed;
        /// The parcel is given back.
        PARCEL_CANCELLED = ParcelCancelled(Failed<Parcel, NoDetails>) "parcel_cancelled" of PARCEL by "desk", tells Compensated;
        /// The request broke a rule.
        PARCEL_REJECTED = ParcelRejected(Rejected<Parcel>) "parcel_rejected" of PARCEL by "desk", tells Rejected;
        /// Nobody knows where the parcel is.
        PARCEL_NEEDS_ATTENTION = ParcelNeedsAttention(Failed<Parcel, NoDetails>) "parcel_needs_attention" of PARCEL by "desk", tells NeedsAttention;
    }
}

impl Vocabulary for Event {
    type Asked = Parcel;
    type Details = NoDetails;
    type About = Parcel;

    fn unread(_kind: SagaKind) -> Parcel {
        Parcel::default()
    }

    fn told(&self) -> Option<Parcel> {
        self.asked()
    }
}

/// The desk owns the sagas.
#[derive(Debug)]
pub(crate) struct Desk(Names, Deadlines);

impl Desk {
    /// A desk whose sagas may take so many seconds.
    pub(crate) fn new(secs: u32) -> Self {
        Self(Names::default(), Deadlines::default().of_kind(kinds::PARCEL, secs))
    }
}

pub(crate) static DESK: Declaration = Declaration {
    name: "desk",
    about: "accepts parcels",
    lexicon: Event::LEXICON,
    stateful: true,
    looks: true,
    deadlines: true,
    counters: None,
    reactions: &[
        begins(
            events::PARCEL_REQUESTED,
            &[steps::ACCEPT],
            &[events::PARCEL_ACCEPTED, events::PARCEL_REJECTED, events::PARCEL_CANCELLED],
            PATIENT,
        ),
        asked(events::ANSWER_GIVEN, &[events::HOME_ANSWERED, events::PARCEL_ACCEPTED], PATIENT),
        asked(events::CANCEL_REQUESTED, &[events::UNWINDING_STARTED], PATIENT),
        asked(events::RETRY_REQUESTED, &[events::UNWINDING_STARTED, events::PARCEL_NEEDS_ATTENTION], PATIENT),
        asked(events::RESOLVE_REQUESTED, &[events::PARCEL_NEEDS_ATTENTION], PATIENT),
        completes(events::HANDED_OVER, &[], &[events::PARCEL_COMPLETED]),
        fails(
            events::NOT_HANDED_OVER,
            &[steps::GIVE_BACK],
            &[steps::ACCEPT],
            &[events::PARCEL_CANCELLED, events::PARCEL_NEEDS_ATTENTION],
            PATIENT,
        ),
    ],
};

static FORMS: &[Form<Event, String>] =
    &[Form { kind: kinds::PARCEL, fields: &["parcel", "code"], read, schema: ("ParcelRequest", || true.into()) }];

fn read(fields: &Fields<'_>, _broken: Vec<String>) -> Reading<Event, String> {
    let parcel = fields.text("parcel").unwrap_or_default();
    Ok(Requested { subject: Parcel { parcel }, secret: fields.text("code") })
}

impl Owner for Desk {
    type Vocabulary = Event;
    type Secret = String;

    fn declaration(&self) -> &'static Declaration {
        &DESK
    }

    fn forms(&self) -> &'static [Form<Event, String>] {
        FORMS
    }

    fn seal(&self, code: &String, _saga: SagaId) -> Result<String, String> {
        Ok(code.chars().rev().collect())
    }

    fn names(&self) -> &Names {
        &self.0
    }

    fn deadlines(&self) -> &Deadlines {
        &self.1
    }

    fn standing(&self, parcel: &Parcel) -> Standing {
        Standing { effect: effects::PARCEL_KEPT, id: parcel.parcel.clone(), amount: None }
    }
}

/// The courier takes both of the other steps.
pub(crate) type Courier = Steps<Event, Infallible, Infallible>;

macro_rules! step {
    ($step:ident($signature:expr) $act:expr) => {
        #[derive(Debug)]
        struct $step;

        impl Step for $step {
            type Vocabulary = Event;
            type Effect = Infallible;
            type Reply = Infallible;
            type Facts = ();

            const SIGNATURE: Signature = $signature;

            fn act(
                &self,
                heard: &Heard<Event>,
                turn: &Turn<'_, Event, Infallible>,
                _: &Context<'_, Event>,
            ) -> Acted<Infallible, ()> {
                let act: fn(&Heard<Event>, Option<&Event>) -> Option<&'static str> = $act;
                match act(heard, turn.answer) {
                    None => Acted::done(()),
                    Some(why) => Acted::Refused(Failure::new("NotAtHome", Self::SIGNATURE.step, why), None),
                }
            }
        }
    };
}

step! {
    LearnCode(
        Signature::new(steps::LEARN_CODE, events::PARCEL_ACCEPTED, events::CODE_LEARNT)
            .refused(events::NOT_HANDED_OVER)
            .leaves_nothing()
    ) |heard, _| heard.beside.as_deref().is_none_or(|code| code != "1234").then_some("the code is unknown")
}

step! {
    HandOver(
        Signature::new(steps::HAND_OVER, events::CODE_LEARNT, events::HANDED_OVER)
            .awaits(events::HOME_ANSWERED)
            .refused(events::NOT_HANDED_OVER)
            .decides_on(events::UNWINDING_STARTED)
    ) |_, answer| match answer {
        Some(Event::HomeAnswered(told)) if told.answer == "yes" => None,
        _ => Some("nobody is at home"),
    }
}

fn steps_of_courier() -> StepList<Event, Infallible, Infallible> {
    StepList::default().with(LearnCode).with(HandOver)
}

pub(crate) static COURIER: LazyLock<Declaration> =
    LazyLock::new(|| steps_of_courier().declaration("courier", "hands parcels over"));

pub(crate) fn courier() -> Courier {
    Steps::new(&COURIER, steps_of_courier())
}

pub(crate) static NOTIFIER: LazyLock<Declaration> =
    LazyLock::new(|| saga::notifier::declaration::<Event>("notifier", "tells clients"));
