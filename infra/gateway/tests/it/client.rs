//! A caller of the gateway, as short as the tests want it.
//!
//! **Invariant:** a call is sent once; nothing here repeats it.

use std::net::{Ipv4Addr, SocketAddr};

use gateway::{Gateway, Ledger, Options};
use reqwest::Method;
use serde_json::{Value, json};

/// A gateway with hooks, on a free port, in memory.
pub(crate) fn options() -> Options {
    Options { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), hooks: true, ..Options::default() }
}

pub(crate) async fn start(options: Options) -> (Gateway, Client) {
    let gateway = Gateway::start(options).await.expect("the gateway starts");
    let client = Client { url: gateway.url(), http: reqwest::Client::builder().no_proxy().build().expect("a client") };
    (gateway, client)
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Reply {
    /// The id of what was made.
    pub(crate) fn id(&self) -> String {
        assert_eq!(self.status, 201, "{self:?}");
        text(&self.body, "/id")
    }

    /// Status and error code.
    pub(crate) fn error(&self) -> (u16, String) {
        (self.status, text(&self.body, "/error/code"))
    }

    pub(crate) fn message(&self) -> String {
        text(&self.body, "/error/message")
    }
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("(none)").to_owned()
}

#[derive(Debug, Clone)]
pub(crate) struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Result<Reply, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).body(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await?;
        Ok(Reply {
            status: response.status().as_u16(),
            replayed: response.headers().get("idempotent-replayed").is_some_and(|value| value == "true"),
            body: response.json().await?,
        })
    }

    pub(crate) async fn try_post(&self, path: &str, key: &str, body: &Value) -> Result<Reply, reqwest::Error> {
        self.send(Method::POST, path, Some(key), body.to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.try_post(path, key, body).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let reply = self.send(Method::GET, path, None, "").await.expect("an answer");
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body
    }

    pub(crate) async fn put_faults(&self, rules: &Value) -> Reply {
        self.send(Method::PUT, "/faults", None, rules.to_string()).await.expect("an answer")
    }

    pub(crate) async fn authorize(&self, saga: &str, customer: &str) -> Reply {
        let key = format!("{saga}:authorize");
        self.post("/v1/authorizations", &key, &authorization(saga, customer)).await
    }

    pub(crate) async fn debit(&self, saga: &str, customer: &str) -> Reply {
        self.post("/v1/debits", &format!("{saga}:debit"), &debit(saga, customer)).await
    }

    pub(crate) async fn capture(&self, saga: &str, authorization: &str) -> Reply {
        self.post(&capture_path(authorization), &format!("{saga}:capture"), &amount()).await
    }

    pub(crate) async fn void(&self, saga: &str, authorization: &str) -> Reply {
        let path = format!("/v1/authorizations/{authorization}/void");
        self.post(&path, &format!("{saga}:void"), &json!({})).await
    }

    pub(crate) async fn refund(&self, saga: &str, charge: &str) -> Reply {
        let path = format!("/v1/charges/{charge}/refund");
        self.post(&path, &format!("{saga}:refund"), &amount()).await
    }

    /// The counts as HTTP tells them.
    pub(crate) async fn ledger(&self, saga: &str) -> Ledger {
        let counts = self.get(&format!("/ledger?saga={saga}")).await;
        serde_json::from_value(counts).expect("counts")
    }
}

pub(crate) fn capture_path(authorization: &str) -> String {
    format!("/v1/authorizations/{authorization}/capture")
}

pub(crate) fn amount() -> Value {
    json!({ "amount": { "minor": 2000, "currency": "USD" } })
}

pub(crate) fn debit(saga: &str, customer: &str) -> Value {
    json!({ "reference": saga, "customer": customer, "amount": { "minor": 2000, "currency": "USD" } })
}

pub(crate) fn authorization(saga: &str, customer: &str) -> Value {
    json!({
        "reference": saga,
        "customer": customer,
        "amount": { "minor": 2000, "currency": "USD" },
        "card": { "number": "2424 2424 2424 2424", "expiry": "12/22", "cvv": "111" },
    })
}
