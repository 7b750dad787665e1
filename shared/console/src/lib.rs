#![doc = include_str!("../README.md")]
//!
//! ## What it holds
//!
//! **Invariant:** everything that it does to AWS goes through `runtime` and `operate`, and every saga is started by a
//! message that any client could send. It names no service, kind of saga or event: it reads them from the map.
//!
//! | file | command |
//! | --- | --- |
//! | `console` | [`Console`]: what a choreography gives |
//! | `execute`, `program` | carries out a command; the threads, the signals and the exit code of a program |
//! | [`cli`] | the commands, their options and their help |
//! | `up`, [`stack`] | everything in one process: embedded endpoint, topology, services |
//! | `publish`, `watch`, `provision`, `run`, `local` | the parts, against any endpoint |
//! | `check`, `render` | the declared choreography: held to its rules, and drawn |
//! | `sagas` | sagas that are not over, the way of one, what is asked of it |
//! | `parked`, `queues`, `audit`, `age` | messages that wait for a person; how much waits in every queue; what was done |
//! | `probe` | whether an endpoint does what the runtime relies on |
//! | [`request`] | a request for a saga, as a client publishes it |
//! | [`error`] | why a command failed, and its exit code |
//! | [`draw`] | how a path and an outcome look on a terminal |

mod age;
mod audit;
mod check;
pub mod cli;
mod console;
pub mod draw;
pub mod error;
mod execute;
mod local_endpoint;
mod parked;
mod probe;
mod program;
mod provision;
mod publish;
mod queues;
mod render;
pub mod request;
mod run;
mod sagas;
pub mod stack;
mod up;
mod watch;

pub use cli::{Command, EndpointOption, JsonOption, LocalOptions, Manner};
pub use console::Console;
pub use error::{EXIT_CODES, Error};
pub use local_endpoint::{VARIABLES, hosts};
pub use program::main;
pub use request::{Request, publish_requests};
pub use stack::Stack;
