//! The ways of fares and of orders, and how each must end.

use contracts::{Outcome, SagaKind, kinds};

/// A fare or an order, and how it must end.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kind: SagaKind,
    /// The customer of a fare, the id of an order.
    pub(crate) id: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<&'static str>,
    pub(crate) path: &'static str,
    pub(crate) standing: &'static [&'static str],
    /// Authorized, captured, voided, refunded.
    pub(crate) ledger: [u64; 4],
}

/// A fare that goes well.
const FARE: Row = Row {
    kind: kinds::FARE,
    id: "3",
    outcome: Outcome::Completed,
    error: None,
    path: "RegisterFare ChargeFare CreditCustomerAccount SetFareStatusCompleted",
    standing: &[],
    ledger: [1, 1, 0, 0],
};

/// A fare of a customer for whom a test lets the gateway fail.
pub(crate) static BROKEN: Row = Row { id: "3_broken", ..FARE };

/// The five ways of a fare.
const FARES: [Row; 5] = [
    FARE,
    Row {
        id: "3_fail_auth",
        outcome: Outcome::Compensated,
        error: Some("PaymentAuthException"),
        path: "RegisterFare !ChargeFare SetFareStatusFailed",
        ledger: [0, 0, 0, 0],
        ..FARE
    },
    Row {
        id: "3_fail_charge",
        outcome: Outcome::Compensated,
        error: Some("PaymentChargeException"),
        path: "RegisterFare !ChargeFare SetFareStatusFailed",
        ledger: [1, 0, 1, 0],
        ..FARE
    },
    Row {
        id: "3_fail_credit",
        outcome: Outcome::Compensated,
        error: Some("AccountCreditException"),
        path: "RegisterFare ChargeFare !CreditCustomerAccount RefundFare SetFareStatusFailed",
        ledger: [1, 1, 0, 1],
        ..FARE
    },
    Row {
        id: "3_fail_credit_fail_refund",
        outcome: Outcome::NeedsAttention,
        error: Some("AccountCreditException"),
        path: "RegisterFare ChargeFare !CreditCustomerAccount !RefundFare SetFareStatusFailed",
        standing: &["capture"],
        ..FARE
    },
];

/// An order that goes well.
const ORDER: Row = Row {
    kind: kinds::ORDER,
    id: "40063fe3",
    path: "ProcessOrder ProcessPayment ReserveInventory",
    ledger: [0, 1, 0, 0],
    ..FARE
};

/// The seven ways of an order.
const ORDERS: [Row; 7] = [
    ORDER,
    Row {
        id: "10063fe3",
        outcome: Outcome::Compensated,
        error: Some("ErrProcessOrder"),
        path: "!ProcessOrder UpdateOrderStatus",
        ledger: [0, 0, 0, 0],
        ..ORDER
    },
    Row {
        id: "11063fe3",
        outcome: Outcome::NeedsAttention,
        error: Some("ErrProcessOrder"),
        path: "!ProcessOrder !UpdateOrderStatus",
        standing: &["order"],
        ledger: [0, 0, 0, 0],
        ..ORDER
    },
    Row {
        id: "20063fe3",
        outcome: Outcome::Compensated,
        error: Some("ErrProcessPayment"),
        path: "ProcessOrder !ProcessPayment ProcessRefund UpdateOrderStatus",
        ledger: [0, 1, 0, 1],
        ..ORDER
    },
    Row {
        id: "22063fe3",
        outcome: Outcome::NeedsAttention,
        error: Some("ErrProcessPayment"),
        path: "ProcessOrder !ProcessPayment !ProcessRefund UpdateOrderStatus",
        standing: &["capture"],
        ..ORDER
    },
    Row {
        id: "30063fe3",
        outcome: Outcome::Compensated,
        error: Some("ErrReserveInventory"),
        path: "ProcessOrder ProcessPayment !ReserveInventory ReleaseInventory ProcessRefund UpdateOrderStatus",
        ledger: [0, 1, 0, 1],
        ..ORDER
    },
    Row {
        id: "33063fe3",
        outcome: Outcome::NeedsAttention,
        error: Some("ErrReserveInventory"),
        path: "ProcessOrder ProcessPayment !ReserveInventory !ReleaseInventory ProcessRefund UpdateOrderStatus",
        standing: &["reservation"],
        ledger: [0, 1, 0, 1],
        ..ORDER
    },
];

static ROWS: [&[Row]; 2] = [&FARES, &ORDERS];

/// The row of a fare's customer, or of an order.
pub(crate) fn row(id: &str) -> &'static Row {
    let found = ROWS.into_iter().flatten().find(|row| row.id == id);
    found.unwrap_or_else(|| panic!("{id} is in no row"))
}

/// This many fares, of every row in turn.
pub(crate) fn fares(count: usize) -> Vec<&'static Row> {
    ROWS[0].iter().cycle().take(count).collect()
}

/// Fares and orders, one of every row.
pub(crate) fn one_of_each() -> Vec<&'static Row> {
    ROWS.into_iter().flatten().collect()
}

impl Row {
    /// What a client sends, on one line.
    pub(crate) fn request(&self) -> String {
        if self.kind == kinds::FARE { request(self.id) } else { order(self.id) }
    }
}

/// A request for the fare `wr_563`, on one line.
pub(crate) fn request(customer: &str) -> String {
    serde_json::json!({
        "customerId": customer, "fareId": "wr_563", "fareAmount": "$20.00",
        "cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111",
    })
    .to_string()
}

/// A request for an order, on one line.
pub(crate) fn order(order_id: &str) -> String {
    let item = r#"{"item_id": "567", "qty": 1.0, "description": "Cart item 1", "unit_price": 199.99}"#;
    let customer =
        r#""order_date": "2018-10-19T10:50:16+08:00", "customer_id": "8d04ea6f-c6b2-4422-8550-839a16f01feb""#;
    format!(r#"{{"order_id": "{order_id}", {customer}, "items": [{item}]}}"#)
}
