//! Credits the customer's account with a fare that was charged. Nothing undoes the credit: nothing that follows can
//! fail, and a refused credit never took effect.

use contracts::{Event, events, steps};
use saga::Context;
use saga::step::{Acted, Answer, Heard, Signature, Step, Turn};

use crate::effects::{Effect, Reply};
use crate::fulfilled::{self, Facts};

/// The customer is charged: credit the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreditCustomerAccount;

impl Step for CreditCustomerAccount {
    type Vocabulary = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Facts = Facts;

    const SIGNATURE: Signature =
        Signature::new(steps::CREDIT_CUSTOMER_ACCOUNT, events::PAYMENT_CAPTURED, events::ACCOUNT_CREDITED)
            .refused(events::ACCOUNT_CREDIT_REFUSED)
            .decides_on(events::UNWINDING_STARTED);

    fn act(
        &self,
        heard: &Heard<Event>,
        _turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Acted<Effect, Facts> {
        Facts::of(heard).map_or(Acted::Contradiction(fulfilled::UNPAID), Acted::done)
    }

    fn answer(&self, answer: Answer<Event, Facts>) -> Option<Event> {
        fulfilled::answer(answer, Event::AccountCredited, Event::AccountCreditRefused)
    }

    fn begun_with(&self, heard: &Heard<Event>) -> Option<Facts> {
        Facts::of(heard)
    }

    fn contradiction(&self, facts: Option<&Facts>, event: &Event) -> Option<&'static str> {
        fulfilled::contradiction(facts, event)
    }
}
