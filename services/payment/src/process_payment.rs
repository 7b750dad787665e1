//! Debits the customer's account for an order. Below it, how the debit is undone: a refund.

use contracts::{Event, Failure, Purchase, Standing, events, steps};
use saga::Context;
use saga::step::{Acted, Answer, Heard, Signature, Step, Turn, Undone};

use crate::effects::{Effect, Reply};
use crate::gateway::Known;
use crate::paid::{self, Facts};

/// The error of a debit that cannot be given back; retried by policy.
const REFUND_ERROR: &str = "ErrProcessRefund";

/// An order is created: debit the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessPayment;

impl Step for ProcessPayment {
    type Vocabulary = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Facts = Facts;

    const SIGNATURE: Signature =
        Signature::new(steps::PROCESS_PAYMENT, events::ORDER_CREATED, events::PAYMENT_CAPTURED)
            .refused(events::PAYMENT_DECLINED)
            .undone_by(steps::PROCESS_REFUND)
            .on(&[events::INVENTORY_REFUSED], &[events::PAYMENT_REFUNDED, events::PAYMENT_REFUND_FAILED])
            .retried(&[REFUND_ERROR]);

    fn act(
        &self,
        _heard: &Heard<Event>,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Acted<Effect, Facts> {
        let (customer, amount, fresh) = (turn.subject.customer_id(), turn.subject.amount(), turn.fresh);
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
                Acted::Refused(Failure::new(name, steps::PROCESS_PAYMENT, refusal.message.clone()), None)
            }
            Some(_) => Acted::Contradiction(paid::NOT_ASKED),
        }
    }

    fn undo(
        &self,
        facts: &Facts,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Undone<Effect, Facts> {
        paid::refund(facts, turn, REFUND_ERROR, steps::PROCESS_REFUND)
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
