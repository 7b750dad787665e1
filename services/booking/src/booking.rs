//! The service, and what it hears.

use card::PublicKey;
use contracts::{ActionKind, Event, Failure, Journey, Purchase, Standing, Words, fulfillment};

use crate::deadlines::Deadlines;

/// The booking service.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Payment's key, to which cards are sealed.
    pub key: PublicKey,
    /// The names of the topics whose SNS envelopes carry requests: for fares, for orders.
    pub request_topics: [String; 2],
    /// How long sagas may take.
    pub deadlines: Deadlines,
    /// Whether the forced failures of [`contracts::hooks`] are honoured.
    pub hooks: bool,
}

/// What booking hears.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A client asks for a fare or an order; a fare's card, sealed.
    Requested(Purchase, Option<String>),
    /// A client asks, and the request breaks a rule: the rejection. Its path is empty until it is decided upon.
    BadRequest(Box<Event>),
    /// All is done: complete the purchase.
    Fulfilled(fulfillment::Fulfilled),
    /// Fulfillment will not fulfil: payment owes the rest.
    Refused(fulfillment::Refused),
    /// The payment failed, or came back, or could not: end the saga.
    PaymentFailed(FailedPayment),
    /// Somebody asks for something to be done to the saga, or its time is up.
    Asked(Ask),
}

/// What came of a payment that failed: the three events that end a saga badly, as one.
#[derive(Clone, Debug)]
pub struct FailedPayment {
    pub(crate) purchase: Purchase,
    pub(crate) charge_token: Option<String>,
    pub(crate) charge_id: Option<String>,
    pub(crate) refund_id: Option<String>,
    pub(crate) error: Failure,
    pub(crate) standing: Vec<Standing>,
    pub(crate) journey: Journey,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What.
    pub what: ActionKind,
    /// Who.
    pub by: Words,
    /// Why.
    pub reason: Words,
    /// The id of the request; none for a deadline.
    pub request: Option<String>,
}
