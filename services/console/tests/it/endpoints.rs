//! Where the commands call: by option, variable or AWS profile, and never another machine in the clear.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::command::NOWHERE;
use crate::harness::{Ended, Env, Process, ensemble, env, wait_for};

/// A listener that looks as if it were another machine, and counts who calls.
struct Stranger {
    url: String,
    calls: Arc<AtomicUsize>,
    listening: tokio::task::JoinHandle<()>,
}

impl Stranger {
    #[expect(clippy::disallowed_methods, reason = "the task ends with the stranger")]
    async fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        // 0.0.0.0 is no loopback address, and yet leads here.
        let url = format!("http://0.0.0.0:{}", listener.local_addr().unwrap().port());
        let listening = tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { url, calls, listening }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A file of this content, and its path.
fn file(content: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aws");
    std::fs::write(&path, content).unwrap();
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

/// What everybody has who calls AWS.
fn with(variables: &[(&str, &str)]) -> Env {
    let usual = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "any"),
        ("AWS_SECRET_ACCESS_KEY", "any"),
        ("ENSEMBLE_ACCOUNT", "000000000000"),
    ];
    env(&[&usual, variables].concat())
}

async fn local(folder: &TempDir) -> (Process, String) {
    let mut process = Process::start(folder.path(), "local", &["local", "--port", "0"], &Env::new());
    let url = process.url_after("DynamoDB on").await;
    (process, url)
}

fn is_refused(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, Some(78), "{ended:?}");
    for words in words.iter().chain(&["http:// URL on this machine"]) {
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
}

const PUBLISH: [&str; 3] = ["publish", "fare", "examples/fare.json"];

#[tokio::test]
async fn whatever_names_a_plain_endpoint_elsewhere_is_named_and_nothing_is_sent_there() {
    let stranger = Stranger::listen().await;
    let url = stranger.url.as_str();
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_SNS", "AWS_ENDPOINT_URL_DYNAMODB"] {
        is_refused(&ensemble(&PUBLISH, &with(&[(name, url)])).await, &[name]);
    }
    for (name, content, words) in [
        ("default", format!("[default]\nendpoint_url = {url}\n"), ["`default`", "SQS"]),
        ("dev", format!("[profile dev]\nendpoint_url = {url}\n"), ["`dev`", "SQS"]),
        ("dev", section(url, "sqs"), ["`dev`", "SQS"]),
        ("dev", section(url, "sns"), ["`dev`", "SNS"]),
        ("dev", section(url, "dynamodb"), ["`dev`", "DynamoDB"]),
    ] {
        let (_folder, path) = file(&content);
        let ended = ensemble(&PUBLISH, &with(&[("AWS_CONFIG_FILE", &path), ("AWS_PROFILE", name)])).await;
        is_refused(&ended, &[words[0], words[1], "endpoint_url", &path]);
    }
    let (_folder, path) = file(&format!("[default]\naws_access_key_id = any\nendpoint_url = {url}\n"));
    let ended = ensemble(&PUBLISH, &with(&[("AWS_SHARED_CREDENTIALS_FILE", &path)])).await;
    is_refused(&ended, &["`default`", &path]);
    assert_eq!(stranger.calls(), 0);
}

/// A profile `dev` whose section of `services` names an endpoint for one of them.
fn section(url: &str, service: &str) -> String {
    format!("[profile dev]\nservices = emulator\n[services emulator]\n{service} =\n  endpoint_url = {url}\n")
}

#[tokio::test]
async fn no_command_calls_a_plain_endpoint_elsewhere_that_a_profile_names() {
    const SAGA: &str = "ad0423e4-d130-5728-aeca-ac0b123a5e14";
    let stranger = Stranger::listen().await;
    let (_folder, path) = file(&format!("[default]\nendpoint_url = {}\n", stranger.url));
    let env = with(&[("AWS_CONFIG_FILE", &path)]);
    for args in [
        &PUBLISH[..],
        &["publish", "order", "examples/order.json"],
        &["provision"],
        &["watch"],
        &["run", "notifier"],
        &["queues"],
        &["parked", "list"],
        &["parked", "log"],
        &["sagas"],
        &["trace", SAGA],
        &["cancel", SAGA],
        &["retry", SAGA],
        &["resolve", SAGA, "--reason", "done"],
        &["stock", "show"],
        &["audit", SAGA],
        &["probe"],
    ] {
        is_refused(&ensemble(args, &env).await, &["`default`", "SQS", &path]);
    }
    assert_eq!(stranger.calls(), 0);
}

#[tokio::test]
async fn a_plain_endpoint_elsewhere_that_a_profile_names_is_called_where_that_is_allowed() {
    let stranger = Stranger::listen().await;
    let (_folder, path) = file(&format!("[default]\nendpoint_url = {}\n", stranger.url));
    let env = with(&[("AWS_CONFIG_FILE", &path), ("ENSEMBLE_ALLOW_REMOTE_ENDPOINT", "on")]);
    let folder = tempfile::tempdir().unwrap();
    let _publishing = Process::start(folder.path(), "publish", &PUBLISH, &env);
    wait_for("a call", async || (stranger.calls() > 0).then_some(())).await;
}

#[tokio::test]
async fn an_endpoint_on_this_machine_is_called_whoever_names_it_and_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, url) = local(&folder).await;
    let port = url.rsplit(':').next().unwrap();
    let (_folder, whole) = file(&format!("[default]\nendpoint_url = {url}\n"));
    let (_folder2, keys) =
        file(&format!("[profile dev]\nendpoint_url = {url}\naws_access_key_id = a\naws_secret_access_key = b\n"));
    for variables in [
        &[("AWS_ENDPOINT_URL", format!("http://LOCALHOST:{port}"))][..],
        &[("AWS_ENDPOINT_URL", format!("HTTP://localhost:{port}/"))],
        &[("AWS_CONFIG_FILE", whole)],
        &[("AWS_CONFIG_FILE", keys), ("AWS_PROFILE", "dev".to_owned())],
    ] {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ended = ensemble(&["provision"], &env(&variables)).await;
        assert_eq!(ended.code, Some(0), "{variables:?}: {ended:?}");
    }
}

#[tokio::test]
async fn an_embedded_endpoint_and_the_option_go_before_everything_else() {
    let stranger = Stranger::listen().await;
    let folder = tempfile::tempdir().unwrap();
    let (_process, url) = local(&folder).await;
    for service in ["sqs", "sns", "dynamodb"] {
        let (_folder, path) = file(&section(&stranger.url, service));
        let variable = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase());
        let env = with(&[("AWS_CONFIG_FILE", &path), ("AWS_PROFILE", "dev"), (&variable, &stranger.url)]);
        let ended = ensemble(&["--endpoint-url", &url, "provision"], &env).await;
        assert_eq!(ended.code, Some(0), "{service}: {ended:?}");
        let ended = ensemble(&["demo", "--row", "22"], &env).await;
        assert_eq!(ended.code, Some(0), "{service}: {ended:?}");
    }
    assert_eq!(stranger.calls(), 0);
}

#[tokio::test]
async fn no_proxy_that_the_environment_names_comes_between() {
    let stranger = Stranger::listen().await;
    let folder = tempfile::tempdir().unwrap();
    let (_process, url) = local(&folder).await;
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        let ended = ensemble(&["provision"], &env(&[("AWS_ENDPOINT_URL", &url), (name, &stranger.url)])).await;
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
    }
    assert_eq!(stranger.calls(), 0);
}

#[tokio::test]
async fn endpoints_that_are_to_be_passed_over_are() {
    let (_folder, path) =
        file("[default]\nendpoint_url = http://10.11.12.13\nignore_configured_endpoint_urls = TRUE\n");
    let ignored = [("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), ("AWS_ENDPOINT_URL", "http://10.11.12.13")];
    for variables in [&ignored[..], &[("AWS_CONFIG_FILE", &path)]] {
        let ended = ensemble(&["queues"], &env(variables)).await;
        assert_eq!(ended.code, Some(78), "{ended:?}");
        assert!(ended.err.contains("ENSEMBLE_ACCOUNT"), "it is AWS itself that would be called: {ended:?}");
    }
    let unclear = [("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "maybe"), ("AWS_ENDPOINT_URL", NOWHERE)];
    let ended = ensemble(&["queues"], &env(&unclear)).await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.err.contains("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "{ended:?}");
}

#[tokio::test]
async fn credentials_that_are_missing_beside_an_endpoint_are_named_at_once() {
    let (_folder, path) = file("[profile bare]\nregion = us-east-1\n");
    let profile = |name| [("AWS_ENDPOINT_URL", NOWHERE), ("AWS_CONFIG_FILE", path.as_str()), ("AWS_PROFILE", name)];
    let key = |name| [("AWS_ENDPOINT_URL", NOWHERE), (name, "any")];
    for (variables, name) in [
        (&profile("bare")[..], "AWS_PROFILE"),
        (&profile("nobody"), "AWS_PROFILE"),
        (&key("AWS_ACCESS_KEY_ID"), "AWS_SECRET_ACCESS_KEY: is not set"),
        (&key("AWS_SECRET_ACCESS_KEY"), "AWS_ACCESS_KEY_ID: is not set"),
    ] {
        for args in [&["queues"][..], &["run", "notifier"]] {
            let ended = ensemble(args, &env(variables)).await;
            assert_eq!(ended.code, Some(78), "{variables:?}: {ended:?}");
            assert!(ended.err.contains(name), "{name}: {ended:?}");
            assert!(ended.err.contains("aws_access_key_id") || ended.err.contains("both or neither"), "{ended:?}");
        }
    }
}
