//! `ensemble parked`, on an endpoint where nobody else works.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::clients::Endpoint;
use crate::command::{calling, provisioned};
use crate::harness::{Ended, Env, PATIENCE, Process, ensemble, wait_for};
use crate::rows::request;

/// Those who have dead-letter queues, as `parked` calls them.
const PLACES: [&str; 12] = [
    "booking",
    "booking-undelivered",
    "booking-answers",
    "booking-answers-undelivered",
    "payment",
    "payment-undelivered",
    "fulfillment",
    "fulfillment-undelivered",
    "notifier",
    "notifier-undelivered",
    "success-undelivered",
    "failure-undelivered",
];

/// An endpoint with the topology, and Ann, who operates it.
pub(crate) struct Scene {
    pub(crate) endpoint: Endpoint,
    pub(crate) env: Env,
    _process: Process,
}

impl Scene {
    pub(crate) async fn start(folder: &Path) -> Self {
        let (process, endpoint) = provisioned(folder).await;
        let mut env = calling(&endpoint);
        env.push(("ENSEMBLE_OPERATOR".to_owned(), "ann".to_owned()));
        Self { endpoint, env, _process: process }
    }

    /// `ensemble parked` with these arguments.
    async fn parked(&self, args: &[&str]) -> Ended {
        ensemble(&[&["parked"], args].concat(), &self.env).await
    }

    /// The same, which must succeed, as JSON.
    async fn told(&self, args: &[&str]) -> Vec<Value> {
        let ended = self.parked(&[args, &["--json"]].concat()).await;
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
        ended.json()
    }

    /// How many messages wait, by queue and reason.
    async fn waiting(&self) -> BTreeMap<(String, String), u64> {
        let groups = self.told(&["list"]).await;
        let text = |group: &Value, field: &str| group[field].as_str().unwrap().to_owned();
        let group = |group| ((text(group, "queue"), text(group, "reason")), group["count"].as_u64().unwrap());
        groups.iter().map(group).collect()
    }

    /// Puts dead letters into the queue of a service, each with its number and a request id.
    pub(crate) async fn bury(&self, service: &str, reason: &str, range: std::ops::Range<usize>) {
        let body = |index: usize| format!(r#"{{"letter":{index}}}"#);
        let id = |index: usize| format!("request-{index}");
        let bodies: Vec<_> = range.map(|index| (body(index), id(index))).collect();
        for chunk in bodies.chunks(10) {
            let entries = chunk.iter().enumerate().map(|(index, (body, id))| {
                let attributes = attributes(&[
                    ("reason", reason),
                    ("detail", "as the test wants"),
                    ("service", service),
                    ("messageId", "before"),
                    ("attempts", "1"),
                    ("firstSeen", "1000"),
                    ("requestId", id),
                    ("eventType", "payment_captured"),
                    ("eventId", "event"),
                    ("saga", &format!("saga of {id}")),
                ]);
                json!({ "Id": index.to_string(), "MessageBody": body, "MessageAttributes": attributes })
            });
            let url = self.endpoint.queue_url(&format!("ensemble-{service}-dlq"));
            let send = json!({ "QueueUrl": url, "Entries": entries.collect::<Vec<_>>() });
            let sent = self.endpoint.sqs("SendMessageBatch", &send).await;
            assert_eq!(sent["Successful"].as_array().map(Vec::len), Some(chunk.len()), "{sent}");
        }
    }

    /// Receives all that is visible, with attributes; deletes nothing.
    async fn peek(&self, queue: &str) -> Vec<Value> {
        let asked = json!({
            "QueueUrl": self.endpoint.queue_url(queue), "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
            "AttributeNames": ["All"],
        });
        let mut all = Vec::new();
        loop {
            let answer = self.endpoint.sqs("ReceiveMessage", &asked).await;
            let Some(messages) = answer["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
                return all;
            };
            all.extend(messages.iter().cloned());
        }
    }
}

/// String message attributes, for SQS.
fn attributes(pairs: &[(&str, &str)]) -> Value {
    let attribute =
        |(name, value): &(&str, &str)| ((*name).to_owned(), json!({ "DataType": "String", "StringValue": value }));
    Value::Object(pairs.iter().map(attribute).collect())
}

fn counts(all: &[(&str, &str, u64)]) -> BTreeMap<(String, String), u64> {
    let count = |(queue, reason, count): &(&str, &str, u64)| (((*queue).to_owned(), (*reason).to_owned()), *count);
    all.iter().map(count).collect()
}

#[tokio::test]
async fn of_a_thousand_dead_letters_one_group_is_redriven_and_the_rest_stays_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    scene.bury("payment", "unknown_version", 0..400).await;
    scene.bury("payment", "exhausted", 400..650).await;
    scene.bury("booking", "exhausted", 650..1000).await;
    let all = [("payment", "unknown_version", 400), ("payment", "exhausted", 250), ("booking", "exhausted", 350)];
    assert_eq!(scene.waiting().await, counts(&all));

    let redrive =
        ["redrive", "--queue", "payment", "--reason", "unknown_version", "--rate", "400", "--why", "deployed"];
    let done = scene.told(&redrive).await;
    let [done] = done.as_slice() else { panic!("one queue: {done:?}") };
    let expected = json!({ "queue": "payment", "to": "ensemble-payment", "matched": 400, "done": 400, "left": 0 });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&done[field], value, "{done}");
    }
    assert_eq!(scene.endpoint.held("ensemble-payment-dlq").await, [250, 0]);
    assert_eq!(scene.endpoint.held("ensemble-booking-dlq").await, [350, 0]);
    assert_eq!(scene.waiting().await, counts(&all[1..]));

    // Each once, with the identity that it had, and with nothing else of the dead letter.
    let moved = scene.peek("ensemble-payment").await;
    let bodies: BTreeSet<_> = moved.iter().map(|message| message["Body"].to_string()).collect();
    assert_eq!((moved.len(), bodies.len()), (400, 400));
    for message in &moved {
        let letter: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
        let id = format!("request-{}", letter["letter"]);
        assert_eq!(message["MessageAttributes"], attributes(&[("requestId", &id)]), "{message}");
    }

    let log = scene.told(&["log"]).await;
    let phases: Vec<_> = log.iter().map(|entry| entry["detail"]["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["began", "ended"], "{log:?}");
    for entry in &log {
        assert_eq!(
            (&entry["by"], &entry["why"], &entry["action"]),
            (&json!("ann"), &json!("deployed"), &json!("redrive"))
        );
        assert_eq!(entry["detail"]["operation"], done["operation"]);
    }
    assert_eq!((&log[0]["detail"]["matched"], &log[1]["detail"]["done"]), (&json!(400), &json!(400)));
    assert_eq!(log[1]["detail"]["ids"].as_array().unwrap().len(), 100, "{log:?}");
    let text = scene.parked(&["log", "--queue", "payment"]).await.out;
    assert!(text.contains("ann  payment  redrive ended, 400 done, 0 left to ensemble-payment"), "{text}");
    assert_eq!(scene.parked(&["log", "--queue", "booking"]).await.out, "");

    // Nothing of that group is left to be redriven.
    assert_eq!(scene.told(&redrive).await, Vec::<Value>::new());
    assert_eq!(scene.told(&["log"]).await.len(), 2, "nothing done leaves no record");
}

#[tokio::test]
async fn messages_are_listed_one_by_one_chosen_and_shown_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    assert!(scene.parked(&["list"]).await.out.contains("No message waits"));
    scene.bury("payment", "exhausted", 0..12).await;
    scene.bury("notifier", "unreadable", 12..13).await;
    let each = scene.told(&["list", "--each"]).await;
    let ids: BTreeSet<_> = each.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 13, "{each:?}");
    let id = each.iter().find(|line| line["queue"] == "notifier").unwrap()["id"].as_str().unwrap();
    for (filter, count) in [
        (&["--queue", "notifier"][..], 1),
        (&["--queue", "ensemble-payment-dlq"], 12),
        (&["--queue", "payment-undelivered"], 0),
        (&["--reason", "unreadable"], 1),
        (&["--saga", "saga of request-3"], 1),
        (&["--type", "payment_captured"], 13),
        (&["--type", "payment_captured", "--queue", "notifier"], 1),
        (&["--older-than", "1d"], 13),
        (&["--newer-than", "1d"], 0),
        (&["--id", id], 1),
    ] {
        let found = scene.told(&[&["list", "--each"], filter].concat()).await;
        assert_eq!(found.len(), count, "{filter:?}: {found:?}");
    }
    let text = scene.parked(&["list"]).await.out;
    for words in ["payment  12 × exhausted  payment_captured", "notifier  1 × unreadable", "as the test wants", id] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let text = scene.parked(&["show", id]).await.out;
    for words in ["first seen 1970-01-01T00:00:01Z", "reason:      unreadable", "saga of request-12", "\"letter\": 12"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let shown = scene.told(&["show", id]).await;
    assert_eq!((shown.len(), &shown[0]["body"]), (1, &json!({ "letter": 12 })));
    assert_eq!(scene.endpoint.held("ensemble-payment-dlq").await, [12, 0], "all is visible again");
    let missing = scene.parked(&["show", "no-such-message"]).await;
    assert_eq!(missing.code, Some(1), "{missing:?}");
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    scene.bury("payment", "exhausted", 0..15).await;
    for args in [["redrive", "--all", "--dry-run"], ["discard", "--all", "--dry-run"]] {
        let told = scene.told(&args).await;
        assert_eq!((&told[0]["matched"], &told[0]["done"]), (&json!(15), &json!(0)), "{told:?}");
        let text = scene.parked(&args).await.out;
        for words in ["payment: 15 would be ", "15 × exhausted", "nothing was done"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    assert_eq!(scene.endpoint.held("ensemble-payment-dlq").await, [15, 0]);
    assert_eq!(scene.endpoint.held("ensemble-payment").await, [0, 0]);
    assert_eq!(scene.told(&["log"]).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_discarded_is_gone_and_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    scene.bury("payment", "exhausted", 0..25).await;
    scene.bury("payment", "contradicting", 25..40).await;
    let discarded = scene.parked(&["discard", "--reason", "exhausted", "--why", "a test client"]).await;
    assert_eq!(discarded.code, Some(0), "{discarded:?}");
    assert!(discarded.out.contains("payment: 25 of 25 discarded"), "{discarded:?}");
    assert_eq!(scene.waiting().await, counts(&[("payment", "contradicting", 15)]));
    assert_eq!(scene.endpoint.held("ensemble-payment").await, [0, 0]);
    let log = scene.told(&["log", "--queue", "payment"]).await;
    assert_eq!(log.len(), 2);
    assert!(log.iter().all(|entry| entry["action"] == "discard" && entry["why"] == "a test client"), "{log:?}");
    assert_eq!(log[0]["detail"]["filter"], json!({ "reason": "exhausted" }));
}

#[tokio::test]
async fn a_body_without_its_card_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    let bodies = [contracts::redact::body(&request("3")), r#"{"customerId":"3"}"#.to_owned()];
    for body in &bodies {
        let url = scene.endpoint.queue_url("ensemble-booking-dlq");
        let send = json!({ "QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes(&[("reason", "r")]) });
        scene.endpoint.sqs("SendMessage", &send).await;
    }
    let redriven = scene.parked(&["redrive", "--reason", "r"]).await;
    assert_eq!(redriven.code, Some(0), "{redriven:?}");
    for words in ["1 of 1 redriven to ensemble-booking", "1 stay: card data was removed"] {
        assert!(redriven.out.contains(words), "{words}: {redriven:?}");
    }
    assert_eq!(scene.endpoint.take("ensemble-booking").await, bodies[1..]);
    assert_eq!(scene.endpoint.take("ensemble-booking-dlq").await, bodies[..1]);
}

#[tokio::test]
async fn ctrl_c_ends_a_redrive_with_the_rest_in_place_and_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    scene.bury("payment", "exhausted", 0..30).await;
    let args = ["parked", "redrive", "--all", "--rate", "1", "--json"];
    let mut process = Process::start(folder.path(), "redrive", &args, &scene.env);
    wait_for("the first", async || (scene.endpoint.held("ensemble-payment").await[0] > 0).then_some(())).await;
    process.signal("INT");
    let status = process.ended(PATIENCE).await.unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(process.err().contains("stopped before its end"), "{}", process.err());
    let done = scene.endpoint.held("ensemble-payment").await[0];
    assert!(done < 30);
    assert_eq!(scene.endpoint.held("ensemble-payment-dlq").await, [30 - done, 0]);
    let log = scene.told(&["log"]).await;
    let last = &log.last().unwrap()["detail"];
    assert_eq!((&last["phase"], &last["stopped"]), (&json!("ended"), &json!(true)));
    assert_eq!((&last["done"], &last["left"]), (&json!(done), &json!(30 - done)));
}

#[tokio::test]
async fn what_sns_cannot_deliver_is_parked_without_showing_its_card_and_redriven_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    for queue in ["ensemble-booking", "ensemble-success"] {
        scene.endpoint.sqs("DeleteQueue", &json!({ "QueueUrl": scene.endpoint.queue_url(queue) })).await;
    }
    let file = folder.path().join("fare.json");
    std::fs::write(&file, request("3")).unwrap();
    let published = ensemble(&["publish", "fare", &file.to_string_lossy()], &scene.env).await;
    assert_eq!(published.code, Some(0), "{published:?}");
    let notification = [
        ("TopicArn", "arn:aws:sns:us-east-1:000000000000:ensemble-notifications"),
        ("Message", r#"{"outcome":"completed"}"#),
        ("MessageAttributes.entry.1.Name", "IsSuccessful"),
        ("MessageAttributes.entry.1.Value.DataType", "String"),
        ("MessageAttributes.entry.1.Value.StringValue", "true"),
    ];
    scene.endpoint.sns("Publish", &notification).await;
    let all = [("booking-undelivered", "undelivered", 1), ("success-undelivered", "undelivered", 1)];
    assert_eq!(scene.waiting().await, counts(&all));
    for args in [&["show", "--queue", "booking-undelivered"][..], &["show", "--reason", "undelivered", "--json"]] {
        let shown = scene.parked(args).await;
        assert!(shown.out.contains("[removed]") && shown.out.contains("wr_563"), "{shown:?}");
        // The digits alone may be part of a message id; as a value they stand before an escaped quote.
        for secret in ["2424 2424", "12/22", r"111\"] {
            assert!(!shown.said().contains(secret), "{shown:?}");
        }
    }

    // Before the queues are there again, nothing is lost by trying.
    let early = scene.parked(&["redrive", "--reason", "undelivered"]).await;
    assert_eq!(early.code, Some(69), "{early:?}");
    assert_eq!(scene.waiting().await, counts(&all));
    let provisioned = ensemble(&["provision"], &scene.env).await;
    assert_eq!(provisioned.code, Some(0), "{provisioned:?}");
    let redriven = scene.parked(&["redrive", "--reason", "undelivered"]).await;
    assert_eq!(redriven.code, Some(0), "{redriven:?}");
    assert_eq!(scene.waiting().await, counts(&[]));
    let requests = scene.endpoint.take("ensemble-booking").await;
    assert!(requests.len() == 1 && requests[0].contains("2424 2424 2424 2424"), "as it was");
    let told = scene.peek("ensemble-success").await;
    assert_eq!(told[0]["Body"], r#"{"outcome":"completed"}"#);
    assert_eq!(told[0]["MessageAttributes"]["IsSuccessful"]["StringValue"], "true", "{told:?}");
}

#[tokio::test]
async fn a_redrive_can_go_to_another_queue() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    scene.bury("payment", "exhausted", 0..3).await;
    let redrive = ["redrive", "--queue", "payment", "--to", "fulfillment"];
    assert_eq!(scene.told(&redrive).await[0]["to"], "ensemble-fulfillment");
    assert_eq!(scene.endpoint.held("ensemble-fulfillment").await, [3, 0]);
}

#[tokio::test]
async fn what_does_not_say_which_messages_exits_with_2_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    scene.bury("payment", "exhausted", 0..3).await;
    let cases: [(&[&str], &str); 12] = [
        (&["redrive"], "nothing is redriven without a choice: give --queue"),
        (&["redrive", "--dry-run"], "or --all for every message"),
        (&["discard", "--why", "w"], "nothing is discarded without a choice"),
        (&["discard", "--all"], "--why <TEXT>"),
        (&["discard", "--all", "--why", ""], "--why <TEXT>"),
        (&["show"], "nothing is shown without a choice"),
        (&["redrive", "--all", "--queue", "payment"], "cannot be used with"),
        (&["redrive", "--queue", "paymint"], "there is no such queue for dead letters; there are booking,"),
        (&["redrive", "--queue", "payment", "--to", "nowhere"], "--to: there is no queue of this name"),
        (&["redrive", "--queue", "payment", "--to", "ensemble-payment-dlq"], "not redriven into itself"),
        (&["redrive", "--older-than", "ten minutes"], "--older-than <AGE>"),
        (&["redrive", "--all", "--rate", "0"], "--rate <N>"),
    ];
    for (args, words) in cases {
        let ended = scene.parked(args).await;
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert!(ended.err.contains(words), "{args:?}: {ended:?}");
        assert_eq!(ended.out, "");
    }
    assert_eq!(scene.endpoint.held("ensemble-payment-dlq").await, [3, 0]);
    assert_eq!(scene.told(&["log"]).await, Vec::<Value>::new());
}

#[tokio::test]
async fn every_queue_for_dead_letters_is_known_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::start(folder.path()).await;
    for place in PLACES {
        assert_eq!(scene.told(&["list", "--queue", place]).await, Vec::<Value>::new());
    }
}
