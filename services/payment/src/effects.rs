//! Carries out what the domain asks of the gateway.
//!
//! **Invariant:** this is the only place where a sealed card is opened; it is open for the length of one call.

use card::{OpenError, PrivateKey};
use contracts::{Fare, Money, SagaId};
use runtime::{Perform, Unavailable};

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

    async fn authorize(&self, saga: SagaId, fare: &Fare, sealed_card: &str) -> Result<Reply, Unavailable> {
        let card = match card::open(sealed_card, &self.key, saga) {
            Ok(card) => card,
            // This process has the wrong key, or an old one: no message is at fault.
            Err(error @ OpenError::OtherKey) => {
                return Err(Unavailable { dependency: "the key for cards", what: error.to_string() });
            }
            // Nothing can be held with it, now or ever; and nothing was, or it would have been looked up.
            Err(error @ (OpenError::Malformed | OpenError::Refused)) => {
                return Ok(Reply::AuthorizeRefused(Refusal { message: format!("the sealed card {error}") }));
            }
        };
        let asked = Authorization { customer: &fare.customer_id, amount: fare.amount, card: &card };
        let answer = self.gateway.authorize(saga.derive("gateway/authorize"), saga, asked).await?;
        Ok(match answer {
            Ok(charge_token) => Reply::Authorized { charge_token },
            Err(refusal) => Reply::AuthorizeRefused(refusal),
        })
    }
}

impl<G: Gateway> Perform<Payment> for GatewayEffects<G> {
    async fn perform(&self, saga: SagaId, effect: Effect) -> Result<Reply, Unavailable> {
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

impl From<GatewayError> for Unavailable {
    fn from(GatewayError(what): GatewayError) -> Self {
        Self { dependency: "the payment gateway", what }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use testkit::fixtures;
    use uuid::Uuid;
    use zeroize::Zeroizing;

    use super::*;

    /// Holds whatever it is asked for, and counts.
    #[derive(Default)]
    struct Counting(AtomicU32);

    impl Gateway for Counting {
        async fn authorize(
            &self,
            _key: Uuid,
            _reference: SagaId,
            asked: Authorization<'_>,
        ) -> Result<Result<String, Refusal>, GatewayError> {
            assert_eq!(asked.card.expose_number(), "2424 2424 2424 2424");
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Ok("tok_1".to_owned()))
        }

        async fn capture(&self, _: Uuid, _: &str, _: Money) -> Result<Result<String, Refusal>, GatewayError> {
            Err(GatewayError("not asked for".to_owned()))
        }

        async fn void(&self, _: Uuid, _: &str) -> Result<Result<(), Refusal>, GatewayError> {
            Err(GatewayError("not asked for".to_owned()))
        }

        async fn refund(&self, _: Uuid, _: &str, _: Money) -> Result<Result<String, Refusal>, GatewayError> {
            Err(GatewayError("not asked for".to_owned()))
        }

        async fn look_up(&self, _: SagaId) -> Result<Known, GatewayError> {
            Ok(Known::default())
        }
    }

    #[tokio::test]
    async fn a_card_for_another_key_waits_and_one_that_never_opens_is_refused_without_a_call() {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let (private, public) = card::key_pair();
        let (saga, other) = (SagaId::of_request("fare", "a"), SagaId::of_request("fare", "b"));
        let Ok(card) = card::Card::new(text("2424 2424 2424 2424"), text("12/22"), text("111")) else {
            panic!("a card")
        };
        let seal = |key: &card::PublicKey| card::seal(&card, key, saga).unwrap();
        let effects = GatewayEffects::new(Counting::default(), private);
        let ask = |saga, sealed_card: String| {
            effects.perform(saga, Effect::Authorize { fare: fixtures::fare("3"), sealed_card })
        };

        assert_eq!(ask(saga, seal(&public)).await, Ok(Reply::Authorized { charge_token: "tok_1".to_owned() }));
        let (_, another) = card::key_pair();
        assert!(ask(saga, seal(&another)).await.is_err(), "another key is no refusal");
        for (saga, sealed) in [(other, seal(&public)), (saga, "v1.x".to_owned())] {
            assert!(matches!(ask(saga, sealed).await, Ok(Reply::AuthorizeRefused(_))));
        }
        assert_eq!(effects.gateway.0.load(Ordering::SeqCst), 1);
    }
}
