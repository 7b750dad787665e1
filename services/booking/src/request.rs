//! Reads what arrives on booking's queue: requests, what is asked of a saga, and events of other services.
//!
//! A request may be the bare JSON, a `CloudEvent` around it, or an SNS envelope around either.
//!
//! **Invariant:** a request that can be recognised as one becomes an outcome; whatever cannot is poison.

mod ask;
mod beside;
mod event;
mod fields;
mod form;
mod order;
mod rejected;
pub mod schema;

use contracts::{EventType, MAX_BODY_BYTES, Poison, Reason, SagaId, SagaKind};
use saga::{Delivery, Received};
use zeroize::Zeroizing;

use crate::booking::{Booking, Incoming};
use crate::heard;
use beside::Beside;
use event::{is_event, requested};
use fields::Fields;

pub(crate) use ask::expired;
pub use form::{CheckedRequest, check};
pub use order::check_order;
pub(crate) use rejected::{of_purchase, path_of};

/// A request, wherever it was found.
struct Request<'a> {
    kind: SagaKind,
    saga: SagaId,
    /// Its identity, or that part of it by which its sender knows it.
    id: String,
    traceparent: Option<String>,
    /// The rules that it breaks before its fields are looked at.
    broken: Vec<String>,
    /// Its fields, if it has any that can be read.
    fields: Option<Fields<'a>>,
}

/// Understands a message.
pub(crate) fn read(booking: &Booking, delivery: &Delivery<'_>) -> Result<Received<Incoming>, Poison> {
    let beside = Beside::of_message(delivery);
    let fields = match Fields::of(delivery.body) {
        Ok(fields) => fields,
        Err(rule) => {
            let rule = event::rule_of_body(delivery.body, &rule);
            let kind = event::requested_in_batch(delivery.body);
            let kind = kind.ok_or_else(|| Poison::new(Reason::Unreadable, rule.clone()))?;
            return Ok(decide_on(booking, Request::unread(kind, &beside, rule)));
        }
    };
    if fields.given(contracts::redact::MARK).is_some() {
        return Err(Poison::redacted());
    }
    if let Some(asked) = ask::asked(&fields) {
        return ask::read(asked, &fields, &beside);
    }
    if is_event(&fields) && requested(&fields).is_none() {
        return saga::delivery::read_event(delivery, |event, _| heard::hear(&event));
    }
    if saga::delivery::looks_like_sns_envelope(delivery.body) {
        return Unwrapped::of(booking, &fields)?.read(booking);
    }
    let kind = order::kind_of(&fields);
    let mut room = Zeroizing::default();
    Ok(decide_on(booking, Request::of(delivery.body, fields, &beside, kind, &mut room)?))
}

impl<'a> Request<'a> {
    /// One of which nothing could be read but that it is one.
    fn unread(kind: SagaKind, beside: &Beside, rule: String) -> Self {
        let (id, broken) = beside.identity();
        Self {
            kind,
            saga: SagaId::of_request(kind.as_str(), id),
            id: id.to_owned(),
            traceparent: None,
            broken: [rule].into_iter().chain(broken).collect(),
            fields: None,
        }
    }

    /// The request in a body: a `CloudEvent`'s data, or the body itself, which is then of this kind. `room` holds data
    /// that has to be decoded.
    fn of(
        body: &str,
        fields: Fields<'a>,
        beside: &Beside,
        kind: SagaKind,
        room: &'a mut Zeroizing<String>,
    ) -> Result<Self, Poison> {
        let traceparent = beside.traceparent(&fields);
        let is_too_large =
            (body.len() > MAX_BODY_BYTES).then(|| format!("body: must be at most {MAX_BODY_BYTES} bytes"));
        let request = if is_event(&fields) {
            Self::of_event(&fields, beside, kind, room)?
        } else {
            let (id, broken) = beside.identity();
            let saga = SagaId::of_request(kind.as_str(), id);
            let (id, broken) = (id.to_owned(), broken.into_iter().collect());
            Self { kind, saga, id, traceparent: None, broken, fields: Some(fields) }
        };
        Ok(match is_too_large {
            Some(rule) => Self { traceparent, broken: vec![rule], fields: None, ..request },
            None => Self { traceparent, ..request },
        })
    }

    fn of_event(
        attributes: &Fields<'a>,
        beside: &Beside,
        kind: SagaKind,
        room: &'a mut Zeroizing<String>,
    ) -> Result<Self, Poison> {
        let kind = requested(attributes).unwrap_or(kind);
        if !event::is_of_version_1(attributes) {
            let rule = format!("schemaversion: {kind}_requested is read in version 1 only");
            return Err(Poison::new(Reason::UnknownVersion, rule));
        }
        let mut broken = event::broken(attributes);
        let (saga, id) = match event::identity(attributes) {
            Ok((source, id)) => (SagaId::of_event(kind.as_str(), &source, &id), id),
            Err(rules) => {
                broken.extend(rules);
                let (id, rule) = beside.identity();
                broken.extend(rule);
                (SagaId::of_request(kind.as_str(), id), id.to_owned())
            }
        };
        if !event::says_json(attributes) {
            broken.push("datacontenttype: must be JSON, such as application/json".to_owned());
        }
        let fields = event::data(attributes, room).map_err(|rule| broken.push(rule)).ok();
        Ok(Self { kind, saga, id, traceparent: None, broken, fields })
    }
}

/// What was inside an SNS envelope.
struct Unwrapped {
    message: Zeroizing<String>,
    beside: Beside,
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
        let beside =
            Beside::of_envelope(envelope).ok_or_else(|| Poison::new(Reason::Unreadable, "MessageId: is missing"))?;
        Ok(Self { message: envelope.text("Message").unwrap_or_default().into(), beside, kind })
    }

    /// What is inside: whatever it is, it was meant to be a request, so its sender is told what is wrong with it.
    fn read(&self, booking: &Booking) -> Result<Received<Incoming>, Poison> {
        let mut room = Zeroizing::default();
        let request = match Fields::of(&self.message) {
            Ok(fields) => {
                if let Some(asked) = ask::asked(&fields) {
                    return ask::from_client(asked).and_then(|asked| ask::read(asked, &fields, &self.beside));
                }
                if is_event(&fields) && requested(&fields).is_none() {
                    return Err(Poison::new(
                        Reason::UnexpectedEnvelope,
                        "Message: an event that is no request came in an SNS envelope",
                    ));
                }
                Request::of(&self.message, fields, &self.beside, self.kind, &mut room)?
            }
            Err(rule) => Request::unread(self.kind, &self.beside, event::rule_of_body(&self.message, &rule)),
        };
        Ok(decide_on(booking, request))
    }
}

/// Checks the request, and seals the card of one that has a card.
fn decide_on(booking: &Booking, request: Request<'_>) -> Received<Incoming> {
    let Request { kind, saga, id, traceparent, broken, fields } = request;
    let checked = match (kind, fields) {
        (_, None) => Err(Box::new(rejected::of_nothing(kind, &broken))),
        (SagaKind::Fare, Some(fields)) => {
            form::check_fields(&fields, broken).and_then(|CheckedRequest { fare, card }| {
                match card::seal(&card, &booking.key, saga) {
                    Ok(sealed_card) => Ok(Incoming::Requested(fare.into(), Some(sealed_card))),
                    Err(error) => Err(Box::new(of_purchase(&fare.into(), &format!("cc, expiryDate, cvv: {error}")))),
                }
            })
        }
        (SagaKind::Order, Some(fields)) => {
            order::check_fields(&fields, broken).map(|order| Incoming::Requested(order.into(), None))
        }
    };
    Received {
        saga,
        event_type: match kind {
            SagaKind::Fare => EventType::FareRequested,
            SagaKind::Order => EventType::OrderRequested,
        },
        event_id: causation(&id, saga),
        traceparent,
        incoming: checked.unwrap_or_else(Incoming::BadRequest),
    }
}

/// The causation of what follows: the request's identity where it is a tame text, else an id derived from it.
fn causation(identity: &str, saga: SagaId) -> String {
    match contracts::Identifier::parse(identity) {
        Ok(tame) if contracts::redact::text(tame.as_str()) == identity => identity.to_owned(),
        _ => saga.derive("request").to_string(),
    }
}

#[cfg(test)]
mod tests;
