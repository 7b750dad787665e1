//! The port to a payment gateway.
//!
//! **Invariant:** the domain knows this trait and no gateway. An adapter answers with what the gateway decided, or says
//! that the outcome is unknown; it never guesses.

use std::future::Future;

use card::Card;
use contracts::{Identifier, Money, SagaId};
use uuid::Uuid;

/// What a hold is asked for.
#[expect(missing_debug_implementations, reason = "it holds a card")]
pub struct Authorization<'a> {
    /// Whose card it is.
    pub customer: &'a Identifier,
    /// How much.
    pub amount: Money,
    /// The card.
    pub card: &'a Card,
}

/// An idempotency key: what is asked under it takes effect once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub id: Uuid,
    /// Whether no earlier call with it can still be at work. Only then does a request that is turned away as malformed
    /// mean that nothing was done.
    pub fresh: bool,
}

/// The gateway decided: no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for a person to read; without card data.
    pub message: String,
}

/// No answer that can be relied on: the call may have taken effect or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayError(pub String);

/// What the gateway knows under a reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The pre-authorisation, whatever has become of it.
    pub charge_token: Option<String>,
    /// The capture.
    pub charge_id: Option<String>,
    /// The refund.
    pub refund_id: Option<String>,
}

/// A payment gateway, as payment needs it.
///
/// Each call that changes something carries an idempotency key: the same key again has no second effect and is
/// answered as the first time. `reference` is the saga, under which everything can be looked up.
///
/// # Errors
///
/// The outer `Result` is [`GatewayError`], an unknown outcome; the inner one is the gateway's decision.
pub trait Gateway: Send + Sync + 'static {
    /// Holds the amount; answers with the token, `tok_…`.
    fn authorize(
        &self,
        key: Key,
        reference: SagaId,
        authorization: Authorization<'_>,
    ) -> impl Future<Output = Result<Result<String, Refusal>, GatewayError>> + Send;

    /// Takes the amount that is held; answers with the id of the charge, `ch_…`.
    fn capture(
        &self,
        key: Key,
        charge_token: &str,
        amount: Money,
    ) -> impl Future<Output = Result<Result<String, Refusal>, GatewayError>> + Send;

    /// Lets go of what is held. Where it is let go already, that is no refusal.
    fn void(
        &self,
        key: Key,
        charge_token: &str,
    ) -> impl Future<Output = Result<Result<(), Refusal>, GatewayError>> + Send;

    /// Takes an amount from the customer's account, in one step and without a card; answers with the id of the charge,
    /// `ch_…`.
    fn debit(
        &self,
        key: Key,
        reference: SagaId,
        customer: &Identifier,
        amount: Money,
    ) -> impl Future<Output = Result<Result<String, Refusal>, GatewayError>> + Send;

    /// Gives a charge back; answers with the id of the refund, `re_…`.
    fn refund(
        &self,
        key: Key,
        charge_id: &str,
        amount: Money,
    ) -> impl Future<Output = Result<Result<String, Refusal>, GatewayError>> + Send;

    /// What there is under a reference.
    fn look_up(&self, reference: SagaId) -> impl Future<Output = Result<Known, GatewayError>> + Send;
}
