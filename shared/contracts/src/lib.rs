//! The vocabulary: every event that crosses a process boundary, one file per publisher.
//!
//! **Invariant:** this crate knows nobody. No service, no queue, no clock, no AWS; and no type in it can hold card
//! data in the clear.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`booking`], [`payment`], [`fulfillment`] | the events of that publisher |
//! | `vocabulary` | the list of all kinds of saga, steps and events, and the [`Event`] that is made of it |
//! | `data` | what the data of events can be asked for |
//! | [`purchase`], [`purchased`] | what is bought in a saga, whatever its kind |
//! | [`fare`], [`order`] | what is bought in one kind of saga |
//! | `each_kind`, `kind` | the list of the kinds of saga, with the types of each |
//! | [`notification`], [`subject`], `rejection`, `clients` | what its client is told |
//! | [`hooks`] | the forced failures of the two workshops |
//! | [`words`] | what clients say in words, without card numbers |
//! | [`redact`] | takes card data out of what must be kept |
//!
//! What is the same in any choreography is in [`wire`], and can be had here too.

pub mod booking;
mod clients;
mod data;
mod each_kind;
pub mod fare;
pub mod fulfillment;
pub mod hooks;
mod kind;
pub mod notification;
pub mod order;
pub mod payment;
pub mod purchase;
pub mod purchased;
pub mod redact;
mod rejection;
pub mod subject;
mod vocabulary;
pub mod words;

pub use fare::{Charge, Fare};
pub use notification::{About, Notification};
pub use order::Order;
pub use purchase::Purchase;
pub use rejection::Asked;
pub use subject::Subject;
pub use vocabulary::{Event, effects, events, kinds, steps};
pub use wire::{
    Action, ActionKind, Attempt, Currency, EffectName, EventType, Events, Failure, Identifier, Journey, Lexicon,
    MAX_BODY_BYTES, Money, Outcome, Path, Poison, Publisher, Reason, SagaId, SagaKind, Standing, Step, StepName,
    StepType, Vocabulary, envelope, journey, json, money, unmarked,
};
pub use words::Words;

/// An event and what is known about it.
pub type Envelope = wire::Envelope<Event>;
