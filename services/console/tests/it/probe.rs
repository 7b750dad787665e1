//! `ensemble probe`: what it finds, also on an endpoint that lies, and that it leaves nothing.

use std::collections::BTreeSet;
use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::clients::Endpoint;
use crate::command::{NOWHERE, calling};
use crate::emulator::{Emulator, on_both_endpoints};
use crate::harness::{Ended, PATIENCE, Process, ensemble, env, wait_for};

/// What is known to differ on `LocalStack` 4.14.0: it does not say whose fault a receipt is that is not valid any more.
const LOCALSTACK_DIFFERS: [&str; 2] =
    ["each entry of a batch has its own result", "the receipt of a deleted message holds nothing"];

async fn probe(aws: &Endpoint) -> Ended {
    ensemble(&["probe", "--json"], &calling(aws)).await
}

/// The names of what was found to be so.
fn found<'a>(findings: &'a [Value], result: &str) -> BTreeSet<&'a str> {
    let found = findings.iter().filter(|finding| finding["result"] == result);
    found.map(|finding| finding["semantic"].as_str().unwrap()).collect()
}

/// What a probe has made that is there.
async fn made(aws: &Endpoint) -> Vec<String> {
    let (first, mut found) = (aws.name("probe-"), Vec::new());
    let queues = aws.sqs("ListQueues", &json!({ "QueueNamePrefix": first })).await;
    found.extend(queues["QueueUrls"].as_array().into_iter().flatten().map(Value::to_string));
    let tables = aws.dynamodb("ListTables", &json!({ "ExclusiveStartTableName": first })).await;
    let tables = tables["TableNames"].as_array().unwrap().iter().filter_map(Value::as_str);
    found.extend(tables.filter(|table| table.starts_with(&first)).map(str::to_owned));
    let mut token = String::new();
    loop {
        let from = [("NextToken", token.as_str())];
        let page = aws.sns("ListTopics", if token.is_empty() { &[] } else { &from }).await;
        found.extend(page.split("<TopicArn>").filter(|rest| rest.contains(&format!(":{first}"))).map(str::to_owned));
        let Some((_, rest)) = page.split_once("<NextToken>") else { return found };
        token = rest.split('<').next().unwrap().to_owned();
    }
}

/// What `docs/localstack.md` says came of trying something; `column`: 3 on the embedded endpoint, 4 on `LocalStack`.
fn documented(finding: &Value, column: usize) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/localstack.md");
    let page = std::fs::read_to_string(page).unwrap();
    let [service, semantic, relied_on] =
        ["service", "semantic", "reliedOn"].map(|field| finding[field].as_str().unwrap());
    let row = page.lines().find(|line| line.starts_with(&format!("| {service} | {semantic} | {relied_on} |")));
    let cells: Vec<_> = row.unwrap_or_else(|| panic!("no row of {finding}")).split('|').skip(1).collect();
    cells[column].trim().trim_matches('*').to_owned()
}

/// Whether there is a document that says why this is relied on.
fn is_documented(relied_on: &str) -> bool {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    match relied_on.split_once(": ") {
        Some(("semantics", heading)) => {
            let page = std::fs::read_to_string(docs.join("semantics.md")).unwrap();
            page.lines().any(|line| line == format!("## {heading}"))
        }
        _ => {
            let number = relied_on.strip_prefix("ADR ").unwrap();
            let records = std::fs::read_dir(docs.join("adr")).unwrap();
            records.flatten().any(|record| record.file_name().to_string_lossy().starts_with(&format!("{number}-")))
        }
    }
}

async fn what_differs_is_known_and_nothing_is_left(emulator: Emulator) {
    let (known, column): (&[&str], _) = match &emulator {
        Emulator::Embedded => (&[], 3),
        Emulator::LocalStack { .. } => (&LOCALSTACK_DIFFERS, 4),
    };
    let folder = tempfile::tempdir().unwrap();
    let (_process, aws) = emulator.endpoint(folder.path()).await;
    let ended = probe(&aws).await;
    let findings = ended.json();
    assert_eq!(found(&findings, "differs"), BTreeSet::from_iter(known.iter().copied()), "{ended:?}");
    assert_eq!(found(&findings, "unknown"), BTreeSet::new(), "{ended:?}");
    assert_eq!(found(&findings, "pass").len() + known.len(), 27, "{ended:?}");
    assert_eq!(ended.code, Some(i32::from(!known.is_empty())), "{ended:?}");
    assert!(ended.err.contains("makes 2 tables, 19 queues and 1 topic"), "{ended:?}");
    for finding in &findings {
        assert_eq!(finding["result"], documented(finding, column));
        assert!(is_documented(finding["reliedOn"].as_str().unwrap()), "{finding}");
        assert_eq!(finding["seen"].is_string(), finding["result"] != "pass", "{finding}");
    }
    assert_eq!(made(&aws).await, [""; 0]);
}

/// What becomes of an answer, by operation, status and text.
type Lie = fn(&str, StatusCode, String) -> (StatusCode, String);

/// Starts an endpoint in front of another one, which does this to its answers.
#[expect(clippy::disallowed_methods, reason = "no task of the product: it ends with the test")]
async fn liar(behind: &Endpoint, lie: Lie) -> Endpoint {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::at(format!("http://{}", listener.local_addr().unwrap()));
    let app = Router::new().fallback(answer).with_state((behind.url.clone(), lie));
    tokio::spawn(async move { axum::serve(listener, app).await });
    endpoint
}

async fn answer(State((url, lie)): State<(String, Lie)>, mut headers: HeaderMap, body: String) -> impl IntoResponse {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()?.rsplit('.').next());
    // The queries of SNS say in their body what the others say in a header.
    let action = || body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let operation = target.or_else(action).unwrap().to_owned();
    headers.remove("host");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let true_answer = client.post(url).headers(headers).body(body).send().await.unwrap();
    let (status, mut headers) = (true_answer.status(), true_answer.headers().clone());
    let (status, text) = lie(&operation, status, true_answer.text().await.unwrap());
    for of_the_truth in ["content-length", "x-amz-crc32"] {
        headers.remove(of_the_truth);
    }
    (status, headers, text)
}

#[tokio::test]
async fn an_endpoint_that_loses_a_part_of_its_answers_differs_there_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, aws) = Emulator::Embedded.endpoint(folder.path()).await;
    let liar = liar(&aws, |operation, status, text| match operation {
        // What stands is not brought back, and the last entry of a full batch is not answered for.
        "UpdateItem" if !status.is_success() => (status, text.replace("\"Item\"", "\"Itam\"")),
        "PublishBatch" => (status, text.replace("<Id>9</Id>", "<Id>19</Id>")),
        _ => (status, text),
    })
    .await;
    let ended = probe(&liar).await;
    let findings = ended.json();
    let lies = [
        "a write whose condition fails brings back what stands",
        "of many who write an item at once, one wins",
        "of writes that travel together, each takes place by itself",
        "a full batch is taken, and each entry is named",
    ];
    assert_eq!(found(&findings, "differs"), BTreeSet::from(lies), "{ended:?}");
    assert_eq!((found(&findings, "pass").len(), found(&findings, "unknown").len()), (23, 0), "{ended:?}");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("4 of 27 differ"), "{ended:?}");
    assert_eq!(made(&aws).await, [""; 0]);
}

#[tokio::test]
async fn what_is_not_permitted_is_unknown_and_what_could_not_be_deleted_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, aws) = Emulator::Embedded.endpoint(folder.path()).await;
    let liar = liar(&aws, |operation, status, text| match operation {
        "CreateTable" | "DeleteTopic" | "DeleteTable" => {
            let denied = json!({ "__type": "AccessDeniedException", "Code": "AccessDenied", "message": "not you" });
            (StatusCode::FORBIDDEN, denied.to_string())
        }
        _ => (status, text),
    })
    .await;
    let ended = probe(&liar).await;
    let findings = ended.json();
    let unknown = findings.iter().filter(|finding| finding["result"] == "unknown");
    assert!(unknown.clone().all(|finding| finding["service"] == "DynamoDB"), "{ended:?}");
    assert!(unknown.clone().all(|finding| finding["seen"].as_str().unwrap().contains("AccessDenied")), "{ended:?}");
    assert_eq!((unknown.count(), found(&findings, "differs").len()), (8, 0), "{ended:?}");
    assert_eq!(ended.code, Some(0), "nothing is known to differ: {ended:?}");
    let left: Vec<_> = ended.err.lines().filter(|line| line.contains("left behind, delete it by hand")).collect();
    assert!(left.iter().any(|line| line.contains("-notifications: ")), "{ended:?}");
}

#[tokio::test]
async fn a_probe_that_is_stopped_deletes_what_it_has_made() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, aws) = Emulator::Embedded.endpoint(folder.path()).await;
    let mut process = Process::start(folder.path(), "command", &["probe"], &calling(&aws));
    wait_for("what it makes", async || (!made(&aws).await.is_empty()).then_some(())).await;
    process.signal("INT");
    let status = process.ended(PATIENCE).await.expect("Ctrl-C ends it");
    assert_eq!(status.code(), Some(1), "{}", process.err());
    assert!(process.err().contains("stopped before its end; what it had made is deleted"), "{}", process.err());
    assert_eq!(made(&aws).await, [""; 0]);
}

#[tokio::test]
async fn where_nobody_answers_or_the_prefix_is_too_long_it_says_so() {
    let ended = probe(&Endpoint::at(NOWHERE.to_owned())).await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(69), ""), "{ended:?}");
    let long = "x".repeat(26);
    let ended = ensemble(&["probe"], &env(&[("AWS_ENDPOINT_URL", NOWHERE), ("ENSEMBLE_PREFIX", &long)])).await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.err.contains("ENSEMBLE_PREFIX: leaves no room"), "{ended:?}");
}

on_both_endpoints! {
    what_differs_is_known_and_nothing_is_left,
}
