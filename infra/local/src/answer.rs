//! Answers of the services that speak JSON: SQS and `DynamoDB`.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

/// Both JSON services speak this version of the protocol.
const JSON: &str = "application/x-amz-json-1.0";

/// An answer of one of the JSON services.
#[derive(Debug)]
pub(crate) struct JsonAnswer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// The error code of the service's former protocol, by which SDKs tell its errors apart.
    pub(crate) query_error: Option<String>,
}

impl JsonAnswer {
    pub(crate) fn ok(body: String) -> Self {
        Self { status: 200, body, query_error: None }
    }
}

impl IntoResponse for JsonAnswer {
    fn into_response(self) -> Response {
        let mut builder = Response::builder()
            .status(self.status)
            .header(header::CONTENT_TYPE, JSON)
            .header("x-amzn-requestid", Uuid::new_v4().to_string());
        if let Some(code) = self.query_error {
            builder = builder.header("x-amzn-query-error", code);
        }
        builder.body(Body::from(self.body)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}
