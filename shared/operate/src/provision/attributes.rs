//! Attributes of queues, topics and subscriptions.

use serde_json::{Value, json};

/// An attribute as AWS takes it: documents as JSON, all else as it is.
pub(super) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether an attribute says the same, however its JSON is written; numbers may come back as texts.
pub(super) fn same(found: &str, wanted: &Value) -> bool {
    match wanted {
        Value::String(wanted) => found == wanted,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            serde_json::from_str::<Value>(found).is_ok_and(|found| loosely(&found) == loosely(wanted))
        }
    }
}

/// Numbers as texts; a list of one as its element, as policies are given back.
fn loosely(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        Value::Array(items) => match items.as_slice() {
            [one] => loosely(one),
            items => items.iter().map(loosely).collect(),
        },
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), loosely(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_compared_by_what_it_says() {
        let redrive = json!({ "maxReceiveCount": 1000, "deadLetterTargetArn": "arn" });
        assert!(same(r#"{"deadLetterTargetArn":"arn","maxReceiveCount":"1000"}"#, &redrive));
        assert!(!same(r#"{"deadLetterTargetArn":"arn","maxReceiveCount":"10"}"#, &redrive));
        assert!(same(r#"{"type":"a"}"#, &json!({ "type": ["a"] })));
        assert!(!same(r#"{"type":["a","b"]}"#, &json!({ "type": ["a"] })));
        assert!(same("true", &json!("true")));
        assert!(!same("", &json!({})));
    }
}
