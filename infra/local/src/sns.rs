//! SNS: topics and subscriptions in memory behind the query protocol, delivering straight into the queues.
//!
//! **Invariant:** a publish that is answered with success has been put into every queue whose subscription it matches,
//! or into that subscription's dead-letter queue; what neither takes is lost, as with AWS, and logged.

mod attributes;
mod envelope;
mod error;
mod fan_out;
mod fifo;
mod filter;
mod message;
mod operations;
mod parameters;
mod permissions;
mod publish;
mod service;
mod subscription;
mod topic;
mod topics;

use axum::response::Response;

use crate::caller::Caller;
use crate::query::Params;
use crate::xml::Answer;

pub(crate) use crate::sns::operations::SERVED;
pub(crate) use crate::sns::service::Sns;

/// The version of the API that is served.
pub(crate) const VERSION: &str = "2010-03-31";

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

impl Sns {
    /// Executes one request.
    pub(crate) fn answer(&self, action: &str, params: &Params, caller: &Caller) -> Response {
        let answer = Answer { action, namespace: NAMESPACE };
        match operations::execute(self, action, params, caller) {
            Ok(result) => answer.success(&result),
            Err(error) => answer.refusal(error.status(), error.code, &error.message),
        }
    }
}
