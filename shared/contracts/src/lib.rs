//! The vocabulary: every event that crosses a process boundary, one file per publisher.
//!
//! **Invariant:** this crate knows nobody. No service, no queue, no clock, no AWS; and no type in it can hold card
//! data in the clear.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`booking`], [`payment`], [`fulfillment`] | the events of that publisher |
//! | `vocabulary` | the list of all kinds of saga, steps and events |
//! | [`steps`], [`event`], [`data`] | what is made of the list: [`StepName`], [`Event`], [`EventType`]; what any event can be asked |
//! | [`json`] | what may be said of a text that cannot be read |
//! | [`envelope`] | the `CloudEvents` 1.0 envelope around each |
//! | [`kind`], [`purchase`], [`purchased`] | the kinds of saga, and what is bought in each |
//! | [`fare`], [`order`] | what is bought in one kind of saga |
//! | [`journey`] | what travels with every event: path, deadline, round |
//! | [`outcome`] | how a saga ended: steps, failure, what still stands |
//! | [`notification`] | what its client is told |
//! | [`money`], [`ids`] | amounts and identifiers, strict on the way in |
//! | [`hooks`] | the forced failures of the two workshops |
//! | `schema` | what all of these look like on the wire, as JSON Schemas: a feature, off by default |
//! | [`words`] | what people and clients say in words, without card numbers |
//! | [`redact`] | takes card data out of what must be kept |

pub mod booking;
pub mod data;
pub mod envelope;
pub mod event;
pub mod fare;
pub mod fulfillment;
pub mod hooks;
pub mod ids;
pub mod journey;
pub mod json;
pub mod kind;
pub mod money;
pub mod notification;
pub mod order;
pub mod outcome;
pub mod payment;
pub mod poison;
pub mod purchase;
pub mod purchased;
pub mod redact;
mod rejection;
#[cfg(feature = "schema")]
pub mod schema;
pub mod steps;
mod vocabulary;
pub mod words;

pub use data::{Data, Publisher};
pub use envelope::Envelope;
pub use event::{Event, EventType};
pub use fare::{Charge, Fare};
pub use ids::{Identifier, SagaId};
pub use journey::{Action, ActionKind, Attempt, Because, Journey, Path, Step};
pub use kind::SagaKind;
pub use money::{Currency, Money};
pub use notification::{Notification, Subject};
pub use order::Order;
pub use outcome::{Failure, Outcome, Standing};
pub use poison::{Poison, Reason};
pub use purchase::Purchase;
pub use steps::StepName;
pub use words::Words;

/// The largest body that a service reads or writes, in bytes.
///
/// SNS and SQS carry up to 256 KiB and bill by 64 KiB
/// (<https://aws.amazon.com/sqs/pricing/>); we stop at one billing unit.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A text without the UTF-8 byte order mark that editors and some producers put in front of JSON.
#[must_use]
pub fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
