//! The documented forms of requests, held against what booking reads: the same texts, one by one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use booking::Booking;
use contracts::{Event, EventType, Events, SagaId, events, kinds};
use saga::owner::Incoming;
use saga::topology::Names;
use saga::{Channel, Delivery, Participant};
use serde_json::{Value, json};

use crate::cast::{fare, order};
use crate::documented::Document;

/// Both sides.
struct Sides {
    document: Document,
    booking: Booking,
}

/// Who takes a text: the schema, booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Both,
    Neither,
    /// A rule that a schema cannot say; a description names it.
    TheSchema,
    /// A form that is let through without being promised.
    Booking,
}
use Takes::{Both, Neither, TheSchema};

impl Sides {
    fn new() -> Self {
        let (_private, key) = card::key_pair();
        Self { document: Document::read(), booking: Booking::new(key, &Names::default()) }
    }

    fn reads(&self, body: &str) -> bool {
        let attributes = [].into();
        let read = self.booking.read(&Delivery { body, attributes: &attributes, message_id: "m" });
        read.is_ok_and(|received| !matches!(received.incoming, Incoming::BadRequest(_)))
    }

    fn hold(&self, event: EventType, body: &str, expected: Takes) {
        let found = match serde_json::from_str::<Value>(body) {
            Ok(json) => (self.document.check(event.as_str(), &json), self.reads(body)),
            Err(error) => panic!("{error}: {body}"),
        };
        let takes = match (found.0.is_ok(), found.1) {
            (true, true) => Both,
            (false, false) => Neither,
            (true, false) => TheSchema,
            (false, true) => Takes::Booking,
        };
        assert_eq!(takes, expected, "{body}: {:?}", found.0);
    }
}

/// A body with another value in a field, or with one more field.
fn with(body: &str, field: &str, value: &str) -> String {
    let mut json: Value = serde_json::from_str(body).unwrap();
    let (parent, name) = field.rsplit_once('/').unwrap();
    let fields = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    fields.insert(name.to_owned(), json!("\u{0}"));
    // As it is written: a number keeps its digits.
    json.to_string().replace("\"\\u0000\"", value)
}

fn without(body: &str, field: &str) -> String {
    let mut json: Value = serde_json::from_str(body).unwrap();
    let (parent, name) = field.rsplit_once('/').unwrap();
    json.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    json.to_string()
}

fn quoted(text: &str) -> String {
    json!(text).to_string()
}

#[test]
fn a_fare_is_taken_by_its_schema_if_and_only_if_booking_takes_it() {
    let sides = Sides::new();
    let good = fare("3", "$20.00");
    let hold = |body: &str, takes| sides.hold(events::FARE_REQUESTED, body, takes);
    hold(&good, Both);
    hold(include_str!("../../../../examples/fare.json"), Both);
    for field in ["/customerId", "/fareId", "/fareAmount", "/cc", "/expiryDate", "/cvv"] {
        hold(&without(&good, field), Neither);
        for value in ["\"\"", "null", "20", "[]", "{}"] {
            hold(&with(&good, field, value), Neither);
        }
    }
    hold(&with(&good, "/note", "1"), Neither);
    let cases: [(&str, &[&str], &[&str]); 5] = [
        ("/customerId", &["a.b:c-d_E9", &"x".repeat(128)], &["a b", "a\n", "é", "a/b", &"x".repeat(129)]),
        (
            "/fareAmount",
            &["20", "20.5", "$1,234.50", "1234567.89", "$0.01", "92233720368547758.07"],
            &["$-5", "+5", "$0.001", "1e9", "1,0000", "1000,000", ",100", "1,", "5.", ".5", "$ 5", "€5", "5\n", "١٢"],
        ),
        (
            "/cc",
            &["2424242424242424", "2424-2424-2424", "123456789012", "1234567890123456789"],
            &[
                "2424",
                "12345678901",
                "2424  2424 2424 2424",
                " 2424 2424 2424",
                "2424 2424 2424 ",
                "242424242424242x",
                "12345678901234567890",
            ],
        ),
        ("/expiryDate", &["01/2030", "12/22"], &["13/22", "00/22", "1/22", "12-22", "12/222"]),
        ("/cvv", &["1111"], &["11", "11111", "abc", "١٢٣"]),
    ];
    for (field, kept, broken) in cases {
        kept.iter().for_each(|text| hold(&with(&good, field, &quoted(text)), Both));
        broken.iter().for_each(|text| hold(&with(&good, field, &quoted(text)), Neither));
    }
    for text in ["$0.00", "92233720368547758.08"] {
        hold(&with(&good, "/fareAmount", &quoted(text)), TheSchema);
    }
    for (length, takes) in [(64, Both), (65, Neither)] {
        hold(&with(&good, "/fareAmount", &quoted(&format!("{:0>length$}", 1))), takes);
    }
    hold(&good.replacen('{', "{\"cvv\":\"111\",", 1), TheSchema);
}

#[test]
fn the_fields_of_a_card_are_taken_in_and_stand_in_nothing_that_is_given_out() {
    let Document { json, .. } = Document::read();
    for (name, schema) in json["components"]["schemas"].as_object().unwrap() {
        for field in ["cc", "expiryDate", "cvv"] {
            let marked = schema["properties"].get(field).map(|field| field["writeOnly"] == true);
            assert_eq!(marked, (name == "FareRequest").then_some(true), "{name}: {field}");
        }
    }
}

#[test]
fn an_order_is_taken_by_its_schema_if_and_only_if_booking_takes_it() {
    let sides = Sides::new();
    let good = order("4", "199.99");
    let hold = |body: &str, takes| sides.hold(events::ORDER_REQUESTED, body, takes);
    hold(&good, Both);
    hold(include_str!("../../../../examples/order.json"), Both);
    let fields = ["/order_id", "/order_date", "/customer_id", "/items"];
    for field in fields.iter().chain(&["/items/0/item_id", "/items/0/qty", "/items/0/unit_price"]) {
        hold(&without(&good, field), Neither);
        for value in ["\"\"", "null", "\"a b\"", "{}", "-1", "[]"] {
            hold(&with(&good, field, value), Neither);
        }
    }
    hold(&without(&good, "/items/0/description"), Neither);
    for field in ["/note", "/items/0/note"] {
        hold(&with(&good, field, "1"), Neither);
    }
    let item = r#"{"item_id": "567", "qty": 1, "description": "", "unit_price": 1}"#;
    let items = |number: usize| format!("[{}]", vec![item; number].join(","));
    for (number, takes) in [(1, Both), (99, Both), (100, Neither)] {
        hold(&with(&good, "/items", &items(number)), takes);
    }
    let cases = [
        ("/items/0/qty", "0.25", Both),
        ("/items/0/qty", "4", Both),
        ("/items/0/qty", "0", Neither),
        ("/items/0/qty", "1e0", TheSchema),
        ("/items/0/unit_price", "1e2", TheSchema),
        ("/items/0/unit_price", "0.0000000001", TheSchema),
        ("/items/0/unit_price", "0", TheSchema),
        ("/items/0/unit_price", "0.004", TheSchema),
        ("/items/0/unit_price", "99999999999999999999999999", TheSchema),
        ("/items/0/description", "\"\"", Both),
        ("/items/0/description", "\"a\\u0007b\"", Neither),
        ("/items/0/description", "\"a\\u0085b\"", Neither),
        ("/items/0/description", "7", Neither),
        ("/order_date", "\"2018-10-19T02:50:16Z\"", Both),
        ("/order_date", "\"2018-10-19T10:50:16\"", Neither),
        ("/order_date", "\"2018-10-19 10:50:16+08:00\"", Takes::Booking),
    ];
    for (field, value, takes) in cases {
        hold(&with(&good, field, value), takes);
    }
    for (text, takes) in [("x".repeat(256), Both), ("x".repeat(257), Neither), ("é".repeat(256), TheSchema)] {
        hold(&with(&good, "/items/0/description", &quoted(&text)), takes);
    }
}

/// A request as the data of a `CloudEvent`.
fn cloud_event(event_type: &str, data: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"ce-1","source":"/test","type":"{event_type}","data":{data}}}"#)
}

/// The rules of the envelope.
fn hold_envelope(sides: &Sides, event: EventType, data: &str) {
    let good = cloud_event(event.as_str(), data);
    sides.hold(event, &good, Both);
    sides.hold(event, &cloud_event(event.name(), data), Both);
    sides.hold(event, &with(&good, "/another", "1"), Both);
    for field in ["/id", "/source", "/data"] {
        sides.hold(event, &without(&good, field), Neither);
        sides.hold(event, &with(&good, field, "null"), Neither);
        sides.hold(event, &with(&good, field, "7"), Neither);
    }
    for (field, value, takes) in [
        ("/specversion", "\"0.3\"", Neither),
        ("/id", "\"\"", Neither),
        ("/source", "\"\"", Neither),
        ("/data", "[]", Neither),
        ("/schemaversion", "1", Both),
        ("/schemaversion", "1.0", Both),
        ("/schemaversion", "\"1\"", Both),
        ("/schemaversion", "\"1.0\"", Takes::Booking),
        ("/schemaversion", "null", Both),
        ("/schemaversion", "2", Neither),
        ("/schemaversion", "\"2\"", Neither),
        ("/time", "null", Both),
        ("/traceparent", "null", Both),
        ("/datacontenttype", "null", Both),
        ("/datacontenttype", "\"application/json\"", Both),
        ("/datacontenttype", "\"application/vnd.shop+json; charset=utf-8\"", Both),
    ] {
        sides.hold(event, &with(&good, field, value), takes);
    }
    let other_format = if event.kind().is_some() { Neither } else { Both };
    for value in ["\"text/plain\"", "\"application/xml\"", "\"json\"", "7"] {
        sides.hold(event, &with(&good, "/datacontenttype", value), other_format);
    }
    for (field, max) in [("/id", 256), ("/source", 1024)] {
        sides.hold(event, &with(&good, field, &quoted(&"x".repeat(max))), Both);
        sides.hold(event, &with(&good, field, &quoted(&"x".repeat(max + 1))), Neither);
    }
    let encoded = quoted(&BASE64.encode(data));
    let in_base64 = with(&without(&good, "/data"), "/data_base64", &encoded);
    sides.hold(event, &in_base64, Both);
    sides.hold(event, &with(&in_base64, "/data", "null"), Takes::Booking);
    sides.hold(event, &with(&good, "/data_base64", &encoded), Neither);
    sides.hold(event, &with(&in_base64, "/data_base64", "7"), Neither);
}

#[test]
fn a_cloud_event_is_taken_by_its_schema_if_and_only_if_booking_takes_it() {
    let sides = Sides::new();
    hold_envelope(&sides, events::FARE_REQUESTED, &fare("3", "$20.00"));
    hold_envelope(&sides, events::ORDER_REQUESTED, &order("4", "199.99"));
    let data = json!({ "sagaId": SagaId::of_request("fare", "a"), "by": "ada", "reason": "a test" }).to_string();
    for event in [events::CANCEL_REQUESTED, events::RETRY_REQUESTED, events::RESOLVE_REQUESTED] {
        hold_envelope(&sides, event, &data);
    }
}

#[test]
fn what_is_asked_of_a_saga_is_taken_by_its_schema_if_and_only_if_booking_takes_it() {
    let sides = Sides::new();
    let saga = SagaId::of_request(kinds::FARE.as_str(), "a");
    for event in [events::CANCEL_REQUESTED, events::RETRY_REQUESTED, events::RESOLVE_REQUESTED] {
        let good = json!({ "type": event.as_str(), "sagaId": saga, "by": "ada", "reason": "a test" }).to_string();
        let hold = |body: &str, takes| sides.hold(event, body, takes);
        hold(&good, Both);
        hold(&with(&good, "/type", &quoted(event.name())), Both);
        hold(&with(&good, "/another", "1"), Both);
        hold(&with(&good, "/id", "\"a\""), Both);
        hold(&without(&good, "/sagaId"), Neither);
        for field in ["/by", "/reason"] {
            hold(&without(&good, field), Both);
            for value in ["null", "1", "true", "[]", "{}", "\"\"", "\"a\\nb\""] {
                hold(&with(&good, field, value), Both);
            }
            hold(&with(&good, field, &quoted(&"é".repeat(501))), Both);
        }
        hold(&with(&good, "/sagaId", "\"x\""), Neither);
        hold(&with(&good, "/sagaId", &quoted(&saga.uuid().simple().to_string())), Takes::Booking);
        // Then its fields are looked for in its data.
        hold(&with(&good, "/specversion", "\"1.0\""), Neither);
    }
}

#[test]
fn what_is_asked_of_a_saga_comes_by_the_topics_that_are_documented_to_carry_it_and_by_no_others() {
    let sides = Sides::new();
    let data = json!({ "sagaId": SagaId::of_request("fare", "a") }).to_string();
    for event in [events::CANCEL_REQUESTED, events::RETRY_REQUESTED, events::RESOLVE_REQUESTED] {
        for kind in Event::LEXICON.kinds {
            let topic = &sides.booking.names.topic(Channel::Requests(*kind));
            let body = json!({
                "Type": "Notification", "MessageId": "m", "Message": cloud_event(event.as_str(), &data),
                "TopicArn": format!("arn:aws:sns:us-east-1:000000000000:{topic}"),
            });
            let documented = sides.document.carries(topic, event.as_str());
            assert_eq!(sides.reads(&body.to_string()), documented, "{topic}: {}", event.name());
        }
    }
}
