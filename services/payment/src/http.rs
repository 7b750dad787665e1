//! HTTP to one gateway, over TLS as the AWS clients have it.
//!
//! **Invariant:** no proxy that the environment names comes between: it would read the cards, which `http` carries in
//! the clear. Nobody else is asked: a redirect is an answer like any other, and an id is a part of a path and no more. An
//! error never holds what was sent.

use std::fmt;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use url::Url;
use uuid::Uuid;

use crate::gateway::GatewayError;

/// Longer than a gateway needs, shorter than a message stays invisible.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(15);

/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// What a gateway answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// A client of the gateway at this address.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: Url,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Http").field(&self.base.as_str()).finish()
    }
}

impl Http {
    /// # Errors
    ///
    /// [`GatewayError`] when TLS is needed and the system has no certificates.
    pub(crate) fn new(base: Url) -> Result<Self, GatewayError> {
        let connector = HttpsConnectorBuilder::new();
        let connector = if base.scheme() == "https" {
            let trusting = connector.with_provider_and_native_roots(ring::default_provider()).map_err(unknown)?;
            trusting.https_only().enable_http1().build()
        } else {
            let config = ClientConfig::builder_with_provider(ring::default_provider().into());
            let config = config.with_safe_default_protocol_versions().map_err(unknown)?;
            let nobody = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
            connector.with_tls_config(nobody).https_or_http().enable_http1().build()
        };
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), base })
    }

    /// # Errors
    ///
    /// [`GatewayError`]: the outcome is unknown.
    pub(crate) async fn post(&self, path: &[&str], key: Uuid, body: &[u8]) -> Result<Answer, GatewayError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.url(path, None)?)
            .header("Idempotency-Key", key.to_string())
            .header("Content-Type", "application/json");
        self.send(request.body(Full::new(Bytes::copy_from_slice(body))).map_err(unknown)?).await
    }

    /// # Errors
    ///
    /// [`GatewayError`].
    pub(crate) async fn get(&self, path: &[&str], query: &str) -> Result<Answer, GatewayError> {
        let request = Request::builder().uri(self.url(path, Some(query))?).body(Full::default());
        self.send(request.map_err(unknown)?).await
    }

    /// A place below the base, each part of the path encoded.
    fn url(&self, path: &[&str], query: Option<&str>) -> Result<String, GatewayError> {
        let mut url = self.base.clone();
        let no_base = |()| GatewayError("its address is no base of others".to_owned());
        url.path_segments_mut().map_err(no_base)?.pop_if_empty().extend(path);
        url.set_query(query);
        url.set_fragment(None);
        Ok(url.into())
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, GatewayError> {
        let answer = async {
            let response = self.client.request(request).await.map_err(unknown)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_MAX).collect().await;
            let body = body.map_err(|error| GatewayError(error.to_string()))?.to_bytes();
            Ok(Answer { status, body })
        };
        let late = |_elapsed| GatewayError(format!("it did not answer within {} s", TIMEOUT.as_secs()));
        tokio::time::timeout(TIMEOUT, answer).await.map_err(late)?
    }
}

/// What went wrong, down to its cause.
fn unknown(error: impl std::error::Error) -> GatewayError {
    GatewayError(runtime::with_causes(&error))
}
