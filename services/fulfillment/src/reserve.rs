//! Reserves what an order has paid for, all items or none. Below it, its compensation: releasing the reservation.

use contracts::hooks::OrderHooks;
use contracts::outcome::Effect as Kind;
use contracts::{
    Attempt, Because, Event, Failure, Identifier, Journey, Order, Purchase, Standing, StepName, fulfillment, payment,
};
use rust_decimal::Decimal;
use saga::{Context, Decision, Take, Then};

use crate::credit::late;
use crate::state::Refusal;
use crate::unwind::refuse_paid;
use crate::{Effect, Fulfillment, Reply, State};

/// The error of a reservation that cannot be made.
const ERROR: &str = "ErrReserveInventory";

/// Items that are named as short, at most.
const SHORT_MAX: usize = 20;

/// The error of a reservation that cannot be released; retried by policy.
pub(crate) const RELEASE_ERROR: &str = "ErrReleaseInventory";

/// The step.
const STEP: StepName = StepName::ReserveInventory;

/// What a refusal tells besides the reservation: why, and the way so far.
pub(crate) struct Told {
    pub(crate) error: Failure,
    pub(crate) journey: Journey,
}

/// The customer has paid: reserve the items, once.
pub(crate) fn reserve(
    fulfillment: Fulfillment,
    state: &State,
    order: &Order,
    captured: &payment::PaymentCaptured,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Fulfillment> {
    match (state, reply) {
        (State::Unseen, _) if captured.journey.is_late(context.now) => {
            refuse_paid(captured, late(captured, STEP), context)
        }
        (State::Unseen, None) => {
            Decision::Perform(Effect::Count(order.wanted().into_iter().map(|(item, _)| item.to_string()).collect()))
        }
        (State::Unseen, Some(Reply::Counted(rows))) => take(fulfillment, order, captured, rows, context),
        // Our own failure: this is the message by which the reservation is released.
        (State::Releasing(refusal), _) => match &refusal.because {
            Some(because) => {
                let journey = captured.journey.and(STEP, false, because.at);
                release(fulfillment, refusal, &Told { error: because.error.clone(), journey }, reply, context)
            }
            None => Decision::Announce,
        },
        (State::Credited { .. } | State::Reserved { .. } | State::Refused(_), _) => Decision::Announce,
    }
}

/// What is short, as far as an event has room for it besides the order.
fn shortage(short: &[String]) -> String {
    let named = short.iter().take(SHORT_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match short.len().saturating_sub(SHORT_MAX) {
        0 => format!("short of stock: {named}"),
        more => format!("short of stock: {named} and {more} more"),
    }
}

/// So much is there: take what is wanted, or say what is short.
fn take(
    fulfillment: Fulfillment,
    order: &Order,
    captured: &payment::PaymentCaptured,
    rows: &[(String, Decimal)],
    context: &Context<'_>,
) -> Decision<Fulfillment> {
    let available = |item: &Identifier| rows.iter().find(|(row, _)| row == item.as_str()).map(|(_, there)| *there);
    let tracked: Vec<(Identifier, Decimal, Decimal)> =
        order.wanted().into_iter().filter_map(|(item, qty)| available(&item).map(|there| (item, qty, there))).collect();
    let short: Vec<String> = tracked
        .iter()
        .filter(|(_, qty, there)| qty > there)
        .map(|(item, qty, there)| format!("{item} ({} wanted, {} available)", qty.normalize(), there.normalize()))
        .collect();
    if !short.is_empty() {
        // Ids stand in it as they are, whatever digits they have, so it is not cleaned as words are.
        let error = Failure { message: shortage(&short), ..Failure::new(ERROR, STEP, "") };
        return refuse_paid(captured, error, context);
    }
    let taken: Vec<Take> =
        tracked.into_iter().map(|(item, quantity, _)| Take { item: item.to_string(), quantity }).collect();
    let (purchase, charge) = (captured.purchase.clone(), captured.charge.clone());
    if fulfillment.hooks && hooks(&purchase).fail_reserve {
        // It has taken effect when it fails, so it undoes itself.
        let error = Failure::new(ERROR, STEP, "Forced reservation failure");
        let because = Some(Because { error, at: context.now });
        let refusal = Refusal { because, stands: true, taken: taken.clone(), ..Refusal::new(purchase, Some(charge)) };
        return Decision::Transact(State::Releasing(refusal), taken, Then::Continue);
    }
    let event = Event::InventoryReserved(fulfillment::Fulfilled {
        purchase: purchase.clone(),
        charge: charge.clone(),
        journey: captured.journey.and(STEP, true, context.now),
    });
    let state = State::Reserved { purchase, charge, taken: taken.clone() };
    Decision::Transact(state, taken, Then::Announce(vec![event]))
}

/// Compensates [`reserve`]: gives back what it holds of the stock, or, when that has failed as often as its policy
/// allows, names the reservation as standing.
pub(crate) fn release(
    fulfillment: Fulfillment,
    refusal: &Refusal,
    told: &Told,
    reply: Option<&Reply>,
    context: &Context<'_>,
) -> Decision<Fulfillment> {
    let mut refusal = refusal.clone();
    if fulfillment.hooks && hooks(&refusal.purchase).fail_release {
        let (at, receive, round) = (context.now, context.receive, refusal.round);
        Attempt::put_on_record(&mut refusal.attempts, Attempt::new(RELEASE_ERROR, round, at, receive));
        return match context.retry(RELEASE_ERROR, Attempt::in_round(&refusal.attempts, round)) {
            Some(delay) => Decision::Commit(State::Releasing(refusal), Then::Retry(delay)),
            None => {
                let error = Failure::new(RELEASE_ERROR, StepName::ReleaseInventory, "Forced release failure");
                released(refusal, Vec::new(), told, Some(error), context)
            }
        };
    }
    match reply {
        None if !refusal.taken.is_empty() => {
            Decision::Perform(Effect::Count(refusal.taken.iter().map(|take| take.item.clone()).collect()))
        }
        // What is not tracked any more has nothing to be given back to.
        Some(Reply::Counted(rows)) => {
            let tracked = refusal.taken.iter().filter(|take| rows.iter().any(|(row, _)| *row == take.item));
            let given = tracked.map(|take| Take { item: take.item.clone(), quantity: -take.quantity }).collect();
            released(refusal, given, told, None, context)
        }
        None => released(refusal, Vec::new(), told, None, context),
    }
}

/// The reservation is released, or given up.
fn released(
    refusal: Refusal,
    given: Vec<Take>,
    told: &Told,
    failed: Option<Failure>,
    context: &Context<'_>,
) -> Decision<Fulfillment> {
    let purchase = refusal.purchase.clone();
    let journey = told.journey.and(StepName::ReleaseInventory, failed.is_none(), context.now);
    let id = format!("rsv_{}", context.saga.derive("reservation").simple());
    let reservation = Standing { effect: Kind::Reservation, id, amount: purchase.amount() };
    let (error, standing, stands) = match failed {
        Some(failed) => (told.error.and(failed), vec![reservation], true),
        None => (told.error.clone(), Vec::new(), false),
    };
    let taken = if stands { refusal.taken.clone() } else { Vec::new() };
    let event = fulfillment::Refused { purchase, charge: refusal.charge.clone(), error, standing, journey };
    let state = State::Refused(Refusal { because: None, stands, taken, ..refusal });
    Decision::Transact(state, given, Then::Announce(vec![Event::InventoryRefused(event)]))
}

fn hooks(purchase: &Purchase) -> OrderHooks {
    match purchase {
        Purchase::Fare(_) => OrderHooks::default(),
        Purchase::Order(order) => OrderHooks::of_order(order.order_id.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;
    use crate::tests::{FULFILLMENT, context};

    fn decide(state: &State, order: &str, reply: Option<&Reply>) -> Decision<Fulfillment> {
        let captured = fixtures::order_captured(order);
        reserve(FULFILLMENT, state, &fixtures::order(order), &captured, reply, &context())
    }

    fn counted(there: &str) -> Reply {
        Reply::Counted(vec![("567".to_owned(), there.parse().unwrap())])
    }

    #[test]
    fn what_is_tracked_is_taken_and_what_is_not_is_reserved_all_the_same() {
        assert!(matches!(decide(&State::Unseen, "4", None), Decision::Perform(Effect::Count(_))));
        for (reply, takes) in [(counted("1"), 1), (Reply::Counted(Vec::new()), 0)] {
            let decision = decide(&State::Unseen, "4", Some(&reply));
            let Decision::Transact(State::Reserved { taken, .. }, asked, Then::Announce(_)) = decision else {
                panic!("not reserved")
            };
            assert_eq!((taken.len(), &taken), (takes, &asked));
        }
    }

    #[test]
    fn a_shortage_names_the_items_that_are_short() {
        let Decision::Commit(State::Refused(refusal), Then::Announce(events)) =
            decide(&State::Unseen, "4", Some(&counted("0.5")))
        else {
            panic!("not refused")
        };
        assert!(!refusal.stands);
        let [Event::InventoryRefused(refused)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(refused.error.message, "short of stock: 567 (1 wanted, 0.5 available)");
        let many: Vec<String> = (0..99).map(|item| item.to_string()).collect();
        assert!(shortage(&many).ends_with(", 18, 19 and 79 more"), "{}", shortage(&many));
    }

    #[test]
    fn a_reservation_that_fails_after_it_took_effect_is_given_back() {
        let Decision::Transact(state @ State::Releasing(_), taken, Then::Continue) =
            decide(&State::Unseen, "3", Some(&counted("2")))
        else {
            panic!("not taken")
        };
        assert!(matches!(decide(&state, "3", None), Decision::Perform(Effect::Count(_))));
        let Decision::Transact(State::Refused(refusal), given, Then::Announce(events)) =
            decide(&state, "3", Some(&counted("1")))
        else {
            panic!("not released")
        };
        assert!(!refusal.stands && refusal.taken.is_empty());
        assert_eq!(given[0].quantity, -taken[0].quantity);
        let [Event::InventoryRefused(refused)] = events.as_slice() else { panic!("{events:?}") };
        let steps: Vec<_> = refused.journey.path.steps().iter().map(|step| (step.step, step.ok)).collect();
        assert!(steps.ends_with(&[(STEP, false), (StepName::ReleaseInventory, true)]));
    }

    #[test]
    fn a_reservation_that_cannot_be_released_is_tried_twice_more_and_then_stands() {
        let Decision::Transact(mut state, ..) = decide(&State::Unseen, "33", Some(&counted("2"))) else {
            panic!("not taken")
        };
        let mut delays = Vec::new();
        let (refusal, events) = loop {
            let decision = decide(&state, "33", None);
            if let Decision::Commit(to, Then::Retry(delay)) = decision {
                delays.push(delay.secs);
                state = to;
                continue;
            }
            let Decision::Transact(State::Refused(refusal), given, Then::Announce(events)) = decision else {
                panic!("{decision:?}")
            };
            assert!(given.is_empty());
            break (refusal, events);
        };
        assert_eq!((delays, refusal.attempts.len(), refusal.stands), (vec![1, 2], 3, true));
        assert_eq!(refusal.taken.len(), 1, "what it holds is on record");
        let [Event::InventoryRefused(refused)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(refused.standing[0].effect, Kind::Reservation);
        assert_eq!(refused.error.also[0].name, RELEASE_ERROR);
    }
}
