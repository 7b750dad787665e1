//! What services ask of the world outside AWS, such as a payment gateway.
//!
//! **Invariant:** an unknown outcome is an error, never an answer.

use std::future::Future;

use contracts::SagaId;
use saga::{NoEffect, Participant};

use crate::error::Unavailable;

/// Carries out a participant's effects.
pub trait Perform<P: Participant>: Send + Sync + 'static {
    /// Acts, and answers with what the world outside decided.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when it did not decide: the outcome is unknown.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, the effect may have taken place or not: the caller repeats it under the same key.
    fn perform(&self, saga: SagaId, effect: P::Effect) -> impl Future<Output = Result<P::Reply, Unavailable>> + Send;
}

/// For participants that ask nothing of the world outside.
#[derive(Clone, Copy, Debug)]
pub struct NoEffects;

impl<P: Participant<Effect = NoEffect>> Perform<P> for NoEffects {
    async fn perform(&self, _saga: SagaId, effect: NoEffect) -> Result<P::Reply, Unavailable> {
        match effect {}
    }
}
