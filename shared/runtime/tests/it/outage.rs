//! Failures: of everything for a while, and of some messages for good.
//!
//! **Invariant:** what is compared are counts, never times.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use local::FailWith;

use crate::scripted::World;

/// How many messages of each half.
const HALF: usize = 60;

/// Slots of the service.
const SLOTS: &str = "8";

/// What returns may hold of them.
const SHARE: u32 = 2;

/// As often as this no message can be tried while a test has patience, at delays that double.
const ATTEMPTS_MAX: u32 = 9;

/// Lets the messages fail whose bodies begin with this, for good, and those go well that begin with the other word;
/// waits until all of these are handled.
async fn halves(bad: &str, good: &str) -> World {
    let world = World::start(&[("ENSEMBLE_CONCURRENCY", SLOTS)]).await;
    world.effects.gate.add_permits(10_000);
    for index in 0..HALF {
        let body = format!("{bad}-{index}");
        if bad == "spoilt" {
            world.spoil(&body).await;
        }
        world.send(&body).await;
        world.send(&format!("{good}-{index}")).await;
    }
    let goes_well = format!("{good}-");
    world
        .until("the good half is handled", |world| !world.waiting().iter().any(|body| body.starts_with(&goes_well)))
        .await;
    world
}

/// Half of the messages fail like this: nothing else is delayed by them, and none of them is lost or given up.
async fn half_fails(bad: &str, good: &str) {
    let world = halves(bad, good).await;
    let waiting: BTreeSet<_> = world.waiting().into_iter().collect();
    assert_eq!(waiting.len(), HALF, "all that fail are still there: {waiting:?}");
    assert!(world.places().1.is_empty(), "none is given up");
    let most = world.effects.attempts.lock().unwrap().values().copied().max().unwrap_or_default();
    assert!(most <= ATTEMPTS_MAX, "one was tried {most} times");
    let returned = world.effects.returned_most.load(Ordering::SeqCst);
    assert!(returned <= SHARE, "{returned} that returned were at work at a time");
    world.stopped().await.stop();
}

#[tokio::test]
async fn half_of_all_calls_that_fail_at_once_delay_no_other() {
    half_fails("error", "good").await;
}

#[tokio::test]
async fn half_of_all_calls_that_hang_delay_no_other() {
    half_fails("hang", "good").await;
}

#[tokio::test]
async fn one_kind_of_call_that_always_fails_delays_no_other_kind() {
    half_fails("operation", "good").await;
}

#[tokio::test]
async fn half_of_all_writes_that_fail_delay_no_other() {
    half_fails("spoilt", "good").await;
}

#[tokio::test]
async fn half_of_all_announcements_that_fail_delay_no_other() {
    half_fails("unheard", "heard").await;
}

#[tokio::test]
async fn what_can_never_be_carried_out_is_buried_with_its_reason_and_nothing_of_it_is_on_record() {
    let world = halves("key", "good").await;
    world
        .until("the others are buried", |world| {
            let (left, buried) = world.places();
            left.is_empty() && buried.len() == HALF
        })
        .await;
    assert!(world.places().1.iter().all(|letter| letter.contains("unknown_key")));
    let records = world.endpoint.dump().into_iter().filter(|(place, _)| place == "table ensemble-scripted");
    assert_eq!(records.count(), HALF, "only of the good half");
    world.stopped().await.stop();
}

#[tokio::test]
async fn an_outage_of_a_call_buries_nothing_and_is_not_counted_as_coming_before_its_time() {
    let world = World::start(&[]).await;
    world.effects.down.store(true, Ordering::SeqCst);
    world.effects.gate.add_permits(100);
    for body in ["a", "b", "c", "later"] {
        world.send(body).await;
    }
    // More attempts than the policy of three would allow a message that is at fault itself.
    let tried = |world: &World, body| world.effects.attempts.lock().unwrap().get(body).copied().unwrap_or_default();
    world
        .until("it is tried again and again", |world| ["a", "later"].iter().all(|body| tried(world, *body) >= 4))
        .await;
    assert!(world.places().1.is_empty(), "nothing is buried");
    world.effects.down.store(false, Ordering::SeqCst);
    world
        .until(
            "the others are handled",
            |world| matches!(world.places(), (left, buried) if left.is_empty() && buried.len() == 1),
        )
        .await;
    let (_, buried) = world.places();
    assert!(buried[0].contains("given back 3 times"), "{buried:?}");
    assert!(tried(&world, "later") >= 7, "three times before its time, beside the outage");
    world.stopped().await.stop();
}

#[tokio::test]
async fn an_outage_that_every_message_meets_pauses_the_polling_and_ends_by_itself() {
    let world = World::start(&[("ENSEMBLE_CONCURRENCY", "4")]).await;
    world.effects.gate.add_permits(100);
    // Twenty calls fail, alone or together; the SDK sends each three times.
    world.endpoint.fail_next("dynamodb:*", FailWith::ServerError, 60);
    for index in 0..40 {
        world.send(&index.to_string()).await;
    }
    world.until("all are handled", |world| world.places().0.is_empty()).await;
    assert!(world.places().1.is_empty(), "nothing is buried");
    assert_eq!(world.effects.begun.load(Ordering::SeqCst), 40, "no call was made twice");
    world.stopped().await.stop();
}

#[tokio::test]
async fn a_saga_at_which_much_hangs_delays_no_other() {
    let world = World::start(&[("ENSEMBLE_CONCURRENCY", "3")]).await;
    for _ in 0..30 {
        world.send("hang-same").await;
    }
    world.until("it hangs", |world| world.effects.begun.load(Ordering::SeqCst) == 1).await;
    world.effects.gate.add_permits(100);
    for index in 0..30 {
        world.send(&format!("good-{index}")).await;
    }
    world.until("all others are handled", |world| world.waiting().iter().all(|body| body == "hang-same")).await;
    assert_eq!(world.waiting().len(), 30);
    world.stopped().await.stop();
}

#[tokio::test]
async fn what_a_message_is_stuck_at_is_on_record_until_it_goes_on() {
    let world = World::start(&[]).await;
    world.effects.down.store(true, Ordering::SeqCst);
    world.send("a").await;
    world.until("it is noted", |world| world.state().is_some_and(|item| item.contains("stuck"))).await;
    let item = world.state().unwrap();
    assert!(item.contains("the test: ask") && item.contains("is down"), "{item}");
    world.effects.down.store(false, Ordering::SeqCst);
    world.effects.gate.add_permits(1);
    world.until("it is handled", |world| world.places().0.is_empty()).await;
    let item = world.state().unwrap();
    assert!(item.contains("Ended") && !item.contains("stuck"), "{item}");
    world.stopped().await.stop();
}
