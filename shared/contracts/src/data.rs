//! What the data of every event can be asked for, and who publishes an event.

use std::any::Any;

use crate::{Failure, Journey, Money, Path, Purchase, Standing, Subject, booking, fulfillment, payment};

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

    /// The same, to be altered.
    fn path_mut(&mut self) -> &mut Path;

    /// The fare or the order; a rejection is about nothing that could be read.
    fn purchase(&self) -> Option<&Purchase> {
        None
    }

    /// What was asked for, as far as it could be read, and its amount; `None` for all but a rejection.
    fn rejected(&self) -> Option<(Subject, Option<Money>)> {
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
        fn path_mut(&mut self) -> &mut Path {
            &mut self.journey.path
        }
    };
    (path) => {
        fn path(&self) -> &Path {
            &self.path
        }
        fn path_mut(&mut self) -> &mut Path {
            &mut self.path
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
    payment::PaymentCaptured: purchase journey;
    payment::PaymentDeclined: purchase journey error standing;
    payment::PaymentRefunded: purchase journey error standing;
    payment::PaymentRefundFailed: purchase journey error standing;
    fulfillment::Fulfilled: purchase journey;
    fulfillment::Refused: purchase journey error standing;
}

pub(crate) use field;
