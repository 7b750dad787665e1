//! A request for a fare, as a client publishes it.

use contracts::{EventType, SagaId};
use runtime::operator::publish;
use runtime::{Aws, Settings, Unavailable};
use saga::{Announcement, Channel};
use uuid::Uuid;

/// A request, with the identity that makes a repeated one the same saga.
#[derive(Clone)]
pub struct Request {
    /// The message attribute `requestId`.
    pub id: String,
    /// The bare JSON.
    pub body: String,
}

impl std::fmt::Debug for Request {
    /// Without the body, which holds a card.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("id", &self.id).field("bytes", &self.body.len()).finish()
    }
}

impl Request {
    /// A request with an id of its own.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a new request derives from nothing")]
    pub fn new(body: impl Into<String>) -> Self {
        Self { id: Uuid::new_v4().to_string(), body: body.into() }
    }

    /// The saga that it starts.
    #[must_use]
    pub fn saga(&self) -> SagaId {
        SagaId::of_request("fare", &self.id)
    }
}

/// Publishes requests for fares; for each, in order, the saga that it starts.
pub async fn publish_fares(aws: &Aws, settings: &Settings, requests: Vec<Request>) -> Vec<Result<SagaId, Unavailable>> {
    let sagas: Vec<_> = requests.iter().map(Request::saga).collect();
    let message = |request: Request| Announcement {
        channel: Channel::FareRequests,
        id: request.saga().uuid(),
        name: EventType::FareRequested.as_str().to_owned(),
        body: request.body,
        attributes: vec![("requestId", request.id)],
    };
    let published = publish(aws, settings, requests.into_iter().map(message).collect()).await;
    published.into_iter().zip(sagas).map(|(published, saga)| published.map(|()| saga)).collect()
}
