//! What services ask of the world outside AWS, such as a gateway.
//!
//! **Invariant:** an unknown outcome is an error, never an answer.

use std::future::Future;

use saga::{NoEffect, Participant};
use wire::{Poison, SagaId};

use crate::breaker::Call;
use crate::error::Unavailable;

/// Why an effect was not carried out.
///
/// # Examples
///
/// See the example of [`Perform`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The world outside did not decide: the outcome is unknown, and the message comes again.
    Unavailable(Unavailable),
    /// It can never be, because of the message: that goes to the dead-letter queue. What was begun stands.
    Poison(Poison),
}

impl From<Unavailable> for Failed {
    fn from(why: Unavailable) -> Self {
        Self::Unavailable(why)
    }
}

/// Carries out a participant's effects.
///
/// # Examples
///
/// Scales that a service asks, by a call that may fail. The service's participant decides by the answer:
///
/// ```
/// use ensemble_runtime::{Call, Failed, Perform, Unavailable};
/// use saga::Participant;
/// use wire::SagaId;
///
/// /// What is asked.
/// struct Weigh(String);
///
/// struct Scales {
///     url: String,
/// }
///
/// impl<P: Participant<Effect = Weigh, Reply = u32>> Perform<P> for Scales {
///     fn call(&self, _effect: &Weigh) -> Call {
///         Call::new("scales", "weigh a parcel")
///     }
///
///     async fn perform(&self, saga: SagaId, Weigh(address): Weigh) -> Result<u32, Failed> {
///         let grams = ask(&self.url, saga, &address).await;
///         Ok(grams.map_err(|error| Unavailable::new("scales", error))?)
///     }
/// }
/// # async fn ask(_: &str, _: SagaId, _: &str) -> Result<u32, String> { Ok(300) }
/// ```
pub trait Perform<P: Participant>: Send + Sync + 'static {
    /// Which kind of call an effect is. When calls of one kind fail, those of the others go on.
    fn call(&self, effect: &P::Effect) -> Call;

    /// Whether an effect could be carried out at all, as far as that is known without asking anybody. This is checked
    /// before its intent is committed, so that nothing is begun that cannot go on.
    ///
    /// # Errors
    ///
    /// [`Failed`] when it could not.
    fn check(&self, effect: &P::Effect) -> Result<(), Failed> {
        let _ = effect;
        Ok(())
    }

    /// Acts, and answers with what the world outside decided.
    ///
    /// # Errors
    ///
    /// [`Failed`] when it did not decide.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, the effect may have taken place or not: the caller repeats it under the same key.
    fn perform(&self, saga: SagaId, effect: P::Effect) -> impl Future<Output = Result<P::Reply, Failed>> + Send;
}

/// For participants that ask nothing of the world outside.
///
/// # Examples
///
/// See the example of [`Service`](crate::Service).
#[derive(Clone, Copy, Debug)]
pub struct NoEffects;

impl<P: Participant<Effect = NoEffect>> Perform<P> for NoEffects {
    fn call(&self, effect: &NoEffect) -> Call {
        match *effect {}
    }

    async fn perform(&self, _saga: SagaId, effect: NoEffect) -> Result<P::Reply, Failed> {
        match effect {}
    }
}
