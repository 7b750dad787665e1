#![doc = include_str!("../README.md")]
//!
//! ## What it holds
//!
//! **Invariant:** a web page gets nothing done here, whatever machine it came from and whatever name leads it here.
//!
//! | file | holds |
//! | --- | --- |
//! | `guard.rs` | which requests are refused |
//! | `serve.rs` | connections: taken, given up on when they are slow, ended at a stop |
//! | `body.rs` | a body that must arrive in time |

mod body;
mod guard;
mod serve;

pub use guard::guarded;
pub use serve::{PATIENCE, serve};
