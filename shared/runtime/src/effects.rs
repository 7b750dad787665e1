//! What services ask of the world outside AWS, such as a payment gateway.
//!
//! **Invariant:** an unknown outcome is an error, never an answer.

use std::future::Future;

use contracts::{Poison, SagaId};
use saga::{NoEffect, Participant};

/// Carries out a participant's effects.
pub trait Perform<P: Participant>: Send + Sync + 'static {
    /// Acts, and answers with what the world outside decided.
    ///
    /// # Errors
    ///
    /// [`EffectError`] when it did not decide, or nothing could be asked.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, the effect may have taken place or not: the caller repeats it under the same key.
    fn perform(&self, saga: SagaId, effect: P::Effect) -> impl Future<Output = Result<P::Reply, EffectError>> + Send;
}

/// Why there is no answer from outside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// The outcome is unknown; try again later.
    #[error("{dependency} is unavailable: {what}")]
    Unavailable {
        /// Who did not answer.
        dependency: &'static str,
        /// What was seen.
        what: String,
    },
    /// The effect can never be carried out.
    #[error(transparent)]
    Poison(Poison),
}

/// For participants that ask nothing of the world outside.
#[derive(Clone, Copy, Debug)]
pub struct NoEffects;

impl<P: Participant<Effect = NoEffect>> Perform<P> for NoEffects {
    async fn perform(&self, _saga: SagaId, effect: NoEffect) -> Result<P::Reply, EffectError> {
        match effect {}
    }
}
