//! Who is let in: AWS clients and command lines, and no web page.

use ensemble_local_aws::{Endpoint, Options};
use reqwest::{Method, StatusCode};

use crate::world::World;

const FORM: &str = "application/x-www-form-urlencoded";

/// What a topic's deletion looks like in a link or an image of a page.
const DELETE: &str = "/?Action=DeleteTopic&TopicArn=arn:aws:sns:us-east-1:000000000000:t";

#[tokio::test]
async fn a_web_page_gets_nothing_done() {
    let world = World::start();
    let topic = world.topic("t").await;
    world.queue("q").await;
    let (_, host) = world.endpoint.url().split_once("://").map(|(s, h)| (s.to_owned(), h.to_owned())).unwrap();
    let port = world.endpoint.port();
    let publish = format!("Action=Publish&TopicArn={topic}&Message=m");
    let before = world.endpoint.calls();
    for (name, value) in [
        ("origin", "http://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("origin", "http://localhost:3000".to_owned()),
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "same-site".to_owned()),
        ("host", "evil.example".to_owned()),
        ("host", format!("evil.example:{port}")),
    ] {
        for (target, content_type, body) in [
            (None, "text/plain", publish.as_str()),
            (None, FORM, publish.as_str()),
            (None, "multipart/form-data", publish.as_str()),
            (Some("AmazonSQS.ListQueues"), "application/x-amz-json-1.0", "{}"),
            (Some("DynamoDB_20120810.Scan"), "text/plain", r#"{"TableName":"t"}"#),
        ] {
            let request = reqwest::Client::new().post(world.endpoint.url()).header(name, &value);
            let request = request.header("content-type", content_type).body(body.to_owned());
            let request = target.map_or_else(
                || request.try_clone().unwrap(),
                |target| request.try_clone().unwrap().header("x-amz-target", target),
            );
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value} {target:?}");
        }
        for path in ["/", "/_ensemble/health", "/_ensemble/calls"] {
            let get = reqwest::Client::new().get(format!("{}{path}", world.endpoint.url())).header(name, &value);
            assert_eq!(get.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{name}: {value} {path}");
        }
    }
    assert_eq!(world.endpoint.calls().since(&before).iter().count(), 0);
    let own = reqwest::Client::new().post(world.endpoint.url()).header("origin", format!("http://{host}"));
    let own = own.header("content-type", FORM).body(publish);
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn actions_are_taken_by_post_only() {
    let world = World::start();
    world.topic("t").await;
    let before = world.endpoint.calls();
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        for path in [DELETE.to_owned(), DELETE.replace("Action", "%41ction"), format!("/any{DELETE}")] {
            let url = format!("{}{path}", world.endpoint.url());
            let answer = reqwest::Client::new().request(method.clone(), url).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
        }
        let request = reqwest::Client::new().request(method.clone(), world.endpoint.url());
        let answer = request.header("x-amz-target", "AmazonSQS.ListQueues").body("{}").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method}");
    }
    assert_eq!(world.endpoint.calls().since(&before).iter().count(), 0);
}

#[tokio::test]
async fn names_of_this_machine_and_configured_ones_lead_here() {
    let endpoint = Endpoint::start(Options { hosts: vec!["emulator".to_owned()], ..Options::default() }).unwrap();
    for host in ["localhost", "LOCALHOST:1", "sqs.localhost:4566", "127.0.0.2", "[::1]:4566", "emulator:4566"] {
        let get = reqwest::Client::new().get(format!("{}/_ensemble/health", endpoint.url())).header("host", host);
        assert_eq!(get.send().await.unwrap().status(), StatusCode::OK, "{host}");
    }
    let get = reqwest::Client::new().get(format!("{}/_ensemble/health", endpoint.url())).header("host", "emulators");
    let answer = get.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let told: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(told["__type"], "AccessDeniedException");
    assert!(told["message"].as_str().unwrap().contains("ENSEMBLE_ALLOW_HOSTS"), "{told}");
}
