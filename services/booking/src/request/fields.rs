//! The fields of a JSON object, as they stand: nothing is lost to a duplicate key and no value is read too early.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The fields of one JSON object, in order.
pub(crate) struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Reads the fields of an object, and nothing below them: nesting costs nothing here.
    ///
    /// The error names the rule, never the text.
    pub(crate) fn of(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            if error.is_data() { "must be a JSON object".to_owned() } else { contracts::event::rule_of(&error) }
        })
    }

    /// The value of a field, if it stands there.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// The value of a field, if it is a text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// The names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How often a name stands there.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.names().filter(|found| *found == name).count()
    }

    /// Whether any name stands there twice.
    pub(crate) fn repeats(&self) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        !self.names().all(|name| seen.insert(name))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Object).map(Self)
    }
}
