//! Takes card data out of a body that has to be kept: a dead letter.
//!
//! **Invariant:** what cannot be read cannot be judged, so it is not kept at all.

use serde_json::Value;
use uuid::Uuid;

use crate::Identifier;

/// What stands in place of a value that may be card data.
pub const REMOVED: &str = "[removed]";

/// The field that marks a body from which something was removed: it can be read, but never be handled.
pub const MARK: &str = "redacted";

/// How deep a body is followed; what lies deeper is removed.
const MAX_DEPTH: usize = 16;

/// The names under which clients send card data, in lower case and without `_` and `-`.
const CARD_NAMES: &[&str] = &[
    "cc",
    "card",
    "cardnumber",
    "ccnumber",
    "number",
    "pan",
    "expirydate",
    "expiry",
    "exp",
    "cvv",
    "cvc",
    "cvv2",
    "cvc2",
    "csc",
    "securitycode",
];

/// The body of a dead letter: as it was, but for what is or may be card data.
///
/// A body that is no JSON object becomes a note of its size.
#[must_use]
pub fn body(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(fields)) => {
            let mut value = Value::Object(fields);
            // Only a body that holds something to hide is written anew: an event keeps its bytes, so that it can
            // be redriven as the same event.
            if !redact(&mut value, 0) {
                return body.to_owned();
            }
            if let Value::Object(fields) = &mut value {
                fields.insert(MARK.to_owned(), Value::Bool(true));
            }
            value.to_string()
        }
        Ok(_) | Err(_) => {
            serde_json::json!({ MARK: true, "removed": "not a JSON object", "bytes": body.len() }).to_string()
        }
    }
}

/// A short text from outside, such as a gateway's message: as it was, or [`REMOVED`] if it may hold a card number.
#[must_use]
pub fn text(text: &str) -> &str {
    if may_hold_card_number(text) { REMOVED } else { text }
}

/// Removes card data below `value`; tells whether there was any.
fn redact(value: &mut Value, depth: usize) -> bool {
    match value {
        Value::Object(fields) => {
            let mut removed = false;
            // A key can carry a number as well as a value can.
            let suspects: Vec<String> = fields.keys().filter(|key| may_hold_card_number(key)).cloned().collect();
            for key in suspects {
                fields.remove(&key);
                removed = true;
            }
            for (name, field) in fields {
                if is_identifier(name, field) {
                    continue;
                }
                if depth >= MAX_DEPTH || is_card_name(name) {
                    *field = Value::from(REMOVED);
                    removed = true;
                } else {
                    removed |= redact(field, depth + 1);
                }
            }
            removed
        }
        Value::Array(items) => {
            let mut removed = false;
            for item in items {
                removed |= redact(item, depth + 1);
            }
            removed
        }
        Value::String(text) if text.trim_start().starts_with('{') => {
            // A body within a body: the `Message` of an SNS envelope, or `data` written as text.
            let inner = body(text);
            let removed = inner != *text;
            *text = inner;
            removed
        }
        Value::String(text) if may_hold_card_number(text) => {
            *value = Value::from(REMOVED);
            true
        }
        Value::Number(number) if may_hold_card_number(&number.to_string()) => {
            *value = Value::from(REMOVED);
            true
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => false,
    }
}

/// The ids of a request are told back and stored as they are, so they are kept here too: any digits may be in them.
fn is_identifier(name: &str, field: &Value) -> bool {
    matches!(name, "customerId" | "fareId" | "customer_id" | "order_id" | "item_id")
        && field.as_str().is_some_and(|id| Identifier::parse(id).is_ok())
}

fn is_card_name(name: &str) -> bool {
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    CARD_NAMES.contains(&folded.as_str())
}

/// Whether a text holds 12 to 19 digits in a row, spaces, dashes and dots aside, between characters that are no
/// letters. UUIDs and ARNs, in which such a row can occur, are let through.
fn may_hold_card_number(text: &str) -> bool {
    if Uuid::try_parse(text).is_ok() || is_traceparent(text) || text.starts_with("arn:aws") {
        return false;
    }
    let mut digits = 0;
    let mut in_word = false;
    let mut longest = 0;
    for character in text.chars() {
        if character.is_ascii_digit() && !in_word {
            digits += 1;
            longest = longest.max(digits);
        } else if character.is_alphabetic() || character == '_' {
            // `ch_1234…` and hexadecimal ids are words, not numbers.
            digits = 0;
            in_word = true;
        } else if matches!(character, ' ' | '-' | '.') {
            in_word = false;
        } else if !character.is_ascii_digit() {
            digits = 0;
            in_word = false;
        }
    }
    longest >= 12 && !is_timestamp(text)
}

fn is_traceparent(text: &str) -> bool {
    text.len() == 55 && text.starts_with("00-") && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn is_timestamp(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_data_is_removed_wherever_it_stands() {
        let bodies = [
            r#"{"customerId":"3","cc":"2424 2424 2424 2424","expiryDate":"12/22","cvv":"111"}"#,
            r#"{"type":"fare_asked","data":{"card":{"number":"2424-2424-2424-2424"},"CVV":111,"expiry_date":"12/22"}}"#,
            r#"{"Message":"{\"cc\":\"2424 2424 2424 2424\",\"expiryDate\":\"12/22\",\"cvv\":\"111\"}"}"#,
            r#"{"note":"card 2424242424242424 ends 12","list":[2424242424242424]}"#,
            r#"{"2424 2424 2424 2424":1}"#,
            r#"["2424 2424 2424 2424"]"#,
            "2424 2424 2424 2424",
            "{\"cc\":\"2424 2424 2424 2424",
        ];
        for given in bodies {
            let kept = body(given);
            for secret in ["2424", "12/22", "111"] {
                assert!(!kept.contains(secret), "{secret} stands in {kept}");
            }
        }
    }

    #[test]
    fn a_body_without_card_data_keeps_its_bytes() {
        let given = r#"{ "id":"12345678-1234-4123-8123-123456789012", "time":"2026-11-21T22:00:00.123456789Z","traceparent":"00-11111111111111111111111111111111-2222222222222222-01","chargeId":"ch_111111111111111111","amount":{"minor":2000},"fare":{"customerId":"123456789012"},"TopicArn":"arn:aws:sns:us-east-1:123456789012:t","key":"abc123456789012345"}"#;
        assert_eq!(body(given), given);
    }

    #[test]
    fn what_was_redacted_is_marked() {
        for given in [r#"{"cvv":"111"}"#, "not JSON"] {
            assert!(body(given).contains(r#""redacted":true"#), "{given}");
        }
    }

    #[test]
    fn what_lies_too_deep_is_removed() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
        assert!(body(&deep).contains(REMOVED));
        assert!(body(&"[".repeat(100_000)).contains("not a JSON object"));
    }
}
