//! Registers a fare, or rejects the request. Below it, its compensation: cancelling the fare.

use contracts::{Event, Failure, Fare, Path, Standing, StepName, booking, payment};
use jiff::Timestamp;
use saga::{Decision, Then};

use crate::{Booking, State};

/// A client asks for a fare: register it, once.
pub(crate) fn register(state: &State, fare: &Fare, now: Timestamp) -> Decision<Booking> {
    match state {
        State::Unseen => {
            let registered = booking::FareRegistered {
                fare: fare.clone(),
                path: Path::default().and(StepName::RegisterFare, true, now),
            };
            Decision::Commit(
                State::Registered { fare: fare.clone() },
                Then::Announce(vec![Event::FareRegistered(registered)]),
            )
        }
        State::Rejected => Decision::Contradiction("request: one with this id was rejected; use another id"),
        State::Registered { fare: known }
        | State::Completed { fare: known }
        | State::Cancelled { fare: known }
        | State::NeedsAttention { fare: known } => {
            if known == fare {
                Decision::Announce
            } else {
                Decision::Contradiction("request: one with this id asked for another fare")
            }
        }
    }
}

/// A client asks for a fare and breaks a rule: say so, once.
pub(crate) fn reject(state: &State, rejected: &booking::FareRejected, now: Timestamp) -> Decision<Booking> {
    match state {
        State::Unseen => {
            let path = rejected.path.and(StepName::RegisterFare, false, now);
            let rejected = booking::FareRejected { path, ..rejected.clone() };
            Decision::Commit(State::Rejected, Then::Announce(vec![Event::FareRejected(rejected)]))
        }
        State::Rejected => Decision::Announce,
        State::Registered { .. } | State::Completed { .. } | State::Cancelled { .. } | State::NeedsAttention { .. } => {
            Decision::Contradiction("request: one with this id was accepted, and this one breaks a rule")
        }
    }
}

/// What came of a payment that failed: the three events that end a saga badly, as one.
pub(crate) struct FailedPayment<'a> {
    fare: &'a Fare,
    charge_token: Option<&'a String>,
    charge_id: Option<&'a String>,
    refund_id: Option<&'a String>,
    error: &'a Failure,
    standing: &'a [Standing],
    path: &'a Path,
}

/// Compensates [`register`]: every other compensation has answered, so the fare can be cancelled, or named as needing
/// attention where something stands.
pub(crate) fn cancel(state: &State, failed: &FailedPayment<'_>, now: Timestamp) -> Decision<Booking> {
    let fare = failed.fare.clone();
    match state {
        State::Unseen => Decision::NotYet,
        State::Rejected => Decision::Contradiction("saga: was rejected, so nothing of it can be undone"),
        State::Registered { fare: known }
        | State::Completed { fare: known }
        | State::Cancelled { fare: known }
        | State::NeedsAttention { fare: known }
            if *known != fare =>
        {
            Decision::Contradiction("fare: is not the one on record for this saga")
        }
        State::Registered { .. } => {
            let event = booking::FareFailed {
                fare: fare.clone(),
                charge_token: failed.charge_token.cloned(),
                charge_id: failed.charge_id.cloned(),
                refund_id: failed.refund_id.cloned(),
                error: failed.error.clone(),
                standing: failed.standing.to_vec(),
                path: failed.path.and(StepName::SetFareStatusFailed, true, now),
            };
            if event.standing.is_empty() {
                Decision::Commit(State::Cancelled { fare }, Then::Announce(vec![Event::FareCancelled(event)]))
            } else {
                Decision::Commit(State::NeedsAttention { fare }, Then::Announce(vec![Event::FareNeedsAttention(event)]))
            }
        }
        State::Cancelled { .. } | State::NeedsAttention { .. } => Decision::Announce,
        State::Completed { .. } => Decision::Contradiction("saga: has completed, so nothing of it can be undone"),
    }
}

impl<'a> From<&'a payment::PaymentDeclined> for FailedPayment<'a> {
    fn from(event: &'a payment::PaymentDeclined) -> Self {
        Self {
            fare: &event.fare,
            charge_token: event.charge_token.as_ref(),
            charge_id: None,
            refund_id: None,
            error: &event.error,
            standing: &event.standing,
            path: &event.path,
        }
    }
}

impl<'a> From<&'a payment::PaymentRefunded> for FailedPayment<'a> {
    fn from(event: &'a payment::PaymentRefunded) -> Self {
        Self {
            fare: &event.fare,
            charge_token: Some(&event.charge.charge_token),
            charge_id: Some(&event.charge.charge_id),
            refund_id: Some(&event.refund_id),
            error: &event.error,
            standing: &event.standing,
            path: &event.path,
        }
    }
}

impl<'a> From<&'a payment::PaymentRefundFailed> for FailedPayment<'a> {
    fn from(event: &'a payment::PaymentRefundFailed) -> Self {
        Self {
            fare: &event.fare,
            charge_token: Some(&event.charge.charge_token),
            charge_id: Some(&event.charge.charge_id),
            refund_id: None,
            error: &event.error,
            standing: &event.standing,
            path: &event.path,
        }
    }
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;

    #[test]
    fn a_request_is_registered_once_and_only_for_one_fare() {
        let fare = fixtures::fare("3");
        let decide = |state: &State| register(state, &fare, fixtures::NOW);
        assert!(matches!(decide(&State::Unseen), Decision::Commit(State::Registered { .. }, Then::Announce(_))));
        assert!(matches!(decide(&State::Completed { fare: fare.clone() }), Decision::Announce));
        let other = State::Registered { fare: fixtures::fare("4") };
        assert!(matches!(decide(&other), Decision::Contradiction(_)));
    }

    #[test]
    fn what_still_stands_needs_attention_and_nothing_standing_is_compensated() {
        let registered = State::Registered { fare: fixtures::fare("3") };
        let refunded = fixtures::payment_refunded("3");
        let decision = cancel(&registered, &(&refunded).into(), fixtures::NOW);
        assert!(matches!(decision, Decision::Commit(State::Cancelled { .. }, Then::Announce(_))));
        let failed = fixtures::payment_refund_failed("3");
        let decision = cancel(&registered, &(&failed).into(), fixtures::NOW);
        let Decision::Commit(State::NeedsAttention { .. }, Then::Announce(events)) = decision else {
            panic!("no commit")
        };
        let [Event::FareNeedsAttention(failed)] = events.as_slice() else { panic!("not needing attention") };
        assert_eq!(failed.charge_id, Some(fixtures::charge().charge_id));
        assert_eq!(failed.refund_id, None);
    }

    #[test]
    fn a_completed_fare_is_not_cancelled() {
        let completed = State::Completed { fare: fixtures::fare("3") };
        let refunded = fixtures::payment_refunded("3");
        assert!(matches!(cancel(&completed, &(&refunded).into(), fixtures::NOW), Decision::Contradiction(_)));
    }
}
