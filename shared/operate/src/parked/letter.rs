//! One message that waits for a person, and what can be told about it.
//!
//! **Invariant:** what is told of a body is told without what must not be kept; only the destination of a redrive gets it as it is.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use jiff::Timestamp;
use runtime::Cleaning;
use runtime::tools::REQUEST_ID;
use serde_json::Value;
use wire::MARK;

/// A message that waits for a person.
#[derive(Clone)]
pub struct Letter {
    /// Its SQS message id.
    pub id: String,
    /// Its String message attributes.
    pub attributes: BTreeMap<String, String>,
    /// Why it is there: as the service said, or `undelivered` by SNS, or `received_too_often` when SQS moved it.
    pub reason: String,
    /// What exactly is wrong, where a service said so.
    pub detail: String,
    /// The type of the event, where that can be read.
    pub event_type: Option<String>,
    /// The saga, where that can be read.
    pub saga: Option<String>,
    /// When the message was sent at first.
    pub first_seen: Timestamp,
    /// Whether something was removed from its body, so that it can never be handled.
    pub redacted: bool,
    pub(super) receipt: String,
    pub(super) body: String,
    undelivered: bool,
    all_attributes: HashMap<String, MessageAttributeValue>,
}

impl std::fmt::Debug for Letter {
    /// Without the body, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("id", &self.id).field("bytes", &self.body.len()).finish()
    }
}

impl Letter {
    pub(super) fn of(message: Message, undelivered: bool) -> Option<Self> {
        let all_attributes = message.message_attributes.unwrap_or_default();
        let attributes: BTreeMap<_, _> = all_attributes
            .iter()
            .filter(|(_, value)| value.data_type() == "String")
            .filter_map(|(name, value)| Some((name.clone(), value.string_value()?.to_owned())))
            .collect();
        let body = message.body.unwrap_or_default();
        let fields: Value = serde_json::from_str(&body).unwrap_or_default();
        let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let attribute = |name: &str| attributes.get(name).cloned();
        let is_event = fields.get("specversion").is_some();
        let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
        let sent = attribute("firstSeen").or_else(|| sent.cloned()).and_then(|ms| ms.parse().ok());
        let reason = if undelivered { "undelivered" } else { "received_too_often" };
        Some(Self {
            id: message.message_id?,
            // What SNS could not deliver has the attributes of its publisher, which mean something else.
            reason: attribute("reason").filter(|_| !undelivered).unwrap_or_else(|| reason.to_owned()),
            detail: attribute("detail").filter(|_| !undelivered).unwrap_or_default(),
            event_type: attribute("eventType").or(attribute("type")).or(field("type").filter(|_| is_event)),
            saga: attribute("saga").or(field("correlationid").filter(|_| is_event)).or(field("sagaId")),
            first_seen: sent.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::UNIX_EPOCH),
            redacted: fields.get(MARK).is_some(),
            receipt: message.receipt_handle?,
            attributes,
            body,
            undelivered,
            all_attributes,
        })
    }

    /// Its body as it may be shown: without what must not be kept.
    #[must_use]
    pub fn body_to_show(&self, cleaning: Cleaning) -> String {
        (cleaning.body)(&self.body)
    }

    /// The attributes with which it is sent to where it was meant for.
    ///
    /// What SNS could not deliver keeps its own. Of a dead letter only the identity of the request goes along: the rest
    /// describes the dead letter.
    pub(super) fn attributes_to_send(&self) -> HashMap<String, MessageAttributeValue> {
        if self.undelivered {
            return self.all_attributes.clone();
        }
        let identity = [REQUEST_ID, "messageId"].iter().find_map(|name| self.attributes.get(*name));
        let identity = identity.unwrap_or(&self.id);
        let value = MessageAttributeValue::builder().data_type("String").string_value(identity).build();
        value.map(|value| (REQUEST_ID.to_owned(), value)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> MessageAttributeValue {
        MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
    }

    fn letter(body: &str, attributes: &[(&str, &str)], undelivered: bool) -> Letter {
        let mut message = Message::builder()
            .message_id("m1")
            .receipt_handle("r")
            .body(body)
            .attributes(MessageSystemAttributeName::SentTimestamp, "2000");
        for (name, value) in attributes {
            message = message.message_attributes(*name, text(value));
        }
        Letter::of(message.build(), undelivered).unwrap()
    }

    fn sent(letter: &Letter) -> Vec<(String, String)> {
        let all = letter.attributes_to_send().into_iter();
        let mut all: Vec<_> = all.map(|(name, value)| (name, value.string_value().unwrap().to_owned())).collect();
        all.sort();
        all
    }

    #[test]
    fn a_dead_letter_is_told_by_its_attributes_and_sent_with_its_identity_alone() {
        let attributes = [("reason", "exhausted"), ("eventType", "trip_registered"), ("firstSeen", "1000")];
        let dead = letter("{}", &attributes, false);
        assert_eq!((dead.reason.as_str(), dead.event_type.as_deref()), ("exhausted", Some("trip_registered")));
        assert_eq!(dead.first_seen.as_millisecond(), 1000);
        let identity = |more: &[(&str, &str)]| {
            let all = sent(&letter("{}", &[&attributes, more].concat(), false));
            assert_eq!(all.len(), 1, "{all:?}");
            all[0].clone()
        };
        let request = |id: &str| (REQUEST_ID.to_owned(), id.to_owned());
        assert_eq!(identity(&[("requestId", "q"), ("messageId", "n")]), request("q"));
        assert_eq!(identity(&[("messageId", "n")]), request("n"));
        assert_eq!(identity(&[]), request("m1"));
    }

    #[test]
    fn what_was_not_delivered_keeps_its_attributes() {
        let event = r#"{"specversion":"1.0","type":"t","correlationid":"s"}"#;
        let lost = letter(event, &[("reason", "of the publisher"), ("IsSuccessful", "true")], true);
        assert_eq!((lost.reason.as_str(), lost.detail.as_str()), ("undelivered", ""));
        assert_eq!((lost.event_type.as_deref(), lost.saga.as_deref()), (Some("t"), Some("s")));
        assert_eq!(lost.first_seen.as_millisecond(), 2000);
        assert_eq!(sent(&lost).len(), 2);
        assert_eq!(letter("{}", &[], false).reason, "received_too_often");
    }

    #[test]
    fn a_body_is_shown_as_it_is_cleaned() {
        let cleaning = Cleaning { body: |body| body.replace("\"111\"", "\"\",\"redacted\":true"), ..Cleaning::NOTHING };
        let request = letter(r#"{"name":"3","code":"111"}"#, &[], true);
        assert!(!request.body_to_show(cleaning).contains("111") && !request.redacted);
        assert!(letter(&request.body_to_show(cleaning), &[], false).redacted);
        assert!(!format!("{request:?}").contains("111"));
    }
}
