//! Charges the card: authorise, then capture. Below it, how the charge is undone: a void, or a refund.

use contracts::{Event, Failure, Purchase, Standing, StepType, events, steps};
use saga::Context;
use saga::step::{Acted, Answer, Heard, Signature, Step, Turn, Undone};

use crate::effects::{Effect, Reply};
use crate::gateway::{Known, Refusal};
use crate::paid::{self, Facts};

/// A fare is registered: charge the card.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChargeFare;

impl Step for ChargeFare {
    type Vocabulary = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Facts = Facts;

    const SIGNATURE: Signature = Signature::new(steps::CHARGE_FARE, events::FARE_REGISTERED, events::PAYMENT_CAPTURED)
        .refused(events::PAYMENT_DECLINED)
        .undone_by(steps::REFUND_FARE)
        .on(&[events::ACCOUNT_CREDIT_REFUSED], &[events::PAYMENT_REFUNDED, events::PAYMENT_REFUND_FAILED]);

    fn act(
        &self,
        heard: &Heard<Event>,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Acted<Effect, Facts> {
        let (amount, fresh) = (turn.subject.amount(), turn.fresh);
        let authorize = || {
            let (customer, sealed_card) = (turn.subject.customer_id().clone(), heard.beside.clone());
            Acted::Ask(Effect::Authorize { customer, amount, sealed_card: sealed_card.unwrap_or_default(), fresh })
        };
        // Not even right after its own hold is a worker sure to be the first who captures it: another may have found it.
        let capture =
            |charge_token: &str| Acted::Ask(Effect::Capture { charge_token: charge_token.to_owned(), amount, fresh });
        let charged = |token: &str, id: &str| Acted::done(Facts::charged(Some(token.to_owned()), id.to_owned()));
        let Some(reply) = turn.reply else {
            // The intent stood already: a worker died, or works still. What did it reach? Keys may have expired at the
            // gateway since, so look before repeating.
            return if turn.since.is_some() { Acted::Look(Effect::LookUp) } else { authorize() };
        };
        match reply {
            Reply::Known(Known { charge_token: Some(token), charge_id: Some(id), .. })
            | Reply::Captured { charge_token: token, charge_id: id } => charged(token, id),
            // A hold that is voided already answers the capture with its old refusal.
            Reply::Known(Known { charge_token: Some(token), charge_id: None, .. })
            | Reply::Authorized { charge_token: token } => capture(token),
            Reply::Known(Known { charge_token: None, .. }) => authorize(),
            Reply::AuthorizeRefused(refusal) => Acted::Refused(failure("PaymentAuthException", refusal), None),
            Reply::CaptureRefused { charge_token, refusal } => {
                let hold = Facts::Hold(charge_token.clone());
                Acted::Failed(failure("PaymentChargeException", refusal), hold, Vec::new())
            }
            Reply::Voided
            | Reply::VoidRefused(_)
            | Reply::Refunded { .. }
            | Reply::RefundRefused(_)
            | Reply::Debited { .. }
            | Reply::DebitRefused(_) => Acted::Contradiction(paid::NOT_ASKED),
        }
    }

    fn undo(
        &self,
        facts: &Facts,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Undone<Effect, Facts> {
        paid::refund(facts, turn, "RefundException", steps::REFUND_FARE)
    }

    /// A path names no void: the charge never took effect as a whole.
    fn undone_by(&self, facts: &Facts) -> Option<StepType> {
        match facts {
            Facts::Hold(_) => None,
            Facts::Charge { .. } => Self::SIGNATURE.undone_by,
        }
    }

    fn standing(&self, facts: &Facts, purchase: &Purchase, _context: &Context<'_, Event>) -> Option<Standing> {
        paid::standing(facts, purchase)
    }

    fn answer(&self, answer: Answer<Event, Facts>) -> Option<Event> {
        paid::answer(answer)
    }

    fn repeated_in(&self, event: &Event) -> Option<Facts> {
        paid::named(event)
    }

    fn contradiction(&self, facts: Option<&Facts>, event: &Event) -> Option<&'static str> {
        paid::contradiction(facts, event)
    }
}

fn failure(name: &str, refusal: &Refusal) -> Failure {
    Failure::new(name, steps::CHARGE_FARE, refusal.message.clone())
}
