//! The fields of a JSON object, as they stand: nothing is lost to a duplicate key and no value is read too early.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use wire::{REMOVED, Vocabulary};

/// The longest name of a field that is told, in characters.
const NAME_MAX: usize = 64;

/// A name with so many digits is not told: none has them, but a number that was taken for a name.
const NAME_DIGITS_MAX: usize = 11;

/// Names of fields that are told at most.
const NAMED_MAX: usize = 5;

/// A text of a client's, for people: on one line, without what must not be kept, and cut to this many characters.
pub(super) fn words<V: Vocabulary>(text: &str, most: usize) -> String {
    let ends = |c: char| c.is_whitespace() || c.is_control();
    let line = text.split(ends).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    // Cut last: a number that is cut could not be told any more.
    V::cleaned(&line).chars().take(most).collect()
}

/// The name of a field, for people.
fn told<V: Vocabulary>(name: &str) -> String {
    let digits = name.chars().filter(|character| character.is_numeric()).count();
    if digits > NAME_DIGITS_MAX { REMOVED.to_owned() } else { words::<V>(name, NAME_MAX) }
}

/// The rule that a field breaks, with the field. Of what serde says, only the name of a missing field and what was
/// expected are no value of the message.
fn rule_of(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let (field, text) = (error.path().to_string(), error.inner().to_string());
    if let Some(missing) = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return format!("{missing}: is missing");
    }
    if text.starts_with("unknown field `") {
        return "body: a field is unknown".to_owned();
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{field}: must be {expected}"),
        None => format!("{field}: breaks the rule of its field"),
    }
}

/// The fields of one JSON object, in order.
///
/// # Examples
///
/// ```
/// use ensemble_saga::owner::Fields;
/// use parcel::vocabulary::Label;
///
/// let fields = Fields::of(r#"{"address":"Elm.Street"}"#).unwrap();
/// assert_eq!(fields.text("address").as_deref(), Some("Elm.Street"));
/// assert_eq!(fields.parse::<Label>().unwrap().address.as_str(), "Elm.Street");
/// // The rule is told, and the value is not.
/// let twice = Fields::of(r#"{"address":"a","address":"b"}"#).unwrap();
/// assert_eq!(twice.parse::<Label>(), Err("body: a field stands twice".to_owned()));
/// ```
#[expect(missing_debug_implementations, reason = "a value may be a secret")]
pub struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Reads the fields of an object, and nothing below them: nesting costs nothing here.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks, never the text.
    pub fn of(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(wire::unmarked(text)).map_err(|error| {
            if error.is_data() { "must be a JSON object".to_owned() } else { wire::json::rule_of(&error) }
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

    /// Reads the object as a type that derives `Deserialize`. One that denies unknown fields reads them all.
    ///
    /// # Errors
    ///
    /// The rule that a field breaks, never the field's value.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, String> {
        if self.repeats() {
            return Err("body: a field stands twice".to_owned());
        }
        let read = |(name, value): &(String, &RawValue)| Some((name.clone(), serde_json::from_str(value.get()).ok()?));
        let object: Option<Map<String, Value>> = self.0.iter().map(read).collect();
        let object = object.ok_or_else(|| "body: a number is larger than any that is read".to_owned())?;
        serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| rule_of(&error))
    }

    /// The rule that fields break which are none of these: that of an object that is read whole, or not at all.
    #[must_use]
    pub fn rule_of_unknown<V: Vocabulary>(&self, known: &[&str]) -> Option<String> {
        let unknown: BTreeSet<&str> = self.names().filter(|name| !known.contains(name)).collect();
        let named: Vec<_> = unknown.iter().take(NAMED_MAX).map(|name| format!("\"{}\"", told::<V>(name))).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Plan {
        city: String,
        nights: u16,
    }

    #[test]
    fn a_field_that_breaks_a_rule_is_named_and_its_value_is_not() {
        let parsed = |text: &str| Fields::of(text).unwrap().parse::<Plan>();
        assert_eq!(parsed(r#"{"city":"a","nights":3}"#), Ok(Plan { city: "a".to_owned(), nights: 3 }));
        for (text, rule) in [
            (r#"{"city":"a"}"#, "nights: is missing"),
            (r#"{"city":"a","nights":"4711"}"#, "nights: must be u16"),
            (r#"{"city":"a","nights":-4711}"#, "nights: must be u16"),
            (r#"{"city":4711,"nights":3}"#, "city: must be a string"),
            (r#"{"city":"a","nights":3,"4711":1}"#, "body: a field is unknown"),
            (r#"{"city":"a","city":"4711","nights":3}"#, "body: a field stands twice"),
        ] {
            assert_eq!(parsed(text), Err(rule.to_owned()), "{text}");
        }
    }
}
