//! Answers that come late, get lost, or fail; and what the same key finds afterwards.

use gateway::{Fault, Ledger, Options};
use reqwest::Method;
use serde_json::json;

use crate::client::{Client, Reply, amount, capture_path, options, start};

fn rule(text: &str) -> Fault {
    text.parse().expect("a good rule")
}

#[tokio::test]
async fn a_lost_answer_is_found_by_the_same_key() {
    let (gateway, client) = start(options()).await;
    let tok = client.authorize("s", "3").await.id();
    gateway.set_faults(vec![rule("lose:capture:times=1")]);
    let lost = client.try_post(&capture_path(&tok), "s:capture", &amount()).await;
    assert!(lost.is_err_and(|error| error.is_request() && error.status().is_none()));
    assert_eq!(gateway.ledger("s").captured, 1);
    let retried = client.capture("s", &tok).await;
    assert!(retried.replayed && retried.id().starts_with("ch_"));
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, captured: 1, calls: 3, ..Ledger::default() });
}

#[tokio::test]
async fn a_failed_call_did_not_act_and_may_be_repeated() {
    let (gateway, client) = start(Options { faults: vec![rule("fail:authorize:times=2")], ..options() }).await;
    for _ in 0..2 {
        assert_eq!(client.authorize("s", "3").await.error(), (503, "unavailable".to_owned()));
    }
    assert_eq!(gateway.ledger("s"), Ledger { calls: 2, ..Ledger::default() });
    let reply = client.authorize("s", "3").await;
    assert!(!reply.replayed);
    reply.id();
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, calls: 3, ..Ledger::default() });
}

#[tokio::test]
async fn a_late_answer_has_acted_already_and_keeps_nobody_from_stopping() {
    let (gateway, client) = start(options()).await;
    gateway.set_faults(vec![rule("late:authorize:3600000ms")]);
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.authorize("s", "3").await });
    while client.ledger("s").await.authorized == 0 {}
    assert!(!call.is_finished());
    gateway.stop().await;
    call.await.expect("an answer").id();
}

#[tokio::test]
async fn a_caller_who_hangs_up_undoes_nothing() {
    let (gateway, client) = start(options()).await;
    gateway.set_faults(vec![rule("late:authorize:3600000ms:times=1")]);
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.authorize("s", "3").await });
    while client.ledger("s").await.authorized == 0 {}
    assert_eq!(client.authorize("s", "3").await.error(), in_use(), "its answer is not given yet");
    call.abort();
    assert!(settled(&client).await.replayed);
    assert_eq!(gateway.ledger("s").authorized, 1);
}

fn in_use() -> (u16, String) {
    (409, "idempotency_key_in_use".to_owned())
}

/// Waits until the only rule, of one time, has struck.
async fn struck(client: &Client) {
    while client.get("/faults").await.pointer("/0/times") != Some(&json!(0)) {}
}

/// Asks for the authorisation of `s` until nobody works on its key any more.
async fn settled(client: &Client) -> Reply {
    loop {
        let reply = client.authorize("s", "3").await;
        if reply.status != 409 {
            return reply;
        }
        assert_eq!(reply.error(), in_use());
    }
}

#[tokio::test]
async fn a_slow_act_is_invisible_until_it_is_done_and_its_key_is_in_use() {
    let (gateway, client) = start(options()).await;
    gateway.set_faults(vec![rule("slow:authorize:3600000ms:times=1")]);
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.authorize("s", "3").await });
    struck(&client).await;
    assert_eq!(client.authorize("s", "3").await.error(), in_use());
    let nothing = json!({ "authorization": null, "charge": null, "refund": null });
    assert_eq!(client.get("/v1/payments?reference=s").await, nothing);
    assert_eq!(gateway.ledger("s").authorized, 0);
    gateway.stop().await;
    call.await.expect("an answer").id();
}

#[tokio::test]
async fn a_caller_who_hangs_up_stops_no_slow_act() {
    let (gateway, client) = start(options()).await;
    gateway.set_faults(vec![rule("slow:authorize:300ms:times=1")]);
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.authorize("s", "3").await });
    struck(&client).await;
    call.abort();
    let reply = settled(&client).await;
    assert!(reply.replayed, "it was carried out for nobody");
    assert_eq!(gateway.ledger("s").authorized, 1);
}

#[tokio::test]
async fn every_third_call_is_struck() {
    let (gateway, client) = start(options()).await;
    gateway.set_faults(vec![rule("fail:any:every=3")]);
    let mut statuses = Vec::new();
    for saga in ["a", "b", "c", "d", "e", "f"] {
        statuses.push(client.authorize(saga, "3").await.status);
    }
    assert_eq!(statuses, [201, 201, 503, 201, 201, 503]);
}

#[tokio::test]
async fn rules_are_replaced_shown_and_cleared_over_http() {
    let (_gateway, client) = start(options()).await;
    let rules = json!([
        { "operation": "authorize", "kind": "fail", "times": 2 },
        { "operation": "any", "kind": "late", "delayMs": 1, "times": null, "every": 5 },
    ]);
    assert_eq!(client.put_faults(&rules).await.status, 200);
    client.authorize("s", "3").await;
    assert_eq!(
        client.get("/faults").await,
        json!([
            { "operation": "authorize", "kind": "fail", "times": 1, "every": 1 },
            { "operation": "any", "kind": "late", "delayMs": 1, "times": null, "every": 5 },
        ])
    );
    let bad = client.put_faults(&json!([{ "operation": "any", "kind": "late" }])).await;
    assert_eq!(bad.error(), (400, "invalid_request".to_owned()));
    assert!(bad.message().contains("`late` and `slow` need a delay"), "{}", bad.message());
    let cleared = client.send(Method::DELETE, "/faults", None, "").await.expect("an answer");
    assert_eq!((cleared.status, cleared.body), (200, json!([])));
    client.authorize("s", "3").await.id();
}
