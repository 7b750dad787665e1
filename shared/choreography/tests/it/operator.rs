//! What operators do about a saga that needs attention: try again what stands, or close it by hand.

use contracts::{Notification, Outcome};
use fixtures::Kind;
use testkit::World;

use crate::cast::{Cast, Keys, asked, saga};
use crate::explore::{Chances, explore};
use crate::oracle;
use crate::rows::{ROWS, Row, STANDING_CAPTURE, STANDING_RESERVATION};

fn ask(world: &mut World<'_>, row: &Row, what: &str, id: &str) {
    world.send("booking", &asked(what, saga(row.kind, "r"), id));
}

fn told(keys: &Keys, cast: &Cast, world: &World<'_>) -> Vec<Notification> {
    oracle::at_peace(keys, cast, world).unwrap().into_values().flatten().collect()
}

/// Runs a row to its end, which needs attention.
fn attention(world: &mut World<'_>, row: &Row) {
    row.request(world, "r");
    world.run(&[]);
}

#[test]
fn a_refund_that_is_tried_again_and_succeeds_resolves_the_saga() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let mut world = cast.world();
    attention(&mut world, &STANDING_CAPTURE);
    cast.ledger().healed = true;
    ask(&mut world, &STANDING_CAPTURE, "retry_requested", "retry-1");
    world.run(&[]);
    let told = told(&keys, &cast, &world);
    let [first, second] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((first.outcome, second.outcome), (Outcome::NeedsAttention, Outcome::Compensated));
    assert_eq!(second.resolves, Some(first.id));
    assert!(second.about.refund_id.is_some() && second.standing.is_empty());
    let saga = saga(STANDING_CAPTURE.kind, "r");
    assert_eq!([Kind::Capture, Kind::Refund].map(|kind| cast.ledger().count(saga, kind)), [1, 1]);
    let stored = world.service("booking").store().records()[&saga].stored.facts.clone();
    assert!(stored.contains(r#""by":"ada""#) && stored.contains(r#""what":"retry""#), "who and what: {stored}");
}

#[test]
fn what_fails_again_needs_attention_again_and_can_be_tried_once_more() {
    let keys = Keys::new();
    for row in ROWS.iter().filter(|row| row.outcome == Outcome::NeedsAttention) {
        let cast = Cast::new(&keys);
        let mut world = cast.world();
        attention(&mut world, row);
        for round in 1..=2 {
            ask(&mut world, row, "retry_requested", &format!("retry-{round}"));
            world.run(&[]);
        }
        let told = told(&keys, &cast, &world);
        assert_eq!(told.len(), 3, "{}: {told:?}", row.id);
        for told in &told {
            let effects: Vec<_> = told.standing.iter().map(|standing| standing.effect.clone()).collect();
            assert_eq!((told.outcome, effects.as_slice()), (Outcome::NeedsAttention, row.standing), "{}", row.id);
        }
        let saga = saga(row.kind, "r");
        let effects = [Kind::Hold, Kind::Capture, Kind::Void, Kind::Refund].map(|kind| cast.ledger().count(saga, kind));
        assert_eq!(effects, row.effects, "{}: nothing is undone twice", row.id);
    }
}

/// What a table takes: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>.
const ITEM_MAX_BYTES: usize = 400 * 1024;

#[test]
fn a_saga_that_is_tried_again_for_ever_stays_alive_and_small() {
    let keys = Keys::new();
    for (row, rounds) in [(&STANDING_CAPTURE, 2_000), (&STANDING_RESERVATION, 200)] {
        let cast = Cast::new(&keys);
        let mut world = cast.world();
        attention(&mut world, row);
        let saga = saga(row.kind, "r");
        for round in 1..=rounds {
            ask(&mut world, row, "retry_requested", &format!("retry-{round}"));
            world.run(&[]);
            assert!(world.dead().is_empty(), "{} in round {round}: {:?}", row.id, world.dead());
            for service in world.services() {
                let bytes = service.store().records().get(&saga).map_or(0, saga::Record::bytes);
                let name = service.declaration().name;
                assert!(bytes < ITEM_MAX_BYTES / 8, "{} in round {round}: {bytes} bytes at {name}", row.id);
            }
        }
        let last = world.notifications(false).last().unwrap();
        assert!(last.body.len() < 4 * 1024, "{}", last.body);
        let last: Notification = serde_json::from_str(&last.body).unwrap();
        assert_eq!(last.outcome, Outcome::NeedsAttention, "{}", row.id);
        let failed: Vec<u32> = last.path.steps().iter().map(|step| step.times).filter(|times| *times > 1).collect();
        assert!(failed.contains(&rounds), "every round but the last is counted: {failed:?}");
        // One that was asked lately and comes again is recognised, and the saga can still end well.
        let told = world.notifications(false).len();
        ask(&mut world, row, "retry_requested", &format!("retry-{}", rounds - 100));
        world.run(&[]);
        assert!(world.notifications(false).iter().skip(told).all(|again| again.body.contains(&last.id.to_string())));
        ask(&mut world, row, "resolve_requested", "resolve-1");
        world.run(&[]);
        oracle::at_peace(&keys, &cast, &world).unwrap();
        assert_eq!(world.service("booking").store().state_of(saga), Some("Resolved"), "{}", row.id);
    }
}

#[test]
fn a_saga_that_a_person_closed_says_who_and_why_and_stays_closed() {
    let keys = Keys::new();
    let cast = Cast::new(&keys);
    let mut world = cast.world();
    attention(&mut world, &STANDING_RESERVATION);
    ask(&mut world, &STANDING_RESERVATION, "resolve_requested", "resolve-1");
    world.run(&[]);
    ask(&mut world, &STANDING_RESERVATION, "retry_requested", "retry-1");
    ask(&mut world, &STANDING_RESERVATION, "resolve_requested", "resolve-2");
    world.run(&[]);
    let told = told(&keys, &cast, &world);
    let [first, second] = told.as_slice() else { panic!("{told:?}") };
    let resolution = second.resolution.as_ref().unwrap();
    assert_eq!((resolution.by.as_str(), resolution.reason.as_str()), ("ada", "a test"));
    assert_eq!((second.resolves, &second.standing), (Some(first.id), &first.standing));
}

#[test]
fn what_operators_ask_for_twice_and_in_any_order_happens_once() {
    let keys = Keys::new();
    let row = &STANDING_CAPTURE;
    let cast = || Cast::new(&keys);
    let begin = |world: &mut World<'_>, cast: &Cast| {
        attention(world, row);
        cast.ledger().healed = true;
        for (what, id) in [("retry_requested", "retry-1"), ("resolve_requested", "resolve-1")] {
            // Each is delivered twice.
            ask(world, row, what, id);
            ask(world, row, what, id);
        }
    };
    let explored = explore(&keys, &cast, &begin, Chances::default());
    println!("{} worlds, {} at rest", explored.worlds, explored.ends.len());
    for told in explored.ends.iter().flat_map(|told| told.values()) {
        assert!((2..=3).contains(&told.len()), "{told:?}");
    }
}
