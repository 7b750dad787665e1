//! Answers of the query protocol.
//!
//! **Invariant:** every text from outside goes through [`escape`].

use std::fmt::Write;

use crate::sns::error::Error;

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// XML that is being written.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// An element with text in it.
    pub(super) fn text(mut self, name: &str, text: &str) -> Self {
        // Writing to a `String` does not fail.
        write!(self.0, "<{name}>{}</{name}>", escape(text)).unwrap_or_default();
        self
    }

    /// An element with elements in it.
    pub(super) fn element(mut self, name: &str, inside: &Self) -> Self {
        write!(self.0, "<{name}>{}</{name}>", inside.0).unwrap_or_default();
        self
    }

    /// A list.
    pub(super) fn list(self, name: &str, members: impl IntoIterator<Item = Self>) -> Self {
        let members = members.into_iter().fold(Self::default(), |all, member| all.element("member", &member));
        self.element(name, &members)
    }

    /// A map from text to text.
    pub(super) fn map<'a>(self, name: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let entries = pairs.into_iter().fold(Self::default(), |all, (key, value)| {
            all.element("entry", &Self::default().text("key", key).text("value", value))
        });
        self.element(name, &entries)
    }
}

/// The answer of an operation that succeeded.
pub(super) fn answer(action: &str, result: &Xml, request_id: &str) -> String {
    format!(
        r#"<{action}Response xmlns="{NAMESPACE}"><{action}Result>{}</{action}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"#,
        result.0
    )
}

/// The answer of an operation that failed.
pub(super) fn refusal(error: &Error, request_id: &str) -> String {
    format!(
        r#"<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"#,
        error.code,
        escape(&error.message)
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#xD;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
