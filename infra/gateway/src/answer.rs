//! What a caller hears: an id, or an error with a code.
//!
//! **Invariant:** each answer is JSON, and each error has the same shape: `{"error": {"code",
//! "message"}}`.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An answer that is not yet on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    status: StatusCode,
    body: Value,
    replayed: bool,
}

impl Answer {
    pub(crate) fn created(id: &str) -> Self {
        Self { status: StatusCode::CREATED, body: json!({ "id": id }), replayed: false }
    }

    pub(crate) fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, body: json!({ "error": { "code": code, "message": message } }), replayed: false }
    }

    /// The same answer, marked as one that was given before.
    pub(crate) fn again(self) -> Self {
        Self { replayed: true, ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    #[cfg(test)]
    pub(crate) fn body(&self) -> &Value {
        &self.body
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
