//! Charges the card: authorise, then capture. Below it, how a refused capture is undone.

use contracts::outcome::Effect as Kind;
use contracts::{Charge, Event, Failure, Standing, StepName, booking, payment};
use saga::{Context, Decision, Then};

use crate::gateway::{Known, Refusal};
use crate::state::is_over;
use crate::{Effect, Payment, Reply, State};

/// A fare is registered: charge it, once.
pub(crate) fn charge(
    state: &State,
    registered: &booking::Registered,
    sealed_card: &str,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Payment> {
    let booking::Registered { purchase, journey } = registered;
    let authorize = |fresh| Effect::Authorize {
        customer: purchase.customer_id().clone(),
        amount: purchase.amount(),
        sealed_card: sealed_card.to_owned(),
        fresh,
    };
    match state {
        State::Unseen if journey.is_late(context.now) => late(registered, StepName::ChargeFare, context),
        State::Unseen => {
            let intent = State::Charging { purchase: purchase.clone(), since: Some(context.now) };
            Decision::Commit(intent, Then::Perform(authorize(true)))
        }
        State::Charging { since, .. } => match reply {
            // The intent stood already: a worker died, or works still. What did it reach? Keys may have expired at
            // the gateway since, so look before repeating.
            None => Decision::Perform(Effect::LookUp),
            Some(reply) => charging(registered, reply, authorize, is_over(*since, context.now), context),
        },
        State::Captured { .. }
        | State::Declined { .. }
        | State::Voiding { .. }
        | State::Refunding(_)
        | State::Refunded(_)
        | State::RefundFailed(_) => Decision::Announce,
    }
}

/// The gateway answered while the intent stands. What it does not know may still be at work, unless that is `over`:
/// the key makes a repetition harmless, and until then nothing is concluded from there being nothing.
fn charging(
    registered: &booking::Registered,
    reply: &Reply,
    authorize: impl FnOnce(bool) -> Effect,
    over: bool,
    context: &Context<'_>,
) -> Decision<Payment> {
    let amount = registered.purchase.amount();
    // Not even right after its own hold is a worker sure to be the first who captures it: another may have found it.
    let capture = |charge_token: &String| {
        Decision::Perform(Effect::Capture { charge_token: charge_token.clone(), amount, fresh: over })
    };
    let paid = |charge_token: &String, charge_id: &String| {
        let charge = Charge { charge_token: Some(charge_token.clone()), charge_id: charge_id.clone() };
        captured(registered, charge, StepName::ChargeFare, context)
    };
    match reply {
        Reply::Known(Known { charge_token, charge_id, .. }) => match (charge_token, charge_id) {
            (Some(charge_token), Some(charge_id)) => paid(charge_token, charge_id),
            // A hold that is voided already answers the capture with its old refusal.
            (Some(charge_token), None) => capture(charge_token),
            (None, _) => Decision::Perform(authorize(over)),
        },
        Reply::Authorized { charge_token } => capture(charge_token),
        Reply::AuthorizeRefused(refusal) => {
            let error = failure("PaymentAuthException", refusal);
            declined(registered, None, error, Vec::new(), context)
        }
        Reply::Captured { charge_token, charge_id } => paid(charge_token, charge_id),
        Reply::CaptureRefused { charge_token, refusal } => {
            let (charge_token, because) = (charge_token.clone(), refusal.clone());
            Decision::Perform(Effect::Void { charge_token, because, round: 0, fresh: over })
        }
        Reply::Voided { charge_token, because } => {
            let error = failure("PaymentChargeException", because);
            declined(registered, Some(charge_token), error, Vec::new(), context)
        }
        Reply::VoidRefused { charge_token, because, refusal } => {
            let error = failure("PaymentChargeException", because).and(failure("PaymentVoidException", refusal));
            let hold = Standing { effect: Kind::Hold, id: charge_token.clone(), amount };
            declined(registered, Some(charge_token), error, vec![hold], context)
        }
        Reply::Refunded { .. } | Reply::RefundRefused(_) | Reply::Debited { .. } | Reply::DebitRefused(_) => {
            Decision::Contradiction("the gateway answered what was not asked for")
        }
    }
}

/// The money is taken.
pub(crate) fn captured(
    registered: &booking::Registered,
    charge: Charge,
    step: StepName,
    context: &Context<'_>,
) -> Decision<Payment> {
    let purchase = registered.purchase.clone();
    let event = payment::PaymentCaptured {
        purchase: purchase.clone(),
        charge: charge.clone(),
        journey: registered.journey.and(step, true, context.now),
    };
    Decision::Commit(State::Captured { purchase, charge }, Then::Announce(vec![Event::PaymentCaptured(event)]))
}

/// The money is not taken.
pub(crate) fn declined(
    registered: &booking::Registered,
    charge_token: Option<&String>,
    error: Failure,
    standing: Vec<Standing>,
    context: &Context<'_>,
) -> Decision<Payment> {
    let purchase = registered.purchase.clone();
    let hold = if standing.is_empty() { None } else { charge_token.cloned() };
    let event = payment::PaymentDeclined {
        purchase: purchase.clone(),
        charge_token: charge_token.cloned(),
        charge_id: None,
        refund_id: None,
        journey: registered.journey.and(error.step, false, context.now),
        error,
        standing,
    };
    let state = State::Declined { purchase, hold, round: 0 };
    Decision::Commit(state, Then::Announce(vec![Event::PaymentDeclined(event)]))
}

/// It comes too late to be begun: declined, and the gateway is not called.
pub(crate) fn late(registered: &booking::Registered, step: StepName, context: &Context<'_>) -> Decision<Payment> {
    let message = format!("payment heard of it after {}", registered.journey.deadline);
    declined(registered, None, Failure::new("DeadlineExceeded", step, message), Vec::new(), context)
}

fn failure(name: &str, refusal: &Refusal) -> Failure {
    Failure::new(name, StepName::ChargeFare, refusal.message.clone())
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;
    use crate::tests::context;

    fn decide(state: &State, reply: Option<&Reply>) -> Decision<Payment> {
        charge(state, &fixtures::fare_registered("3"), "sealed", reply, &context(&[]))
    }

    fn charging_state() -> State {
        State::Charging { purchase: fixtures::fare("3").into(), since: Some(fixtures::NOW) }
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
    fn nothing_at_the_gateway_is_believed_only_when_the_first_call_must_be_over() {
        let long_ago = fixtures::NOW - jiff::SignedDuration::from_hours(1);
        let nothing = Reply::Known(Known::default());
        let fresh = |state: &State| {
            let decision = decide(state, Some(&nothing));
            let Decision::Perform(Effect::Authorize { fresh, .. }) = decision else { panic!("{decision:?}") };
            fresh
        };
        let purchase = || fixtures::fare("3").into();
        assert!(!fresh(&charging_state()));
        assert!(!fresh(&State::Charging { purchase: purchase(), since: None }));
        assert!(fresh(&State::Charging { purchase: purchase(), since: Some(long_ago) }));
        let Decision::Commit(_, Then::Perform(Effect::Authorize { fresh, .. })) = decide(&State::Unseen, None) else {
            panic!("no intent")
        };
        assert!(fresh, "nobody asks before the intent");
        let held = Reply::Authorized { charge_token: "tok_1".to_owned() };
        let decision = decide(&charging_state(), Some(&held));
        assert!(matches!(decision, Decision::Perform(Effect::Capture { fresh: false, .. })), "{decision:?}");
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
    fn a_terminal_state_announces() {
        let state = State::Declined { purchase: fixtures::fare("3").into(), hold: None, round: 0 };
        assert!(matches!(decide(&state, None), Decision::Announce));
    }
}
