//! JSON Schemas of what services write, derived from the types that write it.
//!
//! **Invariant:** a schema says what is written, not all that is read: a reader passes over what it does not know.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::envelope::Written;
use crate::{EventType, Notification};

/// Collects the schemas that were asked for, and those to which they refer.
///
/// They keep to draft 7, of which the schemas of `AsyncAPI` 3 are a superset
/// (<https://www.asyncapi.com/docs/reference/specification/v3.0.0#schemaObject>).
#[derive(Debug)]
pub struct Schemas {
    generator: SchemaGenerator,
}

impl Schemas {
    /// None so far. References lead below `at`, a JSON pointer such as `/components/schemas`.
    #[must_use]
    pub fn below(at: &'static str) -> Self {
        let settings = SchemaSettings::draft07().for_serialize().with(|settings| settings.definitions_path = at.into());
        let settings = settings.with_transform(RecursiveTransform(in_prose));
        Self { generator: settings.into_generator() }
    }

    /// An event in its envelope; `None` for a request, whose forms are booking's to describe.
    #[must_use]
    pub fn event(&mut self, event: EventType) -> Option<Value> {
        let data = event.data_schema(&mut self.generator)?.to_value();
        // A rejection is about nothing that could be read; all else holds a fare, or an order.
        let of_kind = event.kind().filter(|_| self.has_purchase(&data));
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
        if let (true, Value::Object(properties)) = (event.carries_card(), &mut properties) {
            let sealed = "The card, sealed to payment's key for this saga (HPKE, RFC 9180); it is stored nowhere.";
            properties.insert("sealedcard".to_owned(), json!({ "type": "string", "description": sealed }));
        }
        let envelope = self.generator.subschema_for::<Written<'_>>().to_value();
        Some(json!({ "allOf": [envelope, { "properties": properties }] }))
    }

    /// A notification.
    #[must_use]
    pub fn notification(&mut self) -> Value {
        self.generator.subschema_for::<Notification>().to_value()
    }

    /// All to which the others refer, by name.
    #[must_use]
    pub fn definitions(mut self) -> Map<String, Value> {
        self.generator.take_definitions(true)
    }

    /// Whether the data of this schema holds a fare or an order: one of two fields.
    fn has_purchase(&self, data: &Value) -> bool {
        let name = data.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        name.and_then(|name| self.generator.definitions().get(name)).is_some_and(|found| found.get("oneOf").is_some())
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
        let comment = "Why, and in [`also`](Failure::also) why it failed: undoes [`StepName::ChargeFare`]. See [1].";
        assert_eq!(unlinked(comment), "Why, and in `also` why it failed: undoes `ChargeFare`. See [1].");
    }
}
