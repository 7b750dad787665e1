//! Failures that do not heal, of some sagas: the others go on meanwhile, and those go on when it heals.
//!
//! **Invariant:** what is compared are counts, never times.

use std::time::Duration;

use contracts::Outcome;
use serde_json::{Value, json};

use crate::harness::{card_keys, env, within};
use crate::rows::{BROKEN, Row, row};
use crate::system::System;

/// How long hundreds of sagas may take on a busy machine.
const LONG: Duration = Duration::from_secs(240);

/// This many of one row.
fn many(row: &'static Row, count: usize) -> Vec<&'static Row> {
    std::iter::repeat_n(row, count).collect()
}

/// Waits until so many of these have ended.
async fn until_ended(system: &mut System, sagas: &[String], count: usize) {
    let mut ended = 0;
    let seen = within(LONG, async || {
        ended = system.ended(sagas).await;
        (ended >= count).then_some(())
    });
    assert!(seen.await.is_some(), "{ended} of {count} have ended");
}

/// Lets some authorisations fail for good: every other saga ends while none of those does. Gives the sagas of those.
async fn others_end(fault: &Value, failing: &'static Row, fares: usize) -> (System, Vec<String>) {
    let mut system = System::start(&["--gateway-port", "0"]).await;
    system.gateway.set_faults(fault).await;
    let stuck = system.publish(&many(failing, 80)).await;
    let good = system.publish(&[many(row("3"), fares), many(row("40063fe3"), 100)].concat()).await;
    until_ended(&mut system, &good, good.len()).await;
    assert_eq!(system.ended(&stuck).await, 0, "none of the failing ones has ended");
    assert_eq!(system.aws.held_in_all("ensemble-payment-dlq").await, 0, "nothing is given up");
    assert!(system.service("payment").logged("PollingPaused").is_empty(), "no call to the gateway pauses the polling");
    (system, stuck)
}

/// The same, and those end when it heals.
async fn heals(fault: &Value, failing: &'static Row, fares: usize) {
    let (mut system, stuck) = others_end(fault, failing, fares).await;
    let shown = within(LONG, async || {
        let sagas = system.ensemble(&["sagas", "--json"]).await.json();
        sagas.iter().find_map(|saga| saga["stuck"].get(0).cloned())
    });
    let shown = shown.await.unwrap();
    assert_eq!(shown["service"], "payment", "{shown}");
    assert_eq!(shown["call"], "the payment gateway: authorize", "{shown}");
    assert!(shown["why"].as_str().unwrap().contains("503"), "{shown}");
    system.gateway.clear_faults().await;
    until_ended(&mut system, &stuck, stuck.len()).await;
    system.ends_well().await;
}

#[tokio::test]
async fn customers_whose_authorisations_fail_delay_nobody_else() {
    heals(&json!([{ "kind": "fail", "operation": "authorize", "customer": "_broken" }]), &BROKEN, 100).await;
}

#[tokio::test]
async fn customers_whose_authorisations_hang_delay_nobody_else() {
    // Longer than any call waits, and without effect until then.
    let hang = json!([{ "kind": "slow", "operation": "authorize", "customer": "_broken", "delayMs": 600_000 }]);
    others_end(&hang, &BROKEN, 100).await;
}

#[tokio::test]
async fn a_gateway_that_authorises_nothing_delays_no_order() {
    heals(&json!([{ "kind": "fail", "operation": "authorize" }]), row("3"), 0).await;
}

#[tokio::test]
async fn cards_that_no_key_opens_delay_nobody_else_and_are_charged_when_their_key_is_back() {
    let mut system = System::start(&["--gateway-port", "0"]).await;
    let other_keys = card_keys().await;
    system.start_beside("other booking", "booking", &other_keys);
    let fares = system.publish(&many(row("3"), 200)).await;
    let orders = system.publish(&many(row("40063fe3"), 100)).await;
    until_ended(&mut system, &orders, orders.len()).await;
    // Each fare has ended, or is a dead letter.
    let mut dead = 0;
    let seen = within(LONG, async || {
        dead = usize::try_from(system.aws.held_in_all("ensemble-payment-dlq").await).unwrap();
        (system.ended(&fares).await + dead == fares.len()).then_some(())
    });
    assert!(seen.await.is_some(), "{dead} dead letters");
    assert!((1..200).contains(&dead), "both bookings took part: {dead} dead letters");
    let letters = system.aws.look("ensemble-payment-dlq").await;
    for letter in &letters {
        assert_eq!(letter["MessageAttributes"]["reason"]["StringValue"], "unknown_key", "{letter}");
    }

    // The one whose key payment has is not needed any more.
    system.service("payment").kill();
    system.start_beside("payment", "payment", &other_keys);
    let why = ["parked", "redrive", "--reason", "unknown_key", "--why", "the key is back"];
    let redriven = system.ensemble(&why).await;
    assert_eq!(redriven.code, Some(0), "{redriven:?}");
    until_ended(&mut system, &fares, fares.len()).await;
    system.ends_well().await;
}

#[tokio::test]
async fn a_fare_whose_card_no_key_opens_is_declined_at_its_deadline_and_its_client_is_told() {
    let mut system = System::start(&["--gateway-port", "0"]).await;
    system.publish(&[row("3")]).await;
    // A key that opens one card is the right one.
    system.ends_well().await;
    system.service("booking").kill();
    let soon = env(&[("ENSEMBLE_FARE_DEADLINE_SECS", "2"), ("ENSEMBLE_SWEEP_SECS", "1")]);
    system.start_beside("booking", "booking", &[card_keys().await, soon].concat());
    let sagas = system.publish(&[row("3")]).await;
    until_ended(&mut system, &sagas, 1).await;
    let told = system.notification(&sagas[0]);
    assert_eq!(told.outcome, Outcome::Compensated, "{told:?}");
    assert_eq!(told.error.unwrap().name, "DeadlineExceeded");
    assert_eq!(system.gateway.ledger(&sagas[0]).await.calls, 0);
    assert_eq!(system.aws.held_in_all("ensemble-payment-dlq").await, 1);
}
