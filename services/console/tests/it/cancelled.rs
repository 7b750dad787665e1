//! Sagas that are cancelled, by whom and whenever: each ends once, and honestly.

use std::collections::BTreeSet;

use contracts::{Notification, Outcome, SagaId, SagaKind, kinds};
use gateway::Ledger;
use serde_json::json;

use crate::emulator::{Emulator, on_both_endpoints};
use crate::rows::{Row, one_of_each, row};
use crate::world::{World, cloud_event_of, fare};

/// What a client sends to cancel a saga, as a `CloudEvent`.
pub(crate) fn cancel(saga: SagaId) -> String {
    let data = json!({ "sagaId": saga, "by": "a client", "reason": "a change of plans" });
    cloud_event_of("cancel_requested", &saga.to_string(), &data.to_string())
}

fn topic_of(kind: SagaKind) -> &'static str {
    if kind == kinds::FARE { "fare-requests" } else { "order-requests" }
}

fn late(world: &World, rule: &str) {
    world.stack.gateway.set_faults(vec![rule.parse().unwrap()]);
}

/// Asks for a row; gives its saga.
async fn ask(world: &World, row: &Row, identity: &str) -> SagaId {
    world.publish_to(topic_of(row.kind), &row.request(), Some(identity)).await;
    SagaId::of_request(row.kind.as_str(), identity)
}

fn told(world: &World, saga: SagaId) -> Notification {
    let bodies: BTreeSet<_> = world.found[&saga].iter().collect();
    let [(_, body)] = bodies.into_iter().collect::<Vec<_>>()[..] else {
        panic!("{saga} was told more than one outcome: {:#?}", world.found[&saga]);
    };
    serde_json::from_str(body).unwrap()
}

/// The ledger agrees with what was told: nothing was charged that was not fulfilled, refunded or named.
pub(crate) fn assert_is_honest(told: &Notification, ledger: Ledger, what: &str) {
    let Ledger { authorized, captured, voided, refunded, .. } = ledger;
    let what = format!("{what}: {told:?}: {ledger:?}");
    let charged = captured - refunded;
    let standing = told.standing.iter().any(|standing| standing.effect.as_str() == "capture");
    match told.outcome {
        Outcome::Completed => assert_eq!((charged, told.error.as_ref()), (1, None), "{what}"),
        Outcome::Compensated => assert_eq!((charged, told.standing.len()), (0, 0), "{what}"),
        Outcome::NeedsAttention => {
            assert!(!told.standing.is_empty(), "{what}");
            assert_eq!(charged, u64::from(standing), "{what}");
        }
        Outcome::Rejected => panic!("{what}"),
    }
    assert!(captured <= 1 && refunded <= 1, "{what}");
    let held = if told.saga == kinds::FARE.as_str() { authorized - voided - captured } else { 0 };
    assert_eq!(held, 0, "{what}");
}

/// What a saga was told to have come to, which is honest.
fn honest(world: &World, saga: SagaId, what: &str) -> Notification {
    let told = told(world, saga);
    assert_is_honest(&told, world.stack.gateway.ledger(&saga.to_string()), what);
    told
}

/// The steps of a path, `!` before those that failed.
pub(crate) fn path(told: &Notification) -> String {
    let step = |step: &contracts::Step| format!("{}{}", if step.ok { "" } else { "!" }, step.step.as_str());
    told.path.steps().iter().map(step).collect::<Vec<_>>().join(" ")
}

async fn a_saga_cancelled_while_it_is_paid_is_refunded_and_tells_the_whole_way(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let unwound = "RegisterFare !CreditCustomerAccount ChargeFare RefundFare SetFareStatusFailed";
    for (operation, id, expected) in [
        ("authorize", "3", unwound),
        ("capture", "3", unwound),
        ("debit", "40063fe3", "ProcessOrder !ReserveInventory ProcessPayment ProcessRefund UpdateOrderStatus"),
    ] {
        late(&world, &format!("late:{operation}:3000ms:times=1"));
        let row = row(id);
        let saga = ask(&world, row, operation).await;
        let acted = |ledger: Ledger| if operation == "authorize" { ledger.authorized } else { ledger.captured };
        world.until("it is being paid", async |world| acted(world.stack.gateway.ledger(&saga.to_string())) == 1).await;
        world.publish_to(topic_of(row.kind), &cancel(saga), None).await;
        world.outcome_of(saga).await;
        let told = honest(&world, saga, operation);
        let error = told.error.as_ref().unwrap();
        assert_eq!((told.outcome, error.name.as_str()), (Outcome::Compensated, "SagaCancelled"), "{told:?}");
        assert_eq!(error.message, "cancelled by a client: a change of plans");
        assert_eq!(path(&told), expected);
        assert!(told.about.charge_id.is_some() && told.about.refund_id.is_some(), "{told:?}");
    }
    world.until("all is settled", World::is_quiet).await;
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn a_saga_cancelled_before_its_request_comes_is_never_begun(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    for row in [row("3"), row("40063fe3"), row("11063fe3")] {
        let saga = SagaId::of_request(row.kind.as_str(), row.id);
        world.send("booking", &cancel(saga), None).await;
        let is_withdrawn = async |world: &World| world.record("booking", saga).await.contains("Withdrawn");
        world.until("it is on record", is_withdrawn).await;
        assert_eq!(ask(&world, row, row.id).await, saga);
        world.outcome_of(saga).await;
        let told = honest(&world, saga, row.id);
        let error = told.error.as_ref().unwrap();
        assert_eq!((told.outcome, error.name.as_str()), (Outcome::Compensated, "SagaCancelled"), "{told:?}");
    }
    assert_eq!(world.stack.gateway.totals().calls, 0);
    world.stack.stop().await;
}

async fn a_saga_cancelled_after_its_end_keeps_it_and_tells_it_again(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    for row in [row("3"), row("40063fe3"), row("20063fe3")] {
        let saga = ask(&world, row, row.id).await;
        world.outcome_of(saga).await;
        let ledger = world.stack.gateway.ledger(&saga.to_string());
        world.publish_to(topic_of(row.kind), &cancel(saga), None).await;
        world.watch_until(|world| world.found[&saga].len() == 2).await;
        assert_eq!(told(&world, saga).outcome, row.outcome, "{row:?}");
        world.until("all is settled", World::is_quiet).await;
        assert_eq!(world.stack.gateway.ledger(&saga.to_string()), ledger, "{row:?}");
    }
    world.stack.stop().await;
}

async fn every_row_that_is_cancelled_at_any_moment_ends_once_and_honestly(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    late(&world, "late:any:100ms");
    let mut asked = Vec::new();
    for moment in ["before", "with", "while"] {
        for row in one_of_each() {
            let what = format!("{moment}-{}", row.id);
            let saga = SagaId::of_request(row.kind.as_str(), &what);
            if moment == "before" {
                world.send("booking", &cancel(saga), None).await;
            }
            ask(&world, row, &what).await;
            if moment == "with" {
                world.send("booking", &cancel(saga), None).await;
            }
            asked.push((moment, saga, what));
        }
    }
    // While some are being paid, others wait for a retry, and others have ended.
    world.watch_until(|world| world.found.len() >= asked.len() / 2).await;
    for (_, saga, _) in asked.iter().filter(|(moment, ..)| *moment == "while") {
        world.send("booking", &cancel(*saga), None).await;
    }
    world.watch_until(|world| world.found.len() == asked.len()).await;
    world.until("all is settled", World::is_quiet).await;
    for (_, saga, what) in &asked {
        honest(&world, *saga, what);
    }
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

async fn what_only_operators_may_ask_is_buried_when_a_client_asks_it(emulator: Emulator) {
    let world = World::at(emulator).await;
    let saga = SagaId::of_request("order", "r");
    for (index, event_type) in ["retry_requested", "resolve_requested"].into_iter().enumerate() {
        let data = json!({ "sagaId": saga, "by": "a client", "reason": "why not" }).to_string();
        world.publish_to("order-requests", &cloud_event_of(event_type, "x", &data), None).await;
        world.until("it is buried", async |world| world.dead_letters().await.len() == index + 1).await;
    }
    assert!(world.dead_letters().await.iter().all(|(_, letter)| letter.to_string().contains("unexpected_envelope")));
    world.stack.stop().await;
}

async fn a_cancellation_is_carried_out_whatever_its_words(emulator: Emulator) {
    let mut world = World::at(emulator).await;
    let words = [
        (json!({ "by": "", "reason": "" }), "cancelled by a client before it was begun: no reason given"),
        (json!({ "by": "an\u{7}n", "reason": "too\r\nlate" }), "cancelled by an n before it was begun: too late"),
        (json!({ "by": 7, "reason": ["why", "not"] }), "cancelled by 7 before it was begun: no reason given"),
        (json!({ "reason": "x".repeat(100_000) }), "cancelled by a client before it was begun: xxxxx"),
    ];
    for (index, (mut asked, message)) in words.into_iter().enumerate() {
        let identity = format!("words-{index}");
        let saga = SagaId::of_request("fare", &identity);
        asked["type"] = json!("cancel_requested");
        asked["sagaId"] = json!(saga);
        world.publish_to("fare-requests", &asked.to_string(), None).await;
        world.until("it is on record", async |world| !world.record("booking", saga).await.is_empty()).await;
        world.publish_to("fare-requests", &fare("3"), Some(&identity)).await;
        let (_, found) = world.outcome_of(saga).await;
        assert_eq!(found["outcome"], "compensated", "{found}");
        let told = found["error"]["message"].as_str().unwrap();
        assert!(told.starts_with(message) && told.len() < 600, "{told}");
    }
    assert_eq!(world.dead_letters().await, []);
    world.stack.stop().await;
}

on_both_endpoints! {
    a_cancellation_is_carried_out_whatever_its_words,
    a_saga_cancelled_while_it_is_paid_is_refunded_and_tells_the_whole_way,
    a_saga_cancelled_before_its_request_comes_is_never_begun,
    a_saga_cancelled_after_its_end_keeps_it_and_tells_it_again,
    every_row_that_is_cancelled_at_any_moment_ends_once_and_honestly,
    what_only_operators_may_ask_is_buried_when_a_client_asks_it,
}
