//! Credits the customer's account. No compensation below: the credit is the pivot, and a refused one never took
//! effect.

use contracts::hooks::FareHooks;
use contracts::{Event, Failure, StepName, fulfillment, payment};
use jiff::Timestamp;
use saga::{Decision, Then};

use crate::{Fulfillment, State};

/// The customer is charged: credit the account, once.
pub(crate) fn credit(
    state: &State,
    captured: &payment::PaymentCaptured,
    hooks: bool,
    now: Timestamp,
) -> Decision<Fulfillment> {
    let (fare, charge) = (captured.fare.clone(), captured.charge.clone());
    match state {
        State::Unseen if hooks && FareHooks::of_customer(fare.customer_id.as_str()).fail_credit => {
            let error = Failure::new(
                "AccountCreditException",
                StepName::CreditCustomerAccount,
                "Forced account credit transaction failure",
            );
            let refused = fulfillment::AccountCreditRefused {
                fare: fare.clone(),
                charge: charge.clone(),
                error,
                standing: Vec::new(),
                path: captured.path.and(StepName::CreditCustomerAccount, false, now),
            };
            Decision::Commit(
                State::Refused { fare, charge },
                Then::Announce(vec![Event::AccountCreditRefused(refused)]),
            )
        }
        State::Unseen => {
            let path = captured.path.and(StepName::CreditCustomerAccount, true, now);
            let credited = fulfillment::AccountCredited { fare: fare.clone(), charge: charge.clone(), path };
            Decision::Commit(State::Credited { fare, charge }, Then::Announce(vec![Event::AccountCredited(credited)]))
        }
        State::Credited { fare: known, charge: paid } | State::Refused { fare: known, charge: paid } => {
            if *known == fare && *paid == charge {
                Decision::Announce
            } else {
                Decision::Contradiction("fare, charge: are not those on record for this saga")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;

    fn captured(customer: &str) -> payment::PaymentCaptured {
        fixtures::payment_captured(customer)
    }

    #[test]
    fn a_captured_fare_is_credited() {
        let captured = captured("3");
        let Decision::Commit(state, Then::Announce(events)) = credit(&State::Unseen, &captured, true, fixtures::NOW)
        else {
            panic!("no commit")
        };
        assert_eq!(state, State::Credited { fare: captured.fare.clone(), charge: captured.charge.clone() });
        assert!(matches!(events.as_slice(), [Event::AccountCredited(_)]));
    }

    #[test]
    fn the_hook_refuses_only_when_it_is_on() {
        for (hooks, refused) in [(true, true), (false, false)] {
            let decision = credit(&State::Unseen, &captured("3__fail_credit"), hooks, fixtures::NOW);
            let Decision::Commit(_, Then::Announce(events)) = decision else { panic!("no commit") };
            assert_eq!(matches!(events.as_slice(), [Event::AccountCreditRefused(_)]), refused);
        }
    }

    #[test]
    fn another_fare_under_the_same_saga_is_a_contradiction() {
        let first = captured("3");
        let state = State::Credited { fare: first.fare.clone(), charge: first.charge.clone() };
        assert!(matches!(credit(&state, &first, true, fixtures::NOW), Decision::Announce));
        assert!(matches!(credit(&state, &captured("4"), true, fixtures::NOW), Decision::Contradiction(_)));
    }
}
