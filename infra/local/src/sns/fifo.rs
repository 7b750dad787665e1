//! FIFO topics: order within the topic, and each message once.
//!
//! **Invariant:** messages reach every queue in the order of their sequence numbers; a message that is a twin of one
//! accepted during the last five minutes is answered like that one and delivered to nobody.

use std::sync::{Arc, Mutex};

use crate::sns::message::{Accepted, Message};
use crate::sync::lock;
use crate::twins::Twins;

/// What a FIFO topic does with messages.
#[derive(Debug, Clone)]
pub(super) struct Fifo {
    /// Messages without a deduplication id are told apart by their content.
    pub(super) by_content: bool,
    /// Deduplication ids are told apart by their group too.
    pub(super) by_group: bool,
    pub(super) state: Arc<Mutex<FifoState>>,
}

/// What a FIFO topic remembers.
#[derive(Debug, Default)]
pub(super) struct FifoState {
    sequence: u64,
    twins: Twins<Accepted>,
}

impl Fifo {
    /// Numbers a message and delivers it, unless it has a twin.
    pub(super) fn publish(&self, mut message: Message, deliver: impl FnOnce(&Message)) -> Accepted {
        let group = message.group.as_deref().filter(|_| self.by_group).unwrap_or_default();
        let key = format!("{group}\n{}", message.deduplication.as_deref().unwrap_or_default());
        // Held while it is delivered: else the next message could overtake it on the way to a queue.
        let mut state = lock(&self.state);
        if let Some(twin) = state.twins.find(&key) {
            return twin;
        }
        state.sequence = state.sequence.saturating_add(1);
        message.sequence = Some(format!("{:020}", state.sequence));
        let accepted = message.accepted();
        state.twins.remember(key, accepted.clone());
        deliver(&message);
        accepted
    }
}
