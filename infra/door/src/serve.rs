//! Connections: taken, given up on when they are slow, ended at a stop.
//!
//! **Invariant:** a connection that cannot be taken is logged, and the next one is tried.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1::Builder;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::body::Timed;
use crate::guard::ReachedAt;

/// How long a client may take to send the head of a request, the next one on its connection included; and again to send
/// the body.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait where the system gives no connection, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop`, and then until what is in flight is answered.
///
/// `connect` makes of each connection what is read and written, and what its requests carry as an extension.
pub async fn serve<C, I, E>(
    listener: TcpListener,
    routes: Router,
    patience: Duration,
    connect: C,
    stop: impl Future<Output = ()>,
) where
    C: Fn(TcpStream) -> (I, E),
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Clone + Send + Sync + 'static,
{
    let (stopping, stopped) = watch::channel(false);
    let routes = TowerToHyperService::new(routes);
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // The client has thought better of it.
            Err(error) if is_of_client(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "ConnectionNotAccepted");
                tokio::select! {
                    () = &mut stop => break,
                    () = tokio::time::sleep(PAUSE) => continue,
                }
            }
        };
        // Without this, an answer in two packets waits 40 ms for an acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let reached_at = stream.local_addr().ok().map(|address| ReachedAt(address.ip()));
        let (io, extension) = connect(stream);
        let routes = routes.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(|body| Timed::new(body, patience));
            request.extensions_mut().insert(extension.clone());
            if let Some(reached_at) = reached_at {
                request.extensions_mut().insert(reached_at);
            }
            routes.call(request)
        });
        tokio::spawn(converse(TokioIo::new(io), service, patience, stopped.clone()));
    }
    drop(stopped);
    drop(listener);
    stopping.send_replace(true);
    // Each connection holds a receiver.
    stopping.closed().await;
}

/// Answers what comes on one connection, until it is closed, or idle at the stop.
async fn converse<I, S>(io: I, service: S, patience: Duration, mut stopped: watch::Receiver<bool>)
where
    I: Read + Write + Unpin,
    S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
{
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let mut connection = pin!(http.serve_connection(io, service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "ConnectionBroken");
    }
}

/// Returns at the stop, or when nobody serves any more.
async fn told(stopped: &mut watch::Receiver<bool>) {
    stopped.wait_for(|stop| *stop).await.ok();
}

fn is_of_client(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
