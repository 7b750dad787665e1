//! The routes: from HTTP to the processor and back.
//!
//! **Invariant:** nothing of a body is logged, and a caller who hangs up does not undo what was
//! begun.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::answer::Answer;
use crate::connection::{AbortHandle, Connection};
use crate::faults::{Fault, FaultKind, Faults};
use crate::keys::{AtWork, Keys};
use crate::ledger::Ledger;
use crate::processor::Processor;
use crate::request::Request;

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The longest idempotency key, as other payment gateways have it.
const KEY_BYTES_MAX: usize = 255;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) processor: Processor,
    pub(crate) faults: Faults,
    keys: Keys,
    stopping: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(processor: Processor, faults: Vec<Fault>, stopping: watch::Receiver<bool>) -> Self {
        Self { processor, faults: Faults::new(faults), keys: Keys::default(), stopping }
    }

    /// Returns when the gateway is told to stop, or dropped.
    async fn stopped(&self) {
        let mut stopping = self.stopping.clone();
        // An error means that the sender is gone, and the gateway with it.
        stopping.wait_for(|stopping| *stopping).await.ok();
    }

    /// Waits before a late answer or a slow act, but keeps nobody from stopping.
    async fn delay(&self, delay: Duration) {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.stopped() => {}
        }
    }
}

/// Serves until the gateway stops.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, hosts: Vec<String>) {
    let routes = door::guarded(routes(Arc::clone(&app)), hosts, |why| {
        Answer::error(StatusCode::FORBIDDEN, "forbidden", why).into_response()
    });
    let connect = |stream| {
        let connection = Connection::new(stream);
        let handle = connection.abort_handle();
        (connection, ConnectInfo(handle))
    };
    door::serve(listener, routes, door::PATIENCE, connect, async move { app.stopped().await }).await;
}

fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/authorizations", post(act))
        .route("/v1/authorizations/{id}/capture", post(act))
        .route("/v1/authorizations/{id}/void", post(act))
        .route("/v1/debits", post(act))
        .route("/v1/charges/{id}/refund", post(act))
        .route("/v1/payments", get(payments))
        .route("/ledger", get(ledger))
        .route("/health", get(health))
        .route("/faults", get(faults).put(set_faults).delete(clear_faults))
        .fallback(async || unknown_path())
        .method_not_allowed_fallback(async || {
            Answer::error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The path has other methods")
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(app)
}

/// Each POST goes this way.
async fn act(
    State(app): State<Arc<App>>,
    ConnectInfo(connection): ConnectInfo<AbortHandle>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Answer> {
    let key = idempotency_key(&headers)?;
    let request = Request::read(uri.path(), &whole(body)?).ok_or_else(unknown_path)??;
    let operation = request.operation();
    let Some(at_work) = app.keys.begin(&key) else {
        return Ok(app.processor.in_use(&request));
    };
    let fault = app.faults.strike(operation, app.processor.customer(&request).as_deref());
    // On a task of its own: a caller who hangs up ends this future but not that task. What it holds of the key ends
    // with it or with this future, whichever is later.
    let acted = tokio::spawn(work(Arc::clone(&app), Arc::clone(&at_work), key, request, fault));
    let answer = acted.await.map_err(|error| broke_off(&error))??;
    tracing::debug!(path = uri.path(), ?operation, status = answer.status().as_u16(), ?fault, "PaymentCallAnswered");
    match fault {
        Some(FaultKind::Late(delay)) => app.delay(delay).await,
        Some(FaultKind::Lose) => connection.abort(),
        Some(FaultKind::Fail | FaultKind::Slow(_)) | None => {}
    }
    drop(at_work);
    Ok(answer)
}

/// Works on a request, for as long as it takes, whoever still listens.
async fn work(
    app: Arc<App>,
    at_work: Arc<AtWork>,
    key: String,
    request: Request,
    fault: Option<FaultKind>,
) -> Result<Answer, Answer> {
    if let Some(FaultKind::Slow(delay)) = fault {
        app.delay(delay).await;
    }
    // On a thread of its own: flushing the journal blocks.
    let acted = tokio::task::spawn_blocking(move || match fault {
        Some(FaultKind::Fail) => app.processor.fail(&request),
        None | Some(FaultKind::Late(_) | FaultKind::Slow(_) | FaultKind::Lose) => app.processor.act(&key, &request),
    });
    let answer = acted.await;
    drop(at_work);
    answer.map_err(|error| broke_off(&error))
}

fn broke_off(error: &tokio::task::JoinError) -> Answer {
    tracing::error!(%error, "a call broke off");
    Answer::error(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The call broke off")
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Answer> {
    let bad = |code, message| Answer::error(StatusCode::BAD_REQUEST, code, message);
    match headers.get("idempotency-key").map(|value| value.to_str()) {
        None | Some(Ok("")) => Err(bad("idempotency_key_missing", "The Idempotency-Key header is required")),
        Some(Ok(key)) if key.len() <= KEY_BYTES_MAX => Ok(key.to_owned()),
        Some(_) => Err(bad("invalid_request", "Idempotency-Key: must be 1 to 255 printable ASCII characters")),
    }
}

fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Answer> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Answer::error(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "body: must be at most 64 KiB")
        }
        status => Answer::error(status, "invalid_request", "body: must arrive whole"),
    })
}

fn unknown_path() -> Answer {
    Answer::error(StatusCode::NOT_FOUND, "not_found", "There is nothing at this path")
}

fn bad_query(_: QueryRejection) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, "invalid_request", "query: must be readable")
}

#[derive(Deserialize)]
struct PaymentsQuery {
    reference: Option<String>,
}

async fn payments(
    State(app): State<Arc<App>>,
    query: Result<Query<PaymentsQuery>, QueryRejection>,
) -> Result<Json<Value>, Answer> {
    let Query(query) = query.map_err(bad_query)?;
    match query.reference {
        Some(reference) => Ok(Json(app.processor.lookup(&reference))),
        None => Err(Answer::error(StatusCode::BAD_REQUEST, "invalid_request", "reference: is required")),
    }
}

#[derive(Deserialize)]
struct LedgerQuery {
    saga: Option<String>,
}

async fn ledger(
    State(app): State<Arc<App>>,
    query: Result<Query<LedgerQuery>, QueryRejection>,
) -> Result<Json<Ledger>, Answer> {
    let Query(query) = query.map_err(bad_query)?;
    Ok(Json(match query.saga {
        Some(saga) => app.processor.ledger(&saga),
        None => app.processor.totals(),
    }))
}

async fn health(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "status": "ok", "simulated": true, "hooks": app.processor.hooks() }))
}

async fn faults(State(app): State<Arc<App>>) -> Json<Vec<Fault>> {
    Json(app.faults.remaining())
}

/// Unlike a payment's, this body is quoted in what is wrong with it: rules hold nothing to hide.
async fn set_faults(State(app): State<Arc<App>>, body: Result<Bytes, BytesRejection>) -> Result<Response, Answer> {
    match serde_json::from_slice(&whole(body)?) {
        Ok(rules) => {
            app.faults.replace(rules);
            Ok(faults(State(app)).await.into_response())
        }
        Err(error) => Err(Answer::error(StatusCode::BAD_REQUEST, "invalid_request", format!("faults: {error}"))),
    }
}

async fn clear_faults(State(app): State<Arc<App>>) -> Json<Vec<Fault>> {
    app.faults.replace(Vec::new());
    faults(State(app)).await
}
