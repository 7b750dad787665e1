//! The forms of requests as JSON Schemas: hand-written, as requests are read by hand.
//!
//! **Invariant:** what keeps to a schema is read, but for the rules that its descriptions name and a schema cannot say.
//! `shared/choreography/tests/it/requests.rs` holds the schemas and the readers to the same texts.

use contracts::{EventType, Identifier, Money};
use serde_json::{Value, json};

use super::ask::TEXT_MAX;
use super::event::{ID_MAX, SOURCE_MAX};
use super::order::{DESCRIPTION_MAX, ITEMS_BYTES_MAX, LINES_MAX};

/// What is requested, with what the schema of its fields is called, and that schema.
type Form = (EventType, &'static str, fn() -> Value);

const FORMS: [Form; 5] = [
    (EventType::FareRequested, "FareRequest", fare),
    (EventType::OrderRequested, "OrderRequest", order),
    (EventType::CancelRequested, "Ask", ask),
    (EventType::RetryRequested, "Ask", ask),
    (EventType::ResolveRequested, "Ask", ask),
];

/// The schema of the fields of a request, and its name; `None` for what is no request.
#[must_use]
pub fn fields(event: EventType) -> Option<(&'static str, Value)> {
    let (_, name, schema) = FORMS.into_iter().find(|(requested, ..)| *requested == event)?;
    Some((name, schema()))
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
            identify it together: the same again is no other. Booking passes over other attributes, and an attribute that \
            is null is absent. The data stands in `data` or in `data_base64`, and not in both."),
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

fn identifier() -> Value {
    json!({ "type": "string", "pattern": Identifier::PATTERN })
}

/// A field of a card: taken in, never given out.
fn of_card(pattern: &str, description: &str) -> Value {
    let description = format!("{description}. Sealed to payment's key at first touch, and stored nowhere.");
    json!({ "type": "string", "pattern": pattern, "writeOnly": true, "description": description })
}

fn fare() -> Value {
    json!({
        "description": "A fare, and the card that pays for it. At most 64 KiB; no field may stand there twice.",
        "type": "object",
        "additionalProperties": false,
        "required": ["customerId", "fareId", "fareAmount", "cc", "expiryDate", "cvv"],
        "properties": {
            "customerId": identifier(),
            "fareId": identifier(),
            "fareAmount": {
                "type": "string", "pattern": Money::PATTERN_USD, "maxLength": Money::MAX_LEN,
                "description": "In US dollars; more than zero, and at most $92,233,720,368,547,758.07.",
            },
            "cc": of_card("^([0-9][ -]?){11,18}[0-9]$", "The number: 12 to 19 digits, with single spaces or dashes"),
            "expiryDate": of_card("^(0[1-9]|1[0-2])/([0-9]{2}|[0-9]{4})$", "MM/YY or MM/YYYY; the date is not checked"),
            "cvv": of_card("^[0-9]{3,4}$", "The verification value"),
        },
    })
}

fn order() -> Value {
    let number = "Written as digits and a point, at most 9 of them behind it: no sign, no exponent.";
    json!({
        "description": format!("An order. At most 64 KiB, of which the items take at most {ITEMS_BYTES_MAX} bytes, \
            written without white space and each number as a text; no field may stand there twice. What is charged is the sum \
            over the lines of qty × unit_price, each rounded to whole cents, half away from zero; a line with a price is not \
            rounded to zero, and the sum is more than zero and at most $92,233,720,368,547,758.07."),
        "type": "object",
        "additionalProperties": false,
        "required": ["order_id", "order_date", "customer_id", "items"],
        "properties": {
            "order_id": identifier(),
            "order_date": {
                "type": "string", "format": "date-time", "maxLength": 64,
                "description": "When it was placed, with the offset from UTC.",
            },
            "customer_id": identifier(),
            "items": {
                "type": "array", "minItems": 1, "maxItems": LINES_MAX,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["item_id", "qty", "description", "unit_price"],
                    "properties": {
                        "item_id": identifier(),
                        "qty": { "type": "number", "exclusiveMinimum": 0, "description": number },
                        "description": {
                            "type": "string", "maxLength": DESCRIPTION_MAX, "pattern": NO_CONTROL,
                            "description": format!("In the client's words; at most {DESCRIPTION_MAX} bytes."),
                        },
                        "unit_price": { "type": "number", "minimum": 0, "description": format!("In US dollars. {number}") },
                    },
                },
            },
        },
    })
}

/// No control character: of what Unicode calls `Cc`.
const NO_CONTROL: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

fn ask() -> Value {
    let words = |description: &str| {
        json!({
            "description": format!("{description} On one line, cut to {TEXT_MAX} characters, and without what may be a card \
                number. Anything that is neither a text, a number nor a truth value is passed over."),
        })
    };
    json!({
        "description": "What is asked of a saga; booking passes over other fields.",
        "type": "object",
        "required": ["sagaId"],
        "properties": {
            "sagaId": { "type": "string", "format": "uuid" },
            "by": words("Who asks; it is told to the client."),
            "reason": words("Why; it is told to the client."),
            "expired": {
                "description": "Set to true by booking itself when the time of a saga is up. From anybody else it means \
                    the same: booking looks at its own record and clock.",
            },
        },
    })
}
