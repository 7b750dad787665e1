//! What both steps have in common: what stands on record of a fulfillment, and the events that tell of it.

use contracts::fulfillment::{Fulfilled, Refused};
use contracts::{Charge, Event, Events, payment};
use saga::Take;
use saga::step::{Answer, Ending, Failed, Heard};
use serde::{Deserialize, Serialize};

/// The rule that an event breaks which should tell of a payment.
pub(crate) const UNPAID: &str = "type: tells of no payment that could be fulfilled";

/// What stands on record of a fulfillment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The payment that is fulfilled.
    pub(crate) charge: Charge,
    /// What of the order was taken from the stock; the rest is not tracked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) taken: Vec<Take>,
}

impl Facts {
    /// Before anything is taken: the payment that was heard of.
    pub(crate) fn of(heard: &Heard<Event>) -> Option<Self> {
        let captured: &payment::PaymentCaptured = heard.event.holds()?;
        Some(Self { charge: captured.charge.clone(), taken: Vec::new() })
    }
}

/// The rule that an event breaks which is about another payment than the one on record.
pub(crate) fn contradiction(known: Option<&Facts>, event: &Event) -> Option<&'static str> {
    let captured: &payment::PaymentCaptured = event.holds()?;
    (known?.charge != captured.charge).then_some("charge: is not the one on record for this saga")
}

/// The event that tells how a fulfillment ended.
pub(crate) fn answer(
    answer: Answer<Event, Facts>,
    done: fn(Fulfilled) -> Event,
    refused: fn(Refused) -> Event,
) -> Option<Event> {
    let Answer { subject: purchase, journey, ending } = answer;
    let (facts, Failed { error, standing }) = match ending {
        Ending::Done(Facts { charge, .. }) => return Some(done(Fulfilled { purchase, charge, journey })),
        Ending::Refused(facts, failed) => (facts, failed),
        Ending::Undone(facts, failed) | Ending::Stands(facts, failed) => (Some(facts), failed),
    };
    let charge = facts.map(|facts| facts.charge);
    Some(refused(Refused { purchase, charge, error, standing, journey }))
}
