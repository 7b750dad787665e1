//! The routes: which service a request is for is found out, and it is counted and passed on.
//!
//! **Invariant:** it looks at headers and the `Action` parameter only; what a request means is for the services to say.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::answer::JsonAnswer;
use crate::caller::Caller;
use crate::calls::{Calls, Counter};
use crate::carried::Carried;
use crate::dynamodb::DynamoDb;
use crate::query::Params;
use crate::sns::{self, Sns};
use crate::sqs::{self, Sqs};

/// What `DynamoDB` accepts at most in one request.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// All services, and what they share.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) url: String,
    pub(crate) dynamodb: DynamoDb,
    pub(crate) sns: Sns,
    pub(crate) sqs: Arc<Sqs>,
    pub(crate) calls: Arc<Counter>,
    pub(crate) carried: Arc<Carried>,
}

/// The routes.
pub(crate) fn router(services: Arc<Services>) -> Router {
    Router::new()
        .route("/_ensemble/health", get(health))
        .route("/_ensemble/calls", get(calls))
        .route("/_ensemble/carried", get(carried))
        .route("/_ensemble/tables", get(tables))
        .layer(from_fn(actions_by_post))
        .layer(map_response(async |answer| named(answer)))
        // It does by itself what these layers do: each of them costs every call a few allocations.
        .fallback(dispatch)
        .with_state(services)
}

/// Refuses actions by any other method than POST: a page can have a browser get anything, as an image for instance.
///
/// The link in each envelope that ends its subscription is made to be got: nobody can guess the name in it.
async fn actions_by_post(request: Request, next: Next) -> Response {
    match unless_by_post(&request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    }
}

fn unless_by_post(request: &Request) -> Option<Response> {
    let refuse = request.method() != Method::POST && is_action(request);
    refuse.then(|| refused("actions are taken by POST only"))
}

/// Says who answers: whoever receives messages may hang up here, and hides none by it.
fn named(mut response: Response) -> Response {
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("ensemble-local"));
    response
}

fn is_action(request: &Request) -> bool {
    let query = Params::parse(request.uri().query().unwrap_or_default().as_bytes());
    query.get("Action").is_some_and(|action| action != "Unsubscribe") || target(request.headers()).is_some()
}

/// What a request that is not let in is told.
pub(crate) fn refused(why: &'static str) -> Response {
    let body = serde_json::json!({ "__type": "AccessDeniedException", "message": format!("refused: {why}") });
    JsonAnswer { status: 403, body: body.to_string(), query_error: None }.into_response()
}

async fn health() -> impl IntoResponse {
    axum::Json(serde_json::json!({ "status": "ok", "services": ["sqs", "sns", "dynamodb"] }))
}

async fn calls(State(services): State<Arc<Services>>) -> axum::Json<Calls> {
    axum::Json(services.calls.snapshot())
}

async fn carried(State(services): State<Arc<Services>>) -> axum::Json<Calls> {
    axum::Json(services.carried.snapshot())
}

/// Reads every item, on a thread that may block.
async fn tables(State(services): State<Arc<Services>>) -> Response {
    match tokio::task::spawn_blocking(move || services.dynamodb.tables()).await {
        Ok(tables) => axum::Json(tables).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn dispatch(State(services): State<Arc<Services>>, request: Request) -> Response {
    let answer = match unless_by_post(&request) {
        Some(refusal) => refusal,
        None => serve(&services, request).await,
    };
    named(answer)
}

async fn serve(services: &Services, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the request is too large or ended early").into_response();
    };
    let caller = Caller::of(&parts, &services.url);
    if let Some((service, operation)) = target(&parts.headers) {
        return json(services, service, operation, body, &caller).await;
    }
    let params = match parts.method {
        Method::GET => Params::parse(parts.uri.query().unwrap_or_default().as_bytes()),
        _ => Params::parse(&body),
    };
    match params.get("Action").map(ToOwned::to_owned) {
        Some(action) => query(services, &action, &params, parts.uri.path(), &caller).await,
        None => (
            StatusCode::NOT_FOUND,
            "this is the embedded AWS endpoint: it serves SQS, SNS and DynamoDB to AWS clients; see /_ensemble/health\n",
        )
            .into_response(),
    }
}

/// The service and the operation of a JSON request.
fn target(headers: &HeaderMap) -> Option<(&str, &str)> {
    headers.get("x-amz-target")?.to_str().ok()?.split_once('.')
}

/// Answers a request of the query protocol, which names its operation but not its service.
async fn query(services: &Services, action: &str, params: &Params, path: &str, caller: &Caller) -> Response {
    // Both have operations of the same name. Who does not name the version, as hands do, means what is served.
    let for_sqs = match params.get("Version") {
        Some(sqs::VERSION) => true,
        Some(sns::VERSION) => false,
        _ => sqs::SERVED.contains(&action) && params.get("TopicArn").is_none(),
    };
    let (service, served) = if for_sqs { ("sqs", sqs::SERVED.as_slice()) } else { ("sns", sns::SERVED.as_slice()) };
    if served.contains(&action) {
        services.calls.count(&format!("{service}:{action}"));
    }
    if for_sqs {
        services.sqs.answer_form(action, params, path, caller).await
    } else {
        services.sns.answer(action, params, caller)
    }
}

async fn json(services: &Services, service: &str, operation: &str, body: Bytes, caller: &Caller) -> Response {
    match service {
        "AmazonSQS" => {
            services.calls.count(&format!("sqs:{operation}"));
            services.sqs.answer(operation, &body, caller).await.into_response()
        }
        "DynamoDB_20120810" | "DynamoDBStreams_20120810" => {
            services.calls.count(&format!("dynamodb:{operation}"));
            services.dynamodb.answer(operation, body).await.into_response()
        }
        _ => JsonAnswer {
            status: 400,
            body: r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_owned(),
            query_error: None,
        }
        .into_response(),
    }
}
