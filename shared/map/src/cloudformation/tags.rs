//! A template as `CloudFormation`'s users write it: `!Ref`, `!Sub`, `!GetAtt`, and what is short on one line.
//!
//! **Invariant:** only the spelling differs: a short form says what the long form says
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>).

use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_saphyr::{FlowMap, FlowSeq, Tagged};

/// The longest map or list that stands on one line, in characters.
const LINE_MAX: usize = 118;

/// A part of a template, one field or one item a line.
pub(super) struct Tags<'a>(pub(super) &'a Value);

/// A part of a template on one line.
struct Inline<'a>(&'a Value);

impl Serialize for Tags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inline = Inline(self.0);
        match (function(self.0), self.0) {
            (Some((tag, Value::Array(items))), _) if tag != GET_ATT => {
                Tagged(FlowSeq(items.iter().map(Inline).collect::<Vec<_>>()), Some(tag)).serialize(serializer)
            }
            (None, Value::Object(fields)) if !is_short(&FlowMap(&inline)) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, Self(value))))
            }
            (None, Value::Object(_)) => FlowMap(inline).serialize(serializer),
            (None, Value::Array(items)) if !is_short(&FlowSeq(&inline)) => {
                serializer.collect_seq(items.iter().map(Self))
            }
            (None, Value::Array(_)) => FlowSeq(inline).serialize(serializer),
            (_, _) => inline.serialize(serializer),
        }
    }
}

impl Serialize for Inline<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (function(self.0), self.0) {
            (Some((tag, Value::Array(path))), _) if tag == GET_ATT => {
                let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
                Tagged(path.join("."), Some(tag)).serialize(serializer)
            }
            (Some((tag, argument)), _) => Tagged(Inline(argument), Some(tag)).serialize(serializer),
            (None, Value::Array(items)) => serializer.collect_seq(items.iter().map(Inline)),
            (None, Value::Object(fields)) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, Inline(value))))
            }
            (None, plain) => plain.serialize(serializer),
        }
    }
}

const GET_ATT: &str = "!GetAtt";

/// The short form of an intrinsic function, and its argument.
fn function(value: &Value) -> Option<(String, &Value)> {
    let (name, argument) = value.as_object().filter(|fields| fields.len() == 1)?.iter().next()?;
    let short = if name == "Ref" { name } else { name.strip_prefix("Fn::")? };
    // Of two functions one in the other, only the inner one may be short.
    function(argument).is_none().then(|| (format!("!{short}"), argument))
}

fn is_short(part: &impl Serialize) -> bool {
    serde_saphyr::to_string(part).is_ok_and(|line| line.trim_end().chars().count() <= LINE_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn functions_are_tags_and_short_things_stand_on_one_line() {
        let drawn = |value: &Value| serde_saphyr::to_string(&Tags(value)).unwrap();
        assert_eq!(drawn(&json!({ "Fn::GetAtt": ["Key", "Arn"] })), "!GetAtt Key.Arn\n");
        let chosen = json!({ "a": { "Fn::If": ["C", { "Ref": "X" }, { "Fn::Sub": "${P}-y" }] } });
        assert_eq!(drawn(&chosen), "{a: !If [C, !Ref X, !Sub \"${P}-y\"]}\n");
        let long = json!({ "a": "x".repeat(LINE_MAX), "b": [{ "Ref": "X" }] });
        assert_eq!(drawn(&long).lines().last(), Some("b: [!Ref X]"));
    }
}
