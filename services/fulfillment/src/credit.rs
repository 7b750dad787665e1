//! Credits the customer's account. No compensation below: the credit is the pivot, and a refused one never took
//! effect.

use contracts::hooks::FareHooks;
use contracts::{Event, Failure, StepName, fulfillment, payment};
use saga::{Context, Decision, Then};

use crate::unwind::refuse_paid;
use crate::{Fulfillment, State};

/// The step.
const STEP: StepName = StepName::CreditCustomerAccount;

/// The customer is charged: credit the account, once.
pub(crate) fn credit(
    fulfillment: Fulfillment,
    state: &State,
    captured: &payment::PaymentCaptured,
    context: &Context<'_>,
) -> Decision<Fulfillment> {
    let customer = captured.purchase.customer_id().as_str();
    match state {
        State::Unseen if captured.journey.is_late(context.now) => refuse_paid(captured, late(captured, STEP), context),
        State::Unseen if fulfillment.hooks && FareHooks::of_customer(customer).fail_credit => {
            let error = Failure::new("AccountCreditException", STEP, "Forced account credit transaction failure");
            refuse_paid(captured, error, context)
        }
        State::Unseen => {
            let (purchase, charge) = (captured.purchase.clone(), captured.charge.clone());
            let event = Event::AccountCredited(fulfillment::Fulfilled {
                purchase: purchase.clone(),
                charge: charge.clone(),
                journey: captured.journey.and(STEP, true, context.now),
            });
            Decision::Commit(State::Credited { purchase, charge }, Then::Announce(vec![event]))
        }
        State::Credited { .. } | State::Reserved { .. } | State::Releasing(_) | State::Refused(_) => Decision::Announce,
    }
}

/// Why something that comes too late is not begun.
pub(crate) fn late(captured: &payment::PaymentCaptured, step: StepName) -> Failure {
    let message = format!("fulfillment heard of it after {}", captured.journey.deadline);
    Failure::new("DeadlineExceeded", step, message)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use testkit::fixtures;

    use super::*;
    use crate::tests::{FULFILLMENT, context};

    fn captured(customer: &str) -> payment::PaymentCaptured {
        fixtures::payment_captured(customer)
    }

    #[test]
    fn a_captured_fare_is_credited() {
        let captured = captured("3");
        let Decision::Commit(state, Then::Announce(events)) =
            credit(FULFILLMENT, &State::Unseen, &captured, &context())
        else {
            panic!("no commit")
        };
        assert_eq!(state, State::Credited { purchase: captured.purchase.clone(), charge: captured.charge.clone() });
        assert!(matches!(events.as_slice(), [Event::AccountCredited(_)]));
        assert!(matches!(credit(FULFILLMENT, &state, &captured, &context()), Decision::Announce));
    }

    #[test]
    fn the_hook_refuses_only_when_it_is_on_and_what_is_late_is_refused_always() {
        let mut late = captured("3");
        late.journey.deadline = fixtures::NOW - SignedDuration::from_secs(1);
        let cases = [(true, captured("3__fail_credit"), true), (false, captured("3__fail_credit"), false)];
        for (hooks, captured, refused) in cases.into_iter().chain([(false, late, true)]) {
            let decision = credit(Fulfillment { hooks }, &State::Unseen, &captured, &context());
            let Decision::Commit(_, Then::Announce(events)) = decision else { panic!("no commit") };
            assert_eq!(matches!(events.as_slice(), [Event::AccountCreditRefused(_)]), refused);
        }
    }
}
