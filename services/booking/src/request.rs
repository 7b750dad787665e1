//! Understands what arrives on booking's queue: a request in any of its three forms, or an event of another service.
//!
//! A request may be the bare JSON of a fare, an SNS envelope around it, or a `CloudEvent`. Its identity is the first
//! that is present of: the `CloudEvent` id, the message attribute `requestId`, the SNS message id, the SQS message id.
//!
//! **Invariant:** a card is sealed before this module returns, and no error here holds a value of the message. What is
//! recognisably a request and breaks a rule is rejected, so that its sender is told; all else is poison.

mod fields;
mod form;

use std::collections::BTreeMap;

use contracts::{EventType, Failure, MAX_BODY_BYTES, Path, Poison, Reason, SagaId, StepName, booking};
use saga::{Delivery, Received};
use serde_json::value::RawValue;

use crate::{Booking, Incoming};
use fields::Fields;

pub use form::{CheckedRequest, check};

/// The name of the error of a request that breaks a rule.
const INVALID: &str = "InvalidRequest";

/// The message attribute by which a client identifies a request.
const REQUEST_ID: &str = "requestId";

/// A request, wherever it was found.
struct Request<'a> {
    identity: String,
    traceparent: Option<String>,
    /// The fields of the fare; or the rule that the request breaks before it has any.
    fields: Result<Fields<'a>, String>,
    bytes: usize,
}

/// Understands a message.
pub(crate) fn read(booking: &Booking, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
    let fields = Fields::of(delivery.body).map_err(|rule| Poison::new(Reason::Unreadable, format!("body: {rule}")))?;
    if fields.get(contracts::redact::MARK).is_some() {
        return Err(Poison::redacted());
    }
    if fields.get("specversion").is_some() && !is_request_type(&fields) {
        return saga::delivery::read_event(delivery, |event, _| crate::hear(event));
    }
    if saga::delivery::looks_like_sns_envelope(delivery.body) {
        return Ok(decide_on(booking, Unwrapped::of(booking, &fields)?.request()?));
    }
    let identity = delivery.attributes.get(REQUEST_ID).map_or(delivery.message_id, String::as_str);
    Ok(decide_on(booking, request_in(delivery.body, fields, identity)?))
}

/// Whether a `CloudEvent` is a request: by the type's wire name, or its name in prose.
fn is_request_type(fields: &Fields<'_>) -> bool {
    let wanted = EventType::FareRequested;
    fields.text("type").is_some_and(|found| found == wanted.as_str() || found == wanted.name())
}

/// The request in a body: a `CloudEvent`'s data, or the body itself.
fn request_in<'a>(body: &'a str, fields: Fields<'a>, identity: &str) -> Result<Request<'a>, Poison> {
    let bytes = body.len();
    if fields.get("specversion").is_none() {
        return Ok(Request { identity: identity.to_owned(), traceparent: None, fields: Ok(fields), bytes });
    }
    let version = fields.get("schemaversion").map_or("1", RawValue::get);
    if version != EventType::FareRequested.schema_version().to_string() {
        return Err(Poison::new(Reason::UnknownVersion, "schemaversion: fare_requested is read in version 1 only"));
    }
    let id = fields.text("id").filter(|id| !id.is_empty());
    let data = match (&id, fields.text("specversion").as_deref()) {
        (_, version) if version != Some("1.0") => Err("specversion: must be 1.0".to_owned()),
        (None, _) => Err("id: must be a text that is not empty".to_owned()),
        (Some(id), _) if id.len() > 256 => Err("id: must be at most 256 bytes".to_owned()),
        (Some(_), _) if fields.repeats() => Err("body: an attribute stands twice".to_owned()),
        (Some(_), _) => fields
            .get("data")
            .ok_or_else(|| "data: is missing".to_owned())
            .and_then(|data| Fields::of(data.get()).map_err(|rule| format!("data: {rule}"))),
    };
    Ok(Request {
        identity: id.unwrap_or_else(|| identity.to_owned()),
        traceparent: fields.text("traceparent"),
        fields: data,
        bytes,
    })
}

/// What was inside an SNS envelope.
struct Unwrapped {
    message: String,
    identity: String,
}

impl Unwrapped {
    fn of(booking: &Booking, envelope: &Fields<'_>) -> Result<Self, Poison> {
        let topic = envelope.text("TopicArn").unwrap_or_default();
        if topic.rsplit(':').next() != Some(booking.requests_topic.as_str()) {
            return Err(Poison::new(Reason::UnexpectedEnvelope, "TopicArn: is not a topic that carries requests"));
        }
        let attribute = envelope
            .get("MessageAttributes")
            .and_then(|raw| serde_json::from_str::<BTreeMap<String, SnsAttribute>>(raw.get()).ok())
            .and_then(|mut attributes| attributes.remove(REQUEST_ID))
            .filter(|attribute| attribute.r#type == "String")
            .map(|attribute| attribute.value);
        let identity = attribute
            .or_else(|| envelope.text("MessageId"))
            .ok_or_else(|| Poison::new(Reason::Unreadable, "MessageId: is missing"))?;
        Ok(Self { message: envelope.text("Message").unwrap_or_default(), identity })
    }

    /// The request inside: whatever it is, it was meant to be one, so its sender is told what is wrong with it.
    fn request(&self) -> Result<Request<'_>, Poison> {
        match Fields::of(&self.message) {
            Ok(fields) if fields.get("specversion").is_some() && !is_request_type(&fields) => Err(Poison::new(
                Reason::UnexpectedEnvelope,
                "Message: an event that is no request came in an SNS envelope",
            )),
            Ok(fields) => request_in(&self.message, fields, &self.identity),
            Err(rule) => Ok(Request {
                identity: self.identity.clone(),
                traceparent: None,
                fields: Err(format!("body: {rule}")),
                bytes: self.message.len(),
            }),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsAttribute {
    r#type: String,
    value: String,
}

/// Checks the request and seals its card.
fn decide_on(booking: &Booking, request: Request<'_>) -> Received<Incoming> {
    let saga = SagaId::of_request("fare", &request.identity);
    let incoming = if request.bytes > MAX_BODY_BYTES {
        rejected(format!("body: must be at most {MAX_BODY_BYTES} bytes"))
    } else {
        match request.fields.map(|fields| form::check_fields(&fields)) {
            Err(rule) => rejected(rule),
            Ok(Err(incoming)) => Incoming::BadRequest(*incoming),
            Ok(Ok(CheckedRequest { fare, card })) => match card::seal(&card, &booking.key, saga) {
                Ok(sealed_card) => Incoming::FareRequested(fare, sealed_card),
                Err(error) => rejected(format!("cc, expiryDate, cvv: {error}")),
            },
        }
    };
    Received {
        saga,
        event_type: EventType::FareRequested,
        event_id: causation(&request.identity, saga),
        traceparent: request.traceparent,
        incoming,
    }
}

/// The causation of what follows: the request's identity where it is a tame text, else an id derived from it.
fn causation(identity: &str, saga: SagaId) -> String {
    match contracts::Identifier::parse(identity) {
        Ok(tame) if contracts::redact::text(tame.as_str()) == identity => identity.to_owned(),
        _ => saga.derive("request").to_string(),
    }
}

fn rejected(rule: String) -> Incoming {
    Incoming::BadRequest(booking::FareRejected {
        customer_id: None,
        fare_id: None,
        fare_amount: None,
        amount: None,
        error: Failure::new(INVALID, StepName::RegisterFare, rule),
        path: Path::default(),
    })
}

#[cfg(test)]
mod tests;
