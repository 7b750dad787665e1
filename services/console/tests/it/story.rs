//! What a client sees, field by field, in whatever form it asks.

use serde_json::json;

use crate::world::{World, cloud_event, fare, saga_of};

/// Each row: suffix, outcome, error, path (`!` for a step that failed), and whether token, charge, refund are told.
const ROWS: [(&str, &str, Option<(&str, &str, &str)>, &str, [bool; 3]); 6] = [
    (
        "3",
        "completed",
        None,
        "RegisterFare ChargeFare CreditCustomerAccount SetFareStatusCompleted",
        [true, true, false],
    ),
    (
        "3_fail_auth",
        "compensated",
        Some((
            "PaymentAuthException",
            "ChargeFare",
            "Forced auth transaction failure",
        )),
        "RegisterFare !ChargeFare SetFareStatusFailed",
        [false, false, false],
    ),
    (
        "_fail_charge",
        "compensated",
        Some((
            "PaymentChargeException",
            "ChargeFare",
            "Forced charge transaction failure",
        )),
        "RegisterFare !ChargeFare SetFareStatusFailed",
        [true, false, false],
    ),
    (
        "3__fail_credit",
        "compensated",
        Some((
            "AccountCreditException",
            "CreditCustomerAccount",
            "Forced account credit transaction failure",
        )),
        "RegisterFare ChargeFare !CreditCustomerAccount RefundFare SetFareStatusFailed",
        [true, true, true],
    ),
    (
        "3_fail_credit_fail_refund",
        "needs_attention",
        Some((
            "AccountCreditException",
            "CreditCustomerAccount",
            "Forced account credit transaction failure",
        )),
        "RegisterFare ChargeFare !CreditCustomerAccount !RefundFare SetFareStatusFailed",
        [true, true, false],
    ),
    (
        "3_fail_refund",
        "completed",
        None,
        "RegisterFare ChargeFare CreditCustomerAccount SetFareStatusCompleted",
        [true, true, false],
    ),
];

#[tokio::test]
async fn one_fare_runs_in_every_scenario_and_in_every_form_and_its_notification_is_right_field_by_field()
 {
    let mut world = World::start().await;
    for (index, (customer, outcome, error, path, told)) in ROWS.into_iter().enumerate() {
        let request = fare(customer);
        let event_id = format!("event-{index}");
        let identities = [
            world.publish(&request, None).await,
            world.send("ensemble-booking", &request, None).await,
            {
                world
                    .publish(&request, Some(&format!("attr-{index}")))
                    .await;
                format!("attr-{index}")
            },
            {
                world
                    .send("ensemble-booking", &request, Some(&format!("sent-{index}")))
                    .await;
                format!("sent-{index}")
            },
            {
                world
                    .publish(&cloud_event(&event_id, &request), Some("ignored"))
                    .await;
                event_id
            },
            {
                let id = format!("straight-{index}");
                world
                    .send("ensemble-booking", &cloud_event(&id, &request), None)
                    .await;
                id
            },
        ];
        for identity in identities {
            let saga = saga_of(&identity);
            let (successful, found) = world.outcome_of(saga).await;
            assert_eq!(successful, outcome == "completed", "{customer}");
            assert_eq!(found["saga"], "fare");
            assert_eq!(found["sagaId"], saga.to_string());
            assert_eq!(found["outcome"], outcome, "{customer}");
            assert_eq!(found["customerId"], customer);
            assert_eq!(found["fareId"], "wr_563");
            assert_eq!(found["fareAmount"], "$20.00");
            assert_eq!(found["amount"], json!({"minor": 2000, "currency": "USD"}));
            for ((field, prefix), told) in [
                ("chargeToken", "tok_"),
                ("chargeId", "ch_"),
                ("refundId", "re_"),
            ]
            .into_iter()
            .zip(told)
            {
                let id = found[field].as_str();
                assert_eq!(
                    id.is_some_and(|id| id.starts_with(prefix)),
                    told,
                    "{customer}: {field} is {id:?}"
                );
            }
            match error {
                None => assert!(found["error"].is_null()),
                Some((name, step, message)) => {
                    assert_eq!(found["error"]["name"], name);
                    assert_eq!(found["error"]["step"], step);
                    assert_eq!(found["error"]["message"], message);
                }
            }
            let standing = match outcome {
                "needs_attention" => {
                    let also = &found["error"]["also"][0];
                    assert_eq!(
                        (&also["name"], &also["step"]),
                        (&json!("RefundException"), &json!("RefundFare"))
                    );
                    json!([{"effect": "capture", "id": found["chargeId"], "amount": {"minor": 2000, "currency": "USD"}}])
                }
                _ => json!([]),
            };
            assert_eq!(found["standing"], standing);
            let step = |step: &serde_json::Value| {
                assert!(
                    step["at"]
                        .as_str()
                        .unwrap()
                        .parse::<jiff::Timestamp>()
                        .is_ok()
                );
                format!(
                    "{}{}",
                    if step["ok"] == true { "" } else { "!" },
                    step["step"].as_str().unwrap()
                )
            };
            let steps: Vec<_> = found["path"].as_array().unwrap().iter().map(step).collect();
            assert_eq!(steps.join(" "), path, "{customer}");
            let fields: Vec<_> = found
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let mut expected = vec![
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
            expected.sort_unstable();
            assert_eq!(fields, expected);
        }
    }
    let totals = world.stack.gateway.totals();
    // Five of six rows hold, four capture, one voids, one refunds; six forms of each.
    assert_eq!(
        [
            totals.authorized,
            totals.captured,
            totals.voided,
            totals.refunded
        ],
        [30, 24, 6, 6]
    );
    assert!(world.dead_letters().is_empty());
    world.stack.stop().await;
}

#[tokio::test]
async fn a_notification_carries_the_attributes_that_clients_filter_by() {
    let world = World::start().await;
    world
        .send("ensemble-booking", &fare("3_fail_auth"), Some("r"))
        .await;
    let queue = world.stack.aws.queue_url("ensemble-failure");
    let request =
        json!({"QueueUrl": queue, "WaitTimeSeconds": 20, "MessageAttributeNames": ["All"]});
    let found = world.call("AmazonSQS.ReceiveMessage", &request).await;
    let attributes = &found["Messages"][0]["MessageAttributes"];
    for (name, value) in [
        ("IsSuccessful", "false"),
        ("outcome", "compensated"),
        ("saga", "fare"),
    ] {
        assert_eq!(attributes[name]["StringValue"], value, "{name}");
        assert_eq!(attributes[name]["DataType"], "String", "{name}");
    }
    world.stack.stop().await;
}

#[tokio::test]
async fn one_request_sent_five_times_is_one_saga_and_one_charge() {
    let mut world = World::start().await;
    for _ in 0..5 {
        world.publish(&cloud_event("once", &fare("3")), None).await;
    }
    let saga = saga_of("once");
    world.outcome_of(saga).await;
    world
        .until("the duplicates are handled", World::is_quiet)
        .await;
    // Late: long after the saga has ended.
    for _ in 0..5 {
        world
            .send("ensemble-booking", &cloud_event("once", &fare("3")), None)
            .await;
    }
    world
        .watch_until(|world| world.found[&saga].len() >= 6)
        .await;
    world
        .until("the late duplicates are handled", World::is_quiet)
        .await;
    assert_eq!(world.found.keys().collect::<Vec<_>>(), [&saga]);
    let bodies: std::collections::BTreeSet<_> = world.found[&saga].iter().collect();
    assert_eq!(
        bodies.len(),
        1,
        "duplicates of a notification are the same, byte for byte"
    );
    let ledger = world.stack.gateway.ledger(&saga.to_string());
    assert_eq!(
        [
            ledger.authorized,
            ledger.captured,
            ledger.voided,
            ledger.refunded
        ],
        [1, 1, 0, 0]
    );
    assert!(world.dead_letters().is_empty());
    world.stack.stop().await;
}

#[tokio::test]
async fn one_request_id_for_two_fares_is_a_contradiction_and_the_first_one_stands() {
    let mut world = World::start().await;
    world.publish(&fare("3"), Some("r")).await;
    world.outcome_of(saga_of("r")).await;
    world.publish(&fare("4"), Some("r")).await;
    world
        .until("the contradiction is dead-lettered", |world| {
            !world.dead_letters().is_empty()
        })
        .await;
    let (queue, letter) = world.dead_letters().remove(0);
    assert_eq!(queue, "queue ensemble-booking-dlq");
    assert!(
        letter.contains("contradicting") && letter.contains("asked for another fare"),
        "{letter}"
    );
    assert_eq!(world.stack.gateway.totals().captured, 1);
    world.stack.stop().await;
}
