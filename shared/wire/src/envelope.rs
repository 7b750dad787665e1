//! The envelope: `CloudEvents` 1.0 in JSON (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>).
//!
//! **Invariant:** what is written depends only on what is in the envelope, byte for byte; and an error about a body
//! never quotes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::json::rule_of;
use crate::{Events, MAX_BODY_BYTES, Poison, Reason, SagaId};

/// An event and what is known about it.
///
/// # Examples
///
/// See the example of [the crate](crate).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<V> {
    /// Identifies the event; the key by which it is recognised as a duplicate.
    pub id: Uuid,
    /// The saga (`subject` and the extension `correlationid`).
    pub saga: SagaId,
    /// The id of the event, or the identity of the request, that caused this one (extension `causationid`).
    pub causation: String,
    /// W3C trace context (extension `traceparent`).
    pub traceparent: String,
    /// When the fact became true.
    pub time: Timestamp,
    /// The fact.
    pub event: V,
    /// The text of the extension attribute beside the data that is stored nowhere, such as a sealed secret.
    pub beside: Option<String>,
}

/// An event between services, in the JSON format of `CloudEvents` 1.0
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).
// The order of the fields is the order of the bytes.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CloudEvent"))]
pub(crate) struct Written<'a, V> {
    /// The version of `CloudEvents`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "1.0")))]
    specversion: &'a str,
    /// Identifies the event: what is announced again has the same id, and the same bytes.
    id: Uuid,
    /// The service that published it: `/ensemble/<service>`.
    source: String,
    /// The type of the event; the message attribute `type` says the same.
    r#type: &'a str,
    /// The saga.
    subject: SagaId,
    /// When the fact became true.
    time: Timestamp,
    /// The format of the data.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "application/json")))]
    datacontenttype: &'a str,
    /// The major version of the data.
    schemaversion: u32,
    /// The saga: one value for all its events.
    correlationid: SagaId,
    /// The id of the event, or the identity of the request, that caused this one.
    causationid: &'a str,
    /// W3C trace context (<https://www.w3.org/TR/trace-context/#traceparent-header>).
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")))]
    traceparent: &'a str,
    /// The fact.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    data: &'a V,
}

/// The attributes as they are read: optional texts, so that each rule that is broken can be named, and so that the
/// type and version of an event are known even where its other attributes are of another version.
#[derive(Deserialize)]
struct Read<'a> {
    specversion: Option<String>,
    r#type: Option<String>,
    #[serde(borrow)]
    schemaversion: Option<&'a RawValue>,
    id: Option<String>,
    time: Option<String>,
    correlationid: Option<String>,
    causationid: Option<String>,
    traceparent: Option<String>,
    redacted: Option<bool>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl<V: Events> Envelope<V> {
    /// The envelope of the event that this saga announces now, caused by `causation`.
    #[must_use]
    pub fn new(event: V, saga: SagaId, causation: &str, traceparent: Option<&str>, time: Timestamp) -> Self {
        let id = event.event_type().id_in(saga, event.data().nth());
        Self {
            id,
            saga,
            causation: causation.to_owned(),
            traceparent: child_trace(traceparent, saga, id),
            time,
            event,
            beside: None,
        }
    }

    /// Writes the envelope without what goes beside the event: the form that is stored.
    ///
    /// The members of the data are in the order of their names, as those of facts are: what says the same is written
    /// with the same bytes, wherever it stands.
    ///
    /// # Panics
    ///
    /// Never: the types of the vocabulary have string keys only.
    #[must_use]
    pub fn to_json(&self) -> String {
        let event_type = self.event.event_type();
        let data = serde_json::to_value(&self.event);
        let written = Written {
            specversion: "1.0",
            id: self.id,
            source: format!("/ensemble/{}", event_type.publisher().as_str()),
            r#type: event_type.as_str(),
            subject: self.saga,
            time: self.time,
            datacontenttype: "application/json",
            schemaversion: event_type.schema_version(),
            correlationid: self.saga,
            causationid: &self.causation,
            traceparent: &self.traceparent,
            data: &data.expect("the vocabulary serialises: string keys, no foreign impls"),
        };
        serde_json::to_string(&written).expect("the vocabulary serialises: string keys, no foreign impls")
    }

    /// Reads an envelope that a service published.
    ///
    /// Attributes and fields that this build does not know are passed over.
    ///
    /// # Errors
    ///
    /// [`Poison`] names the attribute and the rule.
    pub fn read(body: &str) -> Result<Self, Poison> {
        if body.len() > MAX_BODY_BYTES {
            return Err(Poison::new(Reason::TooLarge, format!("body: must be at most {MAX_BODY_BYTES} bytes")));
        }
        let read: Read<'_> = serde_json::from_str(body)
            .map_err(|error| Poison::new(Reason::Unreadable, format!("body: is no CloudEvent: {}", rule_of(&error))))?;
        if read.redacted.is_some() {
            return Err(Poison::redacted());
        }
        if required(read.specversion, "specversion")? != "1.0" {
            return Err(Poison::new(Reason::Unreadable, "specversion: must be 1.0"));
        }
        let event_type = V::LEXICON
            .event(&required(read.r#type, "type")?)
            .ok_or_else(|| Poison::new(Reason::UnknownType, "type: is not in the vocabulary"))?;
        let expected = event_type.schema_version();
        if schema_version(read.schemaversion) != Some(expected) {
            let rule = format!("schemaversion: {} is read in version {expected} only", event_type.as_str());
            return Err(Poison::new(Reason::UnknownVersion, rule));
        }
        Ok(Self {
            id: parsed(read.id, "id")?,
            saga: parsed(read.correlationid, "correlationid")?,
            causation: required(read.causationid, "causationid")?,
            traceparent: required(read.traceparent, "traceparent")?,
            time: parsed(read.time, "time")?,
            event: V::read(event_type, required(read.data, "data")?)?,
            beside: event_type.beside().and_then(|attribute| text_of(body, attribute)),
        })
    }
}

/// Puts the text of an extension attribute beside a stored envelope; the rest keeps its bytes. The text must need no
/// escape in JSON, as base64 needs none.
#[must_use]
pub fn with_beside(stored: &str, attribute: &str, text: &str) -> String {
    let open = stored.strip_suffix('}').unwrap_or(stored);
    format!("{open},\"{attribute}\":\"{text}\"}}")
}

/// The text of an attribute of an envelope.
fn text_of(body: &str, attribute: &str) -> Option<String> {
    let attributes: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(body).ok()?;
    serde_json::from_str(attributes.get(attribute)?.get()).ok()
}

fn required<T>(attribute: Option<T>, name: &str) -> Result<T, Poison> {
    attribute.ok_or_else(|| Poison::new(Reason::Unreadable, format!("{name}: is missing")))
}

fn parsed<T: std::str::FromStr>(attribute: Option<String>, name: &str) -> Result<T, Poison> {
    required(attribute, name)?
        .parse()
        .map_err(|_err| Poison::new(Reason::Unreadable, format!("{name}: is not of the right form")))
}

/// The major version that an attribute `schemaversion` says, as producers write it: 1, 1.0 or "1"; without one, 1.
/// `None` where it says no version.
#[must_use]
pub fn schema_version(attribute: Option<&RawValue>) -> Option<u32> {
    let Some(raw) = attribute.map(RawValue::get) else {
        return Some(1);
    };
    let quoted: Option<String> = serde_json::from_str(raw).ok();
    let version = Decimal::from_str_exact(quoted.as_deref().unwrap_or(raw)).ok().filter(Decimal::is_integer)?;
    u32::try_from(version).ok()
}

/// The trace context of an event: the trace of its cause, and whether that is sampled, or else a sampled one that is
/// derived from the saga; the span from its id.
///
/// Derived, not drawn, so that an event announced again is the same
/// (<https://www.w3.org/TR/trace-context/#traceparent-header>). Frozen where it is derived from the saga: a
/// [compact](crate::compact) envelope leaves that out.
pub(crate) fn child_trace(parent: Option<&str>, saga: SagaId, event: Uuid) -> String {
    let of_saga = saga.uuid().simple().to_string();
    let (trace, sampled) = parent.and_then(trace_of).unwrap_or((&of_saga, true));
    let span = event.simple().to_string();
    format!("00-{trace}-{}-0{}", span.get(..16).unwrap_or("0000000000000001"), u8::from(sampled))
}

/// The trace id of a well-formed `traceparent`, and whether it is sampled. Of a version that is to come, the parts that
/// are known are read.
fn trace_of(traceparent: &str) -> Option<(&str, bool)> {
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let parts: Vec<&str> = traceparent.split('-').collect();
    let [version, trace, span, flags, further @ ..] = parts.as_slice() else {
        return None;
    };
    let known = [(version, 2), (trace, 32), (span, 16), (flags, 2)];
    let well_formed = known.into_iter().all(|(part, length)| part.len() == length && is_hex(part));
    let of_version = *version != "ff" && (*version != "00" || further.is_empty());
    let flags = u8::from_str_radix(flags, 16).ok()?;
    (well_formed && of_version && !is_zero(trace) && !is_zero(span)).then_some((*trace, flags & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn the_trace_goes_on_where_it_is_well_formed_and_what_is_not_sampled_stays_so() {
        let saga = SagaId::of_request("fare", "a");
        let event = saga.derive("x");
        let own = saga.uuid().simple().to_string();
        let of = |parent: &str| child_trace(Some(parent), saga, event);
        for (version, flags, sampled) in
            [("00", "01", true), ("00", "00", false), ("00", "03", true), ("00", "02", false), ("cc", "00", false)]
        {
            let parent = format!("{version}-{TRACE}-00f067aa0ba902b7-{flags}");
            assert_eq!(trace_of(&of(&parent)), Some((TRACE, sampled)), "{parent}");
            assert_ne!(of(&parent), parent);
        }
        assert_eq!(trace_of(&of(&format!("cc-{TRACE}-00f067aa0ba902b7-00-what-is-to-come"))), Some((TRACE, false)));
        for broken in [
            "",
            "00-x-y-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
        ] {
            assert_eq!(trace_of(&of(broken)), Some((own.as_str(), true)), "{broken}");
        }
        assert_eq!(trace_of(&child_trace(None, saga, event)), Some((own.as_str(), true)));
    }

    #[test]
    fn a_version_is_read_as_producers_write_it() {
        let read = |text: &str| schema_version(Some(serde_json::from_str(text).unwrap()));
        for (text, version) in [("1", 1), ("1.0", 1), ("\"1\"", 1), ("\"1.0\"", 1), ("2", 2), ("\"2\"", 2)] {
            assert_eq!(read(text), Some(version), "{text}");
        }
        for text in ["1.5", "-1", "\"v1\"", "\"\"", "\" 1\"", "[1]", "true", "{}", "99999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(schema_version(None), Some(1));
    }
}
