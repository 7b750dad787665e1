//! Time: a service that is silent, clocks that differ, and what comes late.

use std::collections::BTreeSet;

use contracts::{Notification, Outcome};
use fixtures::Kind;
use saga::owner::Deadlines;
use testkit::World;

use crate::cast::{Cast, Keys, asked, saga};
use crate::explore::{Chances, explore};
use crate::oracle;
use crate::rows::{COMPLETED, ORDERED, Row};

/// Longer than any deadline here.
const LONG_SECS: u32 = 1_000;

/// What one saga was told, first to last.
fn told(keys: &Keys, cast: &Cast, world: &World<'_>) -> Vec<Notification> {
    oracle::at_peace(keys, cast, world).unwrap().into_values().flatten().collect()
}

fn outcomes(told: &[Notification]) -> Vec<Outcome> {
    told.iter().map(|told| told.outcome).collect()
}

/// The time of a saga is up, and whoever still runs goes on.
fn expire(world: &mut World<'_>) {
    world.pass(LONG_SECS);
    // Two instances look, and both find it.
    assert_eq!(world.sweep(), 1, "one saga is overdue");
    assert_eq!(world.sweep(), 1, "and found until it is dealt with");
    world.run(&[]);
    assert_eq!(world.sweep(), 0, "and dealt with once");
}

/// Runs a saga while one service is stopped, until it needs attention; then the service goes on.
fn silent(keys: &Keys, cast: &Cast, row: &Row, service: &str, owes: &str) -> Vec<Notification> {
    let mut world = cast.world();
    world.stop(service);
    row.request(&mut world, "r");
    world.run(&[]);
    assert_eq!(world.sweep(), 0, "its time is not up yet");
    expire(&mut world);
    expire(&mut world);
    let bodies: BTreeSet<_> = world.notifications(false).iter().map(|message| message.body.clone()).collect();
    let first = bodies.first().cloned().unwrap_or_default();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert!(first.contains("needs_attention") && first.contains(owes), "{first} does not say: {owes}");
    world.pass(LONG_SECS);
    assert_eq!(world.sweep(), 0, "what needs attention waits for a person, or for the answer");
    world.start(service);
    world.run(&[]);
    told(keys, cast, &world)
}

#[test]
fn a_payment_that_was_silent_declines_what_is_late_without_a_call_and_the_saga_ends_by_itself() {
    let keys = Keys::new();
    for row in [&COMPLETED, &ORDERED] {
        let cast = Cast::with(&keys, Deadlines::default());
        let told = silent(&keys, &cast, row, "payment", "payment owes PaymentDeclined or PaymentRefunded");
        assert_eq!(outcomes(&told), [Outcome::NeedsAttention, Outcome::Compensated]);
        assert_eq!(told[1].resolves, Some(told[0].id));
        assert_eq!(told[1].error.as_ref().map(|error| error.name.as_str()), Some("DeadlineExceeded"));
        assert!(cast.ledger().entries().is_empty(), "the gateway was called");
    }
}

#[test]
fn a_fulfillment_that_was_silent_refuses_what_is_late_and_the_money_goes_back() {
    let keys = Keys::new();
    for (row, owes) in [
        (&COMPLETED, "fulfillment owes AccountCreditRefused or AccountCredited in answer to UnwindingStarted"),
        (&ORDERED, "fulfillment owes InventoryRefused or InventoryReserved in answer to UnwindingStarted"),
    ] {
        let cast = Cast::with(&keys, Deadlines::default());
        let told = silent(&keys, &cast, row, "fulfillment", owes);
        assert_eq!(outcomes(&told), [Outcome::NeedsAttention, Outcome::Compensated]);
        let saga = saga(row.kind, "r");
        assert_eq!(cast.ledger().count(saga, Kind::Refund), 1);
    }
}

#[test]
fn a_saga_that_was_fulfilled_in_time_completes_however_late_booking_hears_of_it() {
    let keys = Keys::new();
    for row in [&COMPLETED, &ORDERED] {
        let cast = Cast::with(&keys, Deadlines::default());
        let mut world = cast.world();
        row.request(&mut world, "r");
        // Registered, paid, fulfilled; a worker that is stuck holds the message that says so.
        let next = |world: &World<'_>| world.choices()[0].clone();
        while next(&world).0 != "ensemble-booking-answers" {
            let (queue, index) = next(&world);
            world.handle(&queue, index);
        }
        let (queue, index) = next(&world);
        let stuck = world.receive(&queue, index, false).unwrap();
        world.stop("fulfillment");
        expire(&mut world);
        expire(&mut world);
        world.crash(stuck);
        world.start("fulfillment");
        world.run(&[]);
        let told = told(&keys, &cast, &world);
        assert_eq!(outcomes(&told), [Outcome::NeedsAttention, Outcome::Completed]);
        assert_eq!(told[1].resolves, Some(told[0].id));
    }
}

#[test]
fn a_deadline_at_any_moment_and_in_any_order_leaves_one_outcome_that_is_true() {
    let keys = Keys::new();
    for row in [&COMPLETED, &ORDERED] {
        let cast = || Cast::with(&keys, Deadlines::default());
        let begin = |world: &mut World<'_>, _: &Cast| row.request(world, "r");
        let explored = explore(&keys, &cast, &begin, Chances { expiries: 2, ..Chances::default() });
        let mut ends: Vec<Vec<Outcome>> = Vec::new();
        for told in explored.ends.iter().flat_map(|told| told.values()) {
            if !ends.contains(&outcomes(told)) {
                ends.push(outcomes(told));
            }
        }
        println!("{}: {} worlds, {} at rest, {ends:?}", row.id, explored.worlds, explored.ends.len());
        for end in [
            vec![Outcome::Completed],
            vec![Outcome::Compensated],
            vec![Outcome::NeedsAttention, Outcome::Compensated],
            vec![Outcome::NeedsAttention, Outcome::Completed],
        ] {
            assert!(ends.contains(&end), "{end:?} was never reached: {ends:?}");
        }
        assert_eq!(ends.len(), 4, "{ends:?}");
    }
}

#[test]
fn a_deadline_and_a_cancellation_at_any_moment_leave_one_outcome_that_is_true() {
    let keys = Keys::new();
    let cast = || Cast::with(&keys, Deadlines::default());
    let begin = |world: &mut World<'_>, _: &Cast| {
        COMPLETED.request(world, "r");
        world.send("booking", &asked("cancel_requested", saga(COMPLETED.kind, "r"), "cancel-1"));
    };
    let explored = explore(&keys, &cast, &begin, Chances { expiries: 1, ..Chances::default() });
    println!("{} worlds, {} at rest", explored.worlds, explored.ends.len());
    let mut reasons = BTreeSet::new();
    for told in explored.ends.iter().flat_map(|told| told.values().flatten()) {
        reasons.insert(told.error.as_ref().map_or("", |error| error.name.as_str()));
    }
    assert_eq!(reasons, BTreeSet::from(["", "DeadlineExceeded", "SagaCancelled"]));
}

/// An outcome that is committed and not announced yet, when the answer comes that resolves it.
#[test]
fn processes_that_die_between_the_two_outcomes_of_a_saga_leave_neither_untold() {
    let keys = Keys::new();
    let cast = || Cast::with(&keys, Deadlines::default());
    let begin = |world: &mut World<'_>, _: &Cast| {
        world.stop("payment");
        COMPLETED.request(world, "r");
        world.run(&[]);
        expire(world);
        // Due once more, and payment comes back.
        world.pass(LONG_SECS);
        world.sweep();
        world.start("payment");
    };
    let explored = explore(&keys, &cast, &begin, Chances { workers: 1, crashes: 1, ..Chances::default() });
    println!("{} worlds, {} at rest", explored.worlds, explored.ends.len());
    let both = |told: &&Vec<Notification>| told.len() == 2;
    let ends: Vec<_> = explored.ends.iter().flat_map(|told| told.values()).collect();
    assert!(ends.iter().any(both), "the race was never lost");
    assert!(ends.iter().any(|told| told.len() == 1), "nor won");
}

#[test]
fn clocks_that_differ_cost_at_most_a_charge_that_is_refunded() {
    let keys = Keys::new();
    let skews = [("booking", 2_000), ("booking", -2_000), ("payment", 2_000), ("payment", -2_000)];
    for (service, secs) in skews.into_iter().chain([("fulfillment", 2_000), ("fulfillment", -2_000)]) {
        for row in [&COMPLETED, &ORDERED] {
            let cast = Cast::with(&keys, Deadlines::default());
            let mut world = cast.world();
            world.skew(service, secs);
            row.request(&mut world, "r");
            world.run(&[]);
            world.sweep();
            world.run(&[]);
            let told = told(&keys, &cast, &world);
            let [told] = told.as_slice() else { panic!("{service} {secs}: {told:?}") };
            let saga = saga(row.kind, "r");
            let [taken, given] = [Kind::Capture, Kind::Refund].map(|kind| cast.ledger().count(saga, kind));
            let completed = told.outcome == Outcome::Completed;
            assert!(completed || told.outcome == Outcome::Compensated, "{service} {secs}: {told:?}");
            assert_eq!(taken - given, usize::from(completed), "{service} {secs}");
            // Who is ahead of booking finds everything late; payment then declines before it takes anything.
            let late = if service == "booking" { secs < 0 } else { secs > 0 };
            assert_eq!(completed, !late, "{service} {secs}: {told:?}");
            assert!(!late || service == "fulfillment" || taken == 0, "payment took what was late");
        }
    }
}
