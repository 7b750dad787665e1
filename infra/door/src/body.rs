//! A body that must arrive in time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A body that ends with an error if it is not whole in time.
pub(crate) struct Timed<B> {
    body: B,
    over: Pin<Box<Sleep>>,
}

impl<B> Timed<B> {
    pub(crate) fn new(body: B, patience: Duration) -> Self {
        Self { body, over: Box::pin(tokio::time::sleep(patience)) }
    }
}

impl<B: HttpBody<Data = Bytes, Error: Into<Error>> + Unpin> HttpBody for Timed<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(frame.map(|frame| frame.map_err(Into::into))),
            Poll::Pending if self.over.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Some(Err("the body did not arrive in time".into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
