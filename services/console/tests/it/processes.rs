//! Services as processes of their own: killed, stopped, cut off, started again.

use std::time::Duration;

use contracts::{SagaId, kinds};
use serde_json::json;

use crate::clients::SERVICES;
use crate::emulator::{Emulator, on_both_endpoints};
use crate::harness::wait_for;
use crate::rows::{Row, fares, one_of_each, row};
use crate::service_processes::ServiceProcesses;
use crate::system::{System, lasting_port};

/// What SIGTERM leaves a service to end in.
const STOP_MAX: Duration = Duration::from_secs(10);

async fn four_services_in_four_processes_play_every_row(emulator: Emulator) {
    let mut system = System::at(emulator, &["--gateway-port", "0"]).await;
    system.publish(&one_of_each()).await;
    system.ends_well().await;
}

async fn services_killed_at_any_time_lose_nothing_and_charge_nothing_twice(emulator: Emulator) {
    let mut random = seeded();
    // A gateway that takes its time, so that payment always has something in hand.
    let gateway = ["--gateway-port", "0", "--fault", "late:any:100ms"];
    let mut system = System::at(emulator, &gateway).await;
    let mut victims = SERVICES.repeat(3);
    random.shuffle(&mut victims);
    for victim in victims {
        // Five fares and seven orders make more progress than any round waits for.
        let before = system.progress().await;
        let enough = before + random.u64(1..=20);
        system.publish(&one_of_each()).await;
        wait_for("progress", async || (system.progress().await >= enough).then_some(())).await;
        system.service(victim).kill();
        system.start_service(victim);
    }
    system.ends_well().await;
    let again = SERVICES.map(|service| (service, system.received(service, 2)));
    println!("received more than once: {again:?}");
    let hits: usize = again.iter().map(|(_, count)| count).sum();
    assert!(hits > 0, "no kill hit a message");
}

/// Kills payment while the gateway keeps its answer to this operation back, and lets it find what was done.
async fn killed_before_the_answer(emulator: Emulator, operation: &str, row: &'static Row) {
    let mut system = System::at(emulator, &["--gateway-port", "0"]).await;
    let for_ever = json!([{ "kind": "late", "operation": operation, "delayMs": 600_000 }]);
    system.gateway.set_faults(&for_ever).await;
    let sagas = system.publish(&[row]).await;
    let saga = &sagas[0];
    wait_for("the charge", async || (system.gateway.ledger(saga).await.captured == 1).then_some(())).await;
    system.service("payment").kill();
    assert_eq!(system.listen().await, 0, "payment has had no answer yet");
    system.gateway.clear_faults().await;
    system.start_service("payment");
    system.ends_well().await;

    let payments = system.gateway.payments(saga).await;
    let told = system.notification(saga);
    assert_eq!(json!(told.about.charge_id), payments["charge"]["id"]);
    assert_eq!(json!(told.about.charge_token), payments["authorization"]["id"]);
    assert_eq!(system.received("payment", 2), 1);
}

async fn services_killed_while_sagas_are_cancelled_end_each_of_them_once_and_honestly(emulator: Emulator) {
    let mut random = seeded();
    let gateway = ["--gateway-port", "0", "--fault", "late:any:100ms"];
    let mut system = System::at(emulator, &gateway).await;
    let mut victims = SERVICES.repeat(2);
    random.shuffle(&mut victims);
    for victim in victims {
        let before = system.progress().await;
        let enough = before + random.u64(1..=15);
        for saga in system.publish(&one_of_each()).await {
            if random.bool() {
                system.cancel(&saga).await;
            }
        }
        wait_for("progress", async || (system.progress().await >= enough).then_some(())).await;
        system.service(victim).kill();
        system.start_service(victim);
    }
    system.ends_well().await;
}

async fn a_payment_killed_between_the_charge_and_its_record_finds_the_charge_again(emulator: Emulator) {
    killed_before_the_answer(emulator, "capture", row("3")).await;
}

async fn a_payment_killed_between_the_debit_and_its_record_finds_the_debit_again(emulator: Emulator) {
    killed_before_the_answer(emulator, "debit", row("40063fe3")).await;
}

/// Two payments, a gateway that takes its time before it acts, and a request that comes eight times.
async fn a_charge_under_way_at_one_payment_is_no_refusal_to_another(emulator: Emulator) {
    let slow = ["authorize", "capture", "debit"].map(|operation| format!("slow:{operation}:4000ms"));
    let faults: Vec<&str> = slow.iter().flat_map(|fault| ["--fault", fault]).collect();
    let mut services = ServiceProcesses::at(emulator, &faults).await;
    let sagas = [kinds::ORDER, kinds::FARE].map(|kind| SagaId::of_request(kind.as_str(), "r").to_string());
    for _ in 0..8 {
        for (kind, id) in [(kinds::ORDER, "40063fe3"), (kinds::FARE, "3")] {
            let topic = services.aws.topic_arn(&services.aws.name(&format!("{}-requests", kind.as_str())));
            let publish = [
                ("TopicArn", topic.as_str()),
                ("Message", &row(id).request()),
                ("MessageAttributes.entry.1.Name", "requestId"),
                ("MessageAttributes.entry.1.Value.DataType", "String"),
                ("MessageAttributes.entry.1.Value.StringValue", "r"),
            ];
            services.aws.sns("Publish", &publish).await;
        }
    }
    for name in ["payment", "another payment"] {
        services.run(name, &["payment"], &[]);
    }
    services.run("others", &["booking", "fulfillment", "notifier"], &[]);
    for saga in &sagas {
        let told = services.told(saga, 1).await.remove(0);
        // The slow calls have ended too, whoever has waited for them.
        wait_for("quiet", async || services.aws.is_quiet().await.then_some(())).await;
        let ledger = services.gateway.ledger(saga).await;
        let kept = ledger.captured - ledger.refunded;
        match told["outcome"].as_str() {
            Some("completed") => assert_eq!((ledger.captured, ledger.refunded), (1, 0), "{told}"),
            Some("compensated") => assert_eq!(kept, 0, "{told}: {ledger:?}"),
            outcome => panic!("{outcome:?}: {told}"),
        }
    }
    // One debit, one hold and one capture took effect. Another call is made only where a look-up finds nothing, and so
    // while the first is under way.
    let calls = services.gateway.totals().await.calls;
    assert!(calls > 3, "no payment met a call that was under way");
}

#[tokio::test]
async fn an_answer_that_the_gateway_loses_or_fails_to_give_is_asked_for_again() {
    let mut system = System::start(&["--gateway-port", "0"]).await;
    let faults = [
        ("lose", "authorize", 1, "3"),
        ("lose", "capture", 1, "3"),
        ("fail", "capture", 3, "3"),
        ("lose", "void", 1, "3_fail_charge"),
        ("lose", "refund", 1, "3_fail_credit"),
        ("lose", "refund", 1, "3_fail_credit_fail_refund"),
        ("lose", "debit", 1, "40063fe3"),
        ("fail", "debit", 3, "40063fe3"),
        ("lose", "refund", 1, "20063fe3"),
        ("lose", "refund", 1, "30063fe3"),
    ];
    for (kind, operation, times, id) in faults {
        let fault = json!([{ "kind": kind, "operation": operation, "times": times }]);
        system.gateway.set_faults(&fault).await;
        let before = system.received("payment", 2);
        system.publish(&[row(id)]).await;
        system.ends_well().await;
        let struck = system.received("payment", 2) - before;
        assert_eq!(struck, 1, "{kind} {operation}");
    }
}

#[tokio::test]
async fn a_gateway_killed_in_the_middle_charges_nothing_twice() {
    let port = lasting_port();
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.jsonl");
    let ledger = ledger.to_string_lossy();
    let gateway = ["--gateway-port", &port, "--ledger", &ledger];
    let mut system = System::start(&[&gateway[..], &["--fault", "late:any:50ms"]].concat()).await;
    for _ in 0..3 {
        let enough = system.progress().await + 10;
        system.publish(&fares(15)).await;
        wait_for("progress", async || (system.progress().await >= enough).then_some(())).await;
        system.kill_gateway();
        system.start_gateway().await;
    }
    system.ends_well().await;
    let given_back = system.service("payment").logged("MessageGivenBack");
    let why = given_back.iter().filter_map(|line| line["why"].as_str());
    let hit = why.filter(|why| why.contains("gateway")).count();
    assert!(hit > 0, "no kill hit a call: {given_back:?}");
}

#[tokio::test]
async fn services_told_to_stop_under_load_stop_in_order_and_lose_nothing() {
    let mut system = System::start(&["--gateway-port", "0"]).await;
    // One charge that nobody will hear of before the stop is over, and others that take their time.
    system
        .gateway
        .set_faults(&json!([
            { "kind": "late", "operation": "capture", "delayMs": 600_000, "times": 1 },
            { "kind": "late", "operation": "any", "delayMs": 100 },
        ]))
        .await;
    let sagas = system.publish(&[row("3")]).await;
    wait_for("the charge", async || (system.gateway.ledger(&sagas[0]).await.captured == 1).then_some(())).await;
    system.publish(&fares(100)).await;
    wait_for("a few outcomes", async || (system.listen().await >= 5).then_some(())).await;
    for service in SERVICES {
        system.service(service).signal("TERM");
    }
    let deadline = tokio::time::Instant::now() + STOP_MAX;
    for service in SERVICES {
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let status = system.service(service).ended(left).await;
        let code = status.map(|status| status.code());
        assert_eq!(code, Some(Some(0)), "{service} should have ended with 0");
    }
    let ended = system.listen().await;
    assert!(ended < 101, "nothing was left to do for the next life");
    for service in SERVICES {
        system.start_service(service);
    }
    system.ends_well().await;
}

#[tokio::test]
async fn a_gateway_that_is_down_buries_nothing_and_pauses_only_what_asks_for_it() {
    let port = lasting_port();
    let mut system = System::start(&["--gateway-port", &port]).await;
    system.kill_gateway();
    system.publish(&fares(100)).await;
    wait_for("the pause", async || {
        let paused = system.service("payment").logged("CallsPaused");
        (!paused.is_empty()).then_some(())
    })
    .await;
    // Meanwhile booking does its part, and payment tries again: each time it finds its intent.
    wait_for("all fares to be registered", async || {
        (system.aws.held_in_all("ensemble-booking").await == 0).then_some(())
    })
    .await;
    let tries = system.service("payment").logged("StateDiffers").len();
    wait_for("a few more tries", async || {
        let now = system.service("payment").logged("StateDiffers").len();
        (now >= tries + 3).then_some(())
    })
    .await;
    assert_eq!(system.aws.held_in_all("ensemble-payment").await, 100);
    assert_eq!(system.aws.held_in_all("ensemble-payment-dlq").await, 0);
    assert!(system.service("payment").logged("PollingPaused").is_empty());

    system.start_gateway().await;
    system.ends_well().await;
    assert!(!system.service("payment").logged("CallsResumed").is_empty());
}

/// Random numbers that can be drawn again: `ENSEMBLE_TEST_SEED` repeats what a failed test has printed.
#[expect(clippy::disallowed_methods, reason = "no setting of the product, but of this test")]
fn seeded() -> fastrand::Rng {
    let seed = std::env::var("ENSEMBLE_TEST_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("ENSEMBLE_TEST_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

on_both_endpoints! {
    a_charge_under_way_at_one_payment_is_no_refusal_to_another,
    four_services_in_four_processes_play_every_row,
    services_killed_at_any_time_lose_nothing_and_charge_nothing_twice,
    services_killed_while_sagas_are_cancelled_end_each_of_them_once_and_honestly,
    a_payment_killed_between_the_charge_and_its_record_finds_the_charge_again,
    a_payment_killed_between_the_debit_and_its_record_finds_the_debit_again,
}
