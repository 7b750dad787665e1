//! System attributes that a sender can set: there is one, the trace that the message belongs to.
//!
//! **Invariant:** what a sender says of the message itself goes before what its request says in a header.

use std::collections::HashMap;

use rustack_sqs_core::message::md5_of_message_attributes;
use rustack_sqs_model::types::{MessageAttributeValue, MessageSystemAttributeValue};

use crate::caller::Caller;
use crate::sqs::error::Error;
use crate::sqs::message::Attributes;
use crate::xml::forbidden;

const TRACE_HEADER: &str = "AWSTraceHeader";

/// What is kept of them, and what the sender is told.
#[derive(Debug)]
pub(super) struct System {
    pub(super) trace_header: Option<String>,
    /// Of the attributes as they were given.
    pub(super) md5: Option<String>,
}

/// Reads and checks them.
pub(super) fn read(given: HashMap<String, MessageSystemAttributeValue>, caller: &Caller) -> Result<System, Error> {
    if let Some(other) = given.keys().find(|name| *name != TRACE_HEADER) {
        return Err(Error::invalid(format!(
            "Message system attribute name '{other}' is invalid. The one that a sender can set is {TRACE_HEADER}."
        )));
    }
    let given = given.into_iter().map(|(name, value)| {
        let MessageSystemAttributeValue { data_type, string_value, binary_value } = value;
        (name, MessageAttributeValue { data_type, string_value, binary_value })
    });
    let given: Attributes = given.collect();
    let md5 = md5_of_message_attributes(&given);
    let trace_header = match given.get(TRACE_HEADER) {
        Some(value) => Some(text(value)?.to_owned()),
        None => caller.trace().map(ToOwned::to_owned),
    };
    Ok(System { trace_header, md5 })
}

fn text(value: &MessageAttributeValue) -> Result<&str, Error> {
    let text = value.string_value.as_deref().filter(|text| !text.is_empty() && forbidden(text).is_none());
    text.filter(|_| value.data_type == "String").ok_or_else(|| {
        Error::invalid(format!(
            "The message system attribute '{TRACE_HEADER}' must be a non-empty trace header of type String."
        ))
    })
}
