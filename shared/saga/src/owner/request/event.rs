//! What a request or a question has in common with any `CloudEvent`: who it is, in which version, and its data.
//!
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>)
//!
//! **Invariant:** each rule that an event breaks is named with its attribute, never with a value.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;
use wire::envelope::schema_version;
use wire::{EventType, Lexicon, SagaKind};
use zeroize::Zeroizing;

use super::fields::Fields;

/// The longest `id`, in bytes.
pub(super) const ID_MAX: usize = 256;

/// The longest `source`, in bytes.
pub(super) const SOURCE_MAX: usize = 1024;

/// The rule that a list of events breaks.
const BATCH: &str = "is a batch, a JSON list; a message holds one JSON object";

/// Base64, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether an object is meant as a `CloudEvent`.
pub(super) fn is_event(fields: &Fields<'_>) -> bool {
    fields.given("specversion").is_some()
}

/// The request that a `CloudEvent` is, by the type's wire name, or its name in prose.
pub(super) fn requested(lexicon: &Lexicon, fields: &Fields<'_>) -> Option<SagaKind> {
    let found = fields.text("type")?;
    let is = |wanted: &EventType| found == wanted.as_str() || found == wanted.name();
    let mut requests = lexicon.events.iter().filter(|event| event.is_request() && event.kind().is_some());
    requests.find(|wanted| is(wanted))?.kind()
}

/// Whether its data is of version 1, the only one that there is of requests.
pub(super) fn is_of_version_1(fields: &Fields<'_>) -> bool {
    schema_version(fields.given("schemaversion")) == Some(1)
}

/// Its source and its id, which identify it together; or the rules that they break.
pub(super) fn identity(fields: &Fields<'_>) -> Result<(String, String), Vec<String>> {
    let attribute = |name: &str, max: usize| match fields.text(name).filter(|text| !text.is_empty()) {
        None => Err(format!("{name}: must be a text that is not empty")),
        Some(text) if text.len() > max => Err(format!("{name}: must be at most {max} bytes")),
        Some(text) => Ok(text),
    };
    match (attribute("source", SOURCE_MAX), attribute("id", ID_MAX)) {
        (Ok(source), Ok(id)) => Ok((source, id)),
        (source, id) => Err([source.err(), id.err()].into_iter().flatten().collect()),
    }
}

/// The rules of the format that its attributes break.
pub(super) fn broken(fields: &Fields<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    if fields.text("specversion").as_deref() != Some("1.0") {
        broken.push("specversion: must be 1.0".to_owned());
    }
    if fields.repeats() {
        broken.push("body: an attribute stands twice".to_owned());
    }
    broken
}

/// Whether what it calls its data is JSON; without a word, it is.
pub(super) fn says_json(fields: &Fields<'_>) -> bool {
    fields.given("datacontenttype").is_none()
        || fields.text("datacontenttype").is_some_and(|media_type| {
            let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
            subtype == "json" || subtype.ends_with("+json")
        })
}

/// The fields of its data, which stand there as JSON, or as bytes in base64; `room` holds the bytes, which may be
/// those of a secret.
pub(super) fn data<'a>(fields: &Fields<'a>, room: &'a mut Zeroizing<String>) -> Result<Fields<'a>, String> {
    match (fields.given("data"), fields.given("data_base64")) {
        (None, None) => Err("data: is missing".to_owned()),
        (Some(_), Some(_)) => Err("data, data_base64: must not both be there".to_owned()),
        (Some(data), None) => Fields::of(data.get()).map_err(|rule| format!("data: {rule}")),
        (None, Some(_)) => {
            let text = fields.text("data_base64").map(Zeroizing::new);
            let bytes = text.and_then(|text| BASE64.decode(text.as_bytes()).ok()).map(Zeroizing::new);
            let text = bytes.and_then(|mut bytes| String::from_utf8(std::mem::take(&mut *bytes)).ok());
            **room = text.ok_or_else(|| "data_base64: must be JSON in base64".to_owned())?;
            Fields::of(room).map_err(|rule| format!("data_base64: {rule}"))
        }
    }
}

/// What is wrong with a body that is no object.
pub(super) fn rule_of_body(body: &str, rule: &str) -> String {
    let is_list = wire::unmarked(body).trim_ascii_start().starts_with('[');
    format!("body: {}", if is_list { BATCH } else { rule })
}

/// The kind of the first request in a batch of events, if there is one: then its sender waits for an outcome.
pub(super) fn requested_in_batch(lexicon: &Lexicon, body: &str) -> Option<SagaKind> {
    let events: Vec<&RawValue> = serde_json::from_str(wire::unmarked(body)).ok()?;
    events
        .into_iter()
        .filter_map(|event| Fields::of(event.get()).ok())
        .filter(is_event)
        .find_map(|fields| requested(lexicon, &fields))
}
