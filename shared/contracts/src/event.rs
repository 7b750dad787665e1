//! What can be asked of any event.

use std::any::Any;

use crate::{Event, EventType, Failure, Journey, Path, Purchase, SagaId, SagaKind, Standing, booking, fulfillment};
use crate::{Outcome, StepName, payment};

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
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Booking => "booking",
            Self::Payment => "payment",
            Self::Fulfillment => "fulfillment",
        }
    }
}

/// What travels beside an event.
#[derive(Clone, Copy)]
pub(crate) enum Beside {
    /// A sealed card.
    Card,
}

impl Beside {
    pub(crate) const fn is_card(self) -> bool {
        matches!(self, Self::Card)
    }
}

/// What the data of every event can be asked for.
pub trait Data: Any {
    /// The way so far.
    fn path(&self) -> &Path;

    /// The fare or the order; a rejection is about nothing that could be read.
    fn purchase(&self) -> Option<&Purchase> {
        None
    }

    /// The journey of a saga that goes on; `None` for an outcome.
    fn journey(&self) -> Option<&Journey> {
        None
    }

    /// Which of its type the event is in its saga, from 0.
    fn nth(&self) -> u32 {
        self.journey().map_or(0, |journey| journey.round)
    }

    /// Why the saga fails, if it does.
    fn failure(&self) -> Option<&Failure> {
        None
    }

    /// The effects that could not be undone.
    fn standing(&self) -> &[Standing] {
        &[]
    }
}

/// The method of [`Data`] that a field of a struct answers.
macro_rules! field {
    (purchase) => {
        fn purchase(&self) -> Option<&Purchase> {
            Some(&self.purchase)
        }
    };
    (journey) => {
        fn journey(&self) -> Option<&Journey> {
            Some(&self.journey)
        }
        fn path(&self) -> &Path {
            &self.journey.path
        }
    };
    (path) => {
        fn path(&self) -> &Path {
            &self.path
        }
    };
    (earlier) => {
        fn nth(&self) -> u32 {
            self.earlier
        }
    };
    (error) => {
        fn failure(&self) -> Option<&Failure> {
            Some(&self.error)
        }
    };
    (standing) => {
        fn standing(&self) -> &[Standing] {
            &self.standing
        }
    };
}

/// Implements [`Data`] by the names of fields.
macro_rules! data {
    ($($data:ty: $($field:ident)+;)+) => {
        $(impl Data for $data { $(field!($field);)+ })+
    };
}

data! {
    booking::Registered: purchase journey;
    booking::UnwindingStarted: purchase journey error;
    booking::Completed: purchase path earlier;
    booking::Failed: purchase path earlier error standing;
    booking::FareRejected: path error;
    booking::OrderRejected: path error;
    payment::PaymentCaptured: purchase journey;
    payment::PaymentDeclined: purchase journey error standing;
    payment::PaymentRefunded: purchase journey error standing;
    payment::PaymentRefundFailed: purchase journey error standing;
    fulfillment::Fulfilled: purchase journey;
    fulfillment::Refused: purchase journey error standing;
}

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

impl StepName {
    /// The step that undoes this one, if one does.
    #[must_use]
    pub fn undone_by(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|step| step.undoes() == Some(self))
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
