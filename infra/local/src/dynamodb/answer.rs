//! Errors as `DynamoDB` answers them.

use dynoxide::DynoxideError;

use crate::answer::JsonAnswer;

/// An error of the engine, as the service puts it on the wire.
pub(super) fn answer_of(operation: &str, error: DynoxideError) -> JsonAnswer {
    // The engine marks errors that these three operations report under a heading.
    let error = match (operation, error) {
        ("PutItem" | "UpdateItem" | "DeleteItem", DynoxideError::EnvelopedValidation(message)) => {
            DynoxideError::ValidationException(format!("1 validation error detected: {message}"))
        }
        (_, DynoxideError::EnvelopedValidation(message)) => DynoxideError::ValidationException(message),
        (_, error) => error,
    };
    JsonAnswer { status: error.status_code(), body: error.to_json(), query_error: None }
}

/// An error that is not the engine's.
pub(super) fn refusal(status: u16, kind: &str, message: &str) -> JsonAnswer {
    let body = serde_json::json!({ "__type": kind, "message": message });
    JsonAnswer { status, body: body.to_string(), query_error: None }
}
