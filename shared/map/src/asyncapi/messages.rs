//! Every message, with the schema of its body and of its attributes.

use saga::Announcement;
use saga::owner::request::schema;
use serde_json::{Map as Fields, Value, json};
use wire::EventType;
use wire::schema::Described;

use super::document::{Document, present};
use crate::RequestForm;
use crate::topology::IS_SUCCESSFUL;

/// The message that tells a client how a saga ended.
pub(super) const NOTIFICATION: &str = "notification";

pub(super) const ABOUT_NOTIFICATION: &str = "How a saga ended.";

/// What comes by a topic for requests.
pub(super) const SNS_ENVELOPE: &str = "sns_envelope";

/// Where schemas stand.
const SCHEMAS: &str = "/components/schemas";

/// A reference to a message.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/messages/{name}") })
}

/// A reference to a message of a channel, as operations refer to them.
pub(super) fn in_channel(channel: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/channels/{channel}/messages/{name}") })
}

impl Document<'_> {
    /// Every message, and the schemas to which they refer, by name.
    pub(super) fn messages(&self) -> (Fields<String, Value>, Fields<String, Value>) {
        let published: Vec<EventType> = self.published().collect();
        let Described { events, notification: told, definitions } = (self.map.schemas)(SCHEMAS, &published);
        let mut messages = Fields::new();
        let mut of_requests = Fields::new();
        for (event, payload) in published.into_iter().zip(events) {
            let message = match (payload, (self.map.form)(event)) {
                (Some(payload), _) => announced(event, &payload),
                (None, Some(form)) => requested(event, &form, &mut of_requests),
                (None, None) => continue,
            };
            messages.insert(event.as_str().to_owned(), message);
        }
        messages.insert(NOTIFICATION.to_owned(), self.notification(&told));
        messages.insert(SNS_ENVELOPE.to_owned(), sns_envelope());
        let schemas = definitions.into_iter().chain(of_requests).collect();
        (messages, schemas)
    }

    fn notification(&self, payload: &Value) -> Value {
        let kinds: Vec<&str> = self.map.lexicon.kinds.iter().map(|kind| kind.as_str()).collect();
        json!({
            "name": NOTIFICATION,
            "title": "Notification",
            "summary": ABOUT_NOTIFICATION,
            "headers": attributes(&json!({
                IS_SUCCESSFUL: { "enum": ["true", "false"] },
                "outcome": { "$ref": format!("#{SCHEMAS}/Outcome") },
                "saga": { "enum": kinds },
            })),
            "payload": payload,
        })
    }
}

/// An event that a service announces.
fn announced(event: EventType, payload: &Value) -> Value {
    json!({
        "name": event.as_str(),
        "title": event.name(),
        "summary": event.about(),
        "contentType": "application/cloudevents+json",
        "correlationId": { "location": "$message.payload#/correlationid", "description": "The saga." },
        "headers": attributes(&json!({ Announcement::TYPE: { "const": event.as_str() } })),
        "payload": payload,
    })
}

/// A request; the schema of its fields goes to `schemas`.
fn requested(event: EventType, form: &RequestForm, schemas: &mut Fields<String, Value>) -> Value {
    let RequestForm { name, schema: fields, example } = form;
    schemas.insert((*name).to_owned(), fields.clone());
    let id = "Identifies the request, where it is no CloudEvent; without it, the id of the SNS or SQS message does.";
    let example = example.and_then(|body| serde_json::from_str::<Value>(body).ok());
    present(json!({
        "name": event.as_str(),
        "title": event.name(),
        "summary": event.about(),
        "headers": { "type": "object", "properties": { "requestId": { "type": "string", "description": id } } },
        "payload": schema::forms(event, &json!({ "$ref": format!("#{SCHEMAS}/{name}") })),
        "examples": example.map(|payload| json!([{ "payload": payload }])),
    }))
}

/// <https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html>
fn sns_envelope() -> Value {
    let text = json!({ "type": "string" });
    let attribute = json!({ "type": "object", "properties": { "Type": text, "Value": text } });
    let payload = json!({
        "type": "object",
        "required": ["Type", "MessageId", "TopicArn", "Message", "Timestamp"],
        "properties": {
            "Type": { "const": "Notification" },
            "MessageId": { "type": "string", "format": "uuid" },
            "TopicArn": text,
            "Message": {
                "type": "string",
                "contentMediaType": "application/json",
                "description": "The request, as its client wrote it.",
            },
            "Timestamp": { "type": "string", "format": "date-time" },
            "MessageAttributes": { "type": "object", "additionalProperties": attribute },
            "Subject": text,
            "SignatureVersion": text,
            "Signature": text,
            "SigningCertURL": text,
            "UnsubscribeURL": text,
        },
    });
    json!({
        "name": SNS_ENVELOPE,
        "title": "SnsEnvelope",
        "summary": "A request as SNS delivers it: in an envelope of its own, without message attributes.",
        "headers": attributes(&json!({})),
        "payload": payload,
    })
}

/// Message attributes, all of which are there.
fn attributes(properties: &Value) -> Value {
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(Fields::keys).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}
