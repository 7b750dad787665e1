//! Message attributes: reading, and what SNS accepts.
//!
//! **Invariant:** an attribute that was accepted has a type and a value of that type.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustack_sqs_model::types::MessageAttributeValue;
use serde_json::Value;

use crate::query::Params;
use crate::sns::error::Error;
use crate::sqs::Attributes;
use crate::xml::{ALLOWED, forbidden};

const NAME_LENGTH_MAX: usize = 256;

/// The type for lists of strings, numbers, booleans and nulls.
pub(super) const STRING_ARRAY: &str = "String.Array";

/// Reads and checks the attributes of a message.
pub(super) fn read(params: &Params) -> Result<Attributes, Error> {
    let mut attributes = Attributes::new();
    for entry in params.entries("MessageAttributes") {
        let name = entry.get("Name").unwrap_or_default();
        let value = read_value(name, &entry)?;
        if attributes.insert(name.to_owned(), value).is_some() {
            return Err(refused(format!("The message attribute '{name}' is given more than once.")));
        }
    }
    Ok(attributes)
}

fn read_value(name: &str, entry: &Params) -> Result<MessageAttributeValue, Error> {
    check_name(name)?;
    let data_type = entry.get("Value.DataType").unwrap_or_default();
    let string_value = entry.get("Value.StringValue").map(ToOwned::to_owned);
    let binary_value = match entry.get("Value.BinaryValue") {
        Some(text) => Some(STANDARD.decode(text).map_err(|error| {
            refused(format!("The message attribute '{name}' has a binary value that is not base64: {error}."))
        })?),
        None => None,
    };
    let kind = data_type.split('.').next().unwrap_or_default();
    let text = string_value.as_deref().unwrap_or_default();
    if let Some(c) = forbidden(text) {
        return Err(refused(format!(
            "The message attribute '{name}' has an invalid character {c} in its value, the set of allowed characters \
             is {ALLOWED}."
        )));
    }
    let filled = match kind {
        "Binary" => binary_value.as_ref().is_some_and(|bytes| !bytes.is_empty()),
        "Number" => text.parse::<f64>().is_ok_and(f64::is_finite),
        "String" if data_type == STRING_ARRAY => {
            matches!(serde_json::from_str(text), Ok(Value::Array(_)))
        }
        "String" => !text.is_empty(),
        _ => {
            return Err(refused(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type \
                 prefixes is Binary, Number, and String."
            )));
        }
    };
    if !filled {
        return Err(refused(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type \
             '{data_type}'."
        )));
    }
    // Only the one that goes with the type.
    let is_binary = kind == "Binary";
    Ok(MessageAttributeValue {
        data_type: data_type.to_owned(),
        string_value: string_value.filter(|_| !is_binary),
        binary_value: binary_value.filter(|_| is_binary),
    })
}

fn check_name(name: &str) -> Result<(), Error> {
    let lower = name.to_ascii_lowercase();
    let valid = !name.is_empty()
        && name.len() <= NAME_LENGTH_MAX
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.");
    if valid {
        return Ok(());
    }
    Err(refused(format!("The message attribute name '{name}' is invalid.")))
}

fn refused(message: String) -> Error {
    Error::new("ParameterValueInvalid", message)
}
