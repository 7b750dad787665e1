//! `ensemble demo`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Env, ensemble};

/// What the demo shows of each row: whom, outcome, path, and more.
const SHOWN: [(&str, &str, &str, &[&str]); 13] = [
    (
        "3",
        "completed",
        "RegisterFare ✓ → ChargeFare ✓ → CreditCustomerAccount ✓ → SetFareStatusCompleted ✓ → NotifySuccess ✓",
        &["1 captured, 0 voided, 0 refunded", "success queue"],
    ),
    (
        "3_fail_auth",
        "compensated",
        "RegisterFare ✓ → ChargeFare ✗ → SetFareStatusFailed ↩ → NotifyFailure ✓",
        &["✗ PaymentAuthException", "0 authorized", "failure queue"],
    ),
    (
        "3_fail_charge",
        "compensated",
        "RegisterFare ✓ → ChargeFare ✗ → SetFareStatusFailed ↩ → NotifyFailure ✓",
        &["✗ PaymentChargeException", "0 captured, 1 voided"],
    ),
    (
        "3_fail_credit",
        "compensated",
        "RegisterFare ✓ → ChargeFare ✓ → CreditCustomerAccount ✗ → RefundFare ↩ → SetFareStatusFailed ↩ → NotifyFailure ✓",
        &["✗ AccountCreditException", "1 captured, 0 voided, 1 refunded"],
    ),
    (
        "3_fail_credit_fail_refund",
        "needs attention",
        "RegisterFare ✓ → ChargeFare ✓ → CreditCustomerAccount ✗ → RefundFare ✗ → SetFareStatusFailed ↩ → NotifyFailure ✓",
        &["✗ AccountCreditException", "✗ RefundException", "still standing: capture ch_"],
    ),
    (
        "3",
        "compensated",
        "RegisterFare ✓ → CreditCustomerAccount ✗ → ChargeFare ✓ → RefundFare ↩ → SetFareStatusFailed ↩ → NotifyFailure ✓",
        &["✗ SagaCancelled", "cancelled by the customer", "1 captured, 0 voided, 1 refunded"],
    ),
    (
        "order 40063fe3-56d9-4c51-b91f-71929834ce03",
        "completed",
        "ProcessOrder ✓ → ProcessPayment ✓ → ReserveInventory ✓ → NotifySuccess ✓",
        &["0 authorized, 1 captured, 0 voided, 0 refunded", "success queue"],
    ),
    (
        "order 1",
        "compensated",
        "ProcessOrder ✗ → UpdateOrderStatus ↩ → NotifyFailure ✓",
        &["✗ ErrProcessOrder", "0 captured", "failure queue"],
    ),
    (
        "order 11",
        "needs attention",
        "ProcessOrder ✗ → UpdateOrderStatus ✗ → NotifyFailure ✓",
        &["✗ ErrProcessOrder", "✗ ErrUpdateOrderStatus", "still standing: order 11"],
    ),
    (
        "order 2",
        "compensated",
        "ProcessOrder ✓ → ProcessPayment ✗ → ProcessRefund ↩ → UpdateOrderStatus ↩ → NotifyFailure ✓",
        &["✗ ErrProcessPayment", "1 captured, 0 voided, 1 refunded"],
    ),
    (
        "order 22",
        "needs attention",
        "ProcessOrder ✓ → ProcessPayment ✗ → ProcessRefund ✗ → UpdateOrderStatus ↩ → NotifyFailure ✓",
        &[
            "✗ ErrProcessPayment",
            "✗ ErrProcessRefund",
            "still standing: capture ch_",
            "1 captured, 0 voided, 0 refunded",
        ],
    ),
    (
        "order 3",
        "compensated",
        "ProcessOrder ✓ → ProcessPayment ✓ → ReserveInventory ✗ → ReleaseInventory ↩ → ProcessRefund ↩ → \
         UpdateOrderStatus ↩ → NotifyFailure ✓",
        &["✗ ErrReserveInventory", "1 captured, 0 voided, 1 refunded"],
    ),
    (
        "order 33",
        "needs attention",
        "ProcessOrder ✓ → ProcessPayment ✓ → ReserveInventory ✗ → ReleaseInventory ✗ → ProcessRefund ↩ → \
         UpdateOrderStatus ↩ → NotifyFailure ✓",
        &["✗ ErrReserveInventory", "✗ ErrReleaseInventory", "still standing: reservation rsv_", "1 refunded"],
    ),
];

#[tokio::test]
async fn the_demo_shows_every_row_of_both_sagas_and_a_cancellation() {
    let ended = ensemble(&["demo"], &Env::new()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let blocks: Vec<_> = ended.out.split("\n\ncustomer ").skip(1).collect();
    assert_eq!(blocks.len(), SHOWN.len(), "{ended:?}");
    for (block, (whom, outcome, path, more)) in blocks.iter().zip(SHOWN) {
        let title = block.lines().next().unwrap();
        let (named, _) = title.split_once("  ").unwrap();
        let of_order = named.strip_prefix("8d04ea6f-c6b2-4422-8550-839a16f01feb ");
        assert!(of_order.map_or(named == whom, |order| order.starts_with(whom)), "{block}");
        assert!(title.contains(outcome), "{block}");
        for text in [path].iter().chain(more) {
            assert!(block.contains(text), "{text}: {block}");
        }
    }
    assert!(ended.out.contains("✓ All 13 sagas ended as they should."), "{ended:?}");
    assert!(!ended.out.contains('\u{1b}'), "colours where there is no terminal: {ended:?}");
}

#[tokio::test]
async fn the_demo_as_json_is_a_line_for_each_row() {
    let ended = ensemble(&["demo", "--json"], &Env::new()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let rows = ended.json();
    assert_eq!(rows.len(), SHOWN.len(), "{ended:?}");
    for (row, (whom, outcome, ..)) in rows.iter().zip(SHOWN) {
        assert_eq!(row["ok"], true, "{row}");
        assert_eq!(row["problems"].as_array().map(Vec::len), Some(0), "{row}");
        assert_eq!(row["notification"]["saga"], row["saga"], "{row}");
        assert_eq!(row["notification"]["outcome"], outcome.replace(' ', "_"), "{row}");
        match whom.strip_prefix("order ") {
            Some(start) => {
                assert_eq!(row["saga"], "order", "{row}");
                assert!(row["order_id"].as_str().unwrap().starts_with(start), "{row}");
                assert_eq!(row["gateway"]["authorized"], 0, "{row}");
            }
            None => assert_eq!((&row["saga"], &row["customerId"]), (&Value::from("fare"), &Value::from(whom)), "{row}"),
        }
    }
}

/// The rows that `demo --json` plays with these options, by saga and name.
async fn played(options: &[&str]) -> BTreeSet<(String, String)> {
    let ended = ensemble(&[&["demo", "--json"], options].concat(), &Env::new()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    ended.json().iter().map(|row| (text(row, "saga"), text(row, "row"))).collect()
}

#[tokio::test]
async fn the_demo_plays_the_rows_that_are_asked_for() {
    let rows = |names: &[(&str, &str)]| -> BTreeSet<_> {
        names.iter().map(|(saga, row)| ((*saga).to_owned(), (*row).to_owned())).collect()
    };
    let fares = ["3", "3_fail_auth", "3_fail_charge", "3_fail_credit", "3_fail_credit_fail_refund", "cancel"];
    assert_eq!(played(&["--saga", "fare"]).await, rows(&fares.map(|row| ("fare", row))));
    let named = played(&["--row", "22", "--row", "3_fail_auth"]).await;
    assert_eq!(named, rows(&[("fare", "3_fail_auth"), ("order", "22")]));
    assert_eq!(played(&["--row", "3"]).await, rows(&[("fare", "3"), ("order", "3")]));
    assert_eq!(played(&["--row", "3", "--saga", "order"]).await, rows(&[("order", "3")]));
}

#[tokio::test]
async fn a_row_that_is_not_known_exits_with_2_and_those_that_are_known() {
    for (options, known) in [
        (&["--row", "4"][..], &["3_fail_auth", "3_fail_credit_fail_refund", "cancel", "plain", "11", "33"][..]),
        (&["--row", "cancel", "--saga", "order"], &["plain", "11", "33"]),
    ] {
        let ended = ensemble(&[&["demo"], options].concat(), &Env::new()).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(known.iter().all(|name| ended.err.contains(name)), "{ended:?}");
        assert_eq!(ended.out, "", "{ended:?}");
    }
}
