//! Card data goes in and is never seen again.

use std::fs;

use gateway::{Ledger, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{amount, authorization, capture_path, options, start};

const NUMBER: &str = "4929 1234 5678 9012";
const EXPIRY: &str = "11/2087";
const CVV: &str = "7391";

fn clean(what: &str, text: &str) {
    for secret in [NUMBER, &NUMBER.replace(' ', ""), EXPIRY, CVV] {
        assert!(!text.contains(secret), "{what}: {text}");
    }
}

fn paid_with(saga: &str, number: &str, expiry: &str, cvv: &str) -> Value {
    let mut body = authorization(saga, "3_fail_refund");
    if let Some(card) = body.pointer_mut("/card") {
        *card = json!({ "number": number, "expiry": expiry, "cvv": cvv });
    }
    body
}

#[tokio::test]
async fn a_card_is_nowhere_after_a_payment() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.jsonl");
    let (gateway, client) = start(Options { ledger: Some(path.clone()), ..options() }).await;
    let card = paid_with("s", NUMBER, EXPIRY, CVV);
    let reply = client.post("/v1/authorizations", "a", &card).await;
    let other_card = paid_with("s", NUMBER, "12/22", "111");
    let replay = client.post("/v1/authorizations", "a", &other_card).await;
    assert!(replay.replayed, "the card is no part of what is compared");
    let capture = client.post(&capture_path(&reply.id()), "c", &amount()).await;
    let refund = format!("/v1/charges/{}/refund", capture.id());
    assert_eq!(client.post(&refund, "r", &amount()).await.status, 402);
    for path in ["/ledger", "/ledger?saga=s", "/v1/payments?reference=s", "/faults", "/health"] {
        clean(path, &client.get(path).await.to_string());
    }
    let counts = gateway.ledger("s");
    assert_eq!(counts, Ledger { authorized: 1, captured: 1, calls: 4, ..Ledger::default() });
    clean("the counts", &format!("{counts:?} {:?}", gateway.totals()));
    clean("the gateway", &format!("{gateway:?}"));
    clean("the answers", &format!("{reply:?} {replay:?} {capture:?}"));
    gateway.stop().await;
    clean("the file", &fs::read_to_string(&path).expect("the ledger"));
}

#[tokio::test]
async fn an_invalid_card_is_told_by_field_and_rule() {
    let (gateway, client) = start(options()).await;
    for (number, expiry, cvv, message) in [
        ("4929 1234 5678 9012 x", EXPIRY, CVV, "card.number: must be 12 to 19 digits, with single spaces or dashes"),
        (NUMBER, "11/2087 11/2087", CVV, "card.expiry: must be MM/YY or MM/YYYY"),
        (NUMBER, EXPIRY, "73917391", "card.cvv: must be 3 or 4 digits"),
    ] {
        let reply = client.post("/v1/authorizations", "k", &paid_with("s", number, expiry, cvv)).await;
        assert_eq!(reply.error(), (400, "invalid_request".to_owned()));
        assert_eq!(reply.message(), message);
        clean("the answer", &reply.body.to_string());
    }
    assert_eq!(gateway.totals(), Ledger::default());
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_not_quoted() {
    let (_gateway, client) = start(options()).await;
    for body in [
        format!("{NUMBER} {EXPIRY} {CVV}"),
        format!(r#"{{"card":{{"number":"{NUMBER}","expiry":"{EXPIRY}","cvv":{CVV}}}}}"#),
        format!(r#"{{"card":"{NUMBER}"}}"#),
        format!(r#"{{"amount":"{NUMBER}"}}"#),
        format!(r#"["{NUMBER}"]"#),
    ] {
        let reply = client.send(Method::POST, "/v1/authorizations", Some("k"), body).await;
        let reply = reply.expect("an answer");
        assert_eq!(reply.error(), (400, "invalid_request".to_owned()));
        clean("the answer", &reply.body.to_string());
    }
}

#[tokio::test]
async fn an_expired_card_with_a_bad_checksum_is_accepted() {
    let (_gateway, client) = start(options()).await;
    let card = paid_with("s", "2424 2424 2424 2424", "12/22", "111");
    client.post("/v1/authorizations", "k", &card).await.id();
}
