//! Debits the customer's account for an order. Below it, how the debit is undone: a refund.

use contracts::{Event, EventType, Failure, Purchase, Standing, StepName};
use saga::Context;
use saga::step::{Acted, Answer, Card, Heard, Step, Turn, Undone};

use crate::effects::{Effect, Reply};
use crate::gateway::Known;
use crate::paid::{self, Facts};

/// The error of a debit that cannot be given back; retried by policy.
const REFUND_ERROR: &str = "ErrProcessRefund";

/// An order is created: debit the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessPayment;

impl Step for ProcessPayment {
    type Effect = Effect;
    type Reply = Reply;
    type Facts = Facts;

    const CARD: Card = Card::new(StepName::ProcessPayment, EventType::OrderCreated, EventType::PaymentCaptured)
        .refused(EventType::PaymentDeclined)
        .undone_by(StepName::ProcessRefund)
        .on(&[EventType::InventoryRefused], &[EventType::PaymentRefunded, EventType::PaymentRefundFailed])
        .retried(&[REFUND_ERROR]);

    fn act(&self, _heard: &Heard, turn: &Turn<'_, Reply>, _context: &Context<'_>) -> Acted<Effect, Facts> {
        let (customer, amount, fresh) = (turn.purchase.customer_id(), turn.purchase.amount(), turn.fresh);
        let debit = || Acted::Ask(Effect::Debit { customer: customer.clone(), amount, fresh });
        match turn.reply {
            None if turn.since.is_none() => debit(),
            // The intent stood already: look before repeating, as with a card.
            None => Acted::Look(Effect::LookUp),
            Some(Reply::Known(Known { charge_id: None, .. })) => debit(),
            Some(Reply::Known(Known { charge_id: Some(id), .. }) | Reply::Debited { charge_id: id }) => {
                Acted::done(Facts::charged(None, id.clone()))
            }
            Some(Reply::DebitRefused(refusal)) => {
                let name = "ErrProcessPayment";
                Acted::Refused(Failure::new(name, StepName::ProcessPayment, refusal.message.clone()), None)
            }
            Some(_) => Acted::Contradiction(paid::NOT_ASKED),
        }
    }

    fn undo(&self, facts: &Facts, turn: &Turn<'_, Reply>, _context: &Context<'_>) -> Undone<Effect, Facts> {
        paid::refund(facts, turn, REFUND_ERROR, StepName::ProcessRefund)
    }

    fn standing(&self, facts: &Facts, purchase: &Purchase, _context: &Context<'_>) -> Option<Standing> {
        paid::standing(facts, purchase)
    }

    fn answer(&self, answer: Answer<Facts>) -> Option<Event> {
        paid::answer(answer)
    }

    fn repeated_in(&self, event: &Event) -> Option<Facts> {
        paid::named(event)
    }

    fn contradiction(&self, facts: Option<&Facts>, event: &Event) -> Option<&'static str> {
        paid::contradiction(facts, event)
    }
}
