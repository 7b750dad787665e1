//! What the headers of a request say of whoever sent it.
//!
//! **Invariant:** it is said to this caller only; nothing of it is remembered for another.

use axum::http::header;
use axum::http::request::Parts;

/// Whoever sent a request.
#[derive(Debug)]
pub(crate) struct Caller {
    url: String,
    trace: Option<String>,
}

impl Caller {
    /// Reads the headers. `url` is the endpoint's own, for a caller that does not say by which host it asks.
    pub(crate) fn of(request: &Parts, url: &str) -> Self {
        let header = |name: &str| request.headers.get(name)?.to_str().ok().filter(|text| !text.is_empty());
        let host = header(header::HOST.as_str()).or_else(|| request.uri.authority().map(|host| host.as_str()));
        Self {
            url: host.map_or_else(|| url.to_owned(), |host| format!("http://{host}")),
            trace: header("x-amzn-trace-id").map(ToOwned::to_owned),
        }
    }

    /// Where this caller finds the endpoint: a container beside it does not reach what it calls 127.0.0.1.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The trace that the request belongs to, as X-Ray writes it.
    pub(crate) fn trace(&self) -> Option<&str> {
        self.trace.as_deref()
    }
}
