//! Charges the card: authorise, then capture. Below it, how a refused capture is undone.

use contracts::outcome::Effect as Standing;
use contracts::{Charge, Event, Failure, Fare, Path, StepName, booking, payment};
use jiff::Timestamp;
use saga::{Decision, Then};

use crate::gateway::{Known, Refusal};
use crate::{Effect, Payment, Reply, State};

/// A fare is registered: charge it, once.
pub(crate) fn charge(
    state: &State,
    registered: &booking::FareRegistered,
    sealed_card: &str,
    reply: Option<&Reply>,
    now: Timestamp,
) -> Decision<Payment> {
    let fare = &registered.fare;
    let authorize = || Effect::Authorize { fare: fare.clone(), sealed_card: sealed_card.to_owned() };
    match state {
        State::Unseen => Decision::Commit(State::Charging { fare: fare.clone() }, Then::Perform(authorize())),
        State::Charging { fare: known }
        | State::Captured { fare: known, .. }
        | State::Declined { fare: known }
        | State::Refunding { fare: known, .. }
        | State::Refunded { fare: known, .. }
        | State::RefundFailed { fare: known, .. }
            if known != fare =>
        {
            Decision::Contradiction("fare: is not the one on record for this saga")
        }
        State::Charging { .. } => match reply {
            // The intent stood already: a worker died, or works still. What did it reach? Keys may have expired at
            // the gateway since, so look before repeating.
            None => Decision::Perform(Effect::LookUp),
            Some(reply) => charging(registered, reply, authorize, now),
        },
        State::Captured { .. }
        | State::Declined { .. }
        | State::Refunding { .. }
        | State::Refunded { .. }
        | State::RefundFailed { .. } => Decision::Announce,
    }
}

/// The gateway answered while the intent stands.
fn charging(
    registered: &booking::FareRegistered,
    reply: &Reply,
    authorize: impl FnOnce() -> Effect,
    now: Timestamp,
) -> Decision<Payment> {
    let booking::FareRegistered { fare, path } = registered;
    let capture = |charge_token: &String| {
        Decision::Perform(Effect::Capture { charge_token: charge_token.clone(), amount: fare.amount })
    };
    match reply {
        Reply::Known(Known { charge_token, charge_id, .. }) => match (charge_token, charge_id) {
            (Some(charge_token), Some(charge_id)) => captured(fare, charge_token, charge_id, path, now),
            // A hold that is voided already answers the capture with its old refusal.
            (Some(charge_token), None) => capture(charge_token),
            (None, _) => Decision::Perform(authorize()),
        },
        Reply::Authorized { charge_token } => capture(charge_token),
        Reply::AuthorizeRefused(refusal) => {
            let error = failure("PaymentAuthException", refusal);
            declined(fare, None, error, Vec::new(), path, now)
        }
        Reply::Captured { charge_token, charge_id } => captured(fare, charge_token, charge_id, path, now),
        Reply::CaptureRefused { charge_token, refusal } => {
            Decision::Perform(Effect::Void { charge_token: charge_token.clone(), because: refusal.clone() })
        }
        Reply::Voided { charge_token, because } => {
            let error = failure("PaymentChargeException", because);
            declined(fare, Some(charge_token), error, Vec::new(), path, now)
        }
        Reply::VoidRefused { charge_token, because, refusal } => {
            let error = failure("PaymentChargeException", because).and(failure("PaymentVoidException", refusal));
            let hold = contracts::Standing { effect: Standing::Hold, id: charge_token.clone(), amount: fare.amount };
            declined(fare, Some(charge_token), error, vec![hold], path, now)
        }
        Reply::Refunded { .. } | Reply::RefundRefused(_) => {
            Decision::Contradiction("the gateway answered a refund that was not asked for")
        }
    }
}

fn captured(fare: &Fare, charge_token: &str, charge_id: &str, path: &Path, now: Timestamp) -> Decision<Payment> {
    let charge = Charge { charge_token: charge_token.to_owned(), charge_id: charge_id.to_owned() };
    let event = payment::PaymentCaptured {
        fare: fare.clone(),
        charge: charge.clone(),
        path: path.and(StepName::ChargeFare, true, now),
    };
    Decision::Commit(
        State::Captured { fare: fare.clone(), charge },
        Then::Announce(vec![Event::PaymentCaptured(event)]),
    )
}

fn declined(
    fare: &Fare,
    charge_token: Option<&String>,
    error: Failure,
    standing: Vec<contracts::Standing>,
    path: &Path,
    now: Timestamp,
) -> Decision<Payment> {
    let event = payment::PaymentDeclined {
        fare: fare.clone(),
        charge_token: charge_token.cloned(),
        error,
        standing,
        path: path.and(StepName::ChargeFare, false, now),
    };
    Decision::Commit(State::Declined { fare: fare.clone() }, Then::Announce(vec![Event::PaymentDeclined(event)]))
}

fn failure(name: &str, refusal: &Refusal) -> Failure {
    Failure::new(name, StepName::ChargeFare, refusal.message.clone())
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;

    fn decide(state: &State, reply: Option<&Reply>) -> Decision<Payment> {
        charge(state, &fixtures::fare_registered("3"), "sealed", reply, fixtures::NOW)
    }

    fn charging_state() -> State {
        State::Charging { fare: fixtures::fare("3") }
    }

    fn refusal() -> Refusal {
        Refusal { message: "no".to_owned() }
    }

    #[test]
    fn the_intent_comes_before_the_call() {
        let decision = decide(&State::Unseen, None);
        assert!(matches!(decision, Decision::Commit(State::Charging { .. }, Then::Perform(Effect::Authorize { .. }))));
    }

    #[test]
    fn an_intent_that_stood_already_looks_before_it_repeats() {
        assert!(matches!(decide(&charging_state(), None), Decision::Perform(Effect::LookUp)));
        let nothing = Reply::Known(Known::default());
        assert!(matches!(decide(&charging_state(), Some(&nothing)), Decision::Perform(Effect::Authorize { .. })));
        let held = Reply::Known(Known { charge_token: Some("tok_1".to_owned()), ..Known::default() });
        assert!(matches!(decide(&charging_state(), Some(&held)), Decision::Perform(Effect::Capture { .. })));
        let charged = Reply::Known(Known {
            charge_token: Some("tok_1".to_owned()),
            charge_id: Some("ch_1".to_owned()),
            refund_id: None,
        });
        assert!(matches!(
            decide(&charging_state(), Some(&charged)),
            Decision::Commit(State::Captured { .. }, Then::Announce(_))
        ));
    }

    #[test]
    fn a_refused_capture_is_voided_and_a_refused_void_is_left_standing() {
        let charge_token = "tok_1".to_owned();
        let refused = Reply::CaptureRefused { charge_token: charge_token.clone(), refusal: refusal() };
        assert!(matches!(decide(&charging_state(), Some(&refused)), Decision::Perform(Effect::Void { .. })));
        let voided = Reply::Voided { charge_token: charge_token.clone(), because: refusal() };
        let stands = Reply::VoidRefused { charge_token, because: refusal(), refusal: refusal() };
        for (reply, standing) in [(voided, 0), (stands, 1)] {
            let Decision::Commit(State::Declined { .. }, Then::Announce(events)) =
                decide(&charging_state(), Some(&reply))
            else {
                panic!("no commit")
            };
            let [Event::PaymentDeclined(declined)] = events.as_slice() else { panic!("not declined") };
            assert_eq!(declined.error.name, "PaymentChargeException");
            assert_eq!(declined.standing.len(), standing);
            assert_eq!(declined.error.also.len(), standing);
        }
    }

    #[test]
    fn a_terminal_state_announces_and_another_fare_contradicts() {
        let state = State::Declined { fare: fixtures::fare("3") };
        assert!(matches!(decide(&state, None), Decision::Announce));
        let state = State::Declined { fare: fixtures::fare("4") };
        assert!(matches!(decide(&state, None), Decision::Contradiction(_)));
    }
}
