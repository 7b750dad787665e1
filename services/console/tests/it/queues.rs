//! `ensemble queues`, on an endpoint where nobody else works.

use serde_json::{Value, json};

use crate::harness::ensemble;
use crate::parked::Scene;

#[tokio::test]
async fn queues_shows_what_waits_everywhere_and_receives_nothing_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    scene.bury("payment", "exhausted", 0..7).await;
    for (queue, delay) in [("ensemble-payment", 0), ("ensemble-payment", 0), ("ensemble-payment", 900)] {
        let url = scene.endpoint.queue_url(queue);
        let send = json!({ "QueueUrl": url, "MessageBody": "{}", "DelaySeconds": delay });
        scene.endpoint.sqs("SendMessage", &send).await;
    }
    let lost = json!({ "QueueUrl": scene.endpoint.queue_url("ensemble-payment-undelivered"), "MessageBody": "{}" });
    scene.endpoint.sqs("SendMessage", &lost).await;
    let one = json!({ "QueueUrl": scene.endpoint.queue_url("ensemble-payment"), "MaxNumberOfMessages": 1 });
    scene.endpoint.sqs("ReceiveMessage", &one).await;

    let received = scene.endpoint.calls().await.get("sqs:ReceiveMessage").copied();
    let rows = ensemble(&["queues", "--json"], &scene.env).await.json();
    let names: Vec<_> = rows.iter().map(|row| row["queue"].as_str().unwrap()).collect();
    assert_eq!(names, ["booking", "booking-answers", "payment", "fulfillment", "notifier", "success", "failure"]);
    let expected = json!({
        "queue": "payment", "visible": 1, "inFlight": 1, "delayed": 1, "oldestSecsAtLeast": null, "deadLetters": 7,
        "undelivered": 1,
    });
    assert_eq!(rows[2], expected);
    assert_eq!((&rows[5]["deadLetters"], &rows[5]["undelivered"]), (&Value::Null, &json!(0)));
    assert_eq!(scene.endpoint.calls().await.get("sqs:ReceiveMessage").copied(), received);

    let aged = ensemble(&["queues", "--age", "--json"], &scene.env).await.json();
    assert!(aged[2]["oldestSecsAtLeast"].is_u64() && aged[0]["oldestSecsAtLeast"].is_null(), "{aged:?}");
    assert_eq!(scene.endpoint.held("ensemble-payment").await, [1, 2], "nothing is hidden by it");
    let text = ensemble(&["queues", "--age"], &scene.env).await.out;
    assert!(text.contains("≥ ") && text.contains("a sample"), "{text}");
}
