//! The gateway over HTTP with an `Idempotency-Key` header
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>), as `infra/gateway` serves it.
//!
//! **Invariant:** only a 2xx is a yes, and only an answer by which the gateway says that it did nothing and never will
//! (400, 402, 404, 409, 422) is a no. A time-out, a broken connection, a 5xx or an answer that makes no sense is an
//! unknown outcome.

use std::time::Duration;

use contracts::{Identifier, Money, SagaId, redact};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::gateway::{Authorization, Gateway, GatewayError, Known, Refusal};

/// Longer than a gateway needs, shorter than a message stays invisible.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The longest message of the gateway that is passed on, in characters.
const MESSAGE_MAX: usize = 200;

/// A gateway at an address.
#[derive(Clone, Debug)]
pub struct HttpGateway {
    client: reqwest::Client,
    base: Url,
}

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
    /// The gateway at this address.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the HTTP client cannot be built.
    pub fn new(base: Url) -> Result<Self, GatewayError> {
        // Past any proxy that the environment names: it would read the cards, which `http` carries in the clear.
        let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().map_err(unknown)?;
        Ok(Self { client, base })
    }

    fn url(&self, path: &str) -> Result<Url, GatewayError> {
        self.base.join(path).map_err(|error| GatewayError(error.to_string()))
    }

    fn post(&self, path: &str, key: Uuid) -> Result<RequestBuilder, GatewayError> {
        let request = self.client.post(self.url(path)?).header("Idempotency-Key", key.to_string());
        Ok(request.header("Content-Type", "application/json"))
    }
}

/// Sends, and tells a yes from a no from an unknown outcome.
async fn ask(request: RequestBuilder) -> Result<Result<String, Refusal>, GatewayError> {
    Ok(decide(request).await?.map_err(|refused| refusal(&refused)))
}

fn refusal(refused: &RefusedError) -> Refusal {
    Refusal { message: redact::text(&refused.message).chars().take(MESSAGE_MAX).collect() }
}

/// The same, with the gateway's own word for a no.
async fn decide(request: RequestBuilder) -> Result<Result<String, RefusedError>, GatewayError> {
    let response = request.send().await.map_err(unknown)?;
    match response.status() {
        status if status.is_success() => {
            let created: Created = response.json().await.map_err(unknown)?;
            Ok(Ok(created.id))
        }
        StatusCode::BAD_REQUEST
        | StatusCode::PAYMENT_REQUIRED
        | StatusCode::NOT_FOUND
        | StatusCode::CONFLICT
        | StatusCode::UNPROCESSABLE_ENTITY => {
            let refused: Refused = response.json().await.map_err(unknown)?;
            Ok(Err(refused.error))
        }
        status => Err(GatewayError(format!("it answered {status}"))),
    }
}

/// Without the URL, which holds nothing secret but says nothing either.
fn unknown(error: reqwest::Error) -> GatewayError {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    GatewayError(format!("{error}{cause}"))
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
        let body = serde_json::to_vec(&body).map(Zeroizing::new).map_err(|error| GatewayError(error.to_string()))?;
        ask(self.post("v1/authorizations", key)?.body(body.to_vec())).await
    }

    async fn capture(
        &self,
        key: Uuid,
        charge_token: &str,
        amount: Money,
    ) -> Result<Result<String, Refusal>, GatewayError> {
        let request = self.post(&format!("v1/authorizations/{charge_token}/capture"), key)?;
        ask(request.json(&serde_json::json!({ "amount": amount }))).await
    }

    async fn void(&self, key: Uuid, charge_token: &str) -> Result<Result<(), Refusal>, GatewayError> {
        let request = self.post(&format!("v1/authorizations/{charge_token}/void"), key)?;
        Ok(match decide(request.body("{}")).await? {
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
        ask(self.post("v1/debits", key)?.json(&body)).await
    }

    async fn refund(&self, key: Uuid, charge_id: &str, amount: Money) -> Result<Result<String, Refusal>, GatewayError> {
        let request = self.post(&format!("v1/charges/{charge_id}/refund"), key)?;
        ask(request.json(&serde_json::json!({ "amount": amount }))).await
    }

    async fn look_up(&self, reference: SagaId) -> Result<Known, GatewayError> {
        let request = self.client.get(self.url("v1/payments")?).query(&[("reference", reference.to_string())]);
        let response = request.send().await.map_err(unknown)?;
        if !response.status().is_success() {
            return Err(GatewayError(format!("it answered {}", response.status())));
        }
        let found: Payments = response.json().await.map_err(unknown)?;
        let id = |created: Option<Created>| created.map(|created| created.id);
        Ok(Known { charge_token: id(found.authorization), charge_id: id(found.charge), refund_id: id(found.refund) })
    }
}
