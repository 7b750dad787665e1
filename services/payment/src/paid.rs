//! What both steps have in common: what stands on record of a payment, how the money is given back, and the events
//! that tell of it.
//!
//! **Invariant:** a refund is asked for under a key that counts the refusals before it: the same key until the gateway
//! has said no, a new one only after it has.

use contracts::{Charge, Event, Events, Failure, Purchase, Standing, StepType, effects, fulfillment, payment, steps};
use saga::step::{Answer, Ending, Failed, Turn, Undone};
use serde::{Deserialize, Serialize};

use crate::effects::{Effect, Reply};
use crate::gateway::Known;

/// The rule that a gateway breaks which answers another call.
pub(crate) const NOT_ASKED: &str = "the gateway answered what was not asked for";

/// What stands on record of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Facts {
    /// The amount is held and not taken: a capture was refused.
    Hold(String),
    /// The amount is taken.
    Charge {
        /// The payment.
        #[serde(flatten)]
        charge: Charge,
        /// The refund, once there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_id: Option<String>,
    },
}

impl Facts {
    /// The amount is taken, by this charge.
    pub(crate) fn charged(charge_token: Option<String>, charge_id: String) -> Self {
        Self::Charge { charge: Charge { charge_token, charge_id }, refund_id: None }
    }
}

/// Gives the money back. `error`: the name of the failure where the gateway refuses that to the step `by`.
pub(crate) fn refund(facts: &Facts, turn: &Turn<'_, Event, Reply>, error: &str, by: StepType) -> Undone<Effect, Facts> {
    let charge = match facts {
        Facts::Hold(charge_token) => return void(charge_token, turn),
        Facts::Charge { charge, .. } => charge,
    };
    let (charge_id, amount, refusals) = (charge.charge_id.clone(), turn.subject.amount(), turn.failed);
    let ask = || Undone::Ask(Effect::Refund { charge_id, amount, refusals, fresh: turn.fresh });
    match turn.reply {
        None if turn.since.is_none() => ask(),
        // Somebody may have asked already: look before repeating, as when charging.
        None => Undone::Look(Effect::LookUp),
        Some(Reply::Known(Known { refund_id: None, .. })) => ask(),
        Some(Reply::Known(Known { refund_id: Some(id), .. }) | Reply::Refunded { refund_id: id }) => {
            Undone::done(Facts::Charge { charge: charge.clone(), refund_id: Some(id.clone()) })
        }
        Some(Reply::RefundRefused(refusal)) => Undone::Failed(Failure::new(error, by, refusal.message.clone())),
        Some(_) => Undone::Contradiction(NOT_ASKED),
    }
}

/// Lets go of a hold whose capture was refused. Twice is no refusal, so the hold need not be looked up.
fn void(charge_token: &str, turn: &Turn<'_, Event, Reply>) -> Undone<Effect, Facts> {
    let charge_token = charge_token.to_owned();
    match turn.reply {
        None => Undone::Ask(Effect::Void { charge_token, round: turn.round, fresh: turn.fresh }),
        Some(Reply::Voided) => Undone::done(Facts::Hold(charge_token)),
        Some(Reply::VoidRefused(refusal)) => {
            Undone::Failed(Failure::new("PaymentVoidException", steps::CHARGE_FARE, refusal.message.clone()))
        }
        Some(_) => Undone::Contradiction(NOT_ASKED),
    }
}

/// What stands where it could not be given back.
pub(crate) fn standing(facts: &Facts, purchase: &Purchase) -> Option<Standing> {
    let (effect, id) = match facts {
        Facts::Hold(charge_token) => (effects::HOLD, charge_token),
        Facts::Charge { charge, .. } => (effects::CAPTURE, &charge.charge_id),
    };
    Some(Standing { effect, id: id.clone(), amount: Some(purchase.amount()) })
}

/// The event that tells how a payment ended.
pub(crate) fn answer(answer: Answer<Event, Facts>) -> Option<Event> {
    let Answer { subject: purchase, journey, ending } = answer;
    let (facts, Failed { error, standing }) = match ending {
        Ending::Done(Facts::Charge { charge, .. }) => {
            return Some(Event::PaymentCaptured(payment::PaymentCaptured { purchase, charge, journey }));
        }
        Ending::Done(Facts::Hold(_)) => return None,
        Ending::Undone(Facts::Charge { charge, refund_id }, Failed { error, standing }) => {
            let refund_id = refund_id?;
            let refunded = payment::PaymentRefunded { purchase, charge, refund_id, error, standing, journey };
            return Some(Event::PaymentRefunded(refunded));
        }
        Ending::Stands(Facts::Charge { charge, .. }, Failed { error, standing }) => {
            let failed = payment::PaymentRefundFailed { purchase, charge, error, standing, journey };
            return Some(Event::PaymentRefundFailed(failed));
        }
        Ending::Undone(facts @ Facts::Hold(_), failed) | Ending::Stands(facts @ Facts::Hold(_), failed) => {
            (Some(facts), failed)
        }
        Ending::Refused(facts, failed) => (facts, failed),
    };
    let (charge_token, charge_id, refund_id) = match facts {
        None => (None, None, None),
        Some(Facts::Hold(charge_token)) => (Some(charge_token), None, None),
        Some(Facts::Charge { charge, refund_id }) => (charge.charge_token, Some(charge.charge_id), refund_id),
    };
    let declined = payment::PaymentDeclined { purchase, charge_token, charge_id, refund_id, error, standing, journey };
    Some(Event::PaymentDeclined(declined))
}

/// The payment that an event of fulfillment names.
pub(crate) fn named(event: &Event) -> Option<Facts> {
    let charge = event.holds::<fulfillment::Refused>()?.charge.clone()?;
    Some(Facts::Charge { charge, refund_id: None })
}

/// The rule that an event breaks which names another payment than the one on record.
pub(crate) fn contradiction(known: Option<&Facts>, event: &Event) -> Option<&'static str> {
    let named = event.holds::<fulfillment::Refused>()?.charge.as_ref()?;
    match known {
        Some(Facts::Charge { charge, .. }) if charge == named => None,
        Some(Facts::Charge { .. }) => Some("charge: is not the one on record for this saga"),
        Some(Facts::Hold(_)) | None => Some("charge: there is none on record for this saga"),
    }
}
