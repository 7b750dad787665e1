//! A proxy before an endpoint that plays IAM: it lets a service do what its role grants, refuses all else, and keeps
//! record of both. Services are told apart by their access key ids; whoever has another one may do everything.
//!
//! **Invariant:** what is recorded as used was granted, and was asked of the endpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// An action, and the ARN of what it is done to.
pub(crate) type Grant = (String, String);

/// What each service may do, by the name of the service.
pub(crate) type Grants = BTreeMap<String, BTreeSet<Grant>>;

/// The ARN of a resource on an emulator.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:000000000000:{resource}")
}

pub(crate) struct Guard {
    pub(crate) url: String,
    watch: Arc<Watch>,
    serving: tokio::task::JoinHandle<()>,
}

struct Watch {
    upstream: String,
    client: reqwest::Client,
    granted: Grants,
    used: Mutex<Grants>,
    refused: Mutex<BTreeSet<(String, Grant)>>,
    /// What is answered with an error, of which service.
    failing: Mutex<BTreeSet<(String, String)>>,
}

impl Guard {
    /// Stands before an endpoint.
    #[expect(clippy::disallowed_methods, reason = "the task ends with the guard")]
    pub(crate) async fn start(upstream: &str, granted: Grants) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let watch = Arc::new(Watch {
            upstream: upstream.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            granted,
            used: Mutex::default(),
            refused: Mutex::default(),
            failing: Mutex::default(),
        });
        let router = axum::Router::new().fallback(pass).with_state(Arc::clone(&watch));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, watch, serving }
    }

    /// The variables of a service that calls through here.
    pub(crate) fn identity<'a>(&'a self, service: &'a str) -> [(&'a str, &'a str); 3] {
        [("AWS_ENDPOINT_URL", &self.url), ("AWS_ACCESS_KEY_ID", service), ("AWS_SECRET_ACCESS_KEY", "guarded")]
    }

    /// What each service did.
    pub(crate) fn used(&self) -> Grants {
        self.watch.used.lock().unwrap().clone()
    }

    /// What each service tried, and may not.
    pub(crate) fn refused(&self) -> BTreeSet<(String, Grant)> {
        self.watch.refused.lock().unwrap().clone()
    }

    /// Whether a service's calls of this action are answered with an error from now on.
    pub(crate) fn set_failing(&self, service: &str, action: &str, fails: bool) {
        let failing = (service.to_owned(), action.to_owned());
        let mut all = self.watch.failing.lock().unwrap();
        if fails {
            all.insert(failing)
        } else {
            all.remove(&failing)
        };
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(watch): State<Arc<Watch>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let service = caller(&headers);
    for grant in asked(&headers, &body) {
        if let Some(answer) = watch.answer(&service, grant) {
            return answer;
        }
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = watch.client.request(method, format!("{}{path}", watch.upstream)).headers(headers).body(body);
    let Ok(response) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap_or_default()).into_response()
}

impl Watch {
    /// The answer to a service's call that does not go through.
    fn answer(&self, service: &str, grant: Grant) -> Option<Response> {
        let granted = self.granted.get(service)?;
        if !granted.contains(&grant) {
            let what = json!({ "__type": "AccessDeniedException", "message": "no policy allows it" });
            self.refused.lock().unwrap().insert((service.to_owned(), grant));
            return Some((StatusCode::FORBIDDEN, what.to_string()).into_response());
        }
        let fails = self.failing.lock().unwrap().contains(&(service.to_owned(), grant.0.clone()));
        self.used.lock().unwrap().entry(service.to_owned()).or_default().insert(grant);
        fails.then(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
    }
}

/// The access key id of a call (<https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html>).
fn caller(headers: &HeaderMap) -> String {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let credential = header.split_once("Credential=").map_or("", |(_, rest)| rest);
    credential.split('/').next().unwrap_or_default().to_owned()
}

/// What a call asks for, as IAM sees it: a batch is the calls in it, and so is a transaction.
fn asked(headers: &HeaderMap, body: &[u8]) -> Vec<Grant> {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    match target.and_then(|target| target.split_once('.')) {
        Some(("AmazonSQS", operation)) => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let queue = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or("*");
            vec![grant("sqs", single(operation), queue)]
        }
        Some((_, operation)) => dynamodb(operation, &serde_json::from_slice(body).unwrap_or_default()),
        None => {
            let form = String::from_utf8_lossy(body).into_owned();
            let form = reqwest::Url::parse(&format!("http://form/?{form}")).unwrap();
            let field = |name| form.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
            let action = field("Action").unwrap_or_default();
            let topic = field("TopicArn").unwrap_or_else(|| "*".to_owned());
            vec![(format!("sns:{}", single(&action)), topic)]
        }
    }
}

fn dynamodb(operation: &str, body: &Value) -> Vec<Grant> {
    let of_table = |operation: &str, item: &Value| {
        let table = item["TableName"].as_str().unwrap_or("*");
        let index = item["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
        grant("dynamodb", operation, &format!("table/{table}{index}"))
    };
    match operation {
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
            items.map(|(kind, item)| of_table(&format!("{kind}Item"), item)).collect()
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| grant("dynamodb", operation, &format!("table/{table}"))).collect()
        }
        "BatchExecuteStatement" => {
            let statements = body["Statements"].as_array().into_iter().flatten();
            statements.filter_map(|one| of_statement(one["Statement"].as_str()?)).collect()
        }
        operation => vec![of_table(operation, body)],
    }
}

/// A statement is authorised by its verb
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>).
fn of_statement(statement: &str) -> Option<Grant> {
    let verb = if statement.starts_with("INSERT ") { "PartiQLInsert" } else { "PartiQLUpdate" };
    let table = statement.split('"').nth(1)?;
    Some(grant("dynamodb", verb, &format!("table/{table}")))
}

fn single(operation: &str) -> &str {
    operation.strip_suffix("Batch").unwrap_or(operation)
}

fn grant(service: &str, operation: &str, resource: &str) -> Grant {
    (format!("{service}:{operation}"), arn(service, resource))
}
