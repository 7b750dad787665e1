//! The pivot: a saga that is to be undone is refused here, unless it is fulfilled already.

use contracts::{Event, Failure, Journey, SagaKind, StepName, booking, fulfillment, payment};
use saga::{Context, Decision, Then};

use crate::reserve::{Told, release};
use crate::state::Refusal;
use crate::{Fulfillment, Reply, State};

/// The saga is to be undone. Before its payment was heard of, that leaves a tombstone, at which the payment will end.
pub(crate) fn unwind(
    fulfillment: Fulfillment,
    state: &State,
    started: &booking::UnwindingStarted,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Fulfillment> {
    let round = started.journey.round;
    let told = || Told { error: started.error.clone(), journey: started.journey.clone() };
    match state {
        State::Unseen => {
            let refusal = Refusal { round, ..Refusal::new(started.purchase.clone(), None) };
            refused(refusal, started, context)
        }
        // Too late: it is fulfilled.
        State::Credited { .. } | State::Reserved { .. } => Decision::Announce,
        // The message of our own failure brings that to its end first.
        State::Releasing(refusal) if refusal.because.is_some() => Decision::NotYet,
        State::Releasing(refusal) if round == refusal.round => release(fulfillment, refusal, &told(), reply, context),
        State::Releasing(_) => Decision::Ignore,
        State::Refused(refusal) if round > refusal.round => {
            let refusal = Refusal { round, ..refusal.clone() };
            if refusal.stands {
                release(fulfillment, &refusal, &told(), reply, context)
            } else {
                refused(refusal, started, context)
            }
        }
        State::Refused(_) => Decision::Announce,
    }
}

/// Refuses, with nothing of our own to undo.
fn refused(refusal: Refusal, started: &booking::UnwindingStarted, context: &Context<'_>) -> Decision<Fulfillment> {
    let step = match started.purchase.kind() {
        SagaKind::Fare => StepName::CreditCustomerAccount,
        SagaKind::Order => StepName::ReserveInventory,
    };
    // Only what was to come is a step that fails; another round has nothing of ours on its way.
    let journey =
        if refusal.round == 0 { started.journey.and(step, false, context.now) } else { started.journey.clone() };
    refuse(refusal, started.error.clone(), journey)
}

/// Refuses a payment that came, before anything was done for it.
pub(crate) fn refuse_paid(
    captured: &payment::PaymentCaptured,
    error: Failure,
    context: &Context<'_>,
) -> Decision<Fulfillment> {
    let journey = captured.journey.and(error.step, false, context.now);
    refuse(Refusal::new(captured.purchase.clone(), Some(captured.charge.clone())), error, journey)
}

/// Puts on record and announces that a purchase is not fulfilled, and that nothing of ours stands.
fn refuse(refusal: Refusal, error: Failure, journey: Journey) -> Decision<Fulfillment> {
    let (purchase, charge) = (refusal.purchase.clone(), refusal.charge.clone());
    let event = fulfillment::Refused { purchase, charge, error, standing: Vec::new(), journey };
    let event = match refusal.purchase.kind() {
        SagaKind::Fare => Event::AccountCreditRefused(event),
        SagaKind::Order => Event::InventoryRefused(event),
    };
    Decision::Commit(State::Refused(refusal), Then::Announce(vec![event]))
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;
    use crate::tests::{FULFILLMENT, context};

    fn decide(state: &State, started: &booking::UnwindingStarted) -> Decision<Fulfillment> {
        unwind(FULFILLMENT, state, started, None, &context())
    }

    #[test]
    fn a_saga_is_refused_before_the_pivot_and_not_after_it() {
        let started = fixtures::unwinding_started(fixtures::fare("3").into(), 0);
        let Decision::Commit(tombstone, Then::Announce(events)) = decide(&State::Unseen, &started) else {
            panic!("no tombstone")
        };
        let [Event::AccountCreditRefused(refused)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((refused.charge.as_ref(), refused.error.name.as_str()), (None, "SagaCancelled"));
        assert!(matches!(decide(&tombstone, &started), Decision::Announce));
        let credited = State::Credited { purchase: fixtures::fare("3").into(), charge: fixtures::charge() };
        assert!(matches!(decide(&credited, &started), Decision::Announce));
    }

    #[test]
    fn a_payment_that_comes_after_the_tombstone_is_not_fulfilled() {
        let started = fixtures::unwinding_started(fixtures::fare("3").into(), 0);
        let Decision::Commit(tombstone, _) = decide(&State::Unseen, &started) else { panic!("no tombstone") };
        let captured = fixtures::payment_captured("3");
        assert!(!tombstone.is_paid_otherwise(&captured.charge));
        let decision = crate::credit::credit(FULFILLMENT, &tombstone, &captured, &context());
        assert!(matches!(decision, Decision::Announce));
    }

    #[test]
    fn another_round_releases_what_stands_and_says_so_where_nothing_does() {
        let purchase: contracts::Purchase = fixtures::order("4").into();
        let started = fixtures::unwinding_started(purchase.clone(), 1);
        let stands = Refusal { stands: true, ..Refusal::new(purchase.clone(), Some(fixtures::debit())) };
        let Decision::Transact(State::Refused(refusal), _, _) = decide(&State::Refused(stands), &started) else {
            panic!("not released")
        };
        assert_eq!((refusal.stands, refusal.round), (false, 1));
        let clean = State::Refused(Refusal::new(purchase, None));
        let Decision::Commit(State::Refused(refusal), Then::Announce(events)) = decide(&clean, &started) else {
            panic!("not told")
        };
        assert_eq!((refusal.round, events[0].nth()), (1, 1));
    }
}
