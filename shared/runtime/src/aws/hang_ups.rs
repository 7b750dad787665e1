//! Whether a receive call ends when its caller hangs up.
//!
//! AWS and `LocalStack` go on with a call whose caller is gone, and hide what they find until its visibility ends. The
//! embedded endpoint ends it, and says who it is in each answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_sqs::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;

/// What the embedded endpoint calls itself in the header `server`.
const EMBEDDED: &str = "ensemble-local";

/// What the answers so far have told; nobody is trusted to notice who has not said so.
#[derive(Clone, Debug, Default)]
pub(crate) struct HangUps(Arc<AtomicBool>);

impl HangUps {
    /// Whether a call may be dropped without a message being hidden by it.
    pub(crate) fn are_noticed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for HangUps {
    fn name(&self) -> &'static str {
        "HangUps"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.store(context.response().headers().get("server") == Some(EMBEDDED), Ordering::Relaxed);
        Ok(())
    }
}
