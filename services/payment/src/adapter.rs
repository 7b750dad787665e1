//! The gateway over HTTP with an `Idempotency-Key` header
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>), as `infra/gateway` serves it.
//!
//! **Invariant:** what an answer means is decided by the table in `answers.rs`, and nowhere else. No answer, one that is
//! cut off and one that is too long are unknown outcomes.

use contracts::{Identifier, Money, SagaId, Words};
use serde::Serialize;
use url::Url;
use zeroize::Zeroizing;

use crate::answers::{Act, Body, Meaning, meaning};
use crate::gateway::{Authorization, Gateway, GatewayError, Key, Known, Refusal};
use crate::http::{Answer, Http};

/// The longest message of the gateway that is passed on, in characters.
const MESSAGE_MAX: usize = 200;

/// The longest code of an error that is passed on, in characters.
const CODE_MAX: usize = 64;

/// A gateway at an address.
#[derive(Clone, Debug)]
pub struct HttpGateway(Http);

/// The request for a hold, as it is written: once, into a buffer that is overwritten.
#[derive(Serialize)]
struct AuthorizationBody<'a> {
    reference: SagaId,
    customer: &'a str,
    amount: Money,
    card: CardBody<'a>,
}

#[derive(Serialize)]
struct CardBody<'a> {
    number: &'a str,
    expiry: &'a str,
    cvv: &'a str,
}

impl HttpGateway {
    /// The gateway at this address: over TLS, unless it is plain `http`.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the system has no certificates to check the gateway's against.
    pub fn new(base: Url) -> Result<Self, GatewayError> {
        Http::new(base).map(Self)
    }

    /// Asks for an act, and tells a yes from a no from an unknown outcome.
    async fn ask(
        &self,
        act: Act,
        path: &[&str],
        key: Key,
        body: &impl Serialize,
    ) -> Result<Result<Body, Refusal>, GatewayError> {
        let sent = serde_json::to_vec(body).map(Zeroizing::new).map_err(|error| GatewayError(error.to_string()))?;
        understood(act, &self.0.post(path, key.id, &sent).await?, key.fresh)
    }

    /// The same, for what makes something that has an id.
    async fn make(
        &self,
        act: Act,
        path: &[&str],
        key: Key,
        body: &impl Serialize,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        Ok(match self.ask(act, path, key, body).await? {
            Ok(Body::Id(id)) => Ok(id),
            Ok(Body::Known(_) | Body::Error(_) | Body::Neither) => {
                return Err(GatewayError("it says yes and not to what".to_owned()));
            }
            Err(refusal) => Err(refusal),
        })
    }
}

/// What an answer comes to.
fn understood(act: Act, answer: &Answer, fresh: bool) -> Result<Result<Body, Refusal>, GatewayError> {
    let body = Body::read(act, &answer.body);
    match (meaning(act, answer.status.as_u16(), &body, fresh), body) {
        (Meaning::Yes, body) => Ok(Ok(body)),
        (Meaning::No, Body::Error(error)) => Ok(Err(Refusal { message: clean(&error.message, MESSAGE_MAX) })),
        (Meaning::Unknown, Body::Error(error)) => {
            Err(GatewayError(format!("it answered {}: {}", answer.status, clean(&error.code, CODE_MAX))))
        }
        (Meaning::Unknown | Meaning::No, Body::Neither) => {
            Err(GatewayError(format!("it answered {}, and nothing that makes sense", answer.status)))
        }
        (Meaning::Unknown | Meaning::No, Body::Id(_) | Body::Known(_)) => {
            Err(GatewayError(format!("it answered {}", answer.status)))
        }
    }
}

/// The gateway's words, without what may be a card number, and not too many. They are cleaned before they are cut: half a
/// card number is not recognised as one.
fn clean(words: &str, chars_max: usize) -> String {
    Words::of(words).as_str().chars().take(chars_max).collect()
}

impl Gateway for HttpGateway {
    async fn authorize(
        &self,
        key: Key,
        reference: SagaId,
        asked: Authorization<'_>,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        let card = CardBody {
            number: asked.card.expose_number(),
            expiry: asked.card.expose_expiry(),
            cvv: asked.card.expose_cvv(),
        };
        let body = AuthorizationBody { reference, customer: asked.customer.as_str(), amount: asked.amount, card };
        self.make(Act::Authorize, &["v1", "authorizations"], key, &body).await
    }

    async fn capture(
        &self,
        key: Key,
        charge_token: &str,
        amount: Money,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        let path = ["v1", "authorizations", charge_token, "capture"];
        self.make(Act::Capture, &path, key, &serde_json::json!({ "amount": amount })).await
    }

    async fn void(&self, key: Key, charge_token: &str) -> Result<Result<(), Refusal>, GatewayError> {
        let path = ["v1", "authorizations", charge_token, "void"];
        Ok(self.ask(Act::Void, &path, key, &serde_json::json!({})).await?.map(|_done| ()))
    }

    async fn debit(
        &self,
        key: Key,
        reference: SagaId,
        customer: &Identifier,
        amount: Money,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        let body = serde_json::json!({ "reference": reference, "customer": customer, "amount": amount });
        self.make(Act::Debit, &["v1", "debits"], key, &body).await
    }

    async fn refund(&self, key: Key, charge_id: &str, amount: Money) -> Result<Result<String, Refusal>, GatewayError> {
        let path = ["v1", "charges", charge_id, "refund"];
        self.make(Act::Refund, &path, key, &serde_json::json!({ "amount": amount })).await
    }

    async fn look_up(&self, reference: SagaId) -> Result<Known, GatewayError> {
        let answer = self.0.get(&["v1", "payments"], &format!("reference={reference}")).await?;
        match understood(Act::LookUp, &answer, false)? {
            Ok(Body::Known(known)) => Ok(known),
            Ok(Body::Id(_) | Body::Error(_) | Body::Neither) | Err(Refusal { .. }) => {
                Err(GatewayError("it does not say what it knows".to_owned()))
            }
        }
    }
}
