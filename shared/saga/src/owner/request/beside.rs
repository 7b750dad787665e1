//! What comes beside a body: the id of its message, and the attributes that a client gave it.
//!
//! **Invariant:** an attribute that identifies a request is honoured, or the request is refused; it is never ignored.

use serde_json::value::RawValue;

use super::event::ID_MAX;
use super::fields::Fields;
use crate::Delivery;
use crate::delivery::is_text;

/// The message attribute by which a client identifies a request.
pub(super) const REQUEST_ID: &str = "requestId";

/// The message attribute with the trace that a request goes on.
const TRACEPARENT: &str = "traceparent";

/// What comes beside a body.
pub(super) struct Beside {
    message_id: String,
    /// Empty where the attribute is there and is no text.
    request_id: Option<String>,
    traceparent: Option<String>,
}

impl Beside {
    /// What came with a message of SQS.
    pub(super) fn of_message(delivery: &Delivery<'_>) -> Self {
        let attribute = |name: &str| delivery.attributes.get(name).cloned();
        Self {
            message_id: delivery.message_id.to_owned(),
            request_id: attribute(REQUEST_ID),
            traceparent: attribute(TRACEPARENT),
        }
    }

    /// What came with a message of SNS, as its envelope has it; `None` where that names no message.
    pub(super) fn of_envelope(envelope: &Fields<'_>) -> Option<Self> {
        let attributes = envelope.given("MessageAttributes").and_then(|raw| Fields::of(raw.get()).ok());
        let attribute =
            |name: &str| attributes.as_ref()?.get(name).map(|raw| text_of_attribute(raw).unwrap_or_default());
        let request_id = attribute(REQUEST_ID);
        let message_id = envelope.text("MessageId").or_else(|| request_id.clone())?;
        Some(Self { message_id, request_id, traceparent: attribute(TRACEPARENT) })
    }

    /// What identifies a request whose body does not, and the rule that the attribute for it breaks, if it does: then
    /// the id of the message stands in for it.
    pub(super) fn identity(&self) -> (&str, Option<String>) {
        match &self.request_id {
            None => (&self.message_id, None),
            Some(id) if !id.trim().is_empty() && id.len() <= ID_MAX => (id, None),
            Some(_) => {
                let rule = format!(
                    "{REQUEST_ID}: must be an attribute of type String or Number, not blank and at most {ID_MAX} bytes"
                );
                (&self.message_id, Some(rule))
            }
        }
    }

    /// The trace that the message goes on: a `CloudEvent`'s own, or else the attribute's. One that is malformed is
    /// replaced later, like one that is missing.
    pub(super) fn traceparent(&self, fields: &Fields<'_>) -> Option<String> {
        let own = fields.given("specversion").and_then(|_| fields.text(TRACEPARENT));
        own.or_else(|| self.traceparent.clone())
    }
}

/// The text of an attribute in an SNS envelope, `{"Type": …, "Value": …}`, if it is of a type that has one.
fn text_of_attribute(raw: &RawValue) -> Option<String> {
    let attribute = Fields::of(raw.get()).ok()?;
    attribute.text("Type").filter(|data_type| is_text(data_type))?;
    attribute.text("Value")
}
