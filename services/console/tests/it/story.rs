//! What a client sees, field by field, in whatever form it asks.

use contracts::SagaId;
use serde_json::{Value, json};

use crate::emulator::{Emulator, on_both_endpoints};
use crate::world::{World, cloud_event, event_saga, fare, saga_of, steps_of};

/// A customer and how its fare must end.
struct Row {
    customer: &'static str,
    outcome: &'static str,
    /// Name, step and message.
    error: Option<[&'static str; 3]>,
    /// `!` before a step that failed.
    path: &'static str,
    /// Whether the notification tells a token, a charge, a refund.
    told: [bool; 3],
}

const CREDIT: [&str; 3] =
    ["AccountCreditException", "CreditCustomerAccount", "Forced account credit transaction failure"];
const COMPLETED: &str = "RegisterFare ChargeFare CreditCustomerAccount SetFareStatusCompleted";

const ROWS: [Row; 6] = [
    Row { customer: "3", outcome: "completed", error: None, path: COMPLETED, told: [true, true, false] },
    Row {
        customer: "3_fail_auth",
        outcome: "compensated",
        error: Some(["PaymentAuthException", "ChargeFare", "Forced auth transaction failure"]),
        path: "RegisterFare !ChargeFare SetFareStatusFailed",
        told: [false, false, false],
    },
    Row {
        customer: "_fail_charge",
        outcome: "compensated",
        error: Some(["PaymentChargeException", "ChargeFare", "Forced charge transaction failure"]),
        path: "RegisterFare !ChargeFare SetFareStatusFailed",
        told: [true, false, false],
    },
    Row {
        customer: "3__fail_credit",
        outcome: "compensated",
        error: Some(CREDIT),
        path: "RegisterFare ChargeFare !CreditCustomerAccount RefundFare SetFareStatusFailed",
        told: [true, true, true],
    },
    Row {
        customer: "3_fail_credit_fail_refund",
        outcome: "needs_attention",
        error: Some(CREDIT),
        path: "RegisterFare ChargeFare !CreditCustomerAccount !RefundFare SetFareStatusFailed",
        told: [true, true, false],
    },
    // Only reachable after a failed credit.
    Row { customer: "3_fail_refund", outcome: "completed", error: None, path: COMPLETED, told: [true, true, false] },
];

/// Asks for the row's fare in every form; answers with the saga of each request.
async fn ask_in_every_form(world: &World, row: &Row, index: usize) -> [SagaId; 6] {
    let request = fare(row.customer);
    let [by_topic, by_queue, event, straight] =
        ["topic", "queue", "event", "straight"].map(|name| format!("{name}-{index}"));
    world.publish(&request, Some(&by_topic)).await;
    world.send("booking", &request, Some(&by_queue)).await;
    world.publish(&cloud_event(&event, &request), Some("ignored beside an id")).await;
    world.send("booking", &cloud_event(&straight, &request), None).await;
    let sns = world.publish(&request, None).await;
    let sqs = world.send("booking", &request, None).await;
    let [event, straight] = [event, straight].map(|id| event_saga("fare", &id));
    let [by_topic, by_queue, sns, sqs] = [by_topic, by_queue, sns, sqs].map(|identity| saga_of(&identity));
    [by_topic, by_queue, event, straight, sns, sqs]
}

fn assert_is_right(row: &Row, found: &Value) {
    let Row { customer, outcome, .. } = row;
    assert_eq!(found["saga"], "fare");
    assert_eq!(found["outcome"], *outcome, "{customer}");
    assert_eq!(found["customerId"], *customer);
    assert_eq!(found["fareId"], "wr_563");
    assert_eq!(found["fareAmount"], "$20.00");
    assert_eq!(found["amount"], json!({"minor": 2000, "currency": "USD"}));
    for ((field, prefix), told) in
        [("chargeToken", "tok_"), ("chargeId", "ch_"), ("refundId", "re_")].into_iter().zip(row.told)
    {
        let id = found[field].as_str();
        assert_eq!(id.is_some_and(|id| id.starts_with(prefix)), told, "{customer}: {field} is {id:?}");
    }
    let error = row.error.map(|[name, step, message]| [json!(name), json!(step), json!(message)]);
    let told = found["error"].as_object().map(|error| ["name", "step", "message"].map(|field| error[field].clone()));
    assert_eq!(told, error, "{customer}");
    let standing = if *outcome == "needs_attention" {
        let also = &found["error"]["also"][0];
        assert_eq!((&also["name"], &also["step"]), (&json!("RefundException"), &json!("RefundFare")));
        json!([{"effect": "capture", "id": found["chargeId"], "amount": {"minor": 2000, "currency": "USD"}}])
    } else {
        json!([])
    };
    assert_eq!(found["standing"], standing, "{customer}");
    assert_eq!(steps_of(found), row.path, "{customer}");
    let mut fields: Vec<_> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "id",
        "saga",
        "sagaId",
        "outcome",
        "customerId",
        "fareId",
        "fareAmount",
        "amount",
        "chargeToken",
        "chargeId",
        "refundId",
        "error",
        "standing",
        "path",
    ];
    fields.sort_unstable();
    expected.sort_unstable();
    assert_eq!(fields, expected);
}

async fn one_fare_runs_in_every_scenario_and_in_every_form_and_its_notification_is_right_field_by_field(
    emulator: Emulator,
) {
    let mut world = World::at(emulator).await;
    for (index, row) in ROWS.iter().enumerate() {
        for saga in ask_in_every_form(&world, row, index).await {
            let (successful, found) = world.outcome_of(saga).await;
            assert_eq!(successful, row.outcome == "completed", "{}", row.customer);
            assert_eq!(found["sagaId"], saga.to_string());
            assert_is_right(row, &found);
        }
    }
    let totals = world.stack.gateway.totals();
    // Five of six rows hold, four capture, one voids, one refunds; six forms of each.
    assert_eq!([totals.authorized, totals.captured, totals.voided, totals.refunded], [30, 24, 6, 6]);
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn a_notification_carries_the_attributes_that_clients_filter_by(emulator: Emulator) {
    let world = World::at(emulator).await;
    world.send("booking", &fare("3_fail_auth"), Some("r")).await;
    let queue = world.aws.queue_url(&world.aws.name("failure"));
    let request = json!({"QueueUrl": queue, "WaitTimeSeconds": 20, "MessageAttributeNames": ["All"]});
    let found = world.aws.sqs("ReceiveMessage", &request).await;
    let attributes = &found["Messages"][0]["MessageAttributes"];
    for (name, value) in [("IsSuccessful", "false"), ("outcome", "compensated"), ("saga", "fare")] {
        assert_eq!(attributes[name]["StringValue"], value, "{name}");
        assert_eq!(attributes[name]["DataType"], "String", "{name}");
    }
    world.stack.stop().await;
}

async fn one_request_sent_five_times_is_one_saga_and_one_charge(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    for _ in 0..5 {
        world.publish(&cloud_event("once", &fare("3")), None).await;
    }
    let saga = event_saga("fare", "once");
    world.outcome_of(saga).await;
    world.until("the duplicates are handled", World::is_quiet).await;
    // Late: long after the saga has ended.
    for _ in 0..5 {
        world.send("booking", &cloud_event("once", &fare("3")), None).await;
    }
    world.watch_until(|world| world.found[&saga].len() >= 6).await;
    world.until("the late duplicates are handled", World::is_quiet).await;
    assert_eq!(world.found.keys().collect::<Vec<_>>(), [&saga]);
    let bodies: std::collections::BTreeSet<_> = world.found[&saga].iter().collect();
    assert_eq!(bodies.len(), 1, "duplicates of a notification are the same, byte for byte");
    let ledger = world.stack.gateway.ledger(&saga.to_string());
    assert_eq!([ledger.authorized, ledger.captured, ledger.voided, ledger.refunded], [1, 1, 0, 0]);
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn one_request_id_for_two_fares_is_told_to_whoever_sent_the_second_and_the_first_one_stands(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    world.publish(&fare("3"), Some("r")).await;
    let first = saga_of("r");
    world.outcome_of(first).await;
    // Whoever is told nothing sends it again.
    for _ in 0..3 {
        world.publish(&fare("4"), Some("r")).await;
    }
    let is_told = |world: &World| world.found.values().map(Vec::len).sum::<usize>() >= 4;
    world.watch_until(is_told).await;
    world.until("the duplicates are handled", World::is_quiet).await;
    let others: Vec<_> = world.found.keys().copied().filter(|saga| *saga != first).collect();
    let [other] = others[..] else { panic!("{others:?}") };
    let (successful, found) = world.outcome_of(other).await;
    assert_eq!((successful, &found["outcome"], &found["customerId"]), (false, &json!("rejected"), &json!("4")));
    assert!(found["error"]["message"].as_str().unwrap().starts_with("id: is used for another request"), "{found}");
    let bodies: std::collections::BTreeSet<_> = world.found[&other].iter().collect();
    assert_eq!(bodies.len(), 1, "told as often as it was sent, and byte for byte the same");
    assert_eq!(world.found[&first].len(), 1, "the first one is not told again");
    assert_eq!(world.stack.gateway.totals().captured, 1);
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn two_shops_that_count_alike_are_each_told_of_their_own_fare(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let of = |source: &str, customer: &str| cloud_event("evt-1", &fare(customer)).replace("/test", source);
    for _ in 0..2 {
        world.publish(&of("/shops/one", "3"), None).await;
        world.send("booking", &of("/shops/two", "4"), None).await;
    }
    for (source, customer) in [("/shops/one", "3"), ("/shops/two", "4")] {
        let (successful, found) = world.outcome_of(SagaId::of_event("fare", source, "evt-1")).await;
        assert_eq!((successful, &found["customerId"]), (true, &json!(customer)));
    }
    world.until("the duplicates are handled", World::is_quiet).await;
    assert_eq!((world.found.len(), world.stack.gateway.totals().captured), (2, 2));
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn a_request_id_of_any_type_is_honoured_or_its_sender_is_told(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let url = world.aws.queue_url(&world.aws.name("booking"));
    let arn = world.aws.topic_arn(&world.aws.name("fare-requests"));
    let types =
        [("String", "StringValue", "4711"), ("Number", "StringValue", "4711"), ("String.x", "StringValue", "4711")];
    let unusable = [("Binary", "BinaryValue", "NDcxMQ=="), ("String", "StringValue", " ")];
    for (data_type, field, value) in types.into_iter().chain(unusable) {
        let attribute = json!({ "requestId": { "DataType": data_type, field: value } });
        let send = json!({ "QueueUrl": url, "MessageBody": fare("3"), "MessageAttributes": attribute });
        world.aws.sqs("SendMessage", &send).await;
        let field = format!("MessageAttributes.entry.1.Value.{field}");
        let request = fare("3");
        let publish = [
            ("TopicArn", arn.as_str()),
            ("Message", &request),
            ("MessageAttributes.entry.1.Name", "requestId"),
            ("MessageAttributes.entry.1.Value.DataType", data_type),
            (&field, value),
        ];
        world.aws.sns("Publish", &publish).await;
    }
    world.watch_until(|world| world.found.len() >= 5).await;
    world.until("the duplicates are handled", World::is_quiet).await;
    assert!(world.outcome_of(saga_of("4711")).await.0);
    let told: Vec<_> = world.found.values().flatten().filter(|(successful, _)| !successful).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().all(|(_, body)| body.contains("requestId: must be an attribute")), "{told:?}");
    assert_eq!(world.stack.gateway.totals().captured, 1);
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn the_trace_beside_a_request_goes_on_in_every_event_and_stays_unsampled(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let attributes = json!({
        "requestId": { "DataType": "String", "StringValue": "r" },
        "traceparent": { "DataType": "String", "StringValue": format!("00-{trace}-00f067aa0ba902b7-00") },
    });
    let url = world.aws.queue_url(&world.aws.name("booking"));
    let send = json!({ "QueueUrl": url, "MessageBody": fare("3"), "MessageAttributes": attributes });
    world.aws.sqs("SendMessage", &send).await;
    world.outcome_of(saga_of("r")).await;
    for service in ["booking", "payment", "fulfillment"] {
        let record = world.record(service, saga_of("r")).await;
        let (_, rest) = record.split_once(&format!("00-{trace}-")).unwrap_or_else(|| panic!("{service}: {record}"));
        assert_eq!(&rest[16..19], "-00", "{service}: {record}");
    }
    world.stack.stop().await;
}

on_both_endpoints! {
    one_fare_runs_in_every_scenario_and_in_every_form_and_its_notification_is_right_field_by_field,
    a_notification_carries_the_attributes_that_clients_filter_by,
    one_request_sent_five_times_is_one_saga_and_one_charge,
    one_request_id_for_two_fares_is_told_to_whoever_sent_the_second_and_the_first_one_stands,
    two_shops_that_count_alike_are_each_told_of_their_own_fare,
    a_request_id_of_any_type_is_honoured_or_its_sender_is_told,
    the_trace_beside_a_request_goes_on_in_every_event_and_stays_unsampled,
}
