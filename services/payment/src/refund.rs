//! Gives a charge back: the compensation of `charge`, when the account was not credited.

use contracts::outcome::Effect as Kind;
use contracts::{Event, Failure, Standing, StepName, fulfillment, payment};
use jiff::Timestamp;
use saga::{Decision, Then};

use crate::gateway::{Known, Refusal};
use crate::{Effect, Payment, Reply, State};

/// The account was not credited: give the charge back, once.
pub(crate) fn refund(
    state: &State,
    refused: &fulfillment::AccountCreditRefused,
    reply: Option<&Reply>,
    now: Timestamp,
) -> Decision<Payment> {
    let (fare, charge) = (refused.fare.clone(), refused.charge.clone());
    let ask = || Effect::Refund { charge_id: refused.charge.charge_id.clone(), amount: refused.fare.amount };
    match state {
        State::Captured { fare: known, charge: paid }
        | State::Refunding { fare: known, charge: paid }
        | State::Refunded { fare: known, charge: paid }
        | State::RefundFailed { fare: known, charge: paid }
            if (known, paid) != (&fare, &charge) =>
        {
            Decision::Contradiction("fare, charge: are not those on record for this saga")
        }
        State::Unseen | State::Charging { .. } => Decision::NotYet,
        State::Declined { .. } => Decision::Contradiction("charge: there is none on record for this saga"),
        State::Captured { .. } => Decision::Commit(State::Refunding { fare, charge }, Then::Perform(ask())),
        State::Refunding { .. } => match reply {
            // The intent stood already: look before repeating, as when charging.
            None => Decision::Perform(Effect::LookUp),
            Some(Reply::Known(Known { refund_id: Some(id), .. }) | Reply::Refunded { refund_id: id }) => {
                refunded(refused, id, now)
            }
            Some(Reply::Known(Known { refund_id: None, .. })) => Decision::Perform(ask()),
            Some(Reply::RefundRefused(refusal)) => failed(refused, refusal, now),
            Some(
                Reply::Authorized { .. }
                | Reply::AuthorizeRefused(_)
                | Reply::Captured { .. }
                | Reply::CaptureRefused { .. }
                | Reply::Voided { .. }
                | Reply::VoidRefused { .. },
            ) => Decision::Contradiction("the gateway answered a charge that was not asked for"),
        },
        State::Refunded { .. } | State::RefundFailed { .. } => Decision::Announce,
    }
}

fn refunded(refused: &fulfillment::AccountCreditRefused, refund_id: &str, now: Timestamp) -> Decision<Payment> {
    let fulfillment::AccountCreditRefused { fare, charge, error, standing, path } = refused.clone();
    let event = payment::PaymentRefunded {
        fare: fare.clone(),
        charge: charge.clone(),
        refund_id: refund_id.to_owned(),
        error,
        standing,
        path: path.and(StepName::RefundFare, true, now),
    };
    Decision::Commit(State::Refunded { fare, charge }, Then::Announce(vec![Event::PaymentRefunded(event)]))
}

/// The gateway refuses, finally: the capture stands, and the saga says so.
fn failed(refused: &fulfillment::AccountCreditRefused, refusal: &Refusal, now: Timestamp) -> Decision<Payment> {
    let fulfillment::AccountCreditRefused { fare, charge, error, mut standing, path } = refused.clone();
    standing.push(Standing { effect: Kind::Capture, id: charge.charge_id.clone(), amount: fare.amount });
    let event = payment::PaymentRefundFailed {
        fare: fare.clone(),
        charge: charge.clone(),
        error: error.and(Failure::new("RefundException", StepName::RefundFare, refusal.message.clone())),
        standing,
        path: path.and(StepName::RefundFare, false, now),
    };
    Decision::Commit(State::RefundFailed { fare, charge }, Then::Announce(vec![Event::PaymentRefundFailed(event)]))
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;

    fn decide(state: &State, reply: Option<&Reply>) -> Decision<Payment> {
        refund(state, &fixtures::account_credit_refused("3"), reply, fixtures::NOW)
    }

    #[test]
    fn the_intent_comes_before_the_call_and_before_its_time_nothing_happens() {
        let (fare, charge) = (fixtures::fare("3"), fixtures::charge());
        let captured = State::Captured { fare: fare.clone(), charge };
        assert!(matches!(
            decide(&captured, None),
            Decision::Commit(State::Refunding { .. }, Then::Perform(Effect::Refund { .. }))
        ));
        assert!(matches!(decide(&State::Unseen, None), Decision::NotYet));
        assert!(matches!(decide(&State::Charging { fare: fare.clone() }, None), Decision::NotYet));
        assert!(matches!(decide(&State::Declined { fare }, None), Decision::Contradiction(_)));
    }

    #[test]
    fn a_refused_refund_leaves_the_capture_standing_with_both_reasons() {
        let refunding = State::Refunding { fare: fixtures::fare("3"), charge: fixtures::charge() };
        let reply = Reply::RefundRefused(Refusal { message: "Forced refund transaction failure".to_owned() });
        let Decision::Commit(State::RefundFailed { .. }, Then::Announce(events)) = decide(&refunding, Some(&reply))
        else {
            panic!("no commit")
        };
        let [Event::PaymentRefundFailed(failed)] = events.as_slice() else { panic!("not failed") };
        assert_eq!(failed.error.name, "AccountCreditException");
        assert_eq!(failed.error.also[0].name, "RefundException");
        assert_eq!(failed.standing[0].effect, Kind::Capture);
    }

    #[test]
    fn a_refund_that_is_found_at_the_gateway_is_not_asked_for_again() {
        let refunding = State::Refunding { fare: fixtures::fare("3"), charge: fixtures::charge() };
        assert!(matches!(decide(&refunding, None), Decision::Perform(Effect::LookUp)));
        let found = Reply::Known(Known { refund_id: Some("re_1".to_owned()), ..Known::default() });
        assert!(matches!(decide(&refunding, Some(&found)), Decision::Commit(State::Refunded { .. }, _)));
    }
}
