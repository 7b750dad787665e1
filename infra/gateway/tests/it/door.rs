//! Who is let in: programs, and no web page.

use gateway::{Ledger, Options};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::client::{authorization, options, start};

#[tokio::test]
async fn a_web_page_reads_and_changes_nothing() {
    let (gateway, client) = start(options()).await;
    let url = gateway.url();
    client.authorize("s", "3").await.id();
    let before = gateway.totals();
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("host", "evil.example"),
        ("host", "evil.example:4567"),
    ] {
        for (method, path, body) in [
            (Method::GET, "/ledger", String::new()),
            (Method::GET, "/faults", String::new()),
            (Method::GET, "/v1/payments?reference=s", String::new()),
            (Method::PUT, "/faults", r#"[{"operation":"capture","kind":"lose","times":1}]"#.to_owned()),
            (Method::DELETE, "/faults", String::new()),
            (Method::POST, "/v1/authorizations", authorization("r", "3").to_string()),
            (Method::OPTIONS, "/v1/authorizations", String::new()),
            (Method::GET, "/elsewhere", String::new()),
        ] {
            let request = reqwest::Client::new().request(method.clone(), format!("{url}{path}"));
            let request = request.header(name, value).header("idempotency-key", "k").body(body);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}: {method} {path}");
            let told: Value = answer.json().await.unwrap();
            assert_eq!(told["error"]["code"], "forbidden", "{told}");
        }
    }
    assert_eq!(gateway.totals(), before);
    assert_eq!(gateway.ledger("r"), Ledger::default());
    assert_eq!(client.get("/faults").await, serde_json::json!([]));
}

#[tokio::test]
async fn a_configured_name_and_the_address_that_was_reached_lead_here() {
    let everywhere = ([0, 0, 0, 0], 0).into();
    let (gateway, _) = start(Options { listen: everywhere, hosts: vec!["gateway".to_owned()], ..options() }).await;
    let url = format!("http://127.0.0.1:{}/health", gateway.addr().port());
    for (host, status) in [
        ("gateway:4567", StatusCode::OK),
        ("127.0.0.1", StatusCode::OK),
        ("gateways", StatusCode::FORBIDDEN),
        ("10.1.2.3", StatusCode::FORBIDDEN),
    ] {
        let answer = reqwest::Client::new().get(&url).header("host", host).send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
    }
}
