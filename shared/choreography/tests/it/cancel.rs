//! A cancellation raced against a saga: in every order of messages, and between any two acts of any message.

use std::collections::BTreeMap;

use contracts::{Outcome, kinds};
use fixtures::Kind;
use rust_decimal::Decimal;
use saga::owner::Deadlines;
use testkit::World;

use crate::cast::{Cast, Keys, asked, saga};
use crate::explore::{Chances, explore};
use crate::oracle;
use crate::rows::{COMPLETED, ORDERED, ROWS, Row, STANDING_RESERVATION};

/// How a race can end: the outcome, the reason, what was taken and what was given back.
type Ends = BTreeMap<(&'static str, String, usize, usize), usize>;

fn cancel(world: &mut World<'_>, row: &Row) {
    world.send("booking", &asked("cancel_requested", saga(row.kind, "r"), "cancel-1"));
}

/// Every order of a saga's messages and of its cancellation's, which may come before the request too.
fn raced(keys: &Keys, row: &Row, chances: Chances) -> (usize, Ends) {
    let with_stock = || {
        let cast = Cast::new(keys);
        cast.stock.set("567", Decimal::ONE);
        cast
    };
    let begin = |world: &mut World<'_>, _: &Cast| {
        row.request(world, "r");
        cancel(world, row);
    };
    let explored = explore(keys, &with_stock, &begin, chances);
    let mut ends = Ends::new();
    for told in &explored.ends {
        for told in told.values().flatten() {
            let reason = told.error.as_ref().map_or("", |error| error.name.as_str()).to_owned();
            let taken = [&told.about.charge_id, &told.about.refund_id].map(|id| usize::from(id.is_some()));
            *ends.entry((told.outcome.as_str(), reason, taken[0], taken[1])).or_default() += 1;
            let says_why = told.outcome == Outcome::Completed
                || told.error.as_ref().is_some_and(|error| !error.message.is_empty());
            assert!(says_why, "{told:?}");
        }
    }
    (explored.worlds, ends)
}

#[test]
fn a_cancelled_saga_ends_once_and_says_why_in_every_order_of_messages() {
    let keys = Keys::new();
    for row in [&COMPLETED, &ORDERED] {
        let (worlds, ends) = raced(&keys, row, Chances::default());
        println!("{}: {worlds} worlds, {ends:?}", row.id);
        // It came too late; or before anything was charged; or the charge was given back.
        for end in [
            ("completed", String::new(), 1, 0),
            ("compensated", "SagaCancelled".to_owned(), 0, 0),
            ("compensated", "SagaCancelled".to_owned(), 1, 1),
        ] {
            assert!(ends.contains_key(&end), "{end:?} was never reached");
        }
        assert_eq!(ends.len(), 3, "{ends:?}");
    }
}

#[test]
fn a_saga_that_fails_by_itself_and_is_cancelled_ends_once_and_for_one_of_the_two_reasons() {
    let keys = Keys::new();
    for row in ROWS.iter().filter(|row| !matches!(row.outcome, Outcome::Completed | Outcome::Rejected)) {
        let (worlds, ends) = raced(&keys, row, Chances::default());
        println!("{}: {worlds} worlds, {ends:?}", row.id);
        let own = row.errors.first().map_or("", |(name, _)| name);
        for (_, reason, ..) in ends.keys() {
            assert!(reason == own || reason == "SagaCancelled", "{}: {reason}", row.id);
        }
        assert!(ends.keys().any(|(_, reason, ..)| reason == "SagaCancelled"), "{}: {ends:?}", row.id);
    }
}

#[test]
fn two_messages_at_work_at_once_and_processes_that_die_leave_the_same_ends() {
    let keys = Keys::new();
    let interleaved = Chances { workers: 2, ..Chances::default() };
    let dying = Chances { workers: 1, crashes: 1, ..Chances::default() };
    for (row, chances) in [(&COMPLETED, interleaved), (&ORDERED, dying)] {
        let (_, calm) = raced(&keys, row, Chances::default());
        let (worlds, ends) = raced(&keys, row, chances);
        println!("{}, {chances:?}: {worlds} worlds, {ends:?}", row.id);
        assert!(ends.keys().eq(calm.keys()), "{ends:?}, {calm:?}");
    }
}

/// Stops a run within a message, after so many acts of it; has the saga cancelled and everything else carried out;
/// then lets the message go on, or dies.
fn raced_within(keys: &Keys, row: &Row, delivery: usize, act: usize, dies: bool) -> Option<()> {
    let cast = Cast::new(keys);
    cast.stock.set("567", Decimal::ONE);
    let mut world = cast.world();
    row.request(&mut world, "r");
    for _ in 0..delivery {
        let (queue, index) = world.choices().first().cloned()?;
        world.handle(&queue, index);
    }
    let (queue, index) = world.choices().first().cloned()?;
    let mut hand = world.receive(&queue, index, false)?;
    for _ in 0..act {
        if world.step(&mut hand, false) {
            return None;
        }
    }
    cancel(&mut world, row);
    // What waits for the message in hand is given back again and again; so all else is handled a few times over.
    for _ in 0..40 {
        for (queue, _) in world.choices() {
            world.handle(&queue, 0);
        }
    }
    if dies {
        world.crash(hand);
    } else {
        while !world.step(&mut hand, false) {}
    }
    world.run(&[]);
    let told = oracle::at_peace(keys, &cast, &world);
    let told = told.unwrap_or_else(|rule| panic!("{}: {rule}: within {delivery}, after {act} acts", row.id));
    assert_eq!(told.values().map(Vec::len).sum::<usize>(), 1);
    let of_saga = saga(row.kind, "r");
    let [taken, given] = [Kind::Capture, Kind::Refund].map(|kind| cast.ledger().count(of_saga, kind));
    let ended = told.values().flatten().map(|told| told.outcome).next();
    assert_eq!(taken - given, usize::from(ended == Some(Outcome::Completed)), "{}: money is kept", row.id);
    let left = cast.stock.get("567");
    let reserved = row.kind == kinds::ORDER && ended == Some(Outcome::Completed);
    assert_eq!(left, Some(if reserved { Decimal::ZERO } else { Decimal::ONE }), "{}: the stock", row.id);
    Some(())
}

#[test]
fn a_cancellation_between_any_two_acts_of_any_message_leaves_one_outcome_and_no_money() {
    let keys = Keys::new();
    let mut points = 0;
    for row in [&COMPLETED, &ORDERED] {
        for delivery in 0..12 {
            for act in 0..12 {
                for dies in [false, true] {
                    points += usize::from(raced_within(&keys, row, delivery, act, dies).is_some());
                }
            }
        }
    }
    println!("{points} points within messages");
    assert!(points >= 50, "only {points} points");
}

#[test]
fn a_request_that_comes_after_its_cancellation_is_never_begun() {
    let keys = Keys::new();
    for row in [&COMPLETED, &ORDERED] {
        let cast = Cast::new(&keys);
        let mut world = cast.world();
        cancel(&mut world, row);
        world.run(&[]);
        assert_eq!(world.announcements().len(), 0, "nothing is told of a saga that nobody asked for");
        row.request(&mut world, "r");
        world.run(&[]);
        let told = oracle::at_peace(&keys, &cast, &world).unwrap();
        let told: Vec<_> = told.values().flatten().collect();
        let [told] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((told.outcome, told.path.steps().len()), (Outcome::Compensated, 1));
        assert!(cast.ledger().entries().is_empty());
    }
}

/// The standing reservation of row 33 has no part in a race: by then the saga has failed.
#[test]
fn a_cancellation_that_comes_when_all_is_over_changes_nothing() {
    let keys = Keys::new();
    for row in [&COMPLETED, &ORDERED, &STANDING_RESERVATION] {
        let cast = Cast::with(&keys, Deadlines::default());
        let mut world = cast.world();
        row.request(&mut world, "r");
        world.run(&[]);
        let before = world.service("booking").store().records().clone();
        cancel(&mut world, row);
        world.run(&[]);
        assert_eq!(before, *world.service("booking").store().records());
        assert_eq!(oracle::at_rest(&keys, &cast, &world, &[("r".to_owned(), row)]), Ok(()));
    }
}
