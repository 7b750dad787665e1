//! What a caller may ask: the body of a POST, read and checked.
//!
//! **Invariant:** what is wrong is told by field and rule, never by value, and a [`Request`] holds
//! no card data.

use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::card::Card;
use crate::faults::Operation;
use crate::invalid::{Invalid, require};

/// A request without its card: what is decided on, what is kept, and what tells a replay from a
/// reused key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Authorize { reference: String, customer: String, amount: Amount },
    Capture { authorization: String, amount: Amount },
    Void { authorization: String },
    Refund { charge: String, amount: Amount },
    Debit { reference: String, customer: String, amount: Amount },
}

/// Money in minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Amount {
    #[serde(default)]
    pub(crate) minor: i64,
    #[serde(default)]
    pub(crate) currency: String,
}

// A field that is absent takes a default that breaks the field's own rule, so that the answer names
// it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AuthorizeBody {
    reference: String,
    customer: String,
    amount: Amount,
    card: Card,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DebitBody {
    reference: String,
    customer: String,
    amount: Amount,
}

#[derive(Deserialize)]
struct AmountBody {
    #[serde(default)]
    amount: Amount,
}

#[derive(Deserialize)]
struct EmptyBody {}

impl Request {
    /// Reads a POST; `None` for a path that asks for nothing we do.
    pub(crate) fn read(path: &str, body: &[u8]) -> Option<Result<Self, Invalid>> {
        let segments: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
        match segments.as_slice() {
            ["authorizations"] => Some(authorize(body)),
            ["authorizations", id, "capture"] => {
                let authorization = (*id).to_owned();
                Some(amount(body).map(|amount| Self::Capture { authorization, amount }))
            }
            ["authorizations", id, "void"] => {
                let authorization = (*id).to_owned();
                Some(parse(body).map(|EmptyBody {}| Self::Void { authorization }))
            }
            ["debits"] => Some(debit(body)),
            ["charges", id, "refund"] => {
                let charge = (*id).to_owned();
                Some(amount(body).map(|amount| Self::Refund { charge, amount }))
            }
            _ => None,
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Authorize { .. } => Operation::Authorize,
            Self::Capture { .. } => Operation::Capture,
            Self::Void { .. } => Operation::Void,
            Self::Refund { .. } => Operation::Refund,
            Self::Debit { .. } => Operation::Debit,
        }
    }
}

/// The card ends here.
fn authorize(body: &[u8]) -> Result<Request, Invalid> {
    let AuthorizeBody { reference, customer, amount, card } = parse(body)?;
    check_payment(&reference, &customer, &amount)?;
    card.check()?;
    Ok(Request::Authorize { reference, customer, amount })
}

fn debit(body: &[u8]) -> Result<Request, Invalid> {
    let DebitBody { reference, customer, amount } = parse(body)?;
    check_payment(&reference, &customer, &amount)?;
    Ok(Request::Debit { reference, customer, amount })
}

/// What begins a payment says whose it is and how much.
fn check_payment(reference: &str, customer: &str, amount: &Amount) -> Result<(), Invalid> {
    require((1..=128).contains(&reference.chars().count()), "reference", "must be 1 to 128 characters")?;
    require(customer.chars().count() <= 256, "customer", "must be at most 256 characters")?;
    amount.check()
}

fn amount(body: &[u8]) -> Result<Amount, Invalid> {
    let AmountBody { amount } = parse(body)?;
    amount.check()?;
    Ok(amount)
}

impl Amount {
    fn check(&self) -> Result<(), Invalid> {
        let currency = self.currency.as_bytes();
        require(self.minor > 0, "amount.minor", "must be greater than 0")?;
        require(
            currency.len() == 3 && currency.iter().all(u8::is_ascii_uppercase),
            "amount.currency",
            "must be 3 uppercase letters",
        )
    }
}

/// Reads a body; the parser's own message is dropped, for it quotes what it read.
fn parse<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Invalid> {
    serde_json::from_slice(body).map_err(|error| Invalid {
        field: "body",
        rule: match error.classify() {
            Category::Data => "must have the documented shape",
            Category::Io | Category::Syntax | Category::Eof => "must be JSON",
        },
        position: Some((error.line(), error.column())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_in(path: &str, body: &str) -> String {
        match Request::read(path, body.as_bytes()) {
            Some(Err(invalid)) => invalid.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn each_absent_field_is_named_in_turn() {
        let path = "/v1/authorizations";
        let card = r#""card":{"number":"2424 2424 2424 2424","expiry":"12/22","cvv":"111"}"#;
        let amount = r#""amount":{"minor":1,"currency":"USD"}"#;
        for (body, message) in [
            ("{}".to_owned(), "reference: must be 1 to 128 characters"),
            (r#"{"reference":"s"}"#.to_owned(), "amount.minor: must be greater than 0"),
            (
                format!(r#"{{"reference":"s","amount":{{"minor":1,"currency":"usd"}},{card}}}"#),
                "amount.currency: must be 3 uppercase letters",
            ),
            (
                format!(r#"{{"reference":"s",{amount}}}"#),
                "card.number: must be 12 to 19 digits, with single spaces or dashes",
            ),
            (format!(r#"{{"reference":"{}",{card}}}"#, "é".repeat(129)), "reference: must be 1 to 128 characters"),
            (
                format!(r#"{{"reference":"s","customer":"{}",{card}}}"#, "é".repeat(257)),
                "customer: must be at most 256 characters",
            ),
        ] {
            assert_eq!(fault_in(path, &body), message);
        }
    }

    #[test]
    fn a_debit_needs_no_card() {
        let path = "/v1/debits";
        for (body, message) in [
            ("{}", "reference: must be 1 to 128 characters"),
            (r#"{"reference":"s"}"#, "amount.minor: must be greater than 0"),
            (r#"{"reference":"s","amount":{"minor":1}}"#, "amount.currency: must be 3 uppercase letters"),
        ] {
            assert_eq!(fault_in(path, body), message);
        }
        let body = br#"{"reference":"s","customer":"3","amount":{"minor":5,"currency":"EUR"}}"#;
        let amount = Amount { minor: 5, currency: "EUR".to_owned() };
        let debit = Request::Debit { reference: "s".to_owned(), customer: "3".to_owned(), amount };
        assert_eq!(Request::read(path, body), Some(Ok(debit)));
    }

    #[test]
    fn a_body_that_cannot_be_read_is_not_quoted() {
        for (body, message) in [
            ("x4929123456789012", "body: must be JSON (line 1, column 1)"),
            ("", "body: must be JSON (line 1, column 0)"),
            (r#"{"card":{"cvv":7391}}"#, "body: must have the documented shape (line 1, column 19)"),
            (r#"{"amount":{"minor":20.5}}"#, "body: must have the documented shape (line 1, column 23)"),
        ] {
            assert_eq!(fault_in("/v1/authorizations", body), message);
        }
    }

    #[test]
    fn a_path_names_the_operation_and_what_it_is_about() {
        let body = br#"{"amount":{"minor":5,"currency":"EUR"}}"#;
        let amount = Amount { minor: 5, currency: "EUR".to_owned() };
        assert_eq!(
            Request::read("/v1/charges/ch_1/refund", body),
            Some(Ok(Request::Refund { charge: "ch_1".to_owned(), amount: amount.clone() }))
        );
        assert_eq!(
            Request::read("/v1/authorizations/tok_1/capture", body),
            Some(Ok(Request::Capture { authorization: "tok_1".to_owned(), amount }))
        );
        assert_eq!(Request::read("/v1/authorizations/tok_1/refund", body), None);
    }
}
