//! Why a message can never be handled.

use std::fmt;

/// The kinds of poison; [`Reason::as_str`] is the dead letter's `reason` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not JSON, not an envelope, or an attribute or its data is missing or of the wrong type.
    Unreadable,
    /// An event type that the vocabulary does not have.
    UnknownType,
    /// An event whose schema version this build does not read; redrive it after the deploy.
    UnknownVersion,
    /// An event that this service does not hear.
    NotForUs,
    /// An event on the queue for requests, where anybody who may ask may have put it; or a request among the events.
    WrongQueue,
    /// An SNS envelope where raw delivery is expected, or one from a topic that carries no requests.
    UnexpectedEnvelope,
    /// Larger than [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES).
    TooLarge,
    /// A dead letter from which something was removed, sent again; the request has to be made anew.
    Redacted,
    /// Contradicts what this service has on record for the saga.
    Contradicting,
    /// Bears what is sealed to a key that its service does not have; redrive it when the key is back.
    UnknownKey,
    /// Given back as often as its step's retry policy allows.
    Exhausted,
}

impl Reason {
    /// The wire name, frozen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::UnknownType => "unknown_type",
            Self::UnknownVersion => "unknown_version",
            Self::NotForUs => "not_for_us",
            Self::WrongQueue => "wrong_queue",
            Self::UnexpectedEnvelope => "unexpected_envelope",
            Self::TooLarge => "too_large",
            Self::Redacted => "redacted",
            Self::Contradicting => "contradicting",
            Self::UnknownKey => "unknown_key",
            Self::Exhausted => "exhausted",
        }
    }
}

/// A message that goes to the dead-letter queue at once.
///
/// # Examples
///
/// ```
/// use ensemble_wire::{Envelope, Reason};
/// use parcel::Event;
///
/// let poison = Envelope::<Event>::read(r#"{"type":"parcel_loaded"}"#).unwrap_err();
/// assert_eq!(poison.reason, Reason::Unreadable);
/// assert!(poison.to_string().starts_with("unreadable: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// Which kind.
    pub reason: Reason,
    /// The rule that it breaks, for a person to read; never holds a byte of the message's values.
    pub detail: String,
}

impl Poison {
    /// Poison of this kind.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// A body with the [`MARK`](crate::MARK).
    #[must_use]
    pub fn redacted() -> Self {
        Self::new(Reason::Redacted, "body: something was removed from it; the request has to be made anew")
    }
}

impl fmt::Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.as_str(), self.detail)
    }
}

impl std::error::Error for Poison {}
