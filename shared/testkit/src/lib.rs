#![doc = include_str!("../README.md")]
//!
//! ## What it holds
//!
//! **Invariant:** pure and synchronous.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`message`] | a message in a queue |
//! | [`store`] | the table: one conditional write, nothing else |
//! | [`node`] | one service: a participant, its table and the world outside it; handles a message act by act |
//! | `at_work` | calls outside that go on, whatever becomes of their callers |
//! | [`world`], `sns` | all services, with the topics and queues of a topology between them |
//! | [`storm`] | a seeded adversary over a world |
//! | [`trial`] | one saga in one service, decision by decision |
//! | [`story`] | what a participant is tried with |
//! | [`conformance`], `bench`, `hostile` | what every participant has to hold, as one suite |
//!
//! A crash needs no machinery: it is a message in hand that is dropped between two acts. Between the acts nothing
//! durable happens, so "after act *k*, before its answer is used" and "before act *k* + 1" are one point.

mod at_work;
mod bench;
pub mod conformance;
mod hostile;
pub mod message;
pub mod node;
mod sns;
pub mod store;
pub mod storm;
pub mod story;
pub mod trial;
pub mod world;

pub use at_work::Key;

/// When tests take place.
pub const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_767_225_600, 123_000_000);

pub use message::Message;
pub use node::{Fault, Node, Nothing, Outside, Service, Step, Work};
pub use store::{Counters, Store};
pub use storm::Storm;
pub use story::{Conformance, Report, Story};
pub use trial::{Decided, Trial};
pub use world::{Driver, Point, World};
