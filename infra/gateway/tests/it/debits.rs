//! A payment in one step, without a card.

use std::fs;

use gateway::{Ledger, Options};
use serde_json::{Value, json};

use crate::client::{amount, debit, options, start};

#[tokio::test]
async fn a_debit_is_captured_at_once_and_refunded() {
    let (gateway, client) = start(options()).await;
    let ch = client.debit("s", "3").await.id();
    assert!(ch.starts_with("ch_"));
    assert_eq!(client.ledger("s").await, Ledger { captured: 1, calls: 1, ..Ledger::default() });
    let usd = json!({ "minor": 2000, "currency": "USD" });
    assert_eq!(
        client.get("/v1/payments?reference=s").await,
        json!({
            "authorization": null,
            "charge": { "id": ch, "status": "captured", "amount": usd },
            "refund": null,
        })
    );
    let re = client.refund("s", &ch).await.id();
    assert_eq!(
        client.get("/v1/payments?reference=s").await,
        json!({
            "authorization": null,
            "charge": { "id": ch, "status": "refunded", "amount": usd },
            "refund": { "id": re, "amount": usd },
        })
    );
    assert_eq!(gateway.ledger("s"), Ledger { captured: 1, refunded: 1, calls: 2, ..Ledger::default() });
}

#[tokio::test]
async fn a_key_debits_once() {
    let (gateway, client) = start(options()).await;
    let first = client.debit("s", "3").await;
    let again = client.debit("s", "3").await;
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.id(), again.id());
    let other = client.post("/v1/debits", "s:debit", &debit("s", "4")).await;
    assert_eq!(other.error(), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(gateway.ledger("s"), Ledger { captured: 1, calls: 3, ..Ledger::default() });
}

#[tokio::test]
async fn a_debit_is_told_what_is_wrong_with_it() {
    let (gateway, client) = start(options()).await;
    for (pointer, value, message) in [
        ("/reference", json!(""), "reference: must be 1 to 128 characters"),
        ("/customer", json!("x".repeat(257)), "customer: must be at most 256 characters"),
        ("/amount/minor", json!(0), "amount.minor: must be greater than 0"),
        ("/amount/currency", json!("usd"), "amount.currency: must be 3 uppercase letters"),
    ] {
        let mut body = debit("s", "3");
        if let Some(field) = body.pointer_mut(pointer) {
            *field = value;
        }
        let reply = client.post("/v1/debits", "k", &body).await;
        assert_eq!(reply.error(), (400, "invalid_request".to_owned()));
        assert_eq!(reply.message(), message);
    }
    assert_eq!(gateway.totals(), Ledger::default());
}

#[tokio::test]
async fn no_suffix_refuses_a_debit_and_fail_refund_refuses_its_refund() {
    let (gateway, client) = start(options()).await;
    for saga in ["3_fail_auth", "3_fail_charge"] {
        let ch = client.debit(saga, saga).await.id();
        client.refund(saga, &ch).await.id();
    }
    let saga = "3_fail_refund";
    let ch = client.debit(saga, saga).await.id();
    assert_eq!(client.refund(saga, &ch).await.error(), (402, "refund_declined".to_owned()));
    assert_eq!(gateway.ledger(saga), Ledger { captured: 1, calls: 2, ..Ledger::default() });
}

#[tokio::test]
async fn a_refused_refund_is_remembered_under_its_key_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = |hooks| Options { ledger: Some(folder.path().join("ledger.jsonl")), hooks, ..options() };
    let (gateway, client) = start(with(true)).await;
    let ch = client.debit("s", "3_fail_refund").await.id();
    let refused = client.refund("s", &ch).await;
    assert_eq!(refused.error(), (402, "refund_declined".to_owned()));
    let path = format!("/v1/charges/{ch}/refund");
    let anew = client.post(&path, "s:refund:2", &amount()).await;
    assert_eq!((anew.status, anew.replayed), (402, false));
    gateway.stop().await;

    let (gateway, client) = start(with(false)).await;
    let again = client.refund("s", &ch).await;
    assert!(again.replayed && again.body == refused.body);
    let anew = client.post(&path, "s:refund:3", &amount()).await;
    assert!(anew.id().starts_with("re_") && !anew.replayed);
    assert_eq!(gateway.ledger("s"), Ledger { captured: 1, refunded: 1, calls: 5, ..Ledger::default() });
}

#[tokio::test]
async fn a_lost_debit_is_found_by_its_key_and_by_its_saga() {
    let faults = vec!["fail:debit:times=1".parse().expect("a rule"), "lose:any:every=2".parse().expect("a rule")];
    let (gateway, client) = start(Options { faults, ..options() }).await;
    assert_eq!(client.debit("s", "3").await.error(), (503, "unavailable".to_owned()));
    assert_eq!(gateway.ledger("s"), Ledger { calls: 1, ..Ledger::default() });
    assert!(client.try_post("/v1/debits", "s:debit", &debit("s", "3")).await.is_err());
    let found = client.get("/v1/payments?reference=s").await;
    let again = client.debit("s", "3").await;
    assert!(again.replayed);
    assert_eq!(found.pointer("/charge/id"), Some(&Value::from(again.id())));
    assert_eq!(gateway.ledger("s").captured, 1);
}

#[tokio::test]
async fn a_restart_keeps_debits_beside_older_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.jsonl");
    let old = concat!(
        r#"{"saga":"old","settled":{"key":"a","request":{"authorize":{"reference":"old","customer":"3","#,
        r#""amount":{"minor":5,"currency":"USD"}}},"outcome":{"accepted":{"id":"tok_1"}}}}"#,
        "\n",
        r#"{"saga":"old","settled":{"key":"c","request":{"capture":{"authorization":"tok_1","#,
        r#""amount":{"minor":5,"currency":"USD"}}},"outcome":{"accepted":{"id":"ch_1"}}}}"#,
        "\n",
    );
    fs::write(&path, old).expect("written");
    let with = || Options { ledger: Some(path.clone()), ..options() };
    let (gateway, client) = start(with()).await;
    let first = client.debit("s", "3").await;
    let found = client.get("/v1/payments?reference=s").await;
    gateway.stop().await;

    let (gateway, client) = start(with()).await;
    assert_eq!(client.get("/v1/payments?reference=s").await, found);
    let again = client.debit("s", "3").await;
    assert!(again.replayed && again.body == first.body);
    client.refund("s", &first.id()).await.id();
    assert_eq!(gateway.ledger("old"), Ledger { authorized: 1, captured: 1, calls: 2, ..Ledger::default() });
    assert_eq!(gateway.totals(), Ledger { authorized: 1, captured: 2, voided: 0, refunded: 1, calls: 5 });
}
