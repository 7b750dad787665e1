//! The gateway over HTTP with an `Idempotency-Key` header
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>), as `infra/gateway` serves it.
//!
//! **Invariant:** only a 2xx is a yes, and only an answer by which the gateway says that it did nothing and never will
//! (400, 402, 404, 409, 422) is a no. A time-out, a broken connection, a 5xx or an answer that makes no sense is an
//! unknown outcome.

use contracts::{Identifier, Money, SagaId, redact};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::gateway::{Authorization, Gateway, GatewayError, Known, Refusal};
use crate::http::{Answer, Http};

/// The longest message of the gateway that is passed on, in characters.
const MESSAGE_MAX: usize = 200;

/// A gateway at an address.
#[derive(Clone, Debug)]
pub struct HttpGateway(Http);

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    error: RefusedError,
}

#[derive(Deserialize)]
struct RefusedError {
    code: String,
    message: String,
}

/// The code of a hold that is let go already.
const ALREADY_VOIDED: &str = "already_voided";

#[derive(Deserialize)]
struct Payments {
    authorization: Option<Created>,
    charge: Option<Created>,
    refund: Option<Created>,
}

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
    async fn ask(&self, path: &str, key: Uuid, body: &impl Serialize) -> Result<Result<String, Refusal>, GatewayError> {
        Ok(self.decide(path, key, body).await?.map_err(|refused| refusal(&refused)))
    }

    /// The same, with the gateway's own word for a no.
    async fn decide(
        &self,
        path: &str,
        key: Uuid,
        body: &impl Serialize,
    ) -> Result<Result<String, RefusedError>, GatewayError> {
        let body = serde_json::to_vec(body).map(Zeroizing::new).map_err(|error| GatewayError(error.to_string()))?;
        let answer = self.0.post(path, key, &body).await?;
        match answer.status {
            status if status.is_success() => Ok(Ok(answer.read::<Created>()?.id)),
            StatusCode::BAD_REQUEST
            | StatusCode::PAYMENT_REQUIRED
            | StatusCode::NOT_FOUND
            | StatusCode::CONFLICT
            | StatusCode::UNPROCESSABLE_ENTITY => Ok(Err(answer.read::<Refused>()?.error)),
            _ => Err(says_neither(&answer)),
        }
    }
}

fn refusal(refused: &RefusedError) -> Refusal {
    Refusal { message: redact::text(&refused.message).chars().take(MESSAGE_MAX).collect() }
}

fn says_neither(answer: &Answer) -> GatewayError {
    GatewayError(format!("it answered {}", answer.status))
}

impl Gateway for HttpGateway {
    async fn authorize(
        &self,
        key: Uuid,
        reference: SagaId,
        asked: Authorization<'_>,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        let card = CardBody {
            number: asked.card.expose_number(),
            expiry: asked.card.expose_expiry(),
            cvv: asked.card.expose_cvv(),
        };
        let body = AuthorizationBody { reference, customer: asked.customer.as_str(), amount: asked.amount, card };
        self.ask("v1/authorizations", key, &body).await
    }

    async fn capture(
        &self,
        key: Uuid,
        charge_token: &str,
        amount: Money,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        let path = format!("v1/authorizations/{charge_token}/capture");
        self.ask(&path, key, &serde_json::json!({ "amount": amount })).await
    }

    async fn void(&self, key: Uuid, charge_token: &str) -> Result<Result<(), Refusal>, GatewayError> {
        let path = format!("v1/authorizations/{charge_token}/void");
        Ok(match self.decide(&path, key, &serde_json::json!({})).await? {
            Ok(_id) => Ok(()),
            // Twice is no refusal: the hold is gone.
            Err(refused) if refused.code == ALREADY_VOIDED => Ok(()),
            Err(refused) => Err(refusal(&refused)),
        })
    }

    async fn debit(
        &self,
        key: Uuid,
        reference: SagaId,
        customer: &Identifier,
        amount: Money,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        let body = serde_json::json!({ "reference": reference, "customer": customer, "amount": amount });
        self.ask("v1/debits", key, &body).await
    }

    async fn refund(&self, key: Uuid, charge_id: &str, amount: Money) -> Result<Result<String, Refusal>, GatewayError> {
        let path = format!("v1/charges/{charge_id}/refund");
        self.ask(&path, key, &serde_json::json!({ "amount": amount })).await
    }

    async fn look_up(&self, reference: SagaId) -> Result<Known, GatewayError> {
        let answer = self.0.get(&format!("v1/payments?reference={reference}")).await?;
        if !answer.status.is_success() {
            return Err(says_neither(&answer));
        }
        let found: Payments = answer.read()?;
        let id = |created: Option<Created>| created.map(|created| created.id);
        Ok(Known { charge_token: id(found.authorization), charge_id: id(found.charge), refund_id: id(found.refund) })
    }
}
