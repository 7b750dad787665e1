//! The door, through a socket.
//!
//! **Invariant:** tests wait for conditions, with a deadline; none asserts a time.

#![cfg(test)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a condition may take to come true.
const SOON: Duration = Duration::from_secs(20);

/// A patience that nobody here waits for.
const LONG: Duration = Duration::from_secs(3600);

/// What a caller of an echo sends.
const CALL: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello";

struct Echo {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Serves what answers with what it is sent, to those whom the door lets in.
async fn echo(patience: Duration) -> Echo {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/", post(async |body: Bytes| body));
    let routes = ensemble_door::guarded(routes, Vec::new(), |why| (StatusCode::FORBIDDEN, why).into_response());
    let (stop, stopped) = oneshot::channel();
    let serving = ensemble_door::serve(listener, routes, patience, |stream| (stream, ()), async {
        stopped.await.ok();
    });
    Echo { address, stop, serving: tokio::spawn(serving) }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it did not come")
}

/// Sends this, and reads until the server closes.
async fn all_of_it(address: SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut got = Vec::new();
    soon(stream.read_to_end(&mut got)).await.unwrap();
    String::from_utf8(got).unwrap()
}

#[tokio::test]
async fn a_client_that_does_not_end_what_it_begins_is_cut_off() {
    let echo = echo(Duration::from_millis(50)).await;
    assert_eq!(all_of_it(echo.address, "").await, "");
    assert_eq!(all_of_it(echo.address, "POST / HTTP/1.1\r\nHost: loc").await, "");
    let without_body = all_of_it(echo.address, CALL.trim_end_matches("llo")).await;
    assert!(without_body.starts_with("HTTP/1.1 400"), "{without_body}");
    let idle = all_of_it(echo.address, CALL).await;
    assert!(idle.starts_with("HTTP/1.1 200") && idle.ends_with("hello"), "{idle}");
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_takes_no_new_ones() {
    let Echo { address, stop, serving } = echo(LONG).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(CALL.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    soon(stream.read_exact(&mut head)).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    stop.send(()).unwrap();
    soon(serving).await.unwrap();
    soon(stream.read_to_end(&mut Vec::new())).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let echo = echo(LONG).await;
    for foreign in ["Host: evil.example", "Host: localhost\r\nOrigin: http://evil.example"] {
        let answer =
            all_of_it(echo.address, &format!("GET / HTTP/1.1\r\nConnection: close\r\n{foreign}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("its Host names") | answer.contains("web page"));
    }
}
