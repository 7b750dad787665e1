//! The service, as a value.

use card::PublicKey;
use contracts::{Event, Events, SagaKind};
use saga::Channel;
use saga::owner::Deadlines;
use saga::topology::Names;

/// The booking service.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Payment's key, to which cards are sealed.
    pub key: PublicKey,
    /// The names of the topics whose SNS envelopes carry requests, and what is requested by each.
    pub request_topics: Vec<(String, SagaKind)>,
    /// How long sagas may take.
    pub deadlines: Deadlines,
    /// Whether the forced failures of [`contracts::hooks`] are honoured.
    pub hooks: bool,
}

impl Booking {
    /// The service on the topics of these names, that seals cards to this key, with the default deadlines and without
    /// forced failures.
    #[must_use]
    pub fn new(key: PublicKey, names: &Names) -> Self {
        let topic = |kind| (names.topic(Channel::Requests(kind)), kind);
        let request_topics = Event::LEXICON.kinds.iter().copied().map(topic).collect();
        Self { key, request_topics, deadlines: Deadlines::default(), hooks: false }
    }
}
