#![doc = include_str!("../README.md")]
//!
//! ## What it does
//!
//! **Invariant:** nothing here writes an item of a service's table.
//!
//! | file | what it does |
//! | --- | --- |
//! | [`provision`] | creates the topology, or brings it into line |
//! | [`operator`] | publishes requests, reads outcomes |
//! | [`sagas`] | looks for sagas that are not over, reads one, asks something of it |
//! | [`parked`] | redrives or discards dead letters |
//! | [`depth`] | counts what is in a queue |
//! | [`audit`] | leaves a record of what operators did |
//! | [`probe`] | tries out whether an endpoint does what the runtime relies on |

pub mod audit;
pub mod depth;
pub mod operator;
pub mod parked;
pub mod probe;
pub mod provision;
pub mod sagas;
