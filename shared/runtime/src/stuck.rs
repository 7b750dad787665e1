//! What a message is stuck at, as a service notes it in its item of the saga.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::breaker::Call;
use crate::queue::Received;

/// The longest text of what came of a call, in characters.
const WHY_MAX: usize = 200;

/// What a message of a saga is stuck at. It is told by the service itself and is no part of the saga's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stuck {
    /// What is asked of whom.
    pub call: String,
    /// What came of it the last time, without what must not be kept.
    pub why: String,
    /// When the message was sent.
    pub since: Option<Timestamp>,
    /// How often it was received.
    pub receives: u32,
}

impl Stuck {
    /// `why` is clean.
    pub(crate) fn new(call: &Call, why: &str, message: &Received) -> Self {
        let sent_at_ms = message.sent_at_ms.as_ref().and_then(|ms| ms.parse().ok());
        Self {
            call: call.to_string(),
            why: why.chars().take(WHY_MAX).collect(),
            since: sent_at_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            receives: message.attempt,
        }
    }
}
