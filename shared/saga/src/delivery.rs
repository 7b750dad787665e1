//! A message as it came from the queue, and as a participant understood it.

use std::collections::BTreeMap;

use wire::{Envelope, EventType, Events, Poison, Reason, SagaId};

/// One SQS message, as far as a participant may see it: the receipt stays with the runtime.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use ensemble_saga::{Delivery, Door};
/// use parcel::{Desk, vocabulary::events};
///
/// let attributes = BTreeMap::from([("requestId".to_owned(), "request-1".to_owned())]);
/// let body = r#"{"address":"Elm.Street"}"#;
/// let delivery = Delivery { body, attributes: &attributes, message_id: "1" };
/// let received = Door::Clients.read(&Desk::new(&Default::default()), &delivery).unwrap();
/// assert_eq!(received.event_type, events::PARCEL_REQUESTED);
/// ```
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// The body.
    pub body: &'a str,
    /// The message attributes, by their text: those of which [`is_text`] says that they have one. An attribute that
    /// has none stands here as an empty text, which none of the others can be.
    pub attributes: &'a BTreeMap<String, String>,
    /// The SQS message id: identifies a request that has no id of its own, and nothing else.
    pub message_id: &'a str,
}

impl std::fmt::Debug for Delivery<'_> {
    /// Without the body, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("message_id", &self.message_id).field("bytes", &self.body.len()).finish()
    }
}

/// A message that was understood.
///
/// # Examples
///
/// See the example of [`Delivery`].
#[derive(Clone, Debug)]
pub struct Received<I> {
    /// The saga that it belongs to.
    pub saga: SagaId,
    /// What it is.
    pub event_type: EventType,
    /// The id of the event, or the identity of the request: the causation of what follows.
    pub event_id: String,
    /// The trace that it came with.
    pub traceparent: Option<String>,
    /// What the participant hears in it.
    pub incoming: I,
}

impl<I> Received<I> {
    /// The same message, heard otherwise.
    ///
    /// # Errors
    ///
    /// Whatever `hear` finds wrong.
    pub fn try_map<J>(self, hear: impl FnOnce(I) -> Result<J, Poison>) -> Result<Received<J>, Poison> {
        let Self { saga, event_type, event_id, traceparent, incoming } = self;
        Ok(Received { saga, event_type, event_id, traceparent, incoming: hear(incoming)? })
    }
}

/// Understands a message from another service: a `CloudEvent`, delivered raw. `hear` takes what the participant hears
/// out of the event and what came beside it, if it hears anything in it.
///
/// # Errors
///
/// [`Poison`] for what can never be handled here.
pub fn read_event<V: Events, I>(
    delivery: &Delivery<'_>,
    hear: impl FnOnce(V, Option<String>) -> Option<I>,
) -> Result<Received<I>, Poison> {
    read_envelope(delivery, |envelope: Envelope<V>| hear(envelope.event, envelope.beside))
}

/// As [`read_event`], for a participant that needs the envelope too.
///
/// # Errors
///
/// [`Poison`] for what can never be handled here.
pub fn read_envelope<V: Events, I>(
    delivery: &Delivery<'_>,
    hear: impl FnOnce(Envelope<V>) -> Option<I>,
) -> Result<Received<I>, Poison> {
    let envelope = Envelope::<V>::read(delivery.body).map_err(|poison| {
        if poison.reason == Reason::Unreadable && looks_like_sns_envelope(delivery.body) {
            Poison::new(Reason::UnexpectedEnvelope, "body: is an SNS envelope where raw delivery is expected")
        } else {
            poison
        }
    })?;
    let (saga, event_id, event_type) = (envelope.saga, envelope.id.to_string(), envelope.event.event_type());
    let traceparent = Some(envelope.traceparent.clone());
    let incoming = hear(envelope)
        .ok_or_else(|| Poison::new(Reason::NotForUs, format!("type: {} is not heard here", event_type.as_str())))?;
    Ok(Received { saga, event_type, event_id, traceparent, incoming })
}

/// Whether a message attribute of this data type has a text.
///
/// `String` and `Number` have, with or without a label of its client's behind a point
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>).
#[must_use]
pub fn is_text(data_type: &str) -> bool {
    matches!(data_type.split('.').next(), Some("String" | "Number"))
}

/// Whether a body has the marks of an SNS notification
/// (<https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html>).
#[must_use]
pub fn looks_like_sns_envelope(body: &str) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Marks {
        r#type: Option<String>,
        topic_arn: Option<String>,
        message: Option<String>,
    }
    serde_json::from_str::<Marks>(wire::unmarked(body)).is_ok_and(|marks| {
        marks.r#type.as_deref() == Some("Notification") && marks.topic_arn.is_some() && marks.message.is_some()
    })
}
