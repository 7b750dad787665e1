//! Completes the fare. No compensation: the account is credited, and after that pivot nothing is undone.

use contracts::{Event, StepName, booking, fulfillment};
use jiff::Timestamp;
use saga::{Decision, Then};

use crate::{Booking, State};

/// The customer's account is credited: the saga ended well.
pub(crate) fn complete(state: &State, credited: &fulfillment::AccountCredited, now: Timestamp) -> Decision<Booking> {
    let fulfillment::AccountCredited { fare, charge, path } = credited;
    match state {
        State::Unseen => Decision::NotYet,
        State::Rejected => Decision::Contradiction("saga: was rejected, so nothing of it can be credited"),
        State::Registered { fare: known }
        | State::Completed { fare: known }
        | State::Cancelled { fare: known }
        | State::NeedsAttention { fare: known }
            if known != fare =>
        {
            Decision::Contradiction("fare: is not the one on record for this saga")
        }
        State::Registered { .. } => {
            let completed = booking::FareCompleted {
                fare: fare.clone(),
                charge: charge.clone(),
                path: path.and(StepName::SetFareStatusCompleted, true, now),
            };
            Decision::Commit(
                State::Completed { fare: fare.clone() },
                Then::Announce(vec![Event::FareCompleted(completed)]),
            )
        }
        State::Completed { .. } => Decision::Announce,
        State::Cancelled { .. } | State::NeedsAttention { .. } => {
            Decision::Contradiction("saga: has failed, so nothing of it can be credited")
        }
    }
}

#[cfg(test)]
mod tests {
    use testkit::fixtures;

    use super::*;

    #[test]
    fn a_registered_fare_completes_once() {
        let credited = fixtures::account_credited("3");
        let fare = credited.fare.clone();
        let decide = |state: &State| complete(state, &credited, fixtures::NOW);
        let registered = State::Registered { fare: fare.clone() };
        assert!(matches!(decide(&registered), Decision::Commit(State::Completed { .. }, Then::Announce(_))));
        assert!(matches!(decide(&State::Completed { fare: fare.clone() }), Decision::Announce));
        assert!(matches!(decide(&State::Unseen), Decision::NotYet));
        assert!(matches!(decide(&State::Cancelled { fare }), Decision::Contradiction(_)));
        assert!(matches!(decide(&State::Rejected), Decision::Contradiction(_)));
        let other = State::Registered { fare: fixtures::fare("4") };
        assert!(matches!(decide(&other), Decision::Contradiction(_)));
    }
}
