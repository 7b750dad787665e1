//! Reads what arrives on booking's queue: requests, what is asked of a saga, and events of other services.
//!
//! A request may be the bare JSON, a `CloudEvent` around it, or an SNS envelope around either.
//!
//! **Invariant:** a request that can be recognised as one becomes an outcome; whatever cannot is poison.

mod ask;
mod fields;
mod form;
mod order;
pub mod schema;

use std::collections::BTreeMap;

use contracts::{Event, EventType, Failure, MAX_BODY_BYTES, Path, Poison, Reason, SagaId, SagaKind, StepName, booking};
use saga::{Delivery, Received};
use serde_json::value::RawValue;

use crate::{Booking, Incoming, heard};
use fields::Fields;

pub(crate) use ask::expired;
pub use form::{CheckedRequest, check};
pub use order::check_order;

/// The name of the error of a request that breaks a rule.
const INVALID: &str = "InvalidRequest";

/// The message attribute by which a client identifies a request.
const REQUEST_ID: &str = "requestId";

/// The longest `id` of a `CloudEvent` that is a request, in bytes.
const ID_MAX: usize = 256;

/// A request, wherever it was found.
struct Request<'a> {
    kind: SagaKind,
    identity: String,
    traceparent: Option<String>,
    /// The fields of the request; or the rule that it breaks before it has any.
    fields: Result<Fields<'a>, String>,
    bytes: usize,
}

/// Understands a message.
pub(crate) fn read(booking: &Booking, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
    let fields = Fields::of(delivery.body).map_err(|rule| Poison::new(Reason::Unreadable, format!("body: {rule}")))?;
    if fields.get(contracts::redact::MARK).is_some() {
        return Err(Poison::redacted());
    }
    if let Some(asked) = ask::asked(&fields) {
        return ask::read(asked, &fields, delivery.body.len(), delivery.message_id);
    }
    if fields.get("specversion").is_some() && requested(&fields).is_none() {
        return saga::delivery::read_event(delivery, |event, _| heard::hear(event));
    }
    if saga::delivery::looks_like_sns_envelope(delivery.body) {
        return Unwrapped::of(booking, &fields)?.read(booking);
    }
    let identity = delivery.attributes.get(REQUEST_ID).map_or(delivery.message_id, String::as_str);
    let kind = order::kind_of(&fields);
    Ok(decide_on(booking, request_in(delivery.body, fields, identity, kind)?))
}

/// The request that a `CloudEvent` is, by the type's wire name, or its name in prose.
fn requested(fields: &Fields<'_>) -> Option<SagaKind> {
    let found = fields.text("type")?;
    let is = |wanted: EventType| found == wanted.as_str() || found == wanted.name();
    [EventType::FareRequested, EventType::OrderRequested].into_iter().find(|wanted| is(*wanted))?.kind()
}

/// The request in a body: a `CloudEvent`'s data, or the body itself, which is then of this kind.
fn request_in<'a>(body: &'a str, fields: Fields<'a>, identity: &str, kind: SagaKind) -> Result<Request<'a>, Poison> {
    let bytes = body.len();
    if fields.get("specversion").is_none() {
        return Ok(Request { kind, identity: identity.to_owned(), traceparent: None, fields: Ok(fields), bytes });
    }
    let kind = requested(&fields).unwrap_or(kind);
    let version = fields.get("schemaversion").map_or("1", RawValue::get);
    if version != "1" {
        let rule = format!("schemaversion: {kind}_requested is read in version 1 only");
        return Err(Poison::new(Reason::UnknownVersion, rule));
    }
    let id = fields.text("id").filter(|id| !id.is_empty());
    let data = match (&id, fields.text("specversion").as_deref()) {
        (_, version) if version != Some("1.0") => Err("specversion: must be 1.0".to_owned()),
        (None, _) => Err("id: must be a text that is not empty".to_owned()),
        (Some(id), _) if id.len() > ID_MAX => Err(format!("id: must be at most {ID_MAX} bytes")),
        (Some(_), _) if fields.repeats() => Err("body: an attribute stands twice".to_owned()),
        (Some(_), _) => fields
            .get("data")
            .ok_or_else(|| "data: is missing".to_owned())
            .and_then(|data| Fields::of(data.get()).map_err(|rule| format!("data: {rule}"))),
    };
    Ok(Request {
        kind,
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
    kind: SagaKind,
}

impl Unwrapped {
    fn of(booking: &Booking, envelope: &Fields<'_>) -> Result<Self, Poison> {
        let topic = envelope.text("TopicArn").unwrap_or_default();
        let topic = topic.rsplit(':').next().unwrap_or_default();
        let [fares, orders] = &booking.request_topics;
        let kind = if topic == fares {
            SagaKind::Fare
        } else if topic == orders {
            SagaKind::Order
        } else {
            return Err(Poison::new(Reason::UnexpectedEnvelope, "TopicArn: is not a topic that carries requests"));
        };
        let attribute = envelope
            .get("MessageAttributes")
            .and_then(|raw| serde_json::from_str::<BTreeMap<String, SnsAttribute>>(raw.get()).ok())
            .and_then(|mut attributes| attributes.remove(REQUEST_ID))
            .filter(|attribute| attribute.r#type == "String")
            .map(|attribute| attribute.value);
        let identity = attribute
            .or_else(|| envelope.text("MessageId"))
            .ok_or_else(|| Poison::new(Reason::Unreadable, "MessageId: is missing"))?;
        Ok(Self { message: envelope.text("Message").unwrap_or_default(), identity, kind })
    }

    /// What is inside: whatever it is, it was meant to be a request, so its sender is told what is wrong with it.
    fn read(&self, booking: &Booking) -> Result<Received<Incoming>, Poison> {
        let request = match Fields::of(&self.message) {
            Ok(fields) => {
                if let Some(asked) = ask::asked(&fields) {
                    return ask::from_client(asked)
                        .and_then(|asked| ask::read(asked, &fields, self.message.len(), &self.identity));
                }
                if fields.get("specversion").is_some() && requested(&fields).is_none() {
                    return Err(Poison::new(
                        Reason::UnexpectedEnvelope,
                        "Message: an event that is no request came in an SNS envelope",
                    ));
                }
                request_in(&self.message, fields, &self.identity, self.kind)?
            }
            Err(rule) => Request {
                kind: self.kind,
                identity: self.identity.clone(),
                traceparent: None,
                fields: Err(format!("body: {rule}")),
                bytes: self.message.len(),
            },
        };
        Ok(decide_on(booking, request))
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsAttribute {
    r#type: String,
    value: String,
}

/// Checks the request, and seals the card of one that has a card.
fn decide_on(booking: &Booking, request: Request<'_>) -> Received<Incoming> {
    let kind = request.kind;
    let saga = SagaId::of_request(kind.as_str(), &request.identity);
    let fields = if request.bytes > MAX_BODY_BYTES {
        Err(format!("body: must be at most {MAX_BODY_BYTES} bytes"))
    } else {
        request.fields
    };
    let bad = |rejected: Event| Incoming::BadRequest(Box::new(rejected));
    let incoming = match (kind, fields) {
        (kind, Err(rule)) => bad(rejected(kind, rule)),
        (SagaKind::Fare, Ok(fields)) => match form::check_fields(&fields) {
            Err(rejected) => bad(Event::FareRejected(*rejected)),
            Ok(CheckedRequest { fare, card }) => match card::seal(&card, &booking.key, saga) {
                Ok(sealed_card) => Incoming::FareRequested(fare, sealed_card),
                Err(error) => bad(rejected(kind, format!("cc, expiryDate, cvv: {error}"))),
            },
        },
        (SagaKind::Order, Ok(fields)) => match order::check_fields(&fields) {
            Err(rejected) => bad(Event::OrderRejected(*rejected)),
            Ok(order) => Incoming::OrderRequested(order),
        },
    };
    Received {
        saga,
        event_type: match kind {
            SagaKind::Fare => EventType::FareRequested,
            SagaKind::Order => EventType::OrderRequested,
        },
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

/// The rejection of a request of which nothing could be read.
fn rejected(kind: SagaKind, rule: String) -> Event {
    let path = Path::default();
    match kind {
        SagaKind::Fare => Event::FareRejected(booking::FareRejected {
            customer_id: None,
            fare_id: None,
            fare_amount: None,
            amount: None,
            error: Failure::new(INVALID, StepName::RegisterFare, rule),
            path,
        }),
        SagaKind::Order => Event::OrderRejected(booking::OrderRejected {
            customer_id: None,
            order_id: None,
            amount: None,
            error: Failure::new(INVALID, StepName::ProcessOrder, rule),
            path,
        }),
    }
}

#[cfg(test)]
mod tests;
