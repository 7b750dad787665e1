//! What a client who orders sees, field by field, in whatever form it asks.

use std::collections::BTreeSet;

use contracts::SagaId;
use gateway::Ledger;
use serde_json::{Value, json};

use crate::emulator::{Emulator, on_both_endpoints};
use crate::world::{World, cloud_event_of, event_saga, order, order_saga, steps_of};

/// The topic that carries requests.
const TOPIC: &str = "order-requests";

/// The rest of an id: what a UUID has behind its first characters.
const REST: &str = "063fe3-56d9-4c51-b91f-71929834ce03";

/// How an order must end.
struct Row {
    /// The first characters of its id.
    start: &'static str,
    outcome: &'static str,
    /// Name, step and message.
    error: Option<[&'static str; 3]>,
    /// Why a compensation failed too: name and step.
    also: Option<[&'static str; 2]>,
    /// `!` before a step that failed.
    path: &'static str,
    /// What stands: the effect, and how its id begins; that of a capture is the charge's.
    standing: Option<[&'static str; 2]>,
    /// Debited and refunded.
    ledger: [u64; 2],
}

const PLAIN: Row = Row {
    start: "40",
    outcome: "completed",
    error: None,
    also: None,
    path: "ProcessOrder ProcessPayment ReserveInventory",
    standing: None,
    ledger: [1, 0],
};

const NOT_PROCESSED: [&str; 3] = ["ErrProcessOrder", "ProcessOrder", "Forced order failure"];
const NOT_PAID: [&str; 3] = ["ErrProcessPayment", "ProcessPayment", "Forced payment failure"];
const NOT_RESERVED: [&str; 3] = ["ErrReserveInventory", "ReserveInventory", "Forced reservation failure"];

const ROWS: [Row; 7] = [
    PLAIN,
    Row {
        start: "1",
        outcome: "compensated",
        error: Some(NOT_PROCESSED),
        path: "!ProcessOrder UpdateOrderStatus",
        ledger: [0, 0],
        ..PLAIN
    },
    Row {
        start: "11",
        outcome: "needs_attention",
        error: Some(NOT_PROCESSED),
        also: Some(["ErrUpdateOrderStatus", "UpdateOrderStatus"]),
        path: "!ProcessOrder !UpdateOrderStatus",
        standing: Some(["order", "11"]),
        ledger: [0, 0],
    },
    Row {
        start: "2",
        outcome: "compensated",
        error: Some(NOT_PAID),
        path: "ProcessOrder !ProcessPayment ProcessRefund UpdateOrderStatus",
        ledger: [1, 1],
        ..PLAIN
    },
    Row {
        start: "22",
        outcome: "needs_attention",
        error: Some(NOT_PAID),
        also: Some(["ErrProcessRefund", "ProcessRefund"]),
        path: "ProcessOrder !ProcessPayment !ProcessRefund UpdateOrderStatus",
        standing: Some(["capture", "ch_"]),
        ..PLAIN
    },
    Row {
        start: "3",
        outcome: "compensated",
        error: Some(NOT_RESERVED),
        path: "ProcessOrder ProcessPayment !ReserveInventory ReleaseInventory ProcessRefund UpdateOrderStatus",
        ledger: [1, 1],
        ..PLAIN
    },
    Row {
        start: "33",
        outcome: "needs_attention",
        error: Some(NOT_RESERVED),
        also: Some(["ErrReleaseInventory", "ReleaseInventory"]),
        path: "ProcessOrder ProcessPayment !ReserveInventory !ReleaseInventory ProcessRefund UpdateOrderStatus",
        standing: Some(["reservation", "rsv_"]),
        ledger: [1, 1],
    },
];

/// A request for an order as a `CloudEvent`.
fn order_event(id: &str, data: &str) -> String {
    cloud_event_of("order_requested", id, data)
}

/// Asks for an order in every form; answers with the saga of each request.
async fn ask_in_every_form(world: &World, order_id: &str) -> [SagaId; 6] {
    let request = order(order_id);
    let [by_topic, by_queue, event, straight] =
        ["topic", "queue", "event", "straight"].map(|name| format!("{name}-{order_id}"));
    world.publish_to(TOPIC, &request, Some(&by_topic)).await;
    world.send("booking", &request, Some(&by_queue)).await;
    world.publish_to(TOPIC, &order_event(&event, &request), Some("ignored beside an id")).await;
    world.send("booking", &order_event(&straight, &request), None).await;
    let sns = world.publish_to(TOPIC, &request, None).await;
    let sqs = world.send("booking", &request, None).await;
    let [event, straight] = [event, straight].map(|id| event_saga("order", &id));
    let [by_topic, by_queue, sns, sqs] = [by_topic, by_queue, sns, sqs].map(|identity| order_saga(&identity));
    [by_topic, by_queue, event, straight, sns, sqs]
}

/// What was done at the gateway.
fn counts(ledger: Ledger) -> [u64; 4] {
    [ledger.authorized, ledger.captured, ledger.voided, ledger.refunded]
}

fn assert_is_right(row: &Row, order_id: &str, found: &Value) {
    let amount = json!({"minor": 19_999, "currency": "USD"});
    assert_eq!(found["saga"], "order");
    assert_eq!(found["outcome"], row.outcome, "{order_id}");
    assert_eq!(found["order_id"], order_id);
    assert_eq!(found["customer_id"], "8d04ea6f-c6b2-4422-8550-839a16f01feb");
    assert_eq!(found["amount"], amount);
    assert_eq!(found["chargeToken"], Value::Null, "{order_id}: a debit has none");
    for ((field, prefix), count) in [("chargeId", "ch_"), ("refundId", "re_")].into_iter().zip(row.ledger) {
        let id = found[field].as_str();
        assert_eq!(id.is_some_and(|id| id.starts_with(prefix)), count == 1, "{order_id}: {field} is {id:?}");
    }
    let texts = |value: &Value, fields: &[&str]| fields.iter().map(|field| value[field].clone()).collect::<Vec<_>>();
    let error = &found["error"];
    match row.error {
        Some(expected) => assert_eq!(texts(error, &["name", "step", "message"]), expected, "{order_id}"),
        None => assert_eq!(error, &Value::Null, "{order_id}"),
    }
    match row.also {
        Some(expected) => {
            assert_eq!(texts(&error["also"][0], &["name", "step"]), expected, "{order_id}");
            assert_eq!(error["also"].as_array().map(Vec::len), Some(1), "{order_id}");
        }
        None => assert_eq!(error.get("also"), None, "{order_id}"),
    }
    let standing = found["standing"].as_array().unwrap();
    assert_eq!(standing.len(), usize::from(row.standing.is_some()), "{order_id}: {standing:?}");
    for (stands, [effect, start]) in standing.iter().zip(row.standing) {
        assert_eq!((&stands["effect"], &stands["amount"]), (&json!(effect), &amount), "{order_id}");
        assert!(stands["id"].as_str().unwrap().starts_with(start), "{order_id}: {stands}");
        assert!(effect != "capture" || stands["id"] == found["chargeId"], "{order_id}: {stands}");
        assert!(effect != "order" || stands["id"] == order_id, "{order_id}: {stands}");
    }
    assert_eq!(steps_of(found), row.path, "{order_id}");
    let fields: BTreeSet<_> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "id",
        "saga",
        "sagaId",
        "outcome",
        "order_id",
        "customer_id",
        "amount",
        "chargeToken",
        "chargeId",
        "refundId",
        "error",
        "standing",
        "path",
    ];
    assert_eq!(fields, BTreeSet::from(expected), "{order_id}");
}

async fn an_order_runs_in_every_row_and_in_every_form_and_its_notification_is_right_field_by_field(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    // All at once: the rows that try again take their time.
    let mut asked = Vec::new();
    for row in &ROWS {
        let order_id = format!("{}{REST}", row.start);
        for saga in ask_in_every_form(&world, &order_id).await {
            asked.push((row, order_id.clone(), saga));
        }
    }
    for (row, order_id, saga) in asked {
        let (successful, found) = world.outcome_of(saga).await;
        assert_eq!(successful, row.outcome == "completed", "{order_id}");
        assert_eq!(found["sagaId"], saga.to_string());
        assert_is_right(row, &order_id, &found);
        let [debited, refunded] = row.ledger;
        let ledger = counts(world.stack.gateway.ledger(&saga.to_string()));
        assert_eq!(ledger, [0, debited, 0, refunded], "{order_id}");
    }
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn only_the_first_characters_of_an_order_force_a_failure(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    for order_id in ["a0063fe3", "0063fe3", "F123", "b111", "4", "z", "_1", "-22"] {
        world.send("booking", &order(order_id), Some(order_id)).await;
    }
    for order_id in ["a0063fe3", "0063fe3", "F123", "b111", "4", "z", "_1", "-22"] {
        let (_, found) = world.outcome_of(order_saga(order_id)).await;
        assert_is_right(&PLAIN, order_id, &found);
    }
    world.stack.stop().await;
}

async fn the_amount_of_an_order_is_the_sum_over_its_lines_each_rounded_to_cents(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let item = |qty: &str, price: &str| {
        format!(r#"{{"item_id": "567", "qty": {qty}, "description": "", "unit_price": {price}}}"#)
    };
    let of = |items: &[(&str, &str)]| {
        let items: Vec<_> = items.iter().map(|(qty, price)| item(qty, price)).collect();
        let whole = order("4");
        let (before, _) = whole.split_once("[").unwrap();
        format!("{before}[{}]}}", items.join(", "))
    };
    let cases: [(&[(&str, &str)], i64); 9] = [
        (&[("0.333", "3.00")], 100),
        (&[("0.005", "1")], 1),
        (&[("0.5", "0.01"), ("0.5", "0.01")], 2),
        (&[("3", "0.1")], 30),
        (&[("1", "0.1"), ("1", "0.1"), ("1.0", "0.10")], 30),
        (&[("0.1", "0.1"), ("0.2", "0.1")], 3),
        (&[("2.0", "199.99")], 39_998),
        (&[("1", "4.35"), ("100", "1.1")], 11_435),
        (&[("1", "9007199254740993.01")], 900_719_925_474_099_301),
    ];
    for (index, (items, _)) in cases.iter().enumerate() {
        world.publish_to(TOPIC, &of(items), Some(&index.to_string())).await;
    }
    for (index, (items, minor)) in cases.into_iter().enumerate() {
        let (_, found) = world.outcome_of(order_saga(&index.to_string())).await;
        assert_eq!(found["outcome"], "completed", "{items:?}: {found}");
        assert_eq!(found["amount"], json!({"minor": minor, "currency": "USD"}), "{items:?}");
    }
    world.stack.stop().await;
}

async fn the_largest_order_completes_and_fails_as_any_other(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let item = |index: usize, quotes: usize| {
        let id = format!("{index:0>128}");
        // Each quote takes two bytes, and four in an SNS envelope.
        json!({"item_id": id, "qty": 0.123_456_789, "description": "\"".repeat(quotes), "unit_price": 100_000_000})
    };
    // As many as a transaction takes beside the saga's item.
    for index in 0..99 {
        let row = json!({ "item": { "S": format!("{index:0>128}") }, "available": { "N": "1" } });
        world.aws.dynamodb("PutItem", &json!({ "TableName": world.aws.name("stock"), "Item": row })).await;
    }
    for (start, row, lines, quotes) in
        [("4", &PLAIN, 50, 256), ("33", &ROWS[6], 50, 256), ("5", &PLAIN, 99, 100), ("333", &ROWS[6], 99, 100)]
    {
        let order_id = format!("{start:x<128}");
        let request = json!({
            "order_id": order_id, "order_date": "2018-10-19T10:50:16+08:00", "customer_id": "c".repeat(128),
            "items": (0..lines).map(|index| item(index, quotes)).collect::<Vec<_>>(),
        });
        world.publish_to(TOPIC, &request.to_string(), Some(start)).await;
        let (_, found) = world.outcome_of(order_saga(start)).await;
        assert_eq!((&found["outcome"], &found["order_id"]), (&json!(row.outcome), &json!(order_id)), "{found}");
        assert_eq!(found["amount"]["minor"], json!(lines * 1_234_567_890));
    }
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn an_order_that_breaks_a_rule_is_told_its_field_and_its_rule_and_nothing_is_begun(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let good = order("4");
    let cases = [
        ("{\"order_id\": \"4\"}".to_owned(), "order_date: is missing; customer_id: is missing; items: is missing"),
        (good.replace("\"4\"", "4"), "order_id: must be a text"),
        (good.replace("\"4\"", "\"\""), "order_id: must be 1 to 128"),
        (good.replace("2018-10-19T10:50:16+08:00", "yesterday"), "order_date: must be a date and time"),
        (good.replace("\"order_date\"", "\"order_id\""), "order_id: stands twice"),
        (good.replacen('{', "{\"tip\": 1,", 1), "body: a field is none of"),
        (good.replace("\"items\": [", "\"items\": [[],"), "items[0]: "),
        (good.replace("\"qty\": 1.0", "\"qty\": 0"), "items[0].qty: must be more than zero"),
        (good.replace("\"qty\": 1.0", "\"qty\": -1"), "items[0].qty: must be a number"),
        (good.replace("\"qty\": 1.0", "\"qty\": 1e2"), "items[0].qty: must be a number"),
        (good.replace("\"qty\": 1.0", "\"qty\": \"1\""), "items[0].qty: must be a number"),
        (good.replace("199.99", "0.004"), "items[0]: qty × unit_price must not be rounded to zero"),
        (good.replace("199.99", "0"), "items: the sum of qty × unit_price must be more than zero"),
        (good.replace("199.99", "99999999999999999999"), "items[0]: qty × unit_price must not be larger than"),
        (good.replace("\"description\": \"Cart item 1\", ", ""), "items[0].description: is missing"),
        (good.replace("\"567\"", "\"5 6 7\""), "items[0].item_id: must be 1 to 128"),
    ];
    for (index, (body, _)) in cases.iter().enumerate() {
        world.publish_to(TOPIC, body, Some(&index.to_string())).await;
    }
    for (index, (body, rule)) in cases.iter().enumerate() {
        let (successful, found) = world.outcome_of(order_saga(&index.to_string())).await;
        assert!(!successful, "{body}");
        assert_eq!((&found["saga"], &found["outcome"]), (&json!("order"), &json!("rejected")), "{body}");
        assert_eq!(found["error"]["name"], "InvalidRequest", "{body}");
        let message = found["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(rule), "{body}: {message}");
        assert_eq!(found["path"][0]["step"], "ProcessOrder");
        assert_eq!((&found["path"][0]["ok"], found["path"].as_array().map(Vec::len)), (&json!(false), Some(1)));
    }
    assert_eq!(world.stack.gateway.totals().calls, 0);
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn one_order_event_sent_five_times_is_one_saga_and_one_debit(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let event = order_event("once", &order("4"));
    for _ in 0..5 {
        world.publish_to(TOPIC, &event, None).await;
    }
    let saga = event_saga("order", "once");
    world.outcome_of(saga).await;
    world.until("the duplicates are handled", World::is_quiet).await;
    // Late: long after the saga has ended.
    for _ in 0..5 {
        world.send("booking", &event, None).await;
    }
    world.watch_until(|world| world.found[&saga].len() >= 6).await;
    world.until("the late duplicates are handled", World::is_quiet).await;
    assert_eq!(world.found.keys().collect::<Vec<_>>(), [&saga]);
    let bodies: BTreeSet<_> = world.found[&saga].iter().collect();
    assert_eq!(bodies.len(), 1, "duplicates of a notification are the same, byte for byte");
    assert_eq!(counts(world.stack.gateway.ledger(&saga.to_string())), [0, 1, 0, 0]);
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn a_debit_whose_refund_fails_is_made_once_however_often_the_refund_is_tried(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    world.publish_to(TOPIC, &order(&format!("22{REST}")), Some("r")).await;
    let saga = order_saga("r");
    world.outcome_of(saga).await;
    world.until("all is settled", World::is_quiet).await;
    let ledger = world.stack.gateway.ledger(&saga.to_string());
    assert_eq!(counts(ledger), [0, 1, 0, 0]);
    let record = world.record("payment", saga).await;
    assert!(record.matches("ErrProcessRefund").count() >= 3, "the attempts are on record: {record}");
    world.stack.stop().await;
}

async fn while_orders_wait_for_their_retries_others_complete(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let waiting = ["11", "22", "33"].map(|start| format!("{start}{REST}"));
    for order_id in &waiting {
        world.publish_to(TOPIC, &order(order_id), Some(order_id)).await;
    }
    let others: Vec<_> = (0..20).map(|index| format!("4{index}")).collect();
    for order_id in &others {
        world.publish_to(TOPIC, &order(order_id), Some(order_id)).await;
    }
    let has = |world: &World, order_id: &String| world.found.contains_key(&order_saga(order_id));
    world.watch_until(|world| others.iter().all(|order_id| has(world, order_id))).await;
    assert!(waiting.iter().all(|order_id| !has(&world, order_id)), "one that waits was told before one that does not");
    world.watch_until(|world| waiting.iter().all(|order_id| has(world, order_id))).await;
    world.stack.stop().await;
}

on_both_endpoints! {
    an_order_runs_in_every_row_and_in_every_form_and_its_notification_is_right_field_by_field,
    only_the_first_characters_of_an_order_force_a_failure,
    the_amount_of_an_order_is_the_sum_over_its_lines_each_rounded_to_cents,
    the_largest_order_completes_and_fails_as_any_other,
    an_order_that_breaks_a_rule_is_told_its_field_and_its_rule_and_nothing_is_begun,
    one_order_event_sent_five_times_is_one_saga_and_one_debit,
    a_debit_whose_refund_fails_is_made_once_however_often_the_refund_is_tried,
    while_orders_wait_for_their_retries_others_complete,
}
