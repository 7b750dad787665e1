//! Errors of SNS.
//!
//! **Invariant:** codes are those of the query protocol, by which SDKs tell errors apart.

use axum::http::StatusCode;

/// An error for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct Error {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Error {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The kind most validations end in.
    pub(super) fn invalid(reason: &str) -> Self {
        Self::new("InvalidParameter", format!("Invalid parameter: {reason}"))
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
            ),
        )
    }

    pub(super) fn status(&self) -> StatusCode {
        match self.code {
            "NotFound" | "ResourceNotFound" => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
