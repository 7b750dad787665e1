//! Who may say what, from outside: no event of a service is heard by a way that a client has, whatever its form.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{Event, EventType, Events, SagaId, events, kinds};
use serde_json::{Value, json};

use crate::cancelled::cancel;
use crate::emulator::{Emulator, on_both_endpoints};
use crate::rows::one_of_each;
use crate::world::{World, cloud_event, fare, order, order_saga, saga_of};

/// A queue that hears every event.
const SPY: &str = "spy";

/// The reasons for which a message is refused that says what its sender may not say.
const REFUSED: [&str; 3] = ["not_for_us", "unexpected_envelope", "wrong_queue"];

async fn listen(world: &World) {
    let spy = world.aws.name(SPY);
    world.aws.sqs("CreateQueue", &json!({ "QueueName": spy })).await;
    for publisher in ["booking", "payment", "fulfillment"] {
        let topic = world.aws.topic_arn(&world.aws.name(&format!("{publisher}-events")));
        let subscribe = [
            ("TopicArn", topic.as_str()),
            ("Protocol", "sqs"),
            ("Endpoint", &format!("arn:aws:sqs:us-east-1:000000000000:{spy}")),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", "true"),
        ];
        world.aws.sns("Subscribe", &subscribe).await;
    }
}

/// Has services publish one event of each type, and hears them all.
async fn overheard(world: &World) -> BTreeMap<EventType, Value> {
    listen(world).await;
    for (index, row) in one_of_each().into_iter().enumerate() {
        world.send("booking", &row.request(), Some(&format!("other-{index}"))).await;
    }
    world.send("booking", &fare("3").replace("$20.00", "twenty"), None).await;
    world.send("booking", &order("4").replace("199.99", "-1"), None).await;
    world.until("the others have ended", World::is_quiet).await;
    // From now on payment waits, so one that is cancelled is undone before it is paid.
    world.stack.gateway.set_faults(vec!["fail:any".parse().unwrap()]);
    let saga = saga_of("cancelled");
    world.send("booking", &fare("3"), Some("cancelled")).await;
    world.until("it is begun", async |world| world.record("booking", saga).await.contains("Registered")).await;
    world.send("booking", &cancel(saga), None).await;

    let of_services = Event::LEXICON.events.iter().copied().filter(|event| !event.is_request());
    let wanted: BTreeSet<_> = of_services.collect();
    let mut heard = BTreeMap::new();
    while heard.len() < wanted.len() {
        let spy = world.aws.queue_url(&world.aws.name(SPY));
        let receive = json!({ "QueueUrl": spy, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20 });
        let found = world.aws.sqs("ReceiveMessage", &receive).await;
        let found = found["Messages"].as_array().cloned().unwrap_or_default();
        assert!(!found.is_empty(), "never published: {:?}", wanted.iter().filter(|event| !heard.contains_key(*event)));
        for message in found {
            let event: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            heard.insert(Event::LEXICON.event(event["type"].as_str().unwrap()).unwrap(), event);
        }
    }
    heard
}

/// The event, told of this saga: with what its publisher would say of it, as far as booking compares it.
fn forged(event: &Value, saga: SagaId, record: &str) -> Value {
    let mut event = event.clone();
    event["subject"] = json!(saga);
    event["correlationid"] = json!(saga);
    let item: Value = serde_json::from_str(record).unwrap();
    let facts: Value = serde_json::from_str(item["facts"]["S"].as_str().unwrap()).unwrap();
    for field in ["fare", "order", "deadline"] {
        if event["data"].get(field).is_some() {
            event["data"][field] = facts[field].clone();
        }
    }
    event
}

/// Says it by every way that a client has, in every form; answers with how many of these are events, and not taken for
/// requests that break a rule.
async fn say_everywhere(world: &World, event: &Value) -> usize {
    let mut bare = event["data"].clone();
    bare["type"] = event["type"].clone();
    for message in [event, &bare].map(Value::to_string) {
        world.publish_to("fare-requests", &message, None).await;
        world.publish_to("order-requests", &message, None).await;
        world.send("booking", &message, None).await;
    }
    for topic in ["fare-requests", "payment-events"] {
        let envelope = json!({
            "Type": "Notification", "MessageId": "m", "TopicArn": world.aws.topic_arn(&world.aws.name(topic)),
            "Message": event.to_string(),
        });
        world.send("booking", &envelope.to_string(), None).await;
    }
    5
}

/// How many dead letters of this queue were refused for what they say.
async fn refused(world: &World, queue: &str) -> usize {
    let letters = world.dead_letters().await;
    let is_refused = |letter: &Value| {
        let reason = letter["MessageAttributes"]["reason"]["StringValue"].as_str().unwrap();
        REFUSED.contains(&reason)
    };
    letters.iter().filter(|(of, letter)| *of == queue && is_refused(letter)).count()
}

async fn no_event_of_a_service_is_heard_by_a_way_that_a_client_has(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let events = overheard(&world).await;
    world.send("booking", &fare("3"), Some("victim")).await;
    world.send("booking", &order("4"), Some("victim")).await;
    let victims = [(kinds::FARE, saga_of("victim")), (kinds::ORDER, order_saga("victim"))];
    let mut before = Vec::new();
    for (_, saga) in victims {
        let is_begun = async |world: &World| world.record("booking", saga).await.contains("Registered");
        world.until("it is begun, and payment waits", is_begun).await;
        before.push(world.record("booking", saga).await);
    }

    let mut said = 0;
    for (event_type, event) in &events {
        for ((kind, saga), record) in victims.iter().zip(&before) {
            let mut others = Event::LEXICON.kinds.iter().copied().filter(|other| other != kind);
            let is_of_another = others.any(|other| event["data"].get(other.as_str()).is_some());
            if event_type.kind().is_none_or(|of| of == *kind) && !is_of_another {
                said += say_everywhere(&world, &forged(event, *saga, record)).await;
            }
        }
    }
    world
        .until("booking has heard all", async |world| world.aws.held_in_all(&world.aws.name("booking")).await == 0)
        .await;
    world.until("all events are buried", async |world| refused(world, "booking").await == said).await;
    for ((_, saga), record) in victims.iter().zip(&before) {
        assert_eq!(world.record("booking", *saga).await, *record, "the saga is as it was");
        assert_eq!(world.stack.gateway.ledger(&saga.to_string()).captured, 0);
    }

    world.stack.gateway.set_faults(Vec::new());
    for (_, saga) in victims {
        let (successful, told) = world.outcome_of(saga).await;
        assert!(successful && told["outcome"] == "completed", "{told}");
        assert_eq!(world.stack.gateway.ledger(&saga.to_string()).captured, 1);
    }
    world.stack.stop().await;
}

async fn no_request_is_heard_by_the_queue_for_events_and_what_is_forged_there_is_heard(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let events = overheard(&world).await;
    let asks = ["cancel_requested", "retry_requested", "resolve_requested"];
    let data = json!({ "sagaId": saga_of("victim"), "by": "a client", "reason": "why not" });
    let asks = asks.map(|ask| json!({ "specversion": "1.0", "id": ask, "source": "/test", "type": ask, "data": data }));
    let requests = [fare("3"), order("4"), cloud_event("ce", &fare("3"))];
    let mut said = 0;
    for request in requests.into_iter().chain(asks.iter().map(Value::to_string)) {
        world.send("booking-answers", &request, None).await;
        said += 1;
    }
    world.until("all are buried", async |world| refused(world, "booking-answers").await == said).await;
    for (_, letter) in world.dead_letters().await {
        assert!(!letter.to_string().contains("2424"), "{letter}");
    }

    // Nothing but the policy of that queue stands before it, and an emulator asks no policy. So what the other scenario
    // sends would have been believed.
    world.send("booking", &fare("3"), Some("victim")).await;
    let saga = saga_of("victim");
    world.until("it is begun", async |world| world.record("booking", saga).await.contains("Registered")).await;
    let record = world.record("booking", saga).await;
    let credited = forged(&events[&events::ACCOUNT_CREDITED], saga, &record);
    world.send("booking-answers", &credited.to_string(), None).await;
    let (_, told) = world.outcome_of(saga).await;
    assert_eq!(told["outcome"], "completed");
    assert_eq!(world.stack.gateway.ledger(&saga.to_string()).captured, 0);
    world.stack.stop().await;
}

on_both_endpoints! {
    no_event_of_a_service_is_heard_by_a_way_that_a_client_has,
    no_request_is_heard_by_the_queue_for_events_and_what_is_forged_there_is_heard,
}
