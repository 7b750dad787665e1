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
mod operations;
mod permissions;
mod publish;
mod subscription;
mod topic;
mod topics;

use std::sync::Arc;

use axum::response::Response;

use crate::caller::Caller;
use crate::query::Params;
use crate::sns::fan_out::FanOut;
use crate::sns::topics::Topics;
use crate::sqs::Sqs;
use crate::xml::Answer;

pub(crate) use crate::sns::operations::SERVED;

/// The version of the API that is served.
pub(crate) const VERSION: &str = "2010-03-31";

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

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
    pub(crate) fn answer(&self, action: &str, params: &Params, caller: &Caller) -> Response {
        let answer = Answer { action, namespace: NAMESPACE };
        match operations::execute(self, action, params, caller) {
            Ok(result) => answer.success(&result),
            Err(error) => answer.refusal(error.status(), error.code, &error.message),
        }
    }
}
