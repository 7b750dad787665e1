//! The forms of requests as JSON Schemas: hand-written, as requests are read by hand.
//!
//! **Invariant:** what keeps to a schema is read, but for the rules that its descriptions name and a schema cannot say.
//! A test of each choreography holds the schemas and the readers to the same texts.

use serde_json::{Value, json};
use wire::declared::ANSWER_GIVEN;
use wire::{EventType, Identifier, Vocabulary};

use super::super::contract::Form;
use super::ask::{self, TEXT_MAX};
use super::event::{ID_MAX, SOURCE_MAX};
use crate::Door;

/// The schema of the fields of what is asked of an owner by an event of this type, and its name; `None` for an event that
/// asks nothing.
#[must_use]
pub fn fields<V: Vocabulary, C>(forms: &[Form<V, C>], event: EventType) -> Option<(&'static str, Value)> {
    let Some(kind) = event.kind() else {
        let schema = if event == ANSWER_GIVEN { ("Answer", answered()) } else { ("Ask", asked()) };
        return ask::is_asked(event).then_some(schema);
    };
    let (name, schema) = forms.iter().find(|form| form.kind == kind)?.schema;
    (Door::of(event) == Door::Clients).then(|| (name, schema()))
}

/// The schema of a body: `fields`, which refers to [`fields()`], bare, or as the data of a `CloudEvent`.
#[must_use]
pub fn forms(event: EventType, fields: &Value) -> Value {
    json!({ "anyOf": [bare(event, fields), cloud_event(event, fields)] })
}

fn bare(event: EventType, fields: &Value) -> Value {
    if event.kind().is_some() {
        return fields.clone();
    }
    let type_and_id = json!({
        "title": "bare",
        "required": ["type"],
        "properties": {
            "type": type_of(event),
            "id": { "type": "string", "description": "One that is repeated under the same id has no further effect." },
        },
        // With it, the fields are looked for in the data.
        "not": { "required": ["specversion"] },
    });
    json!({ "allOf": [fields, type_and_id] })
}

fn cloud_event(event: EventType, fields: &Value) -> Value {
    json!({
        "title": "CloudEvent",
        "description": format!("Its `source`, of at most {SOURCE_MAX} bytes, and its `id`, of at most {ID_MAX} bytes, \
            identify it together: the same again is no other. Other attributes are passed over, and an attribute that is null \
            is absent. The data stands in `data` or in `data_base64`, and not in both."),
        "type": "object",
        "required": ["specversion", "id", "source", "type"],
        "oneOf": [{ "required": ["data"] }, { "required": ["data_base64"] }],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "minLength": 1, "maxLength": ID_MAX },
            "source": { "type": "string", "minLength": 1, "maxLength": SOURCE_MAX, "description": "Who asks." },
            "type": type_of(event),
            "schemaversion": { "enum": [event.schema_version(), event.schema_version().to_string(), null] },
            "time": { "type": ["string", "null"], "format": "date-time" },
            "datacontenttype": media_type(event),
            "traceparent": {
                "type": ["string", "null"],
                "description": "W3C trace context, which the events of the saga go on; without it, that of the message \
                    attribute `traceparent`.",
            },
            "data": fields,
            "data_base64": {
                "type": "string", "contentEncoding": "base64", "contentMediaType": "application/json",
                "description": "The same as `data`, in base64.",
            },
        },
    })
}

/// The format of the data; nobody looks at that of what is asked of a saga.
fn media_type(event: EventType) -> Value {
    let description = "A media type of JSON: application/json, or one that ends with +json.";
    match event.kind() {
        Some(_) => json!({
            "type": ["string", "null"], "pattern": r"^[^/;]+/([^;]+\+)?[Jj][Ss][Oo][Nn] *(;.*)?$", "description": description,
        }),
        None => json!({ "description": description }),
    }
}

/// The wire name, or the name in prose.
fn type_of(event: EventType) -> Value {
    json!({ "enum": [event.as_str(), event.name()] })
}

/// A text for people.
fn words(description: &str) -> Value {
    json!({
        "description": format!("{description} On one line, cut to {TEXT_MAX} characters, and without what must not \
            be kept. Anything that is neither a text, a number nor a truth value is passed over."),
    })
}

fn answered() -> Value {
    json!({
        "description": "An answer to what a saga asks; the first one counts. Other fields are passed over.",
        "type": "object",
        "required": ["sagaId", "answer"],
        "properties": {
            "sagaId": { "type": "string", "format": "uuid" },
            "by": words("Who answers; it is on record with the saga."),
            "answer": { "type": ["string", "number", "boolean"], "description": format!("The answer. On one line, cut to \
                {TEXT_MAX} characters, and without what must not be kept; never empty.") },
        },
    })
}

fn asked() -> Value {
    json!({
        "description": "What is asked of a saga; other fields are passed over.",
        "type": "object",
        "required": ["sagaId"],
        "properties": {
            "sagaId": { "type": "string", "format": "uuid" },
            "by": words("Who asks; it is told to the client."),
            "reason": words("Why; it is told to the client."),
            "expired": {
                "description": "Set to true by the owner of the saga itself when its time is up. From anybody else it \
                    means the same: the owner looks at its own record and clock.",
            },
        },
    })
}

/// The schema of an [`Identifier`].
#[must_use]
pub fn identifier() -> Value {
    json!({ "type": "string", "pattern": Identifier::PATTERN })
}
