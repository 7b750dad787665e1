//! SNS: topics and subscriptions in memory behind the query protocol, delivering straight into the queues.
//!
//! **Invariant:** a publish that is answered with success has been put into every queue whose subscription it matches,
//! or into that subscription's dead-letter queue; what neither takes is lost, as with AWS, and logged.

mod attributes;
mod envelope;
mod error;
mod fan_out;
mod filter;
mod operations;
mod publish;
mod query;
mod topics;
mod xml;

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::sns::fan_out::FanOut;
use crate::sns::topics::Topics;
use crate::sqs::Sqs;

pub(crate) use crate::sns::operations::SERVED;
pub(crate) use crate::sns::query::Params;

/// All topics.
#[derive(Debug)]
pub(crate) struct Sns {
    topics: Topics,
    fan_out: FanOut,
}

impl Sns {
    /// No topics yet. `url` is where subscribers can unsubscribe.
    pub(crate) fn new(url: &str, sqs: Arc<Sqs>) -> Self {
        Self { topics: Topics::default(), fan_out: FanOut::new(url, sqs) }
    }

    /// Executes one request.
    pub(crate) fn answer(&self, action: &str, params: &Params) -> Response {
        let request_id = Uuid::new_v4().to_string();
        let (status, text) = match operations::execute(self, action, params) {
            Ok(result) => (StatusCode::OK, xml::answer(action, &result, &request_id)),
            Err(error) => (error.status(), xml::refusal(&error, &request_id)),
        };
        let headers = [(header::CONTENT_TYPE.as_str(), "text/xml"), ("x-amzn-requestid", &request_id)];
        (status, headers, text).into_response()
    }
}
