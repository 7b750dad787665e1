//! Takes card data out of what has to be kept: dead letters, and what people and clients say in words.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `number` | what a card number is |
//! | `strict` | JSON in which no name stands twice |
//!
//! **Invariant:** what cannot be read cannot be judged, so it is not kept at all.

mod number;
mod strict;

use std::borrow::Cow;

use serde_json::{Number, Value};

use strict::Strict;
use wire::Identifier;

pub use wire::{MARK, REMOVED};

/// How deep a body is followed; what lies deeper is removed.
const MAX_DEPTH: usize = 16;

/// The card of an event, which nobody can read but payment.
const SEALED_CARD: &str = "sealedcard";

/// Decimal digits that a float keeps for sure.
const PRECISE_DIGITS: usize = 15;

/// The names under which clients send card data, besides those that hold the word `card`; in lower case and without
/// `_` and `-`. What is in base64 cannot be read here.
const CARD_NAMES: &[&str] = &[
    "database64",
    "cc",
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
    match serde_json::from_str(body) {
        Ok(Strict(Value::Object(fields))) => {
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

/// A text that a person or a client wrote: as it was, but for card numbers, in whose place [`REMOVED`] stands.
///
/// Digits that only separators divide from the number go with it: they may be its expiry date.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let places = number::places(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut clean = text.to_owned();
    for place in places.into_iter().rev() {
        clean.replace_range(place, REMOVED);
    }
    Cow::Owned(clean)
}

/// Whether a card number stands in this text.
fn may_hold_card_number(text: &str) -> bool {
    !number::places(text).is_empty()
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
        Value::String(text) if text.trim_start().starts_with('[') => match serde_json::from_str(text) {
            Ok(Strict(mut inner)) => {
                let removed = redact(&mut inner, depth + 1);
                if removed {
                    *text = inner.to_string();
                }
                removed
            }
            Err(_no_list) => clean(value),
        },
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => clean(value),
    }
}

/// Removes a text or a number that may hold a card number, as a whole; tells whether it did.
fn clean(value: &mut Value) -> bool {
    let removed = match value {
        Value::String(text) => may_hold_card_number(text),
        Value::Number(number) => {
            let text = number.to_string();
            is_imprecise(number, &text) || may_hold_card_number(&text)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    if removed {
        *value = Value::from(REMOVED);
    }
    removed
}

/// Whether a number may have been written with other digits than those that were kept of it.
fn is_imprecise(number: &Number, text: &str) -> bool {
    number.is_f64() && text.bytes().filter(u8::is_ascii_digit).count() > PRECISE_DIGITS
}

/// The ids of a request are told back and stored as they are, so they are kept here too: any digits may be in them.
fn is_identifier(name: &str, field: &Value) -> bool {
    matches!(name, "customerId" | "fareId" | "customer_id" | "order_id" | "item_id")
        && field.as_str().is_some_and(|id| Identifier::parse(id).is_ok())
}

fn is_card_name(name: &str) -> bool {
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    (folded.contains("card") && folded != SEALED_CARD) || CARD_NAMES.contains(&folded.as_str())
}

#[cfg(test)]
mod tests;
