//! The envelope that a subscription without raw delivery gets, byte for byte in the order AWS writes it.
//!
//! **Invariant:** the signature is a placeholder: it has the shape of one and verifies nothing.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::REGION;
use crate::sns::message::Message;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    r#type: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<&'a str>,
    topic_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: &'a str,
    signature_version: &'static str,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(rename = "UnsubscribeURL")]
    unsubscribe_url: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<&'a str, Attribute<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute<'a> {
    r#type: &'a str,
    value: String,
}

/// The body of the delivery of this message to this subscription. `url` is the endpoint's.
pub(super) fn envelope(message: &Message, topic_arn: &str, subscription_arn: &str, url: &str) -> String {
    let attributes = message.attributes.iter().map(|(name, value)| {
        let text = value.string_value.clone();
        let binary = || value.binary_value.as_ref().map(|bytes| STANDARD.encode(bytes));
        let value = Attribute { r#type: &value.data_type, value: text.or_else(binary).unwrap_or_default() };
        (name.as_str(), value)
    });
    let envelope = Envelope {
        r#type: "Notification",
        message_id: &message.id,
        sequence_number: message.sequence.as_deref(),
        topic_arn,
        subject: message.subject.as_deref(),
        message: &message.body,
        timestamp: &message.timestamp,
        signature_version: "1",
        signature: STANDARD.encode(format!("not signed: {}", message.id)),
        signing_cert_url: format!("https://sns.{REGION}.amazonaws.com/SimpleNotificationService-0000.pem"),
        unsubscribe_url: format!("{url}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}"),
        message_attributes: attributes.collect(),
    };
    serde_json::to_string(&envelope).unwrap_or_else(|error| {
        tracing::error!(%error, "an envelope could not be written");
        message.body.clone()
    })
}
