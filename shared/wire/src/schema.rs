//! JSON Schemas of what services write, derived from the types that write it.
//!
//! **Invariant:** a schema says what is written, not all that is read: a reader passes over what it does not know.
//!
//! The documentation of a type is the description in its schema. So an example of such a type stands at one of its methods
//! or at its module.

use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::envelope::Written;
use crate::{EventType, Events, Notification, Vocabulary};

#[doc(hidden)]
pub use schemars;

/// The schemas of the data of events. The macro [`vocabulary!`](crate::vocabulary!) makes them of a list that asks for
/// them.
pub trait DataSchemas: Events {
    /// The schema of the data of an event of this type; `None` for a request.
    fn data_schema(event_type: EventType, generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// The schemas of a vocabulary.
#[derive(Clone, Debug)]
pub struct Described {
    /// Of the events that were asked for, in their envelopes; `None` for a request, whose forms its owner describes.
    pub events: Vec<Option<Value>>,
    /// Of a notification.
    pub notification: Value,
    /// All to which the others refer, by name.
    pub definitions: Map<String, Value>,
}

/// The schemas of these events and of notifications. References lead below `at`, a JSON pointer such as
/// `/components/schemas`.
#[must_use]
pub fn describe<V: Vocabulary + DataSchemas>(at: &'static str, events: &[EventType]) -> Described
where
    V::About: JsonSchema,
{
    let mut schemas = Schemas::<V>::below(at);
    let events = events.iter().map(|event| schemas.event(*event)).collect();
    let notification = schemas.notification();
    Described { events, notification, definitions: schemas.definitions() }
}

/// What the description of an attribute beside an event says.
const BESIDE: &str = "Sealed for one service and this saga (HPKE, RFC 9180); it is stored nowhere.";

/// Collects the schemas that were asked for, and those to which they refer.
///
/// They keep to draft 7, of which the schemas of `AsyncAPI` 3 are a superset
/// (<https://www.asyncapi.com/docs/reference/specification/v3.0.0#schemaObject>).
#[derive(Debug)]
struct Schemas<V> {
    generator: SchemaGenerator,
    vocabulary: PhantomData<V>,
}

impl<V: Vocabulary + DataSchemas> Schemas<V>
where
    V::About: JsonSchema,
{
    /// None so far. References lead below `at`, a JSON pointer such as `/components/schemas`.
    #[must_use]
    fn below(at: &'static str) -> Self {
        let settings = SchemaSettings::draft07().for_serialize().with(|settings| settings.definitions_path = at.into());
        let settings = settings.with_transform(RecursiveTransform(in_prose));
        Self { generator: settings.into_generator(), vocabulary: PhantomData }
    }

    /// An event in its envelope; `None` for a request, whose forms its owner describes.
    #[must_use]
    fn event(&mut self, event: EventType) -> Option<Value> {
        let data = V::data_schema(event, &mut self.generator)?.to_value();
        // A rejection is about nothing that could be read; all else holds what its saga is about.
        let of_kind = event.kind().filter(|_| self.has_subject(&data));
        let data = match of_kind {
            Some(kind) => json!({ "allOf": [data, { "required": [kind.as_str()] }] }),
            None => data,
        };
        let mut properties = json!({
            "type": { "const": event.as_str() },
            "source": { "const": format!("/ensemble/{}", event.publisher().as_str()) },
            "schemaversion": { "const": event.schema_version() },
            "data": data,
        });
        if let (Some(beside), Value::Object(properties)) = (event.beside(), &mut properties) {
            properties.insert(beside.to_owned(), json!({ "type": "string", "description": BESIDE }));
        }
        let envelope = self.generator.subschema_for::<Written<'_, Value>>().to_value();
        Some(json!({ "allOf": [envelope, { "properties": properties }] }))
    }

    /// A notification.
    #[must_use]
    fn notification(&mut self) -> Value {
        self.generator.subschema_for::<Notification<V::About>>().to_value()
    }

    /// All to which the others refer, by name.
    #[must_use]
    fn definitions(mut self) -> Map<String, Value> {
        let mut definitions = self.generator.take_definitions(true);
        let steps = V::LEXICON.steps.iter().map(|step| (step.as_str(), step.about()));
        name(&mut definitions, "StepName", "The name of a step, in paths and failures.", steps);
        let effects = V::LEXICON.effects.iter().map(|(effect, about)| (*effect, about.trim_ascii()));
        if let Some(saga) = definitions.get_mut("Notification").and_then(|found| found.pointer_mut("/properties/saga"))
        {
            let kinds: Vec<&str> = V::LEXICON.kinds.iter().map(|kind| kind.as_str()).collect();
            *saga = json!({ "description": "The kind of saga.", "enum": kinds });
        }
        name(&mut definitions, "EffectName", "The name of a kind of effect that can be left standing.", effects);
        definitions
    }

    /// Whether the data of this schema holds the subject of one of several kinds of saga, each a field of its own.
    fn has_subject(&self, data: &Value) -> bool {
        let name = data.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        name.and_then(|name| self.generator.definitions().get(name)).is_some_and(|found| found.get("oneOf").is_some())
    }
}

/// Says of the names of this schema which there are, and what each is called for.
fn name<'a>(
    definitions: &mut Map<String, Value>,
    schema: &str,
    about: &str,
    names: impl Iterator<Item = (&'a str, &'a str)>,
) {
    if let Some(definition) = definitions.get_mut(schema) {
        let named =
            |(name, about): (&str, &str)| json!({ "const": name, "description": unlinked(about), "type": "string" });
        *definition = json!({ "description": about, "oneOf": names.map(named).collect::<Vec<_>>() });
    }
}

/// Descriptions are doc comments: without the ends of their lines, and without links, which lead nowhere outside of the
/// code. What a reader takes for a field that is not there says nothing of what is written.
fn in_prose(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        *text = unlinked(&paragraphs.join("\n\n"));
    }
    schema.remove("default");
}

/// A doc comment without its links: the last word of each link's name stays.
fn unlinked(text: &str) -> String {
    let mut parts = text.split("[`");
    let mut prose = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("`]").unwrap_or((part, ""));
        let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
        let word = name.rsplit("::").next().unwrap_or(name);
        prose.push_str(&format!("`{word}`{rest}"));
    }
    prose
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_its_last_word() {
        let comment = "Why, and in [`also`](Failure::also) why it failed: undoes [`steps::CHARGE`]. See [1].";
        assert_eq!(unlinked(comment), "Why, and in `also` why it failed: undoes `CHARGE`. See [1].");
    }
}
