//! Which requests are refused: those that a web page can have sent.
//!
//! A page can send requests to any address of this machine, and read the answers if its own name leads here (DNS
//! rebinding). It cannot choose `Host`, `Origin` and `Sec-Fetch-Site`; programs send no foreign ones.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The address of this machine at which a connection was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReachedAt(pub(crate) IpAddr);

#[derive(Debug)]
struct Guard {
    hosts: Vec<String>,
    refuse: fn(&'static str) -> Response,
}

/// Puts a guard before all routes.
///
/// Besides this machine's own names, these `hosts` may stand in the `Host` of a request, with any port. What is wrong
/// with a request that is refused is put into an answer by `refuse`, with status 403.
pub fn guarded(routes: Router, hosts: Vec<String>, refuse: fn(&'static str) -> Response) -> Router {
    routes.layer(from_fn_with_state(Arc::new(Guard { hosts, refuse }), guard))
}

async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.objection(&request) {
        None => next.run(request).await,
        Some(why) => {
            tracing::warn!(why, "RequestRefused");
            (guard.refuse)(why)
        }
    }
}

impl Guard {
    /// What speaks against a request.
    fn objection(&self, request: &Request) -> Option<&'static str> {
        let reached_at = request.extensions().get::<ReachedAt>().map(|ReachedAt(address)| *address);
        let named = |text: &str| self.is_allowed(text, reached_at);
        let headers = request.headers();
        let by_header = headers.get_all(header::HOST).iter().all(|host| host.to_str().is_ok_and(named));
        if !by_header || !request.uri().authority().is_none_or(|authority| named(authority.as_str())) {
            return Some("its Host names neither this machine nor one of ENSEMBLE_ALLOW_HOSTS");
        }
        if !headers.get_all(header::ORIGIN).iter().all(|origin| is_own(origin, headers)) {
            return Some("it comes from a web page of another origin");
        }
        let from_here = |site: &HeaderValue| ["same-origin", "none"].iter().any(|known| site == known);
        if !headers.get_all(SEC_FETCH_SITE).iter().all(from_here) {
            return Some("it comes from a web page of another site");
        }
        None
    }

    /// Whether a `Host` is this machine, or a name that is configured.
    fn is_allowed(&self, host: &str, reached_at: Option<IpAddr>) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        if host.contains('@') {
            return false;
        }
        let host = authority.host();
        let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        // An address cannot be rebound: where it was reached is where the client meant to go.
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let here = |address: IpAddr| address.to_canonical().is_loopback() || Some(address) == reached_at;
        address.is_ok_and(here)
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name))
    }
}

/// Whether an `Origin` is the server itself.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_ascii_lowercase);
    let host = headers.get(header::HOST).and_then(text);
    text(origin).zip(host).is_some_and(|(origin, host)| origin.strip_prefix("http://") == Some(&host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn objection(uri: &str, headers: &[(&str, &str)]) -> Option<&'static str> {
        let hosts = vec!["gateway".to_owned(), "Sim.Example".to_owned()];
        let guard = Guard { hosts, refuse: |_| Response::default() };
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ReachedAt("10.1.2.3".parse().unwrap()));
        guard.objection(&request)
    }

    #[test]
    fn only_names_of_this_machine_and_configured_ones_are_hosts() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:4566",
            "127.9.9.9:1",
            "[::1]:4566",
            "[::ffff:127.0.0.1]",
            "localhost",
            "LOCALHOST:4566",
            "localhost.:1",
            "queue.localhost:4566",
            "10.1.2.3:4567",
            "gateway:4567",
            "GATEWAY",
            "sim.example:1",
        ] {
            assert_eq!(objection("/", &[("host", host)]), None, "{host}");
            assert_eq!(objection(&format!("http://{host}/"), &[]), None, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:4566",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "0.0.0.0:4566",
            "10.1.2.4",
            "[::]",
            "gateway.evil.example",
            "evil@localhost",
            "localhost@evil",
            "",
            "local host",
        ] {
            assert!(objection("/", &[("host", host)]).is_some(), "{host}");
            assert!(objection("/", &[("host", "localhost"), ("host", host)]).is_some(), "{host}");
        }
        assert!(objection("http://evil.example/", &[("host", "localhost")]).is_some());
    }

    #[test]
    fn only_the_server_itself_is_an_origin() {
        let from = |headers: &[(&str, &str)]| objection("/", &[&[("host", "localhost:4566")], headers].concat());
        for headers in [
            &[][..],
            &[("origin", "http://localhost:4566")],
            &[("origin", "HTTP://LOCALHOST:4566")],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
        ] {
            assert_eq!(from(headers), None, "{headers:?}");
        }
        for headers in [
            &[("origin", "http://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "http://localhost:3000")],
            &[("origin", "https://localhost:4566")],
            &[("origin", "http://localhost:4566"), ("origin", "http://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(from(headers).is_some(), "{headers:?}");
        }
    }
}
