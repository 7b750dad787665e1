//! Events of sagas that have ended, redriven: nothing happens that has not happened before.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{Event, Events};
use serde_json::{Value, json};

use crate::clients::{Endpoint, QUEUES};
use crate::command::calling;
use crate::harness::{ensemble, wait_for};
use crate::stacks::Up;

/// A queue that hears every event.
const SPY: &str = "spy";

async fn listen(aws: &Endpoint) {
    aws.sqs("CreateQueue", &json!({ "QueueName": SPY })).await;
    for publisher in ["booking", "payment", "fulfillment"] {
        let topic = format!("arn:aws:sns:us-east-1:000000000000:ensemble-{publisher}-events");
        let subscribe = [
            ("TopicArn", topic.as_str()),
            ("Protocol", "sqs"),
            ("Endpoint", "arn:aws:sqs:us-east-1:000000000000:spy"),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", "true"),
        ];
        aws.sns("Subscribe", &subscribe).await;
    }
}

/// Every event that was published since, as JSON.
async fn heard(aws: &Endpoint) -> Vec<Value> {
    aws.take(SPY).await.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

/// An event without its sealed card, which is sealed anew each time.
fn unsealed(event: &Value) -> String {
    let mut event = event.clone();
    event.as_object_mut().unwrap().remove("sealedcard");
    event.to_string()
}

/// The queues by which services hear an event of this type.
fn listeners(event_type: &str) -> Vec<String> {
    let event = Event::LEXICON.event(event_type).unwrap();
    let map = choreography::map();
    map.heard(event).map(|(declaration, _)| declaration.queue(saga::Door::of(event))).collect()
}

/// All items of all services.
async fn items(aws: &Endpoint) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for service in ["booking", "payment", "fulfillment"] {
        let found = aws.dynamodb("Scan", &json!({ "TableName": format!("ensemble-{service}") })).await;
        let texts = found["Items"].as_array().unwrap().iter().map(Value::to_string);
        all.insert(service, texts.collect());
    }
    all
}

/// Waits until the services have handled all that there is.
async fn settles(aws: &Endpoint) {
    wait_for("all is handled", async || aws.is_quiet().await.then_some(())).await;
}

async fn notifications(aws: &Endpoint) -> BTreeSet<String> {
    let all = [aws.take("ensemble-success").await, aws.take("ensemble-failure").await];
    all.concat().into_iter().collect()
}

#[tokio::test]
async fn events_of_ended_sagas_redriven_twice_change_nothing_and_announce_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(folder.path(), &[]).await;
    listen(&up.aws).await;
    let env = calling(&up.aws);
    let published = ensemble(&["publish", "fare", "examples/fares.jsonl"], &env).await;
    assert_eq!(published.code, Some(0), "{published:?}");
    up.has(1, 4).await;
    settles(&up.aws).await;
    let events = heard(&up.aws).await;
    let known: BTreeSet<_> = events.iter().map(unsealed).collect();
    let told = notifications(&up.aws).await;
    let (before, ledger) = (items(&up.aws).await, up.gateway.totals().await);
    assert_eq!((told.len(), before["booking"].len()), (5, 5));

    for round in 0..2 {
        let mut letters = 0;
        for event in &events {
            for queue in listeners(event["type"].as_str().unwrap()) {
                let url = up.aws.queue_url(&format!("ensemble-{queue}-dlq"));
                up.aws.sqs("SendMessage", &json!({ "QueueUrl": url, "MessageBody": event.to_string() })).await;
                letters += 1;
            }
        }
        assert!(letters > 15, "{letters}");
        let redriven = ensemble(&["parked", "redrive", "--all", "--rate", "1000", "--json"], &env).await;
        assert_eq!(redriven.code, Some(0), "{redriven:?}");
        let done: u64 = redriven.json().iter().map(|line| line["done"].as_u64().unwrap()).sum();
        assert_eq!(done, letters, "{redriven:?}");
        settles(&up.aws).await;

        let again = heard(&up.aws).await;
        assert!(!again.is_empty(), "what is on record is announced again");
        let new: Vec<_> = again.iter().map(unsealed).filter(|event| !known.contains(event)).collect();
        assert!(new.is_empty(), "round {round}: {new:?}");
        assert!(notifications(&up.aws).await.is_subset(&told), "round {round}");
        assert_eq!(items(&up.aws).await, before, "round {round}");
        assert_eq!(up.gateway.totals().await, ledger, "round {round}");
        for queue in QUEUES {
            assert_eq!(up.aws.take(&format!("ensemble-{queue}-dlq")).await, Vec::<String>::new(), "round {round}");
        }
    }
    assert_eq!(up.interrupt().await, Some(0));
}
