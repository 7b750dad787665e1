//! What arrives on booking's queue and should not: every message is told or buried with its reason, and none is lost.

use std::collections::BTreeMap;

use contracts::{Identifier, Journey, SagaId, booking, payment, steps};
use serde_json::json;

use crate::world::{World, cloud_event, fare, saga_of};

/// How a message must end.
enum End {
    /// In the failure queue, `rejected`, with this in its message.
    Told(&'static str),
    /// In the dead-letter queue with this reason.
    Buried(&'static str),
}
use End::{Buried, Told};

fn cases() -> Vec<(&'static str, String, End)> {
    let good = fare("3");
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let amount = |text: &str| good.replace("$20.00", text);
    let envelope = |topic: &str, message: &str| {
        let arn = format!("arn:aws:sns:us-east-1:000000000000:{topic}");
        json!({"Type": "Notification", "MessageId": "m", "TopicArn": arn, "Message": message}).to_string()
    };
    vec![
        ("not JSON", "fare please".to_owned(), Buried("unreadable")),
        ("an empty text", " ".to_owned(), Buried("unreadable")),
        ("a list", "[]".to_owned(), Buried("unreadable")),
        ("a batch of events", format!("[{}]", cloud_event("a", &good)), Told("body: is a batch, a JSON list")),
        (
            "an event without a source",
            cloud_event("a", &good).replace("\"/test\"", "null"),
            Told("source: must be a text"),
        ),
        ("a blank request", "\u{feff} ".to_owned(), Buried("unreadable")),
        ("a truncated request", good[..60].to_owned(), Buried("unreadable")),
        ("a nesting bomb", nested(50_000), Buried("unreadable")),
        ("a nesting bomb in a field", good.replace("\"3\"", &nested(20_000)), Told("customerId: must be a text")),
        ("an empty object", "{}".to_owned(), Told("customerId: is missing; fareId: is missing")),
        ("a number for an amount", good.replace("\"$20.00\"", "20.00"), Told("fareAmount: must be a text")),
        ("null for a card", good.replace("\"2424 2424 2424 2424\"", "null"), Told("cc: must be a text")),
        ("an empty field", good.replace("\"111\"", "\"\""), Told("cvv: must not be empty")),
        ("a negative amount", amount("$-5"), Told("fareAmount: must be an amount")),
        ("a tenth of a cent", amount("$0.001"), Told("fareAmount: must be an amount")),
        ("an exponent", amount("1e9"), Told("fareAmount: must be an amount")),
        ("a bare sign", amount("$"), Told("fareAmount: must be an amount")),
        ("a misplaced comma", amount("$1,00"), Told("fareAmount: must be an amount")),
        ("more than an i64", amount("92233720368547758.08"), Told("fareAmount: must not be larger")),
        ("an over-long id", good.replace("wr_563", &"x".repeat(129)), Told("fareId: must be 1 to 128")),
        ("a control character", good.replace("wr_563", "wr\\u0007"), Told("fareId: must be 1 to 128")),
        ("a duplicate key", good.replace("\"fareId\"", "\"customerId\""), Told("customerId: stands twice")),
        ("a field too many", good.replacen('{', "{\"tip\": \"1\",", 1), Told("body: a field is none of")),
        ("65 KiB", good.replace("wr_563", &"x".repeat(65 * 1024)), Told("body: must be at most 65536 bytes")),
        (
            "an unknown event type",
            cloud_event("a", &good).replace("fare_requested", "ride_requested"),
            Buried("unknown_type"),
        ),
        (
            "an unknown version",
            cloud_event("b", &good).replacen('{', "{\"schemaversion\":2,", 1),
            Buried("unknown_version"),
        ),
        ("an envelope from elsewhere", envelope("another-topic", &good), Buried("unexpected_envelope")),
        (
            "an envelope in an envelope",
            envelope("ensemble-fare-requests", &envelope("ensemble-fare-requests", &good)),
            Told("body: a field is none of"),
        ),
        ("an event that booking does not hear", event_of_booking(), Buried("not_for_us")),
        (
            "an event before its time, that contradicts nothing",
            "{\"specversion\":\"1.0\"}".to_owned(),
            Buried("unreadable"),
        ),
    ]
}

/// What [`fare`] asks for.
fn known_fare() -> contracts::Fare {
    contracts::Fare {
        customer_id: Identifier::parse("3").unwrap(),
        fare_id: Identifier::parse("wr_563").unwrap(),
        fare_amount: "$20.00".to_owned(),
        amount: contracts::Money::parse_usd("$20.00").unwrap(),
    }
}

fn event_of_booking() -> String {
    let registered =
        booking::Registered { subject: known_fare().into(), journey: Journey::until(jiff::Timestamp::MAX) };
    let saga = SagaId::of_request("fare", "forged");
    contracts::Envelope::new(contracts::Event::FareRegistered(registered), saga, "x", None, jiff::Timestamp::UNIX_EPOCH)
        .to_json()
}

#[tokio::test]
async fn bad_input_is_told_or_buried_with_its_reason_and_stops_nothing() {
    let mut world = World::start().await;
    let cases = cases();
    let mut told = BTreeMap::new();
    let mut buried = BTreeMap::new();
    for (index, (what, body, end)) in cases.iter().enumerate() {
        let id = format!("bad-{index}");
        let message_id = world.send("booking", body, Some(&id)).await;
        // In an envelope, the identity is the envelope's own.
        let identity = if body.contains("\"TopicArn\"") { "m".to_owned() } else { id };
        match end {
            Told(rule) => drop(told.insert(saga_of(&identity), (*what, *rule))),
            Buried(reason) => drop(buried.insert(message_id, (*what, *reason))),
        }
    }
    world.publish(&fare("3"), Some("good")).await;

    let sagas: Vec<_> = told.keys().copied().chain([saga_of("good")]).collect();
    world.watch_until(|world| sagas.iter().all(|saga| world.found.contains_key(saga))).await;
    assert_eq!(world.found.len(), sagas.len());
    for (saga, (what, rule)) in told {
        let (successful, found) = world.outcome_of(saga).await;
        assert!(!successful, "{what}");
        assert_eq!(found["outcome"], "rejected", "{what}");
        assert_eq!(found["error"]["name"], "InvalidRequest", "{what}");
        assert_eq!(found["error"]["step"], "RegisterFare", "{what}");
        let message = found["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(rule), "{what}: {message}");
        let path = &found["path"];
        assert_eq!(
            (&path[0]["step"], &path[0]["ok"], path.as_array().unwrap().len()),
            (&json!("RegisterFare"), &json!(false), 1)
        );
    }
    let (successful, _) = world.outcome_of(saga_of("good")).await;
    assert!(successful, "a good request among bad ones completes");

    world.until("every other is buried", async |world| world.dead_letters().await.len() == buried.len()).await;
    for (queue, letter) in world.dead_letters().await {
        assert_eq!(queue, "booking");
        let attribute =
            |name: &str| letter["MessageAttributes"][name]["StringValue"].as_str().unwrap_or_default().to_owned();
        let (what, reason) = buried.remove(&attribute("messageId")).unwrap();
        assert_eq!(attribute("reason"), reason, "{what}: {}", attribute("detail"));
        assert_eq!(attribute("service"), "booking");
        assert!(!attribute("detail").is_empty(), "{what}");
    }
    assert!(buried.is_empty(), "{buried:?}");
    world.until("nothing is left over", World::is_quiet).await;
    assert_eq!(world.stack.gateway.totals().authorized, 1);
    world.stack.stop().await;
}

#[tokio::test]
async fn poison_on_any_queue_is_buried_and_an_event_in_an_sns_envelope_is_named_so() {
    let world = World::start().await;
    let envelope = json!({"Type": "Notification", "MessageId": "m", "TopicArn": "arn", "Message": event_of_booking()});
    for queue in ["payment", "fulfillment", "notifier"] {
        world.send(queue, &envelope.to_string(), None).await;
        world.send(queue, &fare("3"), None).await;
    }
    world.until("all are buried", async |world| world.dead_letters().await.len() == 6).await;
    let letters = world.dead_letters().await;
    let count = |reason: &str| {
        letters.iter().filter(|(_, letter)| letter.to_string().contains(&format!("\"{reason}\""))).count()
    };
    assert_eq!((count("unexpected_envelope"), count("unreadable")), (3, 3), "{letters:#?}");
    assert!(letters.iter().all(|(_, letter)| !letter.to_string().contains("2424")), "{letters:#?}");
    world.stack.stop().await;
}

/// A declined payment of [`fare`], as payment would write it.
pub(crate) fn declined(saga: SagaId, charge_token: Option<String>) -> String {
    let declined = payment::PaymentDeclined {
        purchase: known_fare().into(),
        charge_token,
        charge_id: None,
        refund_id: None,
        error: contracts::Failure::new("Forged", steps::CHARGE_FARE, "forged"),
        standing: Vec::new(),
        journey: Journey::until(jiff::Timestamp::MAX),
    };
    let event = contracts::Event::PaymentDeclined(declined);
    contracts::Envelope::new(event, saga, "x", None, jiff::Timestamp::UNIX_EPOCH).to_json()
}

/// An event that contradicts the record moves nothing, also where it comes by the queue for events.
#[tokio::test]
async fn a_forged_event_against_a_completed_saga_is_buried_as_contradicting() {
    let mut world = World::start().await;
    world.publish(&fare("3"), Some("r")).await;
    let saga = saga_of("r");
    let (_, found) = world.outcome_of(saga).await;
    let forged = declined(saga, found["chargeToken"].as_str().map(str::to_owned));
    world.send("booking-answers", &forged, None).await;
    world.until("it is buried", async |world| !world.dead_letters().await.is_empty()).await;
    let (_, letter) = world.dead_letters().await.remove(0);
    assert!(letter.to_string().contains("contradicting"), "{letter}");
    let record = world.record("booking", saga).await;
    assert!(record.contains("Completed"), "{record}");
    world.stack.stop().await;
}
