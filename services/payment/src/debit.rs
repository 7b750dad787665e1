//! Debits the customer's account for an order. Below it, how a debit is undone whose step failed after it took effect.

use contracts::hooks::OrderHooks;
use contracts::{Because, Charge, Failure, Purchase, StepName, booking};
use saga::{Context, Decision, Then};

use crate::charge::{captured, declined, late};
use crate::gateway::Known;
use crate::refund::{self, Told};
use crate::state::{Refund, is_over};
use crate::{Effect, Payment, Reply, State};

/// The error of a payment that cannot be processed.
const ERROR: &str = "ErrProcessPayment";

/// The error of a debit that cannot be given back; retried by policy.
pub(crate) const REFUND_ERROR: &str = "ErrProcessRefund";

/// An order is created: debit it, once.
pub(crate) fn debit(
    payment: Payment,
    state: &State,
    registered: &booking::Registered,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Payment> {
    let booking::Registered { purchase, journey } = registered;
    let ask = |fresh| Effect::Debit { customer: purchase.customer_id().clone(), amount: purchase.amount(), fresh };
    match state {
        State::Unseen if journey.is_late(context.now) => late(registered, StepName::ProcessPayment, context),
        State::Unseen => {
            let intent = State::Charging { purchase: purchase.clone(), since: Some(context.now) };
            Decision::Commit(intent, Then::Perform(ask(true)))
        }
        State::Charging { since, .. } => match reply {
            // The intent stood already: look before repeating, as with a card.
            None => Decision::Perform(Effect::LookUp),
            Some(Reply::Known(Known { charge_id: None, .. })) => Decision::Perform(ask(is_over(*since, context.now))),
            Some(Reply::Known(Known { charge_id: Some(id), .. }) | Reply::Debited { charge_id: id }) => {
                debited(payment, registered, id, context)
            }
            Some(Reply::DebitRefused(refusal)) => {
                let error = Failure::new(ERROR, StepName::ProcessPayment, refusal.message.clone());
                declined(registered, None, error, Vec::new(), context)
            }
            Some(
                Reply::Authorized { .. }
                | Reply::AuthorizeRefused(_)
                | Reply::Captured { .. }
                | Reply::CaptureRefused { .. }
                | Reply::Voided { .. }
                | Reply::VoidRefused { .. }
                | Reply::Refunded { .. }
                | Reply::RefundRefused(_),
            ) => Decision::Contradiction("the gateway answered what was not asked for"),
        },
        // Our own failure: this is the message by which the debit is given back.
        State::Refunding(refund) => match Told::of_own_failure(registered, refund) {
            Some(told) => refund::go_on(payment, refund, &told, reply, context),
            None => Decision::Announce,
        },
        State::Captured { .. }
        | State::Declined { .. }
        | State::Voiding { .. }
        | State::Refunded(_)
        | State::RefundFailed(_) => Decision::Announce,
    }
}

/// The money is taken: the step is done, unless it is forced to fail now that it has taken effect.
fn debited(
    payment: Payment,
    registered: &booking::Registered,
    charge_id: &str,
    context: &Context<'_>,
) -> Decision<Payment> {
    let charge = Charge { charge_token: None, charge_id: charge_id.to_owned() };
    if !(payment.hooks && hooks(&registered.purchase).fail_payment) {
        return captured(registered, charge, StepName::ProcessPayment, context);
    }
    // It has taken effect when it fails, so it undoes itself.
    let error = Failure::new(ERROR, StepName::ProcessPayment, "Forced payment failure");
    let because = Some(Because { error, at: context.now });
    let refund = Refund { because, ..Refund::new(registered.purchase.clone(), charge) };
    match Told::of_own_failure(registered, &refund) {
        Some(told) => refund::begin(payment, refund, &told, context),
        None => Decision::NotYet,
    }
}

/// What an order asks to be forced.
pub(crate) fn hooks(purchase: &Purchase) -> OrderHooks {
    match purchase {
        Purchase::Fare(_) => OrderHooks::default(),
        Purchase::Order(order) => OrderHooks::of_order(order.order_id.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use contracts::Event;
    use contracts::outcome::Effect as Kind;
    use testkit::fixtures;

    use super::*;
    use crate::tests::context;

    const PAYMENT: Payment = Payment { hooks: true };

    fn decide(state: &State, order: &str, reply: Option<&Reply>) -> Decision<Payment> {
        debit(PAYMENT, state, &fixtures::order_created(order), reply, &context(&[]))
    }

    fn debited() -> Reply {
        Reply::Debited { charge_id: "ch_1".to_owned() }
    }

    fn charging(order: &str) -> State {
        State::Charging { purchase: fixtures::order(order).into(), since: Some(fixtures::NOW) }
    }

    #[test]
    fn an_order_is_debited_after_its_intent_and_without_a_card() {
        let decision = decide(&State::Unseen, "4", None);
        assert!(matches!(decision, Decision::Commit(State::Charging { .. }, Then::Perform(Effect::Debit { .. }))));
        let decision = decide(&charging("4"), "4", Some(&debited()));
        let Decision::Commit(State::Captured { charge, .. }, Then::Announce(_)) = decision else { panic!("not paid") };
        assert_eq!(charge.charge_token, None);
    }

    #[test]
    fn a_debit_is_asked_for_again_as_one_that_may_be_at_work_until_it_must_be_over() {
        let fresh = |since| {
            let state = State::Charging { purchase: fixtures::order("4").into(), since };
            let decision = decide(&state, "4", Some(&Reply::Known(Known::default())));
            let Decision::Perform(Effect::Debit { fresh, .. }) = decision else { panic!("{decision:?}") };
            fresh
        };
        let long_ago = fixtures::NOW - jiff::SignedDuration::from_hours(1);
        assert_eq!([None, Some(fixtures::NOW), Some(long_ago)].map(fresh), [false, false, true]);
    }

    #[test]
    fn a_payment_that_fails_after_it_took_effect_is_given_back_by_itself() {
        let decision = decide(&charging("2"), "2", Some(&debited()));
        let Decision::Commit(state @ State::Refunding(_), Then::Perform(Effect::Refund { .. })) = decision else {
            panic!("not given back")
        };
        let refunded = Reply::Refunded { refund_id: "re_1".to_owned() };
        let Decision::Commit(State::Refunded(_), Then::Announce(events)) = decide(&state, "2", Some(&refunded)) else {
            panic!("not refunded")
        };
        let [Event::PaymentDeclined(declined)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((declined.error.name.as_str(), declined.refund_id.as_deref()), (ERROR, Some("re_1")));
        let steps: Vec<_> = declined.journey.path.steps().iter().map(|step| (step.step, step.ok)).collect();
        assert_eq!(steps[1..], [(StepName::ProcessPayment, false), (StepName::ProcessRefund, true)]);
    }

    #[test]
    fn a_debit_that_cannot_be_given_back_is_tried_twice_more_and_then_stands() {
        let mut decision = decide(&charging("22"), "22", Some(&debited()));
        let mut delays = Vec::new();
        let events = loop {
            if let Decision::Commit(to @ State::Refunding(_), Then::Retry(delay)) = decision {
                delays.push(delay.secs);
                assert!(matches!(decide(&to, "22", None), Decision::Perform(Effect::LookUp)));
                decision = decide(&to, "22", Some(&Reply::Known(Known::default())));
                continue;
            }
            let Decision::Commit(State::RefundFailed(refund), Then::Announce(events)) = decision else {
                panic!("{decision:?}")
            };
            assert_eq!(refund.attempts.len(), 3);
            break events;
        };
        assert_eq!(delays, [1, 2]);
        let [Event::PaymentDeclined(declined)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(declined.error.also[0].name, REFUND_ERROR);
        assert_eq!(declined.standing[0].effect, Kind::Capture);
    }

    #[test]
    fn what_is_late_is_declined_without_a_call() {
        let mut created = fixtures::order_created("4");
        created.journey.deadline = fixtures::NOW - jiff::SignedDuration::from_secs(1);
        let decision = debit(PAYMENT, &State::Unseen, &created, None, &context(&[]));
        let Decision::Commit(State::Declined { .. }, Then::Announce(events)) = decision else { panic!("not declined") };
        let [Event::PaymentDeclined(declined)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(declined.error.name, "DeadlineExceeded");
    }
}
