//! Carries out what the domain asks of the gateway.
//!
//! **Invariant:** this is the only place where a sealed card is opened; it is open for the length of one call.

use std::sync::atomic::{AtomicBool, Ordering};

use card::{OpenError, PrivateKey};
use contracts::{Event, Identifier, Money, Poison, Reason, SagaId};
use runtime::{Call, Failed, Perform, Unavailable};
use saga::step::Steps;

use crate::gateway::{Authorization, Gateway, GatewayError, Key, Known, Refusal};

/// What payment asks of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// What do you know of this saga?
    LookUp,
    /// Hold an amount.
    Authorize {
        /// Who pays.
        customer: Identifier,
        /// How much.
        amount: Money,
        /// With which card, sealed.
        sealed_card: String,
        /// Whether no earlier call of this kind can still be at work.
        fresh: bool,
    },
    /// Take what is held.
    Capture {
        /// The hold.
        charge_token: String,
        /// How much.
        amount: Money,
        /// Whether no earlier call of this kind can still be at work.
        fresh: bool,
    },
    /// Let go of what is held.
    Void {
        /// The hold.
        charge_token: String,
        /// In which round of unwinding: each has a key of its own.
        round: u32,
        /// Whether no earlier call of this kind can still be at work.
        fresh: bool,
    },
    /// Take an amount from the customer's account, in one step.
    Debit {
        /// Who pays.
        customer: Identifier,
        /// How much.
        amount: Money,
        /// Whether no earlier call of this kind can still be at work.
        fresh: bool,
    },
    /// Give a charge back.
    Refund {
        /// The charge.
        charge_id: String,
        /// How much.
        amount: Money,
        /// How often the gateway has refused already: each try after a refusal has a key of its own.
        refusals: usize,
        /// Whether no earlier call of this kind can still be at work.
        fresh: bool,
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
    Voided,
    /// The hold stands.
    VoidRefused(Refusal),
    /// The amount is taken from the account.
    Debited {
        /// The charge.
        charge_id: String,
    },
    /// The amount is not taken from the account.
    DebitRefused(Refusal),
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
    /// Whether the key has opened a card since the start: then it is the right one.
    opened: AtomicBool,
}

impl<G: Gateway> GatewayEffects<G> {
    /// Opens cards with `key`, asks `gateway`.
    pub fn new(gateway: G, key: PrivateKey) -> Self {
        Self { gateway, key, opened: AtomicBool::new(false) }
    }

    async fn authorize(
        &self,
        saga: SagaId,
        customer: &Identifier,
        amount: Money,
        sealed_card: &str,
        fresh: bool,
    ) -> Result<Reply, Failed> {
        let card = match card::open(sealed_card, &self.key, saga) {
            Ok(card) => card,
            Err(OpenError::OtherKey) => return Err(no_key().into()),
            // Nothing can be held with it, now or ever.
            Err(error @ (OpenError::Malformed | OpenError::Refused)) if fresh => {
                return Ok(Reply::AuthorizeRefused(Refusal { message: format!("the sealed card {error}") }));
            }
            // Somebody may have held something with another copy of it, which nobody can see yet.
            Err(error @ (OpenError::Malformed | OpenError::Refused)) => {
                let what = format!("the sealed card {error}, and an earlier call may be at work");
                return Err(GatewayError(what).into());
            }
        };
        let asked = Authorization { customer, amount, card: &card };
        let answer = self.gateway.authorize(key(saga, "gateway/authorize", 0, fresh), saga, asked).await?;
        Ok(match answer {
            Ok(charge_token) => Reply::Authorized { charge_token },
            Err(refusal) => Reply::AuthorizeRefused(refusal),
        })
    }
}

impl<G: Gateway> Perform<Steps<Event, Effect, Reply>> for GatewayEffects<G> {
    fn call(&self, effect: &Effect) -> Call {
        Call::new(
            GATEWAY,
            match effect {
                Effect::LookUp => "look up",
                Effect::Authorize { .. } => "authorize",
                Effect::Capture { .. } => "capture",
                Effect::Void { .. } => "void",
                Effect::Debit { .. } => "debit",
                Effect::Refund { .. } => "refund",
            },
        )
    }

    fn check(&self, effect: &Effect) -> Result<(), Failed> {
        let Effect::Authorize { sealed_card, .. } = effect else { return Ok(()) };
        match card::check(sealed_card, &self.key) {
            Ok(()) => {
                self.opened.store(true, Ordering::Relaxed);
                Ok(())
            }
            // Others open with this key, so the message is at fault.
            Err(OpenError::OtherKey) if self.opened.load(Ordering::Relaxed) => Err(Failed::Poison(Poison::new(
                Reason::UnknownKey,
                "sealedcard: is sealed to a key that is not payment's",
            ))),
            // This process may have the wrong key: then no message is at fault.
            Err(OpenError::OtherKey) => Err(no_key().into()),
            // The gateway is not asked, and the answer is a refusal.
            Err(OpenError::Malformed | OpenError::Refused) => Ok(()),
        }
    }

    async fn perform(&self, saga: SagaId, effect: Effect) -> Result<Reply, Failed> {
        // One key per saga and kind of call. Only after a refusal is a call of one kind made again, under a new key.
        Ok(match effect {
            Effect::LookUp => Reply::Known(self.gateway.look_up(saga).await?),
            Effect::Authorize { customer, amount, sealed_card, fresh } => {
                self.authorize(saga, &customer, amount, &sealed_card, fresh).await?
            }
            Effect::Debit { customer, amount, fresh } => {
                match self.gateway.debit(key(saga, "gateway/debit", 0, fresh), saga, &customer, amount).await? {
                    Ok(charge_id) => Reply::Debited { charge_id },
                    Err(refusal) => Reply::DebitRefused(refusal),
                }
            }
            Effect::Capture { charge_token, amount, fresh } => {
                match self.gateway.capture(key(saga, "gateway/capture", 0, fresh), &charge_token, amount).await? {
                    Ok(charge_id) => Reply::Captured { charge_token, charge_id },
                    Err(refusal) => Reply::CaptureRefused { charge_token, refusal },
                }
            }
            Effect::Void { charge_token, round, fresh } => {
                match self.gateway.void(key(saga, "gateway/void", round, fresh), &charge_token).await? {
                    Ok(()) => Reply::Voided,
                    Err(refusal) => Reply::VoidRefused(refusal),
                }
            }
            Effect::Refund { charge_id, amount, refusals, fresh } => {
                match self.gateway.refund(key(saga, "gateway/refund", refusals, fresh), &charge_id, amount).await? {
                    Ok(refund_id) => Reply::Refunded { refund_id },
                    Err(refusal) => Reply::RefundRefused(refusal),
                }
            }
        })
    }
}

/// The key of a call that was refused this often before.
fn key(saga: SagaId, call: &str, refusals: impl std::fmt::Display, fresh: bool) -> Key {
    let id = match refusals.to_string().as_str() {
        "0" => saga.derive(call),
        refusals => saga.derive(&format!("{call}/{refusals}")),
    };
    Key { id, fresh }
}

/// What is asked for effects.
const GATEWAY: &str = "the payment gateway";

fn no_key() -> Unavailable {
    Unavailable { dependency: "the key for cards", what: OpenError::OtherKey.to_string() }
}

impl From<GatewayError> for Failed {
    fn from(GatewayError(what): GatewayError) -> Self {
        Unavailable { dependency: GATEWAY, what }.into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use zeroize::Zeroizing;

    use super::*;

    /// Holds whatever it is asked for, and counts.
    #[derive(Default)]
    struct Counting(AtomicU32);

    impl Gateway for Counting {
        async fn authorize(
            &self,
            _key: Key,
            _reference: SagaId,
            asked: Authorization<'_>,
        ) -> Result<Result<String, Refusal>, GatewayError> {
            assert_eq!(asked.card.expose_number(), "2424 2424 2424 2424");
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Ok("tok_1".to_owned()))
        }

        async fn capture(&self, _: Key, _: &str, _: Money) -> Result<Result<String, Refusal>, GatewayError> {
            Err(GatewayError("not asked for".to_owned()))
        }

        async fn void(&self, _: Key, _: &str) -> Result<Result<(), Refusal>, GatewayError> {
            Err(GatewayError("not asked for".to_owned()))
        }

        async fn debit(
            &self,
            _: Key,
            _: SagaId,
            _: &Identifier,
            _: Money,
        ) -> Result<Result<String, Refusal>, GatewayError> {
            Err(GatewayError("not asked for".to_owned()))
        }

        async fn refund(&self, _: Key, _: &str, _: Money) -> Result<Result<String, Refusal>, GatewayError> {
            Err(GatewayError("not asked for".to_owned()))
        }

        async fn look_up(&self, _: SagaId) -> Result<Known, GatewayError> {
            Ok(Known::default())
        }
    }

    #[tokio::test]
    async fn a_card_for_another_key_waits_until_another_opens_and_one_that_never_opens_is_refused_without_a_call() {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let (private, public) = card::key_pair();
        let (saga, other) = (SagaId::of_request("fare", "a"), SagaId::of_request("fare", "b"));
        let Ok(card) = card::Card::new(text("2424 2424 2424 2424"), text("12/22"), text("111")) else {
            panic!("a card")
        };
        let seal = |key: &card::PublicKey| card::seal(&card, key, saga).unwrap();
        let effects = GatewayEffects::new(Counting::default(), private);
        let ask = async |saga, sealed_card: String, fresh| {
            let (customer, amount) = (fixtures::fare("3").customer_id, fixtures::fare("3").amount);
            let effect = Effect::Authorize { customer, amount, sealed_card, fresh };
            effects.check(&effect)?;
            effects.perform(saga, effect).await
        };

        let (_, another) = card::key_pair();
        let unavailable = ask(saga, seal(&another), true).await;
        assert!(matches!(unavailable, Err(Failed::Unavailable(_))), "no card was opened yet: {unavailable:?}");
        assert_eq!(ask(saga, seal(&public), true).await, Ok(Reply::Authorized { charge_token: "tok_1".to_owned() }));
        let Err(Failed::Poison(poison)) = ask(saga, seal(&another), true).await else { panic!("others open") };
        assert_eq!(poison.reason, Reason::UnknownKey);
        for (saga, sealed) in [(other, seal(&public)), (saga, "v1.x".to_owned())] {
            assert!(ask(saga, sealed.clone(), false).await.is_err(), "somebody may hold something with another copy");
            assert!(matches!(ask(saga, sealed, true).await, Ok(Reply::AuthorizeRefused(_))));
        }
        assert_eq!(effects.gateway.0.load(Ordering::SeqCst), 1);
    }
}
