//! What clients and producers of events really send.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use contracts::booking::Rejected;
use contracts::fare::RejectedFare;
use contracts::order::RejectedOrder;
use contracts::steps;
use serde_json::{Value, json};

use super::*;

/// A request for a fare as an event, with these attributes in place of its own or beside them.
fn event(changes: Value) -> String {
    let mut event: Value = serde_json::from_str(&cloud_event("ce-1", "fare_requested")).unwrap();
    let Value::Object(changes) = changes else { panic!("no object") };
    event.as_object_mut().unwrap().extend(changes);
    event.to_string()
}

/// An SNS envelope around a request for a fare, with this attribute as SNS writes it.
fn with_attribute(name: &str, attribute: &Value) -> String {
    let mut envelope: Value = serde_json::from_str(&sns("ensemble-fare-requests", GOOD)).unwrap();
    envelope["MessageAttributes"] = json!({ "another": null, name: attribute });
    envelope.to_string()
}

fn rejected_fare(received: Result<Received<Incoming<Event>>, Poison>) -> Rejected<RejectedFare> {
    let Ok(Incoming::BadRequest(rejected)) = received.map(|received| received.incoming) else { panic!("not rejected") };
    let Event::FareRejected(rejected) = *rejected else { panic!("not a fare: {rejected:?}") };
    rejected
}

fn rejected_order(body: &str) -> Rejected<RejectedOrder> {
    let Ok(Incoming::BadRequest(rejected)) = read(body).map(|received| received.incoming) else {
        panic!("not rejected")
    };
    let Event::OrderRejected(rejected) = *rejected else { panic!("not an order") };
    rejected
}

#[test]
fn two_sources_that_count_alike_are_two_sagas() {
    let of = |source: &str| read(&event(json!({ "source": source, "id": "evt-1" }))).unwrap();
    let (one, other) = (of("/shops/one"), of("/shops/two"));
    assert_ne!(one.saga, other.saga);
    assert_eq!((one.event_id.as_str(), one.saga), ("evt-1", of("/shops/one").saga));
    assert_ne!(one.saga, read_as(GOOD, "m1", Some("evt-1")).unwrap().saga, "a requestId is another identity");
    for source in [json!(null), json!(""), json!(7), json!("x".repeat(1025))] {
        let received = read_as(&event(json!({ "source": source })), "m1", None).unwrap();
        assert_eq!(received.saga, saga("m1"), "{source}");
        assert!(rejected_fare(Ok(received)).error.message.starts_with("source: must be"), "{source}");
    }
}

#[test]
fn a_request_id_is_honoured_by_its_text_or_refused() {
    for data_type in ["String", "String.orders", "Number", "Number.int"] {
        let body = with_attribute(REQUEST_ID, &json!({ "Type": data_type, "Value": "4711" }));
        assert_eq!(read(&body).unwrap().saga, saga("4711"), "{data_type}");
        assert!(saga::delivery::is_text(data_type));
    }
    assert!(!saga::delivery::is_text("Binary.x") && !saga::delivery::is_text("Stringent"));
    let unusable = [
        json!({ "Type": "Binary", "Value": "NDcxMQ==" }),
        json!({ "Type": "String", "Value": "" }),
        json!({ "Type": "String", "Value": " \t" }),
        json!({ "Type": "String", "Value": "x".repeat(257) }),
        json!({ "Type": "String" }),
        json!(null),
    ];
    for attribute in unusable {
        let received = read(&with_attribute(REQUEST_ID, &attribute)).unwrap();
        assert_eq!(received.saga, saga("sns-1"), "{attribute}");
        let rejected = rejected_fare(Ok(received));
        assert!(rejected.error.message.starts_with("requestId: must be an attribute"), "{rejected:?}");
        assert_eq!(rejected.subject.customer_id.unwrap().as_str(), "3");
    }
    // Straight to the queue, one that is no text comes without any.
    for id in ["", " ", &"x".repeat(257)] {
        let received = read_as(GOOD, "m1", Some(id)).unwrap();
        assert_eq!(received.saga, saga("m1"));
        assert!(rejected_fare(Ok(received)).error.message.starts_with("requestId: must be an attribute"));
    }
}

#[test]
fn an_event_is_read_as_producers_write_it() {
    let base64 = |engine: &base64::engine::GeneralPurpose| json!({ "data": null, "data_base64": engine.encode(GOOD) });
    let marked = json!({ "data": null, "data_base64": STANDARD.encode(format!("\u{feff}{GOOD}")) });
    let good = [
        json!({ "time": null, "datacontenttype": null, "traceparent": null, "schemaversion": null, "subject": null }),
        json!({ "redacted": null, "data_base64": null }),
        json!({ "schemaversion": "1" }),
        json!({ "schemaversion": 1 }),
        json!({ "datacontenttype": "application/json; charset=utf-8" }),
        json!({ "datacontenttype": "Text/JSON" }),
        json!({ "datacontenttype": "application/vnd.shop.fare+json" }),
        base64(&STANDARD),
        base64(&STANDARD_NO_PAD),
        marked,
    ];
    let one = event(json!({ "schemaversion": 1 })).replace("\"schemaversion\":1", "\"schemaversion\":1.0");
    let bodies = good.into_iter().map(event).chain([one, format!("\u{feff}{}", event(json!({})))]);
    for body in bodies {
        for body in [&body, &sns("ensemble-fare-requests", &body)] {
            let received = read(body).unwrap_or_else(|poison| panic!("{poison}: {body}"));
            assert_eq!(received.saga, saga_of_event("fare", "ce-1"));
            let Incoming::Requested(Purchase::Fare(fare), _) = received.incoming else { panic!("{body}") };
            assert_eq!(fare.customer_id.as_str(), "3");
        }
    }
    let bad = [
        (json!({ "data_base64": STANDARD.encode(GOOD) }), "data, data_base64: must not both be there"),
        (json!({ "data": null }), "data: is missing"),
        (json!({ "data": null, "data_base64": "{}" }), "data_base64: must be JSON in base64"),
        (json!({ "data": null, "data_base64": 7 }), "data_base64: must be JSON in base64"),
        (json!({ "data": null, "data_base64": STANDARD.encode([0xff]) }), "data_base64: must be JSON in base64"),
        (json!({ "data": null, "data_base64": STANDARD.encode("[]") }), "data_base64: must be a JSON object"),
        (json!({ "datacontenttype": "text/plain" }), "datacontenttype: must be JSON"),
        (json!({ "datacontenttype": "application/xml" }), "datacontenttype: must be JSON"),
        (json!({ "datacontenttype": 7 }), "datacontenttype: must be JSON"),
    ];
    for (changes, expected) in bad {
        assert_eq!(rule(&event(changes)).split_at(expected.len()).0, expected);
    }
    let version = read(&event(json!({ "schemaversion": "2" }))).map(|received| received.saga).unwrap_err();
    assert_eq!(version.reason, Reason::UnknownVersion);
    assert!(matches!(read(&format!("\u{feff}{GOOD}")).unwrap().incoming, Incoming::Requested(..)));
}

#[test]
fn a_batch_is_named_and_whoever_asked_for_something_in_it_is_told() {
    let batch = format!("[{}]", event(json!({})));
    let orders = format!(" [{{}}, {}]", cloud_event_of("OrderRequested", ORDER));
    for body in [&batch, &orders, &format!("\u{feff}{batch}"), &sns("ensemble-fare-requests", "[]")] {
        assert!(rule(body).starts_with("body: is a batch, a JSON list"), "{body}");
    }
    assert_eq!(read_as(&orders, "m1", Some("r0")).unwrap().saga, SagaId::of_request("order", "r0"));
    for body in ["[]", "[1]", &format!("[{GOOD}]"), &format!("[{}]", cloud_event("a", "payment_refunded"))] {
        let poison = read(body).map(|received| received.saga).unwrap_err();
        assert_eq!(poison.reason, Reason::Unreadable);
        assert!(poison.detail.starts_with("body: is a batch"), "{poison}");
    }
}

#[test]
fn a_field_that_is_unknown_is_named_and_a_card_in_its_name_is_not() {
    let with = |name: &str| GOOD.replacen('{', &format!("{{\"{name}\": 1,"), 1);
    assert!(rule(&with("currency")).ends_with("cc, expiryDate, cvv: \"currency\""), "{}", rule(&with("currency")));
    let item = rule(&ORDER.replace("\"qty\"", "\"tip\": 1, \"qty\""));
    assert_eq!(item, "items[0]: a field is none of item_id, qty, description, unit_price: \"tip\"");
    let found = rule(&with("4929 7182 6403 5517"));
    assert!(found.ends_with("\"[removed]\"") && !found.contains("5517"), "{found}");
    assert!(rule(&with("a\\nb")).ends_with("\"a b\""));
    let many: String = (0..9).map(|index| format!("\"f{index}\": {index},")).collect();
    let found = rule(&GOOD.replacen('{', &format!("{{{many}\"{}\": 1,", "x".repeat(3000)), 1));
    assert!(found.ends_with("\"f0\", \"f1\", \"f2\", \"f3\", \"f4\" and 5 more"), "{found}");
}

#[test]
fn a_rejection_repeats_what_can_be_read_whatever_else_is_wrong() {
    let bad = [
        GOOD.replace("\"111\"", "\"\""),
        GOOD.replacen('{', "{\"tip\": 1,", 1),
        with_attribute(REQUEST_ID, &json!({ "Type": "Binary", "Value": "" })),
        event(json!({ "source": null })),
        event(json!({ "id": 7 })),
        event(json!({ "specversion": "0.3" })),
        event(json!({ "datacontenttype": "text/plain" })),
    ];
    for body in bad {
        let rejected = rejected_fare(read(&body));
        let ids = [rejected.subject.customer_id, rejected.subject.fare_id].map(|id| id.map(String::from));
        assert_eq!(ids, ["3", "wr_563"].map(|id| Some(id.to_owned())), "{body}");
        assert_eq!(
            (rejected.subject.fare_amount.as_deref(), rejected.amount.unwrap().minor),
            (Some("$20.00"), 2_000),
            "{body}"
        );
    }
    let order = cloud_event_of("order_requested", ORDER).replace("\"/test\"", "0");
    for (body, amount) in [
        (ORDER.replace("2018", "year 2018"), Some(19_999)),
        (ORDER.replace("199.99", "-1"), None),
        (order, Some(19_999)),
    ] {
        let rejected = rejected_order(&body);
        assert_eq!(rejected.subject.order_id.unwrap().as_str(), "40063fe3-56d9-4c51-b91f-71929834ce03");
        assert_eq!(rejected.subject.customer_id.unwrap().as_str(), "8d04ea6f-c6b2-4422-8550-839a16f01feb");
        assert_eq!(rejected.amount.map(|amount| amount.minor), amount, "{body}");
    }
    let large = rejected_fare(read(&GOOD.replace("wr_563", &"x".repeat(70_000))));
    assert_eq!((large.subject.customer_id, large.subject.fare_id, large.subject.fare_amount), (None, None, None));
}

#[test]
fn whoever_asks_for_a_saga_to_be_stopped_is_heard_whatever_the_words() {
    let saga = saga("a");
    let asked = |changes: Value| {
        let mut data = json!({ "sagaId": saga });
        let Value::Object(changes) = changes else { panic!("no object") };
        data.as_object_mut().unwrap().extend(changes);
        data.to_string()
    };
    let long = "é".repeat(600);
    let cases = [
        (json!({}), "a client", "no reason given".to_owned()),
        (json!({ "by": "", "reason": " \n " }), "a client", "no reason given".to_owned()),
        (json!({ "by": "a\u{0}da", "reason": "too\r\n\tlate\u{2028}now" }), "a da", "too late now".to_owned()),
        (json!({ "by": 7, "reason": null }), "7", "no reason given".to_owned()),
        (json!({ "by": true, "reason": ["a"] }), "true", "no reason given".to_owned()),
        (json!({ "by": {"cvv": "111"}, "reason": long }), "a client", "é".repeat(500)),
        (json!({ "by": "card 4929718264035517" }), "card [removed]", "no reason given".to_owned()),
        (json!({ "reason": "x".repeat(70_000) }), "a client", "x".repeat(500)),
    ];
    for (changes, by, reason) in cases {
        let data = asked(changes);
        for what in ["cancel_requested", "retry_requested", "resolve_requested"] {
            let bare = data.replacen('{', &format!("{{\"type\":\"{what}\","), 1);
            let event = cloud_event_of(what, &data);
            let encoded =
                event.replace(&format!("\"data\":{data}"), &format!("\"data_base64\":\"{}\"", STANDARD.encode(&data)));
            for body in [bare, event, encoded] {
                let received = read(&body).unwrap_or_else(|poison| panic!("{poison}: {data}"));
                assert_eq!(received.saga, saga);
                let Incoming::Asked(ask) = received.incoming else { panic!("not asked") };
                assert_eq!((ask.by.as_str(), ask.reason.as_str()), (by, reason.as_str()));
            }
        }
    }
    let twice = asked(json!({ "reason": "b" })).replacen('{', "{\"reason\":\"a\",", 1);
    assert!(read(&cloud_event_of("cancel_requested", &twice)).is_ok(), "only which saga is meant has to be clear");
}

#[test]
fn what_is_asked_is_known_by_source_and_id_or_by_its_own_id_or_by_its_message() {
    let data = format!(r#"{{"sagaId":"{}"}}"#, saga("a"));
    let known = |body: &str, message_id: &str, request_id: Option<&str>| {
        let Incoming::Asked(ask) = read_as(body, message_id, request_id).unwrap().incoming else { panic!("not asked") };
        ask.request.unwrap()
    };
    let event = cloud_event_of("retry_requested", &data);
    assert_eq!(known(&event, "m1", None), known(&event, "m2", Some("r")));
    assert_ne!(known(&event, "m1", None), known(&event.replace("/test", "/other"), "m1", None));
    let bare = data.replacen('{', r#"{"type":"retry_requested","#, 1);
    assert_eq!(known(&bare, "m1", None), "m1");
    assert_eq!(known(&bare, "m1", Some("r")), "r");
    assert_eq!(known(&bare.replacen('{', r#"{"id":"","#, 1), "m1", None), "m1");
    assert_eq!(known(&bare.replacen('{', r#"{"id":"q","#, 1), "m1", Some("r")), "q");
    for without in [event.replace("\"/test\"", "null"), event.replace("\"ce-1\"", "\"\"")] {
        let poison = read(&without).map(|received| received.saga).unwrap_err();
        assert_eq!(poison.reason, Reason::Unreadable, "{poison}");
    }
}

#[test]
fn a_trace_beside_a_request_is_gone_on_with_and_an_event_s_own_comes_first() {
    let (trace, own) = ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "00-own");
    let attributes = [("traceparent".to_owned(), trace.to_owned())].into();
    let direct =
        |body: &str| booking().read(&Delivery { body, attributes: &attributes, message_id: "m1" }).unwrap().traceparent;
    let ask = format!(r#"{{"type":"cancel_requested","sagaId":"{}"}}"#, saga("a"));
    for body in [GOOD, ORDER, &ask, &event(json!({})), &event(json!({ "traceparent": null }))] {
        assert_eq!(direct(body).as_deref(), Some(trace), "{body}");
    }
    assert_eq!(direct(&event(json!({ "traceparent": own }))).as_deref(), Some(own));
    let wrapped = with_attribute("traceparent", &json!({ "Type": "String", "Value": trace }));
    assert_eq!(read(&wrapped).unwrap().traceparent.as_deref(), Some(trace));
}

#[test]
fn what_is_too_large_for_an_event_is_rejected_with_the_limit_and_a_rejection_is_never_too_large() {
    let line = |description: &str| json!({ "item_id": "5".repeat(128), "qty": 0.333, "description": description, "unit_price": 3.00 });
    let order = |items: Vec<Value>| {
        let mut order: Value = serde_json::from_str(ORDER).unwrap();
        order["items"] = json!(items);
        order.to_string()
    };
    let good = read_order(&order(vec![line("a melon"); 99])).unwrap();
    assert_eq!(good.amount.minor, 9_900, "each line is 1.00");
    let most = (ITEMS_BYTES_MAX - 2) / 99 - 1 - serde_json::to_string(&good.items[0]).unwrap().len() + "a melon".len();
    let largest = read_order(&order(vec![line(&"x".repeat(most)); 99])).unwrap();
    assert!(serde_json::to_string(&largest.items).unwrap().len() <= ITEMS_BYTES_MAX);
    let message = read_order(&order(vec![line(&"x".repeat(most + 1)); 99])).unwrap_err();
    assert!(message.starts_with("items: must be at most 40960 bytes"), "{message}");

    let broken = json!({ "x".repeat(300): 1, "item_id": "", "qty": -1, "description": 1, "unit_price": "" });
    let rejected = rejected_order(&order(vec![broken; 99]));
    assert!(rejected.error.message.contains("items[0].qty: must be a number"), "{rejected:?}");
    assert!(rejected.error.message.ends_with(" more") && rejected.error.message.len() <= 8 * 1024, "{rejected:?}");
}

/// The largest order, of which everything has gone wrong that can.
#[test]
fn every_event_of_an_order_that_was_accepted_has_room_in_a_message() {
    use contracts::booking::Paid;
    use contracts::{Action, Envelope, Failure, Identifier, MAX_BODY_BYTES, Path, Standing, effects};

    let id = |letter: &str| Identifier::parse(&letter.repeat(128)).unwrap();
    let mut order = read_order(ORDER).unwrap();
    (order.order_id, order.customer_id, order.order_date) =
        (id("o"), id("c"), "2018-10-19T10:50:16.123456789+08:00".to_owned());
    let line = serde_json::to_string(&order.items).unwrap().len();
    order.items[0].description = "x".repeat(ITEMS_BYTES_MAX - line + order.items[0].description.as_str().len()).into();
    let amount = order.amount;
    // What people say is cut to so many characters, of up to four bytes each.
    let said = "𝄞".repeat(500);
    let error = |message: String| Failure::new("ErrReserveInventory", steps::RESERVE_INVENTORY, message);
    let refused = "𝄞".repeat(200);
    let mut failed = contracts::booking::Failed::new(
        order.into(),
        error(format!("cancelled by {said}: {said}"))
            .and(error(refused.clone()))
            .and(error(refused))
            .and(error("payment owes PaymentDeclined or PaymentRefunded or PaymentRefundFailed".repeat(3))),
        (0..100).fold(Path::default(), |path, _| path.and(steps::RESERVE_INVENTORY, false, fixtures::NOW)),
    );
    let id = Some("t".repeat(128));
    failed.details = Paid { charge_token: id.clone(), charge_id: id.clone(), refund_id: id };
    let standing = Standing { effect: effects::RESERVATION, id: "s".repeat(128), amount: Some(amount) };
    failed.standing = vec![standing; 4];
    failed.resolution = Some(Action {
        what: ActionKind::Resolve,
        by: said.clone(),
        reason: said,
        at: fixtures::NOW,
        request: Some("r".repeat(128)),
    });
    let envelope = Envelope::new(Event::OrderNeedsAttention(failed), saga("a"), &"i".repeat(128), None, fixtures::NOW);
    let bytes = envelope.to_json().len();
    assert!(bytes <= MAX_BODY_BYTES && bytes > ITEMS_BYTES_MAX + 15_000, "{bytes}");
}
