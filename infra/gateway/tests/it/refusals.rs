//! The failure suffixes, with hooks and without.

use gateway::{Ledger, Options};

use crate::client::{Reply, options, start};

fn refused(reply: &Reply, code: &str, message: &str) {
    assert_eq!(reply.error(), (402, code.to_owned()));
    assert_eq!(reply.message(), message);
}

#[tokio::test]
async fn fail_auth_refuses_the_authorization() {
    let (gateway, client) = start(options()).await;
    for customer in ["3_fail_auth", "3fail_auth", "fail_auth"] {
        let reply = client.authorize(customer, customer).await;
        refused(&reply, "card_declined", "Forced auth transaction failure");
        assert_eq!(gateway.ledger(customer), Ledger { calls: 1, ..Ledger::default() });
    }
}

#[tokio::test]
async fn fail_charge_refuses_the_capture() {
    let (gateway, client) = start(options()).await;
    let tok = client.authorize("s", "_fail_charge").await.id();
    let reply = client.capture("s", &tok).await;
    refused(&reply, "charge_declined", "Forced charge transaction failure");
    client.void("s", &tok).await.id();
    assert_eq!(gateway.ledger("s"), Ledger { authorized: 1, voided: 1, calls: 3, ..Ledger::default() });
}

#[tokio::test]
async fn fail_refund_refuses_the_refund_also_behind_fail_credit() {
    let (gateway, client) = start(options()).await;
    for saga in ["3_fail_refund", "3_fail_credit_fail_refund"] {
        let tok = client.authorize(saga, saga).await.id();
        let ch = client.capture(saga, &tok).await.id();
        let reply = client.refund(saga, &ch).await;
        refused(&reply, "refund_declined", "Forced refund transaction failure");
        assert_eq!(gateway.ledger(saga), Ledger { authorized: 1, captured: 1, calls: 3, ..Ledger::default() });
    }
}

#[tokio::test]
async fn fail_credit_means_nothing_here() {
    let (_gateway, client) = start(options()).await;
    let tok = client.authorize("s", "3__fail_credit").await.id();
    let ch = client.capture("s", &tok).await.id();
    client.refund("s", &ch).await.id();
}

#[tokio::test]
async fn without_hooks_a_suffix_is_part_of_a_name() {
    let (gateway, client) = start(Options { hooks: false, ..options() }).await;
    for saga in ["3_fail_auth", "3_fail_charge", "3_fail_refund"] {
        let tok = client.authorize(saga, saga).await.id();
        let ch = client.capture(saga, &tok).await.id();
        client.refund(saga, &ch).await.id();
    }
    assert_eq!(gateway.totals(), Ledger { authorized: 3, captured: 3, voided: 0, refunded: 3, calls: 9 });
}
