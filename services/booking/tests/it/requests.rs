//! What may arrive on booking's queue, good and bad.

use booking::Booking;
use contracts::{ActionKind, Event, Events, Order, Poison, Purchase, Reason, SagaId};
use saga::owner::Incoming;
use saga::topology::Names;
use saga::{Delivery, Participant, Received};

mod sent;

/// The message attribute by which a client identifies a request.
const REQUEST_ID: &str = "requestId";

/// The items of an order, at most, in bytes of JSON as events carry them.
const ITEMS_BYTES_MAX: usize = 40 * 1024;

const GOOD: &str = r#"{"customerId": "3", "fareId": "wr_563", "fareAmount": "$20.00",
     "cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111"}"#;

fn booking() -> Booking {
    Booking { hooks: true, ..Booking::new(card::key_pair().1, &Names::default()) }
}

fn read_as(body: &str, message_id: &str, request_id: Option<&str>) -> Result<Received<Incoming<Event>>, Poison> {
    let attributes = request_id.map(|id| (REQUEST_ID.to_owned(), id.to_owned())).into_iter().collect();
    booking().read(&Delivery { body, attributes: &attributes, message_id })
}

fn read(body: &str) -> Result<Received<Incoming<Event>>, Poison> {
    read_as(body, "m1", None)
}

fn sns(topic: &str, message: &str) -> String {
    serde_json::json!({
        "Type": "Notification", "MessageId": "sns-1", "TopicArn": format!("arn:aws:sns:us-east-1:000000000000:{topic}"),
        "Message": message, "Timestamp": "2026-01-01T00:00:00.000Z",
        "MessageAttributes": {"requestId": {"Type": "String", "Value": "r1"}},
    })
    .to_string()
}

fn cloud_event(id: &str, event_type: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"{id}","source":"/test","type":"{event_type}","data":{GOOD}}}"#)
}

fn saga(identity: &str) -> SagaId {
    SagaId::of_request("fare", identity)
}

/// The saga of an event of [`cloud_event`] or [`cloud_event_of`].
fn saga_of_event(kind: &str, id: &str) -> SagaId {
    SagaId::of_event(kind, "/test", id)
}

/// The order that is read in a request, or the rules that the request breaks.
fn read_order(body: &str) -> Result<Order, String> {
    match read(body).map(|received| received.incoming) {
        Ok(Incoming::Requested(Purchase::Order(order), None)) => Ok(order),
        Ok(Incoming::BadRequest(rejected)) => {
            Err(rejected.data().failure().expect("a rejection says why").message.clone())
        }
        other => panic!("not an order: {other:?}"),
    }
}

/// The message of a rejection.
fn rule(body: &str) -> String {
    match read(body).map(|received| received.incoming) {
        Ok(Incoming::BadRequest(rejected)) => {
            if let Event::OrderRejected(rejected) = *rejected {
                return rejected.error.message;
            }
            let Event::FareRejected(rejected) = *rejected else { panic!("not a rejection") };
            rejected.error.message
        }
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn a_request_is_understood_in_all_its_forms_and_identified_by_the_first_id_that_is_present() {
    let of_event = saga_of_event("fare", "ce-1");
    let forms = || {
        [
            (read(GOOD), "m1", saga("m1")),
            (read_as(GOOD, "m1", Some("r0")), "r0", saga("r0")),
            (read(&sns("ensemble-fare-requests", GOOD)), "r1", saga("r1")),
            (read(&sns("ensemble-fare-requests", GOOD).replace("requestId", "other")), "sns-1", saga("sns-1")),
            (read_as(&cloud_event("ce-1", "fare_requested"), "m1", Some("r0")), "ce-1", of_event),
            (read(&cloud_event("ce-1", "FareRequested")), "ce-1", of_event),
            (read(&sns("ensemble-fare-requests", &cloud_event("ce-1", "fare_requested"))), "ce-1", of_event),
        ]
    };
    for ((received, identity, saga), (again, ..)) in forms().into_iter().zip(forms()) {
        let received = received.unwrap();
        assert_eq!(received.saga, saga, "{identity}");
        assert_eq!(received.event_id, identity);
        let Incoming::Requested(Purchase::Fare(fare), Some(sealed_card)) = received.incoming else {
            panic!("{identity}: not a request")
        };
        assert_eq!((fare.fare_amount.as_str(), fare.amount.minor), ("$20.00", 2_000));
        // In what is sealed once, four digits can stand by chance.
        let Incoming::Requested(_, Some(sealed_again)) = again.unwrap().incoming else { panic!("{identity}") };
        assert!(![sealed_card, sealed_again].iter().all(|sealed| sealed.contains("2424")));
    }
}

#[test]
fn each_broken_rule_is_named_with_its_field_and_without_its_value() {
    let cases = [
        (GOOD.replace("\"$20.00\"", "\"$-5\""), "fareAmount: must be an amount"),
        (GOOD.replace("\"$20.00\"", "20"), "fareAmount: must be a text"),
        (GOOD.replace("\"wr_563\"", "\"\""), "fareId: must not be empty"),
        (GOOD.replace("\"wr_563\"", "\"a\\u0000b\""), "fareId: must be 1 to 128 characters"),
        (GOOD.replace("\"wr_563\"", &format!("\"{}\"", "x".repeat(129))), "fareId: must be 1 to 128 characters"),
        (GOOD.replace("\"cvv\": \"111\"", "\"cvv\": \"1x1\""), "cvv: must be 3 or 4 digits"),
        (GOOD.replace("\"cvv\": \"111\"", "\"cvv\": [111]"), "cvv: must be a text"),
        (GOOD.replace("\"cvv\": \"111\"", "\"CVV\": \"111\""), "body: a field is none of"),
        (GOOD.replace("2424 2424 2424 2424", "2424"), "cc: must be 12 to 19 digits"),
        (GOOD.replace("12/22", "22-12"), "expiryDate: must be MM/YY"),
        (GOOD.replace("\"cvv\"", "\"cc\""), "cc: stands twice"),
        (GOOD.replace("\"expiryDate\"", "\"x\""), "expiryDate: is missing"),
        ("{}".to_owned(), "customerId: is missing"),
        (format!("{{\"customerId\": {}{}}}", "[".repeat(20_000), "]".repeat(20_000)), "customerId: must be a text"),
        (GOOD.replace("wr_563", &"x".repeat(70_000)), "body: must be at most 65536 bytes"),
        (cloud_event("", "fare_requested"), "id: must be a text"),
        (cloud_event(&"x".repeat(300), "fare_requested"), "id: must be at most 256 bytes"),
        (cloud_event("a", "fare_requested").replace("\"/test\"", "\"\""), "source: must be a text"),
        (cloud_event("a", "fare_requested").replace("/test", &"x".repeat(1025)), "source: must be at most 1024 bytes"),
        (cloud_event("a", "fare_requested").replace("\"data\"", "\"date\""), "data: is missing"),
        (cloud_event("a", "fare_requested").replace("\"1.0\"", "\"0.3\""), "specversion: must be 1.0"),
        (sns("ensemble-fare-requests", "not JSON 2424"), "body: not JSON"),
        (sns("ensemble-fare-requests", "7"), "body: must be a JSON object"),
        (sns("ensemble-fare-requests", &sns("ensemble-fare-requests", GOOD)), "body: a field is none of"),
    ];
    for (body, expected) in cases {
        let found = rule(&body);
        assert!(found.contains(expected), "{found} does not say {expected}");
        for value in ["2424", "12/22", "111", "xxx", "-5"] {
            assert!(!found.contains(value), "{value} stands in {found}");
        }
    }
}

#[test]
fn what_was_readable_of_a_bad_request_is_told_back() {
    let Ok(Incoming::BadRequest(rejected)) = read(&GOOD.replace("\"111\"", "\"\"")).map(|received| received.incoming)
    else {
        panic!("not rejected")
    };
    let Event::FareRejected(rejected) = *rejected else { panic!("not a fare") };
    assert_eq!(rejected.subject.customer_id.unwrap().as_str(), "3");
    assert_eq!(rejected.subject.fare_id.unwrap().as_str(), "wr_563");
    assert_eq!(rejected.subject.fare_amount.unwrap(), "$20.00");
    assert_eq!(rejected.error.message, "cvv: must not be empty");
}

#[test]
fn what_is_no_request_is_poison_with_its_reason() {
    let cases = [
        ("not JSON".to_owned(), Reason::Unreadable),
        (String::new(), Reason::Unreadable),
        (contracts::redact::body(GOOD), Reason::Redacted),
        (contracts::redact::body("not JSON"), Reason::Redacted),
        (contracts::redact::body(&sns("ensemble-fare-requests", GOOD)), Reason::Redacted),
        ("[1]".to_owned(), Reason::Unreadable),
        ("\"2424\"".to_owned(), Reason::Unreadable),
        ("[".repeat(100_000), Reason::Unreadable),
        (sns("ensemble-payment-events", GOOD), Reason::UnexpectedEnvelope),
        (sns("ensemble-fare-requests", &cloud_event("a", "payment_refunded")), Reason::UnexpectedEnvelope),
        (cloud_event("a", "fare_asked"), Reason::UnknownType),
        (cloud_event("a", "fare_requested").replace("\"id\"", "\"schemaversion\":2,\"id\""), Reason::UnknownVersion),
        (cloud_event("a", "payment_refunded").replace("\"id\"", "\"schemaversion\":2,\"id\""), Reason::UnknownVersion),
        (cloud_event("a", "payment_refunded"), Reason::Unreadable),
        (cloud_event("a", "payment_captured"), Reason::Unreadable),
    ];
    for (body, reason) in cases {
        let poison = read(&body).err().unwrap_or_else(|| panic!("{reason:?}: not poison"));
        assert_eq!(poison.reason, reason, "{poison}");
        assert!(!poison.detail.contains("2424"), "{poison}");
    }
}

const ORDER: &str = r#"{"order_id": "40063fe3-56d9-4c51-b91f-71929834ce03", "order_date": "2018-10-19T10:50:16+08:00",
    "customer_id": "8d04ea6f-c6b2-4422-8550-839a16f01feb",
    "items": [{"item_id": "567", "qty": 1.0, "description": "Cart item 1", "unit_price": 199.99}]}"#;

fn cloud_event_of(event_type: &str, data: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"ce-1","source":"/test","type":"{event_type}","data":{data}}}"#)
}

#[test]
fn an_order_is_understood_in_all_its_forms_and_its_amount_is_exact() {
    let of_request = |identity: &str| SagaId::of_request("order", identity);
    let of_event = saga_of_event("order", "ce-1");
    let forms = [
        (read(ORDER), of_request("m1")),
        (read_as(ORDER, "m1", Some("r0")), of_request("r0")),
        (read(&sns("ensemble-order-requests", ORDER)), of_request("r1")),
        (read(&cloud_event_of("order_requested", ORDER)), of_event),
        (read(&cloud_event_of("OrderRequested", ORDER)), of_event),
        (read(&sns("ensemble-order-requests", &cloud_event_of("order_requested", ORDER))), of_event),
        // The type counts, not the topic.
        (read(&sns("ensemble-fare-requests", &cloud_event_of("order_requested", ORDER))), of_event),
    ];
    for (received, saga) in forms {
        let received = received.unwrap();
        assert_eq!(received.saga, saga);
        let Incoming::Requested(Purchase::Order(order), None) = received.incoming else {
            panic!("{saga}: not an order")
        };
        assert_eq!((order.amount.minor, order.items.len()), (19_999, 1));
    }
    let order = read_order(&ORDER.replace("1.0", "3").replace("199.99", "0.1")).unwrap();
    assert_eq!(order.amount.minor, 30, "3 × 0.1 is 0.3");
    let order = read_order(&ORDER.replace("Cart item 1", "card 4929 7182 6403 5517, a gift")).unwrap();
    assert_eq!(order.items[0].description.as_str(), "card [removed], a gift");
}

#[test]
fn each_broken_rule_of_an_order_is_named_with_its_field_and_without_its_value() {
    let items = |items: &str| {
        let (head, _) = ORDER.split_once("\"items\"").unwrap();
        format!("{head}\"items\": {items}}}")
    };
    let item = r#"{"item_id": "567", "qty": 1, "description": "d", "unit_price": 1}"#;
    let cases = [
        (ORDER.replace("199.99", "-1"), "items[0].unit_price: must be a number such as 199.99"),
        (ORDER.replace("199.99", "1e2"), "items[0].unit_price: must be a number such as 199.99"),
        (ORDER.replace("199.99", "\"199.99\""), "items[0].unit_price: must be a number such as 199.99"),
        (ORDER.replace("199.99", "0.0000000001"), "items[0].unit_price: must be a number such as 199.99"),
        (ORDER.replace("199.99", "0.004"), "items[0]: qty × unit_price must not be rounded to zero"),
        (items(&format!("[{item}, {}]", item.replace("\"unit_price\": 1", "\"unit_price\": 0.001"))), "items[1]: qty"),
        (ORDER.replace("199.99", "0"), "items: the sum of qty × unit_price must be more than zero"),
        (ORDER.replace("199.99", &"9".repeat(27)), "items[0]: qty × unit_price must not be larger than"),
        (
            items(&format!("[{item}, {item}]").replace("\"unit_price\": 1", "\"unit_price\": 92233720368547758")),
            "items: the sum of qty × unit_price must not be larger than",
        ),
        (ORDER.replace("199.99", &"9".repeat(60)), "items[0].unit_price: must be a number such as 199.99"),
        (ORDER.replace("1.0", "0"), "items[0].qty: must be more than zero"),
        (ORDER.replace("1.0", "null"), "items[0].qty: must be a number such as 199.99"),
        (ORDER.replace("\"567\"", "\"5 67\""), "items[0].item_id: must be 1 to 128 characters"),
        (ORDER.replace("\"Cart item 1\"", "1"), "items[0].description: must be a text"),
        (ORDER.replace("Cart item 1", &"x".repeat(257)), "items[0].description: must be at most 256 bytes"),
        (ORDER.replace("\"qty\"", "\"quantity\""), "items[0]: a field is none of item_id, qty"),
        (ORDER.replace("2018-10-19T10:50:16+08:00", "2018-10-19"), "order_date: must be a date and time"),
        (ORDER.replace("40063fe3-56d9-4c51-b91f-71929834ce03", ""), "order_id: must be 1 to 128 characters"),
        (ORDER.replace("\"customer_id\"", "\"cc\""), "customer_id: is missing"),
        (items("[]"), "items: must be 1 to 99 items"),
        (items("{}"), "items: must be a list"),
        (items(&format!("[{}]", vec![item; 100].join(","))), "items: must be 1 to 99 items"),
        (items("[1]"), "items[0]: must be a JSON object"),
        (
            items(&item.replace("\"qty\": 1", "\"qty\": 1, \"qty\": 1"))
                .replace("\"items\": {", "\"items\": [{")
                .replace("}}", "}]}"),
            "items[0].qty: stands twice",
        ),
    ];
    for (body, expected) in cases {
        let found = rule(&body);
        assert!(found.contains(expected), "{found} does not say {expected}");
        for value in ["40063fe3", "xxx", "5 67", "99999", "Cart"] {
            assert!(!found.contains(value), "{value} stands in {found}");
        }
    }
}

#[test]
fn what_is_asked_of_a_saga_is_understood_and_only_operators_ask_for_more_than_to_cancel() {
    let saga = SagaId::of_request("fare", "a");
    let data = format!(r#"{{"sagaId":"{saga}","by":"ada","reason":"changed my mind"}}"#);
    let bare = data.replacen('{', r#"{"type":"CancelRequested","#, 1);
    let forms = [
        (read(&cloud_event_of("cancel_requested", &data)), ActionKind::Cancel),
        (read(&cloud_event_of("CancelRequested", &data)), ActionKind::Cancel),
        (read(&bare), ActionKind::Cancel),
        (read(&sns("ensemble-order-requests", &cloud_event_of("cancel_requested", &data))), ActionKind::Cancel),
        (read(&sns("ensemble-fare-requests", &bare)), ActionKind::Cancel),
        (read(&cloud_event_of("retry_requested", &data)), ActionKind::Retry),
        (read(&cloud_event_of("resolve_requested", &data)), ActionKind::Resolve),
    ];
    for (received, what) in forms {
        let received = received.unwrap();
        assert_eq!(received.saga, saga);
        let Incoming::Asked(ask) = received.incoming else { panic!("not asked") };
        assert_eq!((ask.what, ask.by.as_str(), ask.reason.as_str()), (what, "ada", "changed my mind"));
    }
    let poison = |body: &str| read(body).map(|received| received.incoming).unwrap_err();
    for asked in ["retry_requested", "resolve_requested"] {
        let from_topic = sns("ensemble-fare-requests", &cloud_event_of(asked, &data));
        assert_eq!(poison(&from_topic).reason, Reason::UnexpectedEnvelope);
    }
    let cases = [
        ("{}".to_owned(), "sagaId: must be the UUID of a saga"),
        (data.replace(&saga.to_string(), "x"), "sagaId: must be the UUID of a saga"),
        (data.replace("\"by\"", "\"sagaId\""), "sagaId: stands twice"),
    ];
    for (data, rule) in cases {
        let poison = poison(&cloud_event_of("cancel_requested", &data));
        assert_eq!((poison.reason, poison.detail.as_str()).0, Reason::Unreadable);
        assert!(poison.detail.starts_with(rule), "{poison} does not say {rule}");
    }
}
