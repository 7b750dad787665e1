//! The rows that the demo and the bench play, and how each must end.

use clap::builder::{PossibleValue, PossibleValuesParser};
use console::Error;
use contracts::{Outcome, SagaKind, kinds};

/// A fare or an order, and how its saga must end.
#[derive(Debug)]
pub(crate) struct Row {
    /// By which it is chosen; one of a fare and one of an order may be the same.
    pub(crate) name: &'static str,
    pub(crate) kind: SagaKind,
    /// The field of the request that holds the id.
    pub(crate) id_field: &'static str,
    /// The request with this id.
    with_id: fn(&str) -> String,
    /// The customer of a fare, the id of an order: what forces the failure.
    pub(crate) id: &'static str,
    pub(crate) about: &'static str,
    /// Whether it is cancelled while it is being paid.
    pub(crate) cancelled: bool,
    pub(crate) outcome: Outcome,
    /// Why the saga failed, and why its compensations did.
    pub(crate) errors: &'static [&'static str],
    /// The steps that fail, in their order. Every other step takes effect, and is undone where the saga fails.
    pub(crate) failed: &'static [&'static str],
    /// The kinds of effects that stand.
    pub(crate) standing: &'static [&'static str],
    /// Authorized, captured, voided, refunded; a debit is captured at once.
    pub(crate) ledger: [u64; 4],
}

/// What a row has in common with most.
const FARE: Row = Row {
    name: "3",
    kind: kinds::FARE,
    id_field: "customerId",
    with_id: fare,
    id: "3",
    about: "everything goes well",
    cancelled: false,
    outcome: Outcome::Completed,
    errors: &[],
    failed: &[],
    standing: &[],
    ledger: [1, 1, 0, 0],
};

const FARES: [Row; 6] = [
    FARE,
    Row {
        name: "3_fail_auth",
        id: "3_fail_auth",
        about: "the card is not authorised",
        outcome: Outcome::Compensated,
        errors: &["PaymentAuthException"],
        failed: &["ChargeFare"],
        ledger: [0, 0, 0, 0],
        ..FARE
    },
    Row {
        name: "3_fail_charge",
        id: "3_fail_charge",
        about: "the charge is refused, and the hold is voided",
        outcome: Outcome::Compensated,
        errors: &["PaymentChargeException"],
        failed: &["ChargeFare"],
        ledger: [1, 0, 1, 0],
        ..FARE
    },
    Row {
        name: "3_fail_credit",
        id: "3_fail_credit",
        about: "the account is not credited, and the charge is refunded",
        outcome: Outcome::Compensated,
        errors: &["AccountCreditException"],
        failed: &["CreditCustomerAccount"],
        ledger: [1, 1, 0, 1],
        ..FARE
    },
    Row {
        name: "3_fail_credit_fail_refund",
        id: "3_fail_credit_fail_refund",
        about: "the account is not credited, and the refund fails too",
        outcome: Outcome::NeedsAttention,
        errors: &["AccountCreditException", "RefundException"],
        failed: &["CreditCustomerAccount", "RefundFare"],
        standing: &["capture"],
        ..FARE
    },
    Row {
        name: "cancel",
        about: "it is cancelled while it is being charged, and the charge is refunded",
        cancelled: true,
        outcome: Outcome::Compensated,
        errors: &["SagaCancelled"],
        failed: &["CreditCustomerAccount"],
        ledger: [1, 1, 0, 1],
        ..FARE
    },
];

/// What a row has in common with most.
const ORDER: Row = Row {
    name: "plain",
    kind: kinds::ORDER,
    id_field: "order_id",
    with_id: order,
    id: "40063fe3-56d9-4c51-b91f-71929834ce03",
    failed: &[],
    ledger: [0, 1, 0, 0],
    ..FARE
};

const ORDERS: [Row; 7] = [
    ORDER,
    Row {
        name: "1",
        id: "10063fe3-56d9-4c51-b91f-71929834ce03",
        about: "the order is not processed",
        outcome: Outcome::Compensated,
        errors: &["ErrProcessOrder"],
        failed: &["ProcessOrder"],
        ledger: [0, 0, 0, 0],
        ..ORDER
    },
    Row {
        name: "11",
        id: "11063fe3-56d9-4c51-b91f-71929834ce03",
        about: "the order is not processed, and its status cannot be set",
        outcome: Outcome::NeedsAttention,
        errors: &["ErrProcessOrder", "ErrUpdateOrderStatus"],
        failed: &["ProcessOrder", "UpdateOrderStatus"],
        standing: &["order"],
        ledger: [0, 0, 0, 0],
        ..ORDER
    },
    Row {
        name: "2",
        id: "20063fe3-56d9-4c51-b91f-71929834ce03",
        about: "the payment fails, and what it took is refunded",
        outcome: Outcome::Compensated,
        errors: &["ErrProcessPayment"],
        failed: &["ProcessPayment"],
        ledger: [0, 1, 0, 1],
        ..ORDER
    },
    Row {
        name: "22",
        id: "22063fe3-56d9-4c51-b91f-71929834ce03",
        about: "the payment fails, and the refund of what it took fails too",
        outcome: Outcome::NeedsAttention,
        errors: &["ErrProcessPayment", "ErrProcessRefund"],
        failed: &["ProcessPayment", "ProcessRefund"],
        standing: &["capture"],
        ..ORDER
    },
    Row {
        name: "3",
        id: "30063fe3-56d9-4c51-b91f-71929834ce03",
        about: "the reservation fails, what it took is released, and the payment is refunded",
        outcome: Outcome::Compensated,
        errors: &["ErrReserveInventory"],
        failed: &["ReserveInventory"],
        ledger: [0, 1, 0, 1],
        ..ORDER
    },
    Row {
        name: "33",
        id: "33063fe3-56d9-4c51-b91f-71929834ce03",
        about: "the reservation fails and cannot be released, and the payment is refunded all the same",
        outcome: Outcome::NeedsAttention,
        errors: &["ErrReserveInventory", "ErrReleaseInventory"],
        failed: &["ReserveInventory", "ReleaseInventory"],
        standing: &["reservation"],
        ledger: [0, 1, 0, 1],
        ..ORDER
    },
];

static ROWS: [&[Row]; 2] = [&FARES, &ORDERS];

impl Row {
    /// What a client sends.
    pub(crate) fn request(&self) -> String {
        (self.with_id)(self.id)
    }
}

/// A request for the fare `wr_563`, as clients send it.
pub(crate) fn fare(customer: &str) -> String {
    // Written out, so that its fields stand in the order in which people know them.
    let card = r#""cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111""#;
    format!(r#"{{"customerId": "{customer}", "fareId": "wr_563", "fareAmount": "$20.00", {card}}}"#)
}

/// A request for an order, as clients send it.
pub(crate) fn order(order_id: &str) -> String {
    let item = r#"{"item_id": "567", "qty": 1.0, "description": "Cart item 1", "unit_price": 199.99}"#;
    let customer =
        r#""order_date": "2018-10-19T10:50:16+08:00", "customer_id": "8d04ea6f-c6b2-4422-8550-839a16f01feb""#;
    format!(r#"{{"order_id": "{order_id}", {customer}, "items": [{item}]}}"#)
}

/// All rows of a kind.
pub(crate) fn of(kind: SagaKind) -> impl Iterator<Item = &'static Row> {
    ROWS.into_iter().flatten().filter(move |row| row.kind == kind)
}

/// The rows of a kind, and of these names; all where none is given.
pub(crate) fn chosen(kind: Option<SagaKind>, names: &[String]) -> Result<Vec<&'static Row>, Error> {
    let known: Vec<&Row> = ROWS.into_iter().flatten().filter(|row| kind.is_none_or(|kind| row.kind == kind)).collect();
    if let (Some(kind), Some(name)) = (kind, names.iter().find(|name| known.iter().all(|row| row.name != **name))) {
        let known: Vec<_> = known.iter().map(|row| row.name).collect();
        return Err(Error::Usage(format!("no {kind} is called `{name}`: its rows are {}", known.join(", "))));
    }
    let asked = |row: &&Row| names.is_empty() || names.iter().any(|name| name == row.name);
    Ok(known.into_iter().filter(asked).collect())
}

/// The names of all rows, each with what it is about.
pub(crate) fn row_names() -> PossibleValuesParser {
    let mut names: Vec<(&'static str, String)> = Vec::new();
    for row in ROWS.into_iter().flatten() {
        let about = format!("{}: {}", row.kind, row.about);
        match names.iter_mut().find(|(name, _)| *name == row.name) {
            Some((_, earlier)) => *earlier = format!("{earlier}; {about}"),
            None => names.push((row.name, about)),
        }
    }
    let values: Vec<_> = names.into_iter().map(|(name, about)| PossibleValue::new(name).help(about)).collect();
    PossibleValuesParser::new(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: Option<SagaKind>, names: &[&str]) -> Result<Vec<(SagaKind, &'static str)>, String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let rows = chosen(kind, &names).map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(|row| (row.kind, row.name)).collect())
    }

    #[test]
    fn rows_are_chosen_by_saga_and_by_name() {
        let (fare, order) = (kinds::FARE, kinds::ORDER);
        assert_eq!(names(None, &[]).unwrap().len(), 13);
        assert_eq!(names(Some(order), &[]).unwrap().len(), 7);
        assert_eq!(names(None, &["3"]), Ok(vec![(fare, "3"), (order, "3")]));
        assert_eq!(names(Some(order), &["3", "22", "3"]), Ok(vec![(order, "22"), (order, "3")]));
        let unknown = names(Some(order), &["cancel"]);
        assert_eq!(unknown, Err("no order is called `cancel`: its rows are plain, 1, 11, 2, 22, 3, 33".to_owned()));
    }

    #[test]
    fn every_request_keeps_the_rules() {
        for row in ROWS.into_iter().flatten() {
            assert_eq!(booking::check(row.kind, &row.request()), Ok(()), "{row:?}");
        }
    }
}
