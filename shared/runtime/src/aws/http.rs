//! HTTP clients for the SDK.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::{Builder, tls};

/// A client that speaks TLS, by the one library that is built in.
pub(super) fn https_client() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
}

/// A client that speaks plain HTTP only.
pub(super) fn plain_client() -> SharedHttpClient {
    Builder::new().build_http()
}
