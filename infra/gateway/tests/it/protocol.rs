//! Each operation, and what an idempotency key promises.

use std::sync::Arc;

use gateway::{Gateway, Ledger, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{amount, authorization, capture_path, options, start};

#[tokio::test]
async fn a_payment_is_authorized_captured_and_refunded() {
    let (gateway, client) = start(options()).await;
    let tok = client.authorize("s", "3").await.id();
    let ch = client.capture("s", &tok).await.id();
    let re = client.refund("s", &ch).await.id();
    for (id, prefix) in [(&tok, "tok_"), (&ch, "ch_"), (&re, "re_")] {
        let hex = id.strip_prefix(prefix).expect("the prefix");
        assert!(hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
    let usd = json!({ "minor": 2000, "currency": "USD" });
    assert_eq!(
        client.get("/v1/payments?reference=s").await,
        json!({
            "authorization": { "id": tok, "status": "captured", "amount": usd },
            "charge": { "id": ch, "status": "refunded", "amount": usd },
            "refund": { "id": re, "amount": usd },
        })
    );
    let counts = Ledger { authorized: 1, captured: 1, voided: 0, refunded: 1, calls: 3 };
    assert_eq!(gateway.ledger("s"), counts);
    assert_eq!(client.ledger("s").await, counts);
    gateway.stop().await;
}

#[tokio::test]
async fn an_authorization_is_voided_and_then_cannot_be_captured() {
    let (gateway, client) = start(options()).await;
    let tok = client.authorize("s", "3").await.id();
    assert!(client.void("s", &tok).await.id().starts_with("void_"));
    assert_eq!(client.capture("s", &tok).await.error(), (402, "already_voided".to_owned()));
    let found = client.get("/v1/payments?reference=s").await;
    assert_eq!(found.pointer("/authorization/status"), Some(&json!("voided")));
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, voided: 1, calls: 3, ..Ledger::default() });
}

#[tokio::test]
async fn what_was_done_cannot_be_done_under_another_key() {
    let (gateway, client) = start(options()).await;
    let tok = client.authorize("s", "3").await.id();
    let ch = client.capture("s", &tok).await.id();
    assert_eq!(client.void("s", &tok).await.error(), (402, "already_captured".to_owned()));
    let part = json!({ "amount": { "minor": 1, "currency": "USD" } });
    let path = format!("/v1/charges/{ch}/refund");
    assert_eq!(client.post(&path, "part", &part).await.error(), (402, "amount_mismatch".to_owned()));
    client.refund("s", &ch).await.id();
    assert_eq!(client.post(&path, "other", &amount()).await.error(), (402, "already_refunded".to_owned()));
    assert_eq!(gateway.ledger("s").refunded, 1);
}

#[tokio::test]
async fn the_ledger_is_kept_for_each_saga_and_summed() {
    let (gateway, client) = start(options()).await;
    client.authorize("a", "3").await.id();
    client.authorize("b", "3").await.id();
    assert_eq!(client.ledger("nobody").await, Ledger::default());
    assert_eq!(gateway.ledger("nobody"), Ledger::default());
    let totals = Ledger { authorized: 2, calls: 2, ..Ledger::default() };
    assert_eq!(gateway.totals(), totals);
    assert_eq!(client.get("/ledger").await, serde_json::to_value(totals).expect("counts"));
    assert_eq!(
        client.get("/v1/payments?reference=nobody").await,
        json!({ "authorization": null, "charge": null, "refund": null })
    );
}

#[tokio::test]
async fn the_same_key_and_request_is_answered_again() {
    let (gateway, client) = start(options()).await;
    let first = client.authorize("s", "3").await;
    let again = client.authorize("s", "3").await;
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.id(), again.id());
    let refused = client.authorize("r", "3_fail_auth").await;
    let again = client.authorize("r", "3_fail_auth").await;
    assert!(!refused.replayed && again.replayed);
    assert_eq!(refused.body, again.body);
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, calls: 2, ..Ledger::default() });
}

#[tokio::test]
async fn a_refusal_by_the_stage_of_a_payment_stays_under_its_key_whatever_follows() {
    let (gateway, client) = start(options()).await;
    let tok = client.authorize("s", "3").await.id();
    let more = json!({ "amount": { "minor": 2001, "currency": "USD" } });
    let refused = client.post(&capture_path(&tok), "more", &more).await;
    assert_eq!(refused.error(), (402, "amount_mismatch".to_owned()));
    client.void("s", &tok).await.id();
    let again = client.post(&capture_path(&tok), "more", &more).await;
    assert!(again.replayed);
    assert_eq!((again.error(), again.body), (refused.error(), refused.body));
    let anew = client.post(&capture_path(&tok), "anew", &more).await;
    assert_eq!(anew.error(), (402, "already_voided".to_owned()));
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, voided: 1, calls: 5, ..Ledger::default() });
}

#[tokio::test]
async fn the_same_key_for_another_request_is_refused() {
    let (gateway, client) = start(options()).await;
    let tok = client.authorize("s", "3").await.id();
    let reused = (422, "idempotency_key_reused".to_owned());
    let other = authorization("s", "4");
    assert_eq!(client.post("/v1/authorizations", "s:authorize", &other).await.error(), reused);
    let path = format!("/v1/authorizations/{tok}/void");
    assert_eq!(client.post(&path, "s:authorize", &json!({})).await.error(), reused);
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, calls: 3, ..Ledger::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_with_one_key_act_once() {
    let (gateway, client) = start(options()).await;
    let barrier = Arc::new(tokio::sync::Barrier::new(20));
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (client, barrier) = (client.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                client.authorize("s", "3").await
            })
        })
        .collect();
    let mut replies = Vec::new();
    for call in calls {
        replies.push(call.await.expect("an answer"));
    }
    let (in_use, answered): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 409);
    assert!(in_use.iter().all(|reply| reply.error().1 == "idempotency_key_in_use"), "{in_use:?}");
    assert_eq!(answered.iter().filter(|reply| !reply.replayed).count(), 1);
    assert!(answered.windows(2).all(|pair| matches!(pair, [a, b] if a.id() == b.id())));
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, calls: 20, ..Ledger::default() });
}

#[tokio::test]
async fn a_key_is_needed_and_has_a_length() {
    let (gateway, client) = start(options()).await;
    let body = authorization("s", "3").to_string();
    for (key, code) in [
        (None, "idempotency_key_missing"),
        (Some(""), "idempotency_key_missing"),
        (Some("k".repeat(256).as_str()), "invalid_request"),
    ] {
        let reply = client.send(Method::POST, "/v1/authorizations", key, body.clone()).await;
        assert_eq!(reply.expect("an answer").error(), (400, code.to_owned()));
    }
    assert_eq!(gateway.totals(), Ledger::default());
}

#[tokio::test]
async fn each_error_has_the_same_shape() {
    let (_gateway, client) = start(options()).await;
    let large = "x".repeat(64 * 1024 + 1);
    for (method, path, body, expected) in [
        (Method::POST, "/v1/nothing", "{}", (404, "not_found")),
        (Method::GET, "/", "", (404, "not_found")),
        (Method::DELETE, "/v1/authorizations", "", (405, "method_not_allowed")),
        (Method::POST, "/v1/authorizations", large.as_str(), (413, "body_too_large")),
        (Method::POST, "/v1/authorizations/tok_none/void", "{}", (404, "payment_unknown")),
        (Method::POST, "/v1/authorizations/tok_none/void", "", (400, "invalid_request")),
        (Method::GET, "/v1/payments", "", (400, "invalid_request")),
        (Method::GET, "/ledger?saga=a&saga=b", "", (400, "invalid_request")),
    ] {
        let reply = client.send(method, path, Some("k"), body.to_owned()).await.expect("an answer");
        assert_eq!(reply.error(), (expected.0, expected.1.to_owned()), "{path}");
        assert_ne!(reply.message(), "(none)", "{path}");
    }
}

#[tokio::test]
async fn health_says_that_it_is_simulated() {
    for hooks in [true, false] {
        let (_gateway, client) = start(Options { hooks, ..options() }).await;
        let expected: Value = json!({ "status": "ok", "simulated": true, "hooks": hooks });
        assert_eq!(client.get("/health").await, expected);
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let (gateway, _client) = start(options()).await;
    let taken = Options { listen: gateway.addr(), ..options() };
    let error = Gateway::start(taken).await.expect_err("the port is taken").to_string();
    assert!(error.contains(&gateway.addr().to_string()), "{error}");
}

#[tokio::test]
async fn a_port_is_free_again_after_a_stop() {
    let (gateway, client) = start(options()).await;
    client.get("/health").await;
    let listen = gateway.addr();
    gateway.stop().await;
    let (_gateway, client) = start(Options { listen, ..options() }).await;
    client.get("/health").await;
}
