//! A service that hears clients and services, each by a queue of its own.

use std::sync::atomic::Ordering;

use crate::scripted::{TWO_DOORS, World};

const ANSWERS: &str = "scripted-answers";

#[tokio::test]
async fn an_answer_does_not_wait_behind_requests_however_many_there_are() {
    let world = World::of(&TWO_DOORS, &[("ENSEMBLE_CONCURRENCY", "1")]).await;
    world.send("a request").await;
    world.send("another").await;
    world.until("all slots for requests are taken", |world| world.effects.begun.load(Ordering::SeqCst) == 1).await;
    world.send_to(ANSWERS, "answer").await;
    world.until("the answer is at work", |world| world.effects.begun.load(Ordering::SeqCst) == 2).await;
    assert_eq!(world.places().0.len(), 2, "both requests are still there");
    world.effects.gate.add_permits(3);
    let is_empty = |world: &World| world.places().0.is_empty() && world.places_of(ANSWERS).0.is_empty();
    world.until("all are handled", is_empty).await;
    assert_eq!((world.places().1.len(), world.places_of(ANSWERS).1.len()), (0, 0));
    world.stopped().await.stop();
}

#[tokio::test]
async fn an_event_among_requests_and_a_request_among_events_are_buried_and_never_handled() {
    let world = World::of(&TWO_DOORS, &[]).await;
    world.send("answer").await;
    world.send_to(ANSWERS, "a request").await;
    for (queue, rule) in [("scripted", "an event of a service came by"), (ANSWERS, "a request came by")] {
        let is_buried = |world: &World| world.places_of(queue).0.is_empty() && world.places_of(queue).1.len() == 1;
        world.until("it is buried", is_buried).await;
        let (_, buried) = world.places_of(queue);
        assert!(buried[0].contains("wrong_queue") && buried[0].contains(rule), "{buried:?}");
    }
    assert_eq!(world.effects.begun.load(Ordering::SeqCst), 0);
    assert_eq!(world.state(), None);
    world.stopped().await.stop();
}
