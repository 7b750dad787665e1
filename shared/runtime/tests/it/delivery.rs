//! Heartbeat, lost receipts, retries, outages, stops.

use std::sync::atomic::Ordering;

use crate::scripted::World;

#[tokio::test]
async fn a_message_that_takes_longer_than_its_visibility_is_held_by_its_heartbeat() {
    let world = World::start(&[("ENSEMBLE_VISIBILITY_SECS", "3")]).await;
    world.send("slow").await;
    // Six renewals, one a second: twice the visibility.
    world.until("it is renewed", |world| world.endpoint.calls().get("sqs:ChangeMessageVisibilityBatch") >= 6).await;
    world.effects.gate.add_permits(1);
    world.until("it is handled", |world| world.places().0.is_empty()).await;
    assert_eq!(world.effects.begun.load(Ordering::SeqCst), 1, "nobody else received it");
    assert!(world.state().unwrap().contains("Ended"));
    world.stopped().await.stop();
}

#[tokio::test]
async fn a_handler_whose_receipt_is_lost_is_cancelled() {
    let world = World::start(&[("ENSEMBLE_VISIBILITY_SECS", "3")]).await;
    world.send("slow").await;
    world.until("it is at work", |world| world.effects.begun.load(Ordering::SeqCst) == 1).await;
    world.sqs.purge_queue().queue_url(world.url()).send().await.unwrap();
    world.until("it is cancelled", |world| world.effects.dropped.load(Ordering::SeqCst) == 1).await;
    world.stopped().await.stop();
}

#[tokio::test]
async fn a_step_that_takes_longer_than_its_timeout_is_abandoned_and_tried_again() {
    let world = World::start(&[]).await;
    world.send("hurry").await;
    world.until("it is abandoned", |world| world.effects.dropped.load(Ordering::SeqCst) == 1).await;
    world.effects.gate.add_permits(1);
    world.until("it is handled", |world| world.places().0.is_empty()).await;
    assert!(world.effects.begun.load(Ordering::SeqCst) >= 2, "it was tried again");
    assert!(world.places().1.is_empty() && world.state().unwrap().contains("Ended"));
    world.stopped().await.stop();
}

#[tokio::test]
async fn a_message_before_its_time_is_given_back_until_its_policy_ends_and_then_buried_with_its_reason() {
    let world = World::start(&[]).await;
    world.send("not yet").await;
    // First it stands in both places, then in the one.
    world
        .until("it is buried", |world| matches!(world.places(), (left, buried) if left.is_empty() && buried.len() == 1))
        .await;
    let (_, buried) = world.places();
    assert!(buried[0].contains("exhausted") && buried[0].contains("given back 3 times"), "{buried:?}");
    world.stopped().await.stop();
}

#[tokio::test]
async fn a_stop_finishes_what_runs_and_gives_the_rest_back_at_once() {
    let world = World::start(&[("ENSEMBLE_GRACE_SECS", "0"), ("ENSEMBLE_VISIBILITY_SECS", "3600")]).await;
    world.send("stuck").await;
    world.until("it is at work", |world| world.effects.begun.load(Ordering::SeqCst) == 1).await;
    let (sqs, url, effects) = (world.sqs.clone(), world.url(), std::sync::Arc::clone(&world.effects));
    let endpoint = world.stopped().await;
    assert_eq!(effects.dropped.load(Ordering::SeqCst), 1);
    // Visible at once, not in an hour.
    let found = sqs.receive_message().queue_url(url).wait_time_seconds(20).send().await.unwrap();
    assert_eq!(found.messages().len(), 1);
    endpoint.stop();
}

#[tokio::test]
async fn messages_of_one_saga_are_handled_one_at_a_time() {
    let world = World::start(&[]).await;
    for _ in 0..4 {
        world.send("same").await;
    }
    world.send("other").await;
    world.until("both sagas are at work", |world| world.effects.begun.load(Ordering::SeqCst) == 2).await;
    world.effects.gate.add_permits(2);
    world.until("all are handled", |world| world.places().0.is_empty()).await;
    assert_eq!(world.effects.begun.load(Ordering::SeqCst), 2, "the duplicates found the end on record");
    world.stopped().await.stop();
}

#[tokio::test]
async fn no_more_messages_are_received_than_can_be_worked_on() {
    let world = World::start(&[("ENSEMBLE_CONCURRENCY", "3")]).await;
    for index in 0..20 {
        world.send(&index.to_string()).await;
    }
    // What takes its time makes room for others: four times as many may wait beside the three.
    world.until("fifteen are at work", |world| world.effects.begun.load(Ordering::SeqCst) == 15).await;
    let in_flight = "ApproximateNumberOfMessagesNotVisible";
    let attributes = world
        .sqs
        .get_queue_attributes()
        .queue_url(world.url())
        .attribute_names(in_flight.into())
        .send()
        .await
        .unwrap()
        .attributes
        .unwrap();
    assert_eq!(attributes[&in_flight.into()], "15");
    world.effects.gate.add_permits(20);
    world.until("all are handled", |world| world.places().0.is_empty()).await;
    world.stopped().await.stop();
}

#[tokio::test]
async fn a_dead_letter_keeps_what_identifies_the_request() {
    let world = World::start(&[]).await;
    world.send("not yet").await;
    let named = aws_sdk_sqs::types::MessageAttributeValue::builder().data_type("String");
    for id in ["request-1", "ring code:4711"] {
        let named = named.clone().string_value(id).build().unwrap();
        let send = world.sqs.send_message().queue_url(world.url()).message_body("not yet");
        send.message_attributes("requestId", named).send().await.unwrap();
    }
    world
        .until(
            "all are buried",
            |world| matches!(world.places(), (left, buried) if left.is_empty() && buried.len() == 3),
        )
        .await;
    let url = world.aws.queue_url("ensemble-scripted-dlq");
    let mut identities = Vec::new();
    while identities.len() < 3 {
        let receive = world.sqs.receive_message().queue_url(&url).max_number_of_messages(10);
        let found = receive.message_attribute_names("All").wait_time_seconds(20).send().await.unwrap();
        for message in found.messages() {
            let attributes = message.message_attributes().unwrap();
            let text = |name: &str| attributes[name].string_value().unwrap().to_owned();
            identities.push((text("requestId"), text("messageId")));
        }
    }
    let own = identities.iter().filter(|(request, message)| request == message).count();
    assert_eq!(own, 2, "one had no id, one an id with what must not be kept: {identities:?}");
    assert!(identities.iter().any(|(request, _)| request == "request-1"), "{identities:?}");
    world.stopped().await.stop();
}
