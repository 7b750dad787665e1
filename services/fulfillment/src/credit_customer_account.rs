//! Credits the customer's account with a fare that was charged. Nothing undoes the credit: nothing that follows can
//! fail, and a refused credit never took effect.

use contracts::{Event, EventType, StepName};
use saga::Context;
use saga::step::{Acted, Answer, Card, Heard, Step, Turn};

use crate::effects::{Effect, Reply};
use crate::fulfilled::{self, Facts};

/// The customer is charged: credit the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreditCustomerAccount;

impl Step for CreditCustomerAccount {
    type Effect = Effect;
    type Reply = Reply;
    type Facts = Facts;

    const CARD: Card =
        Card::new(StepName::CreditCustomerAccount, EventType::PaymentCaptured, EventType::AccountCredited)
            .refused(EventType::AccountCreditRefused)
            .decides_on(EventType::UnwindingStarted);

    fn act(&self, heard: &Heard, _turn: &Turn<'_, Reply>, _context: &Context<'_>) -> Acted<Effect, Facts> {
        Facts::of(heard).map_or(Acted::Contradiction(fulfilled::UNPAID), Acted::done)
    }

    fn answer(&self, answer: Answer<Facts>) -> Option<Event> {
        fulfilled::answer(answer, Event::AccountCredited, Event::AccountCreditRefused)
    }

    fn begun_with(&self, heard: &Heard) -> Option<Facts> {
        Facts::of(heard)
    }

    fn contradiction(&self, facts: Option<&Facts>, event: &Event) -> Option<&'static str> {
        fulfilled::contradiction(facts, event)
    }
}
