#![doc = include_str!("../README.md")]
//!
//! ## What it holds
//!
//! **Invariant:** commit → publish → delete. [`saga::Execution`] says what is next; this crate does it.
//!
//! | file | what it does |
//! | --- | --- |
//! | `settings`, `aws`, `telemetry`, `host` | start: environment, clients, logs, signals |
//! | `consumer` | polls for free slots, settles each message |
//! | `handle` | drives the protocol of one message |
//! | `store`, `announcer`, `queue` | the one place that writes state, publishes, deletes |
//! | `item`, `stuck` | what the tables hold: items, and what a message is stuck at |
//! | [`Counters`], `sweeper` | what is taken with a write; sagas whose time is up |
//! | `batch`, `together`, `locks` | company for single calls, and for writes; per-saga order |
//! | `breaker`, `slots`, `delays`, `early` | what a failing call or message is kept from: the others |
//! | [`tools`] | what the crate `operate`, for operators, needs of all this |

mod announcer;
mod aws;
mod batch;
mod breaker;
mod cleaning;
mod consumer;
mod counters;
mod delays;
mod early;
mod effects;
mod error;
mod handle;
pub mod host;
mod item;
mod locks;
mod queue;
mod service;
pub mod settings;
mod slots;
mod store;
mod stuck;
mod sweeper;
pub mod telemetry;
mod together;
pub mod tools;

pub use aws::{Aws, may_send_to};
pub use breaker::Call;
pub use cleaning::Cleaning;
pub use counters::Counters;
pub use effects::{Failed, NoEffects, Perform};
pub use error::{Unavailable, with_causes};
pub use service::{Running, Service, ServiceDied, run_all};
pub use settings::{ConfigError, Environment, Settings, Variable};
pub use tokio_util::sync::CancellationToken;
