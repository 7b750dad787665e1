//! What is asked of a saga: that it be cancelled, that what still stands be tried again, that it be closed.
//!
//! A `CloudEvent` with the fields in its `data`, or a bare object with the fields beside its `type`.

use contracts::{ActionKind, EventType, Identifier, MAX_BODY_BYTES, Poison, Reason, SagaId, Words, redact};
use saga::Received;
use serde_json::value::RawValue;

use super::fields::Fields;
use crate::{Ask, DECLARATION, Incoming};

/// The longest reason, and the longest name, in characters.
pub(super) const TEXT_MAX: usize = 500;

/// What can be asked, and what it is called.
const ASKED: [(EventType, ActionKind); 3] = [
    (EventType::CancelRequested, ActionKind::Cancel),
    (EventType::RetryRequested, ActionKind::Retry),
    (EventType::ResolveRequested, ActionKind::Resolve),
];

/// What is asked, by which event, if anything is.
pub(super) fn asked(fields: &Fields<'_>) -> Option<(EventType, ActionKind)> {
    let found = fields.text("type")?;
    ASKED.into_iter().find(|(wanted, _)| found == wanted.as_str() || found == wanted.name())
}

/// What a client may ask for by a topic: to cancel. The rest is for operators, who may send to the queue.
pub(super) fn from_client(asked: (EventType, ActionKind)) -> Result<(EventType, ActionKind), Poison> {
    if asked.1 == ActionKind::Cancel {
        Ok(asked)
    } else {
        Err(Poison::new(Reason::UnexpectedEnvelope, "type: an operator's message came from a topic for clients"))
    }
}

/// Reads it.
pub(super) fn read(
    (asked, what): (EventType, ActionKind),
    fields: &Fields<'_>,
    bytes: usize,
    message_id: &str,
) -> Result<Received<Incoming>, Poison> {
    if bytes > MAX_BODY_BYTES {
        return Err(Poison::new(Reason::TooLarge, format!("body: must be at most {MAX_BODY_BYTES} bytes")));
    }
    let unreadable = |rule: String| Poison::new(Reason::Unreadable, rule);
    if fields.repeats() {
        return Err(unreadable("body: an attribute stands twice".to_owned()));
    }
    let inner = match fields.get("specversion") {
        None => None,
        Some(_) if fields.text("specversion").as_deref() != Some("1.0") => {
            return Err(unreadable("specversion: must be 1.0".to_owned()));
        }
        // It is what makes one that is repeated the same.
        Some(_) if fields.text("id").is_none_or(|id| id.is_empty()) => {
            return Err(unreadable("id: must be a text that is not empty".to_owned()));
        }
        Some(_) => {
            let data = fields.get("data").ok_or_else(|| unreadable("data: is missing".to_owned()))?;
            Some(Fields::of(data.get()).map_err(|rule| unreadable(format!("data: {rule}")))?)
        }
    };
    let data = inner.as_ref().unwrap_or(fields);
    if data.repeats() {
        return Err(unreadable("data: a field stands twice".to_owned()));
    }
    if fields.get("schemaversion").is_some_and(|version| version.get() != "1") {
        let rule = format!("schemaversion: {} is read in version 1 only", asked.as_str());
        return Err(Poison::new(Reason::UnknownVersion, rule));
    }
    let saga: Option<SagaId> = data.text("sagaId").and_then(|text| text.parse().ok());
    let saga = saga.ok_or_else(|| unreadable("sagaId: must be the UUID of a saga".to_owned()))?;
    let is_expired = data.get("expired").is_some_and(|expired| expired.get() == "true");
    let what = if is_expired && what == ActionKind::Cancel { ActionKind::Expire } else { what };
    let by = text(data, "by", "a client").map_err(unreadable)?;
    let reason = text(data, "reason", "no reason given").map_err(unreadable)?;
    let id = fields.text("id").unwrap_or_else(|| message_id.to_owned());
    let is_tame = Identifier::parse(&id).is_ok() && redact::text(&id) == id;
    let request = if is_tame { id } else { saga.derive(&id).to_string() };
    // A deadline is not recognised by an id: whether it has passed is in the record.
    let recognised = (what != ActionKind::Expire).then(|| request.clone());
    Ok(Received {
        saga,
        event_type: asked,
        event_id: request,
        traceparent: fields.text("traceparent"),
        incoming: Incoming::Asked(Ask { what, by, reason, request: recognised }),
    })
}

/// What booking sends itself when the time of a saga is up. From anybody else it means the same: booking looks at its
/// own record and clock.
pub(crate) fn expired(saga: SagaId) -> String {
    let data = serde_json::json!({
        "sagaId": saga, "by": DECLARATION.name, "reason": "its time is up", "expired": true,
    });
    serde_json::json!({
        "specversion": "1.0",
        "id": saga.derive("deadline"),
        "source": "/ensemble/booking",
        "type": EventType::CancelRequested.as_str(),
        "data": data,
    })
    .to_string()
}

/// A text for people.
fn text(fields: &Fields<'_>, name: &str, default: &str) -> Result<Words, String> {
    let Some(raw) = fields.get(name).map(RawValue::get).filter(|raw| *raw != "null") else {
        return Ok(default.into());
    };
    let text: String = serde_json::from_str(raw).map_err(|_err| format!("{name}: must be a text"))?;
    if text.is_empty() || text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
        return Err(format!("{name}: must be 1 to {TEXT_MAX} characters, none of them a control character"));
    }
    Ok(text.into())
}
