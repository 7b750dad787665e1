//! Who may say what: no event of a service is heard by a way that a client has, and no request by the services' way.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{Event, EventType, Events, Outcome, Reason, SagaKind, kinds};
use saga::Channel;
use serde_json::{Value, json};
use testkit::World;

use crate::cast::{Cast, Keys, asked, fare, order, saga};
use crate::rows::{COMPLETED, ORDERED, ROWS, Row};

/// The identity of the request whose saga is under way.
const VICTIM: &str = "victim";

/// A saga of this row is begun, and payment has not answered yet.
fn begun<'n>(cast: &'n Cast, row: &Row) -> World<'n> {
    let mut world = cast.world();
    world.stop("payment");
    row.request(&mut world, VICTIM);
    world.run(&[]);
    world
}

/// Every event that services publish in a saga of this kind, by its type: written by them, about another saga.
fn overheard(keys: &Keys, kind: SagaKind) -> BTreeMap<EventType, Value> {
    let mut all = BTreeMap::new();
    let mut listen = |world: &World<'_>| {
        for announcement in world.announcements() {
            let body: Value = serde_json::from_str(&announcement.body).unwrap();
            if let Some(event) = Event::LEXICON.event(&announcement.name) {
                all.entry(event).or_insert(body);
            }
        }
    };
    for row in ROWS.iter().filter(|row| row.kind == kind) {
        let cast = Cast::new(keys);
        let mut world = cast.world();
        row.request(&mut world, "other");
        world.run(&[]);
        listen(&world);
    }
    let cast = Cast::new(keys);
    let mut world = begun(&cast, if kind == kinds::FARE { &COMPLETED } else { &ORDERED });
    world.send("booking", &asked("cancel_requested", saga(kind, VICTIM), "cancel-1"));
    world.run(&[]);
    listen(&world);
    all
}

/// The event, told of the saga that is under way: what its publisher would have written of it.
fn forged(event: &Value, world: &World<'_>, kind: SagaKind) -> Value {
    let registered: Value = serde_json::from_str(&world.announcements()[0].body).unwrap();
    let mut event = event.clone();
    for attribute in ["subject", "correlationid"] {
        event[attribute] = json!(saga(kind, VICTIM));
    }
    for field in [kind.as_str(), "deadline"] {
        if event["data"].get(field).is_some() {
            event["data"][field] = registered["data"][field].clone();
        }
    }
    event
}

fn enveloped(topic: &str, message: &Value) -> String {
    let arn = format!("arn:aws:sns:us-east-1:000000000000:{topic}");
    json!({ "Type": "Notification", "MessageId": "m", "TopicArn": arn, "Message": message.to_string() }).to_string()
}

/// The same without an envelope: the data, beside its type.
fn bare(event: &Value) -> Value {
    let mut bare = event["data"].clone();
    bare["type"] = event["type"].clone();
    bare
}

/// Says it by every way that a client has, in every form; answers with how many of these can only be dead letters.
fn say_everywhere(world: &mut World<'_>, event: &Value) -> usize {
    for topic in Event::LEXICON.kinds.iter().copied().map(Channel::Requests) {
        for (form, message) in [("event", event.clone()), ("bare", bare(event))] {
            world.request(topic, &message.to_string(), &format!("{form} {topic:?} {}", event["type"]));
        }
    }
    world.send("booking", &event.to_string());
    world.send("booking", &bare(event).to_string());
    for topic in ["ensemble-fare-requests", "ensemble-order-requests", "ensemble-payment-events"] {
        world.send("booking", &enveloped(topic, event));
    }
    // The bare ones are taken for requests, and rejected.
    2 + 1 + 3
}

/// How many messages were refused for what they say.
fn refused(world: &World<'_>) -> usize {
    let reasons = [Reason::NotForUs, Reason::UnexpectedEnvelope, Reason::WrongQueue];
    world.dead().iter().filter(|letter| reasons.contains(&letter.poison.reason)).count()
}

#[test]
fn no_event_of_a_service_is_heard_by_a_way_that_a_client_has() {
    let keys = Keys::new();
    let mut types = BTreeSet::new();
    for (kind, row) in [(kinds::FARE, &COMPLETED), (kinds::ORDER, &ORDERED)] {
        let cast = Cast::new(&keys);
        let mut world = begun(&cast, row);
        let victim = saga(kind, VICTIM);
        let record = |world: &World<'_>| world.service("booking").store().records()[&victim].clone();
        let before = record(&world);
        for (event_type, event) in overheard(&keys, kind) {
            let event = forged(&event, &world, kind);
            let (dead, announced) = (refused(&world), world.announcements().len());
            let buried = say_everywhere(&mut world, &event);
            world.run(&[]);
            assert_eq!(record(&world), before, "{event_type:?}");
            assert_eq!(refused(&world) - dead, buried, "{event_type:?}");
            let about_it = |body: &str| serde_json::from_str::<Value>(body).unwrap()["subject"] == json!(victim);
            assert!(!world.announcements()[announced..].iter().any(|one| about_it(&one.body)), "{event_type:?}");
            types.insert(event_type);
        }
        world.start("payment");
        world.run(&[]);
        let told = world.notifications(true);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].body.contains(&victim.to_string()) && told[0].body.contains(Outcome::Completed.as_str()));
        assert_eq!(cast.ledger().entries().len(), row.effects.iter().sum::<usize>());
    }
    let of_services = Event::LEXICON.events.iter().copied().filter(|event| !event.is_request());
    assert_eq!(types, of_services.collect());
}

#[test]
fn the_same_events_are_heard_by_the_queue_for_events_and_no_request_is() {
    let keys = Keys::new();
    for (kind, row) in [(kinds::FARE, &COMPLETED), (kinds::ORDER, &ORDERED)] {
        let hears = |event: &EventType| booking::DECLARATION.reaction_to(*event).is_some();
        for (event_type, event) in overheard(&keys, kind) {
            let cast = Cast::new(&keys);
            let mut world = begun(&cast, row);
            let event = forged(&event, &world, kind);
            world.send("booking-answers", &event.to_string());
            world.run(&[]);
            assert_eq!(refused(&world), usize::from(!hears(&event_type)), "{event_type:?}");
        }
        let cast = Cast::new(&keys);
        let mut world = begun(&cast, row);
        let (before, said) = (world.announcements().len(), world.dead().len());
        let requests = [fare("3", "$20.00"), fare("3", "twenty"), order("4", "199.99"), order("4", "-1")];
        let asks = ["cancel_requested", "retry_requested", "resolve_requested"];
        let asks = asks.map(|what| asked(what, saga(kind, VICTIM), what));
        for (index, request) in requests.iter().chain(&asks).enumerate() {
            world.send("booking-answers", request);
            world.run(&[]);
            let last = &world.dead()[said + index];
            assert_eq!((last.poison.reason, last.queue.as_str()), (Reason::WrongQueue, "ensemble-booking-answers"));
        }
        assert_eq!(world.announcements().len(), before);
    }
}
