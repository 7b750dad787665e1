#![doc = include_str!("../README.md")]
//!
//! ## What it holds
//!
//! **Invariant:** this crate knows no domain, no service, no queue, no clock and no AWS. A choreography brings its own
//! events as a [`Vocabulary`].
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`mod@vocabulary`], `list` | the traits of a choreography's events; the macro [`vocabulary!`] that makes them of a list |
//! | [`declared`] | the types of events, steps and kinds of saga, as the list declares them |
//! | [`names`] | the names of steps and effects, as they travel |
//! | [`mod@data`] | what the data of every event can be asked for |
//! | [`told`] | the events of whoever owns a saga |
//! | [`envelope`] | the `CloudEvents` 1.0 envelope around each event |
//! | [`mod@compact`] | its compact form, beside the facts of its saga |
//! | [`journey`] | what travels with every event: path, deadline, round |
//! | [`outcome`] | how a saga ended: failure, what still stands |
//! | [`notification`] | what its client is told |
//! | [`poison`] | why a message can never be handled |
//! | [`money`], [`ids`] | amounts and identifiers, strict on the way in |
//! | [`json`] | what may be said of a text that cannot be read |
//! | `schema` | what all of these look like on the wire, as JSON Schemas: a feature, off by default |

pub mod compact;
pub mod data;
pub mod declared;
pub mod envelope;
pub mod ids;
pub mod journey;
pub mod json;
mod list;
pub mod money;
pub mod names;
pub mod notification;
pub mod outcome;
pub mod poison;
#[cfg(feature = "schema")]
pub mod schema;
pub mod told;
pub mod vocabulary;

pub use data::Data;
pub use declared::{EventType, Publisher, SagaKind, StepType};
pub use envelope::Envelope;
pub use ids::{Identifier, SagaId};
pub use journey::{Action, ActionKind, Attempt, Journey, Path, Step};
pub use money::{Currency, Money};
pub use names::{EffectName, StepName};
pub use notification::Notification;
pub use outcome::{Failure, Outcome, Standing};
pub use poison::{Poison, Reason};
pub use vocabulary::{Events, Lexicon, Subject, Vocabulary};

/// The largest body that a service reads or writes, in bytes.
///
/// SNS and SQS carry up to 256 KiB and bill by 64 KiB
/// (<https://aws.amazon.com/sqs/pricing/>); we stop at one billing unit.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The field that marks a body from which something was removed: it can be read, but never be handled.
pub const MARK: &str = "redacted";

/// What stands in place of a value that must not be kept.
pub const REMOVED: &str = "[removed]";

/// A text without the UTF-8 byte order mark that editors and some producers put in front of JSON.
#[must_use]
pub fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
