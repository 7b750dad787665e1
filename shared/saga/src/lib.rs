#![doc = include_str!("../README.md")]
//!
//! ## What it holds
//!
//! **Invariant:** whatever drives it, the runtime or the tests' adversary, drives the same code.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`participant`] | [`Participant`]: states, events, [`Decision`] |
//! | [`declaration`] | [`Reaction`]: the same as data, from which the map is drawn |
//! | [`door`] | the two ways by which a message can come |
//! | [`delivery`] | a message as it came, and as it was understood |
//! | [`record`] | what is stored: one item per saga and service |
//! | [`execution`] | commit → publish → delete, as a machine without I/O |
//! | [`owner`] | the owner of sagas: requests, deadlines, outcomes |
//! | [`step`] | a step and how it is undone; a service as the list of its steps |
//! | [`notifier`] | tells clients how their sagas ended |
//! | [`topology`] | topics, queues, subscriptions and tables, as one value |

pub mod declaration;
pub mod delivery;
pub mod door;
pub mod execution;
pub mod notifier;
pub mod owner;
pub mod participant;
pub mod record;
pub mod step;
pub mod topology;

pub use declaration::{Declaration, Delay, Jitter, Reaction, RetryPolicy};
pub use delivery::{Delivery, Received};
pub use door::Door;
pub use execution::{Act, Answer, Execution, Settlement};
pub use participant::{Awaited, Context, Decision, Input, NoEffect, Participant, Then};
pub use record::{Announcement, Due, List, Record, Stored, Take, Write};
pub use topology::{Channel, Topology};
