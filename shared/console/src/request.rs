//! A request for a saga, as a client publishes it.

use operate::operator::publish;
use runtime::{Aws, Settings, Unavailable};
use saga::{Announcement, Channel};
use uuid::Uuid;
use wire::{EventType, Events, SagaId, SagaKind};

/// A request, with the identity that makes a repeated one the same saga.
///
/// # Examples
///
/// ```
/// use ensemble_console::Request;
/// use parcel::vocabulary::kinds;
///
/// let request = Request::new(kinds::PARCEL, r#"{"address":"Elm.Street"}"#);
/// assert_eq!(request.clone().saga(), request.saga());
/// assert_ne!(Request::new(kinds::PARCEL, request.body.clone()).saga(), request.saga());
/// ```
#[derive(Clone)]
pub struct Request {
    /// What it asks for.
    pub kind: SagaKind,
    /// The message attribute `requestId`.
    pub id: String,
    /// The bare JSON.
    pub body: String,
}

impl std::fmt::Debug for Request {
    /// Without the body, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Request");
        shown.field("kind", &self.kind).field("id", &self.id).field("bytes", &self.body.len()).finish()
    }
}

impl Request {
    /// A request with an id of its own.
    #[must_use]
    pub fn new(kind: SagaKind, body: impl Into<String>) -> Self {
        Self { kind, id: Uuid::new_v4().to_string(), body: body.into() }
    }

    /// The saga that it starts.
    #[must_use]
    pub fn saga(&self) -> SagaId {
        SagaId::of_request(self.kind.as_str(), &self.id)
    }

    /// The message that asks for it.
    fn message<V: Events>(self) -> Announcement {
        Announcement {
            channel: Channel::Requests(self.kind),
            id: self.saga().uuid(),
            name: V::LEXICON.requesting(self.kind).map_or("", EventType::as_str).to_owned(),
            body: self.body,
            attributes: vec![("requestId", self.id)],
        }
    }
}

/// Publishes requests, each to the topic of its kind; for each, in order, the saga that it starts.
///
/// # Examples
///
/// See the example of [`Stack`](crate::Stack).
pub async fn publish_requests<V: Events>(
    aws: &Aws,
    settings: &Settings,
    requests: Vec<Request>,
) -> Vec<Result<SagaId, Unavailable>> {
    let sagas: Vec<_> = requests.iter().map(Request::saga).collect();
    let published = publish(aws, settings, requests.into_iter().map(Request::message::<V>).collect()).await;
    published.into_iter().zip(sagas).map(|(published, saga)| published.map(|()| saga)).collect()
}
