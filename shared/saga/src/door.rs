//! The two ways by which a message can come.

use wire::EventType;

/// By which queue a message came, and so who may have sent it.
///
/// A participant that hears clients and services has a queue for each ([`Declaration::queue`]).
///
/// [`Declaration::queue`]: crate::Declaration::queue
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// For requests, and for what is asked of a saga. Clients may send to it, so what comes by it is never believed as
    /// the word of a service.
    Clients,
    /// For events. Only the topics of services may send to it.
    Services,
}

impl Door {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Clients, Self::Services];

    /// The door by which an event of this type comes.
    #[must_use]
    pub fn of(event: EventType) -> Self {
        if event.is_request() { Self::Clients } else { Self::Services }
    }
}
