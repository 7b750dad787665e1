//! Dead-letter queues, and the way back.

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};

use crate::code;
use crate::world::{World, queue_arn};

/// A queue `q` with a dead-letter queue `dlq`; gives their URLs.
async fn queues(world: &World, receives_max: &str) -> (String, String) {
    let dlq = world.queue("dlq").await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":{receives_max}}}"#, queue_arn("dlq"));
    (world.queue_with("q", &[(QueueAttributeName::RedrivePolicy, &policy)]).await, dlq)
}

/// Receives and releases everything this often.
async fn fail(world: &World, queue: &str, times: usize) {
    for _ in 0..times {
        let messages = world.visible(queue).await;
        assert!(!messages.is_empty());
        for message in &messages {
            world.release(queue, message).await;
        }
    }
}

/// Sends these and lets them become dead letters.
async fn bury(world: &World, queue: &str, bodies: &[&str]) {
    for body in bodies {
        world.send(queue, body).await;
    }
    fail(world, queue, 1).await;
    assert!(world.visible(queue).await.is_empty());
}

#[tokio::test]
async fn a_message_received_too_often_becomes_a_dead_letter() {
    for receives_max in ["2", r#""2""#] {
        let world = World::start();
        let (queue, dlq) = queues(&world, receives_max).await;
        world.send(&queue, "poison").await;
        fail(&world, &queue, 2).await;
        assert!(world.visible(&dlq).await.is_empty());
        assert!(world.visible(&queue).await.is_empty());

        let [dead] = world.visible(&dlq).await.try_into().unwrap();
        assert_eq!(dead.body(), Some("poison"));
        let system = dead.attributes().unwrap();
        assert_eq!(system[&MessageSystemAttributeName::DeadLetterQueueSourceArn], queue_arn("q"));
        // Counted across all queues.
        assert_eq!(system[&MessageSystemAttributeName::ApproximateReceiveCount], "3");
    }
}

#[tokio::test]
async fn a_policy_needs_a_queue_that_exists_and_a_sound_count() {
    let world = World::start();
    world.queue("dlq").await;
    for policy in [
        format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#, queue_arn("none")),
        format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":0}}"#, queue_arn("dlq")),
        format!(r#"{{"deadLetterTargetArn":"{}"}}"#, queue_arn("dlq")),
        "no JSON".to_owned(),
    ] {
        let create = world.sqs.create_queue().queue_name("q").attributes(QueueAttributeName::RedrivePolicy, &policy);
        assert_eq!(code!(create.send().await), "InvalidParameterValue", "{policy}");
    }
}

#[tokio::test]
async fn a_message_stays_when_its_dead_letter_queue_is_gone() {
    let world = World::start();
    let (queue, dlq) = queues(&world, "1").await;
    world.sqs.delete_queue().queue_url(&dlq).send().await.unwrap();
    world.send(&queue, "m").await;
    fail(&world, &queue, 3).await;
}

#[tokio::test]
async fn the_sources_of_a_dead_letter_queue_are_listed() {
    let world = World::start();
    let (queue, dlq) = queues(&world, "1").await;
    let listed = world.sqs.list_dead_letter_source_queues().queue_url(&dlq).send().await.unwrap();
    assert_eq!(listed.queue_urls(), [queue]);
}

#[tokio::test]
async fn a_redrive_moves_dead_letters_back_as_new_messages() {
    let world = World::start();
    let (queue, dlq) = queues(&world, "1").await;
    bury(&world, &queue, &["a", "b"]).await;
    let started = world.sqs.start_message_move_task().source_arn(queue_arn("dlq")).send().await.unwrap();
    assert!(started.task_handle().is_some());

    assert!(world.visible(&dlq).await.is_empty());
    let back = world.visible(&queue).await;
    assert_eq!(back.iter().map(|message| message.body().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    let system = back[0].attributes().unwrap();
    assert_eq!(system[&MessageSystemAttributeName::ApproximateReceiveCount], "1");

    let listed = world.sqs.list_message_move_tasks().source_arn(queue_arn("dlq")).send().await.unwrap();
    let [task] = listed.results() else { panic!("one task") };
    assert_eq!(task.status(), Some("COMPLETED"));
    assert_eq!(task.approximate_number_of_messages_moved(), 2);
}

#[tokio::test]
async fn a_redrive_can_go_elsewhere() {
    let world = World::start();
    let (queue, _) = queues(&world, "1").await;
    let other = world.queue("other").await;
    bury(&world, &queue, &["a"]).await;
    let start = world.sqs.start_message_move_task().source_arn(queue_arn("dlq"));
    start.destination_arn(queue_arn("other")).send().await.unwrap();
    assert_eq!(world.bodies(&other).await, ["a"]);
}

#[tokio::test]
async fn a_redrive_leaves_what_has_no_source() {
    let world = World::start();
    let (_, dlq) = queues(&world, "1").await;
    world.send(&dlq, "put here by hand").await;
    world.sqs.start_message_move_task().source_arn(queue_arn("dlq")).send().await.unwrap();
    assert_eq!(world.bodies(&dlq).await, ["put here by hand"]);
    let listed = world.sqs.list_message_move_tasks().source_arn(queue_arn("dlq")).send().await.unwrap();
    assert_eq!(listed.results()[0].status(), Some("FAILED"));
    assert_eq!(listed.results()[0].failure_reason(), Some("CouldNotDetermineMessageSource"));
}

#[tokio::test]
async fn a_redrive_needs_a_dead_letter_queue() {
    let world = World::start();
    world.queue("plain").await;
    let start = |name: &str| world.sqs.start_message_move_task().source_arn(queue_arn(name)).send();
    assert!(start("none").await.unwrap_err().into_service_error().is_resource_not_found_exception());
    assert_eq!(code!(start("plain").await), "InvalidParameterValue");
}
