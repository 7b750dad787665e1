//! SQS: queues in memory behind the JSON protocol, and behind the query protocol of older clients.
//!
//! The wire model, the rules for attributes and the digests are `rustack`'s; the queue itself is ours, because the
//! crate's lets nobody look into it, forgets expired receipts, and wakes receivers late. Another engine can take the
//! place of [`queue`] without the rest noticing.

mod attributes;
mod batch;
mod error;
mod form;
mod limits;
mod message;
mod moves;
mod operations;
mod permissions;
mod queue;
mod service;
mod state;
mod system;
mod time;

use axum::response::Response;

use crate::answer::JsonAnswer;
use crate::caller::Caller;
use crate::query::Params;
use crate::xml::Answer;

pub(crate) use crate::sqs::error::Error;
pub(crate) use crate::sqs::limits::is_id;
pub(crate) use crate::sqs::message::{Attributes, NewMessage};
pub(crate) use crate::sqs::operations::SERVED;
pub(crate) use crate::sqs::service::Sqs;

/// The version of the API that is served.
pub(crate) const VERSION: &str = "2012-11-05";

const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

impl Sqs {
    /// Executes one request of the JSON protocol.
    pub(crate) async fn answer(&self, operation: &str, body: &[u8], caller: &Caller) -> JsonAnswer {
        match operations::execute(self, operation, body, caller).await {
            Ok(json) => JsonAnswer::ok(json),
            Err(error) => error.into_answer(),
        }
    }

    /// Executes one request of the query protocol, sent to this path.
    pub(crate) async fn answer_form(&self, action: &str, params: &Params, path: &str, caller: &Caller) -> Response {
        let answer = Answer { action, namespace: NAMESPACE };
        let executed = match form::to_json(action, params, path) {
            Ok(request) => operations::execute(self, action, request.to_string().as_bytes(), caller).await,
            Err(error) => Err(error),
        };
        match executed.and_then(|json| operations::reread(&json)) {
            Ok(json) => answer.success(&form::to_xml(action, &json)),
            Err(error) => answer.refusal(error.status(), error.code(), &error.message),
        }
    }
}
