//! The query protocol of SQS, which clients from before the JSON protocol speak: a form in, XML out.
//!
//! It is another spelling of the same requests and answers, so it is translated to and from JSON here.
//!
//! **Invariant:** no operation knows by which protocol it was asked.

use std::num::ParseIntError;

use serde_json::{Map, Value, json};

use crate::query::Params;
use crate::sqs::error::Error;
use crate::xml::Xml;

/// Parameters that are numbers in JSON.
const NUMBERS: [&str; 6] = [
    "DelaySeconds",
    "MaxNumberOfMessages",
    "MaxNumberOfMessagesPerSecond",
    "MaxResults",
    "VisibilityTimeout",
    "WaitTimeSeconds",
];

/// Lists of texts: what a member is called here, and what the list is called in JSON.
const LISTS: [(&str, &str); 6] = [
    ("AWSAccountId", "AWSAccountIds"),
    ("ActionName", "Actions"),
    ("AttributeName", "AttributeNames"),
    ("MessageAttributeName", "MessageAttributeNames"),
    ("MessageSystemAttributeName", "MessageSystemAttributeNames"),
    ("TagKey", "TagKeys"),
];

/// Maps, the same, and what a key is called here. Some clients write `Tags.1.Key`, others `Tag.1.Key`.
const MAPS: [(&str, &str, &str); 5] = [
    ("Attribute", "Attributes", "Name"),
    ("MessageAttribute", "MessageAttributes", "Name"),
    ("MessageSystemAttribute", "MessageSystemAttributes", "Name"),
    ("Tag", "Tags", "Key"),
    ("Tags", "Tags", "Key"),
];

/// The request as the JSON protocol has it. Without a `QueueUrl` it is about the queue whose path it was sent to.
pub(super) fn to_json(action: &str, params: &Params, path: &str) -> Result<Value, Error> {
    if let Some(name) = params.not_text() {
        return Err(Error::invalid(format!("Value for parameter {name} is invalid. Reason: Must be UTF-8.")));
    }
    let mut request = fields(params)?;
    if !request.contains_key("QueueUrl") && path.trim_matches('/').contains('/') {
        request.insert("QueueUrl".to_owned(), json!(path));
    }
    if action.ends_with("Batch") {
        let entries = params.numbered(&format!("{action}RequestEntry"));
        let entries: Vec<Value> =
            entries.iter().map(|entry| Ok(fields(entry)?.into())).collect::<Result<_, Error>>()?;
        request.insert("Entries".to_owned(), entries.into());
    }
    Ok(request.into())
}

/// The fields of a request, or of an entry of a batch.
fn fields(params: &Params) -> Result<Map<String, Value>, Error> {
    let mut fields = Map::new();
    for (name, text) in params.plain() {
        let value = if NUMBERS.contains(&name) { json!(number(name, text)?) } else { json!(text) };
        fields.insert(name.to_owned(), value);
    }
    for (member, list) in LISTS {
        // A list of one may come without its number.
        let members = params.numbered(member);
        let numbered = members.iter().filter_map(|text| text.get(""));
        let texts: Vec<&str> = params.get(member).into_iter().filter(|text| !text.is_empty()).chain(numbered).collect();
        if !texts.is_empty() {
            fields.insert(list.to_owned(), texts.into());
        }
    }
    for (entry, map, key) in MAPS {
        let entries = map_of(params, entry, key)?;
        if !entries.is_empty() {
            fields.insert(map.to_owned(), entries.into());
        }
    }
    Ok(fields)
}

/// A map, whose values are texts, or typed as those of message attributes are.
fn map_of(params: &Params, entry: &str, key: &str) -> Result<Map<String, Value>, Error> {
    let mut map = Map::new();
    for pair in params.numbered(entry) {
        let name = pair.get(key).unwrap_or_default();
        let parts = ["DataType", "StringValue", "BinaryValue"];
        let typed: Map<String, Value> = parts
            .into_iter()
            .filter_map(|part| Some((part.to_owned(), json!(pair.get(&format!("Value.{part}"))?))))
            .collect();
        let value = if entry.starts_with("Message") {
            Value::Object(typed)
        } else {
            json!(pair.get("Value").unwrap_or_default())
        };
        if map.insert(name.to_owned(), value).is_some() {
            return Err(Error::invalid(format!("{entry}: the name '{name}' is given more than once.")));
        }
    }
    Ok(map)
}

fn number(name: &str, text: &str) -> Result<i32, Error> {
    text.parse().map_err(|error: ParseIntError| {
        Error::invalid(format!("Value {text} for parameter {name} is invalid. Reason: Must be an integer: {error}."))
    })
}

/// The answer as the query protocol has it.
pub(super) fn to_xml(action: &str, json: &Value) -> Xml {
    let fields = json.as_object().into_iter().flatten();
    fields.fold(Xml::default(), |xml, (name, value)| field(xml, action, name, value))
}

fn field(xml: Xml, action: &str, name: &str, value: &Value) -> Xml {
    match value {
        Value::Null => xml,
        Value::Bool(_) | Value::Number(_) => xml.text(name, &value.to_string()),
        Value::String(text) => xml.text(name, text),
        Value::Array(members) => {
            let name = member_of(action, name);
            members.iter().fold(xml, |xml, member| field(xml, action, &name, member))
        }
        Value::Object(fields) => match entry_of(name) {
            Some((entry, key)) => fields.iter().fold(xml, |xml, (name, value)| {
                xml.element(entry, &field(Xml::default().text(key, name), action, "Value", value))
            }),
            None => xml.element(name, &to_xml(action, value)),
        },
    }
}

/// What a member of a list is called.
fn member_of(action: &str, list: &str) -> String {
    match list {
        "QueueUrls" | "queueUrls" => "QueueUrl".to_owned(),
        "Messages" => "Message".to_owned(),
        "Failed" => "BatchResultErrorEntry".to_owned(),
        // `Successful` and `Results`.
        _ => format!("{action}ResultEntry"),
    }
}

/// What an entry of a map is called, and its key.
fn entry_of(map: &str) -> Option<(&'static str, &'static str)> {
    let (entry, _, key) = MAPS.into_iter().find(|(_, name, _)| *name == map)?;
    Some((entry, key))
}
