//! Carries out what the domain asks of the gateway.
//!
//! **Invariant:** this is the only place where a sealed card is opened; it is open for the length of one call.

use card::PrivateKey;
use contracts::{Fare, Money, Poison, Reason, SagaId};
use runtime::{EffectError, Perform};

use crate::Payment;
use crate::gateway::{Authorization, Gateway, GatewayError, Known, Refusal};

/// What payment asks of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// What do you know of this saga?
    LookUp,
    /// Hold the fare's amount.
    Authorize {
        /// What is to be paid.
        fare: Fare,
        /// With which card, sealed.
        sealed_card: String,
    },
    /// Take what is held.
    Capture {
        /// The hold.
        charge_token: String,
        /// How much.
        amount: Money,
    },
    /// Let go of what is held.
    Void {
        /// The hold.
        charge_token: String,
        /// Why the capture was refused: comes back with the answer.
        because: Refusal,
    },
    /// Give a charge back.
    Refund {
        /// The charge.
        charge_id: String,
        /// How much.
        amount: Money,
    },
}

/// What the gateway decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// What it knows of the saga.
    Known(Known),
    /// The amount is held.
    Authorized {
        /// The hold.
        charge_token: String,
    },
    /// The amount is not held.
    AuthorizeRefused(Refusal),
    /// The card is charged.
    Captured {
        /// The hold.
        charge_token: String,
        /// The charge.
        charge_id: String,
    },
    /// The card is not charged; the hold stands.
    CaptureRefused {
        /// The hold.
        charge_token: String,
        /// Why not.
        refusal: Refusal,
    },
    /// The hold is gone.
    Voided {
        /// The hold.
        charge_token: String,
        /// Why the capture was refused.
        because: Refusal,
    },
    /// The hold stands.
    VoidRefused {
        /// The hold.
        charge_token: String,
        /// Why the capture was refused.
        because: Refusal,
        /// Why the void was refused.
        refusal: Refusal,
    },
    /// The charge was given back.
    Refunded {
        /// The refund.
        refund_id: String,
    },
    /// The charge stands.
    RefundRefused(Refusal),
}

/// Payment's effects, over a gateway.
#[expect(missing_debug_implementations, reason = "it holds the private key")]
pub struct GatewayEffects<G> {
    gateway: G,
    key: PrivateKey,
}

impl<G: Gateway> GatewayEffects<G> {
    /// Opens cards with `key`, asks `gateway`.
    pub fn new(gateway: G, key: PrivateKey) -> Self {
        Self { gateway, key }
    }

    async fn authorize(&self, saga: SagaId, fare: &Fare, sealed_card: &str) -> Result<Reply, EffectError> {
        let card = card::open(sealed_card, &self.key, saga)
            .map_err(|error| EffectError::Poison(Poison::new(Reason::Unreadable, format!("sealedcard: {error}"))))?;
        let asked = Authorization { customer: &fare.customer_id, amount: fare.amount, card: &card };
        let answer = self.gateway.authorize(saga.derive("gateway/authorize"), saga, asked).await?;
        Ok(match answer {
            Ok(charge_token) => Reply::Authorized { charge_token },
            Err(refusal) => Reply::AuthorizeRefused(refusal),
        })
    }
}

impl<G: Gateway> Perform<Payment> for GatewayEffects<G> {
    async fn perform(&self, saga: SagaId, effect: Effect) -> Result<Reply, EffectError> {
        // One key per saga and kind of call: a saga makes at most one of each.
        Ok(match effect {
            Effect::LookUp => Reply::Known(self.gateway.look_up(saga).await?),
            Effect::Authorize { fare, sealed_card } => self.authorize(saga, &fare, &sealed_card).await?,
            Effect::Capture { charge_token, amount } => {
                match self.gateway.capture(saga.derive("gateway/capture"), &charge_token, amount).await? {
                    Ok(charge_id) => Reply::Captured { charge_token, charge_id },
                    Err(refusal) => Reply::CaptureRefused { charge_token, refusal },
                }
            }
            Effect::Void { charge_token, because } => {
                match self.gateway.void(saga.derive("gateway/void"), &charge_token).await? {
                    Ok(()) => Reply::Voided { charge_token, because },
                    Err(refusal) => Reply::VoidRefused { charge_token, because, refusal },
                }
            }
            Effect::Refund { charge_id, amount } => {
                match self.gateway.refund(saga.derive("gateway/refund"), &charge_id, amount).await? {
                    Ok(refund_id) => Reply::Refunded { refund_id },
                    Err(refusal) => Reply::RefundRefused(refusal),
                }
            }
        })
    }
}

impl From<GatewayError> for EffectError {
    fn from(GatewayError(what): GatewayError) -> Self {
        Self::Unavailable { dependency: "the payment gateway", what }
    }
}
