//! Answers of the query protocol.
//!
//! **Invariant:** every text from outside goes through [`escape`].

use std::borrow::Cow;
use std::fmt::Write;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

/// XML that is being written.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// An element with text in it.
    pub(crate) fn text(mut self, name: &str, text: &str) -> Self {
        // Writing to a `String` does not fail.
        write!(self.0, "<{name}>{}</{name}>", escape(text)).unwrap_or_default();
        self
    }

    /// An element with elements in it.
    pub(crate) fn element(mut self, name: &str, inside: &Self) -> Self {
        write!(self.0, "<{name}>{}</{name}>", inside.0).unwrap_or_default();
        self
    }

    /// A list.
    pub(crate) fn list(self, name: &str, members: impl IntoIterator<Item = Self>) -> Self {
        let members = members.into_iter().fold(Self::default(), |all, member| all.element("member", &member));
        self.element(name, &members)
    }

    /// A map from text to text.
    pub(crate) fn map<'a>(self, name: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let entries = pairs.into_iter().fold(Self::default(), |all, (key, value)| {
            all.element("entry", &Self::default().text("key", key).text("value", value))
        });
        self.element(name, &entries)
    }
}

/// An operation of one request, to be answered.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) action: &'a str,
    /// The service's, which names its version too.
    pub(crate) namespace: &'static str,
}

impl Answer<'_> {
    /// That it succeeded.
    pub(crate) fn success(&self, result: &Xml) -> Response {
        let Self { action, namespace } = self;
        respond(StatusCode::OK, |request_id| {
            format!(
                r#"<{action}Response xmlns="{namespace}"><{action}Result>{}</{action}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"#,
                result.0
            )
        })
    }

    /// That it failed.
    pub(crate) fn refusal(&self, status: StatusCode, code: &str, message: &str) -> Response {
        let Self { namespace, .. } = self;
        let message = escape(message);
        respond(status, |request_id| {
            format!(
                r#"<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"#
            )
        })
    }
}

fn respond(status: StatusCode, text: impl FnOnce(&str) -> String) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let text = text(&request_id);
    let headers = [(header::CONTENT_TYPE.as_str(), "text/xml"), ("x-amzn-requestid", &request_id)];
    (status, headers, text).into_response()
}

/// What may stand in XML, and so what SNS and SQS take in a message.
pub(crate) const ALLOWED: &str = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";

/// The first character of a text that is not [`ALLOWED`], as AWS writes it: `#x0`.
pub(crate) fn forbidden(text: &str) -> Option<String> {
    // Most texts are plain, and this is much quicker than to look at each character.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    text.chars().find(|c| !is_allowed(*c)).map(|c| format!("#x{:x}", u32::from(c)))
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"')) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#xD;"),
            _ if is_allowed(c) => escaped.push(c),
            // No XML can hold it, and a client could read nothing of an answer with it.
            _ => escaped.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(escaped)
}
