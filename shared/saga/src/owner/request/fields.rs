//! The fields of a JSON object, as they stand: nothing is lost to a duplicate key and no value is read too early.

use std::collections::BTreeSet;

use contracts::redact;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The longest name of a field that is told, in characters.
const NAME_MAX: usize = 64;

/// A name with so many digits is not told: none has them, but a card number that was taken for a name.
const NAME_DIGITS_MAX: usize = 11;

/// Names of fields that are told at most.
const NAMED_MAX: usize = 5;

/// A text of a client's, for people: on one line, without what may be a card number, and cut to this many characters.
pub(super) fn words(text: &str, most: usize) -> String {
    let ends = |c: char| c.is_whitespace() || c.is_control();
    let line = text.split(ends).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    // Cut last: a number that is cut could not be told any more.
    redact::text(&line).chars().take(most).collect()
}

/// The name of a field, for people.
fn told(name: &str) -> String {
    let digits = name.chars().filter(|character| character.is_numeric()).count();
    if digits > NAME_DIGITS_MAX { redact::REMOVED.to_owned() } else { words(name, NAME_MAX) }
}

/// The fields of one JSON object, in order.
#[expect(missing_debug_implementations, reason = "a value may be a card number")]
pub struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Reads the fields of an object, and nothing below them: nesting costs nothing here.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks, never the text.
    pub fn of(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(contracts::unmarked(text)).map_err(|error| {
            if error.is_data() { "must be a JSON object".to_owned() } else { contracts::json::rule_of(&error) }
        })
    }

    /// The value of a field, if it stands there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// The value of a field, if there is one: a JSON `null` is none
    /// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#2-attributes>).
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&'a RawValue> {
        self.get(name).filter(|value| value.get() != "null")
    }

    /// The value of a field, if it is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How often a name stands there.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.names().filter(|found| *found == name).count()
    }

    /// The rule that fields break which are none of these: that of an object that is read whole, or not at all.
    #[must_use]
    pub fn rule_of_unknown(&self, known: &[&str]) -> Option<String> {
        let unknown: BTreeSet<&str> = self.names().filter(|name| !known.contains(name)).collect();
        let named: Vec<_> = unknown.iter().take(NAMED_MAX).map(|name| format!("\"{}\"", told(name))).collect();
        let more = match unknown.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let known = known.join(", ");
        (!named.is_empty()).then(|| format!("a field is none of {known}: {}{more}", named.join(", ")))
    }

    /// Whether any name stands there twice.
    #[must_use]
    pub fn repeats(&self) -> bool {
        let mut seen = BTreeSet::new();
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
